"""Options of the bit-width space: pins, lists of their own, labels, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
import toy
from autoquant_search_spaces.bit_widths import BitWidths

from autoquant import plugins
from autoquant.errors import SpecError
from autoquant.network import FLOAT, LayerPrecision, LayerProfile, NetworkProfile

LAST = LayerProfile("head.out", "linear", 5, (3,), (3,), (3, 3), 9, 3, 12)
KEPT = LayerProfile("norm", "other", 4, (3,), (3,), (), None, 0, 6, kept_float=True)
NETWORK = NetworkProfile((LAST, *toy.PROFILE.layers, KEPT), (10,))
"""Its first layer in the list is the last that executes."""


def space(**options: Any) -> BitWidths:
    return BitWidths(NETWORK, **plugins.check_options(BitWidths, options, "space"))


def bits(made: BitWidths) -> dict[str, tuple[set[int], set[int]]]:
    """Layer -> (weight bits, activation bits) that it may take."""
    rows = zip(NETWORK, made.layer_options, strict=True)
    return {layer.name: ({p.weight_bits for p in o}, {p.activation_bits for p in o}) for layer, o in rows}


def test_every_free_layer_has_its_choices() -> None:
    made = space(weights=[8, 2], activations=["float", 4])
    names = [choice.name for choice in made.choices]
    assert names[:4] == ["head.out.weight", "head.out.activation", "layer0.weight", "layer0.activation"]
    assert len(names) == 10
    assert made.choices[0].options == (2, 8)
    assert made.choices[1].options == (4, "float")
    assert made.layer_options[-1] == (FLOAT,)


def test_a_single_bit_width_is_no_choice() -> None:
    assert [choice.name for choice in space(weights=[4], activations=[4, 8]).choices][:2] == [
        "head.out.activation",
        "layer0.activation",
    ]


def test_pins_go_by_order_of_execution_name_and_pattern() -> None:
    made = bits(space(weights=[2, 4], activations=[4, 8], pins={"first": 8, "last": "float", "layer[12]": 3}))
    assert made["layer0"] == ({8}, {8})
    assert made["head.out"] == ({32}, {32})
    assert made["layer1"] == made["layer2"] == ({3}, {3})
    assert made["layer3"] == ({2, 4}, {4, 8})


def test_every_option_of_quantization_reaches_the_layers() -> None:
    options = {"weight_scale": "percentile", "activation_scale": "min_max", "quantizer": "affine"}
    precision = space(granularity="per_group", group_size=16, **options).layer_options[0][0]
    assert precision == LayerPrecision(2, 32, "per_group", "percentile", "min_max", "affine", 16)
    assert space(granularity="per_group").layer_options[0][0].group_size == 64
    assert space(group_size=16).layer_options[0][0] == LayerPrecision(2, 32)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"quantizer": "affine", "weight_scale": "full_range"},
            "'affine' has no rule 'full_range'; accepted: min_max",
        ),
        ({"quantizer": "logarithmic", "weight_scale": "min_max"}, "'min_max'; it has none; leave the option out"),
        ({"quantizer": "cubic"}, r"space.quantizer: .*'symmetric', 'affine'"),
        ({"activation_scale": "full_range"}, r"space.activation_scale: .*'min_max', 'percentile' or 'mse'"),
        ({"group_size": 0}, "space.group_size: .* greater than or equal to 1"),
    ],
)
def test_a_quantizer_is_asked_only_for_what_it_knows(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        space(**options)


def test_a_later_pin_wins() -> None:
    made = bits(space(pins={"layer*": 8, "layer1": 4}))
    assert (made["layer1"], made["layer2"]) == (({4}, {32}), ({8}, {32}))


def test_a_layer_that_is_called_first_is_meant_by_its_name() -> None:
    named = NetworkProfile(
        (*toy.PROFILE.layers, LayerProfile("first", "linear", 9, (3,), (3,), (3, 3), 9, 3, 12)), (10,)
    )
    made = BitWidths(named, pins={"first": 8})
    assert "first.weight" not in {choice.name for choice in made.choices}
    assert "layer0.weight" in {choice.name for choice in made.choices}


def test_pins_leave_activations_alone_that_are_not_searched() -> None:
    assert bits(space(pins={"first": 8}))["layer0"] == ({8}, {32})


def test_layers_may_have_lists_of_their_own() -> None:
    made = bits(space(layers={"layer1": {"weights": [3, 5]}, "layer2": {"activations": [8, 16]}}))
    assert made["layer1"] == ({3, 5}, {32})
    assert made["layer2"] == ({2, 4, 8}, {8, 16})


def test_scales_are_those_of_the_options() -> None:
    made = space(granularity="per_tensor", weight_scale="min_max", activation_scale="min_max").layer_options[0][0]
    assert (made.weight_granularity, made.weight_scale, made.activation_scale) == ("per_tensor", "min_max", "min_max")


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({}, ["W2", "W4", "W8"]),
        ({"weights": [4, "float"]}, ["W4", "Wfloat"]),
        ({"weights": [2, 4], "activations": [8, "float"]}, ["W2A8", "W2", "W4A8", "W4"]),
        ({"weights": [4], "activations": [4, 8]}, ["W4A4", "W4A8"]),
        ({"weights": [2, 4], "pins": {"first": 8, "last": 8}}, ["W2", "W4"]),
        ({"weights": [2, 4], "layers": {"layer1": {"weights": [4, 8]}}}, ["W4"]),
        ({"weights": [2, 4], "layers": {"layer1": {"weights": [8, 16]}}}, []),
    ],
)
def test_uniform_bit_widths_are_those_that_every_free_layer_has(options: dict[str, Any], labels: list[str]) -> None:
    made = space(**options)
    assert list(made.uniform()) == labels
    pinned = {"layer0", "head.out"} if "pins" in options else set()
    for candidate in made.uniform().values():
        free = [
            (p.weight_bits, p.activation_bits)
            for layer, p in zip(NETWORK, made.precisions(candidate), strict=True)
            if not layer.kept_float and layer.name not in pinned
        ]
        assert len(set(free)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": []}, "space.weights: the list is empty; accepted: 2, 3, 4, 5, 6, 8, 16, float"),
        ({"activations": [4, 4]}, r"space.activations: \[4, 4\] repeats a bit-width"),
        ({"weights": [7]}, r"space.weights\[0\]: Input should be 2, 3, 4, 5, 6, 8, 16 or 'float' \(given: 7\)"),
        ({"weights": ["fp32"]}, r"space.weights\[0\]: Input should be 2, 3, 4, 5, 6, 8, 16 or 'float'"),
        ({"weights": 4}, "space.weights: Input should be"),
        (
            {"pins": {"frist": 8}},
            "space.pins.frist: no layer matches; did you mean 'first'? accepted: first, head.out, la",
        ),
        ({"pins": {"norm": 8}}, "space.pins.norm: no layer matches"),
        ({"pins": {"first": 7}}, "space.pins.first: Input should be 2, 3"),
        ({"layers": {"layer9": {"weights": [2]}}}, "space.layers.layer9: there is no such layer; did you mean 'layer"),
        ({"layers": {"layer1": {"weight": [2]}}}, "space.layers.layer1.weight"),
        ({"layers": {"layer1": {"weights": []}}}, "space.layers.layer1.weights: the list is empty"),
        ({"layers": {"layer1": {"weights": [2, 2]}}}, r"space.layers.layer1.weights: \[2, 2\] repeats"),
        ({"weights": [8]}, "space: every layer is pinned or has a single bit-width, so there is nothing to search"),
        ({"pins": {"*": 8}}, "space: every layer is pinned"),
        ({"granularity": "per_row"}, "space.granularity: Input should be 'per_channel', 'per_tensor' or 'per_group'"),
    ],
)
def test_impossible_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        space(**options)
    (problem,) = caught.value.problems
    assert re.match(message.replace("?", r"\?"), problem), problem


def test_it_needs_a_network_with_layers() -> None:
    with pytest.raises(SpecError, match="space: bit_widths needs a network, and the evaluator has none"):
        BitWidths(None)
    with pytest.raises(SpecError, match="space: the network has no layer that may be quantized"):
        BitWidths(NetworkProfile((KEPT,), (10,)))
