"""The grid of a recipe for a layer's target, its scales sought for the least error of the layer's outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from autoquant.network import WeightQuantization
from autoquant.quantization.grids import Array, Binary, Codes, Grid, Levels, Mask, Uniform
from autoquant.quantization.mse import search_range, search_ratio
from autoquant.quantization.quantized_tensor import QuantizedTensor
from autoquant.quantization.quantizers import TINY, levels
from autoquant.quantization.row_quantizers import QUANTIZERS

WHOLE_MOMENTS = 1024
"""Columns up to which scales are sought with all moments; beyond, with their diagonal."""

Steps = Callable[[Array, Array, Array, Array], Codes]
"""`Uniform.steps`."""


def grid_for(
    target: Array, moments: Array, like: QuantizedTensor, how: WeightQuantization, mask: Mask | None = None
) -> Grid:
    """The grid for a target that was quantized to its nearest values, ``like``; not for codebooks.

    Scales by the method ``mse``, which asks for the least error, and those of ternary and binary weights are sought for
    the least error of the outputs here.
    """
    groups, rows, columns = target.shape
    segment = np.arange(columns) // (how.group_size or columns)
    shape = (1, 1, 1) if like.axis is None else (groups, rows, -1)

    def shaped(values: Tensor) -> Array:
        return cast(Array, values.double().reshape(shape).numpy())

    if how.quantizer in ("power_of_two", "statistical", "logarithmic"):
        names = np.arange(-(2 ** (how.bits - 1)), 2 ** (how.bits - 1))
        every = torch.from_numpy(names).float().expand(like.scale.numel(), -1)
        parts = (part.reshape(-1, 1) for part in (like.scale, like.zero_point.float(), like.offset))
        values = QUANTIZERS[how.quantizer](how.bits, *parts).decode(every).double().numpy()
        return Levels(mask, values.reshape(*shaped(like.scale).shape, -1), names, segment)
    scale = shaped(like.scale)
    low, high = _ends(how, shaped(like.zero_point))
    fixed = how.quantizer in ("symmetric", "affine") and how.scale_method != "mse"
    kind = Binary if how.quantizer == "binary" else Uniform
    grid = kind(mask, scale, low, high, segment, fixed, how.scale_bytes)
    return grid if fixed else _sought(target, moments, grid, how)


def _ends(how: WeightQuantization, zero_point: Array) -> tuple[Array, Array]:
    """The lowest and the highest number of steps."""
    if how.quantizer in ("ternary", "binary"):
        return np.full(zero_point.shape, -1.0), np.full(zero_point.shape, 1.0)
    low = -zero_point if how.quantizer == "affine" else np.full(zero_point.shape, -(2.0 ** (how.bits - 1)))
    return low, low + levels(how.bits)


def _sought(target: Array, moments: Array, grid: Uniform, how: WeightQuantization) -> Uniform:
    """The grid with the scales, and the zero points, of the least error of the outputs, segment by segment."""
    scale, low = grid.scale.copy(), grid.low.copy()
    for at in range(scale.shape[2]):
        here = grid.segment == at
        values, block = target[:, :, here], moments[:, here][:, :, here]
        ends = grid.low[:, :, at, None], grid.high[:, :, at, None]
        if how.quantizer == "affine":
            scale[:, :, at], low[:, :, at] = _affine_scale(values, block, scale.shape[:2], how.bits)
        else:
            scale[:, :, at] = _symmetric_scale(values, block, ends, grid.steps)
    return replace(grid, scale=scale, low=low, high=grid.high - grid.low + low)


def _error(values: Array, moments: Array, scale: Array, ends: tuple[Array, Array], steps: Steps) -> Tensor:
    """Of rounding to the nearest values, (scales, 1); scale and ends are (groups or 1, rows or 1, 1)."""
    error = steps(values, scale, *ends) * scale - values
    if error.shape[2] > WHOLE_MOMENTS:
        total = (error * error * np.einsum("gnn->gn", moments)[:, None]).sum(2, keepdims=True)
    else:
        total = ((error @ moments) * error).sum(2, keepdims=True)
    if scale.size == 1:
        total = total.sum(keepdims=True)
    return torch.from_numpy(total.reshape(-1, 1))


def _symmetric_scale(values: Array, moments: Array, ends: tuple[Array, Array], steps: Steps) -> Array:
    """(groups or 1, rows or 1), as the ends are."""
    shape = ends[0].shape
    axes = (0, 1, 2) if shape[:2] == (1, 1) and values.shape[:2] != (1, 1) else (2,)
    largest = np.abs(values).max(axes, keepdims=True) / np.maximum(ends[1], 1)
    start = np.where(largest > 0, np.maximum(largest, TINY), 1.0)

    def scaled(ratio: Tensor) -> Array:
        wanted: Array = np.maximum(start * ratio.double().numpy().reshape(start.shape), TINY)
        return wanted

    ratio = search_ratio(lambda ratio: _error(values, moments, scaled(ratio), ends, steps), start.size)
    return scaled(ratio)[:, :, 0]


def _affine_scale(values: Array, moments: Array, shape: tuple[int, ...], bits: int) -> tuple[Array, Array]:
    """Scale and lowest step, of this shape: (groups or 1, rows or 1)."""
    axes = (0, 1, 2) if shape == (1, 1) and values.shape[:2] != (1, 1) else (2,)
    bottom = np.minimum(values.min(axes, keepdims=True), 0.0)
    top = np.maximum(values.max(axes, keepdims=True), 0.0)

    def of_range(low: Tensor, high: Tensor) -> tuple[Array, Array]:
        least, most = (end.double().numpy().reshape(bottom.shape) for end in (low, high))
        scale = np.where(most > least, np.maximum((most - least) / levels(bits), TINY), 1.0)
        return scale, -np.clip(np.rint(-least / scale), 0, levels(bits))

    def error(low: Tensor, high: Tensor) -> Tensor:
        scale, least = of_range(low, high)
        return _error(values, moments, scale, (least, least + levels(bits)), Uniform.steps)

    ends = (torch.from_numpy(end.reshape(-1, 1)) for end in (bottom, top))
    scale, low = of_range(*search_range(error, *ends))
    return scale[:, :, 0], low[:, :, 0]
