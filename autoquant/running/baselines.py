"""The float network and the uniform bit-widths, with which every front is compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from autoquant.errors import JobFailed
from autoquant.job import Baseline, Progress
from autoquant.objective import DROP, violations
from autoquant.planning.plan import Plan
from autoquant.running.context import RunContext
from autoquant.running.measuring import Outcome, Request
from autoquant.running.results import check_baselines, drops, measured_baseline, shareable
from autoquant.trial import Measurement

FLOAT_LABEL = "float32"


def measure_baselines(context: RunContext) -> list[Baseline] | None:
    """The float network and every uniform bit-width on the search split; those of a resumed job are read back.

    A uniform bit-width whose costs break a constraint is never measured. `JobFailed` when the float network
    cannot be measured. None when asked to stop before all were measured.
    """
    plan, held = context.plan, context.held
    stored = {baseline.label: baseline for baseline in held.store.baselines(held.id)}
    baselines = {baseline.label: stored.get(baseline.label, baseline) for baseline in priced_baselines(plan)}
    positions = {label: position for position, label in enumerate(baselines)}
    if broken := {positions[b.label]: b for b in baselines.values() if b.violations and b.label not in stored}:
        held.save_baselines(broken)
    wanted = [b for b in baselines.values() if b.search is None and b.error is None and not b.violations]
    requests = [context.measurer.request(f"baseline {b.label}", b.candidate) for b in wanted]
    labels = {f"baseline {b.label}": b.label for b in wanted}
    completed = 0
    for outcomes in _float_first(requests, context.measurer.run(requests, context.stop)):
        for outcome in outcomes:
            _complete(plan, baselines, labels[outcome.request.subject], outcome)
        completed += len(outcomes)
        failed = sum(baseline.error is not None for baseline in baselines.values())
        done = [labels[outcome.request.subject] for outcome in outcomes]
        notes = baselines[FLOAT_LABEL].notes if FLOAT_LABEL in done and FLOAT_LABEL in baselines else ()
        context.report(Progress("baselines", completed, len(requests), failed, notes=notes))
        for note in notes:
            held.event(note, "warning")
        changed = {positions[label]: baselines[label] for label in done if label in baselines}
        held.save_baselines(changed, shareable(plan, outcomes))
        check_baselines(held, baselines.values(), list(changed.values()))
    return list(baselines.values()) if completed == len(requests) else None


def priced_baselines(plan: Plan) -> list[Baseline]:
    """The baselines before any is measured."""
    uniform = plan.space.uniform()
    prices = plan.pricer(np.array(list(uniform.values()), dtype=np.int64)) if uniform else {}
    baselines = [Baseline("float", FLOAT_LABEL, None, plan.pricer.float_network())]
    for i, (label, candidate) in enumerate(uniform.items()):
        costs = {metric: float(values[i]) for metric, values in prices.items()}
        broken = violations(plan.constraints, costs)
        baselines.append(Baseline("uniform", label, candidate, costs, violations=broken))
    return baselines


def _float_first(requests: Sequence[Request], batches: Iterator[list[Outcome]]) -> Iterator[list[Outcome]]:
    """The same outcomes, held back until that of the float network is there: drops are differences to it."""
    awaited = any(request.candidate is None for request in requests)
    waiting: list[Outcome] = []
    for outcomes in batches:
        waiting += outcomes
        awaited = awaited and all(outcome.request.candidate is not None for outcome in outcomes)
        if not awaited:
            yield sorted(waiting, key=lambda outcome: outcome.request.candidate is not None)
            waiting = []


def _complete(plan: Plan, baselines: dict[str, Baseline], label: str, outcome: Outcome) -> None:
    """Put one measured baseline in its place; an evaluator without a float network has no baseline of that kind."""
    if outcome.request.candidate is not None:
        reference = float_metrics(baselines.values())
        baselines[label] = measured_baseline(plan, reference, baselines[label], outcome)
        return
    if outcome.error is not None:
        raise JobFailed(f"the float network could not be measured:\n{outcome.error}")
    if outcome.measurement is None:
        del baselines[label]
        if plan.drops:
            raise JobFailed(f"the evaluator has no float network, so there is no drop of {sorted(plan.drops)}")
        return
    _check_drops(plan, outcome.measurement.metrics)
    warned = _with_warning(plan, outcome.measurement)
    baselines[label] = measured_baseline(plan, warned.metrics, baselines[label], replace(outcome, measurement=warned))


NEAR_GUESS = 0.03
"""Share of the way from a guess to the best value that a float network must have gone, not to look untrained."""


def _with_warning(plan: Plan, found: Measurement) -> Measurement:
    """The measurement of the float network, with a note where it is no better than what the evaluator calls a guess.

    Asked of the loss and of what is maximized; other metrics, such as a size, may well be at their worst in float.
    """
    qualities = {m: ends for m, ends in plan.measured_bounds.items() if m == "loss" or ends.best > ends.worst}
    for metric, (best, worst) in qualities.items():
        value = found.metrics.get(metric, best)
        if worst != best and math.isfinite(value) and (worst - value) / (worst - best) <= NEAR_GUESS:
            note = (
                f"the float network is no better than a guess: {metric} {value:.4g}, where a guess has {worst:.4g}; "
                "are its weights loaded, and its inputs scaled as in its training?"
            )
            return replace(found, notes=(*found.notes, note))
    return found


def _check_drops(plan: Plan, reference: Mapping[str, float]) -> None:
    """`JobFailed` when a drop is asked for that not even the best value of the metric would give."""
    if missing := sorted(set(plan.drops) - set(reference)):
        raise JobFailed(f"the evaluator did not measure {missing[0]!r} of the float network, so there is no drop of it")
    best = {metric: bounds.best for metric, bounds in plan.measured_bounds.items()}
    least = drops(plan, reference, {**reference, **best})
    for constraint in plan.constraints:
        if constraint.operator == "<=" and constraint.violation(least.get(constraint.metric, constraint.bound)) > 0:
            metric = constraint.metric.removesuffix(DROP)
            why = f"the float network has {metric} {reference[metric]:.6g}"
            raise JobFailed(f"'{constraint}' cannot hold: {why}, so the least drop is {least[constraint.metric]:.6g}")


def float_metrics(baselines: Iterable[Baseline]) -> Mapping[str, float]:
    """What the float network measured, to which drops are differences; empty where there is none."""
    return next((baseline.metrics for baseline in baselines if baseline.kind == "float"), {})
