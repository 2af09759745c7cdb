"""What a searcher proposes, what an evaluator measures, and the trial that joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from autoquant.space import Candidate, Option

Settings = Mapping[str, Option]
"""Hyper-parameters of one search training run, such as a trade-off or a target; JSON scalars by name."""


class TrialState(StrEnum):
    """Optuna's trial states::

    WAITING --> RUNNING --> COMPLETE   measured, or the measurement of an equivalent candidate
                   |------> FAIL       raised, or gave no usable numbers
    (asked) -------------> PRUNED      its costs break a constraint: no worker saw it
    """

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
    """What a searcher wants measured: a candidate, or the settings of a run that derives one.

    ``number`` counts the searcher's proposals from 0 and identifies this one.
    """

    number: int
    candidate: Candidate
    """Empty for a proposal of settings, until it is told back with what they derived."""
    settings: Settings | None = None

    @property
    def wanted(self) -> Candidate | Settings:
        """What was proposed."""
        return self.candidate if self.settings is None else self.settings


class Step(NamedTuple):
    """What an evaluation reported on its way, such as the loss after an epoch of training."""

    step: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What an evaluator found. ``standard_errors`` are those of the metrics of the same name, in their units."""

    metrics: Mapping[str, float]
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    """Name -> URI of what the evaluation left behind (trained weights, logs). One called ``checkpoint`` is handed back
    when the same candidate is scored on another split."""
    seconds: float = 0.0
    candidate: Candidate | None = None
    """What was derived, where the proposal held settings."""
    steps: tuple[Step, ...] = ()
    """What was reported while it was prepared, in order."""
    notes: tuple[str, ...] = ()
    """What a reader should know of how it was made, a sentence each, such as a correction that was left off."""


class Scored:
    """What trials and baselines have in common: costs, and a measurement on each split."""

    __slots__ = ()

    costs: Mapping[str, float]
    search: Measurement | None
    test: Measurement | None
    polished: Measurement | None
    polished_test: Measurement | None

    @property
    def metrics(self) -> dict[str, float]:
        """Costs, and what was measured on the search split, with drops against the float network."""
        return {**self.costs, **self.search.metrics} if self.search is not None else dict(self.costs)

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """On the search split."""
        return self.search.standard_errors if self.search is not None else {}

    @property
    def test_metrics(self) -> Mapping[str, float]:
        """What was measured on the test split; empty where nothing was."""
        return self.test.metrics if self.test is not None else {}

    @property
    def test_standard_errors(self) -> Mapping[str, float]:
        """On the test split."""
        return self.test.standard_errors if self.test is not None else {}

    @property
    def polished_metrics(self) -> Mapping[str, float]:
        """What was measured of the polished network on the search split, with drops; empty where there is none."""
        return self.polished.metrics if self.polished is not None else {}

    @property
    def polished_standard_errors(self) -> Mapping[str, float]:
        """Of the polished network, on the search split."""
        return self.polished.standard_errors if self.polished is not None else {}

    @property
    def polished_test_metrics(self) -> Mapping[str, float]:
        """What was measured of the polished network on the test split."""
        return self.polished_test.metrics if self.polished_test is not None else {}

    @property
    def polished_test_standard_errors(self) -> Mapping[str, float]:
        """Of the polished network, on the test split."""
        return self.polished_test.standard_errors if self.polished_test is not None else {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how it was measured, each sentence once."""
        found = (self.search, self.test, self.polished, self.polished_test)
        return tuple(dict.fromkeys(note for one in found if one is not None for note in one.notes))


@dataclass(frozen=True, slots=True)
class Trial(Scored):
    """One proposal and what became of it, as stored."""

    number: int
    state: TrialState
    candidate: Candidate
    """Empty for a proposal of settings, until they have derived one."""
    options: Mapping[str, Option]
    """The chosen option of each choice."""
    ask: int
    """Which call of ``ask``, counted from 0, made this proposal."""
    told: int
    """How many results the searcher had been told when it made this proposal."""
    requested: int
    """How many proposals that call of ``ask`` was asked for."""
    settings: Settings | None = None
    attempt: int = 1
    """Counts from 1; grows when a worker is lost and the trial runs again."""
    costs: Mapping[str, float] = field(default_factory=dict)
    search: Measurement | None = None
    """Measured metrics and their drops, on the search split."""
    test: Measurement | None = None
    """Scores on the test split; only for the final front."""
    polished: Measurement | None = None
    """Measured metrics and their drops on the search split, of a network made as well as the evaluator can; only for
    the final front, and only where the evaluator `polishes`."""
    polished_test: Measurement | None = None
    """Scores of that network on the test split."""
    violations: Mapping[str, float] = field(default_factory=dict)
    """Broken constraint -> by how much."""
    worker: str | None = None
    measured_by: str | None = None
    """Where the measurement came from when it was not made for this trial (an equivalent candidate)."""
    error: str | None = None
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def proposal(self) -> Proposal:
        """The searcher's proposal that this trial measures, with the candidate that its settings derived."""
        return Proposal(self.number, self.candidate, self.settings)

    @property
    def feasible(self) -> bool:
        """Measured, and no constraint is broken."""
        return self.state is TrialState.COMPLETE and not self.violations

    @property
    def seconds(self) -> float | None:
        """How long the measurement took; None where none was made for this trial."""
        return self.search.seconds if self.search is not None and self.measured_by is None else None

    @property
    def artifacts(self) -> Mapping[str, str]:
        """What the measurement left behind."""
        return self.search.artifacts if self.search is not None else {}
