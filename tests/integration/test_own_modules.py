"""A folder that holds a user's own `workers.py`, `cost_models.py` and network: all three are found right on Ray."""

from __future__ import annotations

import json
import sys

import pytest

import autoquant as aq


def check_own_classes(front: dict) -> None:
    """Values that only the user's classes give."""
    assert front["job"]["finished"] == 20
    assert front["job"]["failed"] == 0
    weights = {"conv1": 54, "conv2": 432, "classifier": 32}
    for trial in front["front"]:
        indices = [(2, 4, 8).index(trial["options"][f"{layer}.weight"]) for layer in weights]
        assert trial["metrics"]["mine"] == 500 - sum(indices)
        reads = sum(count * trial["options"][f"{layer}.weight"] / 32 for layer, count in weights.items())
        assert trial["metrics"]["flash_reads"] == pytest.approx(reads)
        assert trial["test_metrics"]["mine"] == 500 - sum(indices)


def test_found_on_ray_when_called_in_the_folder(own, command, tmp_path):
    store = f"sqlite:///{tmp_path}/jobs.db"
    done = command("search", own.name, "--store", store, "--json", cwd=own.parent)
    assert done.returncode == 0, done.stderr
    check_own_classes(json.loads(done.stdout))
    measured = aq.load_job(store=store).trials()
    assert {trial.worker for trial in measured if trial.worker} <= {"ray-0", "ray-1"}


@pytest.mark.slow
def test_found_on_ray_when_called_elsewhere(own, command, tmp_path):
    """Modules of the same names there do not get in the way."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("workers", "cost_models", "network", "search_spaces"):
        (elsewhere / f"{name}.py").write_text("raise ImportError('the wrong one')")
    done = command("search", own, "--store", f"sqlite:///{tmp_path}/jobs.db", "--json", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    check_own_classes(json.loads(done.stdout))


SCRIPT = """
import torch
from torch import nn

import autoquant as aq


class ScriptNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.classifier = nn.Linear(8, 4)

    def forward(self, x):
        return self.classifier(torch.relu(self.conv(x)).mean((2, 3)))


def split(seed):
    torch.manual_seed(seed)
    return aq.Split(torch.randn(40, 1, 8, 8), torch.arange(40) % 4)


if __name__ == "__main__":
    torch.manual_seed(0)
    spec = aq.SearchSpec(
        space={"name": "bit_widths", "weights": [2, 4, 8]},
        objectives=["loss", "weight_bytes"],
        pool={"name": "ray", "workers": 2},
        budget={"n_trials": 9},
    )
    data = aq.DataSplits(search=split(1), test=split(2))
    job = aq.search(spec, store="jobs.db", network=ScriptNet().eval(), data=data)
    print(job.state, len(job.front()), job.record.failed)
"""


def test_a_class_of_a_script(command, tmp_path):
    """The network's class lives in __main__, which Ray's workers do not have."""
    (tmp_path / "script.py").write_text(SCRIPT)
    done = command("script.py", cwd=tmp_path, program=sys.executable)
    assert done.returncode == 0, done.stderr
    state, front, failed = done.stdout.split()
    assert (state, failed) == ("SUCCEEDED", "0")
    assert int(front) >= 2


def test_two_folders_in_one_process(filled, tmp_path):
    """Each with a network.py of its own; and the first again after the second."""
    sizes = []
    for name, width in (("one", 6), ("two", 12)):
        spec = aq.SearchSpec.from_file(filled(tmp_path / name, width))
        spec = spec.model_copy(update={"pool": aq.SearchSpec(space="x", objectives=["x"], pool="inline").pool})
        job = aq.search(spec, f"sqlite:///{tmp_path}/jobs.db")
        sizes.append(next(layer.parameters for layer in job.record.definition.profile if layer.name == "conv1"))
    again = aq.resume(1, f"sqlite:///{tmp_path}/jobs.db", n_trials=24)
    assert sizes == [60, 120]
    assert again.record.finished == 24
    assert aq.load_job(2, f"sqlite:///{tmp_path}/jobs.db").record.finished == 20


def test_a_trial_that_fails_on_ray(own, command, tmp_path):
    """It is FAIL with what went wrong; the search goes on, and every other trial is measured."""
    own.write_text(own.read_text().replace("offset: 500", "offset: 500, poison: true"))
    store = f"sqlite:///{tmp_path}/jobs.db"
    done = command("search", own, "--store", store, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    job = aq.load_job(store=store)
    failed = list(job.trials(state="FAIL"))
    assert failed
    assert (job.record.failed, job.record.finished) == (len(failed), 20)
    for trial in failed:
        assert trial.candidate[0] == 2
        assert "RuntimeError: poison in (2, " in trial.error
        assert "Traceback" in trial.error
        assert "workers.py" in trial.error
    assert all(trial.candidate[0] != 2 for trial in job.trials(state="COMPLETE"))
