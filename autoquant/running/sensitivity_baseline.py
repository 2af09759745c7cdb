"""The sensitivity baseline of a job: every option alone, then some of the front of the additive model of these.

It is what a search must beat: cheap, and strong where the degradation of single changes is additive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from autoquant.job import Baseline, BaselineKind, Progress
from autoquant.running.baselines import float_metrics
from autoquant.running.context import RunContext
from autoquant.running.results import check_baselines, measured_baseline, shareable
from autoquant.searchers.sensitivity import SensitivitySearch
from autoquant.space import Candidate

POINTS = 12
"""So many points of the front are measured at most."""

SHARE_OF_TIME = 0.5
"""Of a budget of seconds; when so much of it is gone, the baseline is excluded."""

NO_SENSITIVITY = "sensitivity"
"""Label of what stands for a sensitivity baseline that is excluded."""


class SensitivityBaseline:
    """Every option alone, then points of the front of their model, on the search split; what is stored is read back.

    What the other ``baselines`` measured is not measured again. Where there is no sensitivity baseline, that is stored
    once for all, with the reason.
    """

    def __init__(self, context: RunContext, baselines: Sequence[Baseline]) -> None:
        self._context, self._plan, self._held = context, context.plan, context.held
        self._baselines = baselines
        job, store = self._held.id, self._held.store
        stored = [*store.single_changes(job), *(b for b in store.baselines(job) if b.kind not in ("float", "uniform"))]
        self._stored = {baseline.label: baseline for baseline in stored}

    def run(self) -> list[Baseline] | None:
        """Single changes and points; None when asked to stop before all were measured."""
        if NO_SENSITIVITY in self._stored:
            return list(self._stored.values())
        plan, n_trials, budget = self._plan, self._context.n_trials, self._plan.spec.budget.seconds
        searcher = SensitivitySearch(plan.problem)
        count = len(searcher.probes)
        if sum(int(size) > 1 for size in plan.space.sizes) < 2:
            return self._exclude("the space has fewer than two choices, so there is nothing to add up")
        if count > n_trials and not self._stored:
            return self._exclude(f"it takes {count} measurements of single options, and the job has {n_trials} trials")
        proposals = searcher.ask(count)
        wanted = {f"single change {proposal.number}": proposal.candidate for proposal in proposals}
        changes = self._measure("single_change", wanted, self._baselines, 0, self._stopped_or_late)
        if changes is None and not self._context.stop():
            return self._exclude(f"its {count} measurements take more than half of the budget of {budget:g} seconds")
        if changes is None:
            return None
        metrics = [None if change.error is not None else change.metrics for change in changes]
        searcher.tell(list(zip(proposals, metrics, strict=True)))
        known = [*changes, *self._baselines]
        points = self._measure("sensitivity", self._points(searcher), known, len(self._baselines), self._context.stop)
        if points == []:
            return self._exclude(f"its {count} measurements of single options gave no front")
        return None if points is None else [*changes, *points]

    def _stopped_or_late(self) -> bool:
        budget = self._plan.spec.budget.seconds
        return self._context.stop() or (budget is not None and self._context.clock() > SHARE_OF_TIME * budget)

    def _exclude(self, reason: str) -> list[Baseline]:
        """Stored and reported: the job has no sensitivity baseline; what was measured for it is of use all the same."""
        self._held.event(f"no sensitivity baseline: {reason}", "warning")
        none = Baseline("no_sensitivity", NO_SENSITIVITY, None, error=reason)
        self._held.save_baselines({len(self._baselines): none})
        return [*self._held.store.single_changes(self._held.id), none]

    def _points(self, searcher: SensitivitySearch) -> dict[str, Candidate]:
        """Label -> point of the front, cheapest first by the first cost."""
        points = list(searcher.front[:POINTS])
        costs = self._plan.pricer(np.array(points, dtype=np.int64)) if points else {}
        if first := next((o.metric for o in self._plan.objectives if o.metric in costs), None):
            points = [points[i] for i in np.argsort(costs[first], kind="stable")]
        return {f"sensitivity {i}": point for i, point in enumerate(points, start=1)}

    def _measure(
        self,
        kind: BaselineKind,
        wanted: Mapping[str, Candidate],
        known: Sequence[Baseline],
        position: int,
        stop: Callable[[], bool],
    ) -> list[Baseline] | None:
        """The wanted ones measured, each stored as it completes; None when stopped before all were.

        What is stored already, or is among those that are ``known``, is not measured again.
        """
        baselines = {baseline.label: baseline for baseline in self._before(kind, wanted, known)}
        places = {label: position + i for i, label in enumerate(wanted)}
        if copies := [b for b in baselines.values() if b.measured and b.label not in self._stored]:
            self._held.save_baselines({places[copy.label]: copy for copy in copies})
        measurer, reference = self._context.measurer, float_metrics(self._baselines)
        labels = {f"baseline {b.label}": b.label for b in baselines.values() if b.search is None and b.error is None}
        requests = [measurer.request(subject, wanted[label]) for subject, label in labels.items()]
        completed = len(wanted) - len(requests)
        for outcomes in measurer.run(requests, stop):
            for outcome in outcomes:
                label = labels[outcome.request.subject]
                baselines[label] = measured_baseline(self._plan, reference, baselines[label], outcome)
                self._held.save_baselines({places[label]: baselines[label]}, shareable(self._plan, [outcome]))
                completed += 1
            done = [baselines[labels[outcome.request.subject]] for outcome in outcomes]
            check_baselines(self._held, [*self._baselines, *baselines.values()], done)
            failed = sum(baseline.error is not None for baseline in baselines.values())
            self._context.report(Progress("baselines", completed, len(wanted), failed))
        return list(baselines.values()) if completed == len(wanted) else None

    def _before(self, kind: BaselineKind, wanted: Mapping[str, Candidate], known: Sequence[Baseline]) -> list[Baseline]:
        """Each as it is stored, else with its costs alone or with what is known of its network."""
        canonical = self._plan.space.canonical
        measured = {canonical(b.candidate): b for b in known if b.candidate is not None and b.measured}
        costs = self._plan.pricer(np.array(list(wanted.values()), dtype=np.int64)) if wanted else {}
        baselines = []
        for i, (label, candidate) in enumerate(wanted.items()):
            baseline = Baseline(kind, label, candidate, {metric: float(values[i]) for metric, values in costs.items()})
            duplicate = measured.get(canonical(candidate))
            if duplicate is not None:
                baseline = Baseline(
                    kind, label, candidate, duplicate.costs, duplicate.search, violations=duplicate.violations
                )
            baselines.append(self._stored.get(label, baseline))
        return baselines
