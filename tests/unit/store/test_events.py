"""Events of a job that ran for long."""

from __future__ import annotations

from autoquant.store import HeldJob, Store
from autoquant.testing.examples import DEFINITION


def test_however_many_there_are_all_are_read() -> None:
    store = Store("sqlite://")
    job = HeldJob(store, store.create_job("long", {}, DEFINITION, 1), 1)
    for number in range(1100):
        job.event(str(number))
    assert [event.text for event in store.events(job.id)] == [str(number) for number in range(1100)]
