"""The loop, with the laws of docs/architecture.md that it has to keep."""

from __future__ import annotations

import math
import re
import time
from collections import Counter

import numpy as np
import pytest
from toy import searched

from autoquant.errors import JobFailed
from autoquant.job import JobState, Progress
from autoquant.trial import TrialState

PPO = {"name": "ppo", "episodes": 4, "epochs": 1, "minibatches": 1, "hidden": 4}


# Law 3: costs before compute.


@pytest.mark.parametrize("searcher", ["random", "nsga3", "toy:Repeating"])
def test_law_3_what_costs_too_much_never_reaches_a_worker(new_network_run, calls, searcher):
    limit = 3000
    job = new_network_run(
        searcher=searcher, constraints=[f"weight_bytes <= {limit}"], budget={"n_trials": 40}, max_pending=9
    )
    state = job.run()
    assert state is JobState.SUCCEEDED
    candidates = np.array([candidate for candidate, _ in calls if candidate is not None])
    assert (job.plan.pricer(candidates)["weight_bytes"] <= limit).all()
    pruned = [trial for trial in job.trials if trial.state is TrialState.PRUNED]
    assert all(t.violations and t.metrics["weight_bytes"] > limit and "loss" not in t.metrics for t in pruned)
    assert all(t.started and t.ended and t.error is None for t in pruned)
    assert bool(pruned) == (searcher == "toy:Repeating")
    assert job.store.job(job.id).pruned == len(pruned)
    expensive = [b for b in job.store.baselines(job.id) if b.violations]
    assert expensive
    assert all("loss" not in b.metrics and not b.test_metrics for b in expensive)


@pytest.mark.parametrize("pool", ["inline", "toy:Shuffled"])
def test_law_3_equivalent_candidates_are_measured_once(new_run, calls, pool):
    job = new_run(space="toy:Halves", searcher="toy:Repeating", pool=pool, budget={"n_trials": 40}, max_pending=12)
    job.run()
    canonical = [job.plan.space.canonical(candidate) for candidate in searched(calls)]
    assert max(Counter(canonical).values()) == 1
    trials = job.trials
    first = {job.plan.space.canonical(trial.candidate): trial for trial in reversed(trials) if not trial.measured_by}
    assert len(first) == len(canonical) == 8
    for trial in trials:
        original = first[job.plan.space.canonical(trial.candidate)]
        assert trial.metrics == original.metrics
        assert trial.state is TrialState.COMPLETE
        assert trial is original or trial.measured_by == f"trial {original.number}"


def test_law_3_the_uniform_bit_widths_are_not_measured_again(new_network_run, calls):
    job = new_network_run(searcher="nsga3", budget={"n_trials": 10})
    job.run()
    assert max(Counter(searched(calls)).values()) == 1
    copied = {t.measured_by: t for t in job.trials if t.measured_by}
    assert set(copied) == {f"baseline W{w}A{a}" for w in (2, 4, 8) for a in (4, 8)}
    baselines = {f"baseline {one.label}": one for one in job.store.baselines(job.id)}
    assert all(trial.metrics == baselines[label].metrics for label, trial in copied.items())


@pytest.mark.parametrize("pool", ["inline", "toy:Shuffled"])
def test_a_failed_trial_is_no_measurement_for_others_that_come_later(new_run, pool):
    job = new_run(
        space="toy:Halves",
        searcher="toy:Repeating",
        pool=pool,
        evaluator={"name": "toy:Toy", "fail": [2]},
        budget={"n_trials": 30},
    )
    job.run()
    assert {t.state for t in job.trials} == {TrialState.COMPLETE, TrialState.FAIL}
    assert all(t.error and not t.metrics for t in job.trials if t.state is TrialState.FAIL)


# Law 5: budgets hold, scores are honest.


def test_law_5_what_breaks_a_measured_constraint_is_never_on_the_front(new_run):
    free, held = new_run(), new_run(constraints=["size <= 6", "loss_drop <= 0.4"])
    free.run()
    held.run()
    broken = [t for t in held.trials if t.violations]
    front = held.store.front(held.id)
    assert broken
    assert front
    assert all(t.feasible and t.metrics["size"] <= 6 and t.metrics["loss_drop"] <= 0.4 for t in front)
    assert all(t.metrics["loss_drop"] == t.metrics["loss"] - 0.1 for t in held.trials)
    for trial in broken:
        assert trial.state is TrialState.COMPLETE
        for text, excess in trial.violations.items():
            metric, _, bound = text.split()
            assert excess == trial.metrics[metric] - float(bound) > 0


def test_law_5_equal_scores_everywhere_fail_the_job(new_run):
    job = new_run(evaluator={"name": "toy:Toy", "constant": True}, searcher="random")
    with pytest.raises(
        JobFailed, match=r"degenerate scores: \d+ different candidates all measured .*loss = .*size = 3"
    ):
        job.run()
    record = job.store.job(job.id)
    assert record.state is JobState.FAILED
    assert 10 <= record.finished <= 10 + job.plan.spec.max_pending
    assert record.message.startswith("degenerate scores")


def test_metrics_that_only_some_candidates_have_are_compared_where_they_are(new_run):
    job = new_run(evaluator={"name": "toy:Toy", "forget": [4, 6, 8]}, objectives=["size", "quality"], searcher="random")
    assert job.run() is JobState.SUCCEEDED
    assert {"loss" in trial.metrics for trial in job.trials} == {True, False}


