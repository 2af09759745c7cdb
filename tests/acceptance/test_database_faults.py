"""The database goes away, is cut off, fills up, may not be written or is damaged, under searches that run.

Where the fault passes, the search ends as one that nobody touched; where not, one sentence says what to do, nothing
that was stored is lost, and `resume` ends as that search.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import postgres
import pytest

import autoquant as aq

EVALUATOR = {"name": "workers:Toy", "seconds": 0.06}
RIGHTS_OF_ROOT = {"CAP_DAC_OVERRIDE": 1, "CAP_DAC_READ_SEARCH": 2}
PR_CAPBSET_DROP = 24
WRITE_LOCK = 120
"""The byte of the log's index that whoever writes to a SQLite database locks (SQLite, "WAL-mode File Format")."""


def files_of(store: Path) -> dict[str, bytes]:
    """The store's file and what SQLite keeps next to it: ``""``, ``-wal``, ``-shm`` -> content."""
    return {file.name.removeprefix(store.name): file.read_bytes() for file in store.parent.glob(f"{store.name}*")}


def put(files: dict[str, bytes], folder: Path, leave: str = "nothing") -> Path:
    for end, content in files.items():
        if end != leave:
            (folder / f"jobs.db{end}").write_bytes(content)
    return folder / "jobs.db"


@pytest.fixture(scope="module")
def ended(shared, toy):
    """The files of a store with a search that nobody touched."""
    assert shared.run("search", shared.write(toy)).code == 0
    return files_of(shared.path / "jobs.db")


@pytest.fixture(scope="module")
def untouched(shared, ended, truth):
    """What that search came to."""
    return truth(shared.job())


@pytest.fixture(scope="module")
def killed(shared, toy):
    """The files of a store with the same search, killed in the middle."""
    spec = shared.write(toy, "killed.yaml", evaluator=EVALUATOR)
    running = shared.start("search", spec, store=f"sqlite:///{shared.path / 'killed.db'}")
    running.halted_when(lambda job: job.record.finished >= 10)
    running.kill()
    return files_of(shared.path / "killed.db")


@pytest.fixture
def spec(folder, toy) -> Path:
    """Of a search of some seconds that writes more than ten times a second."""
    return folder.write(toy, evaluator=EVALUATOR)


def finished(job: aq.Job) -> dict[int, aq.Trial]:
    return {trial.number: trial for trial in job.trials() if trial.state.finished}


def kept(before: dict[int, aq.Trial], job: aq.Job) -> bool:
    """Whether every trial is as it was, except that its test scores may have come."""
    now = finished(job)
    return all(replace(now[number], test=None) == before[number] for number in before)


def refused(run: Any, *parts: str) -> None:
    """It failed with one sentence, in which these stand."""
    assert run.code in (1, 2), run
    assert "Traceback" not in run.err
    *_, last = run.err.splitlines()
    assert last.startswith("error: store '")
    assert [part for part in parts if part not in last] == [], run.err


# PostgreSQL.


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    one = postgres.Server()
    yield one
    one.remove()


@pytest.fixture
def network(server) -> Iterator[postgres.Network]:
    one = postgres.Network(server.port)
    yield one
    one.close()


def test_the_server_is_restarted_and_one_of_two_searches_does_not_wait_for_it(folder, spec, server, truth, untouched):
    urls = [server.url(server.new_database()) for _ in range(2)]
    patient = folder.start("search", spec, store=urls[0])
    jobs = [patient.halted_when(lambda job: job.record.finished >= 1)]
    hasty = folder.start("search", spec, store=urls[1], more={"AUTOQUANT_STORE_PATIENCE": "6"})
    jobs += [hasty.halted_when(lambda job: job.record.finished >= 5)]
    server.stop("immediate")
    patient.go_on()
    hasty.go_on()
    run = hasty.wait()
    server.start()
    refused(run, f"{urls[1]}': cannot ", "Connection refused", "'autoquant resume' goes on when it is back")
    assert run.code == 1

    patient.halted_when(lambda job: job.record.finished >= 30)
    server.stop("fast")
    patient.go_on()
    server.start()
    ended = patient.wait()
    assert ended.code == 0, ended.err
    assert truth(jobs[0]) == untouched

    before = finished(jobs[1])
    assert 5 <= len(before) < 40
    resumed = folder.run("resume", jobs[1].id, store=urls[1])
    assert resumed.code == 0, resumed.err
    assert truth(jobs[1]) == untouched
    assert kept(before, jobs[1])


@pytest.mark.parametrize(
    ("patience", "cuts"),
    [
        (30, [("reset", 1), ("silent", 7)]),
        pytest.param(90, [("reset", 20)], marks=pytest.mark.slow),
        pytest.param(90, [("silent", 20)], marks=pytest.mark.slow),
        pytest.param(90, [("answers", 20)], marks=pytest.mark.slow),
    ],
    ids=["shortly", "reset", "silent", "answers"],
)
def test_the_network_is_cut(folder, spec, server, network, truth, untouched, patience, cuts):
    name = server.new_database()
    more = {"AUTOQUANT_STORE_PATIENCE": str(patience)}
    running = folder.start("search", spec, store=server.url(name, network.port), more=more)
    running.store = server.url(name)
    for number, (how, seconds) in enumerate(cuts, 1):
        job = running.halted_when(lambda job, count=number * 8: job.record.finished >= count)
        network.cut(how)
        running.go_on()
        time.sleep(seconds)
        network.restore()
    ended = running.wait()
    assert ended.code == 0, ended.err
    assert truth(job) == untouched


# SQLite.


