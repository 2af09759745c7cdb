"""A weight as integers, and what they stand for: what is stored, exported and, dequantized, computed with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from autoquant.network import WeightQuantization, WeightQuantizer
from autoquant.quantization.quantizers import check_bits
from autoquant.quantization.row_quantizers import QUANTIZERS, fit


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedTensor:
    """A weight of which every value is a code, output channels first.

    A value is, by quantizer:

    - ``symmetric``, ``affine``: ``scale * (code - zero_point)``
    - ``statistical``: ``scale * code + offset``
    - ``power_of_two``: ``sign(code) * scale * 2^(|code| - zero_point)``, and 0 for code 0
    - ``logarithmic``: ``sign(code) * e^(|code| - zero_point)``, and 0 for code 0

    What a formula does not name is 1 (scale) or 0. Scales, zero points and offsets have the shape (rows, groups): a row
    for each output channel, or one in all where ``axis`` is None, and in it a column for each group, or one.
    """

    codes: Tensor
    """int32, in the shape and the memory format of the weight: from 0 to 2^bits - 1 where it is ``affine``, else from
    -2^(bits - 1) to 2^(bits - 1) - 1."""
    quantizer: WeightQuantizer
    bits: int
    scale: Tensor
    """float32."""
    zero_point: Tensor
    """int32."""
    offset: Tensor
    """float32."""
    axis: int | None
    """The dimension along which scales differ: 0, or None for one scale."""
    group_size: int | None = None
    """Codes of a row, in their order, that share a scale; the last group may be smaller. None: all of a row."""

    def dequantize(self) -> Tensor:
        """The values that the codes stand for, float32, in the shape and the memory format of the codes."""
        rows = self.codes.reshape(len(self.scale), -1)
        parts = []
        for columns, groups in _blocks(rows.shape[1], self.group_size):
            block = rows[:, columns].float()
            scale, zero_point, offset = (
                part[:, groups].reshape(-1, 1) for part in (self.scale, self.zero_point.float(), self.offset)
            )
            fitted = QUANTIZERS[self.quantizer](self.bits, scale, zero_point, offset)
            parts.append(fitted.decode(block.reshape(len(scale), -1)).reshape(block.shape))
        return torch.empty_like(self.codes, dtype=torch.float32).copy_(torch.cat(parts, 1).reshape(self.codes.shape))


def quantize_weight(weight: Tensor, how: WeightQuantization) -> QuantizedTensor:
    """The codes of a float32 weight, output channels first.

    Groups are made of the weights of an output channel in their order: inputs, then kernel positions.
    `UnsupportedError` for a bit-width or a method that the quantizer does not know.
    """
    check_bits(how.bits)
    per_tensor = how.granularity == "per_tensor"
    rows = weight.detach().reshape(1 if per_tensor else len(weight), -1)
    codes, fits = [], []
    for columns, _ in _blocks(rows.shape[1], how.group_size):
        block = rows[:, columns]
        grouped = block.reshape(-1, min(how.group_size or block.shape[1], block.shape[1]))
        fitted = fit(grouped, how.quantizer, how.bits, how.scale_method)
        codes.append(fitted.encode(grouped).reshape(block.shape))
        fits.append(fitted)

    def joined(parts: Iterator[Tensor]) -> Tensor:
        return torch.cat([part.reshape(len(rows), -1) for part in parts], 1)

    return QuantizedTensor(
        codes=torch.empty_like(weight, dtype=torch.int32).copy_(torch.cat(codes, 1).reshape(weight.shape)),
        quantizer=how.quantizer,
        bits=how.bits,
        scale=joined(fitted.scale for fitted in fits),
        zero_point=joined(fitted.zero_point for fitted in fits).int(),
        offset=joined(fitted.offset for fitted in fits),
        axis=None if per_tensor else 0,
        group_size=how.group_size,
    )


def _blocks(width: int, group_size: int | None) -> list[tuple[slice, slice]]:
    """The columns that full groups make with the columns of their scales, and those of the rest where there is one."""
    size = min(group_size or width, width)
    full = width // size
    blocks = [(slice(0, full * size), slice(0, full)), (slice(full * size, width), slice(full, full + 1))]
    return blocks[: 1 if full * size == width else 2]
