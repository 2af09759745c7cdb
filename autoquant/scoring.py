"""What stands beside a search: the float network, the uniform bit-widths, and the scores on the test split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from autoquant.coordinator import MAX_ATTEMPTS, POLL_SECONDS
from autoquant.errors import JobFailed
from autoquant.interfaces import Completion, Task, WorkerPool
from autoquant.job import Baseline
from autoquant.objective import DROP, violations
from autoquant.plan import Plan
from autoquant.results import check_finite, drops
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


def measure_baselines(plan: Plan, held: HeldJob, pool: WorkerPool, stop: Callable[[], bool]) -> list[Baseline] | None:
    """The float network and every uniform bit-width on the search split; those of a resumed job are read back.

    A uniform bit-width whose costs break a constraint is priced but never measured. `JobFailed` when the float network
    cannot be measured. None when told to stop before all were measured.
    """
    if stored := held.store.baselines(held.id):
        return stored
    uniform = plan.space.uniform()
    prices = plan.pricer(np.array(list(uniform.values()), dtype=np.int64)) if uniform else {}
    baselines = {FLOAT_LABEL: Baseline(FLOAT_LABEL, None, plan.pricer.float_network())}
    for i, (label, candidate) in enumerate(uniform.items()):
        costs = {metric: float(values[i]) for metric, values in prices.items()}
        baselines[label] = Baseline(label, candidate, costs, violations=violations(plan.constraints, costs))
    tasks = [Task(label, one.candidate) for label, one in baselines.items() if not one.violations]
    done = {completion.task.key: completion for completion in run_all(pool, tasks, stop)}
    if len(done) < len(tasks):
        return None
    measured = done[FLOAT_LABEL].measurement
    if done[FLOAT_LABEL].error is not None:
        raise JobFailed(f"the float network could not be measured:\n{done[FLOAT_LABEL].error}")
    if measured is None:
        del baselines[FLOAT_LABEL], done[FLOAT_LABEL]
        if plan.drops:
            raise JobFailed(f"the evaluator has no float network, so there is no drop of {sorted(plan.drops)}")
    reference = dict(measured.metrics) if measured else {}
    _check_drops(plan, reference)
    for label, completion in done.items():
        baselines[label] = _measured(plan, baselines[label], completion, reference)
    held.save_baselines(list(baselines.values()))
    return list(baselines.values())


def _check_drops(plan: Plan, reference: dict[str, float]) -> None:
    """`JobFailed` when a drop is asked for that not even the best value of the metric would give."""
    best = {metric: values[0] for metric, values in plan.bounds.items()}
    least = drops(plan, reference, {**reference, **best})
    for constraint in plan.constraints:
        if constraint.operator == "<=" and constraint.violation(least.get(constraint.metric, constraint.bound)) > 0:
            metric = constraint.metric.removesuffix(DROP)
            found = f"the float network has {metric} {reference[metric]:.6g}"
            raise JobFailed(f"'{constraint}' cannot hold: {found}, so the least drop is {least[constraint.metric]:.6g}")


def _measured(plan: Plan, baseline: Baseline, completion: Completion, reference: dict[str, float]) -> Baseline:
    found = completion.measurement
    error = completion.error or check_finite(found.metrics if found else {}, plan)
    if found is None or error is not None:
        return replace(baseline, error=error)
    metrics = {**baseline.metrics, **found.metrics, **drops(plan, reference, found.metrics)}
    return replace(
        baseline,
        metrics=metrics,
        standard_errors=dict(found.standard_errors),
        violations={} if baseline.candidate is None else violations(plan.constraints, metrics),
    )


def known_candidates(plan: Plan, baselines: Sequence[Baseline]) -> dict[Candidate, Trial]:
    """The measured uniform bit-widths as trials, so that a search that proposes one need not measure it again."""
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
        if one.candidate is not None and one.error is None and _was_measured(plan, one)
    }


def _was_measured(plan: Plan, baseline: Baseline) -> bool:
    """Whether it holds more than costs."""
    return bool(set(baseline.metrics) - {table.metric for table in plan.record.costs})


def score_on_test(plan: Plan, held: HeldJob, pool: WorkerPool, stop: Callable[[], bool]) -> bool:
    """Score the final front and the measured baselines on the test split, each once; False when told to stop before."""
    baselines = {one.label: one for one in held.store.baselines(held.id)}
    tasks = [
        Task(f"baseline {one.label}", one.candidate, "test")
        for one in baselines.values()
        if one.error is None and not one.test_metrics and _was_measured(plan, one)
    ]
    front = {str(trial.number): trial for trial in held.store.front(held.id) if not trial.test_metrics}
    tasks += [Task(number, trial.candidate, "test") for number, trial in front.items()]
    done = 0
    for completion in run_all(pool, tasks, stop):
        done += 1
        found = completion.measurement
        error = completion.error or check_finite(found.metrics if found else {}, plan)
        if found is None or error is not None:
            what = f"trial {completion.task.key}" if completion.task.key in front else completion.task.key
            raise JobFailed(f"{what} could not be scored on the test split:\n{error}")
        label = completion.task.key.removeprefix("baseline ")
        if completion.task.key in front:
            held.score_trial(int(completion.task.key), found)
        else:
            baselines[label] = replace(
                baselines[label], test_metrics=dict(found.metrics), test_standard_errors=dict(found.standard_errors)
            )
    if baselines:
        held.save_baselines(list(baselines.values()))
    return done == len(tasks)
