"""What measured metrics amount to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from autoquant.running.measuring import Outcome, Request
from autoquant.running.results import completed_trial, nearest_miss, outcome_error, reuse_measurement
from autoquant.trial import Measurement, Trial, TrialState

REFERENCE = {"loss": 0.25}


@pytest.fixture
def plan(new_run):
    return new_run(objectives=["loss_drop", "size"], constraints=["loss <= 0.5"]).plan


@pytest.fixture
def trial(plan):
    candidate = (0,) * len(plan.space.choices)
    return Trial(
        number=3,
        state=TrialState.RUNNING,
        candidate=candidate,
        options=plan.space.decode(candidate),
        ask=0,
        told=0,
        requested=1,
        costs={"cost": 1.0},
        started=datetime.now(UTC),
    )


def done(trial, measurement=None, **fields):
    return Outcome(Request("trial 3", "key", trial.candidate, trial=3), measurement, **{"worker": "w", **fields})


def test_the_metric_of_a_drop_is_as_good_as_the_drop(plan, trial):
    assert outcome_error(plan, done(trial, Measurement({"loss": 1.0, "size": 2.0}))) is None
    found = outcome_error(plan, done(trial, Measurement({"size": 2.0})))
    assert found == "the evaluator did not measure 'loss_drop'; it gave ['size']"


def test_a_measured_trial_is_complete_with_costs_drops_and_violations(plan, trial):
    found = Measurement({"loss": 0.75, "size": 2.0}, {"loss": 0.1}, seconds=4.0)
    ended = completed_trial(plan, REFERENCE, trial, done(trial, measurement=found))
    assert ended.state is TrialState.COMPLETE
    assert ended.metrics == {"cost": 1.0, "size": 2.0, "loss": 0.75, "loss_drop": 0.5}
    assert list(ended.violations) == ["loss <= 0.5"]
    assert (ended.worker, ended.measured_by) == ("w", None)
    assert (ended.ended - ended.started).total_seconds() == pytest.approx(4.0, abs=0.5)


NAN = Measurement({"loss": float("nan"), "size": 2.0})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"error": "ValueError: no"}, "ValueError: no"),
        ({"measurement": NAN}, "loss is nan: a value that is not finite is no result"),
        ({"measurement": Measurement({"size": 2.0})}, "the evaluator did not measure 'loss_drop'; it gave ['size']"),
    ],
)
def test_what_is_no_result_fails_the_trial_and_keeps_its_costs(plan, trial, fields, error):
    ended = completed_trial(plan, REFERENCE, trial, done(trial, **fields))
    assert (ended.state, ended.error, ended.metrics) == (TrialState.FAIL, error, {"cost": 1.0})


def test_a_measurement_of_another_job_took_no_time_here_and_names_it(plan, trial):
    measurement = Measurement({"loss": 0.5, "size": 1.0}, seconds=9.0)
    found = completed_trial(plan, REFERENCE, trial, done(trial, measurement, source="job 1 trial 4", worker=None))
    assert (found.measured_by, found.seconds) == ("job 1 trial 4", None)
    assert found.started == found.ended


def test_a_copy_keeps_its_own_number_and_names_the_first_that_measured(plan, trial):
    first = completed_trial(plan, REFERENCE, trial, done(trial, Measurement({"loss": 0.5, "size": 1.0}, {"loss": 0.1})))
    second = reuse_measurement(replace(trial, number=5), first)
    third = reuse_measurement(replace(trial, number=6), second)
    assert (second.number, second.metrics, second.standard_errors) == (5, first.metrics, first.standard_errors)
    assert second.measured_by == third.measured_by == "trial 3"


def test_the_nearest_miss_is_measured_rather_than_estimated_and_breaks_least(plan, trial):
    ends = {0: (TrialState.PRUNED, 0.1), 1: (TrialState.COMPLETE, 0.9), 2: (TrialState.COMPLETE, 0.3)}
    trials = [replace(trial, number=n, state=s, violations={"loss <= 0.5": excess}) for n, (s, excess) in ends.items()]
    assert nearest_miss(trials).endswith("the nearest, trial 2, breaks loss <= 0.5 by 0.3")
