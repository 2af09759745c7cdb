"""A job's states and messages, and who is asked to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import autoquant as aq
from autoquant.errors import JobEnded, JobHeld
from autoquant.job import JobState
from autoquant.running.job_run import StopSignal
from autoquant.store import HeldJob, Store
from autoquant.testing.examples import expire_lease, new_job


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


def test_a_wish_while_a_process_prepares_the_job_is_not_lost(new_run: Any, tmp_path: Path) -> None:
    """It answers CANCELLED, so CANCELLED it stays; whoever resumes it after that means it."""
    spec, store = new_run().plan.spec, str(tmp_path / "jobs.db")
    answers: list[bool] = []

    def stop(job: aq.Job) -> None:
        answers.append(job.stop())

    job = aq.search(spec, store, started=stop)
    assert (answers, job.state, list(job.trials())) == ([False], JobState.CANCELLED, [])
    job.store.database.write(lambda c: c.execute(sa.text("UPDATE jobs SET state = 'RUNNING'")))  # whose process died
    resumed = aq.resume(job.id, store, started=lambda job: answers.append(job.pause()))
    assert (answers, resumed.state, list(job.trials())) == ([False, False], JobState.PAUSED, [])
    assert aq.resume(job.id, store).state is JobState.SUCCEEDED
    job.store.close()


def test_a_wish_that_the_last_holder_still_had_to_fulfil_is_the_next_ones(new_run: Any) -> None:
    job = new_run()
    HeldJob(job.store, job.id, 24)
    ticket = job.store.ticket(job.id)
    assert job.store.request(job.id, JobState.CANCELLED), "a process holds it"
    expire_lease(job.store, job.id)
    assert job.run(ticket=ticket) is JobState.CANCELLED
    assert job.run(ticket=job.store.ticket(job.id)) is JobState.SUCCEEDED


def test_a_job_that_somebody_else_ran_meanwhile_is_not_run_again(new_run: Any) -> None:
    job = new_run()
    ticket = job.store.ticket(job.id)
    assert job.run() is JobState.SUCCEEDED
    with pytest.raises(JobHeld, match="was taken by another process while this one prepared it; it is SUCCEEDED"):
        job.run(ticket=ticket)


@pytest.mark.parametrize("state", [s for s in JobState if s not in (JobState.QUEUED, JobState.RUNNING)])
def test_a_job_that_has_ended_stays_as_it_ended(new_run: Any, state: JobState) -> None:
    job = new_run()
    with HeldJob(job.store, job.id, 24) as held:
        held.end(state, "so it was", 1.0)
        with pytest.raises(JobEnded, match=rf"job {job.id} is {state}: only a QUEUED or RUNNING job can be asked to p"):
            job.store.request(job.id, JobState.PAUSED)
    with pytest.raises(JobEnded, match="can be asked to stop") as refused:
        aq.Job(job.store, job.id).stop()
    record = job.store.job(job.id)
    assert (refused.value.state, record.state, record.message, record.seconds) == (state, state, "so it was", 1.0)


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
