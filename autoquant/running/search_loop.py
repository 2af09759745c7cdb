"""The loop that joins searcher, prices, workers and store: what `SearchLog` decides is carried out here."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from autoquant.errors import JobFailed
from autoquant.job import Baseline, CurvePoint, HypervolumePoint, Progress
from autoquant.objective import violations
from autoquant.pareto import ParetoFront
from autoquant.running.context import RunContext
from autoquant.running.measuring import Outcome, Request
from autoquant.running.results import (
    FIRST_FAILURES,
    check_varied,
    completed_trial,
    nearest_miss,
    reuse_measurement,
    shareable,
)
from autoquant.running.search_log import Ask, SearchLog
from autoquant.space import Candidate
from autoquant.store import FrontChange
from autoquant.trial import Proposal, Trial, TrialState

DEGENERATE = 10
"""When so many different candidates gave exactly the same measurements, the evaluator is not measuring."""


class SearchLoop:
    """One run of a job's search, from its stored state to its end or until it is asked to stop.

    Every trial is stored before a worker sees it, every result with its front and hypervolume in one transaction:
    so a killed search goes on exactly as it would have.

    Args:
        context: of the run.
        baselines: what was measured before; a search that proposes one of them gets its measurement.
        reference: metrics of the float network, to which drops are differences.
    """

    def __init__(self, context: RunContext, baselines: Sequence[Baseline], reference: Mapping[str, float]) -> None:
        self._context = context
        self._plan, self._held, self._measurer = context.plan, context.held, context.measurer
        self._reference = reference
        self._log = SearchLog(self._plan.searcher(), self._plan.spec.max_pending, context.n_trials)
        self._front = ParetoFront(self._plan.normalization)
        canonical = self._plan.space.canonical
        self._known: dict[Candidate, Trial | Baseline] = {
            canonical(baseline.candidate): baseline
            for baseline in baselines
            if baseline.candidate is not None and baseline.measured
        }
        """Canonical candidate -> who measured it first."""
        self._canonical: dict[int, Candidate] = {}
        """Number of a running trial -> its canonical candidate."""
        self._budget_used: str | None = None
        """Which budget ended the search before its trials did."""
        self._last_improvement = 0
        """Finished trials when the hypervolume last grew."""
        self._varied = False
        self._points_stored: dict[str, int] = {}
        """How many points of each of the searcher's curves are stored."""
        self._started, self._measured_here = time.monotonic(), 0

    def run(self) -> str | None:
        """Search until the budget or the space is used up; the sentence says why it ended early, if it did.

        `JobFailed` when no trial works, or all measure the same.
        """
        self._replay()
        self._advance()
        while not self._measurer.idle:
            if self._context.stop():
                self._measurer.drop_queued()
                while not self._measurer.idle:
                    self._store(self._measurer.outcomes())
                return None
            self._store(self._measurer.outcomes())
            self._advance()
        self._check_end()
        if self._budget_used is not None:
            return self._budget_used
        if self._log.asked < self._context.n_trials and not self._context.stop():
            return f"the space has nothing new after {self._log.asked} trials"
        return None

    def _over_budget(self) -> bool:
        """Whether time is up or the hypervolume stagnates; what was asked before is still measured."""
        budget = self._plan.spec.budget
        if self._budget_used is None and budget.seconds is not None and self._context.clock() >= budget.seconds:
            self._budget_used = f"the budget of {budget.seconds:g} seconds is used up"
        unchanged = self._log.finished - self._last_improvement
        if self._budget_used is None and budget.stagnation is not None and unchanged >= budget.stagnation:
            self._budget_used = f"the hypervolume has not grown in {unchanged} trials"
        return self._budget_used is not None

    # Replay

    def _replay(self) -> None:
        """Repeat the stored asks and tells in their order; what was running goes to the workers again."""
        store, job = self._held.store, self._held.id
        for trial in store.front(job):
            self._front.add(trial.number, trial.metrics)
        latest: list[Trial] = []
        for _, group in groupby(store.trials(job), key=lambda trial: trial.ask):
            self._replay_ask(latest, last=False)
            latest = list(group)
        self._replay_ask(latest, last=True)
        self._points_stored = {name: len(points) for name, points in store.curves(job).items()}
        self._last_improvement = max((done for done, _ in store.hypervolume_history(job)), default=0)
        for trial in list(self._log.running.values()):
            self._measurer.submit(self._request(trial))

    def _replay_ask(self, trials: Sequence[Trial], *, last: bool) -> None:
        if trials:
            self._log.replay(trials, last=last)
        for trial in trials:
            canonical = self._plan.space.canonical(trial.candidate) if trial.candidate else ()
            if trial.state is TrialState.COMPLETE:
                self._known.setdefault(canonical, trial)
            elif not trial.state.finished:
                self._canonical[trial.number] = canonical

    # Asking

    def _advance(self) -> None:
        """Tell what is next in order, asking after each; store the new trials, then hand them to the workers."""
        new: dict[int, Trial] = {}
        requests: dict[int, Request] = {}
        fresh = self._ask()
        while fresh or self._log.can_tell:
            wanted = {trial.number: self._request(trial) for trial in fresh if not trial.state.finished}
            requests |= wanted
            new |= {trial.number: trial for trial in (*fresh, *self._measured_elsewhere(list(wanted.values())))}
            fresh = []
            while self._log.can_tell:
                self._log.tell_next()
                fresh += self._ask()
        points = self._new_curve_points()
        if new or points:
            finished = [trial for trial in new.values() if trial.state.finished]
            self._held.add_trials(list(new.values()), self._front_change(finished), points)
            for number, trial in new.items():
                if not trial.state.finished:
                    self._measurer.submit(requests[number])
        self._report()

    def _ask(self) -> list[Trial]:
        """One ask; its trials with their estimated costs, and finished where they can be."""
        if self._log.room <= 0 or self._context.stop() or self._over_budget():
            return []
        asked = self._log.ask()
        if asked is None:
            return []
        rows = [proposal.candidate for proposal in asked.proposals if proposal.settings is None]
        costs = self._plan.pricer(np.array(rows, dtype=np.int64)) if rows else {}
        estimated = iter([{metric: float(values[i]) for metric, values in costs.items()} for i in range(len(rows))])
        return [
            self._new_trial(asked, proposal, next(estimated) if proposal.settings is None else {})
            for proposal in asked.proposals
        ]

    def _new_trial(self, asked: Ask, proposal: Proposal, costs: Mapping[str, float]) -> Trial:
        """RUNNING; PRUNED if its costs break a constraint; COMPLETE if an equivalent candidate was measured."""
        now, space = datetime.now(UTC), self._plan.space
        candidate = space.check(proposal.candidate) if proposal.settings is None else ()
        trial = Trial(
            number=proposal.number,
            state=TrialState.RUNNING,
            candidate=candidate,
            options=space.decode(candidate) if candidate else {},
            ask=asked.number,
            requested=asked.requested,
            told=asked.told,
            settings=proposal.settings,
            costs=costs,
            violations=violations(self._plan.constraints, costs),
            started=now,
        )
        canonical = space.canonical(candidate) if candidate else ()
        if trial.violations:
            trial = replace(trial, state=TrialState.PRUNED, ended=now)
        elif candidate and (source := self._known.get(canonical)):
            trial = reuse_measurement(trial, source)
        else:
            self._canonical[trial.number] = canonical
        self._log.note(trial)
        return trial

    def _request(self, trial: Trial) -> Request:
        """What a running trial wants measured."""
        return self._measurer.request(
            f"trial {trial.number}",
            trial.candidate or None,
            settings=trial.settings,
            canonical=self._canonical[trial.number],
            attempt=trial.attempt,
            trial=trial.number,
        )

    def _measured_elsewhere(self, requests: Sequence[Request]) -> list[Trial]:
        """The trials whose candidate another job measured with the same network, data and evaluator."""
        return [self._complete(outcome) for outcome in self._measurer.reuse(requests)]

    def _new_curve_points(self) -> list[CurvePoint]:
        """What the searcher's curves have grown by; after a replay they may be shorter than what is stored."""
        points = []
        for name, curve in self._log.searcher.curves.items():
            stored = self._points_stored.get(name, 0)
            points += [CurvePoint(name, at, *curve[at]) for at in range(stored, len(curve))]
            self._points_stored[name] = max(stored, len(curve))
        return points

    # Results

    def _store(self, outcomes: Sequence[Outcome]) -> None:
        """Results, front and hypervolume of a batch of outcomes, in one transaction."""
        if not outcomes:
            return
        done = [self._complete(outcome) for outcome in outcomes]
        self._measured_here += len(done)
        self._held.finish_trials(done, self._front_change(done), shareable(self._plan, outcomes))
        for trial in done:
            if trial.state is TrialState.FAIL:
                reason = (trial.error or "").strip().splitlines()[-1:]
                self._held.event(f"trial {trial.number} failed: {''.join(reason)}", "error")
        self._report()
        self._check_failures(done)

    def _complete(self, outcome: Outcome) -> Trial:
        """The trial of an outcome at its end, counted in and known to those that come later."""
        assert outcome.request.trial is not None
        running = self._log.running[outcome.request.trial]
        trial = completed_trial(self._plan, self._reference, running, outcome)
        canonical = self._canonical.pop(trial.number)
        if trial.settings is not None and trial.candidate:
            canonical = self._plan.space.canonical(trial.candidate)
        if trial.state is TrialState.COMPLETE:
            self._known.setdefault(canonical, trial)
        self._log.note(trial)
        return trial

    def _front_change(self, done: Sequence[Trial]) -> FrontChange:
        """Offer finished trials to the front; what the store has to write of it."""
        before = set(self._front.numbers)
        history = []
        first = self._log.finished - len(done) + 1
        for count, trial in enumerate(done, start=first):
            if trial.feasible and self._front.add(trial.number, trial.metrics).joined:
                history.append(HypervolumePoint(count, self._front.hypervolume))
                self._last_improvement = count
        after = set(self._front.numbers)
        return FrontChange(sorted(after - before), sorted(before - after), history)

    def _report(self) -> None:
        elapsed = time.monotonic() - self._started
        self._context.report(
            Progress(
                "search",
                self._log.finished,
                self._context.n_trials,
                self._log.failed,
                self._log.pruned,
                len(self._front),
                self._front.hypervolume,
                self._measured_here / elapsed if elapsed > 0 else 0.0,
            )
        )

    # What goes wrong over many trials

    def _check_failures(self, done: Sequence[Trial]) -> None:
        failed = self._log.failed
        if FIRST_FAILURES <= failed == self._log.finished - self._log.pruned:
            raise JobFailed(f"the first {failed} trials all failed; the last error was:\n{done[-1].error}")
        if not self._varied and len(self._known) >= DEGENERATE:
            self._varied = self._check_varied()

    def _check_varied(self) -> bool:
        """`JobFailed` when many candidates measured the same; False while there are too few.

        Networks that differ from one another in a single option or two may well score the same.
        """
        trials = [
            known.metrics
            for known in self._known.values()
            if not (isinstance(known, Baseline) and known.kind == "single_change")
        ]
        if len(trials) < DEGENERATE:
            return False
        check_varied(self._plan, trials)
        return True

    def _check_end(self) -> None:
        """`JobFailed` when the search found no feasible network, with the one that came nearest."""
        if len(self._front) or self._context.stop():
            return
        if self._log.finished == 0:
            raise JobFailed(f"no trial was measured: {self._budget_used or 'the searcher proposed none'}")
        if self._log.failed == self._log.finished:
            raise JobFailed(f"all {self._log.finished} trials failed; 'autoquant trials --state FAIL' shows why")
        raise JobFailed(nearest_miss(self._held.store.trials(self._held.id)))
