"""Profiles of networks."""

from __future__ import annotations

import json

import toy

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
