"""A job from its first breath to its last: start, baselines, search, test scores, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from autoquant.coordinator import Progress, Search
from autoquant.errors import AutoQuantError
from autoquant.interfaces import WorkerPool
from autoquant.job import JobState
from autoquant.plan import Plan
from autoquant.scoring import FLOAT_LABEL, known_candidates, measure_baselines, score_on_test
from autoquant.store import Store

log = logging.getLogger(__name__)

STOP_POLL_SECONDS = 1.0


class StopSignal:
    """Whether to stop: because this process was interrupted, or because somebody asked through the store."""

    def __init__(self, store: Store, job_id: int, interrupted: Callable[[], bool]) -> None:
        self._store = store
        self._job_id = job_id
        self._interrupted = interrupted
        self._looked = 0.0
        self.state: JobState | None = None
        """PAUSED when interrupted, CANCELLED when asked through the store; None to go on."""

    def __call__(self) -> bool:
        """The store is looked at once a second at most."""
        if self.state is None and self._interrupted():
            self.state = JobState.PAUSED
        if self.state is None and time.monotonic() - self._looked > STOP_POLL_SECONDS:
            self._looked = time.monotonic()
            if self._store.stop_requested(self._job_id):
                self.state = JobState.CANCELLED
        return self.state is not None


def run_job(
    plan: Plan,
    store: Store,
    job_id: int,
    n_trials: int,
    interrupted: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> JobState:
    """Run a stored job to its end, or until it is stopped; its state and the reason are in the store.

    Raises what made the job fail, after it is stored.
    """
    store.start_job(job_id, n_trials)
    stop = StopSignal(store, job_id, interrupted)
    pool = plan.pool()
    log.info("action=start job=%d trials=%d", job_id, n_trials)
    try:
        pool.start(plan.recipe)
        message = _run(plan, store, job_id, n_trials, pool, stop, progress)
    except KeyboardInterrupt:
        store.end_job(job_id, JobState.PAUSED, "interrupted; running trials were dropped and will run again")
        raise
    except Exception as error:
        text = str(error) if isinstance(error, AutoQuantError) else f"{type(error).__name__}: {error}"
        store.end_job(job_id, JobState.FAILED, text)
        log.info("action=fail job=%d reason=%s", job_id, text)
        raise
    finally:
        pool.close()
    state = stop.state or JobState.SUCCEEDED
    if stop.state is not None:
        message = "interrupted" if stop.state is JobState.PAUSED else "stopped on request"
    store.end_job(job_id, state, message)
    log.info("action=end job=%d state=%s", job_id, state)
    return state


def _run(
    plan: Plan,
    store: Store,
    job_id: int,
    n_trials: int,
    pool: WorkerPool,
    stop: StopSignal,
    progress: Callable[[Progress], None],
) -> str | None:
    """Baselines, search, test scores; the sentence says why the search ended before its budget, if it did."""
    baselines = measure_baselines(plan, store, job_id, pool, stop)
    if baselines is None:
        return None
    reference = next((one.metrics for one in baselines if one.label == FLOAT_LABEL), {})
    known = known_candidates(plan, baselines)
    message = Search(plan, store, job_id, n_trials, pool, reference, known, stop, progress).run()
    if not stop():
        score_on_test(plan, store, job_id, pool, stop)
    return message
