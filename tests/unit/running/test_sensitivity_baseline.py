"""The sensitivity baseline of a job: every option alone, then points of the front of their sum."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from toy import searched

from autoquant.errors import JobFailed
from autoquant.job import JobState
from autoquant.running.sensitivity_baseline import POINTS
from autoquant.store import HeldJob

BITS = {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8]}
"""Four layers of three weight and two activation bit-widths: 8 choices, so 13 single changes with the base."""


@pytest.fixture
def new_sensitive_run(new_network_run: Any) -> Any:
    return lambda **changes: new_network_run(**{"sensitivity_baseline": True, "budget": {"n_trials": 30}} | changes)


def points(job: Any) -> list[Any]:
    """Of the sensitivity baseline, or what stands for one that is excluded."""
    kinds = ("sensitivity", "no_sensitivity")
    return [baseline for baseline in job.store.baselines(job.id) if baseline.kind in kinds]


def stop_among_single_changes(updates: list[Any]) -> bool:
    """Whether some of the 13 single changes are measured."""
    return bool(updates) and updates[-1].total == 13 and updates[-1].finished > 2


def test_every_option_alone_is_measured_and_not_listed_then_points_of_the_front(
    new_sensitive_run: Any, calls: list[Any]
) -> None:
    job = new_sensitive_run()
    assert job.run() is JobState.SUCCEEDED
    changes = job.store.single_changes(job.id)
    top = tuple(len(choice.options) - 1 for choice in job.plan.space.choices)
    assert changes[0].candidate == top
    assert len(changes) == 13
    assert all(sum(a != b for a, b in zip(one.candidate, top, strict=True)) == 1 for one in changes[1:])
    listed = job.store.baselines(job.id)
    assert [one.label for one in listed[-7:]] == [f"sensitivity {i}" for i in range(1, 8)]
    assert len(points(job)) == 7, "the whole front of these four layers"
    sizes = [one.metrics["weight_bytes"] for one in points(job)]
    assert sizes == sorted(sizes)
    assert all(one.test_metrics.keys() == {"loss", "size", "quality"} for one in listed)
    assert not any(one.test_metrics for one in changes)


def test_what_a_baseline_measured_costs_nothing_again(new_sensitive_run: Any, calls: list[Any]) -> None:
    job = new_sensitive_run(searcher="sensitivity", reuse=False)
    job.run()
    assert len(searched(calls)) == len(set(searched(calls)))
    free = [trial.measured_by for trial in job.trials if trial.measured_by]
    assert len([one for one in free if one.startswith("baseline single change")]) == 12
    assert free[0] == "baseline W8A8", "of equal networks the uniform one is named"
    assert any(one.startswith("baseline sensitivity") for one in free)


def test_the_same_baseline_whichever_search_it_is_compared_with(new_sensitive_run: Any) -> None:
    jobs = [new_sensitive_run(searcher=name) for name in ("nsga3", "random")]
    for job in jobs:
        job.run()
    assert points(jobs[0]) == points(jobs[1])


@pytest.mark.parametrize(("reuse", "fail"), [(False, []), (True, [11])])
def test_law_1_dying_at_its_writes_measures_nothing_stored_again(
    new_sensitive_run: Any, calls: list[Any], monkeypatch: pytest.MonkeyPatch, reuse: bool, fail: list[int]
) -> None:
    changes = {"reuse": reuse, "evaluator": {"name": "toy:ToyNetwork", "fail": fail}, "budget": {"n_trials": 14}}
    whole = new_sensitive_run(**changes)
    whole.run()
    save = HeldJob.save_baselines
    for dies_at in (1, 2, 8, 13, 14, 15):
        job, saved = new_sensitive_run(**changes), itertools.count(1)

        def save_and_die(held: HeldJob, placed: Any, *shared: Any, saved: Any = saved, dies_at: int = dies_at) -> None:
            save(held, placed, *shared)
            mine = [one for one in placed.values() if one.kind not in ("float", "uniform")]
            if [next(saved) for _ in mine][-1:] >= [dies_at]:
                raise RuntimeError("killed")

        monkeypatch.setattr(HeldJob, "save_baselines", save_and_die)
        with pytest.raises(RuntimeError, match="killed"):
            job.run()
        monkeypatch.undo()
        kept = [*job.store.single_changes(job.id), *points(job)]
        stored = [one for one in kept if one.error is not None or "loss" in one.metrics]
        assert len(stored) >= dies_at
        calls.clear()
        assert job.run() is JobState.SUCCEEDED
        assert not {one.candidate for one in stored if one.error is None} & set(searched(calls))
        assert job.truth == whole.truth
        assert job.store.single_changes(job.id) == whole.store.single_changes(whole.id)


def test_a_stopped_job_goes_on_with_the_baseline_where_it_was(new_sensitive_run: Any, calls: list[Any]) -> None:
    whole, job = new_sensitive_run(), new_sensitive_run(pool={"name": "toy:Shuffled", "seed": 0})
    whole.run()
    updates: list[Any] = []
    assert job.run(progress=updates.append, interrupted=lambda: stop_among_single_changes(updates)) is JobState.PAUSED
    assert points(job) == []
    assert job.trials == []
    assert job.run() is JobState.SUCCEEDED
    assert job.truth == whole.truth


def test_its_progress_is_reported(new_sensitive_run: Any) -> None:
    updates: list[Any] = []
    job = new_sensitive_run(pool={"name": "toy:Shuffled", "seed": 0})
    job.run(progress=updates.append)
    steps = [(now.finished, now.total) for now in updates if now.phase == "baselines"]
    assert (7, 7) in steps, "the float network and the uniform bit-widths"
    assert (13, 13) in steps, "single changes"
    assert (7, 7) in steps[steps.index((13, 13)) :], "points of the front"
    phases = [phase for phase, _ in itertools.groupby(now.phase for now in updates)]
    assert phases == ["baselines", "search"], "the last that a listener hears is how the search ended"
    record = job.store.job(job.id)
    assert (record.phase, record.phase_done) == ("test scores", record.phase_total)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"budget": {"n_trials": 12}}, "it takes 13 measurements of single options, and the job has 12 trials"),
        (
            {"space": BITS | {"groups": {"all": ["*"]}, "activations": ["float"]}},
            "the space has fewer than two choices, so there is nothing to add up",
        ),
        (
            {"budget": {"n_trials": 20, "seconds": 0.001}},
            "its 13 measurements take more than half of the budget of 0.001 seconds",
        ),
    ],
)
def test_where_there_is_none_the_job_says_why(new_sensitive_run: Any, changes: dict[str, Any], reason: str) -> None:
    job = new_sensitive_run(**changes)
    if "seconds" in changes.get("budget", {}):
        with pytest.raises(JobFailed, match=r"the budget of 0\.001 seconds is used up"):
            job.run()
    else:
        assert job.run() is JobState.SUCCEEDED
    (none,) = points(job)
    assert (none.label, none.error) == ("sensitivity", reason)
    assert [e.text for e in job.store.events(job.id) if "sensitivity" in e.text] == [
        f"no sensitivity baseline: {reason}"
    ]
    kept = job.store.baselines(job.id)
    if "seconds" not in changes.get("budget", {}):
        job.run(n_trials=40)
        assert job.store.baselines(job.id) == kept, "it is decided once for all"


def test_one_that_was_begun_is_ended_whatever_the_number_of_trials(new_sensitive_run: Any) -> None:
    whole, job = new_sensitive_run(), new_sensitive_run(pool={"name": "toy:Shuffled", "seed": 0})
    whole.run()
    updates: list[Any] = []
    job.run(progress=updates.append, interrupted=lambda: stop_among_single_changes(updates))
    assert job.run(n_trials=5) is JobState.SUCCEEDED
    assert [(one.label, one.metrics) for one in points(job)] == [(one.label, one.metrics) for one in points(whole)]


def test_it_can_be_disabled(new_sensitive_run: Any) -> None:
    job = new_sensitive_run(sensitivity_baseline=False)
    job.run()
    assert points(job) == job.store.single_changes(job.id) == []


def test_where_every_single_change_fails_the_job_goes_on_without(new_sensitive_run: Any) -> None:
    job = new_sensitive_run(evaluator={"name": "toy:ToyNetwork", "fail": [11, 12, 10]})
    job.run()
    (none,) = points(job)
    assert none.error == "its 13 measurements of single options gave no front"
    assert all("more than I can take" in one.error for one in job.store.single_changes(job.id))


def test_single_changes_with_equal_scores_are_no_degenerate_scores(new_run: Any) -> None:
    job = new_run(
        sensitivity_baseline=True,
        evaluator="toy:Coarse",
        space={"name": "choices", "choices": {f"c{i}": [0, 1, 2] for i in range(6)}},
    )
    assert job.run() is JobState.SUCCEEDED
    assert len({one.metrics["loss"] for one in job.store.single_changes(job.id)}) == 1


def test_without_prices_or_float_network_there_is_a_baseline_too(new_run: Any) -> None:
    job = new_run(sensitivity_baseline=True, evaluator={"name": "toy:Toy", "float_network": False})
    assert job.run() is JobState.SUCCEEDED
    assert len(points(job)) == POINTS
    before = job.store.baselines(job.id)
    job.run(n_trials=30)
    assert job.store.baselines(job.id) == before
