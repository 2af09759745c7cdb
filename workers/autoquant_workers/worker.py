"""What every pool runs: an evaluator, a batch of tasks at a time, each outcome as data."""

from __future__ import annotations

import math
import traceback
from collections import deque
from collections.abc import Sequence
from itertools import islice, takewhile

from autoquant.data import SplitName
from autoquant.interfaces import Completion, EvaluatorRecipe, Task
from autoquant.space import Candidate
from autoquant.trial import Measurement
from autoquant_workers.plain_numbers import with_plain_numbers

BATCH_SECONDS = 0.5
"""How long a batch should take: long beside the way to a worker and back, short beside a person's patience."""
NEWS = 0.5
"""Weight of the last batch in the running mean of seconds a task."""


class Batches:
    """Takes tasks off a queue, as many at once as take `BATCH_SECONDS`, going by how long those before took."""

    def __init__(self) -> None:
        self._seconds: dict[SplitName, float] = {}
        """Running mean of the seconds that a task takes, for each split."""

    def note(self, batch: Sequence[Task], seconds: float) -> None:
        """So long took a batch. The float network says nothing of candidates; there may be none."""
        if all(task.candidate is None for task in batch):
            return
        split, mean = batch[0].split, seconds / len(batch)
        self._seconds[split] = NEWS * mean + (1 - NEWS) * self._seconds.get(split, mean)

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
        """Measure, in the order given; whatever the evaluator raises for a task comes back as its error."""
        outcomes: dict[int, Measurement | Exception | None] = {}
        for split in dict.fromkeys(task.split for task in tasks):
            chosen = [(i, task.candidate) for i, task in enumerate(tasks) if task.split == split]
            outcomes.update({i: self._reference(split) for i, candidate in chosen if candidate is None})
            asked = {i: candidate for i, candidate in chosen if candidate is not None}
            outcomes.update(zip(asked, self._candidates(list(asked.values()), split), strict=True))
        return [self._completion(task, outcomes[i]) for i, task in enumerate(tasks)]

    def _reference(self, split: SplitName) -> Measurement | Exception | None:
        try:
            return self._evaluator.reference(split)
        except Exception as error:
            return error

    def _candidates(self, candidates: list[Candidate], split: SplitName) -> Sequence[Measurement | Exception]:
        """One outcome for each, each a measurement or an error."""
        if not candidates:
            return []
        name = type(self._evaluator).__name__
        try:
            outcomes = list(self._evaluator.evaluate_many(self._space, candidates, split))
        except Exception as error:
            return [error] * len(candidates)
        if len(outcomes) != len(candidates):
            wrong = f"{name}.evaluate_many returned {len(outcomes)} outcomes for {len(candidates)} candidates"
            return [TypeError(wrong)] * len(candidates)
        return [
            outcome
            if isinstance(outcome, (Measurement, Exception))
            else TypeError(f"{name}.evaluate returned {outcome!r}, not a Measurement")
            for outcome in outcomes
        ]

    def _completion(self, task: Task, outcome: Measurement | Exception | None) -> Completion:
        if isinstance(outcome, Measurement):
            outcome = with_plain_numbers(outcome)
        if isinstance(outcome, Exception):
            return Completion(task, error="".join(traceback.format_exception(outcome)), worker=self._name)
        return Completion(task, measurement=outcome, worker=self._name)


def keep_freed_memory() -> None:
    """Let the process keep the memory of one pass for the next; fetching it anew can cost more than the pass itself.

    glibc (mallopt(3), M_MMAP_THRESHOLD) returns blocks above a limit to the system as soon as they are freed, and
    raises that limit when it sees one, up to 32 MiB. Elsewhere this does nothing.
    """
    import torch

    torch.empty(31 * 2**20, dtype=torch.uint8)
