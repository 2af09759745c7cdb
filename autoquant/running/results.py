"""What measured metrics amount to: drops, finished trials, and what went wrong over many of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from autoquant.errors import JobFailed
from autoquant.interfaces import Completion
from autoquant.objective import DROP, violations
from autoquant.planning.plan import Plan
from autoquant.trial import Measurement, Trial, TrialState


def check_finite(metrics: Mapping[str, float], plan: Plan) -> str | None:
    """What is wrong with measured metrics, if anything: missing or not finite."""
    costs = {table.metric for table in plan.record.costs}
    for objective in plan.objectives:
        if objective.metric not in costs and not {objective.metric, objective.metric.removesuffix(DROP)} & set(metrics):
            return f"the evaluator did not measure {objective.metric!r}; it gave {sorted(metrics)}"
    for metric, value in metrics.items():
        if not math.isfinite(value):
            return f"{metric} is {value}: a value that is not finite is no result"
    return None


def drops(plan: Plan, reference: Mapping[str, float], metrics: Mapping[str, float]) -> dict[str, float]:
    """How much worse than the float network each metric is whose drop is wanted; negative where it is better."""
    return {
        f"{metric}{DROP}": reference[metric] - metrics[metric]
        if direction == "maximize"
        else metrics[metric] - reference[metric]
        for metric, direction in plan.drops.items()
    }


def finished_trial(plan: Plan, reference: Mapping[str, float], trial: Trial, completion: Completion) -> Trial:
    """COMPLETE with all its metrics, or FAIL with its error; ``reference``: metrics of the float network."""
    measurement = completion.measurement
    error = completion.error or check_finite(measurement.metrics if measurement else {}, plan)
    if error is not None or measurement is None:
        ended = datetime.now(UTC)
        return replace(trial, state=TrialState.FAIL, error=error, worker=completion.worker, ended=ended)
    return measured_trial(plan, reference, trial, measurement, worker=completion.worker)


def measured_trial(
    plan: Plan,
    reference: Mapping[str, float],
    trial: Trial,
    found: Measurement,
    measured_by: str | None = None,
    worker: str | None = None,
) -> Trial:
    """COMPLETE, with costs, measured metrics and drops; ``measured_by`` where the measurement is another's."""
    now = datetime.now(UTC)
    metrics = {**trial.metrics, **found.metrics, **drops(plan, reference, found.metrics)}
    return replace(
        trial,
        state=TrialState.COMPLETE,
        metrics=metrics,
        standard_errors=found.standard_errors,
        violations=violations(plan.constraints, metrics),
        artifacts=found.artifacts,
        seconds=found.seconds,
        worker=worker,
        measured_by=measured_by,
        started=now - timedelta(seconds=found.seconds) if measured_by is None else now,
        ended=now,
    )


def copied(trial: Trial, measured: Trial) -> Trial:
    """The trial with the measurement of an equivalent one."""
    return replace(
        trial,
        state=measured.state,
        metrics=measured.metrics,
        standard_errors=measured.standard_errors,
        violations=measured.violations,
        measured_by=measured.measured_by or f"trial {measured.number}",
        error=measured.error,
        ended=datetime.now(UTC),
    )


def check_varied(plan: Plan, measured: Sequence[Mapping[str, float]]) -> None:
    """`JobFailed` when all these candidates have exactly the same measurements."""
    costs = {table.metric for table in plan.record.costs}
    names = sorted({name for metrics in measured for name in metrics} - costs)
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
