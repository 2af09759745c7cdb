"""What measured metrics amount to: whether they are results at all, drops, and what went wrong over many trials."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from autoquant.errors import JobFailed
from autoquant.objective import DROP
from autoquant.plan import Plan
from autoquant.trial import Trial, TrialState


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
