"""Any sampler of Optuna as a searcher, through ask and tell with a study in memory.

Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", 2019. Our store stays the truth: the
study is built again from the log of asks and tells whenever a search is resumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseGASampler
from optuna.trial import TrialState

from autoquant.errors import SearcherError
from autoquant.interfaces import Result, Searcher, SearchProblem
from autoquant.searchers.optuna_samplers import NO_CONSTRAINTS, distributions, make_sampler, new_study, quiet
from autoquant.searchers.sampling import draw, new_candidates, repair
from autoquant.space import Candidate

SUGGESTIONS = 3
"""How often the sampler is asked for one proposal, before a candidate is repaired or sampled in its place."""


class OptunaSearch(Searcher):
    """Proposes what a sampler of Optuna suggests, and reports what came of it.

    A suggestion whose costs break a constraint is reported as PRUNED with what it breaks, and one that was measured
    before (in canonical form) with what was measured; one that still waits for its result, or that failed, as FAIL,
    which samplers exclude. None of them costs a trial, and the sampler is asked again. When all its suggestions were of
    these kinds, the last one is repaired or a new candidate sampled. Samplers learn from that as from their own, except
    CMA-ES, which learns from its own alone.

    Constraints are Optuna's; for `NO_CONSTRAINTS`, which know none, a result that breaks one is a FAIL.

    Args:
        problem: space, objectives, constraints, prices and seed.
        sampler: name of a class in ``optuna.samplers``, or a short form: ``tpe``, ``nsga2``, ``gp``, ``cmaes``, ...
        options: arguments of that class, such as ``{"n_startup_trials": 20}``; the seed is the problem's.
    """

    def __init__(
        self, problem: SearchProblem, *, sampler: str = "TPESampler", options: dict[str, Any] | None = None
    ) -> None:
        super().__init__(problem)
        self._rng = np.random.default_rng(problem.seed)
        self._seen: set[Candidate] = set()
        self._measured: dict[Candidate, Mapping[str, float]] = {}
        self._trials: dict[int, optuna.Trial] = {}
        """Number of an open proposal -> its trial in the study."""
        self._exhausted = False
        self._distributions = distributions(problem)
        with quiet():
            made = make_sampler(problem, sampler, options or {})
            self._study = new_study(problem, made)
        self._constrained = type(made).__name__ not in NO_CONSTRAINTS

    @property
    def exhausted(self) -> bool:
        """True once an ask found nothing new in the space."""
        return self._exhausted

    def propose(self, count: int) -> list[Candidate]:
        """New candidates; fewer than ``count`` only when the space has no more."""
        proposed: list[Candidate] = []
        with quiet():
            while len(proposed) < count and not self._exhausted:
                candidate = self._suggest(self.asked + len(proposed))
                if candidate is None:
                    self._exhausted = True
                else:
                    self._seen.add(candidate)
                    proposed.append(candidate)
        return proposed

    def learn(self, results: list[Result]) -> None:
        """Tell the study; what failed is never proposed again."""
        with quiet():
            for proposal, metrics in results:
                trial = self._trials.pop(proposal.number)
                if metrics is None:
                    self._study.tell(trial, state=TrialState.FAIL)
                else:
                    self._measured[proposal.candidate] = metrics
                    self._tell(trial, proposal.candidate, metrics)

    def _suggest(self, number: int) -> Candidate | None:
        """The candidate of the next proposal, its trial kept; None where the space has nothing new."""
        for _ in range(SUGGESTIONS):
            trial, row = self._ask()
            candidate = self.problem.space.canonical(row)
            if not self.problem.feasible_costs(np.array([candidate], dtype=np.int64))[0]:
                self._set_constraints(trial, candidate, {})
                self._study.tell(trial, state=TrialState.PRUNED)
            elif candidate in self._measured:
                self._tell(trial, candidate, self._measured[candidate])
            elif candidate in self._seen:
                self._study.tell(trial, state=TrialState.FAIL)
            else:
                self._trials[number] = trial
                return candidate
        return self._replace(row, number)

    def _replace(self, row: Candidate, number: int) -> Candidate | None:
        """What is proposed in place of a suggestion: repaired, else sampled; None where nothing is new."""
        repaired = repair(self.problem, np.array([row], dtype=np.int64), self._rng)
        new = new_candidates(self.problem, repaired, self._seen) or draw(self.problem, self._rng, self._seen, 1)
        if not new:
            return None
        self._study.enqueue_trial(dict(zip(self._distributions, new[0], strict=True)))
        self._trials[number], _ = self._ask()
        if isinstance(self._study.sampler, BaseGASampler):
            _ = self._trials[number].relative_params  # joins its generation, which fixed parameters alone do not
        return new[0]

    def _ask(self) -> tuple[optuna.Trial, Candidate]:
        """A new trial of the study, and the option indices that it has."""
        try:
            trial = self._study.ask(self._distributions)
        except Exception as error:
            name = type(self._study.sampler).__name__
            raise SearcherError(
                f"Optuna's {name} failed: {type(error).__name__}: {error}; give it other options, or "
                "take another sampler"
            ) from error
        params = trial.params  # a copy each time
        return trial, tuple(int(params[name]) for name in self._distributions)

    def _tell(self, trial: optuna.Trial, candidate: Candidate, metrics: Mapping[str, float]) -> None:
        """A measured result."""
        excess = self._set_constraints(trial, candidate, metrics)
        if excess > 0 and not self._constrained:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, [metrics[objective.metric] for objective in self.problem.objectives])

    def _set_constraints(self, trial: optuna.Trial, candidate: Candidate, metrics: Mapping[str, float]) -> float:
        """Set by how much each constraint is broken, or (below 0) held, relative to its bound; the largest of these.

        A constraint whose metric is not known counts as just held.
        """
        known = {**self.problem.costs.of(candidate), **metrics} if self.problem.constraints else {}
        largest = 0.0
        for constraint in self.problem.constraints:
            excess = 0.0
            if constraint.metric in known:
                excess = constraint.relative_excess(known[constraint.metric])
            largest = max(largest, excess)
            if self._constrained:
                trial.set_constraint(str(constraint), excess)
        return largest
