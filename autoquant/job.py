"""A job as stored: what was asked, how it was understood, and how it stands. Data only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Protocol

from autoquant.network import NetworkProfile
from autoquant.objective import Bounds, Constraint, Objective, violations
from autoquant.space import Candidate, Choice, Option
from autoquant.trial import Measurement, Scored, Trial, TrialState


class JobState(StrEnum):
    """Life of a job; from every end but SUCCEEDED it goes on as if it had not ended, from there with more trials::

    QUEUED --> RUNNING --> SUCCEEDED
      ^          |------> FAILED      says why
      |          |------> PAUSED      interrupted, or asked to
      |          |------> CANCELLED   asked to stop
      (resume) <-+
    """

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CostTable:
    """The cost of each layer at each of its options in one metric, kept so that a stored front explains itself."""

    metric: str
    unit: str
    model: str
    """Name of the cost model."""
    provenance: Mapping[str, str]
    layers: tuple[tuple[float, ...], ...]
    """One row a layer of the profile, one cost an option of that layer. Empty for a cost that is no sum over layers."""


Excluded = Mapping[str, Mapping[str, Sequence[Option]]]
"""Layer -> ``weights``, ``activations`` or ``recipes`` -> options that some cost model of the job prices in no
combination."""


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """All that is needed to read a stored job (and to check it on resume) without its network; written once."""

    choices: tuple[Choice, ...]
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    bounds: tuple[Bounds, ...]
    """Of each objective: the 0 and the 1 (the reference point) of the hypervolume's scale."""
    profile: NetworkProfile | None
    costs: tuple[CostTable, ...]
    identity: Mapping[str, str]
    """Digests of network and data, evaluator and version: on resume these must be the same. Digest of its code."""
    excluded: Excluded = field(default_factory=dict)
    """What the space is without, because it cannot be executed on a device of the job."""

    @property
    def cost_metrics(self) -> frozenset[str]:
        """The metrics that cost models estimate; all others are measured."""
        return frozenset(table.metric for table in self.costs)

    @property
    def first_cost(self) -> Objective:
        """The objective by which a front is put in order: the first cost, or the first of all."""
        return next((o for o in self.objectives if o.metric in self.cost_metrics), self.objectives[0])

    def polished_violations(self, scored: Scored) -> dict[str, float]:
        """Broken constraint -> by how much, of the polished network; empty where there is none."""
        if scored.polished is None:
            return {}
        return violations(self.constraints, {**scored.costs, **scored.polished_metrics})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    phase: str
    """``starting`` (its workers), ``baselines`` (first those that need no other, then the sensitivity baseline),
    ``search``, ``polish``, ``test scores``."""
    finished: int
    """Measurements of the phase; in the search, trials."""
    total: int
    failed: int = 0
    pruned: int = 0
    front_size: int = 0
    hypervolume: float = 0.0
    rate: float = 0.0
    """Trials a second that workers measured since this process took the job up; copies take no time."""
    notes: tuple[str, ...] = ()
    """What should be seen at once, such as a float network that is no better than a guess."""

    @property
    def seconds_left(self) -> float | None:
        """At the present rate; None before there is one."""
        return (self.total - self.finished) / self.rate if self.rate > 0 else None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job, as read from the store at one moment."""

    id: int
    name: str
    state: JobState
    spec: Mapping[str, Any]
    definition: JobDefinition
    n_trials: int
    """Total of the job."""
    finished: int
    """Trials that have ended, in whatever state."""
    failed: int
    pruned: int
    front_size: int
    hypervolume: float
    message: str | None
    """Why the job ended as it did, in a sentence."""
    created: datetime
    ended: datetime | None
    seconds: float = 0.0
    """How long it has run, over all processes that took it up; as of the last end."""
    holder: str | None = None
    """The process that runs it, ``host:pid:`` and what else tells it from all others."""
    lease_until: datetime | None = None
    """When that process is taken for dead unless it is heard of."""
    phase: str | None = None
    """What it is doing, or did last: see `Progress`."""
    phase_done: int = 0
    phase_total: int = 0

    abandoned: bool = False
    """RUNNING, but its process is dead, or was not heard of for a whole lease. `resume` takes the job up."""


class LearningPoint(NamedTuple):
    """One point of a learning curve of a searcher."""

    proposals: int
    """Made by then."""
    value: float


class HypervolumePoint(NamedTuple):
    """The hypervolume of a front, in [0, 1], once so many trials were finished."""

    finished: int
    value: float


class StoredMeasurement(NamedTuple):
    """A measurement that other jobs may use, and what it was made for: ``trial 7``; once stored, ``job 3 trial 7``."""

    measurement: Measurement
    source: str


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of a learning curve of the searcher."""

    curve: str
    position: int
    """Counts the points of its curve from 0."""
    proposals: int
    """How many proposals the searcher had made by then."""
    value: float
    """NaN where the searcher gave no finite number."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a trial that was lost with its worker."""

    number: int
    attempt: int
    worker: str | None
    error: str
    ended: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job."""

    id: int
    moment: datetime
    level: str
    text: str


BaselineKind = Literal["float", "uniform", "sensitivity", "single_change", "no_sensitivity"]
"""``single_change``: one of the measurements from which the sensitivity baseline is made; no report lists them.
``no_sensitivity``: stands for a sensitivity baseline that is excluded; its error is the reason."""


@dataclass(frozen=True, slots=True)
class Baseline(Scored):
    """A network that every front is compared with."""

    kind: BaselineKind
    label: str
    """Unique in its job."""
    candidate: Candidate | None
    """None for the float network."""
    costs: Mapping[str, float] = field(default_factory=dict)
    search: Measurement | None = None
    """None also where a cost breaks a constraint: such a network is never measured."""
    test: Measurement | None = None
    polished: Measurement | None = None
    """As in a trial."""
    polished_test: Measurement | None = None
    violations: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None

    @property
    def measured(self) -> bool:
        """Whether there is a measurement, and it is sound."""
        return self.search is not None and self.error is None


class JobReader(Protocol):
    """Stored jobs as a reader sees them, wherever they are kept: in a database, or behind a service.

    `JobNotFound` for an id that is not there.
    """

    url: str

    def job(self, job_id: int) -> JobRecord:
        """The job as it stands now."""

    def trials(
        self, job_id: int, *, after: int = -1, limit: int | None = None, state: TrialState | None = None
    ) -> Iterator[Trial]:
        """Trials in the order of their numbers, from the one after ``after``."""

    def front(self, job_id: int) -> list[Trial]:
        """The trials on the front, in the order of their numbers."""

    def baselines(self, job_id: int) -> list[Baseline]:
        """The float network, the uniform bit-widths and the sensitivity baseline."""

    def hypervolume_history(self, job_id: int) -> list[HypervolumePoint]:
        """The hypervolume at each change."""

    def curves(self, job_id: int) -> dict[str, list[LearningPoint]]:
        """Name -> learning curve of the searcher."""

    def attempts(self, job_id: int) -> list[Attempt]:
        """Attempts that were lost with their worker."""

    def events(self, job_id: int, *, after: int = 0) -> list[Event]:
        """What happened to a job, oldest first, from the event after ``after``."""

    def request(self, job_id: int, state: JobState) -> bool:
        """Ask for the job's end: PAUSED or CANCELLED. False where no process runs it: it has that state at once."""
