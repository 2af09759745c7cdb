"""Candidates as points of a Gaussian process."""

from __future__ import annotations

import numpy as np
import pytest

from autoquant.interfaces import SearchProblem
from autoquant.objective import Objective
from autoquant.searchers.coder import Coder
from autoquant.space import Choice, SearchSpace
from autoquant.testing.searchers import problem


def test_codes_count_the_steps_between_options_with_an_order_and_name_those_without() -> None:
    space = SearchSpace([Choice("bits", (2, 4, 8)), Choice("kind", ("a", "b", "c"), ordered=False)])
    coder = Coder(SearchProblem(space, (Objective("loss", "minimize"),)))
    points = coder(np.array([[0, 0], [1, 1], [2, 2]]))
    assert coder.codes == 5
    assert points[:, :5].tolist() == [[0, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 1, 0, 0, 1]]
    assert points[:, 5].tolist() == [-1, 0, 1]


def test_prices_are_features_of_unit_size() -> None:
    given = problem()
    coder = Coder(given)
    points = coder(given.space.sample(np.random.default_rng(9), 2000))
    assert points.shape[1] == coder.codes + 2
    assert points[:, coder.codes].std() == pytest.approx(1, abs=0.15)
