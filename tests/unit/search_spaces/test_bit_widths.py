"""Options of the bit-width space: pins, lists of their own, labels, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
import toy
from autoquant_search_spaces.bit_widths import BitWidths
from spaces import bit_widths

from autoquant.errors import SpecError
from autoquant.network import (
    FLOAT,
    ActivationQuantization,
    LayerConfig,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    Operation,
    WeightQuantization,
)

LAST = LayerProfile("head.out", "linear", 5, (3,), (3,), (3, 3), 9, 3, 12)
KEPT = LayerProfile("norm", "other", 4, (3,), (3,), (), None, 0, 6, kept_float=True)
NETWORK = NetworkProfile((LAST, *toy.PROFILE.layers, KEPT), ((10,),))
"""Its first layer in the list is the last that executes."""


def space(**options: Any) -> BitWidths:
    return bit_widths(NETWORK, **options)


def bits(made: BitWidths) -> dict[str, tuple[set[int], set[int]]]:
    """Layer -> (weight bits, activation bits) that it may take."""
    precisions = [[option.precision for option in row] for row in made.layer_options]
    rows = zip(NETWORK, precisions, strict=True)
    return {layer.name: ({p.weight_bits for p in row}, {p.activation_bits for p in row}) for layer, row in rows}


def test_every_free_layer_has_its_choices() -> None:
    made = space(weights=[8, 2], activations=["float", 4])
    names = [choice.name for choice in made.choices]
    assert names[:4] == ["head.out.weight", "head.out.activation", "layer0.weight", "layer0.activation"]
    assert len(names) == 10
    assert made.choices[0].options == (2, 8)
    assert made.choices[1].options == (4, "float")
    assert made.layer_options[-1] == (LayerConfig(KEPT, FLOAT),)


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
    precision = space(activations=[8], granularity="per_group", group_size=16, **options).layer_options[0][0].precision
    weight = WeightQuantization(2, "per_group", "percentile", "affine", 16)
    assert precision == LayerPrecision(weight, ActivationQuantization(8, "min_max"))
    assert space(granularity="per_group").layer_options[0][0].precision.weight == WeightQuantization(
        2, "per_group", group_size=64
    )
    assert space(group_size=16).layer_options[0][0].precision == LayerPrecision.of_bits(2, 32)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"quantizer": "affine", "weight_scale": "full_range"},
            "'affine' has no scale method 'full_range'; accepted: min_max",
        ),
        ({"quantizer": "logarithmic", "weight_scale": "min_max"}, "'min_max'; it has none; leave the option out"),
        ({"quantizer": "cubic"}, r"space.quantizer: .*'symmetric', 'affine'"),
        ({"activation_scale": "full_range"}, r"space.activation_scale: .*'min_max', 'percentile' or 'mse'"),
        ({"group_size": 0}, "space.group_size: must be 1 or more"),
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
        (*toy.PROFILE.layers, LayerProfile("first", "linear", 9, (3,), (3,), (3, 3), 9, 3, 12)), ((10,),)
    )
    made = bit_widths(named, pins={"first": 8})
    assert "first.weight" not in {choice.name for choice in made.choices}
    assert "layer0.weight" in {choice.name for choice in made.choices}


def test_pins_leave_activations_alone_that_are_not_searched() -> None:
    assert bits(space(pins={"first": 8}))["layer0"] == ({8}, {32})


def test_layers_may_have_lists_of_their_own() -> None:
    made = bits(space(layers={"layer1": {"weights": [3, 5]}, "layer2": {"activations": [8, 16]}}))
    assert made["layer1"] == ({3, 5}, {32})
    assert made["layer2"] == ({2, 3, 4, 6, 8}, {8, 16})


def test_scales_are_those_of_the_options() -> None:
    options = {"granularity": "per_tensor", "weight_scale": "min_max", "activation_scale": "min_max"}
    precision = space(weights=[2], activations=[8, 16], **options).layer_options[0][0].precision
    weight = WeightQuantization(2, "per_tensor", "min_max")
    assert precision == LayerPrecision(weight, ActivationQuantization(8, "min_max"))


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({}, ["W2", "W3", "W4", "W6", "W8"]),
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
        ({"weights": [7]}, r"space.weights\[0\]: must be 2, 3, 4, 5, 6, 8, 16 or 'float' \(given: 7\)"),
        ({"weights": ["fp32"]}, r"space.weights\[0\]: must be 2, 3, 4, 5, 6, 8, 16 or 'float'"),
        ({"weights": 4}, "space.weights: must be a list"),
        (
            {"pins": {"frist": 8}},
            "space.pins.frist: no layer matches; did you mean 'first'? accepted: first, head.out, la",
        ),
        ({"pins": {"norm": 8}}, "space.pins.norm: no layer matches"),
        ({"pins": {"first": 7}}, "space.pins.first: must be 2, 3"),
        ({"layers": {"layer9": {"weights": [2]}}}, "space.layers.layer9: there is no such layer; did you mean 'layer"),
        ({"layers": {"layer1": {"weight": [2]}}}, "space.layers.layer1.weight"),
        ({"layers": {"layer1": {"weights": []}}}, "space.layers.layer1.weights: the list is empty"),
        ({"layers": {"layer1": {"weights": [2, 2]}}}, r"space.layers.layer1.weights: \[2, 2\] repeats"),
        ({"weights": [8]}, "space: every layer is pinned or has a single bit-width, so there is nothing to search"),
        ({"pins": {"*": 8}}, "space: every layer is pinned"),
        ({"tie": ["residual"]}, "space.tie: the graph of this network is not known"),
        ({"tie": ["outputs"]}, r"space.tie\[0\]: must be 'residual' or 'shared_input'"),
        ({"groups": {"a": ["layer9"]}}, "space.groups.a: no layer matches 'layer9'; did you mean 'layer"),
        ({"groups": {"a": ["layer1"]}}, "space.groups.a: it has 1 layers; a group has two or more"),
        ({"groups": {"layer1": ["layer*"]}}, "space.groups.layer1: a layer has this name"),
        (
            {"groups": {"a": ["layer*"], "b": ["layer1", "head.out"]}},
            "space.groups.b: layer 'layer1' is in the group",
        ),
        (
            {"groups": {"a": ["layer*"]}, "layers": {"layer1": {"weights": [16]}}},
            "space: layers that share one choice of weight bits have none in common: layer0 may have 2, 3, 4, 6, 8; ",
        ),
        ({"weight_scales": ["mse", "mse"]}, r"space.weight_scales: \['mse', 'mse'\] repeats a name"),
        (
            {"weights": [4], "weight_scales": ["fast"]},
            r"space.weight_scales\[0\]: must be 'min_max', 'full_range'",
        ),
        (
            {"quantizer": "affine", "weight_scales": ["mse", "full_range"]},
            "space.weight_scales: the quantizer 'affine' has",
        ),
        ({"granularity": "per_row"}, "space.granularity: must be 'per_channel', 'per_tensor' or 'per_group'"),
    ],
)
def test_impossible_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        space(**options)
    (problem,) = caught.value.problems
    assert re.match(message.replace("?", r"\?"), problem), problem


GRAPH = NetworkProfile(
    tuple(
        LayerProfile(name, kind, i, (8,), (8,), (8, 8), macs, 0, 64)  # type: ignore[arg-type]
        for i, (name, kind, macs) in enumerate(
            (("tokens", "embedding", 0), ("q", "linear", 64), ("k", "linear", 64), ("v", "linear", 64),
             ("out", "linear", 64), ("up", "linear", 64), ("down", "linear", 64), ("head", "linear", 64))
        )
    ),
    ((5,),),
    operations=(Operation("tokens", "embedding", (-1,), (8,), layer="tokens"),),
    ties=(("tokens", "head"),),
    joined=(("tokens", "out", "down"),),
    shared_input=(("q", "k", "v"),),
)  # fmt: skip
"""A Transformer block: what is tied in it."""


def shared(**options: Any) -> dict[str, list[str]]:
    """Choice -> the layers that it changes."""
    made = bit_widths(GRAPH, **({"activations": [4, 8]} | options))
    start = tuple(0 for _ in made.choices)
    found = {}
    for column, choice in enumerate(made.choices):
        other = tuple(int(i == column) for i in range(len(start)))
        rows = zip(GRAPH, made.precisions(start), made.precisions(other), strict=True)
        found[choice.name] = [layer.name for layer, before, after in rows if before != after]
    return found


def test_layers_that_share_a_weight_have_one_choice_of_its_bits() -> None:
    found = shared()
    assert found["tokens.weight"] == ["tokens", "head"]
    assert found["head.activation"] == ["head"]
    assert "head.weight" not in found
    assert "tokens.activation" not in found
    assert found["q.weight"] == found["q.activation"] == ["q"]


def test_layers_that_meet_and_layers_that_read_the_same_may_be_tied() -> None:
    found = shared(tie=["residual"])
    assert found["tokens.weight"] == ["tokens", "out", "down", "head"]
    assert found["out.activation"] == ["out", "down"]
    assert found["k.weight"] == ["k"]
    found = shared(tie=["shared_input"])
    assert found["q.weight"] == found["q.activation"] == ["q", "k", "v"]
    assert "v.weight" not in found


def test_groups_have_names_and_patterns() -> None:
    found = shared(groups={"mlp": ["up", "d*"], "ends": ["q", "last"]})
    assert found["mlp.weight"] == found["mlp.activation"] == ["up", "down"]
    assert found["ends.weight"] == ["tokens", "q", "head"]
    assert found["ends.activation"] == ["q", "head"]


def test_a_pinned_layer_leaves_its_group() -> None:
    found = shared(tie=["shared_input"], pins={"k": 8})
    assert found["q.weight"] == ["q", "v"]
    assert not {"k.weight", "k.activation"} & set(found)


def test_what_shares_a_weight_is_pinned_together() -> None:
    made = bit_widths(GRAPH, weights=[2, 4, 8], activations=[4, 8], pins={"tokens": 4})
    rows = dict(zip([layer.name for layer in GRAPH], made.layer_options, strict=True))
    assert {option.precision.weight_bits for option in rows["head"]} == {4}
    assert {option.precision.activation_bits for option in rows["head"]} == {4, 8}
    assert {option.precision.activation_bits for option in rows["tokens"]} == {32}
    assert list(made.uniform()) == ["W2A4", "W2A8", "W4A4", "W4A8", "W8A4", "W8A8"]


def test_shared_choices_have_the_bits_that_all_may_have() -> None:
    made = bit_widths(GRAPH, tie=["shared_input"], layers={"[qk]": {"weights": [4, 8]}, "k": {"weights": [8, 16, 4]}})
    assert next(choice.options for choice in made.choices if choice.name == "q.weight") == (4, 8)


def test_rules_of_scales_may_be_chosen_by_layer() -> None:
    made = space(weights=[4, "float"], weight_scales=["min_max", "mse"])
    assert [choice.name for choice in made.choices][:2] == ["head.out.weight", "head.out.weight_scale"]
    found = [option.precision for option in made.layer_options[0]]
    at_four, at_float = found[:2], found[2:]
    assert [p.weight for p in at_four] == [WeightQuantization(4, scale_method=name) for name in ("min_max", "mse")]
    assert at_float == [FLOAT]
    floats = made.encode({c.name: c.options[-1] for c in made.choices})
    assert made.precisions(made.canonical(floats)) == made.precisions(floats)
    assert made.canonical(floats) == tuple(int(c.name.endswith(".weight")) for c in made.choices)


def test_what_no_combination_supports_is_excluded() -> None:
    made = space(weights=[4, 8, 16], activations=[8, 16])
    found = made.unsupported(lambda layer, p: layer.name != "layer1" or p.weight_bits < 16)
    assert found == {"layer1": {"weights": [16]}}
    limited = space(weights=[4, 8, 16], activations=[8, 16], left_out=found)
    assert bits(limited)["layer1"] == ({4, 8}, {8, 16})
    assert bits(limited)["layer2"] == ({4, 8, 16}, {8, 16})
    assert made.unsupported(lambda layer, p: True) == made.unsupported(lambda layer, p: False) == {}


def test_it_needs_a_network_with_layers() -> None:
    with pytest.raises(SpecError, match="space: bit_widths needs a network, and the evaluator has none"):
        bit_widths(None)
    with pytest.raises(SpecError, match="space: the network has no layer that may be quantized"):
        bit_widths(NetworkProfile((KEPT,), ((10,),)))


def test_quantizers_are_a_choice_by_layer_where_asked() -> None:
    made = space(quantizers=["symmetric", "affine"], weight_scales=["mse", "percentile"], pins={"first": "float"})
    names = [choice.name for choice in made.choices]
    assert "layer1.quantizer" in names
    first = min(made.profile.quantizable, key=lambda layer: layer.order).name
    assert f"{first}.quantizer" not in names, "a layer in float has no quantizer to choose"
    by_name = {layer.name: options for layer, options in zip(made.profile, made.layer_options, strict=True)}
    found = {(p.weight.quantizer, p.weight.scale_method) for p in (option.precision for option in by_name["layer1"])}
    assert found == {("symmetric", "mse"), ("symmetric", "percentile"), ("affine", "mse"), ("affine", "percentile")}
    both = space(weights=[4, "float"], quantizers=["symmetric", "affine"])
    options = {choice.name: choice.options[0] for choice in both.choices} | {"layer1.quantizer": "affine"}
    at_four, at_float = both.encode(options), both.encode(options | {"layer1.weight": "float"})
    assert both.canonical(at_four) == at_four
    assert both.canonical(at_float) == both.encode(
        options | {"layer1.weight": "float", "layer1.quantizer": "symmetric"}
    )
    with pytest.raises(SpecError, match="the quantizer 'logarithmic' has no scale method 'min_max'"):
        space(quantizers=["symmetric", "logarithmic"], weight_scale="min_max")


def test_roundings_are_a_choice_by_layer_where_asked() -> None:
    made = space(weights=[4, "float"], roundings=["nearest", "hessian"], weight_scales=["mse", "min_max"])
    assert [choice.name for choice in made.choices][:3] == [
        "head.out.weight", "head.out.weight_scale", "head.out.rounding"
    ]  # fmt: skip
    weights = [option.precision.weight for option in made.layer_options[0]]
    assert weights == [
        WeightQuantization(4, scale_method="mse", rounding="nearest"),
        WeightQuantization(4, scale_method="mse", rounding="hessian"),
        WeightQuantization(4, scale_method="min_max", rounding="nearest"),
        WeightQuantization(4, scale_method="min_max", rounding="hessian"),
        None,
    ]  # fmt: skip
    floats = made.encode({c.name: c.options[-1] for c in made.choices})
    assert made.canonical(floats) == tuple(int(c.name.endswith(".weight")) for c in made.choices)
    assert space(weights=[4, 8]).layer_options[0][0].precision.weight == WeightQuantization(4)
    with pytest.raises(SpecError, match=r"space.roundings\[0\]: must be 'nearest', 'nearest\+bias' or 'hessian'"):
        space(roundings=["up"])


def test_one_rounding_is_that_of_all() -> None:
    made = space(weights=[4, 8], roundings=["nearest+bias"])
    assert not [choice for choice in made.choices if choice.name.endswith("rounding")]
    assert made.layer_options[0][0].precision.weight == WeightQuantization(4, rounding="nearest+bias")


def test_scales_may_be_stored_as_float16() -> None:
    made = space(weights=[4, 8], scale_bytes=2)
    assert made.layer_options[0][0].precision.weight == WeightQuantization(4, scale_bytes=2)
    with pytest.raises(SpecError, match=r"space\.scale_bytes: must be 2 or 4"):
        space(scale_bytes=1)
