"""The values that the weights of a layer may take, for `fitting`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autoquant.network import WeightQuantization
from autoquant.quantization.mse import search_range, search_ratio
from autoquant.quantization.quantizers import TINY, levels
from autoquant.quantization.row_quantizers import QUANTIZERS
from autoquant.quantization.weights import QuantizedTensor, stored_scale

Array = npt.NDArray[np.float64]

WHOLE_MOMENTS = 1024
"""Columns up to which scales are sought with all moments; beyond, with their diagonal."""


class Grid(ABC):
    """The values that weights (groups, rows, columns) may take: ``dim`` consecutive columns at a time."""

    dim: int = 1

    @abstractmethod
    def nearest(self, values: Array, column: int) -> Array:
        """The nearest of them to (groups, rows, columns from ``column`` on: ``dim``, or those that are left)."""

    def best(self, values: Array, column: int, moments: Array) -> Array:
        """Those with the least ``(v - values) M (v - values)^T``, M being (groups, columns, columns)."""
        return self.nearest(values, column)

    def refit(self, quantized: Array, target: Array, moments: Array) -> tuple[Self, Array]:
        """The grid that suits these codes best, and the weights that the same codes then stand for."""
        return self, quantized

    def stored(self, quantized: Array) -> tuple[Self, Array]:
        """The grid with its numbers as they are stored, and the weights that the same codes then stand for."""
        return self, quantized

    @abstractmethod
    def coded(self, quantized: Array, like: QuantizedTensor) -> QuantizedTensor:
        """The same weights as codes; all else is as in ``like``."""


@dataclass(frozen=True)
class Uniform(Grid):
    """``scale * steps`` with whole numbers of steps from ``low`` to ``high``."""

    scale: Array
    """(groups or 1, rows or 1, segments): what is 1 is shared."""
    low: Array
    """As ``scale``; whole numbers."""
    high: Array
    segment: npt.NDArray[np.int64]
    """Which of the segments a column belongs to: (columns,)."""
    fixed: bool
    """The scale comes from a method that looks at the weights alone."""
    scale_bytes: int = 4

    def nearest(self, values: Array, column: int) -> Array:
        at = self.segment[column]
        scale = self.scale[:, :, at, None]
        steps = np.rint(values / scale)
        return np.minimum(np.maximum(steps, self.low[:, :, at, None]), self.high[:, :, at, None]) * scale

    def steps(self, quantized: Array) -> Array:
        """The whole numbers that weights of this grid are: (groups, rows, columns)."""
        return cast(Array, np.rint(quantized / self.scale[:, :, self.segment]))

    def refit(self, quantized: Array, target: Array, moments: Array) -> tuple[Self, Array]:
        """Least squares for the scale of each segment, given those before."""
        if self.fixed:
            return self, quantized
        steps, scale = self.steps(quantized), self.scale.copy()
        gradient = (quantized - target) @ moments
        shared = tuple(axis for axis in (0, 1) if scale.shape[axis] == 1)
        for at in range(scale.shape[2]):
            here = self.segment == at
            own = steps[:, :, here]
            moved = own @ moments[:, here]
            slope = (own * gradient[:, :, here]).sum(2, keepdims=True).sum(shared, keepdims=True)
            curvature = (moved[:, :, here] * own).sum(2, keepdims=True).sum(shared, keepdims=True)
            wanted = scale[:, :, at, None] - slope / np.where(curvature > 0, curvature, 1.0)
            fitted = np.where((curvature > 0) & (wanted > TINY), wanted, scale[:, :, at, None])
            gradient += (fitted - scale[:, :, at, None]) * moved
            scale[:, :, at] = fitted[:, :, 0]
        return self._at(scale, steps)

    def stored(self, quantized: Array) -> tuple[Self, Array]:
        scale = stored_scale(torch.from_numpy(self.scale), self.scale_bytes).double().numpy()
        return self._at(cast(Array, scale), self.steps(quantized))

    def _at(self, scale: Array, steps: Array) -> tuple[Self, Array]:
        return replace(self, scale=scale), steps * scale[:, :, self.segment]

    def coded(self, quantized: Array, like: QuantizedTensor) -> QuantizedTensor:
        zero_point = -self.low if like.quantizer == "affine" else np.zeros_like(self.low)
        codes = self.steps(quantized) + zero_point[:, :, self.segment]
        return replace(
            like,
            codes=_shaped(codes, like.codes),
            scale=torch.from_numpy(self.scale).reshape(like.scale.shape).float(),
            zero_point=torch.from_numpy(zero_point).reshape(like.scale.shape).int(),
        )


@dataclass(frozen=True)
class Levels(Grid):
    """The values of a quantizer that is not uniform, found by looking at all of them; its scales stay as they are."""

    values: Array
    """(groups or 1, rows or 1, segments, codes)."""
    codes: npt.NDArray[np.int64]
    """What they are the values of: (codes,)."""
    segment: npt.NDArray[np.int64]

    def nearest(self, values: Array, column: int) -> Array:
        known = np.broadcast_to(self.values[:, :, self.segment[column]], (*values.shape[:2], len(self.codes)))
        return cast(Array, np.take_along_axis(known, np.abs(known - values).argmin(2, keepdims=True), 2))

    def coded(self, quantized: Array, like: QuantizedTensor) -> QuantizedTensor:
        parts = [
            self.codes[np.abs(self.values[:, :, at] - quantized[:, :, column, None]).argmin(2)]
            for column, at in enumerate(self.segment)
        ]
        return replace(like, codes=_shaped(np.stack(parts, 2), like.codes))


def _shaped(codes: npt.NDArray[np.generic], like: Tensor) -> Tensor:
    """Codes in the shape and the memory format of a weight, output channels first."""
    return torch.empty_like(like).copy_(torch.from_numpy(codes).reshape(like.shape))


def grid_for(target: Array, moments: Array, like: QuantizedTensor, how: WeightQuantization) -> Grid:
    """The grid for a target that was quantized to its nearest values, ``like``.

    Scales by the method ``mse``, which asks for the least error, are sought for the least error of the outputs here.
    """
    groups, rows, columns = target.shape
    segment = np.arange(columns) // (how.group_size or columns)
    shape = (1, 1, 1) if like.axis is None else (groups, rows, -1)

    def shaped(values: Tensor) -> Array:
        return cast(Array, values.double().reshape(shape).numpy())

    if how.quantizer not in ("symmetric", "affine"):
        codes = np.arange(-(2 ** (how.bits - 1)), 2 ** (how.bits - 1))
        every = torch.from_numpy(codes).float().expand(like.scale.numel(), -1)
        parts = (part.reshape(-1, 1) for part in (like.scale, like.zero_point.float(), like.offset))
        values = QUANTIZERS[how.quantizer](how.bits, *parts).decode(every).double().numpy()
        return Levels(values.reshape(*shaped(like.scale).shape, -1), codes, segment)
    low = (
        -shaped(like.zero_point)
        if how.quantizer == "affine"
        else np.full(shaped(like.scale).shape, -(2.0 ** (how.bits - 1)))
    )
    grid = Uniform(shaped(like.scale), low, low + levels(how.bits), segment, how.scale_method != "mse", how.scale_bytes)
    return grid if grid.fixed else _sought(target, moments, grid, how)


def _sought(target: Array, moments: Array, grid: Uniform, how: WeightQuantization) -> Uniform:
    """The grid with the scales, and the zero points, of the least error of the outputs, segment by segment."""
    scale, low = grid.scale.copy(), grid.low.copy()
    for at in range(scale.shape[2]):
        here = grid.segment == at
        values, block = target[:, :, here], moments[:, here][:, :, here]
        search = _affine_scale if how.quantizer == "affine" else _symmetric_scale
        scale[:, :, at], low[:, :, at] = search(values, block, scale.shape[:2], how.bits)
    return replace(grid, scale=scale, low=low, high=low + levels(how.bits))


def _error(values: Array, moments: Array, scale: Array, low: Array, bits: int) -> Tensor:
    """Of rounding to the nearest values, (scales, 1); scale and low are (groups or 1, rows or 1, 1)."""
    steps = np.minimum(np.maximum(np.rint(values / scale), low), low + levels(bits))
    error = steps * scale - values
    if error.shape[2] > WHOLE_MOMENTS:
        total = (error * error * np.einsum("gnn->gn", moments)[:, None]).sum(2, keepdims=True)
    else:
        total = ((error @ moments) * error).sum(2, keepdims=True)
    if scale.size == 1:
        total = total.sum(keepdims=True)
    return torch.from_numpy(total.reshape(-1, 1))


def _symmetric_scale(values: Array, moments: Array, shape: tuple[int, ...], bits: int) -> tuple[Array, Array]:
    axes = (0, 1, 2) if shape == (1, 1) and values.shape[:2] != (1, 1) else (2,)
    largest = np.abs(values).max(axes, keepdims=True) / max(2 ** (bits - 1) - 1, 1)
    start = np.where(largest > 0, np.maximum(largest, TINY), 1.0)
    low = np.full(start.shape, -(2.0 ** (bits - 1)))

    def scaled(ratio: Tensor) -> Array:
        wanted: Array = np.maximum(start * ratio.double().numpy().reshape(start.shape), TINY)
        return wanted

    ratio = search_ratio(lambda ratio: _error(values, moments, scaled(ratio), low, bits), start.size)
    return scaled(ratio)[:, :, 0], low[:, :, 0]


def _affine_scale(values: Array, moments: Array, shape: tuple[int, ...], bits: int) -> tuple[Array, Array]:
    axes = (0, 1, 2) if shape == (1, 1) and values.shape[:2] != (1, 1) else (2,)
    bottom = np.minimum(values.min(axes, keepdims=True), 0.0)
    top = np.maximum(values.max(axes, keepdims=True), 0.0)

    def of_range(low: Tensor, high: Tensor) -> tuple[Array, Array]:
        least, most = (end.double().numpy().reshape(bottom.shape) for end in (low, high))
        scale = np.where(most > least, np.maximum((most - least) / levels(bits), TINY), 1.0)
        return scale, -np.clip(np.rint(-least / scale), 0, levels(bits))

    ends = (torch.from_numpy(end.reshape(-1, 1)) for end in (bottom, top))
    found = search_range(lambda low, high: _error(values, moments, *of_range(low, high), bits), *ends)
    scale, low = of_range(*found)
    return scale[:, :, 0], low[:, :, 0]
