"""NSGA-III over pymoo, seeded with uniform bit-widths or sensitivities, and assisted by a model of what is measured.

Deb and Jain, "An Evolutionary Many-Objective Optimization Algorithm Using Reference-Point-Based Nondominated Sorting
Approach", 2014. Mating and survival are pymoo's; the mutation is our own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from pymoo.algorithms.moo.nsga3 import ReferenceDirectionSurvival
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.mating import Mating
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.operators.crossover.pntx import SinglePointCrossover
from pymoo.operators.crossover.ux import UniformCrossover
from pymoo.operators.selection.tournament import TournamentSelection
from threadpoolctl import ThreadpoolController

from autoquant.interfaces import Result, Searcher, SearchProblem
from autoquant.searchers.bit_mutation import GaussianBits
from autoquant.searchers.initial_design import InitialDesign
from autoquant.searchers.nsga3_selection import feasible_then_rank, reference_directions
from autoquant.searchers.sampling import broken, draw, new_candidates, repair
from autoquant.searchers.surrogate import Surrogate
from autoquant.space import Candidate, IntArray

BREEDINGS = 20
"""How often parents are mated again while too few new children come of it."""

POOL = 400
"""Children that are bred for one proposal when a model chooses among them; then the best are bred from."""
GENERATIONS, PARENTS, CHILDREN = 3, 10, 10
"""So often so many of the best have so many children each."""

SURVIVAL_EVERY = 4
"""Survivors are selected again after so many results."""


@dataclass(frozen=True, slots=True)
class NSGA3Options:
    """What a spec may set."""

    population: Annotated[int, Field(ge=4, le=10_000)] = 16
    """Number of survivors; there are as many reference directions as fit below it."""
    start: Literal["auto", "uniform", "sensitivity"] = "auto"
    """All begin with the same bit-width everywhere. ``uniform`` fills up with random candidates to a population;
    ``sensitivity`` goes on with every option alone, then as many of the additive model's front as a population
    (`SensitivitySearch`); ``auto`` is sensitivity where every option alone takes at most twice a population, else
    uniform."""
    model: Literal["gaussian_process", "none"] = "gaussian_process"
    """``none`` for plain NSGA-III."""
    crossover: Literal["uniform", "single_point"] = "uniform"
    """``uniform`` takes each choice from either parent, ``single_point`` the head of one and the tail of the other."""
    crossover_probability: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Chance that a pair of parents is mixed at all."""
    mutation_sigma: Annotated[float, Field(gt=0)] = 2.0
    """Standard deviation, in bits, of the noise that mutation adds before it snaps to the nearest allowed bit-width.
    Choices without an order take a random other option instead."""
    mutation_rate: Annotated[float, Field(gt=0)] = 1.5
    """Mean number of choices that mutation touches in a child."""


