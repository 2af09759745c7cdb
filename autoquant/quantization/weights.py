"""A weight as integers, and what they stand for: what is stored, exported and, dequantized, computed with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
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

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `of_arrays` needs besides what the weight was quantized to, by name; codes in the smallest type."""
        codes = self.codes.contiguous().numpy()
        kinds = (np.int8, np.uint8, np.int16, np.int32)
        kind = next(kind for kind in kinds if np.array_equal(codes.astype(kind), codes))
        parts = {"scale": self.scale, "zero_point": self.zero_point, "offset": self.offset}
        return {"codes": codes.astype(kind)} | {name: part.numpy() for name, part in parts.items()}

    @classmethod
    def of_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], how: WeightQuantization, like: Tensor
    ) -> QuantizedTensor:
        """The reverse of `arrays`, in the memory format of ``like``, a weight with output channels first."""
        return cls(
            codes=torch.empty_like(like, dtype=torch.int32).copy_(torch.from_numpy(arrays["codes"].astype(np.int32))),
            quantizer=how.quantizer,
            bits=how.bits,
            scale=torch.from_numpy(arrays["scale"]),
            zero_point=torch.from_numpy(arrays["zero_point"]),
            offset=torch.from_numpy(arrays["offset"]),
            axis=None if how.granularity == "per_tensor" else 0,
            group_size=how.group_size,
        )


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
        fitted = replace(fitted, scale=stored_scale(fitted.scale, how.scale_bytes))
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


def stored_scale(scale: Tensor, scale_bytes: int) -> Tensor:
    """Scales as they are stored, in float32 or in float16: then in float32 again, and greater than 0."""
    kind = torch.float32 if scale_bytes == 4 else torch.float16
    return scale.to(kind).clamp_min(torch.finfo(kind).smallest_normal).float()


def _blocks(width: int, group_size: int | None) -> list[tuple[slice, slice]]:
    """The columns that full groups make with the columns of their scales, and those of the rest where there is one."""
    size = min(group_size or width, width)
    full = width // size
    blocks = [(slice(0, full * size), slice(0, full)), (slice(full * size, width), slice(full, full + 1))]
    return blocks[: 1 if full * size == width else 2]
