"""Random search: uniform over the space, never the same network twice."""

from __future__ import annotations

import numpy as np

from autoquant.interfaces import Result, Searcher, SearchProblem
from autoquant.searchers.sampling import draw
from autoquant.space import Candidate

BATCH = 32
"""Candidates that are sampled at a time."""


class RandomSearch(Searcher):
    """Candidates sampled uniformly, without repetition, repaired where their costs break a constraint.

    The baseline that every search has to beat (Bergstra and Bengio, 2012).
    """

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self._rng = np.random.default_rng(problem.seed)
        self._seen: set[Candidate] = set()
        self._drawn: list[Candidate] = []
        """Sampled and not proposed yet. Sampled in batches, the proposals do not depend on the sizes of the asks."""
        self._dry = False

    @property
    def exhausted(self) -> bool:
        """True once sampling gave nothing new and all samples are proposed."""
        return self._dry and not self._drawn

    def propose(self, count: int) -> list[Candidate]:
        """New candidates; fewer than ``count`` only when the space has no more."""
        while len(self._drawn) < count and not self._dry:
            fresh = draw(self.problem, self._rng, self._seen, BATCH)
            self._seen.update(fresh)
            self._drawn += fresh
            self._dry = len(fresh) < BATCH
        piece, self._drawn = self._drawn[:count], self._drawn[count:]
        return piece

    def learn(self, results: list[Result]) -> None:
        """Random search learns nothing."""
