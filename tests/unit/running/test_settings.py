"""Proposals of settings: a training run derives the candidate, whose costs are known when it is told."""

from __future__ import annotations

from typing import Any

import pytest
from mortal import Killed, Mortal
from toy import Deriving

from autoquant.errors import SpecError
from autoquant.job import JobState
from autoquant.json_views import trial_json
from autoquant.testing.examples import expire_lease
from autoquant.trial import Step, TrialState

CHANGES: dict[str, Any] = {"searcher": "toy:TradeOffs", "evaluator": "toy:Deriving", "budget": {"n_trials": 12}}


def test_what_settings_derived_has_costs_is_measured_and_told(new_network_run: Any) -> None:
    job = new_network_run(**CHANGES, constraints=["weight_bytes <= 3000"])
    assert job.run() is JobState.SUCCEEDED
    for trial in job.trials:
        assert trial.state is TrialState.COMPLETE
        assert trial.settings == {"trade_off": 0.01 * 1.5**trial.number}
        assert trial.candidate == trial.search.candidate
        assert trial.options == job.plan.space.decode(trial.candidate)
        assert trial.costs == job.plan.pricer.of(trial.candidate)
        assert bool(trial.violations) == (trial.costs["weight_bytes"] > 3000)
        assert trial.search.steps == (Step(0, {"size": 0.0}), Step(1, {"size": 1.0}))
        assert trial_json(trial, job.store.job(job.id))["steps"][1] == {"step": 1, "metrics": {"size": 1.0}}
    assert {bool(trial.violations) for trial in job.trials} == {True, False}
    front = job.store.front(job.id)
    assert all(trial.feasible and trial.test_metrics for trial in front)


def test_settings_that_derive_nothing_fail_their_trial(new_network_run: Any) -> None:
    evaluator = {"name": "toy:Deriving", "nothing": 0.1}
    job = new_network_run(**CHANGES | {"evaluator": evaluator})
    assert job.run() is JobState.SUCCEEDED
    failed = [trial for trial in job.trials if trial.state is TrialState.FAIL]
    assert [trial.number for trial in failed] == [6, 7, 8, 9, 10, 11]
    assert all("its settings derived no candidate" in trial.error for trial in failed)
    assert all(trial.candidate == () and trial.options == {} for trial in failed)


def test_the_same_settings_are_run_once_across_jobs(new_network_run: Any, calls: list[Any]) -> None:
    first = new_network_run(**CHANGES)
    first.run()
    calls.clear()
    second = new_network_run(**CHANGES, store=first.store)
    second.run()
    assert calls == []
    assert [t.candidate for t in second.trials] == [t.candidate for t in first.trials]
    assert second.trials[3].measured_by == f"job {first.id} trial 3"


@pytest.mark.parametrize("dies_at", [2, 5, 9, 12])
def test_law_1_holds_for_settings(new_network_run: Any, dies_at: int) -> None:
    whole, job = new_network_run(**CHANGES), new_network_run(**CHANGES)
    whole.run()
    with pytest.raises(Killed):
        job.run(Mortal(job.store, dies_at, True))
    expire_lease(job.store, job.id)
    assert job.run() is JobState.SUCCEEDED
    assert job.truth == whole.truth


def test_an_evaluator_that_derives_nothing_is_refused_before_a_trial(new_network_run: Any) -> None:
    with pytest.raises(SpecError, match=r"evaluator: 'toy:ToyNetwork' derives no candidate from settings, which 'toy:"):
        new_network_run(**CHANGES | {"evaluator": "toy:ToyNetwork"})


def test_a_test_score_is_that_of_its_own_settings(new_network_run: Any, calls: list[Any]) -> None:
    job = new_network_run(**CHANGES, sensitivity_baseline=False)
    job.run()
    front = {trial.candidate: trial for trial in job.store.front(job.id)}
    equal = [b for b in job.store.baselines(job.id) if b.candidate in front and b.test is not None]
    assert equal, "a uniform network that a training run derived too"
    scored = [candidate for candidate, split in calls if split == "test"]
    assert all(scored.count(baseline.candidate) == 2 for baseline in equal), "other weights, another score"


def test_measurements_that_depend_on_the_seed_serve_jobs_of_that_seed(
    new_network_run: Any, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deriving, "uses_seed", True)
    first = new_network_run(**CHANGES)
    first.run()
    new_network_run(**CHANGES, store=first.store).run()
    once = len(calls)
    new_network_run(**CHANGES, store=first.store, seed=1).run()
    assert len(calls) == 2 * once


def test_each_checkpoint_of_one_candidate_has_its_own_test_score(new_network_run: Any) -> None:
    """Runs of other settings may derive the same candidate with other weights."""
    changes = CHANGES | {"evaluator": "toy:Checkpointed", "objectives": ["quality", "size", "weight_bytes"]}
    job = new_network_run(**changes)
    again = new_network_run(**changes, store=job.store)
    for one in (job, again):
        assert one.run() is JobState.SUCCEEDED
        front = one.store.front(one.id)
        assert len({trial.candidate for trial in front}) < len(front)
        for trial in front:
            assert trial.artifacts == {"checkpoint": f"memory:{trial.number}"}
            assert trial.test_metrics["size"] == trial.number
