"""Weights as the entries of a codebook: to the nearest ones, or fitted to the outputs of the layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor

from autoquant.errors import UnsupportedError
from autoquant.network import Codebook, WeightQuantization
from autoquant.quantization.clustering import tables_for
from autoquant.quantization.fitting import descend, fit, loss, nearest
from autoquant.quantization.grids import Array, Mask
from autoquant.quantization.quantized_tensor import QuantizedTensor
from autoquant.quantization.table_grid import Tables, as_vectors, stored_table
from autoquant.recipes import code_groups, table_bytes

CHARGED_ROUNDS = 3
"""Times that the frequencies of codes are taken, where codes have a price."""


def quantize_to_codebook(
    weight: Tensor, how: WeightQuantization, mask: Tensor | None, shared: Sequence[Array] | None
) -> QuantizedTensor:
    """Each block of weights at its nearest sum of entries; tables by k-means, or ``shared``, in units of the layer's
    root mean square. ``weight`` is float32, output channels first. `UnsupportedError` where the tables are too large
    for the layer."""
    values = weight.detach().double().flatten(1).numpy()[None]
    kept = None if mask is None else mask.flatten(1).numpy()[None]
    grid = _start(cast(Array, values), np.ones((1, values.shape[2])), how, weight, kept, shared).stored()
    return grid.coded(nearest(values, grid), _like(weight, how))


def fit_codebook(
    target: Array,
    moments: Array,
    how: WeightQuantization,
    weight: Tensor,
    mask: Mask | None,
    shared: Sequence[Array] | None,
) -> QuantizedTensor:
    """Tables and codes whose outputs are nearest to those of the target, as in `fitting`.

    Tables start from the target, its weights weighted by the diagonal of the moments, and are then fitted to the codes
    with the whole of them. ``weight`` gives shape and memory format. Errors as of `quantize_to_codebook`.
    """
    assert how.codebook is not None
    grid = _start(target, np.einsum("gnn->gn", moments), how, weight, mask, shared)
    fitted, codes = fit(target, moments, grid)
    if how.codebook.entropy:
        mean = float(loss(fitted.decode(codes), target, moments).sum()) / codes.size
        for _ in range(CHARGED_ROUNDS):
            fitted = cast(Tables, fitted).priced(codes, how.codebook.entropy * mean)
            codes = descend(codes, target, moments, fitted)
            fitted = fitted.refit(codes, target, moments)
        fitted = fitted.stored()
        codes = descend(codes, target, moments, fitted)
    return fitted.coded(codes, _like(weight, how))


def shared_tables(weights: Sequence[Array], codebook: Codebook) -> list[Array]:
    """The tables, as they are stored, of a codebook that layers share, from their float weights (rows, columns): in
    units of the root mean square of each layer."""
    units = [values / (_size(values) or 1.0) for values in weights]
    vectors = np.concatenate([as_vectors(values[None], codebook.dim) for values in units])
    there = np.concatenate([as_vectors(np.ones_like(values)[None], codebook.dim) for values in units])
    return [_stored(table, codebook) for table in tables_for(vectors, there, codebook)]


def _stored(table: Array, codebook: Codebook) -> Array:
    entries, scale = stored_table(table, codebook)
    return entries * float(scale)


def _size(values: Array) -> float:
    return math.sqrt(float((values * values).mean()))


def _start(
    target: Array, importance: Array, how: WeightQuantization, weight: Tensor, mask: Mask | None,
    shared: Sequence[Array] | None,
) -> Tables:  # fmt: skip
    """The grid before any fit; ``importance`` of columns: (groups, columns)."""
    codebook = how.codebook
    assert codebook is not None
    columns = target.shape[2]
    if codebook.shared:
        assert shared is not None
        return Tables(mask, tuple(shared), codebook, columns, _size(target) or 1.0, how.scale_bytes)
    _check(how, codebook, tuple(weight.shape))
    weights = np.broadcast_to(importance[:, None], target.shape)
    weights = weights if mask is None else weights * mask
    tables = tables_for(as_vectors(target, codebook.dim), as_vectors(weights, codebook.dim), codebook)
    return Tables(mask, tuple(tables), codebook, columns)


def _check(how: WeightQuantization, codebook: Codebook, shape: tuple[int, ...]) -> None:
    """`UnsupportedError` for tables that are too large for a layer."""
    groups, size = code_groups(how, shape), table_bytes(codebook)
    if max(codebook.sizes) > groups or size > 2 * math.prod(shape):
        raise UnsupportedError(
            f"codebook {codebook.name}: its tables, {size} bytes, are too large for a weight of shape {shape}, which "
            f"has {groups} blocks of {codebook.dim}; give this layer another recipe, or let layers share their tables"
        )


def _like(weight: Tensor, how: WeightQuantization) -> QuantizedTensor:
    """What is the same for all codes and tables."""
    return QuantizedTensor(
        codes=torch.empty_like(weight, dtype=torch.int32),
        quantizer=how.quantizer,
        bits=how.bits,
        scale=torch.ones(1, 1),
        zero_point=torch.zeros(1, 1, dtype=torch.int32),
        offset=torch.zeros(1, 1),
        axis=None,
    )
