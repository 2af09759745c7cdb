"""What every phase of a running job is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autoquant.job import Progress
from autoquant.planning.plan import Plan
from autoquant.running.measuring import Measurer
from autoquant.store import HeldJob


@dataclass(frozen=True, slots=True)
class RunContext:
    """One process's run of a job."""

    plan: Plan
    held: HeldJob
    measurer: Measurer
    n_trials: int
    """Total of the job."""
    stop: Callable[[], bool]
    """Whether to end: interrupted, or asked to."""
    progress: Callable[[Progress], None]
    """To be called with how far the job is."""
    clock: Callable[[], float]
    """Seconds that the job has run, over all processes that took it up."""

    def report(self, now: Progress) -> None:
        """Tell, and keep for those who read the store."""
        self.held.note_progress(now)
        self.progress(now)
