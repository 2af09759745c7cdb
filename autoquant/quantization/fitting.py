"""Weights of a layer chosen together, so that the layer's output moves least: GPTQ, then coordinate descent.

A layer's output is linear in its weights, so what quantization does to it is a quadratic form: with the target ``T``,
the quantized weights ``Q`` and the second moments ``H`` of the layer's inputs, an output channel moves by
``(T - Q) H (T - Q)^T`` in the mean square. It is minimised in two steps:

- GPTQ (Frantar et al. 2022, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers", eq. 2
  and 3, in the order of decreasing moments): column after column is rounded, and those that follow are moved to where
  they make up for it best.
- coordinate descent (the step of Frantar and Alistarh 2022, "Optimal Brain Compression", with codes that may change
  again): each column in turn takes the best value given all others; between the sweeps scales are fitted to the codes.

NumPy in float64, in a fixed order. Weights are (groups, rows, columns): the output channels of each group of a
convolution, and what each of them sums over; moments are (groups, columns, columns), positive definite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autoquant.quantization.grids import Array, Grid

BLOCK = 128
"""Columns whose errors are passed on to the columns behind them at once."""
ROUNDS = 3
"""Times that scales are fitted to the codes, with a descent after each."""
SWEEPS = 2
"""Sweeps of one descent; it ends before where nothing changes."""


def loss(quantized: Array, target: Array, moments: Array) -> Array:
    """What each output channel moves in the mean square: (groups, rows)."""
    error = quantized - target
    return np.asarray(((error @ moments) * error).sum(2))


def nearest(target: Array, grid: Grid) -> Array:
    """Every weight to its nearest value."""
    parts = [grid.nearest(target[:, :, here], here.start) for here in blocks(target.shape[2], grid.dim)]
    return np.concatenate(parts, 2)


def blocks(columns: int, dim: int) -> list[slice]:
    """The columns that take a value together."""
    return [slice(start, min(start + dim, columns)) for start in range(0, columns, dim)]


def fit(target: Array, moments: Array, grid: Grid) -> tuple[Grid, Array]:
    """The grid with its scales fitted, and the quantized weights: in all never worse than `nearest` in the same grid,
    but for what storing its scales in few bytes changes."""
    quantized = nearest(target, grid)
    best = grid, quantized, float(loss(quantized, target, moments).sum())
    quantized = gptq(target, moments, grid)
    for _ in range(ROUNDS):
        quantized = descend(quantized, target, moments, grid)
        grid, quantized = grid.refit(quantized, target, moments)
        quantized = descend(quantized, target, moments, grid)
        total = float(loss(quantized, target, moments).sum())
        if total >= best[2]:
            break
        best = grid, quantized, total
    grid, quantized = best[0].stored(best[1])
    return grid, descend(quantized, target, moments, grid)


def gptq(target: Array, moments: Array, grid: Grid) -> Array:
    """Columns with the largest moments are rounded first; what follows makes up for their errors."""
    importance = np.einsum("gnn->n", moments)
    parts = sorted(blocks(target.shape[2], grid.dim), key=lambda here: -float(importance[here].mean()))
    order = np.concatenate([np.arange(here.start, here.stop) for here in parts])
    upper = _cholesky_of_inverse(moments[:, order[:, None], order])
    left, quantized = target[:, :, order].copy(), np.empty_like(target)
    end = 0
    for together in _together(parts):
        begin, stop = end, end + sum(here.stop - here.start for here in together)
        errors = np.empty((*target.shape[:2], stop - begin))
        for here in together:
            now = slice(end, end + here.stop - here.start)
            values = quantized[:, :, here] = grid.nearest(left[:, :, now], here.start)
            error = (left[:, :, now] - values) @ _inverse(upper[:, now, now])
            left[:, :, now.stop : stop] -= error @ upper[:, now, now.stop : stop]
            errors[:, :, now.start - begin : now.stop - begin] = error
            end = now.stop
        left[:, :, stop:] -= errors @ upper[:, begin:stop, stop:]
    return quantized


def _cholesky_of_inverse(moments: Array) -> Array:
    """The upper triangular U with ``U^T U`` the inverse of the moments, without computing that."""
    inverse = np.linalg.cholesky(moments[:, ::-1, ::-1])[:, ::-1, ::-1]
    return np.linalg.inv(inverse)


def _together(parts: Sequence[slice]) -> Iterator[list[slice]]:
    """Blocks of columns in their order, about `BLOCK` columns at a time."""
    size = max(1, BLOCK // (parts[0].stop - parts[0].start))
    for first in range(0, len(parts), size):
        yield list(parts[first : first + size])


def descend(quantized: Array, target: Array, moments: Array, grid: Grid) -> Array:
    """Every block of columns in turn at its best given the others. Never worse than the start."""
    quantized = quantized.copy()
    gradient = (quantized - target) @ moments
    parts = blocks(target.shape[2], grid.dim)
    own = [moments[:, here, here] for here in parts]
    inverse = [_inverse(block) for block in own]
    for _ in range(SWEEPS):
        changed = False
        for here, block, inverted in zip(parts, own, inverse, strict=True):
            now = quantized[:, :, here]
            change = grid.best(now - gradient[:, :, here] @ inverted, here.start, block) - now
            if change.any():
                gradient += change @ moments[:, here]
                quantized[:, :, here] += change
                changed = True
        if not changed:
            break
    return quantized


def _inverse(block: Array) -> Array:
    """Of matrices that are mostly numbers."""
    return np.asarray(1 / block if block.shape[-1] == 1 else np.linalg.inv(block))
