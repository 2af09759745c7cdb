"""The sensitivity baseline of a job: every option alone, then some of the front of their sum.

It is what a search must beat: cheap, and strong where the harm of single changes adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from autoquant.interfaces import SearchProblem, Task, WorkerPool
from autoquant.job import SENSITIVITY, SINGLE_CHANGE, Baseline
from autoquant.planning.plan import Plan
from autoquant.running.baselines import float_metrics, known_candidates, measured, run_shared, was_measured
from autoquant.searchers.sensitivity import SensitivitySearch
from autoquant.space import Candidate
from autoquant.store import HeldJob

POINTS = 12
"""So many points of the front are measured at most."""

SHARE_OF_TIME = 0.5
"""Of a budget of seconds; when so much of it is gone, the baseline is left out."""


class SensitivityBaseline:
    """Every option alone, then points of the front of their sum, on the search split; what is stored is read back.

    What the other ``baselines`` measured is not measured again. Where there is no sensitivity baseline, that is stored
    once for all: a baseline of that bare name whose error says why.
    """

    def __init__(
        self,
        plan: Plan,
        held: HeldJob,
        pool: WorkerPool,
        stop: Callable[[], bool],
        tell: Callable[[int, int], None],
        baselines: Sequence[Baseline],
        seconds: Callable[[], float],
    ) -> None:
        self._plan, self._held, self._pool, self._stop, self._tell = plan, held, pool, stop, tell
        self._baselines, self._seconds = baselines, seconds
        stored = [*held.store.single_changes(held.id), *held.store.baselines(held.id)]
        mine = [one for one in stored if one.kind == "sensitivity" or one.label.startswith(SINGLE_CHANGE)]
        self._stored = {one.label: one for one in mine}

    def run(self, n_trials: int) -> list[Baseline] | None:
        """Single changes and points, for a job of so many trials; None when told to stop before all were measured."""
        if SENSITIVITY in self._stored:
            return list(self._stored.values())
        count, budget = len(self._searcher.probes), self._plan.spec.budget.seconds
        if sum(int(size) > 1 for size in self._plan.space.sizes) < 2:
            return self._left_out("the space has fewer than two choices, so there is nothing to add up")
        if count > n_trials and not self._stored:
            return self._left_out(f"it takes {count} measurements of single options, and the job has {n_trials} trials")
        proposals = self._searcher.ask(count)
        wanted = {f"{SINGLE_CHANGE}{one.number}": one.candidate for one in proposals}
        changes = self._measure(wanted, self._baselines, 0, lambda: self._stop() or self._late())
        if changes is None and not self._stop():
            return self._left_out(f"its {count} measurements take more than half of the budget of {budget:g} seconds")
        if changes is None:
            return None
        metrics = [None if one.error is not None else one.metrics for one in changes]
        self._searcher.tell(list(zip(proposals, metrics, strict=True)))
        beside = [*changes, *self._baselines]
        points = self._measure(self._points(), beside, len(self._baselines), self._stop)
        if points == []:
            return self._left_out(f"its {count} measurements of single options gave no front")
        return None if points is None else [*changes, *points]

    @cached_property
    def _searcher(self) -> SensitivitySearch:
        plan = self._plan
        problem = SearchProblem(plan.space, plan.objectives, plan.constraints, plan.pricer, plan.spec.seed)
        return SensitivitySearch(problem)

    def _late(self) -> bool:
        budget = self._plan.spec.budget.seconds
        return budget is not None and self._seconds() > SHARE_OF_TIME * budget

    def _left_out(self, reason: str) -> list[Baseline]:
        """Kept and told: the job has no sensitivity baseline; what was measured for it is of use all the same."""
        self._held.event(f"no sensitivity baseline: {reason}", "warning")
        none = Baseline(SENSITIVITY, self._searcher.probes[0], error=reason)
        self._held.save_baseline(len(self._baselines), none)
        return [*self._held.store.single_changes(self._held.id), none]

    def _points(self) -> dict[str, Candidate]:
        """Label -> point of the front, cheapest first by the first cost."""
        points = list(self._searcher.front[:POINTS])
        costs = self._plan.pricer(np.array(points, dtype=np.int64)) if points else {}
        if first := next((o.metric for o in self._plan.objectives if o.metric in costs), None):
            points = [points[i] for i in np.argsort(costs[first], kind="stable")]
        return {f"{SENSITIVITY} {i}": point for i, point in enumerate(points, start=1)}

    def _measure(
        self, wanted: Mapping[str, Candidate], beside: Sequence[Baseline], position: int, stop: Callable[[], bool]
    ) -> list[Baseline] | None:
        """The wanted ones measured, each stored as it lands; None when stopped before all were.

        What is stored already or was measured ``beside`` is not measured again.
        """
        found = {label: self._stored.get(label) or one for label, one in self._before(wanted, beside).items()}
        places = {label: position + i for i, label in enumerate(wanted)}
        for label, one in found.items():
            if label not in self._stored and was_measured(self._plan, one):
                self._held.save_baseline(places[label], one)
        open_ = [one for one in found.values() if not was_measured(self._plan, one) and one.error is None]
        limit = self._plan.spec.trial_seconds
        tasks = [Task(one.label, one.candidate, seconds=limit) for one in open_]
        reference = float_metrics(self._baselines)
        landed = len(found) - len(tasks)
        for completion in run_shared(self._plan, self._held, self._pool, tasks, stop):
            label = completion.task.key
            found[label] = measured(self._plan, found[label], completion, reference)
            self._held.save_baseline(places[label], found[label])
            landed += 1
            self._tell(landed, len(found))
        return list(found.values()) if landed == len(found) else None

    def _before(self, wanted: Mapping[str, Candidate], beside: Sequence[Baseline]) -> dict[str, Baseline]:
        """Each with its costs alone, or with what is known of its network."""
        known, canonical = known_candidates(self._plan, beside), self._plan.space.canonical
        costs = self._plan.pricer(np.array(list(wanted.values()), dtype=np.int64)) if wanted else {}
        found = {}
        for i, (label, candidate) in enumerate(wanted.items()):
            if (twin := known.get(canonical(candidate))) is not None:
                found[label] = Baseline(label, candidate, twin.metrics, twin.standard_errors, twin.violations)
            else:
                found[label] = Baseline(label, candidate, {metric: float(v[i]) for metric, v in costs.items()})
        return found
