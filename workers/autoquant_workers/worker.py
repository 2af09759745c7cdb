"""What every pool runs: an evaluator, a batch of tasks at a time, each outcome as data."""

from __future__ import annotations

import math
import traceback
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from autoquant.completions import checked
from autoquant.data import SplitName
from autoquant.interfaces import Completion, EvaluatorRecipe, Prepared, Task
from autoquant.trial import Measurement, Step

BATCH_SECONDS = 0.5
"""How long a batch should take: long compared with the way to a worker and back, short for a person who waits."""
SMOOTHING = 0.5
"""Weight of the last batch in the running mean of seconds a task."""


class Batches:
    """Takes tasks off a queue, as many at once as take `BATCH_SECONDS`, going by how long those before took."""

    def __init__(self) -> None:
        self._seconds: dict[SplitName, float] = {}
        """Running mean of the seconds that a task takes, for each split."""

    def note(self, batch: Sequence[Task], seconds: float) -> None:
        """So long took a batch. The float network says nothing of candidates; there may be none."""
        if all(task.request.is_reference for task in batch):
            return
        split, mean = batch[0].split, seconds / len(batch)
        self._seconds[split] = SMOOTHING * mean + (1 - SMOOTHING) * self._seconds.get(split, mean)

    def short(self, task: Task) -> bool:
        """Whether tasks like this one are known to take less than a batch should."""
        return self._seconds.get(task.split, BATCH_SECONDS) < BATCH_SECONDS

    def take(self, queue: deque[Task], workers: int) -> list[Task]:
        """The oldest tasks, all of one split: at least one, and no more than a worker's fair share of what is queued.

        One where it is not known yet how long they take.
        """
        split = queue[0].split
        most = int(BATCH_SECONDS / max(self._seconds.get(split, BATCH_SECONDS), 1e-6))
        count = max(1, min(most, math.ceil(len(queue) / workers)))
        return [queue.popleft() for _ in takewhile(lambda task: task.split == split, list(islice(queue, count)))]


class Worker:
    """Holds the evaluator (network, data, quantized weights) for as long as the job runs. One torch thread."""

    def __init__(self, recipe: EvaluatorRecipe, name: str) -> None:
        import torch

        torch.set_num_threads(1)
        keep_freed_memory()
        self._space = recipe.space
        self._evaluator = recipe.build()
        self._name = name

    def run_batch(self, tasks: Sequence[Task]) -> list[Completion]:
        """Prepare and score, in the order given; whatever the evaluator raises for a task comes back as its error."""
        outcomes: dict[int, Outcome] = {}
        for split in dict.fromkeys(task.split for task in tasks):
            ready: dict[int, Prepared] = {}
            for i, task in enumerate(tasks):
                if task.split == split:
                    prepared, outcomes[i] = self._prepare(task)
                    if prepared is not None:
                        ready[i] = prepared
            for i, measured in zip(ready, self._score(list(ready.values()), split), strict=True):
                outcomes[i] = replace(outcomes[i], result=measured)
        return [self._completion(task, outcomes[i]) for i, task in enumerate(tasks)]

    def _prepare(self, task: Task) -> tuple[Prepared | None, Outcome]:
        """What is to be scored, and the steps that were reported; None where there is nothing, or an error."""
        if task.request.is_reference and not self._evaluator.has_reference:
            return None, Outcome()
        steps: list[Step] = []

        def report(step: int, metrics: Mapping[str, float]) -> None:
            steps.append(Step(step, dict(metrics)))

        try:
            return self._evaluator.prepare(self._space, task.request, report), Outcome(steps=steps)
        except Exception as error:
            return None, Outcome(error)

    def _score(self, prepared: list[Prepared], split: SplitName) -> Sequence[Measurement | Exception]:
        """One outcome for each, each a measurement or an error."""
        if not prepared:
            return []
        name = type(self._evaluator).__name__
        try:
            outcomes = list(self._evaluator.score_many(prepared, split))
        except Exception as error:
            return [error] * len(prepared)
        if len(outcomes) != len(prepared):
            wrong = f"{name}.score_many returned {len(outcomes)} outcomes for {len(prepared)} candidates"
            return [TypeError(wrong)] * len(prepared)
        return [
            outcome
            if isinstance(outcome, (Measurement, Exception))
            else TypeError(f"{name}.score returned {outcome!r}, not a Measurement")
            for outcome in outcomes
        ]

    def _completion(self, task: Task, outcome: Outcome) -> Completion:
        result = outcome.result
        if isinstance(result, Exception):
            error = "".join(traceback.format_exception(result))
            return checked(Completion(task, error=error, worker=self._name))
        done = checked(Completion(task, measurement=result, worker=self._name))
        if done.measurement is None or not outcome.steps:
            return done
        steps = (*outcome.steps, *done.measurement.steps)
        return checked(replace(done, measurement=replace(done.measurement, steps=steps)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A measurement or an error; neither where there is no float network. With the steps of its preparation."""

    result: Measurement | Exception | None = None
    steps: Sequence[Step] = ()


def keep_freed_memory() -> None:
    """Let the process keep the memory of one pass for the next; allocating it again can cost more than the pass itself.

    glibc (mallopt(3), M_MMAP_THRESHOLD) returns blocks above a limit to the system as soon as they are freed, and
    raises that limit when it sees one, up to 32 MiB. Elsewhere this does nothing.
    """
    import torch

    torch.empty(31 * 2**20, dtype=torch.uint8)
