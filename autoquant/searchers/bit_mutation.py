"""A mutation for pymoo that speaks of bit-widths."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pymoo.core.mutation import Mutation

from autoquant.network import FLOAT_BITS
from autoquant.space import Choice, IntArray


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
