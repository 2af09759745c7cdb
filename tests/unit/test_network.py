"""Profiles of networks."""

from __future__ import annotations

import json

import pytest
import toy

from autoquant.errors import SpecError
from autoquant.network import FLOAT, LayerPrecision, NetworkProfile, bits_text
from autoquant.testing.store import PLAN


def test_a_profile_is_read_back_from_json():
    for profile in (toy.PROFILE, PLAN.profile):
        assert NetworkProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile
        assert NetworkProfile.from_dict(profile.to_dict()) == profile


def test_what_a_layer_counts():
    conv, norm = PLAN.profile
    assert (conv.weights, conv.output_channels, conv.input_values, conv.output_values) == (216, 8, 243, 648)
    assert (norm.weights, norm.output_channels) == (1, 0)
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
