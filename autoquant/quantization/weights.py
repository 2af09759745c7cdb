"""A weight brought to the nearest of the values that it may take, looking at the weight alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from autoquant.network import FIXED_BITS, WeightQuantization
from autoquant.quantization.codebooks import quantize_to_codebook
from autoquant.quantization.grids import Array
from autoquant.quantization.masks import magnitude_mask
from autoquant.quantization.quantized_tensor import QuantizedTensor, like_weight, scale_blocks, stored_scale
from autoquant.quantization.quantizers import check_bits
from autoquant.quantization.row_quantizers import fit


def quantize_weight(weight: Tensor, how: WeightQuantization, shared: Sequence[Array] | None = None) -> QuantizedTensor:
    """The codes of a float32 weight, output channels first.

    Groups are made of the weights of an output channel in their order: inputs, then kernel positions. Where there is a
    pattern of zeros, the weights of the largest magnitude are kept. ``shared`` are the tables of a codebook that layers
    share. `UnsupportedError` for a bit-width or a method that the quantizer does not know, and for a shape that cannot
    have the pattern or the tables.
    """
    weight = weight.detach()
    mask = None
    if how.sparsity is not None:
        mask = like_weight(torch.from_numpy(magnitude_mask(weight.double().numpy(), how.sparsity)), weight)
        weight = weight * mask
    if how.codebook is not None:
        return quantize_to_codebook(weight, how, mask, shared)
    return _nearest(weight, how, mask)


def _nearest(weight: Tensor, how: WeightQuantization, mask: Tensor | None) -> QuantizedTensor:
    """By a quantizer of rows; all but a codebook are."""
    if how.quantizer not in FIXED_BITS:
        check_bits(how.bits)
    per_tensor = how.granularity == "per_tensor"
    rows = weight.reshape(1 if per_tensor else len(weight), -1)
    codes, fits = [], []
    for columns, _ in scale_blocks(rows.shape[1], how.group_size):
        block = rows[:, columns]
        grouped = block.reshape(-1, min(how.group_size or block.shape[1], block.shape[1]))
        fitted = fit(grouped, how.quantizer, how.bits, how.scale_method)
        fitted = replace(fitted, scale=stored_scale(fitted.scale, how.scale_bytes))
        codes.append(fitted.encode(grouped).reshape(block.shape))
        fits.append(fitted)

    def joined(parts: Iterator[Tensor]) -> Tensor:
        return torch.cat([part.reshape(len(rows), -1) for part in parts], 1)

    found = like_weight(torch.cat(codes, 1).int(), weight)
    return QuantizedTensor(
        codes=found * mask if mask is not None and how.quantizer == "statistical" else found,
        quantizer=how.quantizer,
        bits=how.bits,
        scale=joined(fitted.scale for fitted in fits),
        zero_point=joined(fitted.zero_point for fitted in fits).int(),
        offset=joined(fitted.offset for fitted in fits),
        axis=None if per_tensor else 0,
        group_size=how.group_size,
        mask=mask,
    )
