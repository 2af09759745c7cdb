"""Hypervolume improvement: exact, and where there is none, by the distance to the front."""

from __future__ import annotations

import numpy as np
import pytest

from autoquant.pareto import hypervolume, non_dominated
from autoquant.searchers.hypervolume_acquisition import REFERENCE, improvements


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
