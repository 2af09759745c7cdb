"""Jobs whose evaluator gives what no store can keep: that trial ends FAIL with one sentence, the job goes on."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import postgres
import pytest
from careless import BAD, CHOICES

from autoquant.errors import TEXT_LENGTH
from autoquant.job import JobState
from autoquant.json_views import trial_json
from autoquant.store import Store
from autoquant.trial import TrialState


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    started = postgres.Server()
    yield started
    started.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "sqlite":
        yield Store("sqlite://")
        return
    server = request.getfixturevalue("server")
    opened = Store(server.url(server.new_database()))
    yield opened
    opened.close()


def new_job(new_run: Callable[..., Any], store: Store, **changes: Any) -> Any:
    """A job over every bad value, after two sound ones."""
    fields = {
        "space": {"name": "choices", "choices": CHOICES},
        "evaluator": "careless:Careless",
        "searcher": "careless:InOrder",
        "budget": {"n_trials": 2 * len(CHOICES["which"])},
    }
    return new_run(store, **fields | changes)


def check(job: Any) -> None:
    """Each bad value is the end of its trials, with its sentence; the sound ones are measured."""
    assert [trial.candidate[0] for trial in job.trials] == [which for which in CHOICES["which"] for _ in "12"]
    for trial in job.trials:
        which = trial.candidate[0]
        if which == 0:
            assert (trial.state, trial.seconds) == (TrialState.COMPLETE, 0.5)
        elif which <= len(BAD):
            assert (trial.state, trial.error[: len(BAD[which - 1][1])]) == (TrialState.FAIL, BAD[which - 1][1])
            assert "\n" not in trial.error
        else:
            assert trial.state is TrialState.FAIL
            assert len(trial.error) <= TEXT_LENGTH


@pytest.mark.parametrize("pool", ["inline", "toy:Shuffled"])
def test_a_value_that_cannot_be_kept_fails_its_trial_and_not_the_job(new_run, store, pool):
    """`toy:Shuffled` is a pool of one's own: it hands over what an evaluator gives as it is."""
    job = new_job(new_run, store, pool=pool)
    assert job.run() is JobState.SUCCEEDED
    check(job)


def test_a_job_that_meets_such_values_is_resumed(new_run, store):
    job = new_job(new_run, store)
    polls = iter(range(1000))
    assert job.run(interrupted=lambda: next(polls) > 20) is JobState.PAUSED
    assert 4 < store.job(job.id).finished < 2 * len(CHOICES["which"])
    assert job.run() is JobState.SUCCEEDED
    check(job)


def test_what_was_reported_on_the_way_may_be_no_number(new_run):
    job = new_job(new_run, Store("sqlite://"))
    job.run()
    (step,) = job.trials[0].search.steps
    assert (step.step, step.metrics["loss"], math.isnan(step.metrics["not yet"])) == (1, 0.5, True)
    assert trial_json(job.trials[0], job.store.job(job.id))["steps"] == [
        {"step": 1, "metrics": {"loss": 0.5, "not yet": None}}
    ]


def test_a_long_error_keeps_its_beginning_and_its_end(new_run):
    job = new_job(new_run, Store("sqlite://"))
    job.run()
    long = next(trial.error for trial in job.trials if trial.candidate[0] == CHOICES["which"][-2])
    assert len(long) == TEXT_LENGTH
    assert long.startswith("Traceback")
    assert re.search(r"x\n\[\.\.\. 1,99\d,\d+ characters and more are cut \.\.\.\]\nx{7,}", long)
