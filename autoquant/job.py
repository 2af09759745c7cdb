"""A job as stored: what was asked, under which plan, and how it stands. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from autoquant.network import NetworkProfile
from autoquant.objective import Constraint, Objective
from autoquant.space import Candidate, Choice


class JobState(StrEnum):
    """Life of a job. PAUSED, CANCELLED and FAILED jobs can be resumed."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CostTable:
    """What one cost metric charges each layer at each of its options, kept so that a stored front explains itself."""

    metric: str
    unit: str
    model: str
    """Name of the cost model that priced it."""
    provenance: Mapping[str, str]
    layers: tuple[tuple[float, ...], ...]
    """One row a layer of the profile, one cost an option of that layer. Empty for a cost that is no sum over layers."""


@dataclass(frozen=True, slots=True)
class JobPlan:
    """All that is needed to read a stored job (and to check it on resume) without its network; written once."""

    choices: tuple[Choice, ...]
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    best: tuple[float, ...]
    """Best value of each objective, the 0 of the hypervolume's scale."""
    worst: tuple[float, ...]
    """Worst value of each objective, the reference point of the hypervolume."""
    profile: NetworkProfile | None
    costs: tuple[CostTable, ...]
    identity: Mapping[str, str]
    """Digests of network and data, names and versions of plug-ins: on resume they must be the same."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job, as read from the store at one moment."""

    id: int
    name: str
    state: JobState
    spec: Mapping[str, Any]
    plan: JobPlan
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
    """The process that runs it, ``host:pid:token``."""
    lease_until: datetime | None = None
    """When that process is taken for dead unless it is heard of."""

    @property
    def abandoned(self) -> bool:
        """RUNNING, but its process has not been heard of for a whole lease: it died. `resume` takes the job up."""
        late = self.lease_until is None or self.lease_until < datetime.now(UTC)
        return self.state is JobState.RUNNING and late


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


SINGLE_CHANGE = "single change "
"""Labels of the measurements from which the sensitivity baseline is made begin so; no report lists them."""

SENSITIVITY = "sensitivity"
"""Labels of the sensitivity baseline begin so. The bare word is no network: its error says why there is no baseline."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A network that stands beside every front: float, uniform, or a point of the sensitivity baseline."""

    label: str
    candidate: Candidate | None
    """None for the float network."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Measured metrics and costs. Costs alone where one breaks a constraint: such a network is never measured."""
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    violations: Mapping[str, float] = field(default_factory=dict)
    test_metrics: Mapping[str, float] = field(default_factory=dict)
    test_standard_errors: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None

    @property
    def kind(self) -> Literal["float", "uniform", "sensitivity"]:
        """What it is a baseline for."""
        if self.candidate is None:
            return "float"
        return "sensitivity" if self.label.partition(" ")[0] == SENSITIVITY else "uniform"
