"""What a searcher proposes, what an evaluator measures, and the trial that joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from autoquant.space import Candidate, Option


class TrialState(StrEnum):
    """Optuna's trial states. PRUNED: stopped before a worker saw it, because its costs break a constraint."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"

    @property
    def finished(self) -> bool:
        return self in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a searcher wants measured. ``number`` counts the searcher's proposals from 0 and identifies this one."""

    number: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Measurement:
    """What an evaluator found. ``standard_errors`` are those of the metrics of the same name, in their units."""

    metrics: Mapping[str, float]
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    """Name -> URI of what the evaluation left behind (trained weights, logs)."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One proposal and what became of it, as stored."""

    number: int
    state: TrialState
    candidate: Candidate
    options: Mapping[str, Option]
    """The chosen option of each choice."""
    ask: int
    """Which call of ``ask``, counted from 0, made this proposal."""
    told: int
    """How many results the searcher had been told when it made this proposal."""
    requested: int
    """How many proposals that call of ``ask`` was asked for."""
    attempt: int = 1
    """Counts from 1; grows when a worker is lost and the trial runs again."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Measured metrics and costs together. Costs alone for a pruned trial."""
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    violations: Mapping[str, float] = field(default_factory=dict)
    """Broken constraint -> by how much."""
    artifacts: Mapping[str, str] = field(default_factory=dict)
    test_metrics: Mapping[str, float] = field(default_factory=dict)
    """Scores on the test split; only for the final front."""
    test_standard_errors: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    worker: str | None = None
    measured_by: str | None = None
    """Where the measurement came from when it was not made for this trial (an equivalent candidate)."""
    error: str | None = None
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def proposal(self) -> Proposal:
        """The searcher's proposal that this trial measures."""
        return Proposal(self.number, self.candidate)

    @property
    def feasible(self) -> bool:
        """Measured, and no constraint is broken."""
        return self.state is TrialState.COMPLETE and not self.violations
