"""The final front and its baselines measured again, as well as the evaluator can."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from mortal import Killed, Mortal

from autoquant.errors import JobFailed
from autoquant.job import JobState
from autoquant.objective import DROP
from autoquant.store import HeldJob
from autoquant.testing.examples import expire_lease

POLISHED = {"evaluator": "toy:Polishing", "budget": {"n_trials": 12}}


def members(job: Any) -> list[Any]:
    """What is to be polished: the front, and every baseline but the float network."""
    return [*job.store.front(job.id), *(b for b in job.store.baselines(job.id) if b.measured and b.candidate)]


def polished_calls(calls: list[Any], split: str = "search") -> list[Any]:
    return [candidate for candidate, what in calls if what == f"polished {split}"]


def warnings(job: Any) -> list[str]:
    return [event.text for event in job.store.events(job.id) if event.level == "warning"]


def test_front_and_baselines_are_polished_once_on_both_splits(new_network_run: Any, calls: list[Any]) -> None:
    job = new_network_run(**POLISHED | {"budget": {"n_trials": 30}}, sensitivity_baseline=True)
    assert job.run() is JobState.SUCCEEDED
    assert {b.kind for b in members(job)[len(job.store.front(job.id)) :]} == {"uniform", "sensitivity"}
    for split in ("search", "test"):
        assert Counter(polished_calls(calls, split)) == Counter({one.candidate for one in members(job)})
    for one in members(job):
        assert one.polished_metrics["loss"] == one.metrics["loss"] / 2
        assert one.polished_test_metrics["loss"] == one.test_metrics["loss"] / 2
        assert one.polished_standard_errors == one.polished_test_standard_errors == {"loss": 0.01}
        assert one.notes == ("8 choices were polished",)
    float_network = job.store.baselines(job.id)[0]
    assert (float_network.polished, float_network.polished_test) == (None, None)
    front = {trial.number for trial in job.store.front(job.id)}
    assert all(trial.polished is None for trial in job.trials if trial.number not in front)


def test_the_search_is_that_of_an_evaluator_that_does_not_polish(new_network_run: Any) -> None:
    plain, job = new_network_run(budget={"n_trials": 12}), new_network_run(**POLISHED)
    assert plain.run() is job.run() is JobState.SUCCEEDED
    for part in ("trials", "front", "hypervolume", "counts", "ended"):
        assert job.truth[part] == plain.truth[part]
    assert not any(trial.polished for trial in plain.trials)


def test_drops_are_differences_to_the_float_network(new_network_run: Any) -> None:
    job = new_network_run(**POLISHED, objectives=["loss_drop", "weight_bytes"])
    job.run()
    for one in members(job):
        assert one.polished_metrics[f"loss{DROP}"] == pytest.approx(one.polished_metrics["loss"] - 0.1)


def test_a_polished_network_that_breaks_a_constraint_is_known_as_such(new_network_run: Any) -> None:
    evaluator = {"name": "toy:Polishing", "heavy": 3.0}
    job = new_network_run(**POLISHED | {"evaluator": evaluator}, constraints=["size <= 12"])
    job.run()
    definition = job.plan.definition
    broken = {one.candidate: definition.polished_violations(one) for one in job.store.front(job.id)}
    assert {sum(candidate) > 9 for candidate, excess in broken.items() if excess} == {True}
    assert {sum(candidate) > 9 for candidate, excess in broken.items() if not excess} == {False}
    assert all(trial.feasible for trial in job.store.front(job.id)), "the front is that of the search"
    assert definition.polished_violations(job.store.baselines(job.id)[0]) == {}


def test_what_cannot_be_polished_is_a_warning_and_has_no_polished_score(new_network_run: Any) -> None:
    job = new_network_run(**POLISHED | {"evaluator": {"name": "toy:Polishing", "dull": [0]}})
    assert job.run() is JobState.SUCCEEDED
    dull = [one for one in members(job) if sum(one.candidate) == 0]
    assert dull
    assert all(one.polished is None and one.polished_test is None and one.test is not None for one in dull)
    assert all((one.polished is None) == (one in dull) for one in members(job))
    assert "polished baseline W2A4 has no score on the search split: ValueError: a sum of 0 cannot be polished" in (
        warnings(job)
    )
    record = job.store.job(job.id)
    assert (record.phase, record.phase_done, record.phase_total) == ("test scores", *[record.phase_total] * 2)


def test_a_second_job_polishes_nothing_again(new_network_run: Any, calls: list[Any]) -> None:
    first = new_network_run(**POLISHED)
    first.run()
    calls.clear()
    second = new_network_run(**POLISHED, store=first.store)
    second.run()
    assert calls == []
    assert [one.polished for one in members(second)] == [one.polished for one in members(first)]


def test_a_larger_budget_polishes_what_is_new_on_the_front(new_network_run: Any, calls: list[Any]) -> None:
    job = new_network_run(**POLISHED | {"budget": {"n_trials": 4}}, reuse=False)
    job.run()
    before = set(polished_calls(calls))
    calls.clear()
    job.run(n_trials=24)
    assert polished_calls(calls)
    assert not before & set(polished_calls(calls))
    assert all(one.polished and one.polished_test for one in members(job))


def test_a_lost_worker_and_the_time_limit_are_those_of_any_measurement(new_network_run: Any) -> None:
    frail = new_network_run(**POLISHED, pool={"name": "toy:Frail", "losses": 2})
    assert frail.run() is JobState.SUCCEEDED
    assert all(one.polished and one.polished_test for one in members(frail))
    assert any(text.startswith("polished baseline W2A4: attempt 1 was lost") for text in warnings(frail))
    limited = new_network_run(**POLISHED, pool="toy:Clock", trial_seconds=7)
    from toy import Clock

    Clock.given.clear()
    limited.run()
    polished = [task.request for task in Clock.given if task.request.polish]
    Clock.given.clear()
    assert {(request.seconds, request.settings) for request in polished} == {(7.0, None)}


def test_a_polished_network_is_scored_from_its_own_checkpoint(new_network_run: Any) -> None:
    job = new_network_run(**POLISHED | {"evaluator": "toy:PolishedFiles"})
    assert job.run() is JobState.SUCCEEDED
    assert warnings(job) == []
    assert all(one.polished_test for one in members(job))


def test_a_job_that_is_stopped_polishes_no_more_and_goes_on_later(new_network_run: Any, calls: list[Any]) -> None:
    job = new_network_run(**POLISHED, reuse=False)
    interrupted = lambda: bool(polished_calls(calls))  # noqa: E731
    assert job.run(interrupted=interrupted) is JobState.PAUSED
    record = job.store.job(job.id)
    assert record.phase == "polish"
    assert 0 < record.phase_done < record.phase_total
    assert not any(one.test for one in members(job))
    kept = [one.candidate for one in members(job) if one.polished]
    calls.clear()
    assert job.run() is JobState.SUCCEEDED
    assert kept
    assert not set(kept) & set(polished_calls(calls))
    assert all(one.polished_test and one.test for one in members(job))


@pytest.mark.parametrize(
    "after", [pytest.param(False, marks=pytest.mark.slow), True], ids=["before the write", "after the write"]
)
def test_law_1_killed_at_any_write_and_resumed_it_is_as_if_nothing_had_happened(
    new_network_run: Any, calls: list[Any], after: bool
) -> None:
    space = {"name": "bit_widths", "weights": [2, 8], "activations": [8]}
    changes: dict[str, Any] = POLISHED | {"budget": {"n_trials": 1}, "space": space}
    undisturbed = new_network_run(**changes)
    undisturbed.run()
    truth, writes, killed_there = undisturbed.truth, 5, 0
    while True:
        writes += 1
        job = new_network_run(**changes)
        try:
            job.run(Mortal(job.store, writes, after))
            break
        except Killed:
            pass
        kept = {one.candidate for one in members(job) if one.polished}
        assert writes > 6 or not kept, "the first write that dies here must come before the polish"
        killed_there += bool(kept)
        calls.clear()
        expire_lease(job.store, job.id)
        job.run()
        assert job.truth == truth, f"killed at write {writes}"
        assert not kept & set(polished_calls(calls)), "a polished network was polished again"
        assert [one.polished_test for one in members(job)] == [one.polished_test for one in members(undisturbed)]
    assert killed_there > 5


def test_a_score_that_fails_afterwards_leaves_the_polished_ones(
    new_network_run: Any, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between polish and test scores."""
    job = new_network_run(**POLISHED, reuse=False)

    def gone(context: Any) -> None:
        raise JobFailed("the power went out")

    with monkeypatch.context() as patched:
        patched.setattr("autoquant.running.job_run.score_on_test", gone)
        with pytest.raises(JobFailed, match="power"):
            job.run()
    polished = [(one.polished, one.polished_test) for one in members(job)]
    assert all(all(pair) for pair in polished)
    calls.clear()
    assert job.run() is JobState.SUCCEEDED
    assert {what for _, what in calls} == {"test"}
    assert [(one.polished, one.polished_test) for one in members(job)] == polished
    assert all(one.test for one in members(job))


def test_a_score_and_what_other_jobs_may_use_land_together(new_network_run: Any, monkeypatch: Any) -> None:
    job, score = new_network_run(**POLISHED), HeldJob.score
    shared: dict[str, Any] = {}

    def noted(held: HeldJob, scored: Any, what: Any) -> None:
        shared.update(what)
        score(held, scored, what)

    monkeypatch.setattr(HeldJob, "score", noted)
    job.run()
    polished = {key: one for key, one in shared.items() if one.source.startswith("polished ")}
    assert len(polished) == 2 * len({one.candidate for one in members(job)})
    assert job.store.measurements(list(polished)).keys() == polished.keys()
