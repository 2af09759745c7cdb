"""NSGA-III over pymoo, seeded with uniform bit-widths or sensitivities, and assisted by a model of what is measured.

Deb and Jain, "An Evolutionary Many-Objective Optimization Algorithm Using Reference-Point-Based Nondominated Sorting
Approach", 2014. Mating and survival are pymoo's; the mutation below speaks of bit-widths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import comb
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from pymoo.algorithms.moo.nsga3 import ReferenceDirectionSurvival
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.mating import Mating
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.operators.crossover.pntx import SinglePointCrossover
from pymoo.operators.crossover.ux import UniformCrossover
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.util.ref_dirs import get_reference_directions
from threadpoolctl import ThreadpoolController

from autoquant.interfaces import Result, Searcher, SearchProblem
from autoquant.network import FLOAT_BITS
from autoquant.searchers.sampling import broken, draw, new_candidates, repair
from autoquant.searchers.sensitivity import SensitivitySearch
from autoquant.searchers.surrogate import Surrogate
from autoquant.space import Candidate, Choice, IntArray, SearchSpace

BREEDINGS = 20
"""How often parents are mated again while too few new children come of it."""

POOL = 400
"""Children that are bred for one proposal when a model chooses among them; then the best are bred from."""
GENERATIONS, PARENTS, CHILDREN = 3, 10, 10
"""So often so many of the best have so many children each."""

SURVIVAL_EVERY = 4
"""Survivors are selected anew after so many results."""


class NSGA3Search(Searcher):
    """A population from which children are bred all the time: no worker waits for a generation to end.

    The first population must be told whole before anything is bred. After that every proposal is bred from the present
    survivors, which are selected anew after every few results. Children that were proposed before (in canonical form)
    are bred again; those whose costs break a constraint are repaired.

    With a model, hundreds of children are bred for each proposal, all are priced, and the one is proposed that a
    function drawn from the model makes the best addition to the front (`Surrogate`).

    Args:
        problem: space, objectives, constraints, prices and seed.
        population: number of survivors; there are as many reference directions as fit below it.
        start: all begin with the same bit-width everywhere. ``uniform`` fills up with random candidates to a
            population; ``sensitivity`` goes on with every option alone, then as many of the additive model's front as a
            population (`SensitivitySearch`); ``auto`` is sensitivity where every option alone takes at most twice a
            population, else uniform.
        model: ``gaussian_process``, or ``none`` for plain NSGA-III.
        crossover: ``uniform`` takes each choice from either parent, ``single_point`` the head of one and the tail of
            the other.
        crossover_probability: chance that a pair of parents is mixed at all.
        mutation_sigma: standard deviation, in bits, of the noise that mutation adds before it snaps to the nearest
            allowed bit-width. Choices without an order take a random other option instead.
        mutation_rate: mean number of choices that mutation touches in a child.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        population: Annotated[int, Field(ge=4)] = 16,
        start: Literal["auto", "uniform", "sensitivity"] = "auto",
        model: Literal["gaussian_process", "none"] = "gaussian_process",
        crossover: Literal["uniform", "single_point"] = "uniform",
        crossover_probability: Annotated[float, Field(ge=0, le=1)] = 0.9,
        mutation_sigma: Annotated[float, Field(gt=0)] = 2.0,
        mutation_rate: Annotated[float, Field(gt=0)] = 1.5,
    ) -> None:
        super().__init__(problem)
        self._rng = np.random.default_rng(problem.seed)
        self._size = population
        self._seen: set[Candidate] = set()
        alone = 1 + int((problem.space.sizes - 1).sum())
        sensitive = start == "sensitivity" or (start == "auto" and alone <= 2 * population)
        self._sensitivity = SensitivitySearch(problem) if sensitive else None
        self._first: list[Candidate] | None = None
        """What is proposed before anything is bred; None before it is known."""
        self._started = False
        """Whether the front of the additive model is part of it."""
        self._modelled: IntArray = np.zeros((0, len(problem.space.choices)), dtype=np.int64)
        """The front of the additive model."""
        self._told = 0
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
        self._survival = ReferenceDirectionSurvival(reference_directions(len(problem.objectives), population))
        self._surrogate = Surrogate(problem) if model != "none" and problem.space.size > 1 else None
        self._mutation = GaussianBits(choices, mutation_sigma, mutation_rate)
        mix: dict[str, type[Crossover]] = {"uniform": UniformCrossover, "single_point": SinglePointCrossover}
        self._mating = Mating(
            TournamentSelection(func_comp=feasible_then_rank),
            mix[crossover](prob=crossover_probability),
            self._mutation,
            eliminate_duplicates=NoDuplicateElimination(),
        )

    @property
    def exhausted(self) -> bool:
        """True once an ask found nothing new in the space."""
        return self._exhausted

    def propose(self, count: int) -> list[Candidate]:
        """The start, then children; nothing while results of the start are awaited."""
        found: list[Candidate] = []
        while len(found) < count and not self._exhausted:  # one by one: the sizes of the asks make no difference
            place = self.asked + len(found)
            start = self._start(place)
            if place < len(start):
                found.append(start[place])
            elif self._told < len(start):
                break
            else:
                child = self._bred(found, np.random.default_rng([self.problem.seed, place]))
                self._seen.update(child)
                self._exhausted = not child
                found += child
        return found

    def recall(self, candidates: list[Candidate]) -> bool:
        """Children leave no trace but themselves, for each is bred with a random generator of its own."""
        if self.asked < len(self._start(self.asked)):
            return False
        self._seen.update(candidates)
        return True

    def learn(self, results: list[Result]) -> None:
        """Take in results; a failed candidate leaves no descendants, and is never proposed again."""
        good = [(proposal.candidate, metrics) for proposal, metrics in results if metrics is not None]
        if self._sensitivity is not None and not self._started:
            self._sensitivity.learn(results)
        if self._surrogate is not None:
            self._surrogate.learn(good)
        self._fresh += good
        self._told += len(results)
        started = self._first is not None and self._told >= len(self._first)
        if started and len(self._fresh) >= (SURVIVAL_EVERY if len(self._survivors) else 1):
            self._survive()

    def _start(self, place: int) -> list[Candidate]:
        """What is proposed first, as far as it is known when so many were proposed."""
        if self._first is None:
            self._first = self._first_population()
        elif self._sensitivity is not None and place == len(self._first) == self._told and not self._started:
            self._started = True
            wanted = min(self._size, self._sensitivity.front_left)
            self._first += self._sensitivity.propose(wanted) if wanted else []
            if self._sensitivity.front:
                self._modelled = np.array(self._sensitivity.front, dtype=np.int64)
            if self._surrogate is not None and self._sensitivity.model is not None:
                self._surrogate.additive = self._sensitivity.model.predict
        self._seen.update(self._first)
        return self._first

    def _first_population(self) -> list[Candidate]:
        """The uniform candidates that are feasible; with them every option alone, or random ones up to a population."""
        named = np.array(list(self.problem.space.uniform().values()), dtype=np.int64)
        if self._sensitivity is not None:
            start = new_candidates(self.problem, named, set()) if len(named) else []
            return list(dict.fromkeys([*start, *self._sensitivity.probes]))
        start = new_candidates(self.problem, named if len(named) else alike(self.problem.space), set())[: self._size]
        missing = self._size - len(start)
        return start + (draw(self.problem, self._rng, set(start), missing) if missing else [])

    def _survive(self) -> None:
        """Select the survivors among the present ones and the fresh results."""
        metrics = [one for _, one in self._fresh]
        values = [[o.minimized(one[o.metric]) for o in self.problem.objectives] for one in metrics]
        names = {constraint.metric for constraint in self.problem.constraints}
        constrained = {m: np.array([one[m] for one in metrics]) for m in names if all(m in one for one in metrics)}
        fresh = Population.new(
            X=np.array([candidate for candidate, _ in self._fresh], dtype=np.int64),
            F=np.array(values, dtype=np.float64),
            G=broken(self.problem.constraints, constrained, len(metrics))[:, None],
        )
        everyone = Population.merge(self._survivors, fresh)
        self._survivors = self._survival.do(self._problem, everyone, n_survive=self._size, random_state=self._rng)
        self._fresh = []

    def _bred(self, beside: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
        """The next child, proposed beside these; none where the space has nothing new."""
        if self._surrogate is None or not self._surrogate.ready:
            return self._plain_child(rng)
        with blas().limit(limits=1):  # matrices are small: threads cost more than they give, and change last digits
            return self._modelled_child(self._surrogate, beside, rng)

    def _modelled_child(
        self, surrogate: Surrogate, beside: Sequence[Candidate], rng: np.random.Generator
    ) -> list[Candidate]:
        """The best of hundreds by a drawn function; none where the space has nothing new."""
        pending = [proposal.candidate for proposal in self._open.values()]
        gain = surrogate.draw([*pending, *beside], rng)
        found: dict[Candidate, float] = {}
        fresh = self._pool(surrogate.front(), rng)
        for generation in range(GENERATIONS + 1):
            if new := new_candidates(self.problem, fresh, self._seen | found.keys()):
                found.update(zip(new, gain(np.array(new, dtype=np.int64)).tolist(), strict=True))
            if found and generation < GENERATIONS:
                best = sorted(found, key=lambda candidate: -found[candidate])[:PARENTS]
                fresh = self._mutation.once(np.repeat(np.array(best, dtype=np.int64), CHILDREN, axis=0), rng)
        return [max(found, key=lambda candidate: found[candidate])] if found else self._plain_child(rng)

    def _pool(self, front: IntArray, rng: np.random.Generator) -> IntArray:
        """Neighbours of the front, children of the survivors, strangers, the additive model's front: (n, choices)."""
        neighbours = self._mutation.once(front[rng.integers(len(front), size=POOL // 2)], rng)
        children = self._mating.do(self._problem, self._survivors, POOL * 3 // 8, random_state=rng)
        kinds = [neighbours, children.get("X").astype(np.int64), self.problem.space.sample(rng, POOL // 8)]
        return np.concatenate([*kinds, rng.permutation(self._modelled)[: POOL // 4]])

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


def feasible_then_rank(
    pop: Population, P: npt.NDArray[Any], *args: Any, random_state: np.random.Generator, **kwargs: Any
) -> npt.NDArray[np.int64]:
    """Winner of each tournament of two: less violation, then the better front, then by lot. (n, 2) -> (n, 1).

    pymoo's own NSGA-III draws among feasible parents by lot alone; measured on DS-CNN bit-widths and NAS-Bench-201,
    taking the better front first reached more hypervolume.
    """
    violation, rank = pop.get("CV")[:, 0], pop.get("rank")
    winners = []
    for a, b in P:
        better, worse = sorted((a, b), key=lambda i: (violation[i], rank[i] if rank[i] is not None else 0))
        tie = violation[better] == violation[worse] and rank[better] == rank[worse]
        winners.append(random_state.choice([a, b]) if tie else better)
    return np.array(winners, dtype=np.int64)[:, None]


class GaussianBits(Mutation):  # type: ignore[misc]
    """b + N(0, sigma^2), snapped to the nearest allowed bit-width; a random other option where there is no order."""

    def __init__(self, choices: tuple[Choice, ...], sigma: float, rate: float) -> None:
        super().__init__(prob=1.0)
        self._choices = choices
        self._sigma = sigma
        self._share = min(1.0, rate / len(choices))

    def once(self, candidates: IntArray, rng: np.random.Generator) -> IntArray:
        """Each candidate with at least one choice moved to another option, where there is any."""
        moved = self._do(None, candidates, random_state=rng)
        sizes = np.array([len(choice.options) for choice in self._choices])
        if (sizes == 1).all():
            return moved
        still = np.flatnonzero((moved == candidates).all(axis=1))
        columns = rng.choice(np.flatnonzero(sizes > 1), size=len(still))
        step = rng.integers(1, sizes[columns])
        moved[still, columns] = (moved[still, columns] + step) % sizes[columns]
        return moved

    def _do(
        self, problem: Any, X: npt.NDArray[Any], *args: Any, random_state: np.random.Generator, **kwargs: Any
    ) -> npt.NDArray[np.int64]:
        mutated: npt.NDArray[np.int64] = X.astype(np.int64)
        touched = random_state.random(X.shape) < self._share
        for column, choice in enumerate(self._choices):
            rows = np.flatnonzero(touched[:, column])
            if len(rows) == 0 or len(choice.options) == 1:
                continue
            values = numeric_values(choice)
            if values is None:
                step = random_state.integers(1, len(choice.options), size=len(rows))
                mutated[rows, column] = (mutated[rows, column] + step) % len(choice.options)
            else:
                noisy = values[mutated[rows, column]] + random_state.normal(0, self._sigma, size=len(rows))
                mutated[rows, column] = np.abs(noisy[:, None] - values[None, :]).argmin(axis=1)
        return mutated


def numeric_values(choice: Choice) -> npt.NDArray[np.float64] | None:
    """The options of an ordered choice as numbers (``float`` is 32 bits); None where they are not numbers."""
    if not choice.ordered:
        return None
    options = [FLOAT_BITS if option == "float" else option for option in choice.options]
    if any(isinstance(option, (str, bool)) for option in options):
        return None
    return np.array(options, dtype=np.float64)


def alike(space: SearchSpace) -> IntArray:
    """Candidates with the same place among the options of every choice, from the first to the last: (n, choices).

    Of choices without an order the same option.
    """
    most = int(space.sizes.max())
    ordered = np.array([choice.ordered for choice in space.choices])
    places = np.arange(most)[:, None]
    along = np.rint(places * (space.sizes - 1) / max(most - 1, 1)).astype(np.int64)
    return np.where(ordered, along, places % space.sizes)


def reference_directions(objectives: int, population: int) -> npt.NDArray[np.float64]:
    """Das and Dennis' evenly spaced directions, the finest set of at most ``population``: (directions, objectives)."""
    if objectives == 1:
        return np.ones((1, 1))
    partitions = 1
    while comb(partitions + objectives, objectives - 1) <= population:
        partitions += 1
    directions: npt.NDArray[np.float64] = get_reference_directions("das-dennis", objectives, n_partitions=partitions)
    return directions
