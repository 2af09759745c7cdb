"""Batches: their size, what a worker makes of one, and a real Ray that loses actors."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import ClassVar

import pytest
from autoquant_search_spaces.choices import Choices
from autoquant_workers.inline import InlinePool
from autoquant_workers.ray_pool import RayPool
from autoquant_workers.worker import BATCH_SECONDS, Batches, Worker

from autoquant.data import SplitName
from autoquant.interfaces import Completion, EvaluationRequest, Evaluator, EvaluatorRecipe, Prepared, Task, WorkerPool
from autoquant.objective import Direction
from autoquant.trial import Measurement

SPACE = Choices(None, choices={"a": list(range(40))})


class Toy(Evaluator):
    """Candidate 3 raises; 7 gives no measurement; 13 ends its process."""

    metrics: ClassVar[dict[str, Direction]] = {"score": "maximize"}

    def __init__(self) -> None:
        super().__init__(None, None)

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        candidate = prepared.candidate
        if candidate == (3,):
            raise ValueError("three is not measured")
        if candidate == (7,):
            return None  # type: ignore[return-value]
        if candidate == (13,):
            os._exit(1)
        assert candidate is not None
        return Measurement({"score": candidate[0] + (100.0 if split == "test" else 0.0)})


class Slow(Toy):
    """A fifth of a second a candidate."""

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        time.sleep(0.2)
        return super().score(prepared, split)


class Short(Toy):
    """Loses outcomes."""

    def score_many(self, prepared, split):
        return super().score_many(prepared, split)[1:]


class Broken(Toy):
    """Raises for all."""

    def score_many(self, prepared, split):
        raise RuntimeError("no batches today")


def tasks(*numbers: int, split: str = "search") -> list[Task]:
    return [Task(f"{split}{number}", EvaluationRequest((number,)), split) for number in numbers]


def scores(completions: list[Completion]) -> dict[str, float]:
    return {c.task.key: c.measurement.metrics["score"] for c in completions if c.measurement is not None}


def drained(pool: WorkerPool, seconds: float = 600) -> list[list[Completion]]:
    """What comes until nothing runs, batch by batch."""
    found, end = [], time.monotonic() + seconds
    while pool.running:
        assert time.monotonic() < end, "tasks got lost"
        if completions := pool.completions(0.2):
            found.append(completions)
    return found


def sizes(batches: Batches, queued: int, workers: int) -> list[int]:
    """How a queue of so many tasks is cut, if no time passes."""
    queue, found = deque(tasks(*range(queued))), []
    while queue:
        found.append(len(batches.take(queue, workers)))
    return found


def test_a_batch_is_as_long_as_the_target_and_no_more_than_a_fair_share():
    batches = Batches()
    assert sizes(batches, 3, 1) == [1, 1, 1]
    assert not batches.short(tasks(0)[0])
    batches.note(tasks(0, 1), BATCH_SECONDS / 5)
    assert batches.short(tasks(0)[0])
    assert sizes(batches, 25, 1) == [10, 10, 5]
    assert sizes(batches, 16, 4) == [4, 3, 3, 2, 1, 1, 1, 1]
    assert sizes(batches, 3, 4) == [1, 1, 1]
    batches.note(tasks(0), 10 * BATCH_SECONDS)
    assert sizes(batches, 3, 1) == [1, 1, 1]
    assert not batches.short(tasks(0)[0])
    batches = Batches()
    batches.note(tasks(0), 0.0)
    assert sizes(batches, 100, 2)[0] == 50


def test_a_batch_is_of_one_split_and_each_split_has_its_own_time():
    batches = Batches()
    batches.note(tasks(0), BATCH_SECONDS / 10)
    queue = deque([*tasks(1, 2), *tasks(3, 4, split="test"), *tasks(5)])
    assert batches.take(queue, 1) == tasks(1, 2)
    assert batches.take(queue, 1) == tasks(3, split="test")
    batches.note(tasks(3, split="test"), BATCH_SECONDS * 2)
    assert batches.take(queue, 1) == tasks(4, split="test")
    assert batches.take(queue, 1) == tasks(5)


def test_the_float_network_says_nothing_of_how_long_candidates_take():
    batches = Batches()
    batches.note([Task("float")], 0.0)
    assert not batches.short(tasks(0)[0])
    assert sizes(batches, 3, 1) == [1, 1, 1]


def test_a_worker_keeps_the_order_and_mixes_splits_and_the_reference():
    worker = Worker(EvaluatorRecipe(Toy, SPACE), "w")
    batch = [*tasks(5), *tasks(4, split="test"), Task("float"), *tasks(3, 7, 6)]
    done = worker.run_batch(batch)
    assert [completion.task for completion in done] == batch
    assert scores(done) == {"search5": 5.0, "test4": 104.0, "search6": 6.0}
    assert done[2] == Completion(batch[2], worker="w")
    assert done[3].error is not None
    assert "ValueError: three is not measured" in done[3].error
    assert "in score\n" in done[3].error
    assert done[4].error == "TypeError: Toy.score returned None, not a Measurement\n"
    assert worker.run_batch([]) == []


@pytest.mark.parametrize(
    ("evaluator", "error"), [(Short, "returned 1 outcomes for 2 candidates"), (Broken, "no batches")]
)
def test_an_evaluator_with_wrong_batches_fails_all_of_them(evaluator, error):
    done = Worker(EvaluatorRecipe(evaluator, SPACE), "w").run_batch(tasks(1, 2))
    assert all(completion.error is not None and error in completion.error for completion in done)


def test_inline_runs_one_task_then_batches():
    pool = InlinePool()
    pool.start(EvaluatorRecipe(Toy, SPACE))
    for task in tasks(*range(10)):
        pool.submit(task)
    batches = drained(pool)
    pool.close()
    assert [len(batch) for batch in batches] == [1, 9]
    assert [c.task for batch in batches for c in batch] == tasks(*range(10))


def test_inline_runs_long_tasks_one_by_one():
    pool = InlinePool()
    pool.start(EvaluatorRecipe(Slow, SPACE))
    for task in tasks(1, 2, 4, 5):
        pool.submit(task)
    assert max(len(batch) for batch in drained(pool)) <= 2
    pool.close()


@pytest.fixture(scope="module")
def ray_pool() -> Iterator[RayPool]:
    pool = RayPool(workers=2)
    # The classes of this module travel by value: no worker can import it.

    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    pool.start(EvaluatorRecipe(Toy, SPACE))
    yield pool
    pool.close()
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def test_ray_measures_each_task_once_on_all_workers(ray_pool):
    sent = tasks(*(n for n in range(40) if n not in (3, 7, 13)))
    for task in sent:
        ray_pool.submit(task)
    assert ray_pool.running == len(sent)
    batches = drained(ray_pool)
    done = [completion for batch in batches for completion in batch]
    assert sorted(c.task.key for c in done) == sorted(task.key for task in sent)
    assert scores(done) == {task.key: task.candidate[0] for task in sent}
    assert {c.worker for c in done} == {"ray-0", "ray-1"}
    assert ray_pool.running == 0


@pytest.mark.parametrize("position", [0, 5, 36])
def test_ray_only_the_task_that_ends_its_process_fails(ray_pool, position):
    numbers = [n for n in range(40) if n not in (3, 7, 13)]
    numbers.insert(position, 13)
    for task in tasks(*numbers):
        ray_pool.submit(task)
    done = [completion for batch in drained(ray_pool) for completion in batch]
    assert sorted(c.task.key for c in done) == sorted(f"search{n}" for n in numbers)
    failed = [c for c in done if c.error is not None]
    assert [c.task.key for c in failed] == ["search13"]
    assert "the worker was lost" in str(failed[0].error)
    assert ray_pool.workers == 2


def test_ray_drops_what_no_actor_holds(ray_pool):
    for task in tasks(*range(20, 40)):
        ray_pool.submit(task)
    ray_pool.cancel_queued()
    done = [completion for batch in drained(ray_pool) for completion in batch]
    assert len(done) < 20
    assert len(scores(done)) == len(done)
