"""Limits of a measurement and of a job; `tests/acceptance/test_ray_faults.py` has those of a worker."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

import autoquant as aq
from autoquant import plugins

EVALUATOR = '''
import time

from autoquant import Choice, Evaluator, Measurement, SearchSpace


class Limited(Evaluator):
    """Two metrics that pull apart."""

    metrics = {"a": "minimize", "b": "minimize"}

    def bounds(self):
        return {"a": (0.0, 1.0), "b": (0.0, 1.0)}

    def score(self, prepared, split):
        share = sum(prepared.candidate) / sum(len(choice.options) - 1 for choice in prepared.space.choices)
        return Measurement({"a": share, "b": 1 - share**2})


class Hanging(Limited):
    """Of the baselines, one hangs on the search split and another on the test split."""

    def score(self, prepared, split):
        if (prepared.candidate, split) in [((1, 1), "search"), ((2, 2), "test")]:
            time.sleep(600)
        return super().score(prepared, split)


class Two(SearchSpace):
    """Two choices, with baselines of equal options."""

    def __init__(self, network):
        super().__init__([Choice("x", (1, 2, 3)), Choice("y", (1, 2, 3))])

    def uniform(self):
        return {str(option): (option - 1, option - 1) for option in (1, 2, 3)}
'''


@pytest.fixture
def folder(tmp_path: Path):
    (tmp_path / "limited.py").write_text(EVALUATOR)
    yield tmp_path
    plugins.leave_folder()


def spec(folder: Path, **changes) -> aq.SearchSpec:
    fields = {
        "space": {"name": "choices", "choices": {"x": [1, 2, 3], "y": [1, 2, 3]}},
        "evaluator": "limited:Limited",
        "objectives": ["a", "b"],
        "searcher": "random",
        "pool": "inline",
        "folder": str(folder),
    }
    return aq.SearchSpec(**fields | changes)


def test_a_pool_that_cannot_end_a_trial_takes_no_limit(folder):
    with pytest.raises(aq.SpecError, match=r"trial_seconds: the pool 'inline' cannot end a trial; use the pool 'ray'"):
        aq.search(spec(folder, trial_seconds=3), "sqlite://")


def test_baselines_and_test_scores_have_the_limit_of_trials(folder):
    changes = {"space": "limited:Two", "evaluator": "limited:Hanging", "budget": {"n_trials": 9}}
    pool = {"name": "ray", "workers": 2}
    store = f"sqlite:///{folder / 'jobs.db'}"
    over_time = "it took longer than the 3 seconds that it may take"
    with pytest.raises(aq.JobFailed, match="could not be scored on the test split:\n" + over_time):
        aq.search(spec(folder, **changes, pool=pool, trial_seconds=3, sensitivity_baseline=False), store)
    job = aq.load_job(store=store)
    assert (job.state, job.record.finished) == ("FAILED", 9)
    first, second, third = (one for one in job.baselines() if one.kind == "uniform")
    assert (first.error, second.error, third.error) == (None, over_time, None)
    assert [bool(one.test) for one in (first, second, third)] == [True, False, False]
    hung = [trial.number for trial in job.front() if trial.candidate == (2, 2)]
    assert "baseline 3" in job.record.message
    assert [trial.number for trial in job.front() if trial.test is None] == hung
    assert len(job.front()) > len(hung)
    replaced = [event.text for event in job.logs() if event.level == "warning"]
    assert any(text.endswith(f"is replaced: {over_time}") for text in replaced)


def test_the_budget_of_seconds_counts_over_resumes(folder, monkeypatch):
    """On a clock that goes on by a second whenever a job looks at it."""
    monkeypatch.setattr("autoquant.running.job_run.time", SimpleNamespace(monotonic=itertools.count(1.0).__next__))
    space = {"name": "choices", "choices": {name: [1, 2, 3] for name in "abcdef"}}
    store = f"sqlite:///{folder / 'jobs.db'}"
    job = aq.search(spec(folder, space=space, budget={"n_trials": 500, "seconds": 60}), store)
    record = job.record
    assert (record.state, record.message) == ("SUCCEEDED", "the budget of 60 seconds is used up")
    assert 1 <= record.finished < 200
    assert record.seconds >= 60
    again = aq.resume(job.id, store).record
    assert (again.state, again.finished) == ("SUCCEEDED", record.finished)
    assert again.seconds > record.seconds


def test_a_budget_that_is_used_up_before_the_first_trial_says_so(folder):
    with pytest.raises(aq.JobFailed, match=r"no trial was measured: the budget of 1e-06 seconds is used up"):
        aq.search(spec(folder, budget={"n_trials": 5, "seconds": 1e-6}), "sqlite://")


def test_a_search_ends_when_its_hypervolume_stands_still(folder):
    space = {"name": "choices", "choices": {name: [1, 2] for name in "abcdef"}}
    job = aq.search(spec(folder, space=space, budget={"n_trials": 64, "stagnation": 12}), "sqlite://")
    record = job.record
    grew = job.hypervolume_history()[-1][0]
    assert record.state == "SUCCEEDED"
    assert record.message.startswith("the hypervolume has not grown in ")
    assert grew + 12 <= record.finished < 64
