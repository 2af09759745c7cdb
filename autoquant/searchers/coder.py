"""Candidates as points of a Gaussian process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.interfaces import FloatArray, SearchProblem

SAMPLES = 256
"""Random candidates whose costs give the mean and the deviation by which a cost becomes a feature."""


class Coder:
    """Candidates as codes of 0 and 1, then features of about unit size.

    An ordered choice of k options has k - 1 codes, one a step, so that options further apart differ in more of them; a
    choice without an order has a code an option. The features are the costs, and the mean place among ordered options:
    accuracy mostly goes with them, whatever layer the bits are in.
    """

    def __init__(self, problem: SearchProblem) -> None:
        choices = problem.space.choices
        self._costs = problem.costs
        self._steps = [
            (i, option, choice.ordered)
            for i, choice in enumerate(choices)
            for option in range(len(choice.options) - 1 if choice.ordered else len(choice.options))
        ]
        self.codes = len(self._steps)
        self._ordered = [i for i, choice in enumerate(choices) if choice.ordered and len(choice.options) > 1]
        self._last = problem.space.sizes[self._ordered] - 1
        # Not `costs.bounds`, which say nothing of mean and deviation.
        sample = self._costs(problem.space.sample(np.random.default_rng(problem.seed), SAMPLES))
        self._moments = {metric: (float(v.mean()), float(v.std()) or 1.0) for metric, v in sample.items()}
        """Cost -> mean and standard deviation over the space."""

    def __call__(self, candidates: npt.NDArray[Any], costs: Mapping[str, FloatArray] | None = None) -> FloatArray:
        """(n, choices) -> (n, codes + features); ``costs`` (n,) of the candidates where they are known."""
        costs = self._costs(candidates) if costs is None else costs
        columns = [candidates[:, i] > o if ordered else candidates[:, i] == o for i, o, ordered in self._steps]
        columns += [(costs[metric] - mean) / deviation for metric, (mean, deviation) in self._moments.items()]
        if self._ordered:
            columns.append(2 * (candidates[:, self._ordered] / self._last).mean(axis=1) - 1)
        return np.stack(columns, axis=1).astype(np.float64)
