"""The contract of worker pools, as checks that raise `AssertionError` with what is wrong.

Run it over a pool of your own, in any test framework::

    from autoquant.testing.pools import check_pool

    def test_my_pool():
        check_pool(lambda: MyPool(workers=2))

What it is given makes a pool that is not started.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from autoquant.data import SplitName
from autoquant.interfaces import Completion, EvaluationRequest, Evaluator, EvaluatorRecipe, Prepared, Task, WorkerPool
from autoquant.objective import Direction
from autoquant.space import Choice, SearchSpace
from autoquant.trial import Measurement

MakePool = Callable[[], WorkerPool]

PATIENCE = 60.0
"""Seconds after which a pool that says that it runs something is taken to hang."""

SPACE = SearchSpace([Choice("what", ("measure", "raise", "nonsense", "slow")), Choice("value", tuple(range(200)))])
MEASURE, RAISE, NONSENSE, SLOW = range(4)


class Probe(Evaluator):
    """Measures a number that its candidate names; raises, returns nonsense or sleeps where it asks for that."""

    metrics: ClassVar[dict[str, Direction]] = {"number": "maximize"}

    @property
    def has_reference(self) -> bool:
        return True

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        if prepared.candidate is None:
            return Measurement({"number": 0.5 if split == "search" else 0.25})
        what, value = prepared.candidate
        if what == RAISE:
            raise ValueError(f"value {value} is out of luck")
        if what == NONSENSE:
            return {"number": value}  # type: ignore[return-value]
        if what == SLOW:
            time.sleep(0.05)
        return Measurement({"number": float(value) if split == "search" else -float(value)}, seconds=0.125)


def unlucky() -> Evaluator:
    """A build that fails."""
    raise ValueError("there is no evaluator to be had")


def recipe(build: Callable[[], Evaluator] | None = None) -> EvaluatorRecipe:
    """What workers build: a `Probe` by default."""
    return EvaluatorRecipe(build or partial(Probe, None, None), SPACE)


def tasks(what: int, values: Sequence[int], split: SplitName = "search") -> list[Task]:
    """One task for each value."""
    return [Task(f"{what} {value} {split}", EvaluationRequest((what, value)), split) for value in values]


def run(pool: WorkerPool, wanted: Sequence[Task]) -> dict[str, Completion]:
    """Task key -> completion of all these tasks."""
    for task in wanted:
        pool.submit(task)
    assert pool.running == len(wanted), f"{len(wanted)} tasks were submitted, running is {pool.running}"
    return drain(pool)


def drain(pool: WorkerPool) -> dict[str, Completion]:
    """Task key -> completion of everything that runs."""
    completions: dict[str, Completion] = {}
    give_up = time.monotonic() + PATIENCE
    while pool.running:
        before = pool.running
        done = pool.completions(0.2)
        assert pool.running == before - len(done), "running does not count what is submitted and not taken"
        for completion in done:
            assert completion.task.key not in completions, f"task {completion.task.key!r} came back twice"
            completions[completion.task.key] = completion
        assert time.monotonic() < give_up, f"after {PATIENCE} s it still runs {pool.running} tasks"
    assert pool.completions(0.0) == [], "a task came back after running was 0"
    return completions


def check_pool(make: MakePool) -> None:
    """Every check of the contract."""
    pool = make()
    try:
        pool.start(recipe())
        for check in STARTED_CHECKS:
            check(pool)
    finally:
        pool.close()
    for own in CHECKS:
        own(make)


def measures_every_task_once(pool: WorkerPool) -> None:
    """Every task comes back once, with its own measurement."""
    assert pool.workers >= 1
    wanted = tasks(MEASURE, range(60))
    completions = run(pool, wanted)
    assert completions.keys() == {task.key for task in wanted}
    for task in wanted:
        completion = completions[task.key]
        assert task.candidate is not None
        assert completion.task == task
        assert completion.error is None, completion.error
        assert completion.measurement == Measurement({"number": float(task.candidate[1])}, seconds=0.125)
        assert completion.worker, "a completion does not say which worker it comes from"


def measures_the_split_that_is_asked_for(pool: WorkerPool) -> None:
    """Search and test split, also when they are asked for in turns; no candidate is the float network."""
    both = zip(tasks(MEASURE, range(1, 9)), tasks(MEASURE, range(1, 9), "test"), strict=True)
    wanted = [task for pair in both for task in pair]
    wanted[3:3] = [Task("float search"), Task("float test", split="test")]
    numbers = {key: done.measurement and done.measurement.metrics["number"] for key, done in run(pool, wanted).items()}
    expected = {f"{MEASURE} {value} search": float(value) for value in range(1, 9)}
    expected |= {f"{MEASURE} {value} test": -float(value) for value in range(1, 9)}
    assert numbers == expected | {"float search": 0.5, "float test": 0.25}


def errors_come_back_with_their_traceback(pool: WorkerPool) -> None:
    """What the evaluator raises is the error of that task and of no other; the workers go on."""
    wanted = [task for value in range(12) for task in tasks((MEASURE, RAISE, NONSENSE)[value % 3], [value])]
    for key, completion in run(pool, wanted).items():
        what, value, _ = key.split()
        if int(what) == MEASURE:
            assert completion.error is None, completion.error
            assert completion.measurement is not None
            continue
        assert completion.measurement is None
        assert completion.error is not None, f"task {key!r} should have failed"
        expected = f"ValueError: value {value} is out of luck" if int(what) == RAISE else "not a Measurement"
        assert expected in completion.error, f"the error does not say {expected!r}: {completion.error}"
        if int(what) == RAISE:
            assert "Traceback" in completion.error, "the error has no traceback"
            assert "in score" in completion.error, "the traceback does not reach the line that raised"


def drops_what_is_queued(pool: WorkerPool) -> None:
    """After `cancel_queued` what runs still completes, what was queued does not, and new tasks are taken."""
    wanted = tasks(SLOW, range(20 * pool.workers))
    for task in wanted:
        pool.submit(task)
    pool.cancel_queued()
    completions = drain(pool)
    assert completions.keys() <= {task.key for task in wanted}
    assert len(completions) < len(wanted), "cancel_queued() dropped nothing"
    assert all(completion.error is None for completion in completions.values())
    pool.cancel_queued()
    assert len(run(pool, tasks(MEASURE, range(100, 110)))) == 10, "it takes no tasks after cancel_queued()"


def does_not_wait_for_nothing(pool: WorkerPool) -> None:
    """With nothing submitted there is nothing to wait for, and an empty list in time."""
    before = time.monotonic()
    assert pool.completions(0.05) == []
    assert time.monotonic() - before < 5.0


STARTED_CHECKS: tuple[Callable[[WorkerPool], None], ...] = (
    measures_every_task_once,
    measures_the_split_that_is_asked_for,
    errors_come_back_with_their_traceback,
    drops_what_is_queued,
    does_not_wait_for_nothing,
)
"""The part of the contract that concerns a started pool."""


def says_why_it_cannot_start(make: MakePool) -> None:
    """A build that fails comes out of `start` with its reason, and the pool can be closed."""
    pool = make()
    message = None
    try:
        pool.start(recipe(unlucky))
    except Exception as error:
        message = str(error)
    finally:
        pool.close()
    assert message is not None, "start() came back although no evaluator could be built"
    assert "there is no evaluator to be had" in message, f"the error does not say why: {message}"


def closes_at_any_time(make: MakePool) -> None:
    """Never started, with tasks on their way, and twice."""
    pool = make()
    pool.close()
    pool = make()
    try:
        pool.start(recipe())
        for task in tasks(SLOW, range(10)):
            pool.submit(task)
    finally:
        pool.close()
        pool.close()
    assert pool.running == 0, "tasks run in a closed pool"


CHECKS: tuple[Callable[[MakePool], None], ...] = (says_why_it_cannot_start, closes_at_any_time)
"""The part of the contract that needs pools of its own."""


def discovered() -> dict[str, type[Any]]:
    """Every installed pool, by name."""
    from autoquant import plugins

    return {name: plugins.load("pool", name) for name in plugins.names("pool")}
