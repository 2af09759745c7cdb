"""The additive (one-at-a-time) model, in which choices degrade a network independently, and its exact Pareto front.

The front is found by dynamic programming over blocks of choices: Nemhauser and Ullmann, "Discrete Dynamic Programming
and Capital Allocation", 1969, with vectors in place of weight and profit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.pareto import non_dominated
from autoquant.space import Candidate, IntArray

BLOCK_LIMIT = 1 << 16
"""Combinations that a block may have. A cost that joins more choices than that is approximated as additive."""

SUMS = 1 << 20
"""Sums that a step of the programming may form; a block with more combinations that are not dominated is subsampled."""

TRIED = (3, 64)
"""Least and most random candidates on which each pair of choices is tried for an interaction of their costs."""

TRIED_IN_ALL = 1 << 14
"""About so many over all pairs, as far as `TRIED` allows."""

SAMPLES = 2048
"""Random candidates on which an approximated cost is fitted."""

EXACT = 1e-9
"""Relative difference up to which two costs are the same."""


@dataclass(frozen=True, slots=True)
class Block:
    """Choices whose costs depend on one another, with every combination of their usable options."""

    choices: tuple[int, ...]
    options: IntArray
    """(combinations, choices)"""


@dataclass(frozen=True, slots=True)
class Term:
    """One quantity that the programming minimises or holds below a bound: what each block adds, from 0 upwards."""

    tables: tuple[FloatArray, ...]
    bound: float = np.inf


class Target(NamedTuple):
    """A metric that is minimised or held below a bound, once its values are multiplied by a sign."""

    metric: str
    sign: float
    bound: float
    """Of the value with its sign; infinite where there is none."""


@dataclass(frozen=True)
class AdditiveModel:
    """Measured metrics as ``base`` plus the effect of each choice's option; costs as the cost models estimate them.

    An effect that is not finite marks an option that cannot be used.
    """

    problem: SearchProblem
    base: Candidate
    values: Mapping[str, float]
    """Measured metric -> its value at the base."""
    effects: Mapping[str, Sequence[FloatArray]]
    """Measured metric -> for each choice what each option adds: 0 at the base's own."""
    unusable: Sequence[npt.NDArray[np.bool_]] = field(repr=False)
    """For each choice which options failed when they were measured."""

    def predict(self, candidates: IntArray) -> FloatArray:
        """Objectives, to be minimised: (n, choices) -> (n, objectives); infinite where an option is unusable."""
        costs = self.problem.costs(candidates)
        columns = []
        for objective in self.problem.objectives:
            name = objective.metric
            column = costs[name] if name in costs else self.values[name] + gather(self.effects[name], candidates)
            columns.append(objective.minimized(column))
        predicted: FloatArray = np.stack(columns, axis=1)
        predicted[gather(self.unusable, candidates) > 0] = np.inf
        return predicted

    def expected(self, candidates: IntArray) -> dict[str, FloatArray]:
        """Measured metrics as they are expected, (n,) each: where an option is unusable without its effect."""
        usable = {name: [np.nan_to_num(e, posinf=0, neginf=0) for e in tables] for name, tables in self.effects.items()}
        return {name: self.values[name] + gather(tables, candidates) for name, tables in usable.items()}

    def front(self, states: int, rng: np.random.Generator) -> IntArray:
        """The feasible candidates that no other dominates by the model: (n, choices). Costs are never modelled.

        Exact while costs are sums over blocks of at most `BLOCK_LIMIT` combinations and no step of the programming
        holds more than ``states`` partial solutions or forms more than `SUMS`; beyond that they are subsampled evenly.
        A constraint on what is measured is held by prediction, unless no candidate would be left.
        """
        blocks, exact = self._blocks(rng)
        for measured_too in (True, False):
            rows = program(blocks, self._terms(blocks, exact, rng, measured_too), states, len(self.base))
            rows = rows[self.problem.feasible_costs(rows)]
            if len(rows):
                break
        canonical = dict.fromkeys(self.problem.space.canonical(tuple(map(int, row))) for row in rows)
        candidates = np.array(list(canonical), dtype=np.int64).reshape(-1, len(self.base))
        candidates = candidates[self.problem.feasible_costs(candidates)]
        kept: IntArray = candidates[non_dominated(self.predict(candidates))]
        return kept

    def _targets(self) -> list[Target]:
        """What the programming looks at: the objectives, and constraints with their tightest bounds."""
        bounds = {(objective.metric, objective.sign): np.inf for objective in self.problem.objectives}
        for constraint in self.problem.constraints:
            key = (constraint.metric, constraint.sign)
            bounds[key] = min(bounds.get(key, np.inf), constraint.sign * constraint.bound)
        return [Target(*key, bound) for key, bound in bounds.items()]

    def _blocks(self, rng: np.random.Generator) -> tuple[list[Block], set[str]]:
        """The choices in blocks, and the costs that are exactly additive over them."""
        groups: list[tuple[int, ...]] = [(i,) for i in range(len(self.base))]
        exact: set[str] = set()
        joined = interactions(self.problem, rng)
        for metric in sorted(joined, key=lambda name: (len(joined[name]), name)):
            merged = merge(groups, joined[metric])
            if max(self._combinations(group) for group in merged) <= BLOCK_LIMIT:
                groups = merged
                exact.add(metric)
        blocks = [Block(group, self._options(group)) for group in groups]
        wanted = {target.metric for target in self._targets()}
        return blocks, {metric for metric in exact & wanted if self._adds_up(metric, blocks, rng)}

    def _combinations(self, group: Sequence[int]) -> int:
        return int(np.prod([float((~self.unusable[i]).sum()) for i in group]))

    def _options(self, group: Sequence[int]) -> IntArray:
        usable = [np.flatnonzero(~self.unusable[i]) for i in group]
        return np.stack(np.meshgrid(*usable, indexing="ij"), axis=-1).reshape(-1, len(group)).astype(np.int64)

    def _terms(
        self, blocks: Sequence[Block], exact: set[str], rng: np.random.Generator, measured_too: bool
    ) -> list[Term]:
        """Objectives, and constraints that can be broken, each scaled so that over the space it goes from 0 to 1.

        Equal sums so differ by no more than rounding, which `program` takes away.
        """
        base_costs = self.problem.costs(np.array([self.base]))
        sought = {(objective.metric, objective.sign) for objective in self.problem.objectives}
        terms = []
        for metric, sign, bound in self._targets():
            if metric in exact:
                start, tables = float(base_costs[metric][0]), self._joint(metric, blocks)
            elif metric in base_costs:
                start, tables = self._fitted(metric, blocks, rng)
            elif metric in self.effects:
                start, tables = self.values[metric], self._summed(self.effects[metric], blocks)
            else:
                continue
            least = sum(float((sign * table).min()) for table in tables)
            span = sum(float((sign * table).max()) for table in tables) - least or 1.0
            lifted = tuple((sign * table - (sign * table).min()) / span for table in tables)
            room = (bound - sign * start - least) / span
            sure = metric in exact or (metric not in base_costs and measured_too)
            if (metric, sign) in sought or room < 1:
                terms.append(Term(lifted, room if sure else np.inf))
        return terms

    def _joint(self, metric: str, blocks: Sequence[Block]) -> list[FloatArray]:
        """What each combination of a block costs more than the base."""
        rows = np.repeat(np.array([self.base]), sum(len(block.options) for block in blocks), axis=0)
        ends = np.cumsum([len(block.options) for block in blocks])
        for block, end in zip(blocks, ends, strict=True):
            rows[end - len(block.options) : end, list(block.choices)] = block.options
        extra = self.problem.costs(rows)[metric] - self.problem.costs(np.array([self.base]))[metric][0]
        return np.split(extra, ends[:-1])

    @staticmethod
    def _summed(effects: Sequence[FloatArray], blocks: Sequence[Block]) -> list[FloatArray]:
        return [gather([effects[i] for i in block.choices], block.options) for block in blocks]

    def _adds_up(self, metric: str, blocks: Sequence[Block], rng: np.random.Generator) -> bool:
        """Whether random candidates cost what their blocks add up to."""
        picks = [rng.integers(0, len(block.options), size=256) for block in blocks]
        rows = np.zeros((256, len(self.base)), dtype=np.int64)
        for block, pick in zip(blocks, picks, strict=True):
            rows[:, list(block.choices)] = block.options[pick]
        extra = sum(table[pick] for table, pick in zip(self._joint(metric, blocks), picks, strict=True))
        costs = self.problem.costs(np.vstack([rows, [self.base]]))[metric]
        return bool(np.abs(costs[:-1] - costs[-1] - extra).max() <= EXACT * np.abs(costs).max())

    def _fitted(self, metric: str, blocks: Sequence[Block], rng: np.random.Generator) -> tuple[float, list[FloatArray]]:
        """The additive cost that is nearest to the real one on random candidates: its mean, and what blocks add."""
        rows = self.problem.space.sample(rng, SAMPLES)
        sizes = self.problem.space.sizes
        design = np.concatenate([np.eye(size)[rows[:, i]] for i, size in enumerate(sizes)], axis=1)
        costs = self.problem.costs(rows)[metric]
        solved = np.linalg.lstsq(design, costs - costs.mean(), rcond=None)[0]
        return float(costs.mean()), self._summed(np.split(solved, np.cumsum(sizes)[:-1]), blocks)


