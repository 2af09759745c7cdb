"""Jobs that version 0.1 stored, at schema 0003: they open, and resumed they go on as that version would have.

Two do not, for `nsga3` proposes otherwise where what is measured is constrained: they end with a sentence.

Each is the dump of a paused job (``.sql``), with what it came to when it was not paused (``.json``).
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from autoquant_workers import post_training

from autoquant import client
from autoquant.errors import JobFailed, SpecError
from autoquant.job import JobState
from autoquant.store import Store

FOLDER = Path(__file__).parents[1] / "data" / "stored_jobs"
NAMES = sorted(file.stem for file in FOLDER.glob("*.sql"))
CONSTRAINED = ["choices", "nsga3"]
"""Searched by `nsga3`, with a constraint on what is measured."""


@pytest.fixture
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """URL of a store with the paused job, and what its search came to."""
    file = tmp_path / "jobs.db"
    connection = sqlite3.connect(file)
    connection.executescript((FOLDER / f"{request.param}.sql").read_text())
    connection.close()
    Store(f"sqlite:///{file}", upgrade=True).close()
    return f"sqlite:///{file}", json.loads((FOLDER / f"{request.param}.json").read_text())


def near(found: Any, expected: Any) -> bool:
    """Equal but for the last digits of sums that processors order in their own way, and metrics that came later."""
    if isinstance(expected, dict):
        return found.keys() >= expected.keys() and all(near(found[key], expected[key]) for key in expected)
    return bool(found == pytest.approx(expected, rel=1e-6, nan_ok=True))


@pytest.mark.parametrize("stored", NAMES, indirect=True)
def test_a_stored_job_of_an_earlier_version_opens(stored: tuple[str, dict[str, Any]]) -> None:
    url, expected = stored
    job = client.load_job(store=url)
    assert job.state is JobState.PAUSED
    for trial, wanted in zip(job.trials(), expected["trials"], strict=False):
        assert list(trial.candidate) == wanted["candidate"]
        if trial.state.finished:
            assert (str(trial.state), dict(trial.violations)) == (wanted["state"], wanted["violations"])
            assert dict(trial.metrics) == wanted["metrics"]
    labels = [(one.label, one.kind) for one in job.baselines()]
    assert labels == [(one["label"], one["kind"]) for one in expected["baselines"]]
    assert job.front()
    assert job.report_data().sensitivity


@pytest.fixture
def as_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """``post_training`` in version 2: weights go to nearest by default."""
    given: Any = post_training.Options
    monkeypatch.setattr(post_training, "Options", lambda rounding, *more: given(rounding or "nearest", *more))
    monkeypatch.setattr(post_training.PostTraining, "version", "2")


@pytest.mark.parametrize("stored", ["post_training"], indirect=True)
def test_where_the_evaluator_measures_otherwise_now_it_is_not_resumed(stored: tuple[str, dict[str, Any]]) -> None:
    with pytest.raises(SpecError, match=r"evaluator: job 1 began with .* version 2, this is .* start a new search"):
        client.resume(store=stored[0])
    assert client.load_job(store=stored[0]).state is JobState.PAUSED


@pytest.mark.parametrize("stored", CONSTRAINED, indirect=True)
def test_where_the_searcher_proposes_otherwise_now_nothing_is_lost(stored: tuple[str, dict[str, Any]]) -> None:
    before = list(client.load_job(store=stored[0]).trials())
    with pytest.raises(JobFailed, match="the searcher proposes something else than is stored; it is not the version"):
        client.resume(store=stored[0])
    assert list(client.load_job(store=stored[0]).trials())[: len(before)] == before


@pytest.mark.usefixtures("as_then")
@pytest.mark.parametrize("stored", [name for name in NAMES if name not in CONSTRAINED], indirect=True)
def test_resumed_it_proposes_and_finds_what_it_would_have(stored: tuple[str, dict[str, Any]]) -> None:
    url, expected = stored
    job = client.resume(store=url)
    trials = list(job.trials())
    assert [list(trial.candidate) for trial in trials] == [wanted["candidate"] for wanted in expected["trials"]]
    for trial, wanted in zip(trials, expected["trials"], strict=True):
        assert str(trial.state) == wanted["state"]
        assert (trial.ask, trial.told, trial.requested) == (wanted["ask"], wanted["told"], wanted["requested"])
        assert near(dict(trial.metrics), wanted["metrics"])
        assert near(dict(trial.standard_errors), wanted["standard_errors"])
        assert near(dict(trial.violations), wanted["violations"])
        assert near(dict(trial.test_metrics), wanted["test_metrics"])
        assert trial.measured_by == wanted["measured_by"]
        assert (trial.error or "").strip().splitlines()[-1:] == wanted["error"]
    record = job.record
    assert (str(record.state), record.message) == (expected["state"], expected["message"])
    assert [record.finished, record.failed, record.pruned, record.front_size] == expected["counts"]
    assert record.hypervolume == pytest.approx(expected["hypervolume"], rel=1e-9)
    assert [trial.number for trial in job.store.front(job.id)] == expected["front"]
    for baseline, wanted in zip(job.baselines(), expected["baselines"], strict=True):
        assert (baseline.label, baseline.kind) == (wanted["label"], wanted["kind"])
        assert near(dict(baseline.metrics), wanted["metrics"])
        assert near(dict(baseline.test_metrics), wanted["test_metrics"])
    assert len(job.store.single_changes(job.id)) == expected["single_changes"]
    assert {name: len(points) for name, points in job.curves().items()} == {
        name: len(points) for name, points in expected["curves"].items()
    }
