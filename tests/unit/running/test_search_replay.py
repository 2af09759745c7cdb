"""Law 1 of docs/architecture.md: the store is the only state."""

from __future__ import annotations

from typing import Any

import pytest
from mortal import Killed, Mortal

from autoquant.errors import JobFailed
from autoquant.job import JobState
from autoquant.testing.examples import expire_lease
from autoquant.trial import TrialState

SEARCHERS: dict[str, Any] = {
    "nsga3": {"name": "nsga3", "population": 5},
    "random": "random",
    "ppo": {"name": "ppo", "episodes": 4, "epochs": 1, "minibatches": 1, "hidden": 4},
    "repeating": "toy:Repeating",
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("searcher", SEARCHERS)
def test_law_1_worker_timing_never_changes_a_search(new_run, searcher, seed):
    changes = {"searcher": SEARCHERS[searcher], "max_pending": 7, "evaluator": {"name": "toy:Toy", "fail": [6]}}
    calm, wild = new_run(**changes), new_run(**changes, pool={"name": "toy:Shuffled", "seed": seed})
    assert calm.run() is wild.run() is JobState.SUCCEEDED
    assert [(t.number, t.state, t.candidate, t.ask, t.told, t.requested, t.metrics) for t in calm.trials] == [
        (t.number, t.state, t.candidate, t.ask, t.told, t.requested, t.metrics) for t in wild.trials
    ]
    assert [trial.number for trial in calm.store.front(calm.id)] == [
        trial.number for trial in wild.store.front(wild.id)
    ]
    assert calm.store.job(calm.id).hypervolume == pytest.approx(wild.store.job(wild.id).hypervolume, rel=1e-12)


@pytest.mark.parametrize(
    "after", [pytest.param(False, marks=pytest.mark.slow), True], ids=["before the write", "after the write"]
)
@pytest.mark.parametrize("pool", [pytest.param("inline", marks=pytest.mark.slow), "toy:Shuffled"])
@pytest.mark.parametrize("searcher", SEARCHERS)
def test_law_1_killed_at_any_write_and_resumed_it_is_as_if_nothing_had_happened(new_run, searcher, pool, after):
    changes: dict[str, Any] = {
        "searcher": SEARCHERS[searcher],
        "evaluator": {"name": "toy:Toy", "fail": [6], "not_finite": [8]},
        "budget": {"n_trials": 10},
        "pool": pool,
    }
    undisturbed = new_run(**changes)
    undisturbed.run()
    truth, writes = undisturbed.truth, 0
    killed = True
    while killed:
        writes += 1
        job = new_run(**changes)
        try:
            job.run(Mortal(job.store, writes, after))
            killed = False
        except Killed:
            pass
        if killed:
            kept = {trial.number: trial for trial in job.trials if trial.state.finished}
            expire_lease(job.store, job.id)
            job.run()
            again = [t for t in job.trials if t.number in kept]
            assert [(t.number, t.started, t.ended) for t in again] == [
                (t.number, t.started, t.ended) for t in kept.values()
            ], "a finished trial was measured again"
        assert job.truth == truth, f"killed at write {writes}"
    assert writes > 15


@pytest.mark.parametrize("searcher", SEARCHERS)
@pytest.mark.parametrize("first", [1, 3, 7, 13, 20])
def test_law_1_a_larger_budget_on_resume_gives_the_longer_search(new_run, searcher, first):
    changes: dict[str, Any] = {"searcher": SEARCHERS[searcher], "max_pending": 6}
    whole, parts = new_run(**changes, budget={"n_trials": 20}), new_run(**changes, budget={"n_trials": first})
    whole.run()
    parts.run()
    assert len(parts.trials) == first
    parts.run(n_trials=20)
    assert [(t.candidate, t.state, t.metrics) for t in parts.trials] == [
        (t.candidate, t.state, t.metrics) for t in whole.trials
    ]
    assert parts.store.job(parts.id).hypervolume == pytest.approx(whole.store.job(whole.id).hypervolume, rel=1e-12)
    scored = {trial.number for trial in parts.trials if trial.test_metrics}
    assert scored >= {trial.number for trial in parts.store.front(parts.id)}


def test_law_1_a_searcher_that_proposes_something_else_on_replay_is_refused(new_run):
    job = new_run()
    with pytest.raises(Killed):
        job.run(Mortal(job.store, 9, True))
    expire_lease(job.store, job.id)
    object.__setattr__(job.plan.spec, "seed", 1)
    with pytest.raises(JobFailed, match=r"replay: at trial \d+ the searcher proposes something else than is stored"):
        job.run()
    assert job.store.job(job.id).state is JobState.FAILED


def test_law_1_a_trial_is_stored_before_a_worker_sees_it(new_run, monkeypatch):
    job = new_run(pool="toy:Shuffled")
    pool = job.plan.pool()
    monkeypatch.setattr(type(job.plan), "pool", lambda _: pool)
    submit, seen = pool.submit, []

    def checked(task):
        if task.split == "search" and task.key.startswith("trial "):
            stored = {trial.number: trial for trial in job.trials}
            seen.append(int(task.key.removeprefix("trial ")))
            assert stored[seen[-1]].state is TrialState.RUNNING
        submit(task)

    monkeypatch.setattr(pool, "submit", checked)
    job.run()
    assert seen == list(range(24))


def test_law_1_results_are_told_in_the_order_of_proposals(new_run, monkeypatch):
    job = new_run(pool="toy:Shuffled", evaluator={"name": "toy:Toy", "fail": [5, 6]}, searcher="random")
    searcher = job.plan.searcher()
    monkeypatch.setattr(type(job.plan), "searcher", lambda _: searcher)
    told: list[Any] = []
    learn = searcher.learn
    monkeypatch.setattr(searcher, "learn", lambda results: (told.extend(results), learn(results))[1])
    job.run()
    assert [proposal.number for proposal, _ in told] == list(range(len(told)))
    failed = {trial.number for trial in job.trials if trial.state is TrialState.FAIL}
    assert failed
    assert {proposal.number for proposal, metrics in told if metrics is None} == {n for n in failed if n < len(told)}
