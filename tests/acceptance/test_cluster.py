"""The cluster of docker-compose.yml, its commands started as local processes; one node is taken away in the middle.

Docker itself is not needed: what the containers would run, runs here.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text(encoding="utf-8"))
SCRIPTS = Path(sysconfig.get_path("scripts"))

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "c5d1" * 16}

WORKERS = '''
import time

from autoquant import Evaluator, Measurement


class Travelled(Evaluator):
    """Says whether its module was brought along by Ray."""

    metrics = {"score": "maximize", "price": "minimize", "travelled": "maximize"}

    def bounds(self):
        return {"score": (1.0, 0.0), "price": (0.0, 16.0), "travelled": (1.0, 0.0)}

    def score(self, prepared, split):
        candidate = prepared.candidate
        time.sleep(0.2)
        score = 1 - sum((4 - x) ** 2 for x in candidate) / 64
        travelled = float("runtime_resources" in __file__)
        return Measurement({"score": score, "price": float(sum(candidate)), "travelled": travelled})
'''


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command of a service, with the addresses of the containers replaced."""
    running: list[subprocess.Popen[str]] = []
    address = f"127.0.0.1:{free_port()}"
    own_ray = {"RAY_TMPDIR": tempfile.mkdtemp(prefix="ray")}  # else it would become the Ray that others here connect to

    def one(service: str, *more: str, **environment: str) -> subprocess.Popen[str]:
        command = [
            part.replace("ray-head:6379", address).replace("--port=6379", f"--port={address.rpartition(':')[2]}")
            for part in COMPOSE["services"][service]["command"]
        ]
        program, *arguments = command
        set_here = {key: value.replace("ray-head:6379", address) for key, value in environment.items()}
        running.append(
            subprocess.Popen(
                [str(SCRIPTS / program), *arguments, *more],
                cwd=tmp_path,
                env=os.environ | TOKEN | own_ray | set_here,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
        return running[-1]

    yield one
    for process in reversed(running):
        end(process, signal.SIGTERM)
    time.sleep(3)
    for process in running:
        end(process, signal.SIGKILL)
        process.communicate()
    shutil.rmtree(own_ray["RAY_TMPDIR"], ignore_errors=True)


def end(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Everything that this command started."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def nodes(healthy: list[str], address: str) -> bool:
    """Whether the health check of the compose file passes."""
    command = [part.replace("localhost:6379", address) for part in healthy[1:]]
    program = str(SCRIPTS / command[0])
    return subprocess.run([program, *command[1:]], env=os.environ | TOKEN, capture_output=True).returncode == 0


@pytest.mark.slow
def test_a_search_survives_the_loss_of_a_node(start, postgresql, tmp_path, newest_job, toy):
    (tmp_path / "travelled.py").write_text(WORKERS)
    spec: dict[str, Any] = {
        "space": toy["space"],
        "evaluator": "travelled:Travelled",
        "objectives": ["score", "price"],
        "pool": {"name": "ray", "workers": 2},
        "budget": {"n_trials": 120},
        "reuse": False,
    }
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(spec))
    head = start("ray-head")
    address = next(part for part in head.args if part.startswith("--port=")).replace("--port=", "127.0.0.1:")
    wait_until(lambda: nodes(COMPOSE["services"]["ray-head"]["healthcheck"]["test"], address), 60, head)
    first = start("ray-worker", "--num-cpus=1")
    time.sleep(8)  # nodes of one machine share a folder, and are started one after the other
    second = start("ray-worker", "--num-cpus=1")
    environment = COMPOSE["services"]["search"]["environment"]
    assert set(environment) == {"AUTOQUANT_STORE", "AUTOQUANT_RAY_ADDRESS", *TOKEN}
    time.sleep(8)
    search = start("search", AUTOQUANT_STORE=postgresql, AUTOQUANT_RAY_ADDRESS=environment["AUTOQUANT_RAY_ADDRESS"])

    def under_way(finished: int) -> bool:
        try:
            return newest_job(postgresql).record.finished >= finished
        except Exception:
            return False

    wait_until(lambda: under_way(30), 120, search)
    workers = {trial.worker for trial in newest_job(postgresql).trials() if trial.worker}
    assert workers == {"ray-0", "ray-1"}
    end(second, signal.SIGKILL)
    output, _ = search.communicate(timeout=180)
    assert search.returncode == 0, output
    job = newest_job(postgresql)
    assert (job.state, job.record.finished, job.record.failed) == ("SUCCEEDED", 120, 0)
    assert {trial.metrics["travelled"] for trial in job.trials()} == {1.0}
    assert first.poll() is None


def wait_until(seen: Callable[[], bool], seconds: float, process: subprocess.Popen[str]) -> None:
    give_up = time.monotonic() + seconds
    while not seen():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < give_up, "not in time"
        time.sleep(0.5)
