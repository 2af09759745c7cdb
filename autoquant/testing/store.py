"""The contract of stores, as checks that raise `AssertionError` with what is wrong.

Run it over a store on a database of your own, in any test framework::

    from autoquant.testing.store import check_store

    def test_my_database():
        check_store(lambda: Store(url_of_an_empty_database()))

What it is given opens a store that holds no job, a new one every time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from autoquant.errors import AutoQuantError, JobHeld, JobNotFound, StoreError
from autoquant.job import Attempt, Baseline, CurvePoint, JobState, StoredMeasurement
from autoquant.space import Candidate
from autoquant.testing.examples import (
    BARE_DEFINITION,
    DEFINITION,
    FULL_TRIAL,
    MOMENT,
    ODD_TEXT,
    OPTIONS,
    SPEC,
    change,
    expire_lease,
    held,
    new_job,
    trial,
)
from autoquant.trial import Measurement, Trial, TrialState

if TYPE_CHECKING:
    from autoquant.store import HeldJob, Store

OpenStore = Callable[[], "Store"]


def check_store(open_store: OpenStore) -> None:
    """Every check of the contract."""
    for check in CHECKS:
        check(open_store)


def keeps_every_field_of_a_job(open_store: OpenStore) -> None:
    """Name, spec and definition come back as they were given; a new job is QUEUED and empty."""
    store = open_store()
    before = datetime.now(UTC)
    for number, definition in enumerate((DEFINITION, BARE_DEFINITION), start=1):
        job_id = store.create_job(ODD_TEXT, SPEC, definition, number)
        record = store.job(job_id)
        assert record.definition == definition, f"it came back as {record.definition}"
        assert (record.name, record.spec, record.n_trials) == (ODD_TEXT, SPEC, number)
        assert (record.state, record.message, record.ended) == (JobState.QUEUED, None, None)
        counts = (record.finished, record.failed, record.pruned, record.front_size, record.hypervolume)
        assert counts == (0, 0, 0, 0, 0.0)
        assert before <= record.created <= datetime.now(UTC), f"created: {record.created}"
        assert record.created.utcoffset() == timedelta(0), "moments must come back with their time zone"
        assert _size(store, job_id) == 0
        assert list(store.trials(job_id)) == []


def keeps_jobs_apart(open_store: OpenStore) -> None:
    """Jobs have ids of their own, the newest is the latest, and none sees the trials of another."""
    store = open_store()
    ids = [new_job(store) for _ in range(3)]
    assert len(set(ids)) == 3
    assert [record.id for record in store.jobs()] == ids[::-1]
    assert store.latest() == ids[-1]
    for position, job_id in enumerate(ids):
        held(store, job_id).add_trials(
            [trial(0, TrialState.COMPLETE, search=Measurement({"loss": float(position)}))], change([0])
        )
    for position, job_id in enumerate(ids):
        assert [kept.metrics["loss"] for kept in store.trials(job_id)] == [position]
        assert [kept.metrics["loss"] for kept in store.front(job_id)] == [position]


def keeps_every_field_of_a_trial(open_store: OpenStore) -> None:
    """A trial comes back as it was given, whatever its state; nothing is made up where it holds nothing."""
    assert all(getattr(FULL_TRIAL, field.name) not in (None, {}, ()) for field in fields(Trial))
    store = open_store()
    job_id = new_job(store, DEFINITION)
    given = [replace(FULL_TRIAL, number=number, state=state) for number, state in enumerate(TrialState)]
    given.append(Trial(len(given), TrialState.FAIL, (0, 0, 0), OPTIONS, ask=0, told=0, requested=1))
    held(store, job_id).add_trials(given, change())
    stored = list(store.trials(job_id))
    for kept, expected in zip(stored, given, strict=True):
        assert kept == expected, f"a trial came back as {kept}, it was {expected}"


def lands_results_with_front_and_counters(open_store: OpenStore) -> None:
    """A result, its place on the front, the hypervolume and the job's counters change together."""
    store = open_store()
    job_id = new_job(store, DEFINITION)
    held(store, job_id).add_trials([_started(number) for number in range(6)], change())
    assert _counts(store, job_id) == (0, 0, 0, 0, 0.0)
    done = [replace(FULL_TRIAL, number=number) for number in (2, 0)]
    held(store, job_id).finish_trials(done, change([0, 2], [], [(1, 0.25), (2, 0.5)]))
    assert list(store.trials(job_id, limit=3))[2] == replace(_started(2), **_result(FULL_TRIAL)), "the result differs"
    assert _counts(store, job_id) == (2, 0, 0, 2, 0.5)
    failed = [replace(FULL_TRIAL, number=1, state=TrialState.FAIL), replace(FULL_TRIAL, number=5)]
    held(store, job_id).finish_trials(failed, change([5], [0, 2], [(4, 0.75)]))
    assert _counts(store, job_id) == (4, 1, 0, 1, 0.75)
    pruned = replace(_started(6), state=TrialState.PRUNED)
    held(store, job_id).add_trials([pruned, _started(7)], change())
    assert _counts(store, job_id) == (5, 1, 1, 1, 0.75), "what comes finished is counted, too"
    assert [kept.number for kept in store.front(job_id)] == [5]
    assert store.hypervolume_history(job_id) == [(1, 0.25), (2, 0.5), (4, 0.75)]


