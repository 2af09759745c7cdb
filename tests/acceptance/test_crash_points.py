"""The search dies just before and just after the commit of a write, of every write: `resume` comes to the same end."""

from __future__ import annotations

import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import autoquant as aq

BASELINES = '''

from autoquant_search_spaces.choices import Choices


class Uniform(Choices):
    """With a baseline."""

    def uniform(self):
        return {"least": (0,) * len(self.choices)}


class WithFloat(Toy):
    """With a float network."""

    has_reference = True

    def score(self, prepared, split):
        if prepared.candidate is None:
            return Measurement({"score": 0.99, "price": 16.0}, {"score": 0.01})
        return super().score(prepared, split)
'''

Dies = Callable[..., bool]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, folder) -> str:
    return folder.store if request.param == "sqlite" else request.getfixturevalue("postgresql")


def write(folder: Any, toy: dict[str, Any]) -> Path:
    """Baselines, trials in several asks, a front and test scores; nothing is taken from the jobs before."""
    modules = folder.path / "workers.py"
    modules.write_text(modules.read_text() + BASELINES)
    space = toy["space"] | {"name": "workers:Uniform"}
    changes = {"space": space, "evaluator": "workers:WithFloat", "budget": {"n_trials": 8}}
    return folder.write(toy, **changes, max_pending=3, reuse=False)


@pytest.fixture
def spec(folder, toy) -> Path:
    return write(folder, toy)


@pytest.fixture
def dies(folder, store) -> Dies:
    """Runs a command that is to be killed at one of its writes; whether it came to that."""

    def at(moment: str, *arguments: object) -> bool:
        ended = folder.start(*arguments, store=store, more={"AUTOQUANT_CRASH_AT": moment}).wait()
        assert ended.code in (0, -signal.SIGKILL), ended.err
        return ended.code != 0

    return at


@pytest.fixture(scope="module")
def untouched(shared, toy, truth) -> dict[str, Any]:
    """What the search comes to when nobody touches it."""
    assert shared.run("search", write(shared, toy)).code == 0
    return truth(shared.job())


def measured(job: aq.Job) -> int:
    """Trials that a worker measured."""
    return sum(trial.worker is not None for trial in job.trials())


CHOSEN: dict[str, Callable[[aq.Job], bool]] = {
    "4:after": lambda job: len([b for b in job.baselines() if b.metrics]) == 1,
    "7:before": lambda job: bool(list(job.trials())) and not measured(job),
    "7:after": lambda job: 0 < measured(job) < 8 and not any(trial.test_metrics for trial in job.front()),
}
"""A write, and what is stored when the process dies there."""


@pytest.mark.parametrize("moment", CHOSEN)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_law_1_dies_at_a_chosen_write(folder, spec, store, dies, untouched, truth, moment):
    assert dies(moment, "search", spec)
    job = folder.job()
    assert CHOSEN[moment](job)
    assert folder.run("resume", store=store).code == 0
    assert truth(job) == untouched


SENSITIVE = {"sensitivity_baseline": True, "budget": {"n_trials": 24}, "reuse": False}


@pytest.fixture(scope="module")
def untouched_sensitive(shared, toy, truth) -> dict[str, Any]:
    """What a search with the sensitivity baseline comes to when nobody touches it."""
    assert shared.run("search", shared.write(toy, "sensitive.yaml", **SENSITIVE)).code == 0
    return truth(shared.job())


@pytest.mark.parametrize(("moment", "kept"), [("9:after", 5), ("24:before", 17)])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_law_1_dies_within_the_sensitivity_baseline(folder, toy, store, dies, truth, untouched_sensitive, moment, kept):
    assert dies(moment, "search", folder.write(toy, **SENSITIVE))
    job = folder.job()
    before = job.store.single_changes(job.id)
    assert len(before) == kept
    assert not list(job.trials())
    assert folder.run("resume", store=store).code == 0
    assert job.store.single_changes(job.id)[:kept] == before
    assert truth(job) == untouched_sensitive
    assert any(one.kind == "sensitivity" for one in job.baselines())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_law_1_dies_at_every_write(folder, spec, store, dies, untouched, truth, newest_job):
    """A new search for each moment; the first that nothing kills has passed all of its writes."""
    resumed = 0
    for moment in (f"{number}:{when}" for number in count(1) for when in ("before", "after")):
        if not dies(moment, "search", spec):
            break
        if moment == "1:before":
            continue  # this was to store the job
        assert folder.run("resume", store=store).code == 0
        job = newest_job(store)
        assert truth(job) == untouched, moment
        resumed += 1
    print(f"{resumed} moments")
    assert resumed > 30
    assert job.id + 1 == newest_job(store).id


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_law_1_each_resume_dies_a_little_later(folder, spec, store, dies, untouched, truth, newest_job):
    """The same job all along: what a resume writes that the search did not is covered too."""
    assert dies("7:after", "search", spec)
    job = newest_job(store)
    deaths = 0
    for moment in (f"{number}:{when}" for number in count(1) for when in ("before", "after")):
        if not dies(moment, "resume"):
            break
        deaths += 1
    print(f"{deaths} deaths")
    assert deaths > 10
    assert truth(job) == untouched


def test_a_wrong_moment_is_refused(folder, toy):
    run = folder.start("search", folder.write(toy), more={"AUTOQUANT_CRASH_AT": "17"}).wait()
    assert run.code == 2
    accepted = "accepted: the number of a write and :before or :after"
    assert run.err == f"error: AUTOQUANT_CRASH_AT: '17' is no moment; {accepted}\n"
