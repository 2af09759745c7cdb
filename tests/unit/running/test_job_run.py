"""A job's states and messages, and who is asked to stop."""

from __future__ import annotations

from typing import Any

import pytest

from autoquant.job import JobState
from autoquant.running.job_run import StopSignal
from autoquant.store import HeldJob, Store
from autoquant.testing.examples import new_job


def test_a_job_runs_while_it_runs_and_ends_well(new_run: Any) -> None:
    job, states = new_run(), set()
    assert job.store.job(job.id).state is JobState.QUEUED
    assert job.run(progress=lambda _: states.add(job.store.job(job.id).state)) is JobState.SUCCEEDED
    assert states == {JobState.RUNNING}
    record = job.store.job(job.id)
    assert (record.state, record.message, record.finished) == (JobState.SUCCEEDED, None, 24)
    assert record.ended >= record.created


@pytest.mark.parametrize("problem", [RuntimeError("what was that"), OSError("no space left")])
def test_what_went_wrong_is_stored_and_raised(
    new_run: Any, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    job = new_run()

    def progress(_: Any) -> None:
        raise problem

    with pytest.raises(type(problem), match=str(problem)):
        job.run(progress=progress)
    record = job.store.job(job.id)
    assert (record.state, record.message) == (JobState.FAILED, f"{type(problem).__name__}: {problem}")


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_the_pool_is_closed_whatever_happens(new_run: Any, monkeypatch: pytest.MonkeyPatch, problem: Any) -> None:
    job, closed = new_run(), []
    pool = job.plan.pool()
    monkeypatch.setattr(type(job.plan), "pool", lambda _: pool)
    monkeypatch.setattr(pool, "close", lambda: closed.append(True))

    def progress(_: Any) -> None:
        raise problem

    with pytest.raises(problem):
        job.run(progress=progress)
    assert closed == [True]


def test_an_old_request_to_stop_does_not_stop_a_resumed_job(new_run: Any) -> None:
    job = new_run()
    job.store.request(job.id, JobState.CANCELLED)
    assert job.run() is JobState.SUCCEEDED


def test_the_store_is_looked_at_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    now = [100.0]
    monkeypatch.setattr("autoquant.running.job_run.time.monotonic", lambda: now[0])

    class Looked:
        @property
        def requested_state(self) -> None:
            looks.append(now[0])

    stop = StopSignal(Looked(), lambda: False)  # type: ignore[arg-type]
    for _ in range(1000):
        assert not stop()
        now[0] += 0.01
    assert 9 <= len(looks) <= 11


def test_the_first_reason_to_stop_counts() -> None:
    store = Store("sqlite://")
    job_id = new_job(store)
    interrupted: list[bool] = []
    stop = StopSignal(HeldJob(store, job_id, 10), lambda: bool(interrupted))
    assert not stop()
    interrupted.append(True)
    assert stop()
    store.request(job_id, JobState.CANCELLED)
    interrupted.clear()
    assert stop()
    assert stop.state is JobState.PAUSED
