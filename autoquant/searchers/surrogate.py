"""Choosing what to evaluate next by a model of what it will measure: costs are known, only accuracy is bought.

A Gaussian process is fitted to each measured metric. One function is drawn from it (Thompson 1933), which explores
where little is known, and that candidate is best which would add most hypervolume to the front if the draw were true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import moocore
import numpy as np
import numpy.typing as npt

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.searchers.gaussian_process import GaussianProcess
from autoquant.searchers.sampling import broken
from autoquant.searchers.transforms import NormalScores, Saturating, Scale
from autoquant.space import Candidate, IntArray

KNOWN = 400
"""The models see at most so many results: those nearest to the front, and for a quarter some of all others."""
THINNED = 2000
"""Twice as many results are thinned to about so many, so that a proposal does not slow down as a search grows."""
REFIT, STEPS, FITTED = 10, 12, 120
"""Parameters are fitted anew after so many results, by so many steps from their prior, to at most so many results."""
SCALES: dict[type[Scale], int] = {NormalScores: STEPS, Saturating: STEPS // 2}
"""Scales that are tried, with the steps of the fit on each; from the second on it goes on from the one before."""
BOLDNESS = 0.2
"""How far a drawn function is from what is expected, as a share of what it would be by chance. At 1 more is explored
than pays in a few hundred evaluations; measured on NAS-Bench-201, DS-CNN and fifty synthetic layers."""
REFERENCE = 1.05
"""Hypervolume is measured from here, where 0 is the best and 1 the worst result so far."""
EXACT = 64
"""With three objectives and more, the gain of at most so many candidates is computed."""
CLEARLY = 0.7
"""A scale is left for one that misses results by less than this share of the squares."""

FAR = 1e6
"""What breaks a constraint comes after everything that does not."""

Columns = Mapping[str, FloatArray]
"""Metric -> values of so many candidates, (n,)."""
Gain = Callable[[IntArray], FloatArray]
"""Candidates (n, choices) -> what each is worth, (n,): the more the better."""


class Assistant:
    """Results told so far, and what many candidates would be worth beside them.

    What it says depends on the results alone and on the generator that is handed in, not on what it was asked before.
    """

    additive: Callable[[IntArray], FloatArray] | None = None
    """Where there is an additive model: candidates (n, choices) -> objectives, to be minimised, (n, objectives)."""

    def __init__(self, problem: SearchProblem) -> None:
        self._problem = problem
        self._coder = Coder(problem)
        asked = [o.metric for o in problem.objectives] + [c.metric for c in problem.constraints]
        measured = [metric for metric in dict.fromkeys(asked) if metric not in self._coder.costs]
        self._signs = {o.metric: 1.0 if o.direction == "minimize" else -1.0 for o in problem.objectives}
        self._count = 0
        """Results told, those thinned out too."""
        self._thin_at = 2 * THINNED
        self._candidates: list[Candidate] = []
        self._told: dict[str, list[float]] = {metric: [] for metric in dict.fromkeys(asked)}
        self._models = {metric: GaussianProcess(self._coder.codes) for metric in measured}
        self._scales: dict[str, type[Scale]] = {}
        self._scores: dict[str, Scale] = {}
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
            if not metrics.keys() >= self._told.keys():
                metrics = {**self._problem.costs.of(candidate), **metrics}
            for metric, values in self._told.items():
                values.append(metrics[metric])
            if len(self._candidates) >= self._thin_at and self._count % REFIT == 0:
                self._thin()

    def front(self) -> IntArray:
        """The feasible candidates that no other dominates, (n, choices); where none is feasible, the nearest to it."""
        return np.array([self._candidates[i] for i in self._front(self._results())], dtype=np.int64)

    def _front(self, told: Columns) -> IntArray:
        excess = self._excess(told)
        best = np.flatnonzero(excess == excess.min())
        kept: IntArray = best[moocore.is_nondominated(self._objectives(told)[best])] if excess.min() == 0 else best
        return kept

    def _thin(self) -> None:
        """Forget results: the front stays, and what a model would see if it saw more."""
        told = self._results()
        kept = np.union1d(self._front(told), self._kept(told, THINNED))
        self._candidates = [self._candidates[i] for i in kept]
        self._told = {metric: values[kept].tolist() for metric, values in told.items()}
        self._thin_at = max(2 * THINNED, 2 * len(kept))

    def draw(self, pending: Sequence[Candidate], rng: np.random.Generator) -> Gain:
        """A drawn function of what candidates would be worth, those pending counting as what is expected of them."""
        told = self._results()
        self._update(told)
        functions = {metric: model.draw(rng, BOLDNESS) for metric, model in self._models.items()}
        if pending:
            expected = self._predicted(np.array(pending, dtype=np.int64), {m: g.mean for m, g in self._models.items()})
            told = {metric: np.concatenate([values, expected[metric]]) for metric, values in told.items()}
        table, feasible = self._objectives(told), self._excess(told) == 0
        low, span = table.min(0), np.ptp(table, axis=0)
        scale = np.where(span > 0, span, 1.0)
        front = ((table - low) / scale)[feasible]
        front = front[moocore.is_nondominated(front)] if len(front) else front

        def gain(candidates: IntArray) -> FloatArray:
            drawn = self._predicted(candidates, functions)
            excess = self._excess(drawn)
            if not len(front):
                return -excess
            worth = gains(front, (self._objectives(drawn) - low) / scale)
            worth[excess > 0] = -FAR - excess[excess > 0]
            return worth

        return gain

    def _results(self) -> dict[str, FloatArray]:
        """Metrics of all results, (n,) each."""
        return {metric: np.array(values, dtype=np.float64) for metric, values in self._told.items()}

    def _update(self, told: Columns) -> None:
        """Fit the models to the results as they were at the last multiple of `REFIT`, and condition them on all."""
        if self._conditioned_at == self._count:
            return
        fitted_at = self._count - self._count % REFIT or self._count
        if self._fitted_at != fitted_at:
            before = len(self._candidates) - (self._count - fitted_at)  # thinned at a multiple of `REFIT`, if at all
            self._fit({metric: values[:before] for metric, values in told.items()})
            self._fitted_at = fitted_at
        points, targets = self._known(told, self._kept(told, KNOWN), self._scales)
        for metric, model in self._models.items():
            model.condition(points, targets[metric])
        self._conditioned_at = self._count

    def _fit(self, told: Columns) -> None:
        """Fit the models, each on the scale on which results are predicted best from the others, rank by rank."""
        kept = self._kept(told, FITTED)
        ranks: dict[str, NormalScores] = {m: NormalScores(self._signs.get(m, 1.0) * told[m]) for m in self._models}
        best = dict.fromkeys(self._models, np.inf)
        for scale, steps in SCALES.items():
            points, targets = self._known(told, kept, dict.fromkeys(self._models, scale))
            for metric, model in self._models.items():
                before, first = model.logs, best[metric] == np.inf
                model.fit(points, targets[metric], steps, onward=not first)
                guessed = self._scores[metric].back(model.left_out(points, targets[metric]))
                missed = float(np.mean((ranks[metric].forth(guessed) - ranks[metric].scores[kept]) ** 2))
                if first or missed < CLEARLY * best[metric]:
                    best[metric], self._scales[metric] = missed, scale
                else:
                    model.logs = before

    def _known(
        self, told: Columns, kept: IntArray, scales: Mapping[str, type[Scale]]
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Points of these results, and their scores on the scale of each metric."""
        self._scores = {m: scale(self._signs.get(m, 1.0) * told[m]) for m, scale in scales.items()}
        points = self._points(np.array([self._candidates[i] for i in kept], dtype=np.int64))
        return points, {metric: scores.scores[kept] for metric, scores in self._scores.items()}

    def _kept(self, told: Columns, most: int) -> IntArray:
        """Which results a model sees: the nearest to the front, and some at even steps behind them."""
        table = self._objectives(told)
        if len(table) <= most:
            return np.arange(len(table))
        span = np.ptp(table, axis=0)
        table = (table - table.min(0)) / np.where(span > 0, span, 1.0)
        front = table[moocore.is_nondominated(table)]
        behind = _over_objectives(np.maximum, table, front).min(axis=1)
        order = np.argsort(behind, kind="stable")
        near, others = order[: most * 3 // 4], order[most * 3 // 4 :]
        return np.concatenate([near, others[np.linspace(0, len(others) - 1, most - len(near)).astype(np.int64)]])

    def _predicted(
        self, candidates: IntArray, functions: Mapping[str, Callable[[FloatArray], FloatArray]]
    ) -> dict[str, FloatArray]:
        """Every metric of candidates by these functions of their points; costs are what they are."""
        found = dict(self._problem.costs(candidates))
        points = self._points(candidates, found)
        for metric, function in functions.items():
            found[metric] = self._signs.get(metric, 1.0) * self._scores[metric].back(function(points))
        return found

    def _points(self, candidates: IntArray, costs: Columns | None = None) -> FloatArray:
        """As the models see candidates; what an additive model expects of them is a feature more."""
        points = self._coder(candidates, costs)
        if self.additive is None:
            return points
        expected = np.nan_to_num(self.additive(candidates), posinf=np.finfo(np.float64).max)
        measured = [(i, o.metric) for i, o in enumerate(self._problem.objectives) if o.metric in self._scores]
        return np.column_stack([points, *(self._scores[metric].forth(expected[:, i]) for i, metric in measured)])

    def _objectives(self, metrics: Columns) -> FloatArray:
        """To be minimised: (n, objectives)."""
        return np.stack([self._signs[o.metric] * metrics[o.metric] for o in self._problem.objectives], axis=1)

    def _excess(self, metrics: Columns) -> FloatArray:
        """How far constraints are broken, relative to their bounds: (n,)."""
        return broken(self._problem.constraints, metrics, len(next(iter(metrics.values()))))


class Coder:
    """Candidates as points of a Gaussian process: codes of 0 and 1, then features of about unit size.

    An ordered choice of k options has k - 1 codes, one a step, so that options further apart differ in more of them; a
    choice without an order has a code an option. The features are the costs, and the mean place among ordered options:
    accuracy mostly goes with them, whatever layer the bits are in.
    """

    def __init__(self, problem: SearchProblem) -> None:
        choices = problem.space.choices
        self._costs = problem.costs
        self._steps = [
            (i, option, choice.ordered)
            for i, choice in enumerate(choices)
            for option in range(len(choice.options) - 1 if choice.ordered else len(choice.options))
        ]
        self.codes = len(self._steps)
        self._ordered = [i for i, choice in enumerate(choices) if choice.ordered and len(choice.options) > 1]
        self._last = problem.space.sizes[self._ordered] - 1
        sample = self._costs(problem.space.sample(np.random.default_rng(problem.seed), 256))
        self.costs = {metric: (float(v.mean()), float(v.std()) or 1.0) for metric, v in sample.items()}
        """Metric -> mean and standard deviation over the space."""

    def __call__(self, candidates: npt.NDArray[Any], costs: Columns | None = None) -> FloatArray:
        """(n, choices) -> (n, codes + features)."""
        costs = self._costs(candidates) if costs is None else costs
        columns = [candidates[:, i] > o if ordered else candidates[:, i] == o for i, o, ordered in self._steps]
        columns += [(costs[metric] - mean) / deviation for metric, (mean, deviation) in self.costs.items()]
        if self._ordered:
            columns.append(2 * (candidates[:, self._ordered] / self._last).mean(axis=1) - 1)
        return np.stack(columns, axis=1).astype(np.float64)


def gains(front: FloatArray, points: FloatArray) -> FloatArray:
    """Hypervolume that each point would add to a front, to be minimised, from `REFERENCE`: (n, objectives) -> (n,).

    Where none adds any, minus how far each is behind the front.
    """
    behind = _over_objectives(np.minimum, points, front).max(axis=1)
    found: FloatArray = -behind
    ahead = np.flatnonzero(behind < 0)
    if len(ahead) == 0:
        return found
    if points.shape[1] == 2:
        found[ahead] = _gains_of_two(front, points[ahead])
    else:
        ahead = ahead[np.argsort(behind[ahead], kind="stable")][:EXACT]
        reference = np.full(points.shape[1], REFERENCE)
        before = moocore.hypervolume(front, ref=reference)
        found[found > 0] = 0.0
        found[ahead] = [moocore.hypervolume(np.vstack([front, points[i]]), ref=reference) - before for i in ahead]
    return found


def _over_objectives(function: Any, points: FloatArray, front: FloatArray) -> FloatArray:
    """The greatest or least difference in an objective of each point to each of the front: (n, m)."""
    found: FloatArray = points[:, None, 0] - front[:, 0]
    for i in range(1, points.shape[1]):
        function(found, points[:, None, i] - front[:, i], out=found)
    return found


def _gains_of_two(front: FloatArray, points: FloatArray) -> FloatArray:
    """`gains` for two objectives: the area between each point and the steps of the front."""
    ordered = front[np.argsort(front[:, 0], kind="stable")]
    left = np.concatenate([[-np.inf], ordered[:, 0]])
    right = np.concatenate([ordered[:, 0], [REFERENCE]])
    height = np.concatenate([[REFERENCE], ordered[:, 1]])
    width = np.clip(right - np.maximum(points[:, :1], left), 0, None)
    area: FloatArray = (width * np.clip(height - points[:, 1:], 0, None)).sum(1)
    return area
