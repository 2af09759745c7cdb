"""What an outcome makes of a trial or a baseline: its metrics, drops and violations, or its error."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from autoquant.errors import JobFailed, SpecError
from autoquant.job import Baseline, StoredMeasurement
from autoquant.objective import DROP, violations
from autoquant.planning.plan import Plan
from autoquant.running.measuring import Outcome
from autoquant.space import Candidate
from autoquant.store import HeldJob
from autoquant.trial import Measurement, Trial, TrialState

LARGEST = 1e300
"""Of a metric, so that drops and what a searcher makes of it are finite, too."""


def outcome_error(plan: Plan, outcome: Outcome) -> str | None:
    """What is wrong with an outcome, if anything: an error, or metrics that are missing, priced, or not finite."""
    if outcome.error is not None:
        return outcome.error
    metrics = outcome.measurement.metrics if outcome.measurement is not None else {}
    if twice := sorted(plan.definition.cost_metrics & set(metrics)):
        return f"the evaluator measured {twice[0]!r}, which a cost model prices; give one of the two another name"
    for objective in plan.objectives:
        names = {objective.metric, objective.metric.removesuffix(DROP)}
        if objective.metric not in plan.definition.cost_metrics and not names & set(metrics):
            return f"the evaluator did not measure {objective.metric!r}; it gave {sorted(metrics)}"
    for metric, value in metrics.items():
        if not math.isfinite(value):
            return f"{metric} is {value}: a value that is not finite is no result"
        if abs(value) > LARGEST:
            return f"{metric} is {value}; measure a number between -{LARGEST:g} and {LARGEST:g}"
    if outcome.request.settings is not None and outcome.request.candidate is None and outcome.measurement is not None:
        return _not_derived(plan, outcome.measurement)
    return None


def _not_derived(plan: Plan, measurement: Measurement) -> str | None:
    """Why settings have not derived a candidate of the space, if so."""
    if measurement.candidate is None:
        return "its settings derived no candidate; the measurement must carry one"
    try:
        plan.space.check(measurement.candidate)
    except SpecError as error:
        return str(error)
    return None


def drops(plan: Plan, reference: Mapping[str, float], metrics: Mapping[str, float]) -> dict[str, float]:
    """How much worse than the float network each metric is whose drop is wanted; negative where it is better."""
    return {
        f"{metric}{DROP}": reference[metric] - metrics[metric]
        if direction == "maximize"
        else metrics[metric] - reference[metric]
        for metric, direction in plan.drops.items()
    }


def with_drops(plan: Plan, reference: Mapping[str, float], measurement: Measurement) -> Measurement:
    """The measurement with the drops against the float network's metrics."""
    return replace(measurement, metrics={**measurement.metrics, **drops(plan, reference, measurement.metrics)})


def completed_trial(plan: Plan, reference: Mapping[str, float], trial: Trial, outcome: Outcome) -> Trial:
    """COMPLETE with all its metrics, or FAIL with its error; ``reference``: metrics of the float network."""
    ended = datetime.now(UTC)
    trial = replace(
        trial, attempt=outcome.request.attempt, worker=outcome.worker, measured_by=outcome.source, ended=ended
    )
    error = outcome_error(plan, outcome)
    if error is not None or outcome.measurement is None:
        return replace(trial, state=TrialState.FAIL, error=error)
    if trial.settings is not None and outcome.measurement.candidate is not None:
        trial = with_derived(plan, trial, outcome.measurement.candidate)
    search = with_drops(plan, reference, outcome.measurement)
    trial = replace(trial, state=TrialState.COMPLETE, search=search)
    started = ended - timedelta(seconds=search.seconds) if outcome.source is None else ended
    return replace(trial, violations=violations(plan.constraints, trial.metrics), started=started)


def with_derived(plan: Plan, trial: Trial, derived: Candidate) -> Trial:
    """A trial of settings with the candidate that they derived, and its price."""
    candidate = plan.space.check(derived)
    return replace(trial, candidate=candidate, options=plan.space.decode(candidate), costs=plan.pricer.of(candidate))


def reuse_measurement(trial: Trial, source: Trial | Baseline) -> Trial:
    """The trial with the result of an equivalent one, or of a baseline."""
    by = f"baseline {source.label}" if isinstance(source, Baseline) else source.measured_by or f"trial {source.number}"
    return replace(
        trial,
        state=TrialState.COMPLETE,
        search=source.search,
        violations=source.violations,
        measured_by=by,
        ended=datetime.now(UTC),
    )


def measured_baseline(plan: Plan, reference: Mapping[str, float], baseline: Baseline, outcome: Outcome) -> Baseline:
    """The baseline with what was measured of it, its drops against ``reference``, or its error."""
    measurement, error = outcome.measurement, outcome_error(plan, outcome)
    if measurement is None:
        return replace(baseline, error=error)
    if error is not None:  # What it did measure is still what drops are differences to.
        usable = {metric: value for metric, value in measurement.metrics.items() if abs(value) <= LARGEST}
        return replace(baseline, search=Measurement(usable), error=error)
    baseline = replace(baseline, search=with_drops(plan, reference, measurement))
    if baseline.candidate is None:
        return baseline
    return replace(baseline, violations=violations(plan.constraints, baseline.metrics))


def shareable(plan: Plan, outcomes: Iterable[Outcome]) -> dict[str, StoredMeasurement]:
    """What other jobs may use of these by key, of those that were measured here."""
    return {
        outcome.request.key: StoredMeasurement(outcome.measurement, outcome.request.subject)
        for outcome in outcomes
        if outcome.measurement is not None and outcome.source is None and outcome_error(plan, outcome) is None
    }


def check_varied(plan: Plan, measured: Sequence[Mapping[str, float]]) -> None:
    """`JobFailed` when all these candidates have exactly the same measurements."""
    names = sorted({name for metrics in measured for name in metrics} - plan.definition.cost_metrics)
    if names and len({tuple(metrics.get(name) for name in names) for metrics in measured}) == 1:
        shown = ", ".join(f"{name} = {measured[0][name]:.6g}" for name in names)
        raise JobFailed(
            f"degenerate scores: {len(measured)} different candidates all measured {shown}; "
            "the evaluator does not see the difference between them"
        )


def nearest_miss(trials: Iterable[Trial]) -> str:
    """Of a search without a feasible network: which trial came nearest, and what it breaks."""
    nearest = min(
        (trial for trial in trials if trial.violations),
        key=lambda trial: (trial.state is TrialState.PRUNED, sum(trial.violations.values())),
    )
    broken = "; ".join(f"{text} by {excess:.4g}" for text, excess in nearest.violations.items())
    return f"no trial holds every constraint; the nearest, trial {nearest.number}, breaks {broken}"


FIRST_FAILURES = 5
"""When so many candidates have been measured and every one raised, the job stops."""


def check_baselines(held: HeldJob, known: Iterable[Baseline], done: Sequence[Baseline]) -> None:
    """Log which of the ``done`` failed; `JobFailed` when that is all that happened to the first of those ``known``."""
    failed = [baseline for baseline in done if baseline.error is not None]
    for baseline in failed:
        held.event(f"baseline {baseline.label} failed: {(baseline.error or '').strip().splitlines()[-1]}", "error")
    candidates = [b for b in known if b.candidate is not None and (b.search is not None or b.error is not None)]
    if failed and len(candidates) >= FIRST_FAILURES and not any(baseline.measured for baseline in candidates):
        count, last = len(candidates), failed[-1].error
        raise JobFailed(f"the first {count} candidates that were measured all failed; the last error was:\n{last}")
