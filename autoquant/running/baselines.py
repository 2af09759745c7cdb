"""What stands beside a search: the float network, the uniform bit-widths, and the scores on the test split."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from autoquant.errors import JobFailed
from autoquant.interfaces import Completion, Task, WorkerPool
from autoquant.job import Baseline
from autoquant.objective import DROP, violations
from autoquant.planning.plan import Plan
from autoquant.running.results import check_finite, drops
from autoquant.running.search_loop import MAX_ATTEMPTS, POLL_SECONDS
from autoquant.space import Candidate
from autoquant.store import HeldJob
from autoquant.trial import Trial, TrialState

FLOAT_LABEL = "float32"


def run_all(pool: WorkerPool, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[Completion]:
    """Completions of all these tasks as they come; ends early, dropping what has not begun, when told to stop.

    A task whose worker was lost runs again, as often as a trial would.
    """
    attempts = Counter(task.key for task in tasks)
    for task in tasks:
        pool.submit(task)
    while pool.running:
        if stop():
            pool.cancel_queued()
        for completion in pool.completions(POLL_SECONDS):
            key = completion.task.key
            if completion.lost and attempts[key] < MAX_ATTEMPTS:
                attempts[key] += 1
                pool.submit(completion.task)
            else:
                yield completion


def run_shared(
    plan: Plan, held: HeldJob, pool: WorkerPool, tasks: Sequence[Task], stop: Callable[[], bool]
) -> Iterator[Completion]:
    """As `run_all`; what any job has measured before is not measured again, and what is measured is kept for all."""
    alike: dict[str, list[Task]] = {}
    for task in tasks:
        alike.setdefault(plan.measurement_key(task.candidate, task.split), []).append(task)
    keys = {group[0].key: key for key, group in alike.items()}
    known = held.store.measured(sorted(alike)) if plan.spec.reuse else {}
    for key in known:
        for task in alike[key]:
            yield Completion(task, known[key][0])
    for completion in run_all(pool, [group[0] for key, group in alike.items() if key not in known], stop):
        found, key = completion.measurement, keys[completion.task.key]
        if found is not None and completion.error is None and check_finite(found.metrics, plan) is None:
            held.share(key, completion.task.key, found)
        for task in alike[key]:
            yield replace(completion, task=task)


def measure_baselines(
    plan: Plan, held: HeldJob, pool: WorkerPool, stop: Callable[[], bool], tell: Callable[[int, int], None]
) -> list[Baseline] | None:
    """The float network and every uniform bit-width on the search split; those of a resumed job are read back.

    A uniform bit-width whose costs break a constraint is priced but never measured. `JobFailed` when the float network
    cannot be measured. None when told to stop before all were measured. ``tell`` is called with how many of how many
    measurements are done.
    """
    stored = [one for one in held.store.baselines(held.id) if one.kind != "sensitivity"]
    baselines = {one.label: one for one in stored or _priced(plan)}
    open_ = [one for one in baselines.values() if not (was_measured(plan, one) or one.violations or one.error)]
    tasks = [Task(one.label, one.candidate) for one in open_]
    # The float network comes first: drops are differences to it.
    waiting: list[Completion] = []
    landed = 0
    for completion in run_shared(plan, held, pool, tasks, stop):
        waiting.append(completion)
        if any(one.task.candidate is None for one in waiting) or not _awaits_float(plan, baselines):
            for one in sorted(waiting, key=lambda one: one.task.candidate is not None):
                _land(plan, baselines, one)
            landed += len(waiting)
            tell(landed, len(tasks))
            waiting = []
            held.save_baselines(list(baselines.values()))
    return list(baselines.values()) if landed == len(tasks) else None


def _priced(plan: Plan) -> list[Baseline]:
    """The baselines before any is measured."""
    uniform = plan.space.uniform()
    prices = plan.pricer(np.array(list(uniform.values()), dtype=np.int64)) if uniform else {}
    found = [Baseline(FLOAT_LABEL, None, plan.pricer.float_network())]
    for i, (label, candidate) in enumerate(uniform.items()):
        costs = {metric: float(values[i]) for metric, values in prices.items()}
        found.append(Baseline(label, candidate, costs, violations=violations(plan.constraints, costs)))
    return found


def _awaits_float(plan: Plan, baselines: Mapping[str, Baseline]) -> bool:
    found = baselines.get(FLOAT_LABEL)
    return found is not None and found.error is None and not was_measured(plan, found)


def _land(plan: Plan, baselines: dict[str, Baseline], done: Completion) -> None:
    """Put one measured baseline in its place; an evaluator without a float network has no baseline of that name."""
    label = done.task.key
    if label == FLOAT_LABEL:
        if done.error is not None:
            raise JobFailed(f"the float network could not be measured:\n{done.error}")
        if done.measurement is None:
            del baselines[FLOAT_LABEL]
            if plan.drops:
                raise JobFailed(f"the evaluator has no float network, so there is no drop of {sorted(plan.drops)}")
            return
        _check_drops(plan, dict(done.measurement.metrics))
        baselines[label] = measured(plan, baselines[label], done, done.measurement.metrics)
        return
    baselines[label] = measured(plan, baselines[label], done, float_metrics(baselines.values()))


def _check_drops(plan: Plan, reference: Mapping[str, float]) -> None:
    """`JobFailed` when a drop is asked for that not even the best value of the metric would give."""
    if missing := sorted(set(plan.drops) - set(reference)):
        raise JobFailed(f"the evaluator did not measure {missing[0]!r} of the float network, so there is no drop of it")
    best = {metric: values[0] for metric, values in plan.bounds.items()}
    least = drops(plan, reference, {**reference, **best})
    for constraint in plan.constraints:
        if constraint.operator == "<=" and constraint.violation(least.get(constraint.metric, constraint.bound)) > 0:
            metric = constraint.metric.removesuffix(DROP)
            found = f"the float network has {metric} {reference[metric]:.6g}"
            raise JobFailed(f"'{constraint}' cannot hold: {found}, so the least drop is {least[constraint.metric]:.6g}")


def float_metrics(baselines: Iterable[Baseline]) -> Mapping[str, float]:
    """What the float network measured, to which drops are differences; empty where there is none."""
    return next((one.metrics for one in baselines if one.label == FLOAT_LABEL), {})


def measured(plan: Plan, baseline: Baseline, completion: Completion, reference: Mapping[str, float]) -> Baseline:
    """The baseline with what was measured of it, its drops against ``reference``, or its error."""
    found = completion.measurement
    error = completion.error or check_finite(found.metrics if found else {}, plan)
    if found is None:
        return replace(baseline, error=error)
    if error is not None:  # What it did measure is still what drops are differences to.
        finite = {metric: value for metric, value in found.metrics.items() if math.isfinite(value)}
        return replace(baseline, metrics={**baseline.metrics, **finite}, error=error)
    metrics = {**baseline.metrics, **found.metrics, **drops(plan, reference, found.metrics)}
    return replace(
        baseline,
        metrics=metrics,
        standard_errors=dict(found.standard_errors),
        violations={} if baseline.candidate is None else violations(plan.constraints, metrics),
    )


def known_candidates(plan: Plan, baselines: Sequence[Baseline]) -> dict[Candidate, Trial]:
    """Those that were measured as trials, so that a search that proposes one need not measure it again."""
    return {
        plan.space.canonical(one.candidate): Trial(
            number=-1,
            state=TrialState.COMPLETE,
            candidate=one.candidate,
            options={},
            ask=-1,
            requested=0,
            told=0,
            metrics=one.metrics,
            standard_errors=one.standard_errors,
            violations=one.violations,
            measured_by=f"baseline {one.label}",
        )
        for one in baselines
        if one.candidate is not None and one.error is None and was_measured(plan, one)
    }


def was_measured(plan: Plan, baseline: Baseline) -> bool:
    """Whether it holds more than costs."""
    return bool(set(baseline.metrics) - {table.metric for table in plan.record.costs})


def score_on_test(plan: Plan, held: HeldJob, pool: WorkerPool, stop: Callable[[], bool]) -> bool:
    """Score the final front and the measured baselines on the test split, each once; False when told to stop before."""
    baselines = {f"baseline {one.label}": one for one in held.store.baselines(held.id)}
    tasks = [
        Task(key, one.candidate, "test")
        for key, one in baselines.items()
        if one.error is None and not one.test_metrics and was_measured(plan, one)
    ]
    front = [trial for trial in held.store.front(held.id) if not trial.test_metrics]
    tasks += [Task(f"trial {trial.number}", trial.candidate, "test") for trial in front]
    done = 0
    for completion in run_shared(plan, held, pool, tasks, stop):
        done += 1
        key, found = completion.task.key, completion.measurement
        error = completion.error or check_finite(found.metrics if found else {}, plan)
        if found is None or error is not None:
            raise JobFailed(f"{key} could not be scored on the test split:\n{error}")
        if key in baselines:
            held.score_baseline(baselines[key].label, found)
        else:
            held.score_trial(int(key.removeprefix("trial ")), found)
    return done == len(tasks)
