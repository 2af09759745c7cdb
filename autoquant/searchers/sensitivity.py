"""The sensitivity baseline: every choice is changed alone, which gives an additive model, and its front is measured.

The additive model is that of HAWQ-V3 (Yao et al., "HAWQ-V3: Dyadic Neural Network Quantization", 2021) and of the
mixed-precision search in most toolkits, here with losses that are measured and with every objective at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from autoquant.interfaces import FloatArray, Result, Searcher, SearchProblem
from autoquant.objective import violations
from autoquant.searchers.additive import AdditiveModel
from autoquant.searchers.sampling import draw, new_candidates, single_changes
from autoquant.searchers.single_changes import SingleChanges, as_candidate
from autoquant.space import Candidate

NEAR = 8
"""Neighbours of the measured front that are proposed before its neighbours are ranked again."""

BATCH = 32
"""Random candidates that are sampled at a time, once the front has no new neighbours."""


class Measured(NamedTuple):
    """A candidate and its objectives, to be minimised: (objectives,)."""

    candidate: Candidate
    objectives: FloatArray


class SensitivitySearch(Searcher):
    """One change at a time, then the front of the additive model, then what is next to the measured front.

    The base has every choice at its highest precision (`single_changes.highest`). It and every other option alone are
    proposed first, in an order of choices that the seed gives. Once all of these have results, the front of the
    additive model is proposed: its ends, then always the point farthest from those that were, so that every part of it
    is measured whatever the budget. Costs are never modelled. Then follow the networks one change away from the
    measured front, those first that the model puts least behind it, and random ones when there are no more.

    An option whose measurement failed is not used in the front. A constraint on a measured metric is held by
    prediction.

    Args:
        problem: space, objectives, constraints, prices and seed.
        states: partial solutions that the programming holds at a time; up to here the front is exact, beyond they are
            subsampled evenly.
    """

    def __init__(self, problem: SearchProblem, *, states: Annotated[int, Field(ge=10, le=100_000)] = 2000) -> None:
        super().__init__(problem)
        self._rng = np.random.default_rng(problem.seed)
        self._states = states
        self._changes = SingleChanges(problem, self._rng)
        self._probes = frozenset(self._changes.probes)
        self._awaited = set(self._probes)
        """Probes without a result yet."""
        self._seen: set[Candidate] = set()
        """Canonical candidates that were proposed, or reported by others."""
        self._results: dict[Candidate, Mapping[str, float] | None] = {}
        """Of the probes."""
        self._best: dict[bool, list[Measured]] = {True: [], False: []}
        """The measured front: of what holds the constraints (True), and of what breaks any."""
        self.model: AdditiveModel | None = None
        """Of the probes; None while any is awaited, and where all of them failed."""
        self._front: list[Candidate] = []
        """Of the model, in the order in which it is to be proposed."""
        self._queue: list[Candidate] = []
        self._dry = False

    @property
    def probes(self) -> tuple[Candidate, ...]:
        """The base and every other option alone, canonical."""
        return self._changes.probes

    @property
    def probing(self) -> bool:
        """Whether some probe is still to be proposed or has no result yet."""
        return bool(self._awaited)

    @property
    def front(self) -> tuple[Candidate, ...]:
        """The model's front, coarse to fine, also what was measured before; empty while probes are awaited."""
        return tuple(self._front)

    @property
    def front_left(self) -> int:
        """How many candidates of the model's front are still to be proposed; 0 while probes are awaited."""
        return sum(candidate not in self._seen for candidate in self.front)

    @property
    def exhausted(self) -> bool:
        """True once sampling gave nothing new and all samples are proposed."""
        return self._dry and not self._queue

    def propose(self, count: int) -> list[Candidate]:
        """Probes, the front of the additive model, its neighbours, random ones; nothing while a probe is awaited."""
        proposed: list[Candidate] = []
        while len(proposed) < count and (candidate := self._next()) is not None:
            self._seen.add(candidate)
            proposed.append(candidate)
        return proposed

    def learn(self, results: list[Result]) -> None:
        """Take in results, also of candidates that somebody else proposed; the last probe's gives the model."""
        probing = self.probing
        for proposal, metrics in results:
            canonical = self.problem.space.canonical(proposal.candidate)
            self._seen.add(canonical)
            if canonical in self._probes:
                self._results[canonical] = metrics
                self._awaited.discard(canonical)
            if metrics is not None:
                self._offer(canonical, metrics)
        if probing and not self.probing:
            self._model_probes()

    def _model_probes(self) -> None:
        """Make the additive model and its front; neither where every probe failed."""
        self.model = self._changes.model(self._results)
        if self.model is not None:
            front = self.model.front(self._states, self._rng)
            order = coarse_to_fine(self.model.predict(front))
            self._front = [as_candidate(row) for row in front[order]]

    def _offer(self, candidate: Candidate, metrics: Mapping[str, float]) -> None:
        """Put a measured candidate on its front, if nothing there is as good; what it dominates leaves."""
        values = np.array([o.minimized(metrics[o.metric]) for o in self.problem.objectives])
        feasible = not violations(self.problem.constraints, metrics)
        front = self._best[feasible]
        if not any((point.objectives <= values).all() for point in front):
            kept = [point for point in front if not (values <= point.objectives).all()]
            self._best[feasible] = [*kept, Measured(candidate, values)]

    def _next(self) -> Candidate | None:
        """One new candidate at a time, so that the sizes of the asks make no difference."""
        for probe in self.probes:
            if probe not in self._seen:
                return probe
        if self.probing:
            return None
        for candidate in self._front:
            if candidate not in self._seen:
                return candidate
        while self._queue and self._queue[0] in self._seen:
            self._queue.pop(0)
        if not self._queue and not self._dry:
            self._queue = self._near() or self._drawn()
        return self._queue.pop(0) if self._queue else None

    def _near(self) -> list[Candidate]:
        """The best new neighbours of the measured front: those that the model puts least behind it."""
        best = self._best[True] or self._best[False]
        if self.model is None or not best:
            return []
        front = np.array([point.objectives for point in best])
        span = np.ptp(front, axis=0)
        span = np.where(span > 0, span, np.maximum(np.abs(front[0]), 1e-9))
        behind: dict[Candidate, float] = {}
        for candidate, values in best:
            parent = np.array(candidate, dtype=np.int64)
            fresh = new_candidates(self.problem, single_changes(self.problem, parent), self._seen)
            before = self.model.predict(parent[None])
            if not fresh or not np.isfinite(before).all():
                continue
            expected = values + self.model.predict(np.array(fresh)) - before
            gaps = ((expected[:, None, :] - front) / span).max(axis=2).min(axis=1)
            for neighbour, gap in zip(fresh, gaps, strict=True):
                behind[neighbour] = max(float(gap), behind.get(neighbour, -np.inf))
        return sorted(behind, key=lambda neighbour: (behind[neighbour], neighbour))[:NEAR]

    def _drawn(self) -> list[Candidate]:
        """Random new candidates."""
        fresh = draw(self.problem, self._rng, self._seen, BATCH)
        self._dry = len(fresh) < BATCH
        return fresh


def coarse_to_fine(values: FloatArray) -> list[int]:
    """Rows in an order of which every beginning is spread over all: (n, objectives) -> (n,).

    The best of each objective first, then always the row farthest from those before (Gonzalez, 1985), in the sum of the
    differences of the objectives, each scaled to its range.
    """
    if len(values) == 0:
        return []
    scaled = (values - values.min(axis=0)) / np.maximum(np.ptp(values, axis=0), np.finfo(float).tiny)
    order: list[int] = []
    gaps = np.full(len(values), np.inf)
    ends = [int(end) for end in scaled.argmin(axis=0)]
    while len(order) < len(values):
        pick = next((end for end in ends if end not in order[: len(ends)]), int(gaps.argmax()))
        order.append(pick)
        gaps = np.minimum(gaps, np.abs(scaled - scaled[pick]).sum(axis=1))
        gaps[pick] = -1.0
    return order
