"""Profiles of networks."""

from __future__ import annotations

import json

import pytest
import toy

from autoquant.errors import SpecError
from autoquant.network import FLOAT, LayerPrecision, NetworkProfile, Operation, bits_text
from autoquant.testing.examples import PLAN


def test_a_profile_is_read_back_from_json():
    for profile in (toy.PROFILE, PLAN.profile):
        assert NetworkProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile
        assert NetworkProfile.from_dict(profile.to_dict()) == profile


def test_what_a_layer_counts():
    conv, norm = PLAN.profile
    assert (conv.weights, conv.output_channels, conv.input_values, conv.output_values) == (216, 8, 243, 648)
    assert (norm.weights, norm.output_channels) == (0, 0)
    assert PLAN.profile.quantizable == (conv,)
    assert len(PLAN.profile) == 2


def test_precisions_as_text():
    assert str(LayerPrecision(4, 8)) == "W4A8"
    assert str(FLOAT) == "WfloatAfloat"
    assert [bits_text(bits) for bits in (2, 16, 32)] == ["2", "16", "float"]


def test_groups_have_a_size_and_nothing_else_has():
    assert LayerPrecision(4, 8, "per_group", group_size=10).scales((8, 3, 3, 3)) == 24
    assert LayerPrecision(4, 8).scales((8, 3, 3, 3)) == 8
    assert LayerPrecision(4, 8, "per_tensor").scales((8, 3, 3, 3)) == 1
    for granularity, size in (("per_group", None), ("per_channel", 32), ("per_tensor", 1)):
        with pytest.raises(SpecError, match="give group_size, a whole number from 1, with granularity per_group"):
            LayerPrecision(4, 8, granularity, group_size=size)


def test_precisions_with_the_same_weights_have_the_same_key():
    one = LayerPrecision(4, 8, "per_group", "min_max", "mse", "affine", 32)
    assert one.weight_key == LayerPrecision(4, 2, "per_group", "min_max", "percentile", "affine", 32).weight_key
    others = [
        LayerPrecision(3, 8, "per_group", "min_max", "mse", "affine", 32),
        LayerPrecision(4, 8, "per_channel", "min_max", "mse", "affine"),
        LayerPrecision(4, 8, "per_group", "mse", "mse", "affine", 32),
        LayerPrecision(4, 8, "per_group", "min_max", "mse", "symmetric", 32),
        LayerPrecision(4, 8, "per_group", "min_max", "mse", "affine", 64),
    ]
    assert len({one.weight_key, *(other.weight_key for other in others)}) == 6


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
    conv, norm = PLAN.profile
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