def is_all_or_nothing(open_store: OpenStore) -> None:
    """When one part of a write fails, none of it is there, and the store goes on."""
    store = open_store()
    job_id = new_job(store)
    done = replace(trial(0), state=TrialState.COMPLETE, search=Measurement({"loss": 0.5}))
    held(store, job_id).add_trials([trial(0), trial(1)], change())
    before = list(store.trials(job_id)), _counts(store, job_id)
    impossible: list[Callable[[], None]] = [
        lambda: held(store, job_id).finish_trials([done], change([0, 99], [], [(1, 0.5)])),
        lambda: held(store, job_id).finish_trials([done], change([0], [], [(1, 0.5), (1, 0.6)])),
        lambda: held(store, job_id).add_trials([trial(2), trial(3), trial(0)], change()),
        lambda: held(store, job_id).add_trials([replace(done, number=2)], change([2, 98], [], [(1, 0.5)])),
        lambda: held(store, job_id).add_trials([trial(2), trial(0)], change(), [CurvePoint("loss", 0, 1, 0.5)]),
        lambda: held(store, job_id).save_baselines({0: uniform("W4", (0,)), 1: uniform("W4", (1,))}),
    ]
    for step in impossible:
        with _refusal(StoreError):
            step()
        assert (list(store.trials(job_id)), _counts(store, job_id)) == before, "a refused write left something behind"
        assert _size(store, job_id) == 0
    held(store, job_id).finish_trials([done], change([0], [], [(1, 0.5)]))
    assert _counts(store, job_id) == (1, 0, 0, 1, 0.5), "the store did not go on after a refused write"


def pages_through_trials(open_store: OpenStore) -> None:
    """Trials come in the order of their numbers; ``after``, ``limit`` and ``state`` choose among them."""
    store = open_store()
    job_id = new_job(store)
    states = [list(TrialState)[number % 5] for number in range(2500)]
    given = [trial(number, state) for number, state in enumerate(states)]
    held(store, job_id).add_trials(given[1300:] + given[:1300], change())
    assert list(store.trials(job_id)) == given
    assert list(store.trials(job_id, after=2497)) == given[2498:]
    assert list(store.trials(job_id, after=2499)) == []
    assert list(store.trials(job_id, after=10, limit=1200)) == given[11:1211]
    assert list(store.trials(job_id, limit=0)) == []
    for state in TrialState:
        only = [kept for kept in given if kept.state is state]
        assert list(store.trials(job_id, state=state)) == only
        assert list(store.trials(job_id, state=state, after=only[7].number, limit=3)) == only[8:11]


def learning_curves_are_kept(open_store: OpenStore) -> None:
    """Points come back in their order, with their trials or without; one that comes twice is there once."""
    store = open_store()
    job_id, second_id = new_job(store), new_job(store)
    assert store.curves(job_id) == {}
    values = [1 / 3, -1e300, 5e-324, math.nan, math.inf]
    points = [CurvePoint(ODD_TEXT[:20], at, 7 * at, value) for at, value in enumerate(values)]
    held(store, job_id).add_trials([trial(0)], change(), [*points[:2], CurvePoint("other", 0, 1, 0.5)])
    held(store, job_id).add_trials([], change(), points[:4])
    held(store, job_id).add_trials([trial(1)], change(), points[4:])
    held(store, second_id).add_trials([trial(0)], change(), points[:1])
    assert len(list(store.trials(job_id))) == 2
    curves = store.curves(job_id)
    assert set(curves) == {ODD_TEXT[:20], "other"}
    assert curves["other"] == [(1, 0.5)]
    assert curves[ODD_TEXT[:20]][:3] == [(7 * at, values[at]) for at in range(3)]
    assert [(at, math.isnan(value)) for at, value in curves[ODD_TEXT[:20]][3:]] == [(21, True), (28, True)]
    assert store.curves(second_id) == {ODD_TEXT[:20]: [(0, 1 / 3)]}


def uniform(label: str, candidate: Candidate, **others: Any) -> Baseline:
    """A baseline of the same option everywhere."""
    return Baseline("uniform", label, candidate, **others)


