"""Masks: which options of a choice leave a way to hold every constraint on a cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autoquant.interfaces import FloatArray, SearchProblem
from autoquant.space import IntArray


class Completions:
    """Knows ends of candidates that cost little, and prices what they would make of a beginning.

    Prices are a black box, so that an option is allowed where a known end completes it to a feasible candidate: the
    end of the present witness (a feasible candidate with the same beginning), the cheapest option of every further
    choice for one constraint, or for all together. What is chosen option by option so is feasible.

    Args:
        problem: with its constraints and prices.
        marginals: metric -> cost of each option, the other choices kept: (choices, most options).
    """

    def __init__(self, problem: SearchProblem, marginals: dict[str, FloatArray]) -> None:
        self._problem = problem
        bounded = [constraint for constraint in problem.constraints if constraint.metric in marginals]
        self._bounded = bool(bounded)
        signed = [(1 if c.operator == "<=" else -1) * marginals[c.metric] for c in bounded]
        outside = np.arange(int(problem.space.sizes.max())) >= problem.space.sizes[:, None]
        spread = [np.where(outside, 0.0, table).max(axis=1).sum() or 1.0 for table in np.abs(signed)]
        together = [sum(table / width for table, width in zip(signed, spread, strict=True))] if bounded else []
        costs = [np.where(outside, np.inf, table) for table in [*signed, *together]]
        ends = [table.argmin(axis=1) for table in costs]
        self._ends: IntArray = np.unique(np.array(ends, dtype=np.int64).reshape(-1, len(outside)), axis=0)

    def options(self, step: int, witnesses: IntArray) -> tuple[npt.NDArray[np.bool_], IntArray]:
        """For each option of a choice, whether it is allowed, and a candidate that has it.

        ``witnesses`` (n, choices): feasible candidates whose first ``step`` options are chosen. Gives (n, options) and
        (n, options, choices); where an option is allowed, its candidate is a witness for the next step. The option
        that the witness has is always allowed.
        """
        size = int(self._problem.space.sizes[step])
        rows, choices = witnesses.shape
        ends = np.broadcast_to(self._ends, (rows, *self._ends.shape))
        ends = np.concatenate([witnesses[:, None], ends], axis=1)
        tried = np.empty((rows, size, ends.shape[1], choices), dtype=np.int64)
        tried[..., :step] = witnesses[:, None, None, :step]
        tried[..., step] = np.arange(size)[:, None]
        tried[..., step + 1 :] = ends[:, None, :, step + 1 :]
        if not self._bounded:
            return np.ones((rows, size), dtype=bool), tried[:, :, 0]
        feasible = self._problem.feasible_costs(tried.reshape(-1, choices)).reshape(rows, size, -1)
        first = feasible.argmax(axis=2)
        allowed: npt.NDArray[np.bool_] = np.asarray(feasible.any(axis=2))
        return allowed, np.take_along_axis(tried, first[..., None, None], axis=2)[:, :, 0]
