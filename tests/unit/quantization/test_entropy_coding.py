"""Bytes of entropy-coded weights: against codes by hand and the bounds of Shannon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autoquant.quantization import quantize_weight
from autoquant.quantization.entropy_coding import coded_bytes, huffman_bits
from autoquant.quantization.packing import pack
from autoquant.recipes import parse_recipe


@pytest.mark.parametrize(
    ("counts", "bits"),
    [([5], 5), ([0, 3, 0], 3), ([1, 1], 2), ([4, 2, 1, 1], 4 + 2 * 2 + 3 + 3), ([1, 1, 1, 1], 8), ([0, 0], 0)],
)
def test_huffman_by_hand(counts, bits):
    assert huffman_bits(np.array(counts)) == bits


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=40).filter(lambda counts: sum(map(bool, counts)) > 1))
def test_a_code_is_within_a_bit_of_the_entropy(counts):
    values = np.array(counts)
    share = values[values > 0] / values.sum()
    entropy = float(-(share * np.log2(share)).sum()) * values.sum()
    assert entropy - 1e-6 <= huffman_bits(values) < entropy + values.sum()


@pytest.mark.parametrize(
    "name", ["W2", "W8", "ternary", "binary", "lut8", "lut4+4/2", "W4@2:4", "W4@sparse80", "lut4@sparse50"]
)
def test_it_never_takes_more_than_packed_but_for_a_byte(name):
    how: Any = parse_recipe(name)
    tensor = quantize_weight(torch.randn(16, 8, 2, 2, generator=torch.Generator().manual_seed(0)), how)
    assert coded_bytes(tensor, how) <= 1 + sum(map(len, pack(tensor, how).values()))


def test_bytes_by_hand():
    """60 zeros of 1 bit, 2 of -1 and 2 of 1 of 2 bits; the lengths of 3 code words; a scale; what form it is."""
    weight = torch.zeros(1, 64)
    weight[0, :2], weight[0, 2:4] = 1.0, -1.0
    how: Any = parse_recipe("ternary")
    assert coded_bytes(quantize_weight(weight, how), how) == 1 + -(-(60 + 4 * 2) // 8) + 3 + 4
    packed = -(-64 // 5) + 4
    assert sum(map(len, pack(quantize_weight(weight, how), how).values())) == packed


def test_zeros_of_a_pattern_are_codes_where_that_is_smaller():
    how: Any = parse_recipe("ternary@sparse50")
    tensor = quantize_weight(torch.randn(64, 64, generator=torch.Generator().manual_seed(0)), how)
    counts = np.bincount(tensor.codes.numpy().ravel() + 1, minlength=3)
    among = 1 + -(-huffman_bits(counts) // 8) + 3 + 64 * 4
    assert among < sum(map(len, pack(tensor, how).values()))
    assert coded_bytes(tensor, how) == among


def test_a_codebook_has_a_code_more_for_zeros():
    how: Any = parse_recipe("lut4+2@sparse95")
    tensor = quantize_weight(torch.randn(64, 64, generator=torch.Generator().manual_seed(1)), how)
    assert tensor.mask is not None
    kept = tensor.codes[tensor.mask].numpy()
    first, second = np.bincount(kept & 3, minlength=4), np.bincount(kept >> 2, minlength=2)
    parts = {name: len(part) for name, part in pack(tensor, how).items()}
    packed = parts["codes0"] + parts["codes1"] + parts["pattern"]
    apart = -(-huffman_bits(first) // 8) + 4 + -(-huffman_bits(second) // 8) + 2 + parts["pattern"]
    zeros = np.append(first, 64 * 64 * 95 // 100)
    among = -(-huffman_bits(zeros) // 8) + 5 + -(-huffman_bits(second) // 8) + 2
    assert coded_bytes(tensor, how) == 1 + min(packed, apart, among) + parts["tables"]
