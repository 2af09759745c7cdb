"""Stored bytes: counted by hand, with scales, zero points, biases and packing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from autoquant_cost_models.weight_bytes import WeightBytes, packed_bytes
from hypothesis import given
from hypothesis import strategies as st
from options import options_of

from autoquant.errors import UnsupportedError
from autoquant.network import (
    ABSENT,
    BITS,
    FLOAT,
    ActivationQuantization,
    Granularity,
    LayerConfig,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    Operation,
    WeightQuantization,
)

# 8 x 3 x 3 x 3 = 216 weights, 8 biases.
CONV = LayerProfile("conv", "conv", 0, (3, 9, 9), (8, 9, 9), (8, 3, 3, 3), macs=17496, bias=8, parameters=224)
OTHER = LayerProfile("other", "other", 1, (10,), (10,), (), macs=None, bias=0, parameters=100)


def weights(bits: int, granularity: Granularity = "per_channel", **others: Any) -> LayerPrecision:
    return LayerPrecision(WeightQuantization(bits, granularity, **others), None)


def price(layer: LayerProfile, precision: LayerPrecision) -> float:
    network = NetworkProfile((layer,), input_shapes=(layer.input_shape,))
    tables = WeightBytes().tables(network, [[LayerConfig(layer, precision)]])
    return float(tables["weight_bytes"][0][0])


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        (FLOAT, 216 * 4 + 8 * 4),
        (LayerPrecision.of_bits(8, 8), 216 + 8 * 4 + 8 * 4 + 4 + 1),
        (LayerPrecision.of_bits(4, 8), 108 + 8 * 4 + 8 * 4 + 4 + 1),
        (LayerPrecision.of_bits(3, 8), 81 + 8 * 4 + 8 * 4 + 4 + 1),
        (LayerPrecision.of_bits(5, 16), 135 + 8 * 4 + 8 * 4 + 4 + 2),
        (LayerPrecision.of_bits(8, 4), 216 + 8 * 4 + 8 * 4 + 4 + 1),
        (LayerPrecision.of_bits(8, 32), 216 + 8 * 4 + 8 * 4),
        (LayerPrecision.of_bits(32, 8), 216 * 4 + 8 * 4 + 4 + 1),
        (LayerPrecision(WeightQuantization(8, "per_tensor"), ActivationQuantization(8)), 216 + 8 * 4 + 4 + 4 + 1),
        # 27 weights a channel: groups of 10, 10 and 7.
        (weights(4, "per_group", group_size=10), 108 + 8 * 4 + 24 * 4),
        (weights(4, "per_group", group_size=27), 108 + 8 * 4 + 8 * 4),
        (weights(4, "per_group", group_size=64), 108 + 8 * 4 + 8 * 4),
        (weights(3, quantizer="affine"), 81 + 8 * 4 + 8 * (4 + 1)),
        (weights(16, "per_tensor", quantizer="affine"), 432 + 8 * 4 + 4 + 2),
        (weights(4, "per_group", quantizer="affine", group_size=9), 108 + 8 * 4 + 24 * (4 + 1)),
        (weights(4, quantizer="power_of_two"), 108 + 8 * 4 + 8 * 4),
        (weights(4, quantizer="logarithmic"), 108 + 8 * 4 + 8 * 4),
        (weights(4, quantizer="statistical"), 108 + 8 * 4 + 8 * (4 + 4)),
    ],
)
def test_by_hand(precision: LayerPrecision, expected: int) -> None:
    assert price(CONV, precision) == expected


def test_weights_that_do_not_fill_a_byte_are_rounded_up() -> None:
    odd = LayerProfile("odd", "linear", 0, (3,), (1,), (1, 3), macs=3, bias=0, parameters=3)
    assert price(odd, LayerPrecision.of_bits(3, 32)) == 2 + 4


def test_a_layer_of_kind_other_is_float_and_nothing_else() -> None:
    assert price(OTHER, FLOAT) == 400
    with pytest.raises(UnsupportedError, match=r"'other'.*W8A8.*supported: .*float only for layers of kind 'other'"):
        price(OTHER, LayerPrecision.of_bits(8, 8))


def test_layers_that_share_a_weight_store_it_once() -> None:
    tokens = LayerProfile("tokens", "embedding", 0, (9,), (9, 8), (50, 8), macs=0, bias=0, parameters=400)
    head = LayerProfile("head", "linear", 1, (9, 8), (9, 50), (50, 8), macs=3600, bias=50, parameters=450)
    network = NetworkProfile((tokens, head), ((9,),), ties=(("tokens", "head"),))
    options = options_of(network, [[LayerPrecision.of_bits(4, 32)], [LayerPrecision.of_bits(4, 8)]])
    (first,), (second,) = WeightBytes().tables(network, options)["weight_bytes"]
    assert (first, second) == (200 + 50 * 4, 50 * 4 + 4 + 1)


def test_of_layers_that_share_a_weight_one_that_is_never_absent_stores_it() -> None:
    tokens = LayerProfile("tokens", "embedding", 0, (9,), (9, 8), (50, 8), macs=0, bias=0, parameters=400)
    head = LayerProfile("head", "linear", 1, (9, 8), (9, 50), (50, 8), macs=3600, bias=50, parameters=450)
    network = NetworkProfile((tokens, head), ((9,),), ties=(("tokens", "head"),))
    four = LayerPrecision.of_bits(4, 32)
    options = [[LayerConfig(tokens, four), ABSENT], [LayerConfig(head, four)]]
    first, second = WeightBytes().tables(network, options)["weight_bytes"]
    assert (first.tolist(), second.tolist()) == ([0, 0], [200 + 50 * 4 + 50 * 4])
    options[1].append(ABSENT)
    with pytest.raises(UnsupportedError, match="layers tokens, head share one weight and may all be absent"):
        WeightBytes().tables(network, options)


def test_a_product_of_activations_stores_nothing() -> None:
    product = LayerProfile("scores", "matmul", 0, (9, 8), (9, 9), (), macs=648, bias=0, parameters=0, kept_float=True)
    assert price(product, FLOAT) == 0


def test_a_bit_width_that_cannot_be_chosen_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"W7A8.*supported: weights and activations of 2, 3, 4, 5, 6, 8, 16"):
        price(CONV, LayerPrecision.of_bits(7, 8))


@given(st.integers(0, 10**9), st.sampled_from(BITS))
def test_packing_wastes_less_than_a_byte(values: int, bits: int) -> None:
    assert packed_bytes(values, bits) == math.ceil(values * bits / 8)
    assert 0 <= packed_bytes(values, bits) * 8 - values * bits < 8


def test_dscnn_in_8_bits(dscnn: NetworkProfile) -> None:
    """22,016 weights, 588 biases and 588 scales, and a scale and a zero point for each of ten inputs."""
    tables = WeightBytes().tables(dscnn, options_of(dscnn, [[LayerPrecision.of_bits(8, 8)]] * len(dscnn)))
    assert sum(float(cost[0]) for cost in tables["weight_bytes"]) == 22016 + 588 * 4 + 588 * 4 + 10 * 5


def test_what_operations_read_has_a_scale_and_a_zero_point() -> None:
    # The network input and conv's output are added, the sum is pooled and added to the input once more.
    first, second = replace(CONV, name="first"), replace(CONV, name="second", order=1)
    operations = (
        Operation("first", "conv", (-1,), (8, 9, 9), layer="first"),
        Operation("relu", "relu", (0,), (8, 9, 9)),
        Operation("second", "conv", (1,), (8, 9, 9), layer="second"),
        Operation("add", "add", (2, 1), (8, 9, 9), input_bits=8),
        Operation("mean", "mean", (3,), (8,), input_bits=8),
        Operation("add", "add", (3, -1), (8,), input_bits=8),
        Operation("mul", "mul", (5, 5), (8,)),
    )
    network = NetworkProfile((first, second), ((3, 9, 9),), operations=operations, outputs=(6,))
    rows = [[LayerConfig(layer, FLOAT), LayerConfig(layer, LayerPrecision.of_bits(8, 8))] for layer in network]
    found = WeightBytes().tables(network, rows)["weight_bytes"]
    plain = WeightBytes().tables(replace(network, operations=()), rows)["weight_bytes"]
    assert [list(one - two) for one, two in zip(found, plain, strict=True)] == [[0, 2 * 5], [0, 2 * 5]]


def test_nothing_quantizable_stores_no_scales() -> None:
    operations = (
        Operation("conv", "conv", (-1,), (8, 9, 9), layer="conv"),
        Operation("mean", "mean", (0,), (8,), input_bits=8),
    )
    kept = replace(CONV, kept_float=True)
    network = NetworkProfile((kept,), ((3, 9, 9),), operations=operations)
    assert float(WeightBytes().tables(network, [[LayerConfig(kept, FLOAT)]])["weight_bytes"][0][0]) == 224 * 4