def test_the_disk_is_full(folder, toy, truth, untouched):
    """Files may not grow beyond a size: as at a full disk, SQLite cannot write on."""

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    run = folder.run("search", folder.write(toy), preexec_fn=no_room)
    refused(run, f"{folder.store}': cannot write: disk I/O error; ", "a file may not grow", "'autoquant resume'")
    assert run.code == 1
    before = finished(folder.job())
    assert 0 < len(before) < 40
    resumed = folder.run("resume", 1)
    assert resumed.code == 0, resumed.err
    assert truth(folder.job()) == untouched
    assert kept(before, folder.job())


def without_the_rights_of_root() -> None:
    """Run in a new process: it may write only what its files' modes allow, root too."""
    if os.geteuid() == 0:
        for right in RIGHTS_OF_ROOT.values():
            if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, right, 0, 0, 0) != 0:
                os._exit(99)


@contextmanager
def may_only_be_read(store: Path) -> Iterator[None]:
    files = list(store.parent.glob(f"{store.name}*"))
    for file in files:
        file.chmod(0o444)
    store.parent.chmod(0o555)
    yield
    store.parent.chmod(0o755)
    for file in files:
        file.chmod(0o644)


def reads_and_refuses(folder: Any, store: Path, *command: object) -> None:
    """Without a right to write, the front is shown, the command is refused and nothing is changed."""
    before = files_of(store)
    with may_only_be_read(store):
        front = folder.run("front", "--json", preexec_fn=without_the_rights_of_root)
        run = folder.run(*command, preexec_fn=without_the_rights_of_root)
    assert front.code == 0, front
    assert len(front.json["front"]) == front.json["job"]["front_size"] > 1
    refused(run, f"{folder.store}': cannot write: ", "must be allowed to write the file and its folder")
    assert run.code == 1
    assert files_of(store) == before


def test_a_killed_search_in_a_store_that_may_only_be_read(folder, killed, truth, untouched):
    """It left a write-ahead log, and most of what it stored is there."""
    assert set(killed) == {"", "-wal", "-shm"}
    reads_and_refuses(folder, put(killed, folder.path), "resume")
    resumed = folder.run("resume")
    assert resumed.code == 0, resumed.err
    assert truth(folder.job()) == untouched


def test_a_store_without_a_log_that_may_only_be_read(folder, toy, ended):
    """SQLite reads it in another way."""
    assert set(ended) == {""}
    reads_and_refuses(folder, put(ended, folder.path), "search", folder.write(toy))


def test_a_log_without_its_index_next_to_a_store_that_may_only_be_read(folder, killed):
    """The index cannot be made: a sentence says what is needed, and nothing is shown without what the log holds."""
    store = put(killed, folder.path, leave="-shm")
    with may_only_be_read(store):
        run = folder.run("ls", preexec_fn=without_the_rights_of_root)
    refused(run, "jobs.db': cannot be opened: unable to open database file; ", "in a folder that this user may write")


def noise(size: int) -> bytes:
    return np.random.default_rng(0).bytes(size)


def test_the_file_is_damaged_between_kill_and_resume(folder, killed, truth, untouched):
    store = put(killed, folder.path)
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    copy = store.read_bytes()
    damaged = copy[:4096] + noise(len(copy) - 4096)
    store.write_bytes(damaged)
    for command in ("resume", "front"):
        refused(
            folder.run(command), f"{folder.store}': cannot ", "malformed; the file is damaged; put a copy of it back"
        )
    assert store.read_bytes() == damaged, "what could still be saved was touched"
    store.write_bytes(copy)
    resumed = folder.run("resume")
    assert resumed.code == 0, resumed.err
    assert truth(folder.job()) == untouched


def test_the_file_is_damaged_under_a_search(folder, toy):
    """Its log, which still holds all, and the log's index: else SQLite goes on with what it has in memory.

    Between two of its writes, for the same reason: a commit writes the index's header again and hides the damage.
    """
    running = folder.start("search", folder.write(toy, evaluator=EVALUATOR, budget={"n_trials": 600}))
    running.until(lambda job: job.record.finished >= 10)
    with (folder.path / "jobs.db-wal").open("r+b") as log, (folder.path / "jobs.db-shm").open("r+b") as index:
        fcntl.lockf(index, fcntl.LOCK_EX, 1, WRITE_LOCK)
        for file in (log, index):
            file.write(noise(os.fstat(file.fileno()).st_size))
            file.flush()
    run = running.wait()
    refused(run, f"{folder.store}': cannot ", "put a copy of it back")
    assert run.code == 1


@pytest.mark.parametrize(
    "how", ["moved", *(pytest.param(one, marks=pytest.mark.slow) for one in ("removed", "replaced"))]
)
def test_the_file_is_gone_under_a_search(folder, toy, truth, untouched, how):
    """Its results would be nobody's; where the file is put back, the search goes on from what it holds."""
    running = folder.start("search", folder.write(toy, evaluator=EVALUATOR))
    running.halted_when(lambda job: job.record.finished >= 3)
    files = list(folder.path.glob("jobs.db*"))
    for file in files:
        file.rename(folder.path / f"old-{file.name}")
    if how == "replaced":
        aq.Store(folder.store).close()
    running.go_on()
    ended = running.wait()
    assert ended.code == 1
    (said,) = [line for line in ended.err.splitlines() if line.startswith("error")]
    text = "replaced by another one" if how == "replaced" else "removed or moved"
    assert said.startswith(f"error: store '{folder.path / 'jobs.db'}': the file was {text} while it was open"), said
    assert "Traceback" not in ended.err
    if how == "removed":
        assert not (folder.path / "jobs.db").exists(), "another file was made in its place"
        return
    for file in folder.path.glob("jobs.db*"):
        file.unlink()
    for file in folder.path.glob("old-jobs.db*"):
        file.rename(folder.path / file.name.removeprefix("old-"))
    assert folder.run("resume").code == 0
    assert truth(folder.job()) == untouched
