"""What an agent sees of a search problem: prices and results as numbers between 0 and 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.objective import Bounds, Constraint, violations
from autoquant.space import Candidate, IntArray

SAMPLED = 64
"""Random candidates whose costs show their range, in addition to the cheapest and the most expensive."""

SHRINKAGE = 0.3
"""Of the additive model, in results: an option that was seen as often is believed by half."""


class OptionPrices(NamedTuple):
    """What options cost."""

    marginals: dict[str, FloatArray]
    """Metric -> cost of each option above the least of its choice: (choices, most options)."""
    ranges: dict[str, Bounds]
    """Metric -> least and most over the space."""


class Reported(NamedTuple):
    """The result of one candidate."""

    objectives: FloatArray
    """Those that are measured, to be minimised: (measured,)."""
    excess: FloatArray
    """By how much it breaks each constraint on a measured metric, in its unit: (constraints,)."""


class ScaledResults(NamedTuple):
    """Results of many candidates."""

    objectives: FloatArray
    """0 is best and 1 worst: (n, objectives)."""
    excess: FloatArray
    """Violations as shares of the greatest so far, added up: (n,)."""


class Features(NamedTuple):
    """What the policy sees before a choice."""

    state: FloatArray
    """(n, features)"""
    options: FloatArray
    """(n, most options, features)"""


class OptionEffects:
    """Measured objectives as a sum over the choices: ridge regression on which option each choice has.

    It keeps only sums over the results, so that a result costs the same however many there were.
    """

    def __init__(self, sizes: IntArray, outputs: int) -> None:
        self._first = np.concatenate([[0], np.cumsum(sizes)[:-1]]) + 1
        self._sizes = sizes
        width = 1 + int(sizes.sum())
        self._squares = SHRINKAGE * np.eye(width)
        self._squares[0, 0] = 1e-9
        self._products = np.zeros((width, outputs))

    def add(self, candidate: Candidate, values: FloatArray) -> None:
        """Learn the objectives (outputs,) of a candidate."""
        columns = np.concatenate([[0], self._first + np.array(candidate)])
        self._squares[np.ix_(columns, columns)] += 1.0
        self._products[columns] += values

    def tables(self) -> FloatArray:
        """What each option adds: (outputs, choices, most options); 0 where there is no option."""
        weights = np.linalg.solve(self._squares, self._products).T
        tables = np.zeros((len(weights), len(self._sizes), int(self._sizes.max())))
        for choice, (first, size) in enumerate(zip(self._first, self._sizes, strict=True)):
            tables[:, choice, :size] = weights[:, first : first + size]
        return tables


class PPOEnvironment:
    """Prices, results so far, and how both are scaled.

    Costs are scaled by their range over the space by the cost models, measured objectives by the range of the results
    so far: 0 is best and 1 worst. A failed candidate counts as the worst measured so far.
    """

    def __init__(self, problem: SearchProblem, rng: np.random.Generator) -> None:
        self.problem = problem
        self.sizes = problem.space.sizes
        self.valid = np.arange(int(self.sizes.max())) < self.sizes[:, None]
        """(choices, most options): which options there are."""
        self.marginals, self._ranges = self._price_options(rng)
        self.measured = [i for i, o in enumerate(problem.objectives) if o.metric not in problem.costs.metrics]
        self.anchor = self.measured[0] if self.measured else 0
        """The objective whose weight is 1 where those of the others are lambda."""
        self._budgets = [self._budget(c) for c in problem.constraints if c.metric in problem.costs.metrics]
        """What each option takes of the room between least cost and bound: (choices, most options) a constraint."""
        self._model = OptionEffects(self.sizes, len(self.measured))
        self._results: dict[Candidate, Reported | None] = {}
        self._least = np.full(len(self.measured), np.inf)
        self._most = np.full(len(self.measured), -np.inf)
        self._measured_constraints = [c for c in problem.constraints if c.metric not in problem.costs.metrics]
        self._excess = np.zeros(len(self._measured_constraints))

    def _price_options(self, rng: np.random.Generator) -> OptionPrices:
        """Marginal costs of the options, and the ranges of whole candidates' costs.

        An option's cost is taken with all other choices at their first, and at their last option, as costs need not be
        sums.
        """
        choices, most = self.valid.shape
        bases = np.stack([np.zeros(choices, dtype=np.int64), self.sizes - 1])
        tried = np.broadcast_to(bases[:, None, None], (2, choices, most, choices)).copy()
        for choice, size in enumerate(self.sizes):
            tried[:, choice, :, choice] = np.minimum(np.arange(most), size - 1)
        tables = {}
        for metric, costs in self.problem.costs(tried.reshape(-1, choices)).items():
            mean = costs.reshape(2, choices, most).mean(axis=0)
            tables[metric] = np.where(self.valid, mean - mean.min(axis=1, keepdims=True), 0.0)
        signed = [sign * table for table in tables.values() for sign in (1, -1)]
        ends = [np.where(self.valid, table, np.inf).argmin(axis=1) for table in signed]
        sample = np.concatenate([np.array([*ends, *bases]), self.problem.space.sample(rng, SAMPLED)])
        # Not `costs.bounds`: stored searches are scaled by this sample, which uses the generator of the search.
        ranges = {metric: Bounds(float(c.min()), float(c.max())) for metric, c in self.problem.costs(sample).items()}
        return OptionPrices(tables, ranges)

    def _budget(self, constraint: Constraint) -> FloatArray:
        table = constraint.sign * self.marginals[constraint.metric]
        table = np.where(self.valid, table - table.min(axis=1, keepdims=True), 0.0)
        bounds = self._ranges[constraint.metric]
        room = abs(min(constraint.excess(bounds.least), constraint.excess(bounds.most)))
        return table / (min(room, bounds.most - bounds.least) or 1.0)

    def add(self, candidate: Candidate, metrics: Mapping[str, float] | None) -> None:
        """Take in a result; None where it failed."""
        canonical = self.problem.space.canonical(candidate)
        if metrics is None:
            self._results[canonical] = None
            return
        objectives = [self.problem.objectives[i] for i in self.measured]
        values = np.array([o.minimized(metrics[o.metric]) for o in objectives])
        broken = violations(self.problem.constraints, metrics)
        excess = np.array([broken.get(str(constraint), 0.0) for constraint in self._measured_constraints])
        self._results[canonical] = Reported(values, excess)
        self._least, self._most = np.minimum(self._least, values), np.maximum(self._most, values)
        self._excess = np.maximum(self._excess, excess)
        self._model.add(candidate, values)

    def scaled(self, candidates: IntArray) -> ScaledResults:
        """Objectives and violations of candidates that were told: (n, choices)."""
        objectives = np.zeros((len(candidates), len(self.problem.objectives)))
        costs = self.problem.costs(candidates)
        for i, objective in enumerate(self.problem.objectives):
            if objective.metric in costs:
                least, most = self._ranges[objective.metric]
                share = (costs[objective.metric] - least) / ((most - least) or 1.0)
                objectives[:, i] = 1.0 - share if objective.direction == "maximize" else share
        excess = np.zeros(len(candidates))
        widths, worst = self._widths(), np.where(self._excess > 0, self._excess, 1.0)
        for row, candidate in enumerate(candidates):
            result = self._results[self.problem.space.canonical(tuple(map(int, candidate)))]
            objectives[row, self.measured] = 1.0 if result is None else (result.objectives - self._least) / widths
            excess[row] = 0.0 if result is None else float((result.excess / worst).sum())
        return ScaledResults(objectives, excess)

    def tables(self) -> FloatArray:
        """What each option adds to each scaled objective, by price or by the additive model of the results.

        (objectives, choices, most options), less the mean over the options of a choice.
        """
        tables = np.zeros((len(self.problem.objectives), *self.valid.shape))
        for i, objective in enumerate(self.problem.objectives):
            if objective.metric in self.marginals:
                least, most = self._ranges[objective.metric]
                tables[i] = objective.sign * self.marginals[objective.metric] / ((most - least) or 1.0)
        if self.measured:
            tables[self.measured] = self._model.tables() / self._widths()[:, None, None]
        means = tables.sum(axis=2) / self.sizes
        centred: FloatArray = np.where(self.valid, tables - means[..., None], 0.0)
        return centred

    def describe(self, step: int, candidates: IntArray, weights: FloatArray, tables: FloatArray) -> Features:
        """The state before a choice, and its options.

        ``candidates`` (n, choices), of which the first ``step`` options are chosen; ``weights`` (n, objectives) of the
        trade-offs; ``tables`` as `tables` gives them.
        """
        choices, most = self.valid.shape
        done = np.arange(choices) < step
        taken = np.arange(choices), np.where(done, candidates, 0)
        used = np.stack([np.where(done, table[taken], 0.0).sum(axis=1) for table in tables], axis=1)
        ahead = np.where(self.valid[step:], np.einsum("nj,jco->nco", weights, tables[:, step:]), np.inf)
        ratios = np.log10(np.maximum(weights, 1e-4) / np.maximum(weights[:, [self.anchor]], 1e-4)) / 2
        state = [
            np.broadcast_to(np.arange(choices) == step, candidates.shape),
            np.where(done, (candidates + 1) / self.sizes, 0.0),
            weights,
            np.delete(ratios, self.anchor, axis=1),
            used,
            (weights * used).sum(axis=1),
            ahead.min(axis=2).sum(axis=1),
            *(np.where(done, table[taken], 0.0).sum(axis=1) for table in self._budgets),
        ]
        alone = np.broadcast_to(tables[:, step].T * choices, (len(candidates), most, len(tables)))
        weighted = alone * weights[:, None]
        place = np.broadcast_to((np.arange(most) + 1) / self.sizes[step], (len(candidates), most))
        option = [alone, weighted, weighted.sum(axis=2), place]
        option += [np.broadcast_to(table[step] * choices, place.shape) for table in self._budgets]
        options = np.concatenate([part.reshape(*place.shape, -1) for part in option], axis=2)
        return Features(np.column_stack(state), options)

    def _widths(self) -> FloatArray:
        """The range of each measured objective, by which it is divided; infinite where all results are the same."""
        widths: FloatArray = np.where(self._most > self._least, self._most - self._least, np.inf)
        return widths
