"""Named ways to quantize the weights of a layer: ``W4``, ``ternary``, ``lut4+4/2``, ``W4@2:4``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from autoquant.errors import SpecError
from autoquant.network import (
    BITS,
    FIXED_BITS,
    FLOAT_BITS,
    Codebook,
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
