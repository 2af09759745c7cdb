"""Named ways to quantize the weights of a layer: ``W4``, ``ternary``, ``lut4+4/2``, ``W4@2:4``. What each keeps of a
layer's weights, and which layers cannot take it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import cast

from autoquant.errors import SpecError
from autoquant.network import (
    BITS,
    FIXED_BITS,
    FLOAT_BITS,
    Codebook,
    LayerProfile,
    NOfM,
    Pruned,
    Sparsity,
    WeightQuantization,
    WeightQuantizer,
)

ACCEPTED = (
    "W2 to W8 and W16 (uniform), ternary, binary, lut16 (a table of 16 values), lut4+4/2 (two tables of 4 pairs, which "
    "are added), float; all but binary and float also @2:4 (of every 4 input channels 2 are kept), @sparse50 (50 % "
    "zeros), @block1x4:50 (50 % of the blocks of 1 output channel x 4 weights are zeros)"
)
_UNIFORM = re.compile(r"W(\d+)")
_CODEBOOK = re.compile(r"lut(\d+(?:\+\d+)*)(?:/(\d+))?")
_N_OF_M = re.compile(r"(\d+):(\d+)")
_UNSTRUCTURED = re.compile(r"sparse(\d+)")
_BLOCK = re.compile(r"block(\d+)x(\d+):(\d+)")

PLAIN = WeightQuantization(8)


def parse_recipe(
    text: str, like: WeightQuantization = PLAIN, codebook: Codebook | None = None
) -> WeightQuantization | None:
    """What a recipe means; None for ``float``. `SpecError` for a text that is none.

    ``like`` says what a recipe does not: granularity, scale method, quantizer of uniform bits, rounding, bytes of
    scales. ``codebook`` says the same of tables: bits of entries, whether they are shared, entropy.
    """
    if text == "float":
        return None
    base, _, pattern = text.partition("@")
    sparsity = _sparsity(pattern, text) if pattern or "@" in text else None
    if base in FIXED_BITS:
        quantizer = cast(WeightQuantizer, base)
        bits = FIXED_BITS[quantizer]
        return replace(like, bits=bits, quantizer=quantizer, scale_method="mse", sparsity=sparsity)
    if match := _CODEBOOK.fullmatch(base):
        tables = replace(codebook or Codebook((2,)), sizes=tuple(map(int, match[1].split("+"))), dim=int(match[2] or 1))
        bits = -(-tables.index_bits // tables.dim)
        return replace(
            like, bits=bits, quantizer="codebook", codebook=tables, sparsity=sparsity, scale_method="mse",
            granularity="per_channel", group_size=None,
        )  # fmt: skip
    match = _UNIFORM.fullmatch(base)
    if match is None or int(match[1]) not in BITS or int(match[1]) == FLOAT_BITS:
        raise SpecError(f"recipe {text!r}: there is none of this name; accepted: {ACCEPTED}")
    return replace(like, bits=int(match[1]), sparsity=sparsity)


def _sparsity(pattern: str, text: str) -> Sparsity:
    if match := _N_OF_M.fullmatch(pattern):
        return NOfM(int(match[1]), int(match[2]))
    if match := _UNSTRUCTURED.fullmatch(pattern):
        return Pruned(int(match[1]))
    if match := _BLOCK.fullmatch(pattern):
        return Pruned(int(match[3]), (int(match[1]), int(match[2])))
    raise SpecError(f"recipe {text!r}: {pattern!r} is no pattern of zeros; accepted: {ACCEPTED}")


def kept_weights(sparsity: Sparsity | None, shape: tuple[int, ...]) -> int:
    """Weights of this shape (output channels first) that are stored: all without a pattern of zeros.

    Of N:M exactly N of every M; of single weights ``n - floor(n * percent / 100)``; of blocks all of a kept block,
    also where it sticks out of the layer.
    """
    weights = math.prod(shape)
    if sparsity is None:
        return weights
    if isinstance(sparsity, NOfM):
        return weights // sparsity.of * sparsity.kept
    if sparsity.block is None:
        return weights - weights * sparsity.percent // 100
    return kept_blocks(sparsity, shape) * math.prod(sparsity.block)


def blocks(sparsity: Pruned, shape: tuple[int, ...]) -> int:
    """Blocks that cover weights of this shape, each output channel a row; the last ones may stick out. Single weights
    are blocks of one."""
    high, wide = sparsity.block or (1, 1)
    return -(-shape[0] // high) * -(-math.prod(shape[1:]) // wide)


def kept_blocks(sparsity: Pruned, shape: tuple[int, ...]) -> int:
    """Blocks that are not zero: all but ``floor(blocks * percent / 100)``."""
    every = blocks(sparsity, shape)
    return every - every * sparsity.percent // 100


def code_groups(weight: WeightQuantization, shape: tuple[int, ...]) -> int:
    """Groups of weights of this shape that have a code of each table of a codebook; 0 without a codebook.

    Groups end with each output channel. A pattern of zeros saves the codes of groups that it always takes out whole:
    of single weights where an entry stands for one weight, of blocks where so many groups make a row of a block. Other
    patterns leave zeros inside of groups, and every group has a code.
    """
    if weight.codebook is None:
        return 0
    dim, sparsity = weight.codebook.dim, weight.sparsity
    wide = sparsity.block[1] if isinstance(sparsity, Pruned) and sparsity.block else 1
    if sparsity is None or wide % dim:
        return shape[0] * -(-math.prod(shape[1:]) // dim)
    return kept_weights(sparsity, shape) // dim


def table_bytes(codebook: Codebook) -> int:
    """Bytes of all tables of a codebook, with a float32 scale for each table of int8 entries."""
    values = sum(codebook.sizes) * codebook.dim
    return values * codebook.entry_bits // 8 + (4 * len(codebook.sizes) if codebook.entry_bits == 8 else 0)


def misfit(weight: WeightQuantization | None, layer: LayerProfile) -> str | None:
    """Why a layer cannot take a recipe, as the end of a sentence; None where it can."""
    if weight is None:
        return None
    sparsity, codebook = weight.sparsity, weight.codebook
    if sparsity is not None and layer.kind == "embedding":
        return "an embedding is never sparse"
    if isinstance(sparsity, NOfM) and layer.weight_shape[1] % sparsity.of:
        return f"{sparsity.of} does not divide the input channels that an output channel reads"
    if codebook is None or codebook.shared:
        return None
    if (largest := max(codebook.sizes)) > code_groups(weight, layer.weight_shape):
        return f"a table has {largest} entries, more than there are groups of weights"
    if (size := table_bytes(codebook)) > 2 * layer.weights:
        return f"its tables take {size} bytes, more than the weights do as float16"
    return None
