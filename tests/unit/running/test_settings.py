"""Proposals of settings: a training run derives the candidate, which is priced when it is told."""

from __future__ import annotations

from typing import Any

import pytest
from mortal import Killed, Mortal

from autoquant.job import JobState
from autoquant.json_views import trial_json
from autoquant.testing.examples import expire_lease
from autoquant.trial import Step, TrialState

CHANGES: dict[str, Any] = {"searcher": "toy:TradeOffs", "evaluator": "toy:Deriving", "budget": {"n_trials": 12}}


def test_what_settings_derived_is_priced_measured_and_told(new_network_run: Any) -> None:
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
        assert trial_json(trial)["steps"][1] == {"step": 1, "metrics": {"size": 1.0}}
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
