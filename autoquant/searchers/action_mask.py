"""Masks: which options of a choice leave a way to hold every constraint on a cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.space import IntArray


class AllowedOptions(NamedTuple):
    """The options of one choice."""

    allowed: npt.NDArray[np.bool_]
    """(n, options)"""
    completions: IntArray
    """A candidate that has the option, feasible where it is allowed: (n, options, choices)."""


class ActionMask:
    """Knows ends of candidates that cost little, and prices what they would make of a beginning.

    Prices are a black box, so that an option is allowed where a known end completes it to a feasible candidate: the
    end of the present feasible completion, the cheapest option of every further choice for one constraint, or for all
    together. What is chosen option by option so is feasible.

    Args:
        problem: with its constraints and prices.
        marginals: metric -> cost of each option, the other choices kept: (choices, most options).
    """

    def __init__(self, problem: SearchProblem, marginals: dict[str, FloatArray]) -> None:
        self._problem = problem
        bounded = [constraint for constraint in problem.constraints if constraint.metric in problem.costs.metrics]
        self._bounded = bool(bounded)
        signed = [constraint.sign * marginals[constraint.metric] for constraint in bounded]
        outside = np.arange(int(problem.space.sizes.max())) >= problem.space.sizes[:, None]
        spread = [np.where(outside, 0.0, table).max(axis=1).sum() or 1.0 for table in np.abs(signed)]
        together = [sum(table / width for table, width in zip(signed, spread, strict=True))] if bounded else []
        costs = [np.where(outside, np.inf, table) for table in [*signed, *together]]
        ends = [table.argmin(axis=1) for table in costs]
        self._ends: IntArray = np.unique(np.array(ends, dtype=np.int64).reshape(-1, len(outside)), axis=0)

    def options(self, step: int, completions: IntArray) -> AllowedOptions:
        """For each option of a choice, whether it is allowed, and a candidate that has it.

        ``completions`` (n, choices): feasible candidates whose first ``step`` options are chosen. Where an option is
        allowed, its candidate is the feasible completion for the next step; the option that ``completions`` has
        always is.
        """
        size = int(self._problem.space.sizes[step])
        rows, choices = completions.shape
        ends = np.broadcast_to(self._ends, (rows, *self._ends.shape))
        ends = np.concatenate([completions[:, None], ends], axis=1)
        tried = np.empty((rows, size, ends.shape[1], choices), dtype=np.int64)
        tried[..., :step] = completions[:, None, None, :step]
        tried[..., step] = np.arange(size)[:, None]
        tried[..., step + 1 :] = ends[:, None, :, step + 1 :]
        if not self._bounded:
            return AllowedOptions(np.ones((rows, size), dtype=bool), tried[:, :, 0])
        feasible = self._problem.feasible_costs(tried.reshape(-1, choices)).reshape(rows, size, -1)
        first = feasible.argmax(axis=2)
        allowed: npt.NDArray[np.bool_] = np.asarray(feasible.any(axis=2))
        return AllowedOptions(allowed, np.take_along_axis(tried, first[..., None, None], axis=2)[:, :, 0])
