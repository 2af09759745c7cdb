"""Stored bytes: what is packed comes back, and takes as many bytes as the cost model says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from autoquant_cost_models.weight_bytes import quantized_bytes
from hypothesis import given
from hypothesis import strategies as st

from autoquant.network import Codebook, WeightQuantization
from autoquant.quantization import quantize_weight
from autoquant.quantization.bit_fields import integers, packed
from autoquant.quantization.codebooks import shared_tables
from autoquant.quantization.packing import pack, unpack
from autoquant.quantization.quantized_tensor import QuantizedTensor
from autoquant.recipes import parse_recipe

SHAPES = [(8, 4, 3, 3), (6, 8), (5, 12, 2), (16, 8, 1, 1), (3, 4, 5)]
RECIPES = [
    "W2", "W3", "W8", "W16", "ternary", "binary", "lut4", "lut2+2/2", "lut2+4+2/3", "W4@2:4", "W3@1:4", "ternary@2:4",
    "W4@sparse50", "ternary@sparse33", "W4@block1x4:50", "W3@block2x3:40", "lut4@2:4", "lut2+2@sparse60", "lut2/2@2:4",
    "lut4/2@sparse50", "lut2+2/2@block1x4:50", "lut4/2@block2x3:30", "lut2@block3x5:50",
]  # fmt: skip
LIKES: list[dict[str, Any]] = [
    {},
    {"quantizer": "affine", "scale_bytes": 2},
    {"granularity": "per_tensor"},
    {"granularity": "per_group", "group_size": 5, "quantizer": "affine"},
    {"quantizer": "statistical"},
    {"quantizer": "logarithmic", "scale_bytes": 2},
    {"quantizer": "power_of_two"},
]


def random_weight(shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return weight.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else weight


def recipe(name: str, options: dict[str, Any], codebook: Codebook | None = None) -> WeightQuantization:
    how = parse_recipe(name, WeightQuantization(8, **options), codebook)
    assert how is not None
    return how


def same(found: QuantizedTensor, expected: QuantizedTensor) -> None:
    assert torch.equal(found.codes, expected.codes)
    assert torch.equal(found.dequantize(), expected.dequantize())
    assert found.codes.stride() == expected.codes.stride()
    for name in ("scale", "zero_point", "offset", "table_scales"):
        given, wanted = getattr(found, name), getattr(expected, name)
        assert torch.equal(given, wanted), name
        assert given.dtype == wanted.dtype
    assert (found.mask is None) == (expected.mask is None)
    assert found.mask is None or expected.mask is None or torch.equal(found.mask, expected.mask)
    assert all(torch.equal(a, b) for a, b in zip(found.tables, expected.tables, strict=True))
    fields = ("quantizer", "bits", "axis", "group_size")
    assert [getattr(found, name) for name in fields] == [getattr(expected, name) for name in fields]


@pytest.mark.parametrize("name", RECIPES)
@given(st.sampled_from(SHAPES), st.sampled_from(LIKES), st.sampled_from([8, 16]), st.integers(0, 9))
def test_a_weight_comes_back_and_takes_the_bytes_of_the_cost_model(name, shape, options, entry_bits, seed):
    if "2:4" in name or "1:4" in name:
        shape = next(s for s in (shape, (6, 8, 3)) if s[1] % 4 == 0)
    how = recipe(name, options, Codebook((2,), entry_bits=entry_bits))
    weight = random_weight(shape, seed)
    tensor = quantize_weight(weight, how)
    parts = pack(tensor, how)
    assert all(part.dtype == np.uint8 and part.ndim == 1 for part in parts.values())
    assert sum(len(part) for part in parts.values()) == quantized_bytes(how, shape)
    same(unpack(parts, how, torch.empty_like(weight)), tensor)


@pytest.mark.parametrize("name", RECIPES)
def test_arrays_bring_a_weight_back(name):
    weight, how = random_weight((8, 4, 3, 3)), recipe(name, {"quantizer": "affine"})
    tensor = quantize_weight(weight, how)
    same(QuantizedTensor.of_arrays(tensor.arrays(), how, weight), tensor)


@pytest.mark.parametrize("entry_bits", [8, 16])
def test_shared_tables_are_no_part_of_a_layer(entry_bits):
    how = recipe("lut4+2/2", {"scale_bytes": 2}, Codebook((2,), entry_bits=entry_bits, shared=True))
    assert how.codebook is not None
    weight = random_weight((6, 8))
    shared = shared_tables([weight.double().numpy(), random_weight((4, 6), 1).double().numpy()], how.codebook)
    tensor = quantize_weight(weight, how, shared)
    parts = pack(tensor, how)
    assert {name: len(part) for name, part in parts.items()} == {"codes0": 6, "codes1": 3, "scales": 2}
    assert sum(len(part) for part in parts.values()) == quantized_bytes(how, (6, 8))
    same(unpack(parts, how, weight, shared), tensor)


def test_bytes_by_hand():
    assert packed(np.array([1, 2, 3, 0, 1]), 2).tolist() == [1 + 2 * 4 + 3 * 16, 1]
    assert packed(np.array([5, 7, 1]), 3).tolist() == [5 + 7 * 8 + 64, 0]
    assert packed(np.array([2, 1, 0, 2, 1, 1]), 0).tolist() == [2 + 3 + 2 * 27 + 81, 1]
    weight = torch.tensor([[1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0, 1.0]])
    assert pack(quantize_weight(weight, recipe("binary", {})), recipe("binary", {}))["codes"].tolist() == [
        0b01111001,
        1,
    ]
    kept = torch.tensor([[0.0, 3.0, 0.0, -3.0, 3.0, 0.1, -3.0, 0.0]])
    parts = pack(quantize_weight(kept, recipe("W2@2:4", {})), recipe("W2@2:4", {}))
    assert parts["pattern"].tolist() == [0b10001101]
    blocks = pack(quantize_weight(kept, recipe("W2@block1x4:50", {})), recipe("W2@block1x4:50", {}))
    assert (blocks["pattern"].tolist(), len(blocks["codes"])) == ([0b10], 1)


@given(st.integers(0, 16), st.lists(st.integers(0, 2**16 - 1), max_size=40))
def test_numbers_of_any_bits_come_back(bits, numbers):
    values = np.array(numbers, dtype=np.int64) % (2**bits if bits else 3)
    data = packed(values, bits)
    assert len(data) == (-(-len(values) * bits // 8) if bits else -(-len(values) // 5))
    assert integers(data, bits, len(values)).tolist() == values.tolist()


def test_of_single_weights_the_kept_ones_are_stored():
    how = recipe("W4@sparse50", {"scale_bytes": 2})
    parts = pack(quantize_weight(random_weight((4, 5)), how), how)
    assert {name: len(part) for name, part in parts.items()} == {"codes": 5, "pattern": 3, "scales": 8}
