"""Hypervolume improvement: how much candidates would add to the front of what is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import moocore
import numpy as np
import numpy.typing as npt

from autoquant.interfaces import FloatArray
from autoquant.space import IntArray

REFERENCE = 1.05
"""Hypervolume is measured from here, where 0 is the best and 1 the worst result so far."""

EXACT = 64
"""With three objectives and more, the improvement of at most so many candidates is computed."""

FAR = 1e6
"""What breaks a constraint comes after everything that does not."""


class Outcomes(NamedTuple):
    """What many candidates come to."""

    objectives: FloatArray
    """To be minimised: (n, objectives)."""
    excess: FloatArray
    """How far constraints are broken, relative to their bounds: (n,)."""

    @property
    def feasible(self) -> npt.NDArray[np.bool_]:
        """Which break no constraint: (n,)."""
        return np.asarray(self.excess == 0)


class HypervolumeImprovement:
    """Called with candidates (n, choices), how much each would add to the hypervolume, (n,): the more the better.

    What breaks a constraint comes last, the least broken first.

    Args:
        known: the results so far; the front is that of the feasible ones, scaled by the range of them all.
        predict: candidates (n, choices) -> what they are expected to come to.
    """

    def __init__(self, known: Outcomes, predict: Callable[[IntArray], Outcomes]) -> None:
        self._predict = predict
        span = np.ptp(known.objectives, axis=0)
        self._low, self._span = known.objectives.min(0), np.where(span > 0, span, 1.0)
        front = self._scaled(known.objectives)[known.feasible]
        self._front = front[moocore.is_nondominated(front)] if len(front) else front

    def __call__(self, candidates: IntArray) -> FloatArray:
        predicted = self._predict(candidates)
        if not len(self._front):
            return -predicted.excess
        improvement = improvements(self._front, self._scaled(predicted.objectives))
        broken = predicted.excess > 0
        improvement[broken] = -FAR - predicted.excess[broken]
        return improvement

    def _scaled(self, objectives: FloatArray) -> FloatArray:
        scaled: FloatArray = (objectives - self._low) / self._span
        return scaled


def improvements(front: FloatArray, points: FloatArray) -> FloatArray:
    """Hypervolume that each point would add to a front, to be minimised, from `REFERENCE`: (n, objectives) -> (n,).

    Where none adds any, minus how far each is behind the front.
    """
    behind = over_objectives(np.minimum, points, front).max(axis=1)
    improvement: FloatArray = -behind
    ahead = np.flatnonzero(behind < 0)
    if len(ahead) == 0:
        return improvement
    if points.shape[1] == 2:
        improvement[ahead] = _improvements_of_two(front, points[ahead])
    else:
        ahead = ahead[np.argsort(behind[ahead], kind="stable")][:EXACT]
        reference = np.full(points.shape[1], REFERENCE)
        before = moocore.hypervolume(front, ref=reference)
        improvement[improvement > 0] = 0.0
        improvement[ahead] = [moocore.hypervolume(np.vstack([front, points[i]]), ref=reference) - before for i in ahead]
    return improvement


def over_objectives(function: Any, points: FloatArray, front: FloatArray) -> FloatArray:
    """The greatest (``np.maximum``) or least difference in an objective of each point to each of the front: (n, m)."""
    differences: FloatArray = points[:, None, 0] - front[:, 0]
    for i in range(1, points.shape[1]):
        function(differences, points[:, None, i] - front[:, i], out=differences)
    return differences


def _improvements_of_two(front: FloatArray, points: FloatArray) -> FloatArray:
    """`improvements` for two objectives: the area between each point and the steps of the front."""
    ordered = front[np.argsort(front[:, 0], kind="stable")]
    left = np.concatenate([[-np.inf], ordered[:, 0]])
    right = np.concatenate([ordered[:, 0], [REFERENCE]])
    height = np.concatenate([[REFERENCE], ordered[:, 1]])
    width = np.clip(right - np.maximum(points[:, :1], left), 0, None)
    area: FloatArray = (width * np.clip(height - points[:, 1:], 0, None)).sum(1)
    return area
