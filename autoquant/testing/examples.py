"""Jobs and trials for tests of stores: some in which every field holds something, some in which as few as may be do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from autoquant.job import CostTable, JobDefinition
from autoquant.network import LayerProfile, NetworkProfile
from autoquant.objective import Bounds, Constraint, Objective
from autoquant.space import Choice
from autoquant.trial import Measurement, Step, Trial, TrialState

if TYPE_CHECKING:
    from autoquant.store import FrontChange, HeldJob, Store

ODD_TEXT = "größe ≤ 3 µs\n'quoted' \"twice\" \\ % 模型 🙂"
"""What people and tracebacks write."""

SPEC = {"name": ODD_TEXT, "objectives": [{"metric": "accuracy"}], "space": {"name": "choices", "choices": {"ü": [1]}}}

DEFINITION = JobDefinition(
    choices=(Choice("layer0.weight", (2, 4, "float")), Choice("ü", (True, False), ordered=False), Choice("x", (0.1,))),
    objectives=(Objective("accuracy", "maximize"), Objective("latency_ms@cortex-m7", "minimize")),
    constraints=(Constraint.parse("weight_bytes <= 65536"), Constraint.parse("accuracy_drop <= 0.1")),
    bounds=(Bounds(1.0, 0.0), Bounds(0.1, 1e300)),
    profile=NetworkProfile(
        (
            LayerProfile(
                "conv", "conv", 0, (3, 9, 9), (8, 9, 9), (8, 3, 3, 3), 17496, bias=8, parameters=224, groups=1
            ),
            LayerProfile("norm", "other", 1, (8,), (8,), (), None, bias=0, parameters=16, kept_float=True),
        ),
        input_shapes=((3, 9, 9),),
    ),
    costs=(
        CostTable("latency_ms@cortex-m7", "ms", "roofline", {"clock": ODD_TEXT}, ((0.1, 1 / 3), (5e-324,))),
        CostTable("whole", "bytes", "own:Model", {}, ()),
    ),
    identity={"network": "sha256:00", "data": "search=1 test=2"},
    excluded={"conv": {"weights": [2, "float"], "activations": [4]}},
)
"""A definition in which every field holds something."""

OPTIONS = {choice.name: choice.options[0] for choice in DEFINITION.choices}

BARE_DEFINITION = JobDefinition(
    (Choice("a", (1, 2, 3)),), (Objective("loss", "minimize"),), (), (Bounds(0.0, 1.0),), None, (), {}
)
"""A definition in which everything that may be missing is."""

MOMENT = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)

FULL_TRIAL = Trial(
    number=0,
    state=TrialState.COMPLETE,
    candidate=(2, 1, 0),
    options={"layer0.weight": "float", "ü": False, "x": 0.1},
    ask=3,
    told=2,
    requested=7,
    attempt=2,
    settings={"lambda": 0.1, "target": "ü"},
    costs={"latency_ms@cortex-m7": 5e-324, "weight_bytes": 1e300},
    search=Measurement(
        {"accuracy": 1 / 3, "ü": -0.5},
        {"accuracy": 0.1},
        {"weights": "file:///ü/weights.safetensors"},
        1.25,
        (2, 1, 0),
        (Step(1, {"loss": 0.5}), Step(2, {"loss": 1 / 3})),
        (ODD_TEXT, "second"),
    ),
    test=Measurement({"accuracy": 0.25}, {"accuracy": 0.125}, seconds=0.5),
    polished=Measurement({"accuracy": 0.375, "accuracy_drop": -0.0625}, {"accuracy": 0.1}, notes=("fitted",)),
    polished_test=Measurement({"accuracy": 1 / 3}),
    violations={"weight_bytes <= 65536": 3.0},
    worker=ODD_TEXT,
    measured_by="trial 7",
    error=ODD_TEXT * 300,
    started=MOMENT,
    ended=MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45))) + timedelta(seconds=1.25),
)
"""A trial in which every field holds something."""


def change(
    joined: Sequence[int] = (), left: Sequence[int] = (), hypervolume: Sequence[tuple[int, float]] = ()
) -> FrontChange:
    """What a batch of results did to the front."""
    return cast("FrontChange", SimpleNamespace(joined=joined, left=left, hypervolume=hypervolume))


def trial(number: int, state: TrialState = TrialState.RUNNING, **others: Any) -> Trial:
    """A trial of `BARE_DEFINITION`."""
    option = number % 3
    return Trial(number, state, (option,), {"a": option + 1}, ask=number // 2, told=0, requested=2, **others)


def new_job(store: Store, definition: JobDefinition = BARE_DEFINITION) -> int:
    """A job with this definition."""
    return store.create_job("job", {}, definition, 10)


def held(store: Store, job_id: int, n_trials: int = 10) -> HeldJob:
    """The job, taken by this process the first time and the same again after that."""
    from autoquant.store import HeldJob

    holds = _HOLDS.setdefault(store, {})
    if job_id not in holds:
        holds[job_id] = HeldJob(store, job_id, n_trials)
    return holds[job_id]


_HOLDS: WeakKeyDictionary[Store, dict[int, HeldJob]] = WeakKeyDictionary()


def expire_lease(store: Store, job_id: int) -> None:
    """Make the holder of a job look dead, as one that was not heard of for a whole lease."""
    import sqlalchemy as sa

    from autoquant.store.lease import Holder

    def work(connection: sa.Connection) -> None:
        text = connection.execute(sa.text("SELECT holder FROM jobs WHERE id = :id"), {"id": job_id}).scalar_one()
        if text is None:
            return
        values = {"id": job_id, "holder": str(replace(Holder.parse(text), until=""))}
        late = "UPDATE jobs SET lease_until = '2000-01-01 00:00:00.000000', holder = :holder WHERE id = :id"
        connection.execute(sa.text(late), values)

    store.database.write(work)
