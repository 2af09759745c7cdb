"""Quantized weights as the bytes that are stored, by the rules that the cost model ``weight_bytes`` prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autoquant.network import FIXED_BITS, WeightQuantization
from autoquant.quantization.bit_fields import Bytes, Integers, integers, packed
from autoquant.quantization.grids import Array, Mask
from autoquant.quantization.quantized_tensor import QuantizedTensor, like_weight
from autoquant.quantization.row_quantizers import exponents
from autoquant.quantization.stored_order import Order, mask_of
from autoquant.quantization.table_grid import stored_table


def pack(tensor: QuantizedTensor, how: WeightQuantization) -> dict[str, Bytes]:
    """The weight that was quantized so, as bytes; all numbers are little-endian, bits fill bytes from the lowest on.

    - ``codes``: without gaps, ternary ones five to a byte (in base 3), negative ones moved up to begin with 0, in the
      order of the weights, output channels first. ``codes0`` .. in place of it of a codebook: for each table the
      numbers of the entries.
    - ``pattern``, of a weight with zeros, whose codes are those of kept weights alone: of N:M the place of each among
      its M channels, in the order (output channel, M channels, kernel position), which is that of the codes too; else
      a bit for each weight or block. Kept blocks are stored whole, one after the other, also where they stick out.
      Where entries of a codebook stand for several weights, see `recipes.code_groups`.
    - ``scales``: float32 or float16. Of ``logarithmic``: the largest exponent. A codebook of a layer's own has none.
    - ``zero_points`` of ``affine``: as many whole bytes as the bits need; ``means`` of ``statistical``: float32.
    - ``tables``: float16, or int8 with the float32 ``table_scales``. Not where layers share them.
    """
    order = Order(how, tuple(tensor.codes.shape), mask_rows(tensor))
    parts = {f"codes{name}": packed(values, bits) for name, values, bits in streams(tensor, how, order)}
    if order.pattern is not None:
        parts["pattern"] = packed(*order.pattern)
    return parts | _numbers(tensor, how)


def unpack(
    parts: Mapping[str, Bytes], how: WeightQuantization, like: Tensor, shared: Sequence[Array] | None = None
) -> QuantizedTensor:
    """The reverse of `pack`, in the shape and the memory format of ``like``; ``shared`` are tables that layers
    share."""
    shape = tuple(like.shape)
    mask = None if how.sparsity is None else mask_of(parts["pattern"], how, shape)
    whole = how.granularity == "per_tensor" or how.codebook is not None
    rows = 1 if whole else shape[0]
    scale, zero_point, offset = (torch.from_numpy(part.reshape(rows, -1)) for part in _unpacked_numbers(parts, how))
    tables, table_scales = _tables(parts, how, shared)
    codes = _unpacked_codes(parts, how, Order(how, shape, mask), zero_point.numpy())
    return QuantizedTensor(
        codes=like_weight(torch.from_numpy(codes).int(), like),
        quantizer=how.quantizer,
        bits=how.bits,
        scale=scale,
        zero_point=zero_point,
        offset=offset,
        axis=None if whole else 0,
        group_size=how.group_size,
        mask=None if mask is None else like_weight(torch.from_numpy(mask), like),
        tables=tables,
        table_scales=table_scales,
    )


def _unpacked_codes(
    parts: Mapping[str, Bytes], how: WeightQuantization, order: Order, zero_point: npt.NDArray[np.int32]
) -> Integers:
    """All codes, (output channels, weights of one)."""
    if how.codebook is not None:
        codes, first = np.zeros(order.count, dtype=np.int64), 0
        for at, size in enumerate(how.codebook.sizes):
            codes |= integers(parts[f"codes{at}"], size.bit_length() - 1, order.count) << first
            first += size.bit_length() - 1
        return order.restored(codes, np.zeros(order.shape, dtype=np.int64))
    codes = integers(parts["codes"], 0 if how.quantizer == "ternary" else how.bits, order.count)
    codes = codes * 2 - 1 if how.quantizer == "binary" else codes + _lowest(how)
    zeros = zero_point if how.quantizer == "affine" else np.zeros_like(zero_point)
    segment = np.arange(order.columns) // (how.group_size or order.columns)
    return order.restored(codes, np.broadcast_to(zeros[:, segment], order.shape))


def streams(tensor: QuantizedTensor, how: WeightQuantization, order: Order) -> list[tuple[str, Integers, int]]:
    """The codes that are stored as numbers from 0 on: name, numbers, and their bits (0: ternary)."""
    rows = tensor.codes.flatten(1).numpy().astype(np.int64)
    if how.codebook is None:
        codes = order.stored(rows)
        numbers = (codes + 1) // 2 if how.quantizer == "binary" else codes - _lowest(how)
        return [("", numbers, 0 if how.quantizer == "ternary" else how.bits)]
    found, first = list[tuple[str, Integers, int]](), 0
    for at, size in enumerate(how.codebook.sizes):
        bits = size.bit_length() - 1
        found.append((str(at), (order.stored(rows) >> first) & (size - 1), bits))
        first += bits
    return found


def mask_rows(tensor: QuantizedTensor) -> Mask | None:
    """The mask of a weight, (output channels, weights of one)."""
    return None if tensor.mask is None else cast(Mask, tensor.mask.flatten(1).numpy())


def _lowest(how: WeightQuantization) -> int:
    if how.quantizer in FIXED_BITS:
        return -1
    return 0 if how.quantizer == "affine" else -(2 ** (how.bits - 1))


def _numbers(tensor: QuantizedTensor, how: WeightQuantization) -> dict[str, Bytes]:
    """What is stored beside codes."""
    parts: dict[str, npt.NDArray[np.generic]] = {}
    if how.codebook is None or how.codebook.shared:
        top = exponents(how.bits) - tensor.zero_point.float()
        scale = top if how.quantizer == "logarithmic" else tensor.scale
        parts["scales"] = scale.numpy().astype(f"<f{how.scale_bytes}")
    if how.quantizer == "affine":
        whole = tensor.zero_point.numpy().astype("<u4")
        parts["zero_points"] = whole.view(np.uint8).reshape(-1, 4)[:, : -(-how.bits // 8)]
    if how.quantizer == "statistical":
        parts["means"] = tensor.offset.numpy().astype("<f4")
    if how.codebook is not None and not how.codebook.shared:
        kind = "<f2" if how.codebook.entry_bits == 16 else "i1"
        parts["tables"] = np.concatenate([table.numpy() for table in tensor.tables]).astype(kind)
        if how.codebook.entry_bits == 8:
            parts["table_scales"] = tensor.table_scales.numpy().astype("<f4")
    return {name: np.ascontiguousarray(part).reshape(-1).view(np.uint8) for name, part in parts.items()}


def _unpacked_numbers(parts: Mapping[str, Bytes], how: WeightQuantization) -> list[npt.NDArray[np.generic]]:
    """Scales, zero points and offsets, flat."""
    if "scales" in parts:
        scale = parts["scales"].view(f"<f{how.scale_bytes}").astype(np.float32)
    else:
        scale = np.ones(1, np.float32)
    zero_point, offset = np.zeros(len(scale), np.int32), np.zeros(len(scale), np.float32)
    if how.quantizer == "affine":
        given = parts["zero_points"].reshape(len(scale), -1)
        zero_point = np.pad(given, ((0, 0), (0, 4 - given.shape[1]))).view("<i4").astype(np.int32)
    elif how.quantizer == "power_of_two":
        zero_point[:] = exponents(how.bits)
    elif how.quantizer == "logarithmic":
        zero_point, scale = (exponents(how.bits) - scale).astype(np.int32), np.ones_like(scale)
    elif how.quantizer == "statistical":
        offset = parts["means"].view("<f4").astype(np.float32)
    return [scale, zero_point, offset]


def _tables(
    parts: Mapping[str, Bytes], how: WeightQuantization, shared: Sequence[Array] | None
) -> tuple[tuple[Tensor, ...], Tensor]:
    """Tables, and their scales."""
    codebook = how.codebook
    if codebook is None:
        return (), torch.ones(0, 1)
    if codebook.shared:
        assert shared is not None
        stored = [stored_table(table, codebook) for table in shared]
        scales = torch.tensor([[float(scale)] for _, scale in stored], dtype=torch.float32)
        return tuple(torch.from_numpy(entries).float() for entries, _ in stored), scales
    entries = parts["tables"].view("<f2" if codebook.entry_bits == 16 else "i1").astype(np.float32)
    split = np.split(entries.reshape(-1, codebook.dim), np.cumsum(codebook.sizes)[:-1])
    scales = torch.ones(len(split), 1)
    if codebook.entry_bits == 8:
        scales = torch.from_numpy(parts["table_scales"].view("<f4").astype(np.float32).reshape(-1, 1))
    return tuple(map(torch.from_numpy, split)), scales
