"""Quantizers of weights, quantize-dequantize form, row by row: the values of a row share one scale.

`quantize_weight` makes the rows: output channels, groups of a channel's weights, or all of them together. A quantizer
is fitted to rows and then maps any values, (rows, n) -> (rows, n). ``symmetric`` and ``affine`` are uniform.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import torch
from torch import Tensor

from autoquant.errors import UnsupportedError
from autoquant.network import SCALE_METHODS, ScaleMethod, WeightQuantization, WeightQuantizer
from autoquant.quantization.mse import search_range, search_ratio, squared_error
from autoquant.quantization.quantizers import (
    PERCENTILE,
    TINY,
    check_bits,
    largest_magnitude,
    levels,
    percentile,
    quantize_symmetric,
    symmetric_scale,
)


def quantize_weight(weight: Tensor, how: WeightQuantization) -> Tensor:
    """The values that stand for a weight, output channels first, in its shape and memory format.

    Groups are made of the weights of an output channel in their order: inputs, then kernel positions.
    `UnsupportedError` for a bit-width or a method that the quantizer does not know.
    """
    check_bits(how.bits)
    rows = weight.detach().reshape(1 if how.granularity == "per_tensor" else len(weight), -1)
    quantized = torch.cat([_quantized(part, how) for part in _blocks(rows, how.group_size)], 1)
    return torch.empty_like(weight).copy_(quantized.reshape(weight.shape))


def _blocks(rows: Tensor, group_size: int | None) -> list[Tensor]:
    """The columns that full groups make, and the rest; all of them where there are no groups."""
    full = rows.shape[1] if group_size is None else rows.shape[1] // group_size * group_size
    return [block for block in (rows[:, :full], rows[:, full:]) if block.shape[1]]


def _quantized(block: Tensor, how: WeightQuantization) -> Tensor:
    width = min(how.group_size or block.shape[1], block.shape[1])
    rows = block.reshape(-1, width)
    fitted = fit(rows, how.quantizer, how.bits, how.scale_method)
    return fitted.quantize(rows).reshape(block.shape)


class RowQuantizer(Protocol):
    """A quantizer with the scale of each row."""

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        """The quantizer for these rows; those without methods take no notice of ``method``."""
        ...

    def quantize(self, rows: Tensor) -> Tensor:
        """The values that stand for those given, (rows, n) float32."""
        ...


def fit(rows: Tensor, quantizer: WeightQuantizer, bits: int, method: ScaleMethod) -> RowQuantizer:
    """The named quantizer for rows of values. `UnsupportedError` where it does not know the method."""
    accepted = SCALE_METHODS[quantizer]
    if accepted and method not in accepted:
        raise UnsupportedError(
            f"quantizer {quantizer!r} has no scale method {method!r}; accepted: {', '.join(accepted)}"
        )
    return QUANTIZERS[quantizer].fit(rows, bits, method)


@dataclass(frozen=True, slots=True)
class Symmetric:
    """``a * clip(round(x / a), -2^(b-1), 2^(b-1) - 1)``: `quantize_symmetric` with the scale of `symmetric_scale`."""

    scale: Tensor
    bits: int

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        return cls(symmetric_scale(rows, bits, "per_channel", method), bits)

    def quantize(self, rows: Tensor) -> Tensor:
        return quantize_symmetric(rows, self.scale, self.bits)


@dataclass(frozen=True, slots=True)
class AffineRows:
    """``a * (clip(round(x / a) + z, 0, 2^b - 1) - z)`` with a zero point z for each row; zero is always exact.

    The scale is ``(max - min) / (2^b - 1)`` of a range that holds zero (Jacob et al. 2018, eq. 1): that of the row
    (``min_max``), up to its percentiles (``percentile``), or the one with the least squared error (``mse``).
    """

    scale: Tensor
    zero_point: Tensor
    bits: int

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        low, high = rows.amin(1, keepdim=True), rows.amax(1, keepdim=True)
        if method == "percentile":
            inner = percentile(rows, 100 - PERCENTILE), percentile(rows, PERCENTILE)
            some = (inner[0] < 0) | (inner[1] > 0)
            low, high = torch.where(some, inner[0], low), torch.where(some, inner[1], high)
        low, high = low.double().clamp_max(0), high.double().clamp_min(0)
        if method == "mse":
            low, high = search_range(
                lambda low, high: squared_error(cls.of_range(low, high, bits).quantize(rows), rows), low, high
            )
        return cls.of_range(low, high, bits)

    @classmethod
    def of_range(cls, low: Tensor, high: Tensor, bits: int) -> Self:
        """For ranges that hold zero, (rows, 1) float64."""
        scale = torch.where(high > low, ((high - low) / levels(bits)).clamp_min(TINY), 1.0)
        return cls(scale.float(), (-low / scale).round().clamp(0, levels(bits)).float(), bits)

    def quantize(self, rows: Tensor) -> Tensor:
        integers = torch.div(rows, self.scale).round_()
        return integers.clamp(-self.zero_point, levels(self.bits) - self.zero_point).mul_(self.scale)


@dataclass(frozen=True, slots=True)
class PowerOfTwo:
    """``sign(x) * a * 2^k`` with ``k = round(log2(|x| / a))``: a product is a shift.

    Zero and ``2^(b-1) - 1`` exponents, from 0 downwards, have a code; what is rounded to a lower one becomes zero
    (Miyashita et al. 2016, "Convolutional Neural Networks using Logarithmic Data Representation"; with a scale as in
    Li et al. 2020, "Additive Powers-of-Two Quantization", eq. 3). ``a`` is the largest magnitude (``min_max``), its
    percentile, or the scale with the least squared error that a search finds.
    """

    scale: Tensor
    bits: int

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        largest = largest_magnitude(rows, method)
        scale = torch.where(largest > 0, largest.clamp_min(TINY), 1.0)
        if method == "mse":

            def error(ratio: Tensor) -> Tensor:
                return squared_error(cls((scale * ratio).clamp_min(TINY), bits).quantize(rows), rows)

            scale = (scale * search_ratio(error, len(rows))).clamp_min(TINY)
        return cls(scale, bits)

    def quantize(self, rows: Tensor) -> Tensor:
        scale = self.scale.double()
        exponent = torch.log2(rows.abs().double() / scale).round_()
        lowest = torch.ceil(math.log2(TINY) - torch.log2(scale)).clamp_min(-exponents(self.bits) + 1)
        magnitude = torch.where(exponent < lowest, 0.0, scale * torch.exp2(exponent.clamp_max(0)))
        return (magnitude * rows.sign()).float()


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """``sign(x) * exp(floor(log(|x| + eps)))``, with ``eps`` a millionth of ``|x|``: levels stay where they are.

    The formula bounds no bits: here zero and ``2^(b-1) - 1`` exponents have a code, from that of the largest magnitude
    downwards; what falls below becomes zero. It has no scale method: the levels are powers of e.
    """

    EPSILON: ClassVar[float] = 1e-6
    LEAST: ClassVar[int] = math.ceil(math.log(TINY))
    """Powers of e below this one are denormal in float32, so they are left out."""

    top: Tensor
    """The largest exponent of each row."""
    bits: int

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        return cls(cls._exponent(rows.abs().amax(1, keepdim=True)).clamp_min(cls.LEAST), bits)

    @classmethod
    def _exponent(cls, magnitudes: Tensor) -> Tensor:
        return torch.log(magnitudes.double() * (1 + cls.EPSILON)).floor_()

    def quantize(self, rows: Tensor) -> Tensor:
        exponent = self._exponent(rows.abs())
        lowest = (self.top - exponents(self.bits) + 1).clamp_min(self.LEAST)
        magnitude = torch.where(exponent < lowest, 0.0, torch.exp(exponent.minimum(self.top)))
        return (magnitude * rows.sign()).float()


@dataclass(frozen=True, slots=True)
class Statistical:
    """``mean + std * round((x - mean) / std)``: steps of one standard deviation, whatever the bits.

    The formula, ``round((x - mean) / std)``, bounds no bits: here the integers are clipped to the signed range,
    ``-2^(b-1)`` to ``2^(b-1) - 1``. It has no scale method. Where all values of a row are the same, the step is 1.
    """

    mean: Tensor
    std: Tensor
    bits: int

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        values = rows.double()
        mean, std = values.mean(1, keepdim=True).float(), values.std(1, keepdim=True, correction=0).float()
        return cls(mean, torch.where(std > TINY, std, 1.0), bits)

    def quantize(self, rows: Tensor) -> Tensor:
        integers = ((rows.double() - self.mean) / self.std).round_()
        return (integers.clamp_(-(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1) * self.std + self.mean).float()


def exponents(bits: int) -> int:
    """How many exponents have a code where one is left for zero and one bit is the sign."""
    return (1 << (bits - 1)) - 1


QUANTIZERS: Mapping[WeightQuantizer, type[RowQuantizer]] = {
    "symmetric": Symmetric,
    "affine": AffineRows,
    "power_of_two": PowerOfTwo,
    "statistical": Statistical,
    "logarithmic": Logarithmic,
}
