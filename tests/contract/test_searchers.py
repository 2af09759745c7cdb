"""Every installed searcher, third-party ones included, keeps the contract."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoquant import plugins
from autoquant.interfaces import Result, Searcher, SearchProblem
from autoquant.space import Candidate
from autoquant.testing.searchers import (
    CHECKS,
    PROBLEMS,
    MakeSearcher,
    check_searcher,
    discovered,
    proposes_everything,
)

OURS = ("random", "nsga3", "sensitivity", "ppo", "optuna")


def made(name: str, **options: Any) -> MakeSearcher:
    """An installed searcher with these options."""
    return lambda problem: plugins.create("searcher", name, problem, options=options, place="searcher")


OTHER_OPTIONS: dict[str, MakeSearcher] = {
    "nsga3 small": made("nsga3", population=4, crossover="single_point"),
    "nsga3 wild": made("nsga3", population=11, mutation_sigma=9.0, mutation_rate=4.0, crossover_probability=0.0),
    "sensitivity subsampled": made("sensitivity", states=10),
    "ppo small": made("ppo", episodes=5, epochs=1, minibatches=2, hidden=4, clip_values=True, lambda_range=(0.5, 0.5)),
    "optuna multivariate": made("optuna", options={"multivariate": True}),
    "optuna nsga2": made("optuna", sampler="nsga2", options={"population_size": 8}),
    "optuna nsga3": made("optuna", sampler="nsga3", options={"population_size": 8}),
    "optuna random": made("optuna", sampler="random"),
    "optuna grid": made("optuna", sampler="grid"),
    "optuna brute force": made("optuna", sampler="brute_force", options={"avoid_premature_stop": True}),
    "optuna qmc": made("optuna", sampler="qmc", options={"scramble": True}),
}
SEARCHERS = discovered() | OTHER_OPTIONS
SLOW = [("optuna", "many layers")]
"""Optuna's TPE takes two minutes for this task: it models each choice again, three times a proposal."""
CASES = [
    pytest.param(name, task, marks=[pytest.mark.slow] if (name, task) in SLOW else [])
    for name in discovered()
    for task in PROBLEMS
]
CASES += [
    pytest.param(name, task)
    for name in OTHER_OPTIONS
    for task in ("two objectives", "no order", "small and switched")
    if (name, task) != ("optuna grid", "two objectives")  # more candidates than it takes
]


def test_the_built_in_searchers_are_found() -> None:
    assert set(OURS) <= set(discovered())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("name", "task"), CASES)
def test_contract(name: str, task: str, check: Callable[..., None]) -> None:
    check(SEARCHERS[name], PROBLEMS[task])


@pytest.mark.parametrize("name", [name for name in SEARCHERS if name.partition(" ")[0] in OURS])
def test_built_in_searchers_propose_everything_in_a_small_space(name: str) -> None:
    proposes_everything(SEARCHERS[name])


class Counting(Searcher):
    """Keeps the contract: counts through the feasible candidates of a space, from an offset that the seed sets."""

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self.position = problem.seed * 919 % 4999
        self.left = min(problem.space.size, 5000)
        self.seen: set[Candidate] = set()

    def candidate(self, position: int) -> Candidate:
        indices = []
        for size in self.problem.space.sizes:
            position, index = divmod(position, int(size))
            indices.append(index)
        return tuple(indices)

    def propose(self, count: int) -> list[Candidate]:
        found: list[Candidate] = []
        while len(found) < count and self.left:
            candidate = self.candidate(self.position % self.problem.space.size)
            self.position, self.left = self.position + 1, self.left - 1
            canonical = self.problem.space.canonical(candidate)
            feasible = self.problem.feasible_costs(np.array([canonical], dtype=np.int64))[0]
            if canonical not in self.seen and feasible:
                self.seen.add(canonical)
                found.append(canonical)
        return found

    def learn(self, results: list[Result]) -> None:
        """Learns nothing."""


class TooMany(Counting):
    """Gives one more than asked for."""

    def propose(self, count: int) -> list[Candidate]:
        return super().propose(count + 1)


class Outside(Counting):
    """Proposes what is not in the space."""

    def propose(self, count: int) -> list[Candidate]:
        return [(*candidate[:-1], 99) for candidate in super().propose(count)]


class Repeating(Counting):
    """Proposes networks again, in another form."""

    def propose(self, count: int) -> list[Candidate]:
        return [self.candidate(self.asked + i) for i in range(count)]


class Spendthrift(Counting):
    """Does not look at the price."""

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(SearchProblem(problem.space, problem.objectives, seed=problem.seed))


class Forgetful(Counting):
    """Moves on with every call, also one that is refused or answered with nothing; and stops for a while at ten."""

    calls = 0

    def propose(self, count: int) -> list[Candidate]:
        self.calls += 1
        self.position += self.calls
        return [] if self.calls % 3 == 0 else super().propose(count)


class Moody(Counting):
    """Draws from the global random state."""

    def propose(self, count: int) -> list[Candidate]:
        self.position += random.randrange(5)
        return super().propose(count)


class Seeding(Counting):
    """Seeds the global random state of NumPy."""

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        np.random.seed(0)


class Stubborn(Counting):
    """Has the same seed always."""

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self.position = 0


def test_the_suite_accepts_an_honest_searcher() -> None:
    check_searcher(Counting)
    proposes_everything(lambda problem: _Exhausting(problem))


class _Exhausting(Counting):
    @property
    def exhausted(self) -> bool:
        return self.left == 0


@pytest.mark.parametrize("broken", [TooMany, Outside, Repeating, Spendthrift, Forgetful, Moody, Seeding, Stubborn])
def test_the_suite_catches_a_searcher_that_breaks_the_contract(broken: MakeSearcher) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check_searcher(broken)
