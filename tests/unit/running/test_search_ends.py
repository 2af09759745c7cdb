"""How a search ends: failures, a space that is used up, interruptions, requests to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mortal import Mortal, MortalDatabase

from autoquant.errors import JobFailed
from autoquant.job import JobState, Progress
from autoquant.trial import TrialState

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
        JobFailed, match=r"(?s)the first \d trials all failed; the last error was:\n.*more than I can take"
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
    monkeypatch.setattr("autoquant.running.job_run.STOP_POLL_SECONDS", 0.0)
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