def scores_and_baselines_are_kept(open_store: OpenStore) -> None:
    """Scores after the search are stored in their trial alone; baselines keep their order, and replace former ones."""
    store = open_store()
    job_id = new_job(store)
    score = Measurement({"loss": 0.25}, {"loss": 0.5}, seconds=1.5)
    held(store, job_id).add_trials([trial(0), trial(1)], change())
    held(store, job_id).score(replace(trial(1), test=score), {"k" * 64: StoredMeasurement(score, "trial 1")})
    assert list(store.trials(job_id)) == [trial(0), replace(trial(1), test=score)]
    assert store.measurements(["k" * 64]) == {"k" * 64: (score, f"job {job_id} trial 1")}
    polished = replace(trial(1), test=score, polished=replace(score, notes=("fitted",)), polished_test=score)
    held(store, job_id).score(polished)
    assert list(store.trials(job_id)) == [trial(0), polished]
    full = uniform(
        "W4A8",
        (2,),
        costs={"bytes": 1 / 3},
        search=Measurement({"loss": 1 / 3}, {"loss": 0.1}),
        test=Measurement({"loss": 2.0}, {"loss": 3.0}),
        polished=Measurement({"loss": 0.125}, notes=(ODD_TEXT,)),
        polished_test=Measurement({"loss": 0.25}),
        violations={"loss <= 0": 1 / 3},
        error="no",
    )
    given = [Baseline("float", "float32", None), full, uniform(ODD_TEXT[:20], (0,))]
    held(store, job_id).save_baselines(dict(enumerate(given)))
    assert store.baselines(job_id) == given
    measured = uniform(ODD_TEXT[:20], (1,), search=score)
    held(store, job_id).save_baselines({2: measured}, {"b" * 64: StoredMeasurement(score, "baseline W2")})
    assert store.baselines(job_id) == [*given[:2], measured]
    assert store.measurements(["b" * 64]) == {"b" * 64: (score, f"job {job_id} baseline W2")}
    points = [Baseline("sensitivity", "sensitivity 1", (1,), error="no"), Baseline("no_sensitivity", "s", None)]
    single = [Baseline("single_change", f"single change {i}", (i,), search=score) for i in range(2)]
    held(store, job_id).save_baselines({9: points[0], 10: points[1], 1: single[1], 0: single[0]})
    assert store.baselines(job_id) == [*given[:2], measured, *points]
    assert store.single_changes(job_id) == single
    scored = replace(full, test=score, polished=score, polished_test=None)
    held(store, job_id).score(scored)
    assert store.baselines(job_id) == [given[0], scored, measured, *points]


def jobs_start_stop_and_end(open_store: OpenStore) -> None:
    """A job is taken, asked to stop, ended with its reason, and taken again with neither."""
    store = open_store()
    job_id, second_id = new_job(store), new_job(store)
    for state in (JobState.PAUSED, JobState.CANCELLED):
        with hold(store, job_id, 20) as job, hold(store, second_id, 5) as second_job:
            record = store.job(job_id)
            assert (record.state, record.n_trials) == (JobState.RUNNING, 20)
            assert (record.message, record.ended) == (None, None), "how it ended before is still there"
            assert job.requested_state is None, "an old request is still there"
            store.request(job_id, state)
            assert job.requested_state is state
            assert second_job.requested_state is None
            job.end(state, ODD_TEXT, seconds=1.5)
        record = store.job(job_id)
        assert (record.state, record.message, record.seconds) == (state, ODD_TEXT, 1.5)
        assert record.ended is not None
        assert record.ended >= record.created


def law_2_a_late_writer_is_refused(open_store: OpenStore) -> None:
    """One holder a job; who was replaced changes nothing any more."""
    store = open_store()
    job_id = new_job(store)
    first = hold(store, job_id, 10)
    first.add_trials([trial(0)], change())
    with _refusal(JobHeld, f"job {job_id} is run by process"):
        hold(store, job_id, 10)
    expire_lease(store, job_id)
    second = hold(store, job_id, 10)
    done = replace(trial(0), state=TrialState.COMPLETE)
    steps: list[Callable[[], Any]] = [
        lambda: first.finish_trials([done], change([0])),
        lambda: first.add_trials([trial(1)], change()),
        lambda: first.score(replace(trial(0), test=Measurement({"loss": 1.0}))),
        lambda: first.save_baselines({0: uniform("W4", (0,))}),
        lambda: first.score(uniform("W4", (0,), test=Measurement({"loss": 1.0}))),
        lambda: first.event("late"),
        lambda: first.end(JobState.FAILED, "late", 1.0),
    ]
    for step in steps:
        with _refusal(JobHeld, "taken over"):
            step()
    assert list(store.trials(job_id)) == [trial(0)]
    assert (store.job(job_id).state, _size(store, job_id), store.events(job_id)) == (JobState.RUNNING, 0, [])
    second.finish_trials([done], change([0]))
    assert _counts(store, job_id)[0] == 1


