"""Profiles of networks."""

from __future__ import annotations

import json
from itertools import product

import pytest
import toy

from autoquant.errors import SpecError
from autoquant.network import (
    FLOAT,
    ActivationQuantization,
    LayerPrecision,
    NetworkProfile,
    Operation,
    WeightQuantization,
    bits_text,
)
from autoquant.testing.examples import DEFINITION


def test_a_profile_is_read_back_from_json():
    for profile in (toy.PROFILE, DEFINITION.profile):
        assert NetworkProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile
        assert NetworkProfile.from_dict(profile.to_dict()) == profile


def test_what_a_layer_counts():
    conv, norm = DEFINITION.profile
    assert (conv.weights, conv.output_channels, conv.input_values, conv.output_values) == (216, 8, 243, 648)
    assert (norm.weights, norm.output_channels) == (0, 0)
    assert DEFINITION.profile.quantizable == (conv,)
    assert len(DEFINITION.profile) == 2


def test_precisions_as_text():
    assert str(LayerPrecision.of_bits(4, 8)) == "W4A8"
    assert str(LayerPrecision.of_bits(4, "float")) == "W4Afloat"
    assert str(FLOAT) == "WfloatAfloat"
    assert [bits_text(bits) for bits in (2, 16, 32)] == ["2", "16", "float"]


def test_float_is_none_and_has_one_form():
    assert LayerPrecision.of_bits(32, "float") == FLOAT == LayerPrecision(None, None)
    assert (FLOAT.weight_bits, FLOAT.activation_bits) == (32, 32)
    for quantization in (WeightQuantization, ActivationQuantization):
        with pytest.raises(SpecError, match="32 bits are float: give None"):
            quantization(32)


def test_groups_have_a_size_and_nothing_else_has():
    assert WeightQuantization(4, "per_group", group_size=10).scales((8, 3, 3, 3)) == 24
    assert WeightQuantization(4).scales((8, 3, 3, 3)) == 8
    assert WeightQuantization(4, "per_tensor").scales((8, 3, 3, 3)) == 1
    for granularity, size in (("per_group", None), ("per_channel", 32), ("per_tensor", 1)):
        with pytest.raises(SpecError, match="give group_size, a whole number from 1, with granularity per_group"):
            WeightQuantization(4, granularity, group_size=size)


def test_one_bit_is_binary_or_in_a_codebook():
    assert WeightQuantization(1, quantizer="binary").bits == 1
    with pytest.raises(SpecError, match="quantizer 'symmetric' has no 1 bit; weights of 1 bit are binary, or in"):
        WeightQuantization(1)
    with pytest.raises(SpecError, match="quantizer 'ternary' has 2 bits, not 3"):
        WeightQuantization(3, quantizer="ternary")


def test_keys_stay_what_they_are():
    """Stored measurements are found by them: a key that changes voids every measurement of before."""
    four = WeightQuantization(4)
    assert LayerPrecision(four, ActivationQuantization(8)).key() == "1|w4 symmetric per_channel mse|a8 mse"
    assert LayerPrecision(four, None).key() == "1|w4 symmetric per_channel mse|afloat"
    groups = WeightQuantization(3, "per_group", "min_max", "affine", 32)
    percentile = ActivationQuantization(16, "percentile")
    assert LayerPrecision(groups, percentile).key() == "1|w3 affine per_group:32 min_max|a16 percentile"
    assert LayerPrecision(WeightQuantization(2, "per_tensor", quantizer="logarithmic"), None).key() == (
        "1|w2 logarithmic per_tensor|afloat"
    )
    assert FLOAT.key() == "1|wfloat|afloat"


def test_a_key_holds_every_field():
    weights = [
        WeightQuantization(4, "per_group", "min_max", "affine", 32),
        WeightQuantization(3, "per_group", "min_max", "affine", 32),
        WeightQuantization(4, "per_channel", "min_max", "affine"),
        WeightQuantization(4, "per_group", "mse", "affine", 32),
        WeightQuantization(4, "per_group", "min_max", "symmetric", 32),
        WeightQuantization(4, "per_group", "min_max", "affine", 64),
        None,
    ]
    activations = [ActivationQuantization(4), ActivationQuantization(8), ActivationQuantization(4, "min_max"), None]
    assert len({LayerPrecision(*pair).key() for pair in product(weights, activations)}) == 7 * 4


def test_profiles_of_the_first_version_are_read():
    old = {
        "layers": [
            {"name": "conv", "kind": "conv", "order": 0, "input_shape": [3, 9, 9], "output_shape": [8, 9, 9],
             "weight_shape": [8, 3, 3, 3], "macs": 17496, "bias": 8, "parameters": 224, "groups": 1,
             "kept_float": False},
        ],
        "input_shape": [3, 9, 9],
    }  # fmt: skip
    profile = NetworkProfile.from_dict(old)
    assert (profile.input_shapes, profile.input_shape, profile.method) == (((3, 9, 9),), (3, 9, 9), "hooks")
    assert (profile.layers[0].weight_shape, profile.layers[0].calls) == ((8, 3, 3, 3), 1)
    assert (profile.operations, profile.ties, profile.notes) == ((), (), ())


def test_a_profile_with_a_graph_is_read_back():
    conv, norm = DEFINITION.profile
    profile = NetworkProfile(
        (conv, norm),
        ((3, 9, 9), (5,)),
        ("float32", "int64"),
        (Operation("conv", "conv", (-1,), (8, 9, 9), layer="conv"), Operation("add", "add", (0, -2), (8,), "int64")),
        outputs=(1,),
        method="export",
        notes=("layer 'norm' stays in float",),
        ties=(("conv", "norm"),),
    )
    assert NetworkProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile
    assert profile.operations[0].output_values == 648
    before = profile.to_dict()
    for operation in before["operations"]:
        del operation["input_bits"]
    assert NetworkProfile.from_dict(before) == profile
