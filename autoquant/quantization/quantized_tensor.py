"""A weight as integers, and what they stand for: what is stored, exported and, dequantized, computed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autoquant.network import WeightQuantization, WeightQuantizer
from autoquant.quantization.row_quantizers import QUANTIZERS


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedTensor:
    """A weight of which every value is a code, output channels first.

    A value is, by quantizer:

    - ``symmetric``, ``affine``: ``scale * (code - zero_point)``
    - ``ternary``, ``binary``: ``scale * code``
    - ``statistical``: ``scale * code + offset``
    - ``power_of_two``: ``sign(code) * scale * 2^(|code| - zero_point)``, and 0 for code 0
    - ``logarithmic``: ``sign(code) * e^(|code| - zero_point)``, and 0 for code 0
    - ``codebook``: ``scale`` times the sum over ``tables`` of ``table_scale * table[entry][place]``. Every weight has
      the code of its block, so many consecutive weights of an output channel, in which it has a place; a code is the
      numbers of the entries, that of the first table in the lowest bits

    Weights that the ``mask`` takes out are 0; their codes are those of 0, or of a codebook 0 where the whole block is
    taken out. What a formula does not name is 1 (scale) or 0. Scales, zero points and offsets have the shape (rows,
    groups): a row for each output channel, or one in all where ``axis`` is None, and in it a column for each group, or
    one.
    """

    codes: Tensor
    """int32, in the shape and the memory format of the weight: from 0 to 2^bits - 1 where it is ``affine``; -1, 0 or 1
    where it is ``ternary``, -1 or 1 where it is ``binary``; else from -2^(bits - 1) to 2^(bits - 1) - 1."""
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
    mask: Tensor | None = None
    """bool, in the shape and the memory format of the weight: which weights are kept, of a weight with a pattern of
    zeros; they may be 0 by their code."""
    tables: tuple[Tensor, ...] = ()
    """Of a codebook, (entries, places) each, float32: the values of float16 entries, or whole numbers from -127."""
    table_scales: Tensor = field(default_factory=lambda: torch.ones(0, 1))
    """float32, (tables, 1): what the entries of each table are multiplied with."""

    def dequantize(self) -> Tensor:
        """The values that the codes stand for, float32, in the shape and the memory format of the codes."""
        values = self._looked_up() if self.tables else self._decoded()
        values = torch.empty_like(self.codes, dtype=torch.float32).copy_(values.reshape(self.codes.shape))
        return values if self.mask is None else values * self.mask

    def _looked_up(self) -> Tensor:
        """Rows of a codebook's values."""
        rows = self.codes.flatten(1).long()
        place = torch.arange(rows.shape[1]) % self.tables[0].shape[1]
        values, first = torch.zeros(rows.shape), 0
        for table, scale in zip(self.tables, self.table_scales, strict=True):
            values += scale * table[(rows >> first) & (len(table) - 1), place]
            first += len(table).bit_length() - 1
        return values * self.scale

    def _decoded(self) -> Tensor:
        """Rows of the values of any other quantizer."""
        rows = self.codes.reshape(len(self.scale), -1)
        parts = []
        for columns, groups in scale_blocks(rows.shape[1], self.group_size):
            block = rows[:, columns].float()
            scale, zero_point, offset = (
                part[:, groups].reshape(-1, 1) for part in (self.scale, self.zero_point.float(), self.offset)
            )
            fitted = QUANTIZERS[self.quantizer](self.bits, scale, zero_point, offset)
            parts.append(fitted.decode(block.reshape(len(scale), -1)).reshape(block.shape))
        return torch.cat(parts, 1)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `of_arrays` needs besides what the weight was quantized to, by name; codes in the smallest type."""
        codes = self.codes.contiguous().numpy()
        kinds = (np.int8, np.uint8, np.int16, np.int32)
        kind = next(kind for kind in kinds if np.array_equal(codes.astype(kind), codes))
        parts = {"scale": self.scale, "zero_point": self.zero_point, "offset": self.offset}
        if self.mask is not None:
            parts["mask"] = self.mask.contiguous()
        parts |= {f"table{at}": table for at, table in enumerate(self.tables)} | {"table_scales": self.table_scales}
        return {"codes": codes.astype(kind)} | {name: part.numpy() for name, part in parts.items()}

    @classmethod
    def of_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], how: WeightQuantization, like: Tensor
    ) -> QuantizedTensor:
        """The reverse of `arrays`, in the memory format of ``like``, a weight with output channels first."""
        mask = None if "mask" not in arrays else like_weight(torch.from_numpy(arrays["mask"]), like)
        stages = len(arrays["table_scales"])
        return cls(
            codes=like_weight(torch.from_numpy(arrays["codes"].astype(np.int32)), like),
            quantizer=how.quantizer,
            bits=how.bits,
            scale=torch.from_numpy(arrays["scale"]),
            zero_point=torch.from_numpy(arrays["zero_point"]),
            offset=torch.from_numpy(arrays["offset"]),
            axis=None if how.granularity == "per_tensor" or how.codebook else 0,
            group_size=how.group_size,
            mask=mask,
            tables=tuple(torch.from_numpy(arrays[f"table{at}"]) for at in range(stages)),
            table_scales=torch.from_numpy(arrays["table_scales"]),
        )


def like_weight(values: Tensor, like: Tensor) -> Tensor:
    """Values of a weight, output channels first, in its shape and memory format."""
    return torch.empty_like(like, dtype=values.dtype).copy_(values.reshape(like.shape))


def stored_scale(scale: Tensor, scale_bytes: int) -> Tensor:
    """Scales as they are stored, in float32 or in float16: then in float32 again, and greater than 0."""
    kind = torch.float32 if scale_bytes == 4 else torch.float16
    return scale.to(kind).clamp_min(torch.finfo(kind).smallest_normal).float()


def scale_blocks(width: int, group_size: int | None) -> list[tuple[slice, slice]]:
    """The columns that full groups make with the columns of their scales, and those of the rest where there is one."""
    size = min(group_size or width, width)
    full = width // size
    blocks = [(slice(0, full * size), slice(0, full)), (slice(full * size, width), slice(full, full + 1))]
    return blocks[: 1 if full * size == width else 2]
