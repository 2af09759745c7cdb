"""Stored bytes: counted by hand, with scales, zero points, biases and packing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from autoquant_cost_models.weight_bytes import WeightBytes, code_bytes, packed_bytes, pattern_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from options import options_of

from autoquant.errors import UnsupportedError
from autoquant.network import (
    ABSENT,
    BITS,
    FLOAT,
    ActivationQuantization,
    Codebook,
    Granularity,
    LayerConfig,
    LayerOption,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    NOfM,
    Operation,
    Pruned,
    WeightQuantization,
)
from autoquant.recipes import kept_weights, parse_recipe

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


def recipe(text: str, **tables: Any) -> LayerPrecision:
    return LayerPrecision(parse_recipe(text, codebook=Codebook((2,), **tables)), None)


BIASES, SCALES = 8 * 4, 8 * 4
"""Of `CONV`."""


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        (recipe("ternary"), 44 + BIASES + SCALES),
        (recipe("binary"), 27 + BIASES + SCALES),
        (recipe("lut16"), 108 + 32 + BIASES),
        (recipe("lut16", entry_bits=8), 108 + 16 + 4 + BIASES),
        # 27 weights a channel are 14 pairs: 112 codes of 2 bits for each table, 4 pairs of float16 in each.
        (recipe("lut4+4/2"), 2 * 28 + 2 * 16 + BIASES),
        # 9 groups of 3 weights a channel: 72 codes of 1 bit and 72 of 3.
        (recipe("lut2+8/3", entry_bits=8), 9 + 27 + 6 + 24 + 2 * 4 + BIASES),
        (recipe("W4@1:3"), 36 + 18 + BIASES + SCALES),
        (recipe("ternary@2:3"), 29 + 36 + BIASES + SCALES),
        (recipe("lut16@1:3"), 36 + 18 + 32 + BIASES),
        # Pairs with a zero in them have a code like any other: 14 of 27 weights a channel.
        (recipe("lut4/2@1:3"), 28 + 18 + 16 + BIASES),
        (recipe("W8@sparse33"), 27 + 145 + BIASES + SCALES),
        (recipe("lut4/2@sparse33"), 27 + 28 + 16 + BIASES),
        # 8 x 7 blocks, of which 28 are kept.
        (recipe("W4@block1x4:50"), 7 + 28 * 4 // 2 + BIASES + SCALES),
        # 3 x 6 blocks, of which 9 of 18 go; they hold 15 weights each.
        (recipe("W8@block3x5:50"), 3 + 9 * 15 + BIASES + SCALES),
        (weights(4, scale_bytes=2), 108 + BIASES + 8 * 2),
        (weights(4, quantizer="affine", scale_bytes=2), 108 + BIASES + 8 * (2 + 1)),
    ],
)
def test_recipes_by_hand(precision: LayerPrecision, expected: int) -> None:
    assert price(CONV, precision) == expected


LAYERS = tuple(
    LayerProfile(f"layer{i}", "linear", i, (16,), (16,), (16, 16), macs=256, bias=0, parameters=256) for i in range(3)
)
SHARING = NetworkProfile(LAYERS, ((16,),))


def totals(rows: list[list[LayerPrecision]], *population: tuple[int, ...]) -> list[float]:
    options = options_of(SHARING, rows)
    assert not WeightBytes().is_additive(options)
    found: list[float] = WeightBytes().estimate(SHARING, options, np.array(population))["weight_bytes"].tolist()
    return found


def test_shared_tables_count_once_for_each_codebook_of_a_network() -> None:
    small, large, plain = recipe("lut4", shared=True), recipe("lut16", shared=True), LayerPrecision.of_bits(8, 32)
    rows = [[small, large, plain]] * 3
    codes = {0: 64 + 4, 1: 128 + 4, 2: 256 + 16 * 4}
    assert totals(rows, (0, 0, 0), (0, 1, 0), (2, 1, 1), (2, 2, 2)) == [
        3 * codes[0] + 4 * 2, 2 * codes[0] + codes[1] + (4 + 16) * 2, codes[2] + 2 * codes[1] + 16 * 2, 3 * codes[2]
    ]  # fmt: skip


def test_the_same_tables_may_hold_dense_and_sparse_weights() -> None:
    rows = [[recipe("lut16", shared=True, entry_bits=8)], [recipe("lut16@2:4", shared=True, entry_bits=8)]]
    rows.append([LayerPrecision.of_bits(8, 32)])
    assert totals(rows, (0, 0, 0)) == [(128 + 4) + (64 + 32 + 4) + (256 + 64) + 16 + 4]


def test_without_shared_tables_costs_are_the_sum_over_layers() -> None:
    assert WeightBytes().is_additive(options_of(SHARING, [[recipe("lut16"), recipe("ternary")]] * 3))


def test_an_absent_layer_uses_no_tables() -> None:
    shared = recipe("lut4", shared=True)
    options: list[list[LayerOption]] = [[LayerConfig(layer, shared), ABSENT] for layer in LAYERS]
    found = WeightBytes().estimate(SHARING, options, np.array([[0, 1, 1], [1, 1, 1]]))["weight_bytes"]
    assert found.tolist() == [64 + 4 + 8, 0]


SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3))
SPARSITY = st.one_of(
    st.none(),
    st.integers(1, 99).map(Pruned),
    st.builds(Pruned, st.integers(1, 99), st.tuples(st.integers(1, 4), st.integers(1, 6))),
)


@settings(max_examples=60)
@given(SHAPES, SPARSITY, st.sampled_from(["W2", "W4", "W5", "ternary", "lut8", "lut4+2/3"]))
def test_what_is_stored_is_what_is_packed(shape: tuple[int, ...], sparsity: Pruned | None, text: str) -> None:
    weight = parse_recipe(text)
    assert weight is not None
    weight = replace(weight, sparsity=sparsity)
    rows, columns = shape[0], math.prod(shape[1:])
    kept, marks = rows * columns, 0
    if sparsity is not None:
        high, wide = sparsity.block or (1, 1)
        marks = len(range(0, rows, high)) * len(range(0, columns, wide))
        kept = (marks - math.floor(marks * sparsity.percent / 100)) * high * wide
    assert kept == kept_weights(sparsity, shape)
    assert pattern_bytes(weight, shape) == math.ceil(marks / 8)
    if weight.codebook is None:
        expected = math.ceil(kept / 5) if text == "ternary" else math.ceil(kept * weight.bits / 8)
    else:
        dim = weight.codebook.dim
        whole = sparsity is not None and (sparsity.block or (1, 1))[1] % dim == 0
        groups = kept // dim if whole else rows * math.ceil(columns / dim)
        expected = sum(math.ceil(groups * math.log2(size) / 8) for size in weight.codebook.sizes)
    assert code_bytes(weight, shape) == expected


@settings(max_examples=30)
@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 4), st.data())
def test_n_of_m_keeps_n_of_every_m_input_channels(rows: int, times: int, kernel: int, data: st.DataObject) -> None:
    of = data.draw(st.integers(2, 8))
    kept = data.draw(st.integers(1, of - 1))
    shape = (rows, times * of, kernel)
    weight = WeightQuantization(4, sparsity=NOfM(kept, of))
    assert kept_weights(weight.sparsity, shape) == rows * times * kernel * kept
    assert pattern_bytes(weight, shape) == math.ceil(rows * times * kernel * kept * math.ceil(math.log2(of)) / 8)
