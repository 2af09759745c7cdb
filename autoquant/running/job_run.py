"""A job from first to last: start, baselines, search, polish, test scores, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from autoquant.errors import AutoQuantError, JobEnded, JobHeld
from autoquant.interfaces import WorkerPool
from autoquant.job import JobState, Progress
from autoquant.planning.plan import Plan
from autoquant.running.baselines import float_metrics, measure_baselines
from autoquant.running.context import RunContext
from autoquant.running.final_scores import score_on_test
from autoquant.running.measuring import Measurer
from autoquant.running.polishing import polish
from autoquant.running.search_loop import SearchLoop
from autoquant.running.sensitivity_baseline import SensitivityBaseline
from autoquant.store import HeldJob, Store
from autoquant.store.sql import Ticket

log = logging.getLogger(__name__)

STOP_POLL_SECONDS = 1.0


class StopSignal:
    """Whether to stop: because this process was interrupted, or because somebody asked through the store."""

    def __init__(self, held: HeldJob, interrupted: Callable[[], bool]) -> None:
        self._held = held
        self._interrupted = interrupted
        self._looked = 0.0
        self.state: JobState | None = None
        """PAUSED or CANCELLED; None to go on."""

    def __call__(self) -> bool:
        """The store is looked at once a second at most."""
        if self.state is None and self._interrupted():
            self.state = JobState.PAUSED
        if self.state is None and time.monotonic() - self._looked > STOP_POLL_SECONDS:
            self._looked = time.monotonic()
            self.state = self._held.requested_state
        return self.state is not None


def run_job(
    plan: Plan,
    store: Store,
    job_id: int,
    n_trials: int,
    interrupted: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
    ticket: Ticket | None = None,
) -> JobState:
    """Run a stored job to its end, or until it is stopped; its state and the reason are in the store.

    Raises what made the job fail, after it is stored; `JobHeld` when another process runs it. One that was stopped
    since ``ticket`` stays as it is.
    """
    try:
        job = HeldJob(store, job_id, n_trials, ticket)
    except JobEnded as ended:
        log.info("action=end job=%d state=%s before=start", job_id, ended.state)
        return JobState(ended.state)
    with job as held:
        return _Run(plan, held, n_trials, interrupted, progress).to_the_end()


class _Run:
    """What this process does of a job."""

    def __init__(
        self,
        plan: Plan,
        held: HeldJob,
        n_trials: int,
        interrupted: Callable[[], bool],
        progress: Callable[[Progress], None],
    ) -> None:
        self._plan, self._held = plan, held
        self._stop = StopSignal(held, interrupted)
        self._began = time.monotonic()
        self._seconds_before = held.store.job(held.id).seconds
        self._pool: WorkerPool = plan.pool()
        self._pool.notice = lambda text: held.event(text, "warning")
        measurer = Measurer(plan, held, self._pool)
        self._context = RunContext(plan, held, measurer, n_trials, self._stop, progress, lambda: self.seconds)

    @property
    def seconds(self) -> float:
        """How long the job has run, over all processes that took it up."""
        return self._seconds_before + time.monotonic() - self._began

    def to_the_end(self) -> JobState:
        """The state in which the job ended."""
        self._held.event(f"started, {self._context.n_trials} trials in all")
        profile = self._plan.definition.profile
        for note in profile.notes if profile is not None else ():
            self._held.event(note)
        try:
            self._pool.start(self._plan.recipe)
            message = self._phases()
        except KeyboardInterrupt:
            self._end(JobState.PAUSED, "interrupted; running trials were dropped and will run again")
            raise
        except JobHeld:
            raise
        except Exception as error:
            text = str(error) if isinstance(error, AutoQuantError) else f"{type(error).__name__}: {error}"
            self._end(JobState.FAILED, text)
            raise
        finally:
            self._pool.close()
        state = self._stop.state or JobState.SUCCEEDED
        if self._stop.state is not None:
            message = "interrupted" if self._stop.state is JobState.PAUSED else "stopped on request"
        self._end(state, message)
        return state

    def _end(self, state: JobState, message: str | None) -> None:
        text = f"{state}: {message}" if message else str(state)
        self._held.event(text, "error" if state is JobState.FAILED else "info")
        self._held.end(state, message, self.seconds)
        log.info("action=end job=%d state=%s", self._held.id, state)

    def _phases(self) -> str | None:
        """All phases of a job; the sentence says why the search ended before its budget, if it did."""
        baselines = measure_baselines(self._context)
        if baselines is None:
            return None
        reference = float_metrics(baselines)
        if self._plan.spec.sensitivity_baseline:
            more = SensitivityBaseline(self._context, baselines).run()
            if more is None:
                return None
            baselines = [*more, *baselines]  # of equal networks the uniform one is named
        message = SearchLoop(self._context, baselines, reference).run()
        if not self._stop() and polish(self._context):
            score_on_test(self._context)
        return message
