"""Trials in this process, one batch after the other: what a debugger wants."""

from __future__ import annotations

import time
from collections import deque

from autoquant.interfaces import Completion, EvaluatorRecipe, Task, WorkerPool
from autoquant_workers.worker import Batches, Worker


class InlinePool(WorkerPool):
    """Runs a batch of tasks when completions are asked for. Breakpoints in a network or an evaluator just work."""

    def __init__(self) -> None:
        self._queue: deque[Task] = deque()
        self._batches = Batches()
        self._threads: int | None = None

    def start(self, recipe: EvaluatorRecipe) -> None:
        """Build the evaluator here; its errors come out as they are."""
        import torch

        self._threads = torch.get_num_threads()
        self._worker = Worker(recipe, "inline")

    @property
    def workers(self) -> int:
        return 1

    def submit(self, task: Task) -> None:
        self._queue.append(task)

    def completions(self, timeout: float) -> list[Completion]:
        """The oldest tasks, about half a second of them, run now; ``timeout`` cannot cut them short."""
        if not self._queue:
            return []
        batch = self._batches.take(self._queue, self.workers)
        began = time.perf_counter()
        completions = self._worker.run_batch(batch)
        self._batches.note(batch, time.perf_counter() - began)
        return completions

    @property
    def running(self) -> int:
        return len(self._queue)

    def cancel_queued(self) -> None:
        self._queue.clear()

    def close(self) -> None:
        """Forget what is queued, and give torch its threads back."""
        import torch

        self._queue.clear()
        if self._threads is not None:
            torch.set_num_threads(self._threads)
            self._threads = None