def a_lost_attempt_and_its_retry_land_together(open_store: OpenStore) -> None:
    """The trial waits for its next attempt, and the lost one is on record."""
    store = open_store()
    job_id = new_job(store)
    job = held(store, job_id)
    job.add_trials([trial(0)], change())
    lost = Attempt(0, 1, "ray-1", ODD_TEXT, MOMENT)
    job.retry_trial(lost)
    assert store.attempts(job_id) == [lost]
    assert list(store.trials(job_id)) == [replace(trial(0), attempt=2)]
    with _refusal(StoreError):
        job.retry_trial(lost)
    assert list(store.trials(job_id)) == [replace(trial(0), attempt=2)]


def measurements_are_shared_between_jobs(open_store: OpenStore) -> None:
    """What one job measured is found by key in another; the first to measure stays."""
    store = open_store()
    first, second = new_job(store), new_job(store)
    measurement = Measurement({"loss": 1 / 3}, {"loss": 0.1}, {"weights": "file:///w"}, 2.5)
    for job_id in (first, second):
        held(store, job_id).add_trials([trial(0)], change())
        done = replace(trial(0), state=TrialState.COMPLETE)
        held(store, job_id).finish_trials([done], change(), {"k" * 64: StoredMeasurement(measurement, "trial 0")})
    keys = [f"{number:064}" for number in range(1200)]
    assert store.measurements([*keys, "k" * 64]) == {"k" * 64: (measurement, f"job {first} trial 0")}
    assert store.measurements([]) == {}


def events_come_in_order(open_store: OpenStore) -> None:
    """Events of a job, oldest first, from any one on."""
    store = open_store()
    job_id, second_id = new_job(store), new_job(store)
    for number in range(5):
        held(store, job_id).event(f"{number} {ODD_TEXT}", "warning")
        held(store, second_id).event("other")
    events = store.events(job_id)
    assert [event.text for event in events] == [f"{number} {ODD_TEXT}" for number in range(5)]
    assert {event.level for event in events} == {"warning"}
    assert store.events(job_id, after=events[2].id) == events[3:]


def unknown_jobs_are_an_error(open_store: OpenStore) -> None:
    """`JobNotFound`, with the id, for a job that is not there; a store without jobs says so."""
    store = open_store()
    with _refusal(JobNotFound, "no job yet"):
        store.latest()
    assert store.jobs() == []
    missing = new_job(store) + 41
    steps: list[Callable[[], Any]] = [
        lambda: store.job(missing),
        lambda: hold(store, missing, 3),
        lambda: store.request(missing, JobState.CANCELLED),
        lambda: list(store.trials(missing)),
        lambda: store.front(missing),
    ]
    for step in steps:
        with _refusal(JobNotFound, str(missing)):
            step()


CHECKS: tuple[Callable[[OpenStore], None], ...] = (
    keeps_every_field_of_a_job,
    keeps_jobs_apart,
    keeps_every_field_of_a_trial,
    lands_results_with_front_and_counters,
    is_all_or_nothing,
    pages_through_trials,
    learning_curves_are_kept,
    scores_and_baselines_are_kept,
    jobs_start_stop_and_end,
    law_2_a_late_writer_is_refused,
    a_lost_attempt_and_its_retry_land_together,
    measurements_are_shared_between_jobs,
    events_come_in_order,
    unknown_jobs_are_an_error,
)
"""The contract."""


def hold(store: Store, job_id: int, n_trials: int) -> HeldJob:
    """Take a job, as the process that runs it does."""
    from autoquant.store import HeldJob

    return HeldJob(store, job_id, n_trials)


def _started(number: int) -> Trial:
    full = FULL_TRIAL
    asked = (full.candidate, full.options, full.ask, full.told, full.requested, full.settings, full.attempt)
    return Trial(number, TrialState.RUNNING, *asked)


def _result(done: Trial) -> dict[str, Any]:
    """What a finished trial brings."""
    names = ("state", "costs", "search", "violations", "worker", "measured_by", "error", "started", "ended")
    return {name: getattr(done, name) for name in names}


def _counts(store: Store, job_id: int) -> tuple[int, int, int, int, float]:
    record = store.job(job_id)
    return record.finished, record.failed, record.pruned, record.front_size, record.hypervolume


def _size(store: Store, job_id: int) -> int:
    """Number of rows that belong to a job, its trials apart."""
    return (
        len(store.front(job_id))
        + len(store.hypervolume_history(job_id))
        + len(store.baselines(job_id))
        + len(store.curves(job_id))
    )


@contextmanager
def _refusal(kind: type[AutoQuantError], text: str = "") -> Iterator[None]:
    message = None
    try:
        yield
    except kind as error:
        message = str(error)
    assert message is not None, f"no {kind.__name__} was raised"
    assert text in message, f"the error does not say {text!r}: {message}"
