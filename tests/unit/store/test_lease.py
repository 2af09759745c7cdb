"""Which holders are dead and which leases run out: real processes, real namespaces, wrong clocks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autoquant.errors import JobHeld, StoreError
from autoquant.store import HeldJob, Store, database, lease
from autoquant.store.lease import LEASE_SECONDS, Holder, Moment, is_held, ticks
from autoquant.testing.examples import new_job

SAY = "from autoquant.store.lease import Holder; print(Holder.here(), flush=True); input()"
NAMESPACES = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def now() -> Moment:
    return Moment(datetime.now(UTC), ticks())


def holds(holder: Holder) -> bool:
    """Whether it counts as the holder, its lease just begun."""
    row = holder.lease(now())
    return is_held(row["holder"], row["lease_until"], now())


def start(*before: str) -> tuple[subprocess.Popen[str], Holder]:
    """A process that says who it is and waits."""
    command = [*before, sys.executable, "-c", SAY]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Holder.parse(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture
def container() -> Iterator[Holder]:
    """A live process of another pid namespace, whose pid there is none, or another process, here."""
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACES, "true"], capture_output=True).returncode:
        pytest.skip("needs the right to make a pid namespace")
    process, holder = start(*NAMESPACES)
    yield holder
    end(process)


def test_a_holder_comes_back_from_its_text() -> None:
    here = Holder.here()
    assert Holder.parse(str(here)) == here
    assert (here.host, here.pid) == (socket.gethostname(), str(os.getpid()))
    row = here.lease(Moment(datetime(2026, 1, 1, tzinfo=UTC), 7.5))
    assert row["lease_until"] == datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    assert Holder.parse(row["holder"]) == replace(here, until="37.500")
    assert len(row["holder"]) <= 200
    assert Holder.parse("host:7:abc") == Holder("host", "7", "abc")
    assert Holder.parse("nonsense") == Holder("nonsense", "", "")


def test_a_live_holder_of_another_container_is_not_taken_for_dead(container: Holder) -> None:
    assert container.host == socket.gethostname()
    assert holds(container)


def test_a_dead_holder_is_known_to_be_dead_before_its_parent_asks() -> None:
    process, holder = start()
    assert holds(holder)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not holds(holder), "a zombie is dead"
    end(process)
    assert not holds(holder)


def test_a_dead_holder_whose_pid_is_the_newcomers_is_known_to_be_dead() -> None:
    here = Holder.here()
    assert holds(here)
    assert not holds(replace(here, started=str(int(here.started) - 1)))


@pytest.mark.parametrize(
    "unlike", [{"boot": "another"}, {"namespace": "1"}, {"boot": "", "namespace": "", "started": ""}]
)
def test_a_holder_that_cannot_be_looked_at_is_waited_for(unlike: dict[str, str]) -> None:
    gone = replace(Holder.here(), pid="999999999", started="1")
    assert not holds(gone)
    assert holds(replace(gone, **unlike))
    late = replace(gone, **unlike).lease(Moment(datetime.now(UTC) - timedelta(seconds=LEASE_SECONDS + 1), 0.0))
    assert not is_held(late["holder"], late["lease_until"], now())


def test_without_proc_nobody_is_known_to_be_dead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dead = replace(Holder.here(), pid="999999999")
    monkeypatch.setattr(lease, "PROC", tmp_path)
    assert (Holder.here().boot, ticks()) == ("", None)
    assert holds(dead)
    assert holds(Holder.here())


def test_a_hidden_process_of_somebody_else_is_not_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where /proc is mounted with hidepid=2 (proc(5)): no file, but a signal is refused rather than lost."""
    hidden = replace(Holder.here(), pid="999999999")

    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(lease.os, "kill", refuse)
    assert holds(hidden)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_takes_nothing_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """Whoever's clock it is that is wrong: the lease of a file counts from the boot of its host."""
    store = Store(str(tmp_path / "jobs.db"))
    job_id = new_job(store)

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(hours=hours)

    HeldJob(store, job_id, 10)
    monkeypatch.setattr(database, "datetime", Wrong)
    assert not store.job(job_id).abandoned
    with pytest.raises(JobHeld, match=r"the job is free in (2\d|30) s"):
        HeldJob(store, job_id, 10)
    monkeypatch.setattr(time, "clock_gettime", lambda clock, real=time.clock_gettime: real(clock) + LEASE_SECONDS)
    assert store.job(job_id).abandoned
    HeldJob(store, job_id, 10)
    store.close()


def test_on_a_server_its_clock_decides(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(server_url)
    job_id = new_job(store)
    HeldJob(store, job_id, 10)
    assert Holder.parse(store.job(job_id).holder or "").until == ""
    monkeypatch.setattr(time, "clock_gettime", lambda clock, real=time.clock_gettime: real(clock) + 3600)
    assert not store.job(job_id).abandoned
    with pytest.raises(JobHeld):
        HeldJob(store, job_id, 10)
    store.close()


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_file_that_is_gone_is_noticed_and_nothing_is_written(tmp_path: Path, how: str) -> None:
    path = tmp_path / "jobs.db"
    store = Store(str(path))
    held = HeldJob(store, new_job(store), 10)
    held.event("before")
    for file in tmp_path.glob("jobs.db*"):
        file.unlink() if how == "removed" else file.rename(tmp_path / f"old-{file.name}")
    if how == "replaced":
        Store(str(path)).close()
    text = "replaced by another one" if how == "replaced" else "removed or moved"
    for step in (lambda: held.event("after"), lambda: store.job(held.id), store.jobs):
        with pytest.raises(StoreError, match=rf"jobs\.db': the file was {text} while it was open; nothing more"):
            step()
    assert path.exists() is (how == "replaced"), "another file was made in its place"
    store.close()


def test_a_file_that_goes_under_a_write_is_noticed_before_it_counts(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    store = Store(str(path))
    held = HeldJob(store, new_job(store), 10)
    with pytest.raises(StoreError, match="removed or moved"):
        held._write(lambda connection: path.rename(tmp_path / "old.db"))
    (tmp_path / "old.db").rename(path)
    held.event("it goes on where it is put back")
    assert [event.text for event in store.events(held.id)] == ["it goes on where it is put back"]
    store.close()
