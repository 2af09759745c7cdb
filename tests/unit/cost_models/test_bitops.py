"""Bit operations: counted by hand, additive, and refused where MACs are not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from autoquant_cost_models.bitops import BitOps
from hypothesis import given
from hypothesis import strategies as st
from options import options_of

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import BITS, FLOAT, LayerConfig, LayerPrecision, LayerProfile, NetworkProfile
from autoquant.recipes import parse_recipe

CONV = LayerProfile("conv", "conv", 0, (1, 4, 4), (2, 4, 4), (2, 1, 3, 3), macs=288, bias=2, parameters=20)
HEAD = LayerProfile("head", "linear", 1, (32,), (10,), (10, 32), macs=320, bias=10, parameters=330)
LSTM = LayerProfile("lstm", "other", 2, (10,), (10,), (10, 10), macs=None, bias=0, parameters=100)
NETWORK = NetworkProfile((CONV, HEAD), input_shapes=((1, 4, 4),))


def total(*precisions: LayerPrecision) -> float:
    options = options_of(NETWORK, [[precision] for precision in precisions])
    return float(BitOps().estimate(NETWORK, options, np.zeros((1, 2), dtype=np.int64))["bitops"][0])


def test_by_hand() -> None:
    assert total(LayerPrecision.of_bits(4, 8), LayerPrecision.of_bits(8, 8)) == 4 * 8 * 288 + 8 * 8 * 320


def test_float_counts_as_32_bits() -> None:
    assert total(FLOAT, FLOAT) == 32 * 32 * (288 + 320)


@given(st.lists(st.tuples(st.sampled_from(BITS), st.sampled_from(BITS)), min_size=1, max_size=5), st.data())
def test_a_population_costs_the_sum_of_its_layers(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    options = options_of(NETWORK, [[LayerPrecision.of_bits(*pair) for pair in pairs]] * 2)
    rows = st.lists(st.integers(0, len(pairs) - 1), min_size=2, max_size=2)
    population = np.array(data.draw(st.lists(rows, min_size=1, max_size=8)))
    found = BitOps().estimate(NETWORK, options, population)["bitops"]
    expected = [pairs[a][0] * pairs[a][1] * 288 + pairs[b][0] * pairs[b][1] * 320 for a, b in population]
    assert found.tolist() == expected


def test_a_layer_without_macs_is_refused_by_name() -> None:
    network = NetworkProfile((CONV, LSTM), input_shapes=((1, 4, 4),))
    with pytest.raises(UnsupportedError, match=r"'lstm' \(kind 'other'\).*supported: layers whose MACs are known"):
        BitOps().tables(network, options_of(network, [[FLOAT], [FLOAT]]))


def test_a_bit_width_that_cannot_be_chosen_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"W7A8.*2, 3, 4, 5, 6, 8, 16, float"):
        BitOps().tables(NETWORK, options_of(NETWORK, [[LayerPrecision.of_bits(7, 8)], [FLOAT]]))


def test_there_must_be_options_for_each_layer() -> None:
    with pytest.raises(SpecError, match="1 lists of options for 2 layers"):
        BitOps().tables(NETWORK, [[LayerConfig(CONV, FLOAT)]])


@pytest.mark.parametrize(
    ("recipe", "bits"), [("binary", 1), ("ternary", 2), ("lut16", 16), ("W4@2:4", 4), ("lut4+4/2@sparse50", 16)]
)
def test_recipes_count_at_the_bits_that_are_computed_with(recipe: str, bits: int) -> None:
    precision = replace(LayerPrecision.of_bits(32, 8), weight=parse_recipe(recipe))
    assert total(precision, precision) == bits * 8 * (288 + 320)
