"""Changing one choice at a time: which candidates that takes, and what their measurements show of each option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.searchers.additive import AdditiveModel
from autoquant.searchers.sampling import draw, excess, repair, single_changes
from autoquant.space import Candidate, IntArray

SAMPLES = 256
"""Random candidates over which the cost of each option of a choice without order is averaged."""


class Change(NamedTuple):
    """An option that a choice takes."""

    choice: int
    option: int


class SingleChanges:
    """A base and every other option alone, for a problem; all of them feasible in their costs.

    ``probes`` are the canonical candidates to measure, the base first, mild changes before wild ones.
    """

    def __init__(self, problem: SearchProblem, rng: np.random.Generator) -> None:
        self.problem = problem
        self.base = highest(problem, rng)
        self._changes = self._feasible_changes(rng)
        canonical = problem.space.canonical
        self.probes = tuple(dict.fromkeys(map(canonical, (self.base, *self._changes.values()))))

    def _feasible_changes(self, rng: np.random.Generator) -> dict[Change, Candidate]:
        """Change -> the base so changed; other choices are lowered where a cost demands it."""
        sizes = self.problem.space.sizes
        changes = [
            Change(int(i), int(option))
            for distance in range(1, int(sizes.max()))
            for i in rng.permutation(len(sizes))
            for option in (self.base[i] - distance, self.base[i] + distance)
            if 0 <= option < sizes[i]
        ]
        rows = np.repeat(np.array([self.base], dtype=np.int64), len(changes), axis=0)
        for row, (i, option) in zip(rows, changes, strict=True):
            row[i] = option
        for j in np.flatnonzero(~self.problem.feasible_costs(rows)):
            rows[j] = lowered(self.problem, rows[j], keep=changes[j].choice)
        fine = self.problem.feasible_costs(rows)
        return {change: as_candidate(row) for change, row, good in zip(changes, rows, fine, strict=True) if good}

    def model(self, results: Mapping[Candidate, Mapping[str, float] | None]) -> AdditiveModel | None:
        """The additive model, from the results of all probes (None: failed); None where every probe failed.

        Where the base itself failed, the median of the others stands for it. An option that could not be tried is
        taken to change nothing.
        """
        measured = [metrics for probe in self.probes if (metrics := results[probe]) is not None]
        if not measured:
            return None
        canonical = self.problem.space.canonical
        names = sorted(set.intersection(*map(set, measured)))
        values = results[canonical(self.base)]
        if values is None:
            values = {name: float(np.median([metrics[name] for metrics in measured])) for name in names}
        sizes = [int(size) for size in self.problem.space.sizes]
        unusable: list[npt.NDArray[np.bool_]] = [np.zeros(size, dtype=bool) for size in sizes]
        effects: dict[str, list[FloatArray]] = {name: [np.zeros(size) for size in sizes] for name in names}
        for change, candidate in sorted(self._changes.items(), key=lambda item: self._others(*item)):
            i, option = change
            metrics = results[canonical(candidate)]
            if metrics is None:
                unusable[i][option] = True
                continue
            for name in names:
                others = sum(effects[name][j][index] for j, index in enumerate(candidate) if j != i)
                effects[name][i][option] = metrics[name] - values[name] - others
        return AdditiveModel(self.problem, self.base, values, effects, unusable)

    def _others(self, change: Change, candidate: Candidate) -> int:
        """How many choices had to be lowered with a change: what they do must be known first."""
        return sum(a != b for a, b in zip(candidate, self.base, strict=True))


def highest(problem: SearchProblem, rng: np.random.Generator) -> Candidate:
    """Every choice at its highest precision, lowered as far as cost constraints demand.

    That is the last option of an ordered choice; of one without order the option that costs most on average over
    random candidates, all costs scaled to their largest and added up, or the last one where nothing has a price.
    """
    top = problem.space.sizes - 1
    rows = problem.space.sample(rng, SAMPLES)  # even where all is ordered: stored searches used the generator so
    for i, choice in enumerate(problem.space.choices):
        if not choice.ordered:
            top[i] = _most_expensive(problem, rows, i)
    base = lowered(problem, top)
    if excess(problem, base[None])[0] > 0:
        base = repair(problem, base[None], rng)[0]
    if excess(problem, base[None])[0] > 0:
        return draw(problem, rng, set(), 1)[0]
    return as_candidate(base)


def _most_expensive(problem: SearchProblem, rows: IntArray, choice: int) -> int:
    """The option that costs most on these candidates, by what each cost is on average as a share of its greatest."""
    options = range(int(problem.space.sizes[choice]))
    if not problem.costs.metrics:
        return options[-1]
    means = []
    for option in options:
        changed = rows.copy()
        changed[:, choice] = option
        means.append([float(values.mean()) for values in problem.costs(changed).values()])
    table = np.array(means)
    return int((table / np.maximum(np.abs(table).max(axis=0), np.finfo(float).tiny)).sum(axis=1).argmax())


def lowered(problem: SearchProblem, candidate: IntArray, keep: int | None = None) -> IntArray:
    """The candidate with choices changed until no cost constraint is broken, or no single change helps any more.

    The choices that stand highest go first, of ordered ones one option at a time, so that what is left is as even as
    costs allow. The choice ``keep`` stays as it is.
    """
    current = candidate.copy()
    left = excess(problem, current[None])[0]
    ordered = np.array([choice.ordered for choice in problem.space.choices])
    while left > 0:
        changed = single_changes(problem, current)
        position = (changed != current).argmax(axis=1)
        step = np.abs(changed - current).max(axis=1)
        after = excess(problem, changed)
        better = np.flatnonzero((after < left) & (position != keep) & (~ordered[position] | (step == 1)))
        if len(better) == 0:
            break
        height = current[position[better]] / np.maximum(problem.space.sizes[position[better]] - 1, 1)
        best = better[np.lexsort((after[better], -height))[0]]
        current, left = changed[best], after[best]
    return current


def as_candidate(row: IntArray) -> Candidate:
    """One row of indices as a plain tuple."""
    return tuple(map(int, row))
