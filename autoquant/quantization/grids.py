"""The values that the weights of a layer may take, for `fitting`: uniform steps, and lists of levels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self, cast

import numpy as np
import numpy.typing as npt
import torch

from autoquant.quantization.quantized_tensor import QuantizedTensor, like_weight, stored_scale
from autoquant.quantization.quantizers import TINY

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Grid(ABC):
    """The values that weights (groups, rows, columns) may take; so many consecutive columns, a block, have one code."""

    mask: Mask | None
    """(groups, rows, columns): which weights are not zero whatever their code. None: all."""

    @property
    def dim(self) -> int:
        """Columns of a block; the last may have fewer."""
        return 1

    def blocks(self, columns: int) -> list[slice]:
        """The columns of each block."""
        return [slice(start, min(start + self.dim, columns)) for start in range(0, columns, self.dim)]

    @abstractmethod
    def choose(self, wanted: Array, block: slice, moments: Array | None = None, present: Codes | None = None) -> Codes:
        """The codes (groups, rows) of the values with the least ``(v - wanted) M (v - wanted)^T``, M being (groups,
        columns of the block, the same), or one. Where all cannot be tried: codes no worse than ``present``."""

    @abstractmethod
    def unmasked(self, codes: Codes, block: slice) -> Array:
        """What the codes (groups, rows) of a block stand for, (groups, rows, columns of the block), without a mask."""

    def values(self, codes: Codes, block: slice) -> Array:
        """What the codes (groups, rows) of a block stand for: (groups, rows, columns of the block)."""
        values = self.unmasked(codes, block)
        return values if self.mask is None else values * self.mask[:, :, block]

    @abstractmethod
    def decode(self, codes: Codes) -> Array:
        """What codes (groups, rows, blocks) stand for: (groups, rows, columns)."""

    def refit(self, codes: Codes, target: Array, moments: Array) -> Self:
        """The grid that suits these codes best."""
        return self

    def stored(self) -> Self:
        """The grid with its numbers as they are stored."""
        return self

    @abstractmethod
    def coded(self, codes: Codes, like: QuantizedTensor) -> QuantizedTensor:
        """The weights of these codes; all else is as in ``like``."""

    def masked(
        self, like: QuantizedTensor, codes: npt.NDArray[np.generic], empty: npt.NDArray[np.generic] | int = 0
    ) -> QuantizedTensor:
        """``like`` with codes (groups, rows, columns), which are ``empty`` where the weight is zero by the mask."""
        if self.mask is None:
            return replace(like, codes=like_weight(torch.from_numpy(codes).int(), like.codes))
        kept = torch.from_numpy(np.where(self.mask, codes, empty)).int()
        mask = like_weight(torch.from_numpy(self.mask), like.codes)
        return replace(like, codes=like_weight(kept, like.codes), mask=mask)


@dataclass(frozen=True)
class Uniform(Grid):
    """``scale * steps`` with whole numbers of steps from ``low`` to ``high``, the codes."""

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

    def choose(self, wanted: Array, block: slice, moments: Array | None = None, present: Codes | None = None) -> Codes:
        at = self.segment[block]
        return self.steps(wanted, self.scale[:, :, at], self.low[:, :, at], self.high[:, :, at])[:, :, 0]

    @staticmethod
    def steps(values: Array, scale: Array, low: Array, high: Array) -> Codes:
        """The nearest steps."""
        return np.minimum(np.maximum(np.rint(values / scale), low), high).astype(np.int64)

    def unmasked(self, codes: Codes, block: slice) -> Array:
        return codes[:, :, None] * self.scale[:, :, self.segment[block]]

    def decode(self, codes: Codes) -> Array:
        values = codes * self.scale[:, :, self.segment]
        return values if self.mask is None else values * self.mask

    def refit(self, codes: Codes, target: Array, moments: Array) -> Self:
        """Least squares for the scale of each segment, given those before."""
        if self.fixed:
            return self
        steps, scale = codes if self.mask is None else codes * self.mask, self.scale.copy()
        gradient = (self.decode(codes) - target) @ moments
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
        return replace(self, scale=scale)

    def stored(self) -> Self:
        scale = stored_scale(torch.from_numpy(self.scale), self.scale_bytes).double().numpy()
        return replace(self, scale=cast(Array, scale))

    def coded(self, codes: Codes, like: QuantizedTensor) -> QuantizedTensor:
        zero_point = -self.low if like.quantizer == "affine" else np.zeros_like(self.low)
        scaled = replace(
            like,
            scale=torch.from_numpy(self.scale).reshape(like.scale.shape).float(),
            zero_point=torch.from_numpy(zero_point).reshape(like.scale.shape).int(),
        )
        zeros = zero_point[:, :, self.segment]
        return self.masked(scaled, codes + zeros, zeros)


class Binary(Uniform):
    """One step up or down, none is zero."""

    @staticmethod
    def steps(values: Array, scale: Array, low: Array, high: Array) -> Codes:
        return np.where(values < 0, -1, 1)


@dataclass(frozen=True)
class Levels(Grid):
    """The values of a quantizer that is not uniform, found by looking at all of them; its scales stay as they are."""

    levels: Array
    """(groups or 1, rows or 1, segments, levels)."""
    names: npt.NDArray[np.int64]
    """What they are called in a `QuantizedTensor`: (levels,). Here a code is the number of a level."""
    segment: npt.NDArray[np.int64]

    def choose(self, wanted: Array, block: slice, moments: Array | None = None, present: Codes | None = None) -> Codes:
        return cast(Codes, np.abs(self.levels[:, :, self.segment[block.start]] - wanted).argmin(2))

    def unmasked(self, codes: Codes, block: slice) -> Array:
        known = self.levels[:, :, self.segment[block.start]]
        known = np.broadcast_to(known, (*codes.shape, known.shape[2]))
        return cast(Array, np.take_along_axis(known, codes[:, :, None], 2))

    def decode(self, codes: Codes) -> Array:
        parts = [self.values(codes[:, :, at], block) for at, block in enumerate(self.blocks(codes.shape[2]))]
        return np.concatenate(parts, 2)

    def coded(self, codes: Codes, like: QuantizedTensor) -> QuantizedTensor:
        return self.masked(like, self.names[codes])
