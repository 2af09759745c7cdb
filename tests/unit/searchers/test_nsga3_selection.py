"""How NSGA-III selects."""

from __future__ import annotations

import numpy as np
import pytest
from pymoo.core.population import Population

from autoquant.searchers.nsga3_selection import feasible_then_rank, reference_directions


@pytest.mark.parametrize(("objectives", "population"), [(1, 24), (2, 24), (2, 4), (3, 24), (3, 100), (4, 24)])
def test_reference_directions_are_as_many_as_fit(objectives: int, population: int) -> None:
    directions = reference_directions(objectives, population)
    assert directions.shape[1] == objectives
    assert len(directions) <= population
    assert directions.sum(axis=1) == pytest.approx(1)
    if objectives == 2:
        assert len(directions) == population


def test_parents_are_feasible_first_then_of_the_better_front_then_by_lot() -> None:
    individuals = Population.new(X=np.zeros((4, 1)))
    individuals.set("G", np.array([[0.0], [0.0], [0.0], [3.0]]))
    individuals.set("CV", np.array([[0.0], [0.0], [0.0], [3.0]]))
    individuals.set("rank", np.array([0, 1, 1, 0]))
    pairs = np.array([[0, 1], [3, 1], *([[1, 2]] * 50)])
    winners = feasible_then_rank(individuals, pairs, random_state=np.random.default_rng(0))[:, 0]
    assert winners[:2].tolist() == [0, 1]
    assert set(winners[2:].tolist()) == {1, 2}
