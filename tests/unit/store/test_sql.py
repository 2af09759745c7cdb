"""What the store promises beyond its contract."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from autoquant.errors import JobHeld, StoreError
from autoquant.job import JobState
from autoquant.store import HeldJob, Store, sql
from autoquant.store.lease import is_held
from autoquant.testing.examples import ODD_TEXT, change, expire_lease, held, new_job, trial
from autoquant.trial import Measurement


def test_what_json_does_not_know_is_one_clear_error_and_leaves_nothing() -> None:
    store = Store("sqlite://")
    job_id = new_job(store)
    for value in (object(), np.float32(1.0), {1, 2}):
        with pytest.raises(StoreError, match=r"store 'sqlite://': cannot write: .*not JSON serializable"):
            held(store, job_id).add_trials([trial(0, search=Measurement({"loss": value}))], change())
    assert list(store.trials(job_id)) == []


def test_law_6_no_pickle_is_in_the_file(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "jobs.db"))
    job_id = new_job(store)
    held(store, job_id).add_trials([trial(0, error=ODD_TEXT, search=Measurement({"loss": 0.5}))], change())
    store.close()
    content = (tmp_path / "jobs.db").read_bytes()
    assert b'{"loss": 0.5}' in content
    assert pickle.dumps({"loss": 0.5})[:3] not in content


def test_a_store_is_read_by_other_threads() -> None:
    store = Store("sqlite://")
    job_id = new_job(store)
    found: list[int] = []
    reader = threading.Thread(target=lambda: found.append(store.job(job_id).id))
    reader.start()
    reader.join()
    assert found == [job_id]


def test_errors_name_the_store(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "jobs.db"))
    assert store.url == str(tmp_path / "jobs.db")
    with pytest.raises(LookupError, match=r"jobs.db' has no job 5; 'autoquant ls' lists what it has"):
        store.job(5)


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.PAUSED])
def test_a_job_whose_process_is_gone_ends_at_once_when_asked_to(state: JobState) -> None:
    store = Store("sqlite://")
    job_id = new_job(store)
    late = held(store, job_id)
    assert not store.job(job_id).abandoned
    assert store.request(job_id, state), "its process lives"
    assert store.job(job_id).state is JobState.RUNNING
    expire_lease(store, job_id)
    assert store.job(job_id).abandoned
    assert not store.request(job_id, state)
    record = store.job(job_id)
    assert (record.state, record.abandoned, record.holder) == (state, False, None)
    assert record.message == "ended on request; no process ran it"
    with pytest.raises(JobHeld):
        late.event("I live after all")


def test_nobody_writes_between_a_look_at_who_holds_a_job_and_its_end(tmp_path: Path, monkeypatch) -> None:
    store, other = Store(str(tmp_path / "jobs.db")), Store(str(tmp_path / "jobs.db"))
    job_id = new_job(store)
    late = HeldJob(other, job_id, 10)
    expire_lease(store, job_id)
    refused: list[JobHeld] = []

    def end_well() -> None:
        try:
            late.end(JobState.SUCCEEDED, None, 1.0)
        except JobHeld as error:
            refused.append(error)

    thread = threading.Thread(target=end_well)

    def look_slowly(*given: object) -> bool:
        thread.start()
        thread.join(0.3)
        return is_held(*given)

    monkeypatch.setattr(sql, "is_held", look_slowly)
    assert not store.request(job_id, JobState.CANCELLED)
    monkeypatch.undo()
    thread.join()
    assert (store.job(job_id).state, len(refused)) == (JobState.CANCELLED, 1)
    store.close()
    other.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [("candidate", "7"), ("candidate", '["x"]'), ("state", "SOMEHOW"), ("search", "{"), ("started", "yesterday")],
)
def test_a_value_that_nobody_wrote_is_one_clear_error(column: str, value: str) -> None:
    store = Store("sqlite://")
    job_id = new_job(store)
    held(store, job_id).add_trials([trial(0)], change([0]))
    store.database.write(
        lambda connection: connection.execute(sa.text(f"UPDATE trials SET {column} = :v"), {"v": value})
    )
    for read in (lambda: list(store.trials(job_id)), lambda: store.front(job_id)):
        with pytest.raises(StoreError, match=r"cannot read: it holds something that AutoQuant did not write"):
            read()
