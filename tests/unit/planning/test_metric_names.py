"""Which names of metrics a spec may write, and whose metric a name is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import toy

from autoquant.cli.tables import print_front, print_trials
from autoquant.client import Job
from autoquant.data import SplitName
from autoquant.errors import PluginError, SpecError
from autoquant.interfaces import Prepared
from autoquant.job import JobState
from autoquant.trial import Measurement, TrialState

NAMES = ("top-1", "top1 accuracy", "a.b", "m/s", "Größe")


class Named(toy.Toy):
    """Measures under the names that people give."""

    metrics: ClassVar[Mapping[str, Any]] = dict.fromkeys(NAMES, "minimize")

    def bounds(self) -> dict[str, tuple[float, float]]:
        return dict.fromkeys(NAMES, (0.0, 40.0))

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        first, *others = prepared.candidate or (0, 0)
        values = (first, 20.0 - first, *(float(sum(others)) for _ in NAMES[2:]))
        return Measurement(dict(zip(NAMES, values, strict=True)), {"top-1": 0.1})


@pytest.fixture
def evaluator(monkeypatch: pytest.MonkeyPatch) -> str:
    """`Named`, as a spec names it."""
    monkeypatch.setattr(toy, "Named", Named, raising=False)
    return "toy:Named"


def test_these_names_work_everywhere(new_run, evaluator, tmp_path: Path, capsys) -> None:
    constraints = ["top1 accuracy <= 1e3", "Größe >= 0", "a.b_drop <= 99"]
    job = new_run(evaluator=evaluator, objectives=list(NAMES), constraints=constraints, budget={"n_trials": 8})
    assert job.run() is JobState.SUCCEEDED
    stored = Job(job.store, job.id)
    html, png = stored.report(tmp_path / "report.html")
    assert "top-1" in html.read_text()
    assert png.stat().st_size > 0
    assert {"top1 accuracy", "top-1_se", "a.b_drop"} <= set(stored.trials_dataframe().columns)
    print_front(stored)
    print_trials(stored, job.trials, 3)
    shown = capsys.readouterr().out
    assert [name for name in NAMES if name not in shown] == []


@pytest.mark.parametrize("name", ["", "a@b", "top 1 ", "a<b", "1st", 3])
def test_others_are_refused_before_anything_runs(new_run, evaluator, monkeypatch, name) -> None:
    monkeypatch.setattr(Named, "metrics", {**Named.metrics, name: "minimize"})
    with pytest.raises(PluginError, match=r"evaluator 'toy:Named': it measures .*; the name of a metric begins with a"):
        new_run(evaluator=evaluator, objectives=["top-1"])


def test_metrics_are_a_mapping(new_run, evaluator, monkeypatch) -> None:
    monkeypatch.setattr(Named, "metrics", ["top-1"])
    with pytest.raises(PluginError, match=r"its metrics are \['top-1'\]; map names to directions"):
        new_run(evaluator=evaluator, objectives=["top-1"])


def test_a_metric_that_is_priced_and_declared_by_the_evaluator_is_refused(new_network_run, monkeypatch) -> None:
    monkeypatch.setattr(toy.ToyNetwork, "metrics", {**toy.Toy.metrics, "weight_bytes": "minimize"})
    with pytest.raises(SpecError) as caught:
        new_network_run()
    assert caught.value.problems == [
        "objectives[1]: 'weight_bytes' is priced by the cost model 'weight_bytes' and measured by the evaluator "
        "'toy:ToyNetwork'; give one of the two another name"
    ]


def test_a_measurement_never_takes_the_place_of_a_price(new_network_run, monkeypatch) -> None:
    """A front of one network of 1.0 byte came of it."""

    def score(self: Any, prepared: Prepared, split: SplitName) -> Measurement:
        found = toy.Toy.score(self, prepared, split)
        cheap = {"weight_bytes": 1.0} if sum(prepared.candidate or (0,)) > 11 else {}
        return Measurement({**found.metrics, **cheap})

    monkeypatch.setattr(toy.ToyNetwork, "score", score)
    job = new_network_run(budget={"n_trials": 40})
    assert job.run() is JobState.SUCCEEDED
    failed = [trial for trial in job.trials if trial.state is TrialState.FAIL]
    assert failed
    for trial in failed:
        assert trial.error == (
            "the evaluator measured 'weight_bytes', which a cost model prices; give one of the two another name"
        )
    assert min(trial.metrics["weight_bytes"] for trial in job.trials) > 1.0
