"""Everything that is measured goes one way: time limits, retries, equal requests and reuse for all of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import toy

from autoquant.errors import JobFailed
from autoquant.job import JobState
from autoquant.planning.plan import Plan
from autoquant.trial import TrialState


def test_trial_seconds_bind_trials_baselines_and_test_scores(new_network_run: Any) -> None:
    toy.Clock.given.clear()
    changes = {"pool": "toy:Clock", "trial_seconds": 7, "sensitivity_baseline": True, "searcher": "random"}
    assert new_network_run(**changes).run() is JobState.SUCCEEDED
    kinds = Counter((task.key.partition(" ")[0], task.split) for task in toy.Clock.given)
    assert set(kinds) == {("baseline", "search"), ("trial", "search"), ("baseline", "test"), ("trial", "test")}
    assert {task.request.seconds for task in toy.Clock.given} == {7.0}


@pytest.mark.parametrize("losses", [1, 2])
def test_whatever_is_lost_with_its_worker_is_measured_again(new_network_run: Any, losses: int) -> None:
    calm = new_network_run(budget={"n_trials": 9})
    frail = new_network_run(budget={"n_trials": 9}, pool={"name": "toy:Frail", "losses": losses})
    calm.run()
    assert frail.run() is JobState.SUCCEEDED
    assert [(t.candidate, t.metrics, t.test_metrics) for t in frail.trials] == [
        (t.candidate, t.metrics, t.test_metrics) for t in calm.trials
    ]
    measured = [trial for trial in frail.trials if trial.measured_by is None]
    assert {trial.attempt for trial in measured} == {1 + losses}
    assert Counter(lost.number for lost in frail.store.attempts(frail.id)) == Counter(
        {trial.number: losses for trial in measured}
    )
    warnings = [event.text for event in frail.store.events(frail.id) if event.level == "warning"]
    assert any(text.startswith("baseline W4A8: attempt 1 was lost with its worker, it runs again") for text in warnings)


def test_a_baseline_that_is_lost_three_times_is_given_up(new_network_run: Any) -> None:
    job = new_network_run(pool={"name": "toy:Frail", "losses": 3})
    with pytest.raises(JobFailed, match="the float network could not be measured:\nthe worker was lost"):
        job.run()


def test_a_trial_is_asked_of_space_and_key_once(new_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.Counted.asked.clear()
    keys: Counter[Any] = Counter()
    key_of = Plan.measurement_key

    def counted(plan: Plan, canonical: Any, split: Any = "search", *others: Any) -> str:
        keys[canonical, split] += 1
        return key_of(plan, canonical, split, *others)

    monkeypatch.setattr(Plan, "measurement_key", counted)
    seen: list[Counter[Any]] = []
    job = new_run(space="toy:Counted", searcher="toy:Listing", budget={"n_trials": 30}, max_pending=7)

    def progress(now: Any) -> None:
        if now.phase == "search":
            seen[:] = [Counter(toy.Counted.asked), Counter({k: n for k, n in keys.items() if k[1] == "search"})]

    job.run(progress=progress)
    asked, key_counts = seen
    assert asked == Counter({trial.candidate: 1 for trial in job.trials})
    measured = {trial.candidate for trial in job.trials if trial.measured_by is None}
    assert key_counts == Counter({(None, "search"): 1, **{(candidate, "search"): 1 for candidate in measured}})


def test_equal_requests_share_one_measurement_and_its_failure(new_run: Any, calls: list[Any]) -> None:
    changes = {"space": "toy:Halves", "searcher": "toy:Repeating", "evaluator": {"name": "toy:Toy", "fail": [1]}}
    job = new_run(**changes, max_pending=24, pool="toy:Shuffled", budget={"n_trials": 24})
    job.run()
    assert max(Counter(candidate for candidate, split in calls if split == "search").values()) == 1
    failed = [trial for trial in job.trials if trial.state is TrialState.FAIL]
    assert failed
    assert {trial.error for trial in failed if trial.measured_by} <= {t.error for t in failed if not t.measured_by}
