"""The loop that joins searcher, cost models, workers and store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from autoquant.errors import JobFailed
from autoquant.interfaces import Completion, Searcher, Task, WorkerPool
from autoquant.job import SINGLE_CHANGE, Attempt, CurvePoint
from autoquant.objective import violations
from autoquant.pareto import ParetoFront
from autoquant.planning.plan import Plan
from autoquant.running.results import check_varied, copied, finished_trial, measured_trial, nearest_miss
from autoquant.space import Candidate
from autoquant.store import FrontChange, HeldJob
from autoquant.trial import Measurement, Proposal, Trial, TrialState

POLL_SECONDS = 0.2
MAX_ATTEMPTS = 3
"""A trial whose worker dies so often ends FAIL."""
FIRST_FAILURES = 5
"""When so many trials have ended and every one raised, the job stops."""
DEGENERATE = 10
"""When so many different candidates gave exactly the same measurements, the evaluator is not measuring."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    phase: str
    """``baselines`` (first those that need no other, then the sensitivity baseline), then ``search``."""
    finished: int
    """Measurements of the phase; in the search, trials."""
    total: int
    failed: int
    pruned: int
    front_size: int
    hypervolume: float
    rate: float
    """Trials a second that workers measured since this process took the job up; copies take no time."""

    @property
    def seconds_left(self) -> float | None:
        """At the present rate; None before there is one."""
        return (self.total - self.finished) / self.rate if self.rate > 0 else None


