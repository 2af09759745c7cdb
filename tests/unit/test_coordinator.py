"""The loop, with the laws of docs/architecture.md that it has to keep."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoquant.coordinator import Progress
from autoquant.errors import JobFailed
from autoquant.job import JobState
from autoquant.store import HeldJob, Store
from autoquant.store.database import Database
from autoquant.testing.store import expire_lease
from autoquant.trial import TrialState

SEARCHERS: dict[str, Any] = {
    "nsga3": {"name": "nsga3", "population": 5},
    "random": "random",
    "ppo": {"name": "ppo", "episodes": 4, "epochs": 1, "minibatches": 1, "hidden": 4},
    "repeating": "toy:Repeating",
}


def searched(calls: list[Any]) -> list[Any]:
    return [candidate for candidate, split in calls if split == "search" and candidate is not None]


# Law 1: the store is the only state.


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


class Killed(BaseException):
    """Nothing catches it, as nothing catches `kill -9`."""


class Mortal:
    """A store whose process dies at its k-th write: before it, or after it took effect. No write comes later."""

    def __init__(self, store: Store, kill_at: int, after: bool) -> None:
        self._store = store
        self.database = MortalDatabase(store.database, kill_at, after)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def hold(self, job_id: int, n_trials: int) -> HeldJob:
        return HeldJob(self, job_id, n_trials)  # type: ignore[arg-type]


class MortalDatabase:
    def __init__(self, database: Database, kill_at: int, after: bool) -> None:
        self._database = database
        self._left = kill_at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, work: Callable[[Any], Any]) -> Any:
        self._left -= 1
        done = self._database.write(work) if self._left > 0 or (self._left == 0 and self._after) else None
        if self._left <= 0:
            raise Killed
        return done


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("pool", ["inline", "toy:Shuffled"])
@pytest.mark.parametrize("searcher", SEARCHERS)
def test_law_1_killed_at_any_write_and_resumed_it_is_as_if_nothing_had_happened(new_run, searcher, pool, after):
    changes: dict[str, Any] = {
        "searcher": SEARCHERS[searcher],
        "evaluator": {"name": "toy:Toy", "fail": [6], "not_finite": [8]},
        "budget": {"n_trials": 14},
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
        if task.split == "search" and task.key.isdigit():
            stored = {trial.number: trial for trial in job.trials}
            seen.append(int(task.key))
            assert stored[int(task.key)].state is TrialState.RUNNING
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
    dear = [one for one in job.store.baselines(job.id) if one.violations]
    assert dear
    assert all("loss" not in one.metrics and not one.test_metrics for one in dear)


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


# Failures.


def test_a_failing_trial_keeps_its_traceback_and_the_search_goes_on(new_run):
    job = new_run(evaluator={"name": "toy:Toy", "fail": [7, 8, 9]}, searcher="random", budget={"n_trials": 40})
    assert job.run() is JobState.SUCCEEDED
    failed = [trial for trial in job.trials if trial.state is TrialState.FAIL]
    assert 0 < len(failed) < 40
    for trial in failed:
        assert trial.error.startswith("Traceback")
        assert 'toy.py", line' in trial.error
        assert f"ValueError: a sum of {sum(trial.candidate)} is more than I can take" in trial.error
        assert not trial.violations
        assert trial.seconds is None
        assert trial.ended >= trial.started
    record = job.store.job(job.id)
    assert (record.failed, record.finished) == (len(failed), 40)
    assert not {t.number for t in failed} & {t.number for t in job.store.front(job.id)}


@pytest.mark.parametrize("pool", ["inline", "toy:Shuffled"])
def test_five_failures_and_nothing_else_stop_the_job(new_run, pool):
    job = new_run(evaluator={"name": "toy:Toy", "fail": list(range(99))}, searcher="random", pool=pool)
    with pytest.raises(
        JobFailed, match=r"(?s)the first \d trials all failed; the last one said:\n.*more than I can take"
    ):
        job.run()
    record = job.store.job(job.id)
    assert record.state is JobState.FAILED
    assert "more than I can take" in record.message
    assert 5 <= record.failed <= 8


def test_five_failures_are_counted_without_what_was_pruned(new_network_run):
    job = new_network_run(
        evaluator={"name": "toy:ToyNetwork", "fail": list(range(99))},
        searcher="toy:Repeating",
        constraints=["weight_bytes <= 3000"],
        budget={"n_trials": 60},
    )
    with pytest.raises(JobFailed, match="trials all failed"):
        job.run()


def test_a_short_job_whose_trials_all_fail_says_so(new_run):
    job = new_run(evaluator={"name": "toy:Toy", "fail": list(range(99))}, searcher="random", budget={"n_trials": 3})
    with pytest.raises(JobFailed, match=r"all 3 trials failed; 'autoquant trials --state FAIL' shows why"):
        job.run()


def test_no_feasible_trial_names_the_nearest_and_what_it_breaks(new_run):
    job = new_run(constraints=["size >= 1", "loss <= 0.001"], searcher="random")
    with pytest.raises(
        JobFailed, match=r"no trial holds every constraint; the nearest, trial \d+, breaks loss <= 0.001"
    ):
        job.run()
    nearest = min(job.trials, key=lambda trial: sum(trial.violations.values()))
    assert f"trial {nearest.number}, breaks loss <= 0.001 by {nearest.violations['loss <= 0.001']:.4g}" in (
        job.store.job(job.id).message
    )


def test_failed_job_can_be_resumed_once_the_reason_is_gone(new_run):
    job = new_run(evaluator={"name": "toy:Toy", "fail": [5, 6]}, searcher="random")
    undisturbed = new_run(evaluator={"name": "toy:Toy", "fail": [5, 6]}, searcher="random")
    undisturbed.run()

    class Full(MortalDatabase):
        def write(self, work: Callable[[Any], Any]) -> Any:
            self._left -= 1
            if self._left == 0:
                raise OSError("no space left on device")
            return self._database.write(work)

    mortal = Mortal(job.store, 9, False)
    mortal.database = Full(job.store.database, 9, False)
    with pytest.raises(OSError, match="no space left"):
        job.run(mortal)
    assert job.store.job(job.id).state is JobState.FAILED
    assert job.store.job(job.id).message == "OSError: no space left on device"
    job.run()
    assert job.truth == undisturbed.truth


# Ends.


@pytest.mark.parametrize("searcher", ["random", "nsga3"])
def test_a_space_that_is_used_up_ends_the_search_early(new_run, searcher):
    space = {"name": "choices", "choices": {"a": [1, 2, 3], "b": [1, 2]}}
    job = new_run(space=space, searcher=searcher)
    assert job.run() is JobState.SUCCEEDED
    assert job.store.job(job.id).message == "the space has nothing new after 6 trials"
    assert {trial.candidate for trial in job.trials} == {(a, b) for a in range(3) for b in range(2)}
    assert job.run(n_trials=50) is JobState.SUCCEEDED
    assert len(job.trials) == 6


@pytest.mark.parametrize("pool", ["inline", "toy:Shuffled"])
@pytest.mark.parametrize("polls", [0, 1, 2, 9, 15, 25])
def test_an_interrupted_job_pauses_and_goes_on_as_it_would_have(new_run, pool, polls):
    undisturbed, job = new_run(pool=pool), new_run(pool=pool)
    undisturbed.run()
    asked = 0

    def interrupted() -> bool:
        nonlocal asked
        asked += 1
        return asked > polls

    assert job.run(interrupted=interrupted) is JobState.PAUSED
    record = job.store.job(job.id)
    assert (record.state, record.message) == (JobState.PAUSED, "interrupted")
    assert record.finished == sum(trial.state.finished for trial in job.trials) <= 24
    assert job.run() is JobState.SUCCEEDED
    assert job.truth == undisturbed.truth


def test_a_request_to_stop_cancels_the_job_once_what_runs_is_done(new_run, monkeypatch):
    monkeypatch.setattr("autoquant.lifecycle.STOP_POLL_SECONDS", 0.0)
    undisturbed, job = new_run(pool="toy:Shuffled"), new_run(pool="toy:Shuffled")
    undisturbed.run()

    def progress(now: Progress) -> None:
        if now.finished >= 9:
            job.store.request(job.id, JobState.CANCELLED)

    assert job.run(progress=progress) is JobState.CANCELLED
    record = job.store.job(job.id)
    assert (record.state, record.message) == (JobState.CANCELLED, "stopped on request")
    assert 9 <= record.finished < 24
    assert job.run() is JobState.SUCCEEDED
    assert job.truth == undisturbed.truth


def test_a_second_interruption_drops_what_runs_and_loses_nothing(new_run):
    undisturbed, job = new_run(), new_run()
    undisturbed.run()

    def progress(now: Progress) -> None:
        if now.finished >= 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.run(progress=progress)
    record = job.store.job(job.id)
    assert record.state is JobState.PAUSED
    assert record.message == "interrupted; running trials were dropped and will run again"
    job.run()
    assert job.truth == undisturbed.truth


# What is stored and said.


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
        if now.phase == "baselines":
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
    assert seen[-1].rate > 0


def test_learning_curves_are_stored_as_they_grow(new_run):
    """Every point is there once, and no write is made for them alone but after the last ask."""
    plain, learning = (new_run(searcher=SEARCHERS[name], budget={"n_trials": 40}) for name in ("random", "ppo"))
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


def test_a_curve_point_that_is_no_number_harms_nothing(new_run):
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
    job.run(progress=lambda now: moments.append((now.finished, time.process_time())))

    def at(finished: int) -> float:
        return next(moment for count, moment in moments if count >= finished)

    first, last = at(110) - at(10), at(500) - at(400)
    assert last < 3 * first


def test_without_objectives_that_are_measured_equal_scores_are_no_failure(new_network_run):
    job = new_network_run(objectives=["weight_bytes", "bitops"], searcher="random", budget={"n_trials": 15})
    assert job.run() is JobState.SUCCEEDED
