"""Random search: uniform over the space, never the same network twice."""

from __future__ import annotations

import numpy as np

from autoquant.interfaces import Result, Searcher, SearchProblem
from autoquant.searchers.sampling import draw
from autoquant.space import Candidate


class RandomSearch(Searcher):
    """Candidates drawn uniformly, without repetition, repaired where their costs break a constraint.

    The baseline that every search has to beat (Bergstra and Bengio, 2012).
    """

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self._rng = np.random.default_rng(problem.seed)
        self._seen: set[Candidate] = set()

    def propose(self, count: int) -> list[Candidate]:
        """New candidates; fewer than ``count`` only when the space has no more."""
        candidates = draw(self.problem, self._rng, self._seen, count)
        self._seen.update(candidates)
        return candidates

    def learn(self, results: list[Result]) -> None:
        """Random search learns nothing."""
