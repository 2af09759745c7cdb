"""What is measured before anything is bred: uniform bit-widths, then random candidates or single changes."""

from __future__ import annotations

import numpy as np

from autoquant.interfaces import Result, SearchProblem
from autoquant.searchers.additive import AdditiveModel
from autoquant.searchers.sampling import draw, new_candidates
from autoquant.searchers.sensitivity import SensitivitySearch
from autoquant.space import Candidate, IntArray, SearchSpace


class InitialDesign:
    """The first candidates of a search; the same bit-width everywhere comes before all others.

    Without sensitivity random candidates follow, up to a population. With it every option alone, and once all of these
    have results as many of the additive model's front as a population.

    Args:
        problem: space, objectives, constraints, prices and seed.
        population: number of survivors of the search.
        sensitivity: whether every option is measured alone.
        rng: where random candidates come from.
    """

    def __init__(self, problem: SearchProblem, population: int, sensitivity: bool, rng: np.random.Generator) -> None:
        self._population = population
        self._sensitivity = SensitivitySearch(problem) if sensitivity else None
        self._told, self._extended = 0, False
        self.candidates = (
            uniform_then_random(problem, population, rng)
            if self._sensitivity is None
            else list(dict.fromkeys([*feasible_uniform(problem), *self._sensitivity.probes]))
        )
        """In the order in which they are proposed, as far as they are known."""
        self.modelled_front: IntArray = np.zeros((0, len(problem.space.choices)), dtype=np.int64)
        """The whole front of the additive model, (n, choices); empty before it is known, and without sensitivity."""

    @property
    def model(self) -> AdditiveModel | None:
        """The additive model; None before it is known, where every probe failed, and without sensitivity."""
        return None if self._sensitivity is None else self._sensitivity.model

    @property
    def told(self) -> bool:
        """Whether all candidates so far have results."""
        return self._told >= len(self.candidates)

    def learn(self, results: list[Result]) -> None:
        """Take in results of these candidates, and of later ones."""
        self._told += len(results)
        if self._sensitivity is not None and not self._extended:
            self._sensitivity.learn(results)

    def extend(self) -> bool:
        """Add the additive model's front to the candidates, once every option alone has a result; whether it does."""
        if self._sensitivity is None or self._extended or not self.told:
            return False
        self._extended = True
        wanted = min(self._population, self._sensitivity.front_left)
        self.candidates += self._sensitivity.propose(wanted) if wanted else []
        if self._sensitivity.front:
            self.modelled_front = np.array(self._sensitivity.front, dtype=np.int64)
        return True


def feasible_uniform(problem: SearchProblem) -> list[Candidate]:
    """The candidates that the space calls uniform, canonical, without those whose costs break a constraint."""
    named = list(problem.space.uniform().values())
    return new_candidates(problem, np.array(named, dtype=np.int64), set()) if named else []


def uniform_then_random(problem: SearchProblem, population: int, rng: np.random.Generator) -> list[Candidate]:
    """A population: uniform candidates, or `equal_positions` where the space names none, filled up with random ones."""
    named = problem.space.uniform()
    start = feasible_uniform(problem) if named else new_candidates(problem, equal_positions(problem.space), set())
    start = start[:population]
    missing = population - len(start)
    return start + (draw(problem, rng, set(start), missing) if missing else [])


def equal_positions(space: SearchSpace) -> IntArray:
    """Candidates with the same place among the options of every choice, from the first to the last: (n, choices).

    Of choices without an order the same option.
    """
    most = int(space.sizes.max())
    ordered = np.array([choice.ordered for choice in space.choices])
    places = np.arange(most)[:, None]
    along = np.rint(places * (space.sizes - 1) / max(most - 1, 1)).astype(np.int64)
    return np.where(ordered, along, places % space.sizes)
