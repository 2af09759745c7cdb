"""Drawing candidates that are new and break no cost constraint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.errors import SearcherError
from autoquant.interfaces import SearchProblem
from autoquant.objective import Constraint
from autoquant.space import Candidate, IntArray

ROUNDS = 20
ENUMERABLE = 1 << 16
"""A space of at most so many candidates is listed when drawing finds nothing new."""


def draw(problem: SearchProblem, rng: np.random.Generator, seen: set[Candidate], count: int) -> list[Candidate]:
    """Up to ``count`` canonical candidates outside ``seen``, feasible in their costs; fewer when no more are found.

    `SearcherError` when nothing was ever seen and no feasible candidate can be found.
    """
    candidates: dict[Candidate, None] = {}
    for _ in range(ROUNDS):
        sampled = repair(problem, problem.space.sample(rng, 2 * count), rng)
        candidates |= dict.fromkeys(new_candidates(problem, sampled, seen))
        if len(candidates) >= count:
            return list(candidates)[:count]
    if problem.space.size <= ENUMERABLE:
        everything = np.array(list(product(*(range(int(size)) for size in problem.space.sizes))), dtype=np.int64)
        feasible = rng.permutation(everything[problem.feasible_costs(everything)])
        candidates |= dict.fromkeys(new_candidates(problem, feasible, seen))
    if not candidates and not seen:
        broken = "; ".join(str(constraint) for constraint in problem.constraints)
        raise SearcherError(f"no candidate was found that holds all cost constraints together: {broken}; loosen one")
    return list(candidates)[:count]


def new_candidates(problem: SearchProblem, candidates: npt.NDArray[Any], seen: set[Candidate]) -> list[Candidate]:
    """The feasible ones among these, canonical, each once, outside ``seen``; (n, choices) in."""
    kept = candidates[problem.feasible_costs(candidates)]
    canonical = dict.fromkeys(map(problem.space.canonical, map(tuple, kept.tolist())))
    return [candidate for candidate in canonical if candidate not in seen]


def repair(problem: SearchProblem, candidates: IntArray, rng: np.random.Generator) -> IntArray:
    """Candidates with one choice after another changed until no cost constraint is broken: (n, choices) both ways.

    Each step takes a random one of the single changes that lessen the violation. A candidate that no single change
    helps stays as it is, infeasible.
    """
    repaired = candidates.copy()
    for row in np.flatnonzero(~problem.feasible_costs(candidates)):
        current, left = repaired[row], excess(problem, repaired[row : row + 1])[0]
        while left > 0:
            changed = single_changes(problem, current)
            after = excess(problem, changed)
            better = np.flatnonzero(after < left)
            if len(better) == 0:
                break
            pick = rng.choice(better)
            current, left = changed[pick], after[pick]
        repaired[row] = current
    return repaired


def single_changes(problem: SearchProblem, candidate: IntArray) -> IntArray:
    """Every candidate that differs in one choice: (sum of options - choices, choices)."""
    rows = []
    for position, size in enumerate(problem.space.sizes):
        for index in range(int(size)):
            if index != candidate[position]:
                changed = candidate.copy()
                changed[position] = index
                rows.append(changed)
    return np.array(rows, dtype=np.int64).reshape(-1, len(candidate))


def excess(problem: SearchProblem, candidates: IntArray) -> npt.NDArray[np.float64]:
    """How far candidates break the constraints on costs, as `broken` counts it: (n, choices) -> (n,)."""
    return broken(problem.constraints, problem.costs(candidates), len(candidates))


def broken(
    constraints: Sequence[Constraint], metrics: Mapping[str, npt.NDArray[np.float64]], count: int
) -> npt.NDArray[np.float64]:
    """Sum over the constraints whose metric is given of the excess, relative to the bound: metrics (n,) -> (n,)."""
    total = np.zeros(count)
    for constraint in constraints:
        if constraint.metric in metrics:
            total += np.maximum(0.0, constraint.relative_excess(metrics[constraint.metric]))
    return total
