"""Choosing what to evaluate next by a model of what it will measure: costs are known, only accuracy is bought.

A Gaussian process is fitted to each measured metric. One function is sampled from it (Thompson 1933), which explores
where little is known, and that candidate is best which would improve the hypervolume most if the draw were true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import moocore
import numpy as np

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.searchers.additive import AdditiveModel
from autoquant.searchers.coder import Coder
from autoquant.searchers.feasibility import IMAGINED, Feasibility
from autoquant.searchers.gaussian_process import GaussianProcess
from autoquant.searchers.hypervolume_acquisition import HypervolumeImprovement, Outcomes, over_objectives
from autoquant.searchers.sampling import broken
from autoquant.searchers.transforms import NormalScores, Saturating, Transform
from autoquant.space import Candidate, IntArray

KNOWN = 400
"""The models see at most so many results: those nearest to the front, and for a quarter some of all others."""
SUBSAMPLED = 2000
"""Twice as many results are subsampled to about so many, so that a proposal does not slow down as a search grows."""
REFIT, STEPS, FITTED = 10, 12, 120
"""Parameters are fitted again after so many results, by so many steps from their prior, to at most so many results."""
TRANSFORMS: dict[type[Transform], int] = {NormalScores: STEPS, Saturating: STEPS // 2}
"""Transforms that are tried, with the steps of the fit after each; from the second on it starts at the one before."""
EXPLORATION = 0.2
"""Exploration factor: how far a sampled function is from the mean, as a share of what chance would give. At 1 more is
explored than pays in a few hundred evaluations; measured on NAS-Bench-201, DS-CNN and fifty synthetic layers."""
CLEARLY = 0.7
"""A transform is left for one that misses results by less than this share of the squares."""

Columns = Mapping[str, FloatArray]
"""Metric -> values of so many candidates, (n,)."""


class Surrogate:
    """Models of the measured metrics, fitted to the results reported so far.

    What it predicts depends on the results alone and on the generator that is handed in, not on what it was asked
    before.
    """

    additive: AdditiveModel | None = None
    """What it expects of each measured metric is a feature of candidates, where there is one."""

    def __init__(self, problem: SearchProblem) -> None:
        self._problem = problem
        self._coder = Coder(problem)
        metrics = [o.metric for o in problem.objectives] + [c.metric for c in problem.constraints]
        self._signs = {c.metric: c.sign for c in problem.constraints} | {o.metric: o.sign for o in problem.objectives}
        self._count = 0
        """Results reported, those forgotten since too."""
        self._subsample_at = 2 * SUBSAMPLED
        self._candidates: list[Candidate] = []
        self._reported: dict[str, list[float]] = {metric: [] for metric in dict.fromkeys(metrics)}
        """Metric -> its value for each of the candidates."""
        self._models = {metric: GaussianProcess(self._coder.codes) for metric in problem.measured}
        self._feasibility = Feasibility(problem, self._signs, self._coder.codes, self._points)
        self._transform_types: dict[str, type[Transform]] = {}
        self._transforms: dict[str, Transform] = {}
        self._fitted_at = 0
        self._conditioned_at = 0

    @property
    def ready(self) -> bool:
        """Whether there is any result to learn from."""
        return bool(self._candidates)

    def learn(self, results: Sequence[tuple[Candidate, Mapping[str, float]]]) -> None:
        """Take in results."""
        for candidate, metrics in results:
            self._count += 1
            self._candidates.append(candidate)
            if not metrics.keys() >= self._reported.keys():
                metrics = {**self._problem.costs.of(candidate), **metrics}
            for metric, values in self._reported.items():
                values.append(metrics[metric])
            if len(self._candidates) >= self._subsample_at and self._count % REFIT == 0:
                self._subsample()

    def front(self) -> IntArray:
        """The candidates that no other dominates, (n, choices): in the objectives and, with constraints on what is
        measured, in how far these are broken; so those on either side of their border are among them."""
        front: IntArray = self._rows()[moocore.is_nondominated(self._compared(self._results()))]
        return front

    def _rows(self) -> IntArray:
        """All candidates, (n, choices)."""
        return np.array(self._candidates, dtype=np.int64)

    def _front(self, results: Columns) -> IntArray:
        """Of the feasible results; of the nearest to that where none is."""
        objectives, excess = self._outcomes(results)
        best = np.flatnonzero(excess == excess.min())
        kept: IntArray = best[moocore.is_nondominated(objectives[best])] if excess.min() == 0 else best
        return kept

    def _compared(self, results: Columns) -> FloatArray:
        """Objectives and, with constraints on what is measured, their excess: to be minimised, (n, columns)."""
        objectives, excess = self._outcomes(results)
        return np.column_stack([objectives, excess]) if self._feasibility.constraints else objectives

    def _subsample(self) -> None:
        """Forget results: the front stays, and what a model would see if it saw more."""
        results = self._results()
        kept = np.union1d(self._front(results), self._kept(results, SUBSAMPLED))
        self._candidates = [self._candidates[i] for i in kept]
        self._reported = {metric: values[kept].tolist() for metric, values in results.items()}
        self._subsample_at = max(2 * SUBSAMPLED, 2 * len(kept))

    def draw(self, pending: Sequence[Candidate], rng: np.random.Generator) -> HypervolumeImprovement:
        """What candidates would improve by a function sampled from the models; pending ones count as predicted."""
        results = self._results()
        self._update(results)
        functions = {metric: model.draw(rng, EXPLORATION) for metric, model in self._models.items()}
        models, alternatives = None, [results]
        if pending:
            rows = np.array(pending, dtype=np.int64)
            expected = self._predicted(rows, {metric: model.mean for metric, model in self._models.items()})
            imagined: dict[str, FloatArray] = {}
            if self._feasibility.constraints:
                imagined, models = self._feasibility.imagine(rows, rng)
            alternatives = [
                {
                    metric: np.concatenate([known, imagined[metric][:, i] if metric in imagined else expected[metric]])
                    for metric, known in results.items()
                }
                for i in range(IMAGINED if imagined else 1)
            ]
        return HypervolumeImprovement(
            [self._outcomes(one) for one in alternatives],
            lambda candidates: self._objectives(self._predicted(candidates, functions)),
            partial(self._feasibility.log_chance, models=models) if self._feasibility.constraints else None,
        )

    def _value(self, metric: str, scores: FloatArray) -> FloatArray:
        """What a model's scores stand for."""
        return self._signs[metric] * self._transforms[metric].inverse(scores)

    def _results(self) -> dict[str, FloatArray]:
        """Metrics of all results, (n,) each."""
        return {metric: np.array(values, dtype=np.float64) for metric, values in self._reported.items()}

    def _update(self, results: Columns) -> None:
        """Fit the models to the results as they were at the last multiple of `REFIT`, and condition them on all."""
        if self._conditioned_at == self._count:
            return
        fitted_at = self._count - self._count % REFIT or self._count
        if self._fitted_at != fitted_at:
            before = len(self._candidates) - (self._count - fitted_at)  # subsampled at a multiple of `REFIT`, if at all
            earlier = {metric: values[:before] for metric, values in results.items()}
            self._fit(earlier)
            if self._feasibility.constraints:
                self._feasibility.fit(self._rows(), earlier, self._kept(earlier, FITTED))
            self._fitted_at = fitted_at
        kept = self._kept(results, KNOWN)
        self._transform(results, self._transform_types)
        points, targets = self._known(kept)
        for metric, model in self._models.items():
            model.condition(points, targets[metric])
        if self._feasibility.constraints:
            self._feasibility.condition(self._rows(), results, kept)
        self._conditioned_at = self._count

    def _fit(self, results: Columns) -> None:
        """Fit the models, each after the transform that predicts results best from the others, rank by rank."""
        kept = self._kept(results, FITTED)
        ranks = {metric: NormalScores(self._signs[metric] * results[metric]) for metric in self._models}
        best = dict.fromkeys(self._models, np.inf)
        for transform, steps in TRANSFORMS.items():
            self._transform(results, dict.fromkeys(self._models, transform))
            points, targets = self._known(kept)
            for metric, model in self._models.items():
                before, first = model.logs, best[metric] == np.inf
                model.fit(points, targets[metric], steps, onward=not first)
                model.condition(points, targets[metric])
                guessed = self._transforms[metric].inverse(model.leave_one_out())
                missed = float(np.mean((ranks[metric].forward(guessed) - ranks[metric].scores[kept]) ** 2))
                if first or missed < CLEARLY * best[metric]:
                    best[metric], self._transform_types[metric] = missed, transform
                else:
                    model.logs = before

    def _transform(self, results: Columns, types: Mapping[str, type[Transform]]) -> None:
        """Take transforms of these types, made for the values of these results."""
        self._transforms = {
            metric: transform(self._signs[metric] * results[metric]) for metric, transform in types.items()
        }

    def _known(self, kept: IntArray) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Points of these results, and the transformed values of each measured metric."""
        points = self._points(self._rows()[kept], self._transforms)
        return points, {metric: transform.scores[kept] for metric, transform in self._transforms.items()}

    def _kept(self, results: Columns, most: int) -> IntArray:
        """Which results a model sees: the nearest to the front, and some at even steps behind them."""
        table = self._compared(results)
        if len(table) <= most:
            return np.arange(len(table))
        span = np.ptp(table, axis=0)
        table = (table - table.min(0)) / np.where(span > 0, span, 1.0)
        front = table[moocore.is_nondominated(table)]
        behind = over_objectives(np.maximum, table, front).min(axis=1)
        order = np.argsort(behind, kind="stable")
        near, others = order[: most * 3 // 4], order[most * 3 // 4 :]
        return np.concatenate([near, others[np.linspace(0, len(others) - 1, most - len(near)).astype(np.int64)]])

    def _predicted(
        self, candidates: IntArray, functions: Mapping[str, Callable[[FloatArray], FloatArray]]
    ) -> dict[str, FloatArray]:
        """Every metric of candidates by these functions of their points; costs are what they are."""
        metrics = dict(self._problem.costs(candidates))
        points = self._points(candidates, self._transforms, metrics)
        for metric, function in functions.items():
            metrics[metric] = self._value(metric, function(points))
        return metrics

    def _points(
        self, candidates: IntArray, transforms: Mapping[str, Transform], costs: Columns | None = None
    ) -> FloatArray:
        """As the models see candidates; what an additive model predicts of them is a feature more."""
        points = self._coder(candidates, costs)
        if self.additive is None:
            return points
        expected = self.additive.expected(candidates)
        features = [
            transform.forward(self._signs[metric] * expected[metric])
            for metric, transform in transforms.items()
            if metric in expected
        ]
        return np.column_stack([points, *features])

    def _outcomes(self, metrics: Columns) -> Outcomes:
        """Objectives, and how far constraints are broken."""
        objectives = self._objectives(metrics)
        return Outcomes(objectives, broken(self._problem.constraints, metrics, len(objectives)))

    def _objectives(self, metrics: Columns) -> FloatArray:
        """To be minimised, (n, objectives)."""
        return np.stack([self._signs[o.metric] * metrics[o.metric] for o in self._problem.objectives], axis=1)