class NSGA3Search(Searcher):
    """A population from which children are bred all the time: no worker waits for a generation to end.

    The first population must be told whole before anything is bred. After that every proposal is bred from the present
    survivors, which are selected again after every few results. Children that were proposed before (in canonical form)
    are bred again; those whose costs break a constraint are repaired.

    With a model, hundreds of children are bred for each proposal, and the one is proposed that is the best addition to
    the front by its costs and a function sampled from the model (`Surrogate`).

    Args:
        problem: space, objectives, constraints, prices and seed.
        options: all that can be set.
    """

    def __init__(self, problem: SearchProblem, *, options: NSGA3Options = NSGA3Options()) -> None:
        super().__init__(problem)
        self._rng = np.random.default_rng(problem.seed)
        self._size = options.population
        alone = 1 + int((problem.space.sizes - 1).sum())
        sensitive = options.start == "sensitivity" or (options.start == "auto" and alone <= 2 * options.population)
        self._design = InitialDesign(problem, options.population, sensitive, self._rng)
        self._seen: set[Candidate] = set(self._design.candidates)
        self._fresh: list[tuple[Candidate, Mapping[str, float]]] = []
        """Results since survivors were last selected."""
        self._survivors = Population.empty()
        self._exhausted = False
        choices = problem.space.choices
        self._problem = Problem(
            n_var=len(choices),
            n_obj=len(problem.objectives),
            n_ieq_constr=1,
            xl=np.zeros(len(choices)),
            xu=problem.space.sizes - 1,
            vtype=int,
        )
        self._survival = ReferenceDirectionSurvival(reference_directions(len(problem.objectives), options.population))
        self._surrogate = Surrogate(problem) if options.model != "none" and problem.space.size > 1 else None
        self._mutation = GaussianBits(choices, options.mutation_sigma, options.mutation_rate)
        mix: dict[str, type[Crossover]] = {"uniform": UniformCrossover, "single_point": SinglePointCrossover}
        self._mating = Mating(
            TournamentSelection(func_comp=feasible_then_rank),
            mix[options.crossover](prob=options.crossover_probability),
            self._mutation,
            eliminate_duplicates=NoDuplicateElimination(),
        )

    @property
    def exhausted(self) -> bool:
        """True once an ask found nothing new in the space."""
        return self._exhausted

    def propose(self, count: int) -> list[Candidate]:
        """The start, then children; nothing while results of the start are awaited."""
        proposed: list[Candidate] = []
        while len(proposed) < count and not self._exhausted:  # one by one: the sizes of the asks make no difference
            place = self.asked + len(proposed)
            if place < len(self._design.candidates):
                proposed.append(self._design.candidates[place])
            elif not self._design.told:
                break
            else:
                child = self._bred(proposed, np.random.default_rng([self.problem.seed, place]))
                self._seen.update(child)
                self._exhausted = not child
                proposed += child
        return proposed

    def recall(self, candidates: list[Candidate]) -> bool:
        """Children leave no trace but themselves, for each is bred with a random generator of its own."""
        if self.asked < len(self._design.candidates):
            return False
        self._seen.update(candidates)
        return True

    def learn(self, results: list[Result]) -> None:
        """Take in results; a failed candidate leaves no descendants, and is never proposed again."""
        good = [(proposal.candidate, metrics) for proposal, metrics in results if metrics is not None]
        if self._surrogate is not None:
            self._surrogate.learn(good)
        self._fresh += good
        self._design.learn(results)
        if self._design.told and len(self._fresh) >= (SURVIVAL_EVERY if len(self._survivors) else 1):
            self._survive()
        if self._design.extend():
            self._seen.update(self._design.candidates)
            if self._surrogate is not None:
                self._surrogate.additive = self._design.model

    def _survive(self) -> None:
        """Select the survivors among the present ones and the fresh results."""
        reported = [metrics for _, metrics in self._fresh]
        values = [[o.minimized(metrics[o.metric]) for o in self.problem.objectives] for metrics in reported]
        names = {constraint.metric for constraint in self.problem.constraints}
        known = [name for name in names if all(name in metrics for metrics in reported)]
        constrained = {name: np.array([metrics[name] for metrics in reported]) for name in known}
        fresh = Population.new(
            X=np.array([candidate for candidate, _ in self._fresh], dtype=np.int64),
            F=np.array(values, dtype=np.float64),
            G=broken(self.problem.constraints, constrained, len(reported))[:, None],
        )
        everyone = Population.merge(self._survivors, fresh)
        self._survivors = self._survival.do(self._problem, everyone, n_survive=self._size, random_state=self._rng)
        self._fresh = []

    def _bred(self, proposed: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
        """The next child after these of the same ask; none where the space has nothing new."""
        if self._surrogate is None or not self._surrogate.ready:
            return self._plain_child(rng)
        with blas().limit(limits=1):  # matrices are small: threads cost more than they give, and change last digits
            return self._modelled_child(self._surrogate, proposed, rng)

    def _modelled_child(
        self, surrogate: Surrogate, proposed: Sequence[Candidate], rng: np.random.Generator
    ) -> list[Candidate]:
        """The best of hundreds by a sampled function; none where the space has nothing new."""
        pending = [proposal.candidate for proposal in self._open.values()]
        improvement = surrogate.draw([*pending, *proposed], rng)
        pool: dict[Candidate, float] = {}
        fresh = self._pool(surrogate.front(), rng)
        for generation in range(GENERATIONS + 1):
            if new := new_candidates(self.problem, fresh, self._seen | pool.keys()):
                pool.update(zip(new, improvement(np.array(new, dtype=np.int64)).tolist(), strict=True))
            if pool and generation < GENERATIONS:
                best = sorted(pool, key=lambda candidate: -pool[candidate])[:PARENTS]
                fresh = self._mutation.once(np.repeat(np.array(best, dtype=np.int64), CHILDREN, axis=0), rng)
        return [max(pool, key=lambda candidate: pool[candidate])] if pool else self._plain_child(rng)

    def _pool(self, front: IntArray, rng: np.random.Generator) -> IntArray:
        """Neighbours of the front, children of the survivors, random candidates, the modelled front: (n, choices)."""
        neighbours = self._mutation.once(front[rng.integers(len(front), size=POOL // 2)], rng)
        children = self._mating.do(self._problem, self._survivors, POOL * 3 // 8, random_state=rng)
        kinds = [neighbours, children.get("X").astype(np.int64), self.problem.space.sample(rng, POOL // 8)]
        return np.concatenate([*kinds, rng.permutation(self._design.modelled_front)[: POOL // 4]])

    def _plain_child(self, rng: np.random.Generator) -> list[Candidate]:
        """A new child of the survivors, or a random candidate where breeding finds none."""
        for _ in range(BREEDINGS if len(self._survivors) else 0):
            bred = self._mating.do(self._problem, self._survivors, 1, random_state=rng)
            feasible = repair(self.problem, bred.get("X").astype(np.int64), rng)
            if child := new_candidates(self.problem, feasible, self._seen):
                return child[:1]
        return draw(self.problem, rng, self._seen, 1)


@cache
def blas() -> ThreadpoolController:
    """The libraries of linear algebra that are loaded."""
    return ThreadpoolController().select(user_api="blas")
