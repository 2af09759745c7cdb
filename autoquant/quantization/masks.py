"""Which weights of a layer are zero, for a pattern of zeros: those that change its output least.

Weights are (groups, rows, columns) as in `fitting`, columns being input channels and then kernel positions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from autoquant.errors import UnsupportedError
from autoquant.network import NOfM, Pruned, Sparsity
from autoquant.quantization.conjugate import solve

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STEPS = 12
"""In which weights are taken out, single ones or blocks."""


def magnitude_mask(weight: Array, sparsity: Sparsity) -> Mask:
    """The mask that keeps the largest magnitudes (of blocks, the largest sums of squares); True is kept.

    ``weight`` has its own shape, output channels first. Of N:M exactly N of every M are kept; of n single weights or
    blocks ``floor(n * percent / 100)`` are zero. Where equal ones compete, the first are kept. `UnsupportedError`
    where M does not divide the input channels that an output channel reads.
    """
    return select(weight * weight, sparsity, weight.shape)


def select(saliency: Array, sparsity: Sparsity, shape: tuple[int, ...]) -> Mask:
    """The mask, in the shape of the saliencies, that keeps the largest; ``shape`` is that of the weight."""
    if isinstance(sparsity, NOfM):
        kept = _n_of_m(saliency.reshape(*shape[:2], -1), sparsity, shape)
    else:
        kept = _pruned(saliency.reshape(shape[0], -1), sparsity)
    return kept.reshape(saliency.shape)


def _n_of_m(saliency: Array, sparsity: NOfM, shape: tuple[int, ...]) -> Mask:
    rows, inputs, positions = saliency.shape
    if inputs % sparsity.of:
        raise UnsupportedError(
            f"sparsity {sparsity.name}: {sparsity.of} does not divide the {inputs} input channels of an output channel "
            f"in a weight of shape {shape}; give this layer another recipe"
        )
    parts = saliency.reshape(rows, -1, sparsity.of, positions)
    rank = np.argsort(np.argsort(-parts, axis=2, kind="stable"), axis=2, kind="stable")
    return rank < sparsity.kept


def _pruned(saliency: Array, sparsity: Pruned) -> Mask:
    high, wide = sparsity.block or (1, 1)
    rows, columns = saliency.shape
    padded = np.pad(saliency, ((0, -rows % high), (0, -columns % wide)))
    blocks = padded.reshape(padded.shape[0] // high, high, -1, wide).sum((1, 3))
    order = np.argsort(-blocks, axis=None, kind="stable")
    kept = np.ones(blocks.size, dtype=bool)
    kept[order[blocks.size - blocks.size * sparsity.percent // 100 :]] = False
    return kept.reshape(blocks.shape).repeat(high, 0).repeat(wide, 1)[:rows, :columns]


def fitted_mask(target: Array, moments: Array, sparsity: Sparsity, shape: tuple[int, ...]) -> tuple[Mask, Array]:
    """The mask whose zeros move the outputs least, and the weights that then make up for them best; ``shape`` is that
    of the weight, output channels first. Counts and errors as of `magnitude_mask`.

    Weights go in several steps, those first that are cheapest to leave out, and after each step the others are fitted
    again, so that the next one knows what is already gone.
    """
    mask, weights = np.ones(target.shape, dtype=bool), target
    inverse = cast(Array, np.linalg.inv(moments))
    for step in _steps(sparsity):
        gone = 1 - float(mask.mean())
        mask = select(_saliency(weights, moments, inverse, gone, sparsity), step, shape)
        weights = refitted(target, moments, mask)
    return mask, weights


def _steps(sparsity: Sparsity) -> list[Sparsity]:
    """Patterns with ever more zeros, up to this one."""
    if isinstance(sparsity, NOfM):
        return [replace(sparsity, kept=kept) for kept in range(sparsity.of - 1, sparsity.kept - 1, -1)]
    shares = sorted({-(-sparsity.percent * step // STEPS) for step in range(1, STEPS + 1)})
    return [replace(sparsity, percent=percent) for percent in shares]


def _saliency(weights: Array, moments: Array, inverse: Array, gone: float, sparsity: Sparsity) -> Array:
    """What leaving a weight out adds to the error; of a block, each of its columns has the same share.

    It is ``w^2 / [H^-1]`` where all others make up for it (Hassibi and Stork 1992, "Second order derivatives for
    network pruning: Optimal Brain Surgeon", eq. 5, and its form for blocks), ``w^2 H`` where none is left, and taken
    between the two, as a power, by the share of weights that is gone.
    """
    wide = sparsity.block[1] if isinstance(sparsity, Pruned) and sparsity.block else 1
    found = np.empty_like(weights)
    for start in range(0, weights.shape[2], wide):
        here = slice(start, start + wide)
        block = weights[:, :, here]
        ends = [
            ((block @ metric) * block).sum(2, keepdims=True)
            for metric in (np.linalg.inv(inverse[:, here, here]), moments[:, here, here])
        ]
        found[:, :, here] = ends[0] ** (1 - gone) * ends[1] ** gone / block.shape[2]
    return found


def refitted(target: Array, moments: Array, mask: Mask) -> Array:
    """The weights on a mask whose outputs are nearest to those of the target."""
    size = np.einsum("gnn->gn", moments)[:, None] * mask
    return solve(lambda x: ((x * mask) @ moments) * mask, (target @ moments) * mask, target * mask, size, (2,))