def gather(tables: Sequence[npt.NDArray[Any]], rows: IntArray) -> FloatArray:
    """Sum over choices of ``tables[choice][rows[:, choice]]``: (n, choices) -> (n,)."""
    total = np.zeros(len(rows))
    for i, table in enumerate(tables):
        total += table[rows[:, i]]
    return total


def interactions(problem: SearchProblem, rng: np.random.Generator) -> dict[str, list[tuple[int, int]]]:
    """Cost metric -> the pairs of choices of which the price of one depends on the other, as random changes show."""
    sizes = problem.space.sizes
    # Sampled for every cost: one that adds up over layers need not add up over choices, of which a layer may have two.
    interacting: dict[str, list[tuple[int, int]]] = {metric: [] for metric in problem.costs.metrics}
    pairs = [pair for pair in combinations(range(len(sizes)), 2) if min(sizes[list(pair)]) > 1]
    tried = min(max(TRIED_IN_ALL // max(len(pairs), 1), TRIED[0]), TRIED[1])
    for first in range(0, len(pairs), 256):  # so many at a time that memory stays small
        some = np.repeat(np.array(pairs[first : first + 256]), tried, axis=0)
        plain = problem.space.sample(rng, len(some))
        here = np.arange(len(some))
        corners = [plain.copy() for _ in range(4)]
        for side, changed in ((0, (1, 3)), (1, (2, 3))):
            choice = some[:, side]
            changed_to = (plain[here, choice] + rng.integers(1, sizes[choice])) % sizes[choice]
            for corner in changed:
                corners[corner][here, choice] = changed_to
        for metric, costs in problem.costs(np.concatenate(corners)).items():
            neither, first_only, second_only, both = costs.reshape(4, -1)
            depends = np.abs(both - first_only - second_only + neither) > EXACT * np.abs(costs).max()
            interacting[metric] += sorted({(int(a), int(b)) for a, b in some[depends]})
    return interacting


def merge(groups: Sequence[tuple[int, ...]], pairs: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    """The groups, those joined that a pair connects."""
    home: dict[int, set[int]] = {}
    for group in groups:
        together = set(group)
        home |= dict.fromkeys(group, together)
    for a, b in pairs:
        if home[a] is not home[b]:
            home[a] |= home[b]
            home.update(dict.fromkeys(home[b], home[a]))
    return sorted({tuple(sorted(group)) for group in home.values()})


def program(blocks: Sequence[Block], terms: Sequence[Term], states: int, choices: int) -> IntArray:
    """The candidates whose terms no other candidate's dominate, within the bounds: (n, choices).

    Partial solutions that another dominates can end no better than it, so they are dropped block by block; what every
    term adds is 0 or more, so those beyond a bound are too.
    """
    values, rows = np.zeros((1, len(terms))), np.zeros((1, choices), dtype=np.int64)
    bounds = np.array([term.bound for term in terms]) + EXACT
    for i, block in enumerate(blocks):
        added = np.stack([term.tables[i] for term in terms], axis=1)
        keep = np.flatnonzero(non_dominated(np.round(added, 12)))
        keep = keep[subsample(added[keep], max(SUMS // len(values), 1))] if len(values) else keep
        sums = np.round(values[:, None, :] + added[None, keep, :], 12).reshape(-1, len(terms))
        inside = np.flatnonzero((sums <= bounds).all(axis=1))
        _, first = np.unique(sums[inside], axis=0, return_index=True)
        alive = inside[np.sort(first)]
        alive = alive[non_dominated(sums[alive])]
        alive = alive[subsample(sums[alive], states)]
        before, option = np.divmod(alive, len(keep))
        values, rows = sums[alive], rows[before]
        rows[:, list(block.choices)] = block.options[keep[option]]
    return rows


def subsample(values: FloatArray, count: int) -> IntArray:
    """At most about ``count`` rows, evenly spread: the best of each objective, and one of each cell of a grid."""
    if len(values) <= count:
        return np.arange(len(values))
    low = values.min(axis=0)
    scaled = (values - low) / np.maximum(values.max(axis=0) - low, EXACT)
    coarse, fine = 1, 1 << 20
    while fine - coarse > 1:  # the finest grid of which at most ``count`` cells are taken
        cells = (coarse + fine) // 2
        taken = len(np.unique(cell_numbers(scaled, cells)))
        coarse, fine = (cells, fine) if taken <= count else (coarse, cells)
    _, kept = np.unique(cell_numbers(scaled, coarse), return_index=True)
    return np.union1d(kept, values.argmin(axis=0))


def cell_numbers(scaled: FloatArray, cells: int) -> IntArray:
    """A number for each row, equal where rows lie in the same cell of a grid: (n, columns) in [0, 1] -> (n,).

    Whole numbers are sorted ten times as fast as rows.
    """
    columns = np.floor(scaled * cells).astype(np.int64).T
    numbers: IntArray = columns[0]
    for column in columns[1:]:
        if numbers.max(initial=0) >= (1 << 62) // (cells + 1):
            _, numbers = np.unique(numbers, return_inverse=True)
        numbers = numbers * (cells + 1) + column
    return numbers
