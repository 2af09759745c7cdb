"""What runs in a worker process of Ray, and how much memory that may hold."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from autoquant.errors import EvaluationError
from autoquant.interfaces import Completion, Task

MEGABYTE = 2**20
STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch."""

    completions: list[Completion]
    """Empty where the worker already had to be recycled."""
    seconds: float
    recycle_reason: str | None = None
    """Why another worker should take this one's place, if so."""


class RemoteWorker:
    """The actor."""

    _recycle_reason: str | None = None

    def build(self, import_paths: tuple[str, ...], packed: bytes, name: str, memory_mb: int | None) -> str | None:
        """Build the evaluator; the traceback when that fails.

        The import path is set before the recipe, which may name the user's modules, is unpacked.
        """
        import traceback

        from ray import cloudpickle

        sys.path[:] = [*import_paths, *(path for path in sys.path if path not in import_paths)]
        try:
            from autoquant_workers.worker import Worker

            self._worker = Worker(cloudpickle.loads(packed), name)
            self._memory = None if memory_mb is None else Memory(memory_mb)
        except EvaluationError as error:
            return str(error)
        except Exception:
            return traceback.format_exc()
        return None

    def run_batch(self, tasks: list[Task]) -> Outcome:
        """Measure a batch; none once the worker has to be recycled, although it may have been sent already."""
        if self._recycle_reason is not None:
            return Outcome([], 0.0, self._recycle_reason)
        began = time.perf_counter()
        completions = self._worker.run_batch(tasks)
        if any(out_of_memory(completion) for completion in completions):
            self._recycle_reason = "it ran out of memory"
        elif self._memory is not None:
            self._recycle_reason = self._memory.recycle_reason()
        return Outcome(completions, time.perf_counter() - began, self._recycle_reason)


class Memory:
    """Holds this process to so many megabytes.

    What would go beyond raises `MemoryError` where it is allocated (setrlimit(2), RLIMIT_DATA: private and writable
    memory, so that libraries and what Ray shares do not count). A worker that holds half of what it had left when it
    was built should be replaced before the next trial: so each trial finds at least the other half.
    """

    def __init__(self, limit_mb: int) -> None:
        if not STATUS.exists():
            raise EvaluationError("pool.worker_memory_mb: only Linux can hold a process to a limit; leave it out")
        import resource

        held = _megabytes("VmRSS")
        room = limit_mb - held
        if room <= 0:
            raise EvaluationError(
                f"pool.worker_memory_mb: {limit_mb} is too little: a worker holds {held:.0f} MB before its first trial"
            )
        most = int((_megabytes("VmData") + room) * MEGABYTE)
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        self._limit_mb, self._enough = limit_mb, held + room / 2

    def recycle_reason(self) -> str | None:
        """What this process holds, if it should be replaced."""
        held = _megabytes("VmRSS")
        return f"it holds {held:.0f} of {self._limit_mb} MB" if held > self._enough else None


def _megabytes(what: str) -> float:
    """A line of /proc/self/status (proc(5)), which counts in units of 1024 bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) / 1024


def out_of_memory(completion: Completion) -> bool:
    """Whether the task failed because an allocation did; Python and NumPy say so in one way, torch in another."""
    return re.search(r"^[\w.]*MemoryError\b|can't allocate memory", completion.error or "", re.MULTILINE) is not None
