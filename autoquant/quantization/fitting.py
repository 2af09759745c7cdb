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
convolution, and what each of them sums over; moments are (groups, columns, columns), positive definite. Codes are
(groups, rows, blocks): a block is as many consecutive columns as take a value together in the grid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autoquant.quantization.grids import Array, Codes, Grid

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


def nearest(target: Array, grid: Grid) -> Codes:
    """Every block of weights to its nearest value."""
    return np.stack([grid.choose(target[:, :, here], here) for here in grid.blocks(target.shape[2])], 2)


def fit(target: Array, moments: Array, grid: Grid) -> tuple[Grid, Codes]:
    """The grid with its scales or tables fitted, and the codes: in all never worse than `nearest` in the same grid, but
    for what storing its numbers in few bytes changes."""
    codes = nearest(target, grid)
    best = grid, codes, _total(codes, target, moments, grid)
    codes = gptq(target, moments, grid)
    for _ in range(ROUNDS):
        codes = descend(codes, target, moments, grid)
        grid = grid.refit(codes, target, moments)
        codes = descend(codes, target, moments, grid)
        total = _total(codes, target, moments, grid)
        if total >= best[2]:
            break
        best = grid, codes, total
    grid = best[0].stored()
    return grid, descend(best[1], target, moments, grid)


def _total(codes: Codes, target: Array, moments: Array, grid: Grid) -> float:
    return float(loss(grid.decode(codes), target, moments).sum())


def gptq(target: Array, moments: Array, grid: Grid) -> Codes:
    """Columns with the largest moments are rounded first; what follows makes up for their errors."""
    importance = np.einsum("gnn->n", moments)
    every = grid.blocks(target.shape[2])
    ranked = sorted(range(len(every)), key=lambda at: -float(importance[every[at]].mean()))
    order = np.concatenate([np.arange(every[at].start, every[at].stop) for at in ranked])
    upper = _cholesky_of_inverse(moments[:, order[:, None], order])
    left, codes = target[:, :, order].copy(), np.empty((*target.shape[:2], len(every)), dtype=np.int64)
    end = 0
    for together in _together(ranked, grid.dim):
        begin, stop = end, end + sum(every[at].stop - every[at].start for at in together)
        errors = np.empty((*target.shape[:2], stop - begin))
        for at in together:
            now = slice(end, end + every[at].stop - every[at].start)
            inverse = _inverse(upper[:, now, now])
            codes[:, :, at] = grid.choose(left[:, :, now], every[at], inverse @ inverse.transpose(0, 2, 1))
            error = (left[:, :, now] - grid.values(codes[:, :, at], every[at])) @ inverse
            left[:, :, now.stop : stop] -= error @ upper[:, now, now.stop : stop]
            errors[:, :, now.start - begin : now.stop - begin] = error
            end = now.stop
        left[:, :, stop:] -= errors @ upper[:, begin:stop, stop:]
    return codes


def _cholesky_of_inverse(moments: Array) -> Array:
    """The upper triangular U with ``U^T U`` the inverse of the moments, without computing that."""
    inverse = np.linalg.cholesky(moments[:, ::-1, ::-1])[:, ::-1, ::-1]
    return np.linalg.inv(inverse)


def _together(ranked: Sequence[int], dim: int) -> Iterator[Sequence[int]]:
    """Blocks in their order, about `BLOCK` columns at a time."""
    size = max(1, BLOCK // dim)
    for first in range(0, len(ranked), size):
        yield ranked[first : first + size]


def descend(codes: Codes, target: Array, moments: Array, grid: Grid) -> Codes:
    """Every block of columns in turn at its best given the others. Never worse than the start."""
    codes, quantized = codes.copy(), grid.decode(codes)
    gradient = (quantized - target) @ moments
    parts = grid.blocks(target.shape[2])
    own = [moments[:, here, here] for here in parts]
    inverse = [_inverse(block) for block in own]
    for _ in range(SWEEPS):
        changed = False
        for at, (here, block, inverted) in enumerate(zip(parts, own, inverse, strict=True)):
            now = quantized[:, :, here]
            wanted = now - gradient[:, :, here] @ inverted
            codes[:, :, at] = grid.choose(wanted, here, block, codes[:, :, at])
            change = grid.values(codes[:, :, at], here) - now
            if change.any():
                gradient += change @ moments[:, here]
                quantized[:, :, here] += change
                changed = True
        if not changed:
            break
    return codes


def _inverse(block: Array) -> Array:
    """Of matrices that are mostly numbers."""
    return np.asarray(1 / block if block.shape[-1] == 1 else np.linalg.inv(block))
