"""Quantizers of weights, row by row: the values of a row share one scale.

A quantizer is fitted to rows; then it gives any values their codes, (rows, n) -> (rows, n), and codes their values.
``symmetric``, ``affine`` and ``statistical`` are uniform.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from torch import Tensor

from autoquant.errors import UnsupportedError
from autoquant.network import SCALE_METHODS, ScaleMethod, WeightQuantizer
from autoquant.quantization.mse import search_range, search_ratio, squared_error
from autoquant.quantization.quantizers import (
    PERCENTILE,
    TINY,
    largest_magnitude,
    levels,
    percentile,
    symmetric_codes,
    symmetric_scale,
)


@dataclass(frozen=True, slots=True)
class RowQuantizer(ABC):
    """A quantizer with the numbers of each row: (rows, 1) each. Zero points are whole numbers, in float32."""

    bits: int
    scale: Tensor
    zero_point: Tensor
    offset: Tensor

    @classmethod
    def of(cls, bits: int, scale: Tensor, zero_point: Tensor | None = None, offset: Tensor | None = None) -> Self:
        """Zero points and offsets are 0 where they are not given."""
        zeros = torch.zeros_like(scale)
        return cls(bits, scale, zeros if zero_point is None else zero_point, zeros if offset is None else offset)

    @classmethod
    @abstractmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        """The quantizer for these rows; those without methods take no notice of ``method``."""

    @abstractmethod
    def encode(self, rows: Tensor) -> Tensor:
        """Codes of values, (rows, n): whole numbers, float32 or float64."""

    @abstractmethod
    def decode(self, codes: Tensor) -> Tensor:
        """The values that codes stand for, (rows, n) float32."""

    def quantize(self, rows: Tensor) -> Tensor:
        """The values that stand for those given, (rows, n) float32."""
        return self.decode(self.encode(rows))


def fit(rows: Tensor, quantizer: WeightQuantizer, bits: int, method: ScaleMethod) -> RowQuantizer:
    """The named quantizer for rows of values. `UnsupportedError` where it does not know the method."""
    accepted = SCALE_METHODS[quantizer]
    if accepted and method not in accepted:
        raise UnsupportedError(
            f"quantizer {quantizer!r} has no scale method {method!r}; accepted: {', '.join(accepted)}"
        )
    return QUANTIZERS[quantizer].fit(rows, bits, method)


class Symmetric(RowQuantizer):
    """``a * clip(round(x / a), -2^(b-1), 2^(b-1) - 1)``: `quantize_symmetric` with the scale of `symmetric_scale`."""

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        return cls.of(bits, symmetric_scale(rows, bits, "per_channel", method))

    def encode(self, rows: Tensor) -> Tensor:
        return symmetric_codes(rows, self.scale, self.bits)

    def decode(self, codes: Tensor) -> Tensor:
        return codes * self.scale


class Ternary(RowQuantizer):
    """``a * clip(round(x / a), -1, 1)`` with the scale of the least squared error; it has no scale method.

    That scale is the mean of the largest magnitudes, as many as give the largest ``sum^2 / count`` (Li et al. 2016,
    "Ternary Weight Networks", eq. 5 and 6, solved by trying every count).
    """

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        sums = rows.abs().double().sort(1, descending=True).values.cumsum(1)
        counts = torch.arange(1, rows.shape[1] + 1)
        best = (sums.square() / counts).argmax(1, keepdim=True)
        scale = (sums.gather(1, best) / (best + 1)).float()
        return cls.of(bits, torch.where(scale > 0, scale.clamp_min(TINY), 1.0))

    def encode(self, rows: Tensor) -> Tensor:
        return torch.div(rows, self.scale).round_().clamp_(-1, 1)

    def decode(self, codes: Tensor) -> Tensor:
        return codes * self.scale


class Binary(RowQuantizer):
    """``a`` where x >= 0, else ``-a``, with the scale of the least squared error, the mean of ``|x|`` (Rastegari et al.
    2016, "XNOR-Net", eq. 6). Codes are 1 and -1; there is no zero. It has no scale method."""

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        return cls.of(bits, rows.abs().double().mean(1, keepdim=True).float().clamp_min(TINY))

    def encode(self, rows: Tensor) -> Tensor:
        return torch.where(rows < 0, -1.0, 1.0)

    def decode(self, codes: Tensor) -> Tensor:
        return codes * self.scale


class AffineRows(RowQuantizer):
    """``a * (clip(round(x / a) + z, 0, 2^b - 1) - z)`` with a zero point z for each row; zero is always exact.

    The scale is ``(max - min) / (2^b - 1)`` of a range that holds zero (Jacob et al. 2018, eq. 1): that of the row
    (``min_max``), up to its percentiles (``percentile``), or the one with the least squared error (``mse``).
    """

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
        return cls.of(bits, scale.float(), (-low / scale).round().clamp(0, levels(bits)).float())

    def encode(self, rows: Tensor) -> Tensor:
        steps = torch.div(rows, self.scale).round_()
        return steps.clamp(-self.zero_point, levels(self.bits) - self.zero_point).add_(self.zero_point)

    def decode(self, codes: Tensor) -> Tensor:
        return (codes - self.zero_point).mul_(self.scale)


class PowerOfTwo(RowQuantizer):
    """``sign(x) * a * 2^k`` with ``k = round(log2(|x| / a))``: a product is a shift.

    Zero and ``2^(b-1) - 1`` exponents, from 0 downwards, have a code; what is rounded to a lower one becomes zero
    (Miyashita et al. 2016, "Convolutional Neural Networks using Logarithmic Data Representation"; with a scale as in
    Li et al. 2020, "Additive Powers-of-Two Quantization", eq. 3). ``a`` is the largest magnitude (``min_max``), its
    percentile, or the scale with the least squared error that a search finds.
    """

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        largest = largest_magnitude(rows, method)
        scale = torch.where(largest > 0, largest.clamp_min(TINY), 1.0)
        if method == "mse":

            def error(ratio: Tensor) -> Tensor:
                return squared_error(cls.of_scale((scale * ratio).clamp_min(TINY), bits).quantize(rows), rows)

            scale = (scale * search_ratio(error, len(rows))).clamp_min(TINY)
        return cls.of_scale(scale, bits)

    @classmethod
    def of_scale(cls, scale: Tensor, bits: int) -> Self:
        """The highest code stands for the scale itself."""
        return cls.of(bits, scale, torch.full_like(scale, exponents(bits)))

    def encode(self, rows: Tensor) -> Tensor:
        scale = self.scale.double()
        exponent = torch.log2(rows.abs().double() / scale).round_()
        lowest = torch.ceil(math.log2(TINY) - torch.log2(scale)).clamp_min(-exponents(self.bits) + 1)
        return torch.where(exponent < lowest, 0.0, exponent.clamp_max(0) + self.zero_point) * rows.sign()

    def decode(self, codes: Tensor) -> Tensor:
        magnitude = self.scale.double() * torch.exp2(codes.abs().double() - self.zero_point)
        return (torch.where(codes == 0, 0.0, magnitude) * codes.sign()).float()


class Logarithmic(RowQuantizer):
    """``sign(x) * exp(floor(log(|x| + eps)))``, with ``eps`` a millionth of ``|x|``: levels stay where they are.

    The formula bounds no bits: here zero and ``2^(b-1) - 1`` exponents have a code, from that of the largest magnitude
    downwards; what falls below becomes zero. It has no scale method: the levels are powers of e.
    """

    EPSILON: ClassVar[float] = 1e-6
    LEAST: ClassVar[int] = math.ceil(math.log(TINY))
    """Powers of e below this one are denormal in float32, and have no code."""

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        top = cls._exponent(rows.abs().amax(1, keepdim=True)).clamp_min(cls.LEAST).float()
        return cls.of(bits, torch.ones_like(top), exponents(bits) - top)

    @property
    def top(self) -> Tensor:
        """The largest exponent of each row, float64."""
        return exponents(self.bits) - self.zero_point.double()

    @classmethod
    def _exponent(cls, magnitudes: Tensor) -> Tensor:
        return torch.log(magnitudes.double() * (1 + cls.EPSILON)).floor_()

    def encode(self, rows: Tensor) -> Tensor:
        exponent, top = self._exponent(rows.abs()), self.top
        lowest = (top - exponents(self.bits) + 1).clamp_min(self.LEAST)
        return torch.where(exponent < lowest, 0.0, exponent.minimum(top) + self.zero_point) * rows.sign()

    def decode(self, codes: Tensor) -> Tensor:
        magnitude = torch.exp(codes.abs().double() - self.zero_point)
        return (torch.where(codes == 0, 0.0, magnitude) * codes.sign()).float()


class Statistical(RowQuantizer):
    """``mean + std * round((x - mean) / std)``: steps of one standard deviation, whatever the bits.

    The formula, ``round((x - mean) / std)``, bounds no bits: here the integers are clipped to the signed range,
    ``-2^(b-1)`` to ``2^(b-1) - 1``. It has no scale method. Where all values of a row are the same, the step is 1.
    """

    @classmethod
    def fit(cls, rows: Tensor, bits: int, method: ScaleMethod) -> Self:
        values = rows.double()
        mean, std = values.mean(1, keepdim=True).float(), values.std(1, keepdim=True, correction=0).float()
        return cls.of(bits, torch.where(std > TINY, std, 1.0), offset=mean)

    def encode(self, rows: Tensor) -> Tensor:
        steps = ((rows.double() - self.offset) / self.scale).round_()
        return steps.clamp_(-(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1)

    def decode(self, codes: Tensor) -> Tensor:
        return (codes.double() * self.scale + self.offset).float()


def exponents(bits: int) -> int:
    """How many exponents have a code where one is left for zero and one bit is the sign."""
    return (1 << (bits - 1)) - 1


QUANTIZERS: Mapping[WeightQuantizer, type[RowQuantizer]] = {
    "symmetric": Symmetric,
    "affine": AffineRows,
    "power_of_two": PowerOfTwo,
    "statistical": Statistical,
    "logarithmic": Logarithmic,
    "ternary": Ternary,
    "binary": Binary,
}
