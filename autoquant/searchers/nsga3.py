"""NSGA-III over pymoo, seeded with uniform bit-widths.

Deb and Jain, "An Evolutionary Many-Objective Optimization Algorithm Using Reference-Point-Based Nondominated Sorting
Approach", 2014. Survival and niching are pymoo's; the operators below speak of bit-widths.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.evaluator import Evaluator
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.pntx import SinglePointCrossover
from pymoo.operators.crossover.ux import UniformCrossover
from pymoo.problems.static import StaticProblem
from pymoo.util.ref_dirs import get_reference_directions

from autoquant.interfaces import Result, Searcher, SearchProblem
from autoquant.network import FLOAT_BITS
from autoquant.objective import violations
from autoquant.searchers.sampling import draw, new_candidates, repair
from autoquant.space import Candidate, Choice

BREEDINGS = 20
"""How often parents are mated again while too few new children come of it."""


class NSGA3Search(Searcher):
    """Generations of candidates, each bred from the best of all before it.

    A generation is proposed in pieces as large as asked for; the next one needs the results of all of it. Children that
    were proposed before (in canonical form) or whose costs break a constraint are bred again or repaired.

    Args:
        problem: space, objectives, constraints, prices and seed.
        population: candidates in a generation; reference directions are as many as fit below it.
        crossover: ``uniform`` takes each choice from either parent, ``single_point`` a head of one and a tail of other.
        crossover_probability: chance that a pair of parents is mixed at all.
        mutation_sigma: standard deviation, in bits, of the noise that mutation adds before it snaps to the nearest
            allowed bit-width. Choices without an order take a random option instead.
        mutation_rate: mean number of choices that mutation touches in a child.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        population: Annotated[int, Field(ge=4)] = 24,
        crossover: Literal["uniform", "single_point"] = "uniform",
        crossover_probability: Annotated[float, Field(ge=0, le=1)] = 0.9,
        mutation_sigma: Annotated[float, Field(gt=0)] = 3.0,
        mutation_rate: Annotated[float, Field(gt=0)] = 1.5,
    ) -> None:
        super().__init__(problem)
        self._rng = np.random.default_rng([problem.seed, 1])
        self._size = population
        self._seen: set[Candidate] = set()
        self._generation: list[Candidate] = []
        self._first_number = 0
        self._results: dict[int, Mapping[str, float] | None] = {}
        self._proposed = 0
        mix: dict[str, type[Crossover]] = {"uniform": UniformCrossover, "single_point": SinglePointCrossover}
        self._pymoo_problem = Problem(
            n_var=len(problem.space.choices),
            n_obj=len(problem.objectives),
            n_ieq_constr=1,
            xl=np.zeros(len(problem.space.choices)),
            xu=problem.space.sizes - 1,
            vtype=int,
        )
        self._algorithm = NSGA3(
            ref_dirs=reference_directions(len(problem.objectives), population),
            pop_size=population,
            sampling=np.zeros((1, len(problem.space.choices))),
            crossover=mix[crossover](prob=crossover_probability),
            mutation=GaussianBits(problem.space.choices, mutation_sigma, mutation_rate),
            eliminate_duplicates=NoDuplicateElimination(),
            termination=NoTermination(),
            output=None,
            seed=problem.seed,
        )
        self._algorithm.setup(self._pymoo_problem)

    @property
    def exhausted(self) -> bool:
        """True once a generation came out empty: the space has nothing new."""
        return self.asked > 0 and not self._generation

    def propose(self, count: int) -> list[Candidate]:
        """The next piece of the generation; nothing while its results are awaited."""
        if self._proposed == len(self._generation):
            if len(self._results) < len(self._generation) or self.exhausted:
                return []
            self._next_generation()
        piece = self._generation[self._proposed : self._proposed + count]
        self._proposed += len(piece)
        return piece

    def learn(self, results: list[Result]) -> None:
        """Keep results until their generation is complete."""
        self._results.update({proposal.number - self._first_number: metrics for proposal, metrics in results})

    def _next_generation(self) -> None:
        if self._generation:
            self._survive()
            self._generation = self._breed()
        else:
            self._generation = self._first_generation()
        self._seen.update(self._generation)
        self._first_number, self._proposed, self._results = self.asked, 0, {}

    def _first_generation(self) -> list[Candidate]:
        """The uniform bit-widths that are feasible, filled up with random candidates."""
        uniform = np.array(list(self.problem.space.uniform().values()), dtype=np.int64)
        start = new_candidates(self.problem, uniform, set())[: self._size] if len(uniform) else []
        missing = self._size - len(start)
        return start + draw(self.problem, self._rng, set(start), missing) if missing else start

    def _survive(self) -> None:
        """Hand the generation with its results to pymoo, which selects the next parents."""
        rows = [self._results[i] for i in range(len(self._generation))]
        told = [self._minimized(metrics) for metrics in rows if metrics is not None]
        worst = np.max(told, axis=0) if told else np.zeros(len(self.problem.objectives))
        values = np.array([worst if metrics is None else self._minimized(metrics) for metrics in rows])
        broken = np.array([[self._violation(metrics)] for metrics in rows])
        children = Population.new("X", np.array(self._generation, dtype=np.int64))
        Evaluator().eval(StaticProblem(self._pymoo_problem, F=values, G=broken), children)
        self._algorithm.tell(infills=children)

    def _minimized(self, metrics: Mapping[str, float]) -> list[float]:
        return [objective.minimized(metrics[objective.metric]) for objective in self.problem.objectives]

    def _violation(self, metrics: Mapping[str, float] | None) -> float:
        """How far constraints are broken, relative to their bounds; a failed trial counts as far beyond all."""
        if metrics is None:
            return 1e6
        excess = violations(self.problem.constraints, metrics)
        bounds = {str(constraint): abs(constraint.bound) for constraint in self.problem.constraints}
        return sum(amount / max(bounds[text], 1e-9) for text, amount in excess.items())

    def _breed(self) -> list[Candidate]:
        """New children of the parents that survived; random candidates where breeding finds too few."""
        children: dict[Candidate, None] = {}
        for _ in range(BREEDINGS):
            wanted = self._size - len(children)
            bred = self._algorithm.mating.do(
                self._pymoo_problem, self._algorithm.pop, wanted, algorithm=self._algorithm, random_state=self._rng
            )
            feasible = repair(self.problem, bred.get("X").astype(np.int64), self._rng)
            children |= dict.fromkeys(new_candidates(self.problem, feasible, self._seen))
            if len(children) >= self._size:
                return list(children)[: self._size]
        known = self._seen | set(children)
        return [*children, *draw(self.problem, self._rng, known, self._size - len(children))]


class GaussianBits(Mutation):  # type: ignore[misc]
    """b + N(0, sigma^2), snapped to the nearest allowed bit-width; a random other option where there is no order."""

    def __init__(self, choices: tuple[Choice, ...], sigma: float, rate: float) -> None:
        super().__init__(prob=1.0)
        self._choices = choices
        self._sigma = sigma
        self._share = min(1.0, rate / len(choices))

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


def reference_directions(objectives: int, population: int) -> npt.NDArray[np.float64]:
    """Das and Dennis' evenly spaced directions, the finest set of at most ``population``: (directions, objectives)."""
    if objectives == 1:
        return np.ones((1, 1))
    partitions = 1
    while comb(partitions + objectives, objectives - 1) <= population:
        partitions += 1
    directions: npt.NDArray[np.float64] = get_reference_directions("das-dennis", objectives, n_partitions=partitions)
    return directions