class Search:
    """One run of a job, from its stored state to its end or until it is told to stop.

    Every trial is stored before a worker sees it, every result lands with its front and hypervolume in one transaction,
    and results are told in the order of their proposals, with one ask after each: so the search does not depend on
    which worker was faster, and a killed search goes on exactly as it would have.
    """

    def __init__(
        self,
        plan: Plan,
        held: HeldJob,
        n_trials: int,
        pool: WorkerPool,
        reference: Mapping[str, float],
        known: Mapping[Candidate, Trial],
        stop: Callable[[], bool],
        progress: Callable[[Progress], None],
        seconds: Callable[[], float],
    ) -> None:
        self._plan = plan
        self._held = held
        self._total = n_trials
        self._pool = pool
        self._reference = reference
        self._stop = stop
        self._progress = progress
        self._seconds = seconds
        self._searcher: Searcher = plan.searcher()
        self._front = ParetoFront(plan.scale)
        self._known = dict(known)
        """Canonical candidate -> the trial (or baseline) that measured it."""
        self._running: dict[int, Trial] = {}
        self._twins: dict[Candidate, list[Trial]] = {}
        """Trials that wait for the measurement of a running trial with the same canonical candidate."""
        self._ready: dict[int, Trial] = {}
        """Finished trials that have not been told yet."""
        self._asked = self._asks = self._told = 0
        self._finished = self._failed = self._pruned = 0
        self._spent: str | None = None
        """Which budget ended the search before its trials did."""
        self._grew_at = 0
        """Finished trials when the hypervolume last grew."""
        self._varied = False
        self._looked_up: set[str] = set()
        """Keys that were looked for among the measurements of other jobs."""
        self._drawn: dict[str, int] = {}
        """How many points of each of the searcher's curves are stored."""
        self._started, self._landed = time.monotonic(), 0

    def run(self) -> str | None:
        """Search until the budget or the space is used up; the sentence says why it ended early, if it did.

        `JobFailed` when no trial works, or all measure the same.
        """
        self._replay()
        self._advance()
        while self._pool.running:
            if self._stop():
                self._pool.cancel_queued()
                while self._pool.running:
                    self._land(self._pool.completions(POLL_SECONDS))
                return None
            self._land(self._pool.completions(POLL_SECONDS))
            self._advance()
        self._check_end()
        if self._spent is not None:
            return self._spent
        if self._asked < self._total and not self._stop():
            return f"the space has nothing new after {self._asked} trials"
        return None

    def _over_budget(self) -> bool:
        """Whether time is up or the hypervolume stands still; what was asked before is still measured."""
        budget = self._plan.spec.budget
        if self._spent is None and budget.seconds is not None and self._seconds() >= budget.seconds:
            self._spent = f"the budget of {budget.seconds:g} seconds is used up"
        still = self._finished - self._grew_at
        if self._spent is None and budget.stagnation is not None and still >= budget.stagnation:
            self._spent = f"the hypervolume has not grown in {still} trials"
        return self._spent is not None

    def _replay(self) -> None:
        """Repeat the stored asks and tells in their order; what was running goes to the workers again.

        The last proposals are looked for anew whatever the searcher, so that another version of it is noticed.
        """
        for trial in self._held.store.front(self._held.id):
            self._front.add(trial.number, trial.metrics)
        latest: list[Trial] = []
        for _, group in groupby(self._held.store.trials(self._held.id), key=lambda trial: trial.ask):
            if latest:
                self._repeat(latest, anew=False)
            latest = list(group)
        if latest:
            self._repeat(latest, anew=True)
        self._drawn = {name: len(points) for name, points in self._held.store.curves(self._held.id).items()}
        self._grew_at = max((done for done, _ in self._held.store.hypervolume_history(self._held.id)), default=0)
        for trial in list(self._running.values()):
            self._dispatch(trial)

    def _repeat(self, trials: Sequence[Trial], anew: bool) -> None:
        """Repeat one stored ask, after the tells that came before it."""
        while self._told < trials[0].told:
            self._tell_next()
        candidates, requested = [trial.candidate for trial in trials], trials[0].requested
        if anew:
            same = [proposal.candidate for proposal in self._searcher.ask(requested)] == candidates
        else:
            same = self._searcher.repeat(requested, candidates)
        if not same:
            raise JobFailed(
                f"replay: at trial {trials[0].number} the searcher proposes something else than is stored; "
                "it is not the version that began this job, or it is not deterministic"
            )
        self._asked, self._asks = self._asked + len(trials), trials[0].ask + 1
        for trial in trials:
            self._note(trial)

    def _note(self, trial: Trial) -> None:
        """Count a trial in and keep what later ones need of it."""
        if not trial.state.finished:
            self._running[trial.number] = trial
            return
        self._running.pop(trial.number, None)
        self._ready[trial.number] = trial
        self._finished += 1
        self._failed += trial.state is TrialState.FAIL
        self._pruned += trial.state is TrialState.PRUNED
        if trial.state is TrialState.COMPLETE:
            self._known.setdefault(self._plan.space.canonical(trial.candidate), trial)

    def _advance(self) -> None:
        """Tell what is next in order, asking after each; store the new trials, then hand them to the workers."""
        new = {trial.number: trial for trial in self._ask()}
        while True:
            while self._told in self._ready:
                self._tell_next()
                new |= {trial.number: trial for trial in self._ask()}
            new |= self._measured_elsewhere([trial for trial in new.values() if not trial.state.finished])
            if self._told not in self._ready:
                break
        points = self._curve_points()
        if new or points:
            done = [trial for trial in new.values() if trial.state.finished]
            self._held.add_trials(list(new.values()), self._front_change(done), points)
            for trial in new.values():
                if not trial.state.finished:
                    self._dispatch(trial)
        self._report("search")

    def _curve_points(self) -> list[CurvePoint]:
        """What the searcher's curves have grown by; after a replay they may be shorter than what is stored."""
        points = []
        for name, curve in self._searcher.curves.items():
            kept = self._drawn.get(name, 0)
            points += [CurvePoint(name, at, *curve[at]) for at in range(kept, len(curve))]
            self._drawn[name] = max(kept, len(curve))
        return points

    def _measured_elsewhere(self, trials: Sequence[Trial]) -> dict[int, Trial]:
        """Those of the trials whose candidate another job measured with the same network, data and evaluator."""
        keys = {trial.number: self._plan.measurement_key(trial.candidate) for trial in trials}
        found = self._held.store.measured(sorted(set(keys.values()) - self._looked_up)) if self._plan.spec.reuse else {}
        self._looked_up.update(keys.values())
        finished = {
            trial.number: measured_trial(self._plan, self._reference, trial, *found[keys[trial.number]])
            for trial in trials
            if keys[trial.number] in found
        }
        for trial in finished.values():
            self._note(trial)
        return finished

    def _tell_next(self) -> None:
        trial = self._ready.pop(self._told)
        metrics = trial.metrics if trial.state is TrialState.COMPLETE else None
        self._searcher.tell([(trial.proposal, metrics)])
        self._told += 1

    def _ask(self) -> list[Trial]:
        """One ask, as large as budget and open proposals allow; its trials priced, and finished where they can be."""
        room = min(self._plan.spec.max_pending - (self._asked - self._told), self._total - self._asked)
        proposals = self._searcher.ask(room) if room > 0 and not self._stop() and not self._over_budget() else []
        if not proposals:
            return []
        costs = self._plan.pricer(np.array([proposal.candidate for proposal in proposals], dtype=np.int64))
        trials = [
            self._new_trial(proposal, {metric: float(values[i]) for metric, values in costs.items()}, room)
            for i, proposal in enumerate(proposals)
        ]
        self._asked, self._asks = self._asked + len(trials), self._asks + 1
        return trials

    def _new_trial(self, proposal: Proposal, costs: Mapping[str, float], requested: int) -> Trial:
        """RUNNING; PRUNED if its costs break a constraint; COMPLETE if an equivalent candidate was measured."""
        now = datetime.now(UTC)
        trial = Trial(
            number=proposal.number,
            state=TrialState.RUNNING,
            candidate=self._plan.space.check(proposal.candidate),
            options=self._plan.space.decode(proposal.candidate),
            ask=self._asks,
            requested=requested,
            told=self._told,
            metrics=costs,
            violations=violations(self._plan.constraints, costs),
            started=now,
        )
        if trial.violations:
            trial = replace(trial, state=TrialState.PRUNED, ended=now)
        elif measured := self._known.get(self._plan.space.canonical(trial.candidate)):
            trial = copied(trial, measured)
        self._note(trial)
        return trial

    def _dispatch(self, trial: Trial) -> None:
        canonical = self._plan.space.canonical(trial.candidate)
        if canonical in self._twins:
            self._twins[canonical].append(trial)
            return
        self._twins[canonical] = []
        limit = self._plan.spec.trial_seconds
        self._pool.submit(Task(key=str(trial.number), candidate=trial.candidate, seconds=limit))

    def _land(self, completions: Sequence[Completion]) -> None:
        """Results, front and hypervolume of a batch of completions, in one transaction."""
        done: list[Trial] = []
        shared: dict[str, tuple[int, Measurement]] = {}
        for completion in completions:
            trial = self._running[int(completion.task.key)]
            if completion.lost and trial.attempt < MAX_ATTEMPTS:
                self._retry(trial, completion)
                continue
            first = finished_trial(self._plan, self._reference, trial, completion)
            if completion.measurement is not None and first.state is TrialState.COMPLETE:
                shared[self._plan.measurement_key(trial.candidate)] = (trial.number, completion.measurement)
            waiting = self._twins.pop(self._plan.space.canonical(first.candidate))
            done += [first, *(copied(twin, first) for twin in waiting)]
        if not done:
            return
        self._landed += len(done)
        for trial in done:
            self._note(trial)
        self._held.finish_trials(done, self._front_change(done), shared)
        self._tell_failures(done)
        self._report("search")
        self._check_failures(done)

    def _retry(self, trial: Trial, lost: Completion) -> None:
        """The worker died: the trial runs again, as its next attempt."""
        again = replace(trial, attempt=trial.attempt + 1)
        self._running[trial.number] = again
        now = datetime.now(UTC)
        self._held.retry_trial(again, Attempt(trial.number, trial.attempt, lost.worker, lost.error or "", now))
        self._held.event(
            f"trial {trial.number}: attempt {trial.attempt} was lost with its worker, it runs again", "warning"
        )
        self._pool.submit(lost.task)

    def _tell_failures(self, done: Sequence[Trial]) -> None:
        for trial in done:
            if trial.state is TrialState.FAIL:
                reason = (trial.error or "").strip().splitlines()[-1:]
                self._held.event(f"trial {trial.number} failed: {''.join(reason)}", "error")

    def _front_change(self, done: Sequence[Trial]) -> FrontChange:
        """Offer finished trials to the front; what the store has to write of it."""
        before = set(self._front.numbers)
        history = []
        first = self._finished - len(done) + 1
        for count, trial in enumerate(done, start=first):
            if trial.feasible and self._front.add(trial.number, trial.metrics)[0]:
                history.append((count, self._front.hypervolume))
                self._grew_at = count
        after = set(self._front.numbers)
        return FrontChange(sorted(after - before), sorted(before - after), history)

    def _report(self, phase: str) -> None:
        elapsed = time.monotonic() - self._started
        rate = self._landed / elapsed if elapsed > 0 else 0.0
        counts = (self._finished, self._total, self._failed, self._pruned, len(self._front), self._front.hypervolume)
        self._progress(Progress(phase, *counts, rate))

    def _check_failures(self, done: Sequence[Trial]) -> None:
        if FIRST_FAILURES <= self._failed == self._finished - self._pruned:
            raise JobFailed(f"the first {self._failed} trials all failed; the last one said:\n{done[-1].error}")
        if not self._varied and len(self._known) >= DEGENERATE:
            self._varied = self._check_varied()

    def _check_varied(self) -> bool:
        """`JobFailed` when many candidates measured the same; False while there are too few.

        Networks that differ from one another in a single option or two may well score the same.
        """
        single = f"baseline {SINGLE_CHANGE}"
        found = [trial.metrics for trial in self._known.values() if not (trial.measured_by or "").startswith(single)]
        if len(found) < DEGENERATE:
            return False
        check_varied(self._plan, found)
        return True

    def _check_end(self) -> None:
        """`JobFailed` when the search found no feasible network, with the one that came nearest."""
        if len(self._front) or self._stop():
            return
        if self._finished == 0:
            raise JobFailed(f"no trial was measured: {self._spent or 'the searcher proposed none'}")
        if self._failed == self._finished:
            raise JobFailed(f"all {self._finished} trials failed; 'autoquant trials --state FAIL' shows why")
        raise JobFailed(nearest_miss(self._held.store.trials(self._held.id)))
