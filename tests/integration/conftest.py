"""Folders with a user's own modules, and the command that searches them."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoquant import plugins

AUTOQUANT = Path(sysconfig.get_path("scripts")) / "autoquant"

NETWORK = """
import torch
from autoquant import DataSplits, Split
from torch import nn


class MyNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3)
        self.conv2 = nn.Conv2d(width, 8, 3)
        self.classifier = nn.Linear(8, 4)

    def forward(self, x):
        return self.classifier(torch.relu(self.conv2(torch.relu(self.conv1(x)))).mean((2, 3)))


def build(width={width}):
    torch.manual_seed(3)
    return MyNet(width).eval()


def data():
    torch.manual_seed(4)
    inputs = torch.randn(120, 1, 8, 8)
    labels = torch.arange(120) % 4
    splits = [Split(inputs[i : i + 40], labels[i : i + 40]) for i in (0, 40, 80)]
    return DataSplits(search=splits[0], test=splits[1], calibration=splits[2])
"""

WORKERS = '''
from autoquant import Measurement
from autoquant_workers.post_training import PostTraining


class Mine(PostTraining):
    """The shipped evaluator, and a figure that only this class gives."""

    metrics = {**PostTraining.metrics, "mine": "maximize"}
    version = "mine 1"

    def __init__(self, network, data, *, offset: float = 1000.0, poison: bool = False, **options):
        super().__init__(network, data, **options)
        self.offset, self.poison = offset, poison

    def score(self, prepared, split):
        candidate = prepared.candidate
        if candidate is not None and candidate[0] == 2 and self.poison:
            raise RuntimeError(f"poison in {candidate}")
        found = super().score(prepared, split)
        if candidate is None:
            return found
        return Measurement({**found.metrics, "mine": self.offset - sum(candidate)}, found.standard_errors)
'''

COST_MODELS = """
from autoquant import CostModel
from autoquant.interfaces import table


class Reads(CostModel):
    metrics = {"flash_reads": "reads"}

    def __init__(self, *, word: int = 64):
        self.word = word

    def supported(self, layer, precision):
        return True

    def tables(self, network, options):
        return {"flash_reads": [table(row, self.reads) for row in options]}

    def reads(self, layer, precision):
        return layer.weights * precision.weight_bits / self.word
"""

SPEC = """
name: mine
network: network:build
data: network:data
space: {name: bit_widths, weights: [2, 4, 8]}
evaluator: {name: "workers:Mine", offset: 500}
cost_models: [{name: "cost_models:Reads", word: 32}]
objectives: [mine, loss, flash_reads]
reference_point: {mine: 0}
ideal_point: {mine: 1000}
pool: {name: ray, workers: 2}
budget: {n_trials: 20}
"""


def fill(folder: Path, width: int = 6, spec: str = SPEC) -> Path:
    """A folder that holds everything of its own; the path of its spec."""
    folder.mkdir(parents=True)
    (folder / "network.py").write_text(NETWORK.replace("{width}", str(width)))
    (folder / "workers.py").write_text(WORKERS)
    (folder / "cost_models.py").write_text(COST_MODELS)
    (folder / "spec.yaml").write_text(spec)
    return folder / "spec.yaml"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The spec of a folder with the user's own workers, cost models and network."""
    return fill(tmp_path / "project")


@pytest.fixture(scope="session")
def filled():
    return fill


@pytest.fixture(autouse=True)
def imports_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a spec's folder put on the import path goes with the test."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    plugins.leave_folder()
    sys.path[:] = path
    for name in {"network", "workers", "cost_models", "my_plugins"} & (set(sys.modules) - modules):
        del sys.modules[name]


@pytest.fixture(scope="session")
def command():
    """Run a command to its end."""

    def run(*arguments: object, cwd: Path, program: str | Path = AUTOQUANT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *map(str, arguments)],
            cwd=cwd,
            text=True,
            capture_output=True,
            timeout=600,
        )

    return run
