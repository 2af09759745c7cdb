"""How likely a candidate is to keep the bounds on what is measured, by models of the results.

Gardner et al. 2014, "Bayesian Optimization with Inequality Constraints". Ranks tell candidates near a bound apart, and
call far too much possible far from it; degradation that adds up does the reverse. So two models judge each bound, and
the more doubtful one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.stats import norm

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.objective import Constraint
from autoquant.searchers.gaussian_process import GaussianProcess
from autoquant.searchers.transforms import NormalScores, Saturating, Transform
from autoquant.space import IntArray

STEPS = 12
"""Of the fit of each model."""
IMAGINED = 16
"""So many draws of what open proposals may come to."""

Columns = Mapping[str, FloatArray]
Points = Callable[[IntArray, Mapping[str, Transform]], FloatArray]
"""Candidates (n, choices), and the transforms of the metrics -> points as the models see them."""
Models = Sequence[Mapping[str, GaussianProcess]]
"""By judge and metric."""


class Feasibility:
    """Judges of the constraints on what is measured.

    Args:
        problem: its constraints; those on costs are left to the cost models.
        signs: metric -> what its values are multiplied by to be minimised.
        codes: number of codes of a point.
        points: how the models see candidates.
    """

    def __init__(self, problem: SearchProblem, signs: Mapping[str, float], codes: int, points: Points) -> None:
        self.constraints = [one for one in problem.constraints if one.metric in problem.measured]
        self._signs, self._points = signs, points
        metrics = dict.fromkeys(constraint.metric for constraint in self.constraints)
        self._types: tuple[type[Transform], ...] = (NormalScores, Saturating)
        self._models: Models = [{metric: GaussianProcess(codes) for metric in metrics} for _ in self._types]
        self._transforms: list[dict[str, Transform]] = []
        """By judge and metric."""

    def fit(self, candidates: IntArray, results: Columns, kept: IntArray) -> None:
        """Fit the models to some of the results."""
        self._see(results)
        for models, points, targets in self._known(candidates, kept):
            for metric, model in models.items():
                model.fit(points, targets[metric], STEPS)

    def condition(self, candidates: IntArray, results: Columns, kept: IntArray) -> None:
        """Take some of the results as known."""
        self._see(results)
        for models, points, targets in self._known(candidates, kept):
            for metric, model in models.items():
                model.condition(points, targets[metric])

    def _see(self, results: Columns) -> None:
        self._transforms = [
            {metric: kind(self._signs[metric] * results[metric]) for metric in models}
            for kind, models in zip(self._types, self._models, strict=True)
        ]

    def _known(
        self, candidates: IntArray, kept: IntArray
    ) -> list[tuple[Mapping[str, GaussianProcess], FloatArray, dict[str, FloatArray]]]:
        """For each judge its models, points, and the scores of each metric."""
        return [
            (
                models,
                self._points(candidates[kept], transforms),
                {metric: one.scores[kept] for metric, one in transforms.items()},
            )
            for models, transforms in zip(self._models, self._transforms, strict=True)
        ]

    def imagine(self, pending: IntArray, rng: np.random.Generator) -> tuple[dict[str, FloatArray], Models]:
        """What measurements of open proposals may come to, `IMAGINED` times: metric -> (pending, alternatives), and the
        models with that taken as known."""
        values: dict[str, FloatArray] = {}
        extended: list[dict[str, GaussianProcess]] = []
        for models, transforms in zip(self._models, self._transforms, strict=True):
            points = self._points(pending, transforms)
            drawn = {metric: model.imagined(points, IMAGINED, rng) for metric, model in models.items()}
            extended.append({metric: model.extended(points, drawn[metric]) for metric, model in models.items()})
            for metric, scores in drawn.items():
                values.setdefault(metric, self._signs[metric] * transforms[metric].inverse(scores))
        return values, extended

    def log_chance(self, candidates: IntArray, models: Models | None = None) -> FloatArray:
        """Logarithm of the probability that measurements of candidates keep every bound: (n, 1), or (n, alternatives)
        by the models of `imagine`."""
        views = [self._points(candidates, transforms) for transforms in self._transforms]
        total = np.zeros((len(candidates), 1))
        for constraint in self.constraints:
            judged = [
                norm.logcdf(self._margin(constraint, of_judge[constraint.metric], transforms, points))
                for of_judge, transforms, points in zip(models or self._models, self._transforms, views, strict=True)
            ]
            total = total + np.minimum(*judged)
        return total

    def _margin(
        self, constraint: Constraint, model: GaussianProcess, transforms: Mapping[str, Transform], points: FloatArray
    ) -> FloatArray:
        """By how many standard deviations a bound is expected to be kept."""
        sign = self._signs[constraint.metric]
        threshold = transforms[constraint.metric].threshold(sign * constraint.bound)
        mean, deviation = model.mean(points).reshape(len(points), -1), model.deviation(points)[:, None]
        margin: FloatArray = sign * constraint.sign * (threshold - mean) / deviation
        return margin
