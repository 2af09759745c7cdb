"""Hypervolume improvement: exact, and where there is none, by the distance to the front."""

from __future__ import annotations

import numpy as np
import pytest

from autoquant.pareto import hypervolume, non_dominated
from autoquant.searchers.hypervolume_acquisition import REFERENCE, HypervolumeImprovement, Outcomes, improvements


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_improvements_are_differences_of_hypervolume(objectives: int) -> None:
    random = np.random.default_rng(objectives)
    for _ in range(20):
        front = random.random((12, objectives))
        front = front[non_dominated(front)]
        points = np.vstack([random.random((20, objectives)) * 1.1, front[:2]])
        corner = np.full(objectives, REFERENCE)
        before = hypervolume(front, corner)
        expected = [hypervolume(np.vstack([front, point]), corner) - before for point in points]
        improvement = improvements(front, points)
        assert np.clip(improvement, 0, None) == pytest.approx(expected, abs=1e-12)


def test_where_nothing_improves_the_nearest_to_the_front_is_best() -> None:
    front = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    improvement = improvements(front, np.array([[0.6, 0.6], [0.9, 0.9], [0.55, 0.7]]))
    assert (improvement < 0).all()
    assert improvement.argmax() == 2
    assert improvement.argmin() == 1


ONE = np.array([[3.0], [2.0], [4.0]])
EXCESS = np.array([0.5, 0.0, 0.0])


def ranked(chances: list[list[float]], costs: list[float], excess: np.ndarray = EXCESS) -> list[int]:
    """Candidates 0, 1 .. with these costs and probabilities, the best first."""
    alternatives = [Outcomes(ONE, excess)] * len(chances[0])
    improvement = HypervolumeImprovement(
        alternatives,
        lambda rows: np.array(costs)[rows[:, 0]][:, None],
        lambda rows: np.log(np.array(chances)[rows[:, 0]]),
    )
    return np.argsort(-improvement(np.arange(len(costs))[:, None]), kind="stable").tolist()


def test_what_cannot_improve_comes_after_what_might_if_it_were_feasible() -> None:
    assert ranked([[1.0], [1e-9], [1.0]], [2.1, 1.9, 5.0]) == [1, 0, 2]


def test_gain_and_probability_are_weighed() -> None:
    assert ranked([[0.9], [0.9], [0.1]], [1.9, 1.5, 0.9]) == [1, 0, 2]


def test_while_nothing_is_feasible_the_probability_counts() -> None:
    assert ranked([[0.2], [0.7], [0.4]], [1.0, 5.0, 2.0], np.ones(3)) == [1, 2, 0]


def test_alternatives_are_averaged() -> None:
    assert ranked([[0.6, 1e-9], [0.5, 0.5]], [1.0, 1.0]) == [1, 0]
