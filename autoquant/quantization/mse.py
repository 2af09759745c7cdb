"""Search for the clipping ratio, or the range, with the least squared error."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

COARSE = torch.logspace(0.08, -1.7, 40, dtype=torch.float64).tolist()
"""Ratios 1.2 to 0.02: at 2 bits the best clip of a heavy tail lies far below the largest value."""
FINE = tuple(torch.linspace(-1, 1, 9, dtype=torch.float64).tolist())


def squared_error(quantized: Tensor, values: Tensor) -> Tensor:
    """Sum of squared differences in float64: (rows, n) -> (rows, 1)."""
    return (quantized.double() - values.double()).square().sum(1, keepdim=True)


def search_ratio(error: Callable[[Tensor], Tensor], rows: int) -> Tensor:
    """The ratio with the least error for each row, (rows, 1); ``error`` maps ratios (rows, 1) to errors (rows, 1).

    A coarse logarithmic grid, then two finer ones around the best. It starts from 1 and moves only where the error
    becomes smaller, so the result is never worse than ratio 1.
    """
    best = torch.ones(rows, 1)
    least = error(best)
    for ratio in COARSE:
        best, least = _keep_better(error, best, least, torch.full_like(best, ratio))
    step = COARSE[0] / COARSE[1]
    for _ in range(2):
        centre = best
        for power in FINE:
            best, least = _keep_better(error, best, least, centre * step**power)
        step **= FINE[-1] - FINE[-2]
    return best


def search_range(error: Callable[[Tensor, Tensor], Tensor], low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """The ends, (rows, 1) each, with the least error that is found; ``error`` maps such ends to errors (rows, 1).

    First both ends are moved together, then each on its own in rows that have values of both signs.
    """
    rows = len(low)
    ratio = search_ratio(lambda ratio: error(low * ratio, high * ratio), rows)
    low, high = low * ratio, high * ratio
    both = (low < 0) & (high > 0)
    if bool(both.any()):
        high = torch.where(both, high * search_ratio(lambda ratio: error(low, high * ratio), rows), high)
        low = torch.where(both, low * search_ratio(lambda ratio: error(low * ratio, high), rows), low)
    return low, high


def _keep_better(
    error: Callable[[Tensor], Tensor], best: Tensor, least: Tensor, trial: Tensor
) -> tuple[Tensor, Tensor]:
    trial_error = error(trial)
    return torch.where(trial_error < least, trial, best), torch.minimum(trial_error, least)
