"""Uniform quantizers: the values that an integer of few bits can stand for, in float32.

Symmetric for weights (signed integers), affine for activations (unsigned integers with a zero point), as in Jacob et
al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", eq. 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from autoquant.errors import UnsupportedError
from autoquant.network import BITS, FLOAT_BITS, RangeMethod, ScaleMethod, bits_text
from autoquant.quantization.mse import search_range, search_ratio, squared_error

TINY = torch.finfo(torch.float32).tiny
"""The smallest scale: all values of a tensor that is smaller than this become zero."""

PERCENTILE = 99.9
"""Part of the values, in percent, that the method ``percentile`` does not clip at an end."""


def check_bits(bits: int) -> None:
    """`UnsupportedError` when no quantizer has this many bits."""
    if bits not in BITS:
        raise UnsupportedError(f"{bits} bits are not supported; supported: {', '.join(map(bits_text, BITS))}")


def quantize_symmetric(values: Tensor, scale: Tensor, bits: int) -> Tensor:
    """``Q(W, a, b) = a * clip(round(W / a), -2^(b-1), 2^(b-1) - 1)``; halves round to even; 32 bits change nothing.

    ``scale`` (a > 0) broadcasts against ``values``: one for all, or shape (channels, 1, ..).
    """
    check_bits(bits)
    if bits == FLOAT_BITS:
        return values
    return symmetric_codes(values, scale, bits).mul_(scale)


def symmetric_codes(values: Tensor, scale: Tensor, bits: int) -> Tensor:
    """``clip(round(W / a), -2^(b-1), 2^(b-1) - 1)``, the integers of `quantize_symmetric`, as float32."""
    return torch.div(values, scale).round_().clamp_(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def percentile(rows: Tensor, percent: float) -> Tensor:
    """The value below which so many percent of a row lie, interpolated: (rows, n) -> (rows, 1)."""
    return torch.from_numpy(np.percentile(rows.detach().numpy(), percent, axis=1, keepdims=True)).to(rows.dtype)


def largest_magnitude(rows: Tensor, method: ScaleMethod) -> Tensor:
    """What the scale of a row is made from, (rows, 1): the largest magnitude, or its percentile where that is not 0."""
    magnitudes = rows.abs()
    largest = magnitudes.amax(1, keepdim=True)
    if method == "percentile":
        clipped = percentile(magnitudes, PERCENTILE)
        return torch.where(clipped > 0, clipped, largest)
    return largest


def symmetric_scale(
    values: Tensor, bits: int, granularity: Literal["per_channel", "per_tensor"], method: ScaleMethod
) -> Tensor:
    """Scale of a weight tensor: shape (channels, 1, ..) per channel (dimension 0), (1, 1, ..) per tensor.

    ``min_max``: ``max|W| / (2^(b-1) - 1)``, which clips nothing. ``full_range``: ``max|W| / (2^(b-1) - 1/2)``, which
    uses the lowest integer too and moves the largest values by half a step (as Distiller calls it). ``percentile``: as
    ``min_max``, from the `PERCENTILE` of |W|. ``mse``: the scale with the least squared error that a search finds,
    never worse than ``min_max``. Where all values are zero, the scale is 1.
    """
    check_bits(bits)
    rows = values.reshape(len(values) if granularity == "per_channel" else 1, -1)
    largest = largest_magnitude(rows, method)
    if method == "full_range":  # a hair smaller, so that a half does not round as the division happens to fall
        scale = torch.nextafter(largest / (2 ** (bits - 1) - 0.5), torch.zeros_like(largest))
    else:
        scale = largest / max(2 ** (bits - 1) - 1, 1)
    scale = torch.where(largest > 0, scale.clamp_min(TINY), 1.0)
    if method == "mse" and bits != FLOAT_BITS:
        scale = _least_error_scale(rows, scale, bits)
    return scale.reshape(-1, *[1] * (values.dim() - 1))


def _least_error_scale(rows: Tensor, scale: Tensor, bits: int) -> Tensor:
    """The best multiple of ``scale`` (rows, 1), then least squares for fixed integers (Lloyd's second step)."""

    def error(scales: Tensor) -> Tensor:
        return squared_error(quantize_symmetric(rows, scales, bits), rows)

    scale = (scale * search_ratio(lambda ratio: error((scale * ratio).clamp_min(TINY)), len(rows))).clamp_min(TINY)
    best = error(scale)
    for _ in range(4):
        integers = (quantize_symmetric(rows, scale, bits) / scale).round().double()
        fitted = (integers * rows).sum(1, keepdim=True) / integers.square().sum(1, keepdim=True).clamp_min(1)
        trial = torch.where(fitted > TINY, fitted.float(), scale)
        trial_error = error(trial)
        scale, best = torch.where(trial_error < best, trial, scale), torch.minimum(trial_error, best)
    return scale


def levels(bits: int) -> int:
    """The largest unsigned integer of this many bits."""
    return (1 << bits) - 1


@dataclass(frozen=True, slots=True)
class Affine:
    """Unsigned integers q of ``bits`` bits that stand for ``scale * (q - zero_point)``; zero is always exact."""

    scale: float
    zero_point: int
    bits: int

    @property
    def low(self) -> float:
        """The smallest value that can be represented."""
        return -self.zero_point * self.scale

    @property
    def high(self) -> float:
        """The largest value that can be represented."""
        return (levels(self.bits) - self.zero_point) * self.scale

    @classmethod
    def of_range(cls, low: float, high: float, bits: int) -> Affine:
        """Scale ``(high - low) / (2^b - 1)`` over a range that is widened to hold zero."""
        check_bits(bits)
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max((high - low) / levels(bits), float(TINY)) if high > low else 1.0
        return cls(scale, min(round(-low / scale), levels(bits)), bits)

    def quantize(self, values: Tensor) -> Tensor:
        """Quantize-dequantize; ``scale * clip(round(x / scale), -zero_point, 2^b - 1 - zero_point)``."""
        if self.bits == FLOAT_BITS:
            return values
        integers = values.mul(1 / self.scale).round_()
        return integers.clamp_(-self.zero_point, levels(self.bits) - self.zero_point).mul_(self.scale)


def affine_range(values: Tensor, low: float, high: float, bits: int, method: RangeMethod) -> Affine:
    """How to quantize activations that lie in [low, high], of which ``values`` is a sample.

    ``min_max``: the whole range. ``percentile``: it clips what lies beyond the `PERCENTILE` of the sample at either
    end. ``mse``: the range with the least squared error on the sample that a search finds, first both ends together,
    then each on its own; never worse than ``min_max``.
    """
    if method == "min_max" or bits == FLOAT_BITS:
        return Affine.of_range(low, high, bits)
    sample = values.reshape(1, -1)
    if method == "percentile":
        ends = [float(percentile(sample, percent)) for percent in (100 - PERCENTILE, PERCENTILE)]
        low, high = ends if ends[0] < 0 or ends[1] > 0 else (low, high)
        return Affine.of_range(low, high, bits)

    def error(bottom: Tensor, top: Tensor) -> Tensor:
        return squared_error(Affine.of_range(float(bottom), float(top), bits).quantize(sample), sample)

    ends64 = (torch.tensor([[end]], dtype=torch.float64) for end in (low, high))
    bottom, top = search_range(error, *ends64)
    return Affine.of_range(float(bottom), float(top), bits)
