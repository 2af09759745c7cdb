"""Workers that are killed, hang, leak or poison, and a whole local Ray that is killed, under searches that run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

RAY = {"name": "ray", "workers": 2}
SLOW = {"evaluator": {"name": "workers:Toy", "seconds": 0.2}, "budget": {"n_trials": 24}}

TROUBLED = '''

class Troubled(Toy):
    """Candidates that raise, measure NaN, hang, end their worker (once, or always), or take all memory.

    Each may leave some behind.
    """

    def __init__(self, network, data, *, leak_mb: int = 0, seconds: float = 0.0):
        super().__init__(network, data, seconds=seconds)
        self.leak_mb, self.left = leak_mb, []

    def score(self, prepared, split):
        what = prepared.space.choices[0].options[prepared.candidate[0]]
        self.left.append(b"x" * (self.leak_mb * 2**20))
        if what == "raise":
            raise ValueError("this is poison")
        if what == "nan":
            return Measurement({"score": float("nan"), "price": 1.0})
        if what == "hang":
            time.sleep(600)
        once = Path(__file__).with_name("died")
        if what == "unlucky" and not once.exists():
            once.touch()
            what = "die"
        if what == "die":
            os._exit(7)
        while what == "explode":
            self.left.append(b"x" * 2**24)
        return super().score(prepared, split)
'''


@pytest.fixture(scope="module")
def untouched(shared, toy, truth) -> dict[str, Any]:
    """What the search comes to when nobody touches it."""
    assert shared.run("search", shared.write(toy, budget=SLOW["budget"])).code == 0
    return truth(shared.job())


def kill(folder: Any, running: Any, *wanted: str) -> int:
    """``kill -9`` of what a search started, all or those whose command holds a text; how many they were."""
    found = [
        pid
        for pid, command in folder.pids().items()
        if pid != running.process.pid and (not wanted or any(text in command for text in wanted))
    ]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)


def kill_agent(folder: Any, name: str) -> int:
    """The same of an agent of Ray: its title takes the place of its environment, so it is known by its raylet."""
    raylets = [pid for pid, command in folder.pids().items() if "raylet/raylet" in command]
    children = [child for pid in raylets for child in Path(f"/proc/{pid}/task").glob("*/children")]
    found = [int(pid) for child in children for pid in child.read_text().split()]
    agents = [pid for pid in found if name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]
    for pid in agents:
        os.kill(pid, signal.SIGKILL)
    return len(agents)


def texts(job: Any) -> str:
    """What happened in a job, line by line."""
    return "\n".join(event.text for event in job.logs())


def test_a_worker_and_then_the_whole_local_ray_are_killed(folder, toy, truth, untouched):
    """The worker is replaced, another Ray is started; a program that reads the output is not disturbed."""
    running = folder.start("search", folder.write(toy, pool=RAY, **SLOW), "--json")
    job = running.halted_when(lambda job: job.record.finished >= 4)
    assert kill(folder, running, "ray::RemoteWorker") >= 1
    running.go_on()
    running.halted_when(lambda job: "is replaced: the worker was lost: The actor" in texts(job))
    assert kill(folder, running) >= 5
    running.go_on()
    ended = running.wait()
    assert ended.code == 0, ended.err
    assert ended.json["job"]["finished"] == 24
    assert "raylet" not in ended.err
    assert truth(job) == untouched
    assert "the local Ray was lost: no answer from its head (" in folder.run("logs").out
    assert folder.left(agents=True, seconds=45) == []


MORE_PARTS = ("DashboardAgent", "raylet/raylet", "gcs/gcs_server", "ray_driver")


@pytest.mark.parametrize(
    "what", ["RuntimeEnvAgent", *(pytest.param(one, marks=pytest.mark.slow) for one in MORE_PARTS)]
)
def test_a_part_of_the_local_ray_is_killed(folder, toy, truth, untouched, what):
    running = folder.start("search", folder.write(toy, pool=RAY, **SLOW))
    job = running.halted_when(lambda job: job.record.finished >= 4)
    assert (kill_agent(folder, what) if what.endswith("Agent") else kill(folder, running, what)) == 1
    running.go_on()
    ended = running.wait()
    assert ended.code == 0, ended.err
    assert "raylet" not in ended.out + ended.err
    assert truth(job) == untouched
    assert "the local Ray was lost: no answer from " in folder.run("logs").out


@pytest.mark.slow
def test_sigterm_pauses(folder, toy):
    """As a container is stopped; Ray would take the signal for itself."""
    running = folder.start("search", folder.write(toy, pool=RAY, **SLOW))
    job = running.halted_when(lambda job: job.record.finished >= 4)
    running.send(signal.SIGTERM)
    running.go_on()
    ended = running.wait()
    assert (ended.code, ended.err.count("SIGTERM")) == (0, 0), ended.err
    assert (job.state, job.record.failed, folder.left(agents=True, seconds=45)) == ("PAUSED", 0, [])


def test_trials_that_raise_hang_poison_leak_and_take_all_memory(folder, toy):
    """Each of them ends FAIL with what went wrong, the leak costs no trial, and no worker holds more than it may."""
    options, limit = [*"abcdefg", "unlucky", "raise", "nan", "die", "hang", "explode"], 700
    modules = folder.path / "workers.py"
    modules.write_text(modules.read_text() + TROUBLED)
    spec = folder.write(
        toy,
        space={"name": "choices", "choices": {"what": options}, "categorical": ["what"]},
        evaluator={"name": "workers:Troubled", "leak_mb": 80, "seconds": 0.1},
        searcher="random",
        pool=RAY | {"worker_memory_mb": limit},
        trial_seconds=20,
        budget={"n_trials": len(options)},
    )
    running = folder.start("search", spec)
    most = 0.0
    while running.process.poll() is None:
        most = max([most, *held_by_workers(folder)])
        time.sleep(0.05)
    ended = running.wait()
    assert ended.code == 0, ended.err

    job, log = folder.job(), folder.run("logs").out
    trials = {trial.options["what"]: trial for trial in job.trials()}
    assert [str(trials[what].state) for what in options] == ["COMPLETE"] * 8 + ["FAIL"] * 5
    assert (job.record.finished, job.record.failed) == (13, 5)
    assert "ValueError: this is poison" in trials["raise"].error
    assert trials["nan"].error == "score is nan: a value that is not finite is no result"
    assert trials["die"].error.startswith("the worker was lost")
    assert trials["hang"].error == "it took longer than the 20 seconds that it may take"
    assert "\nMemoryError" in trials["explode"].error
    attempts = {"raise": 1, "nan": 1, "die": 3, "hang": 1, "explode": 3}
    assert {what: trials[what].attempt for what in attempts} == attempts
    died = trials["die"].number
    assert {(died, 1), (died, 2)} <= {(one.number, one.attempt) for one in job.attempts()}
    assert f"trial {died}: attempt 1 was lost with its worker, it runs again" in log
    assert log.count("is replaced: the worker was lost") >= 4
    assert log.count("is replaced: it took longer than") == 1
    assert log.count("is replaced: it ran out of memory") >= 3
    assert f" of {limit} MB" in log
    assert limit / 2 < most < limit + 20  # what is mapped from files is not held back


def held_by_workers(folder: Any) -> list[float]:
    """Megabytes that each Ray worker of a search holds."""
    found = []
    for pid, command in folder.pids().items():
        if "ray::RemoteWorker" in command:
            with suppress(OSError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                found.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
    return found


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Ray cluster of one node that no search started: its address and its process."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{one.getsockname()[1]}"
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "c5d1" * 16)
    own = {"RAY_TMPDIR": tempfile.mkdtemp(prefix="ray")}  # else it would become the Ray that others here connect to
    ray = Path(sysconfig.get_path("scripts")) / "ray"
    command = [ray, "start", "--head", f"--port={address.rpartition(':')[2]}", "--num-cpus=2", "--block"]
    with (tmp_path / "head.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | own, start_new_session=True, stdout=log, stderr=subprocess.STDOUT
        )
    status = [ray, "status", f"--address={address}"]
    give_up = time.monotonic() + 300
    while subprocess.run(status, capture_output=True).returncode != 0:
        assert time.monotonic() < give_up, (tmp_path / "head.log").read_text()
    yield address, process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shutil.rmtree(own["RAY_TMPDIR"], ignore_errors=True)


@pytest.mark.slow
def test_a_cluster_that_is_lost_ends_the_search_with_a_sentence(folder, toy, truth, untouched, cluster):
    """Its store lies in the spec's folder, which travels to the cluster: it can still be read while the search runs."""
    address, head = cluster
    slow = {"name": "workers:Toy", "seconds": 0.4}
    spec = folder.write(toy, evaluator=slow, pool=RAY, budget=SLOW["budget"])
    running = folder.start("search", spec, "--ray-address", address)
    job = running.halted_when(lambda job: job.record.finished >= 4)
    os.killpg(head.pid, signal.SIGKILL)
    running.go_on()
    ended = running.wait()
    assert ended.code == 1
    assert "'autoquant resume' goes on when it is back" in ended.err.splitlines()[-1]
    assert ended.err.splitlines()[-1].startswith(f"error: pool: Ray at '{address}' is lost: no answer from its head")
    assert job.state == "FAILED"
    assert folder.run("resume").code == 0
    assert truth(job) == untouched
