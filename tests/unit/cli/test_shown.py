"""What commands write where, and what they say of a job whose process died."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autoquant import cli
from autoquant.cli.tables import state_text
from autoquant.job import JobRecord, JobState

NETWORK = """
import torch
from torch import nn
import autoquant as aq

def make():
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).eval()

def data():
    inputs, targets = torch.randn(12, 4), torch.arange(12) % 3
    return aq.DataSplits(search=aq.Split(inputs[:6], targets[:6]), test=aq.Split(inputs[6:], targets[6:]))

def broken():
    return make()[7]
"""
SPEC: dict[str, Any] = {
    "network": "shown_network:make",
    "data": "shown_network:data",
    "space": {"name": "bit_widths", "weights": [4, 8], "activations": ["float"]},
    "objectives": ["accuracy", "weight_bytes"],
    "pool": "inline",
    "sensitivity_baseline": False,
    "budget": {"n_trials": 2},
}

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in a folder with a network; keywords change its spec."""
    (tmp_path / "shown_network.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTOQUANT_RAY_ADDRESS", raising=False)

    def command(*arguments: Any, **changes: Any) -> Any:
        (tmp_path / "spec.json").write_text(json.dumps(SPEC | changes))
        runner = CliRunner(env={"AUTOQUANT_STORE": "sqlite:///jobs.db"})
        return runner.invoke(cli.commands(), [str(argument) for argument in arguments], catch_exceptions=False)

    return command


def test_costs_are_drawn_where_they_are_asked_to_be(run: Run, tmp_path: Path) -> None:
    assert json.loads(run("cost", "spec.json", "--json").stdout)["png"] is None
    assert "-o FILE.png draws it" in run("cost", "spec.json").stdout
    assert not list(tmp_path.glob("*.png"))
    assert "drawn in cost.png" in run("cost", "spec.json", "-o", "cost.png").stdout
    assert (tmp_path / "cost.png").stat().st_size > 0


def test_peaks_are_said_beside_costs(run: Run) -> None:
    space = {"name": "bit_widths", "weights": [4, 8], "activations": ["float"]}
    shown = run("cost", "spec.json", "-d", "nvidia-a100", space=space)
    assert "latency_ms@nvidia-a100: rates of the data sheet; a network takes 8 to 20 times as long" in shown.stdout
    assert "data sheet peak" in " ".join(shown.stdout.split())


def test_each_job_has_a_report_of_its_own(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        assert run("search", "spec.json").exit_code == 0
    assert run("report").stdout == "autoquant-report-2.html\nautoquant-report-2.png\n"
    run("report", 1)
    names = sorted(path.name for path in tmp_path.glob("autoquant-report*"))
    assert names == [f"autoquant-report-{job}.{end}" for job in (1, 2) for end in ("html", "png")]


def test_where_a_factory_raised_is_named_and_with_traceback_shown(run: Run) -> None:
    short = run("search", "spec.json", network="shown_network:broken")
    assert short.exit_code == 2
    assert "network: shown_network:broken raised IndexError: " in short.stderr
    assert "(shown_network.py, line 14, in broken)" in short.stderr
    assert "Traceback" not in short.stderr
    long = run("search", "spec.json", "--traceback", network="shown_network:broken")
    assert "Traceback (most recent call last)" in long.stderr
    assert "return make()[7]" in long.stderr
    assert short.stderr in long.stderr


def test_an_address_of_ray_for_a_pool_without_one_is_refused(run: Run) -> None:
    refused = run("search", "spec.json", "--ray-address", "head:6379")
    assert refused.exit_code == 2
    assert "--ray-address: the pool of the spec is 'inline', which runs on no Ray" in refused.stderr
    assert "AUTOQUANT_RAY_ADDRESS" not in os.environ


def test_a_full_disk_leaves_no_empty_report(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("search", "spec.json")

    def full(_data: Any, path: Path) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autoquant.report.png.picture.write_png", full)
    refused = run("report", "-o", "out.html")
    assert refused.exit_code == 2
    assert "out.png: it cannot be written (No space left on device)" in refused.stderr
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".html", ".png")]


def test_a_job_whose_process_died_is_marked(run: Run) -> None:
    run("search", "spec.json")
    from autoquant.client import load_job

    ended: JobRecord = load_job(1, "sqlite:///jobs.db").record
    assert state_text(ended) == "SUCCEEDED"
    running = replace(ended, state=JobState.RUNNING)
    assert state_text(running) == "RUNNING"
    assert state_text(replace(running, abandoned=True)) == "RUNNING (its process died)"
