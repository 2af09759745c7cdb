"""Hypervolume improvement: how much candidates would add to the front of what is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import moocore
import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from autoquant.interfaces import FloatArray
from autoquant.space import IntArray

REFERENCE = 1.05
"""Hypervolume is measured from here, where 0 is the best and 1 the worst result so far."""

EXACT = 64
"""With three objectives and more, the improvement of at most so many candidates is computed."""

CAUTION = 2.0
"""Exponent of the probability that constraints hold. At 1, proposals in flight go for large gains that are next to
impossible: on DS-CNN the smallest network within 1 point took 49 evaluations in place of 26."""

FAR = 1e6
"""What cannot improve comes after everything that might."""


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
    """Called with candidates (n, choices), a score of each by which they are ranked, (n,): the more the better.

    That is how much it would add to the hypervolume of the feasible results. With constraints on what is measured, it
    is the logarithm of that times the probability that all of them hold, to the power of `CAUTION` (Gardner et al.
    2014, "Bayesian Optimization with Inequality Constraints", eq. 4, with known costs); what could not improve if it
    were feasible comes last. While nothing feasible is known, the probability alone counts.

    Args:
        known: the results so far, with one or more alternatives for what is open, of which the mean counts; the front
            is that of the feasible ones, scaled by the range of them all.
        predict: candidates (n, choices) -> objectives that they are expected to come to, (n, objectives).
        log_chance: candidates (n, choices) -> logarithm of the probability that constraints hold, (n, alternatives);
            None where there are none on what is measured.
    """

    def __init__(
        self,
        known: Sequence[Outcomes],
        predict: Callable[[IntArray], FloatArray],
        log_chance: Callable[[IntArray], FloatArray] | None,
    ) -> None:
        self._predict, self._log_chance = predict, log_chance
        span = np.ptp(known[0].objectives, axis=0)
        self._low, self._span = known[0].objectives.min(0), np.where(span > 0, span, 1.0)
        fronts = [self._scaled(one.objectives)[one.feasible] for one in known]
        self._fronts = [front[moocore.is_nondominated(front)] if len(front) else front for front in fronts]

    def __call__(self, candidates: IntArray) -> FloatArray:
        predicted = self._scaled(self._predict(candidates))
        if self._log_chance is None:
            return improvements(self._fronts[0], predicted)
        chances, scores = CAUTION * self._log_chance(candidates), np.empty((len(candidates), len(self._fronts)))
        for i, front in enumerate(self._fronts):
            gain = improvements(front, predicted) if len(front) else np.ones(len(candidates))
            better = gain > 0
            scores[:, i] = np.where(better, chances[:, i], gain - FAR)
            scores[better, i] += np.log(gain[better])
        mean: FloatArray = logsumexp(scores, axis=1)
        return mean

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
    if points.shape[1] == 1:
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