@pytest.mark.parametrize(
    ("option", "reason"),
    [("not_finite", r"loss is nan: a value that is not finite is no result"), ("forget", r"did not measure 'loss'")],
)
def test_law_5_no_number_is_no_result(new_run, option, reason):
    job = new_run(evaluator={"name": "toy:Toy", option: [5, 6]}, searcher="random", budget={"n_trials": 30})
    assert job.run() is JobState.SUCCEEDED
    failed = [trial for trial in job.trials if trial.state is TrialState.FAIL]
    assert failed
    assert all(sum(t.candidate) in (5, 6) and not t.metrics for t in failed)
    assert all(re.search(reason, t.error) for t in failed)


# What is stored and logged.


def test_metrics_costs_drops_and_everything_else_of_a_trial_are_stored(new_network_run):
    job = new_network_run(objectives=["loss_drop", "weight_bytes", "bitops"], searcher="random", budget={"n_trials": 8})
    job.run()
    for trial in job.trials:
        assert set(trial.metrics) == {"quality", "loss", "size", "loss_drop", "weight_bytes", "bitops"}
        assert trial.metrics["loss_drop"] == trial.metrics["loss"] - 0.1
        assert trial.options == job.plan.space.decode(trial.candidate)
        if trial.measured_by is None:
            assert trial.artifacts == {"log": f"memory:{trial.candidate}"}
            assert trial.standard_errors == {"loss": 0.01}
            assert (trial.seconds, trial.worker) == (0.5, "inline")
            assert (trial.ended - trial.started).total_seconds() == pytest.approx(0.5)


def test_law_2_counts_front_and_hypervolume_always_agree_with_the_trials(new_run):
    job = new_run(pool="toy:Shuffled", evaluator={"name": "toy:Toy", "fail": [6]}, budget={"n_trials": 40})
    seen = []

    def progress(now: Progress) -> None:
        if now.phase != "search":
            return
        record, trials, front = job.store.job(job.id), job.trials, job.store.front(job.id)
        assert record.finished == sum(t.state.finished for t in trials) == now.finished
        assert record.failed == sum(t.state is TrialState.FAIL for t in trials) == now.failed
        assert record.front_size == len(front) == now.front_size
        assert record.hypervolume == now.hypervolume
        history = job.store.hypervolume_history(job.id)
        assert [value for _, value in history] == sorted(value for _, value in history)
        assert not history or history[-1][1] == record.hypervolume
        values = [(t.metrics["loss"], t.metrics["size"]) for t in trials if t.feasible]
        best = {v for v in values if not any(o[0] <= v[0] and o[1] <= v[1] and o != v for o in values)}
        assert {(t.metrics["loss"], t.metrics["size"]) for t in front} == best
        seen.append(now)

    job.run(progress=progress)
    assert len(seen) > 20
    assert {now.phase for now in seen} == {"search"}
    assert seen[-1].finished == seen[-1].total == 40


def test_progress_tells_rate_and_time_left():
    now = Progress("search", 10, 30, 0, 0, 1, 0.5, rate=4.0)
    assert now.seconds_left == 5.0
    assert Progress("search", 0, 30, 0, 0, 0, 0.0, rate=0.0).seconds_left is None


def test_trials_that_baselines_measured_tell_nothing_of_the_time_left(new_network_run):
    job, seen = new_network_run(sensitivity_baseline=True, budget={"n_trials": 60}), []
    job.run(progress=seen.append)
    first = next(now for now in seen if now.phase == "search")
    assert first.finished > 0
    assert first.seconds_left is None
    assert [now for now in seen if now.phase == "search"][-1].rate > 0


def test_learning_curves_are_stored_as_they_grow(new_run):
    """Every point is there once, and no write is made for them alone but after the last ask."""
    plain, learning = (new_run(searcher=one, budget={"n_trials": 40}) for one in ("random", PPO))
    assert plain.run() is learning.run() is JobState.SUCCEEDED
    assert plain.store.curves(plain.id) == {}
    searcher = learning.plan.searcher()
    for number in range(40):
        while searcher.asked <= number:
            searcher.ask(1)
        trial = learning.trials[number]
        searcher.tell([(trial.proposal, trial.metrics)])
    assert learning.store.curves(learning.id) == {name: list(points) for name, points in searcher.curves.items()}
    assert len(searcher.curves["entropy"]) > 5


def test_a_curve_point_that_is_no_number_changes_nothing(new_run):
    job = new_run(searcher="toy:Diverging", budget={"n_trials": 3})
    assert job.run() is JobState.SUCCEEDED
    points = job.store.curves(job.id)["loss"]
    assert [proposals for proposals, _ in points] == [1, 2, 3]
    assert all(math.isnan(value) for _, value in points)


def test_law_7_what_the_coordinator_does_for_a_trial_does_not_grow(new_run):
    """Processor time for the last fifth of 500 trials against the first; random search on a front that stays small."""
    moments = []
    job = new_run(
        searcher="random",
        objectives=["size"],
        budget={"n_trials": 500},
        max_pending=8,
        space={"name": "choices", "choices": {f"c{i}": [0, 1, 2, 3] for i in range(8)}},
    )
    job.run(progress=lambda now: now.phase == "search" and moments.append((now.finished, time.process_time())))

    def at(finished: int) -> float:
        return next(moment for count, moment in moments if count >= finished)

    first, last = at(110) - at(10), at(500) - at(400)
    assert last < 3 * first


def test_without_objectives_that_are_measured_equal_scores_are_no_failure(new_network_run):
    job = new_network_run(objectives=["weight_bytes", "bitops"], searcher="random", budget={"n_trials": 15})
    assert job.run() is JobState.SUCCEEDED
