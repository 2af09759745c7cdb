"""Everything that is measured for a job goes through here: trials, baselines, polished networks and test scores.

A request is answered from what any job has measured before, or by a worker; equal requests share one measurement. An
attempt that is lost with its worker is repeated, and each has the time limit of the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from autoquant.completions import checked
from autoquant.data import SplitName
from autoquant.interfaces import Completion, EvaluationRequest, Task, WorkerPool
from autoquant.job import Attempt
from autoquant.planning.plan import Plan
from autoquant.space import Candidate
from autoquant.store import HeldJob
from autoquant.trial import Measurement, Settings

POLL_SECONDS = 0.2
MAX_ATTEMPTS = 3
"""What is lost with its worker so often is given up."""
CHECKPOINT = "checkpoint"
"""The artifact that is handed back when the same candidate is scored on another split."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to measure. Equal keys measure the same."""

    subject: str
    """What it is for: ``trial 7``, ``baseline W4A8``; unique among those that are open."""
    key: str
    candidate: Candidate | None
    """None for the float network, and for settings whose candidate is not derived yet."""
    settings: Settings | None = None
    split: SplitName = "search"
    checkpoint: str | None = None
    attempt: int = 1
    trial: int | None = None
    """Number of the trial whose attempts are on record."""
    polish: bool = False
    """Whether the network is made as well as the evaluator can."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: a measurement or an error. Neither: there is no float network to measure."""

    request: Request
    measurement: Measurement | None = None
    error: str | None = None
    worker: str | None = None
    source: str | None = None
    """Who measured it, where it was not measured for this request."""


class Measurer:
    """Answers requests, in whatever order workers are done.

    Args:
        plan: of the job.
        held: the job, where lost attempts are put on record.
        pool: workers that are up.
    """

    def __init__(self, plan: Plan, held: HeldJob, pool: WorkerPool) -> None:
        self._plan, self._held, self._pool = plan, held, pool
        self._open: dict[str, list[Request]] = {}
        """Key -> the request that a worker has, then those that wait for its outcome."""
        self._keys: dict[str, str] = {}
        """Subject that a worker has -> its key."""

    def request(
        self,
        subject: str,
        candidate: Candidate | None,
        *,
        settings: Settings | None = None,
        canonical: Candidate | None = None,
        split: SplitName = "search",
        checkpoint: str | None = None,
        attempt: int = 1,
        trial: int | None = None,
        polish: bool = False,
    ) -> Request:
        """A request with its key; the ``canonical`` candidate is found where the caller does not know it."""
        if candidate is not None and canonical is None and settings is None:
            canonical = self._plan.space.canonical(candidate)
        key = self._plan.measurement_key(canonical if settings is None else settings, split, checkpoint, polish)
        return Request(subject, key, candidate, settings, split, checkpoint, attempt, trial, polish)

    def reuse(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcomes of those that any job has measured before, with the same network, data and evaluator."""
        if not self._plan.spec.reuse or not requests:
            return []
        known = self._held.store.measurements(sorted({request.key for request in requests}))
        reusable = [(request, known[request.key]) for request in requests if request.key in known]
        return [Outcome(request, stored.measurement, source=stored.source) for request, stored in reusable]

    def submit(self, request: Request) -> None:
        """Have it measured, once for all open requests with its key."""
        waiting = self._open.setdefault(request.key, [])
        waiting.append(request)
        if len(waiting) == 1:
            self._keys[request.subject] = request.key
            self._pool.submit(self._task(request))

    def _task(self, request: Request) -> Task:
        spec = self._plan.spec
        wanted = EvaluationRequest(
            request.candidate,
            request.settings,
            seed=spec.seed,
            checkpoint=request.checkpoint,
            seconds=spec.trial_seconds,
            polish=request.polish,
        )
        return Task(request.subject, wanted, request.split)

    def outcomes(self) -> list[Outcome]:
        """What has come in since the last call; waits a moment for the first."""
        finished: list[Outcome] = []
        for completion in map(checked, self._pool.completions(POLL_SECONDS)):
            key = self._keys[completion.task.key]
            first = self._open[key][0]
            if completion.lost and first.attempt < MAX_ATTEMPTS:
                self._repeat(first, completion)
            else:
                del self._keys[completion.task.key]
                finished += self._shared(self._open.pop(key), completion)
        return finished

    @staticmethod
    def _shared(requests: Sequence[Request], done: Completion) -> list[Outcome]:
        """One outcome for each of the requests with this key."""
        first, *others = requests
        outcome = Outcome(first, done.measurement, done.error, done.worker)
        return [outcome, *(replace(outcome, request=r, worker=None, source=first.subject) for r in others)]

    def _repeat(self, request: Request, lost: Completion) -> None:
        """The worker died: the request runs again, as its next attempt."""
        if request.trial is not None:
            now = datetime.now(UTC)
            self._held.retry_trial(Attempt(request.trial, request.attempt, lost.worker, lost.error or "", now))
        text = f"{request.subject}: attempt {request.attempt} was lost with its worker, it runs again"
        self._held.event(text, "warning")
        self._open[request.key][0] = replace(request, attempt=request.attempt + 1)
        self._pool.submit(lost.task)

    def drop_queued(self) -> None:
        """Forget what no worker has begun; what runs still has its outcome."""
        self._pool.cancel_queued()

    @property
    def idle(self) -> bool:
        """Whether no worker has anything to do."""
        return self._pool.running == 0

    def run(self, requests: Sequence[Request], stop: Callable[[], bool]) -> Iterator[list[Outcome]]:
        """The outcomes of all these as they come, those first that are known; ends early when asked to stop."""
        known = self.reuse(requests)
        if known:
            yield known
        answered = {outcome.request.subject for outcome in known}
        for request in requests:
            if request.subject not in answered:
                self.submit(request)
        while not self.idle:
            if stop():
                self.drop_queued()
            if outcomes := self.outcomes():
                yield outcomes
        self._open.clear()  # what was dropped
        self._keys.clear()
