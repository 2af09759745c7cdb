"""Problems for the tests of `fitting` and of its grids."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from autoquant.network import Codebook
from autoquant.quantization.fitted_grids import Binary, Levels, Uniform
from autoquant.quantization.fitting import loss
from autoquant.quantization.grids import Array, Codes, Grid, Mask
from autoquant.quantization.table_grid import Tables


def problem(seed: int, shape: tuple[int, int, int], correlated: float = 1.0) -> tuple[Array, Array]:
    """A target (groups, rows, columns) and second moments, more or less correlated."""
    random = np.random.default_rng(seed)
    groups, _, columns = shape
    mixing = np.eye(columns) + correlated * random.normal(size=(groups, columns, columns)) / np.sqrt(columns)
    return random.normal(size=shape), mixing @ mixing.transpose(0, 2, 1) + 0.05 * np.eye(columns)


def total(codes: Codes, target: Array, moments: Array, grid: Grid) -> float:
    return float(loss(grid.decode(codes), target, moments).sum())


def grids(shape: tuple[int, int, int], mask: Mask | None = None, seed: int = 0) -> dict[str, Grid]:
    """One of each kind for weights of this shape."""
    groups, rows, columns = shape
    random = np.random.default_rng(seed)
    one, segment = np.ones((groups, rows, 1)), np.zeros(columns, dtype=np.int64)
    halves, two = np.arange(columns) * 2 // columns, np.ones((groups, rows, 2))
    single = np.ones((1, 1, 1))
    levels = np.sort(random.normal(size=(groups, rows, 1, 5)))
    names = np.arange(5) - 2

    def tables(*sizes: int, dim: int = 1) -> Tables:
        made = [random.normal(size=(size, dim)) / (at + 1) for at, size in enumerate(sizes)]
        return Tables(mask, tuple(made), Codebook(sizes, dim), columns)

    found: dict[str, Grid] = {
        "uniform": Uniform(mask, one * 0.6, one * -2, one, segment, False),
        "of the tensor": Uniform(mask, single * 0.5, single * -4, single * 3, segment, False),
        "of groups": Uniform(mask, two * 0.5, two * -4, two * 3, halves, False, 2),
        "fixed": Uniform(mask, one * 0.7, one * -2, one, segment, True),
        "ternary": Uniform(mask, one * 0.8, -one, one, segment, False),
        "levels": Levels(mask, levels, names, segment),
        "table": tables(4),
        "pairs": tables(4, dim=2),
        "residual": tables(4, 2, dim=2),
    }
    if mask is None:
        found["binary"] = Binary(mask, one * 0.8, -one, one, segment, False)
    return found


def brute_force(target: Array, moments: Array, grid: Grid, codes: list[int]) -> float:
    """The least error of all codes, row by row, of one group."""
    blocks = len(grid.blocks(target.shape[2]))
    best = np.full(target.shape[1], np.inf)
    for chosen in itertools.product(codes, repeat=blocks):
        every: Any = np.broadcast_to(np.array(chosen), (1, target.shape[1], blocks))
        best = np.minimum(best, loss(grid.decode(every), target, moments)[0])
    return float(best.sum())
