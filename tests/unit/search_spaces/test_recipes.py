"""The space of recipes: what layers take, what they go without, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from autoquant_search_spaces.recipes import Recipes
from spaces import recipes

from autoquant.errors import SpecError
from autoquant.network import (
    FLOAT,
    ActivationQuantization,
    Codebook,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    NOfM,
    WeightQuantization,
)

NETWORK = NetworkProfile(
    (
        LayerProfile("stem", "conv", 0, (3, 8, 8), (8, 8, 8), (8, 3, 3, 3), 13824, 8, 224),
        LayerProfile("depth", "depthwise_conv", 1, (8, 8, 8), (8, 8, 8), (8, 1, 3, 3), 4608, 8, 80, groups=8),
        LayerProfile("norm", "other", 2, (8, 8, 8), (8, 8, 8), (), None, 0, 16, kept_float=True),
        LayerProfile("point", "conv", 3, (8, 8, 8), (16, 8, 8), (16, 8, 1, 1), 8192, 16, 144),
        LayerProfile("head", "linear", 4, (16,), (4,), (4, 16), 64, 4, 68),
    ),
    ((3, 8, 8),),
)
TOKENS = LayerProfile("tokens", "embedding", 0, (3,), (3, 4), (8, 4), 0, 0, 32)


def space(*options: str, **others: Any) -> Recipes:
    return recipes(NETWORK, options=list(options), **others)


def taken(made: Recipes) -> dict[str, list[str]]:
    """Layer -> its precisions as text."""
    rows = zip(NETWORK, made.layer_options, strict=True)
    return {layer.name: [str(option.precision) for option in row] for layer, row in rows}


def test_every_free_layer_chooses_among_recipes_in_the_order_given() -> None:
    made = space("ternary", "W8", "lut4+4/2", "float", activations=[8, 4])
    assert [choice.name for choice in made.choices][:2] == ["stem.recipe", "stem.activation"]
    assert len(made.choices) == 8
    assert made.choices[0].options == ("ternary", "W8", "lut4+4/2", "float")
    assert not made.choices[0].ordered
    assert (made.choices[1].options, made.choices[1].ordered) == ((4, 8), True)
    assert [option.precision for option in made.layer_options[2]] == [FLOAT]


def test_what_is_said_of_details_reaches_the_layers() -> None:
    made = space(
        "W4@2:4", "lut8", layers={"stem": {"recipes": ["W4", "lut8"]}, "depth": {"recipes": ["W4"]}}, activations=[8],
        granularity="per_group", group_size=8, weight_scale="min_max", quantizer="affine", scale_bytes=2,
        activation_scale="percentile", table_bits=8, shared_tables=True, entropy=0.5,
    )  # fmt: skip
    sparse, codebook = (option.precision for option in made.layer_options[4])
    pattern = NOfM(2, 4)
    weight = WeightQuantization(4, "per_group", "min_max", "affine", 8, sparsity=pattern, scale_bytes=2)
    assert sparse == LayerPrecision(weight, ActivationQuantization(8, "percentile"))
    tables = Codebook((8,), 1, 8, shared=True, entropy=0.5)
    assert codebook.weight == WeightQuantization(3, quantizer="codebook", codebook=tables, scale_bytes=2)


def test_layers_go_without_what_they_cannot_take_and_the_space_says_so() -> None:
    made = space("W8", "W4@2:4", "lut128", "lut16+16/8")
    assert taken(made) == {
        "stem": ["W8Afloat", "lut128Afloat"],
        "depth": ["W8Afloat"],
        "norm": ["WfloatAfloat"],
        "point": ["W8Afloat", "W4@2:4Afloat", "lut128Afloat"],
        "head": ["W8Afloat", "W4@2:4Afloat"],
    }
    assert made.notes == (
        "stem, depth go without the recipe W4@2:4: 4 does not divide the input channels that an output channel reads",
        "stem, depth, point go without the recipe lut16+16/8: its tables take 512 bytes, more than the weights do as "
        "float16",
        "depth, head go without the recipe lut128: a table has 128 entries, more than there are groups of weights",
        "head goes without the recipe lut16+16/8: a table has 16 entries, more than there are groups of weights",
    )


def test_nothing_is_said_of_layers_with_recipes_of_their_own() -> None:
    made = space("W8", "W4@2:4", layers={"stem": {"recipes": ["W8", "ternary"]}}, pins={"depth": "W8"})
    assert made.notes == ()
    assert taken(made)["depth"] == ["W8Afloat"]
    assert taken(made)["stem"] == ["W8Afloat", "ternaryAfloat"]


def test_an_embedding_is_never_sparse_and_has_no_activations() -> None:
    network = NetworkProfile((TOKENS, NETWORK.layers[4]), ((3,),))
    made = recipes(network, options=["W8", "W4@sparse50", "lut4"], activations=[8])
    assert made.notes == ("tokens goes without the recipe W4@sparse50: an embedding is never sparse",)
    assert [str(option.precision) for option in made.layer_options[0]] == ["W8Afloat", "lut4Afloat"]


def test_a_pin_is_for_the_recipe_and_float_for_the_input_too() -> None:
    made = taken(space("W4", "ternary", activations=[4, 8], pins={"first": "W8", "last": "float"}))
    assert made["stem"] == ["W8A4", "W8A8"]
    assert made["head"] == ["WfloatAfloat"]


@pytest.mark.parametrize(
    ("options", "others", "labels"),
    [
        (["W8", "ternary"], {}, ["W8", "ternary"]),
        (["lut16", "W8"], {"activations": [8]}, ["lut16A8", "W8A8"]),
        (["W8", "W4"], {"activations": [4, "float"]}, ["W8A4", "W8", "W4A4", "W4"]),
        (["float", "W4"], {"activations": [8]}, ["floatA8", "W4A8"]),
        (["W8", "W4@2:4"], {}, ["W8", "W4@2:4"]),
        (["W8", "W4", "ternary"], {"layers": {"*": {"recipes": ["W8", "W4"]}}}, ["W8", "W4"]),
    ],
)
def test_there_is_a_uniform_network_for_each_recipe(
    options: list[str], others: dict[str, Any], labels: list[str]
) -> None:
    assert list(space(*options, **others).uniform()) == labels


def test_where_a_recipe_does_not_fit_a_uniform_network_has_the_first_that_does() -> None:
    made = space("W4@2:4", "W8", "W2", activations=[4, 8])
    candidate = made.uniform()["W4@2:4A8"]
    assert [str(p) for p in made.precisions(candidate)] == ["W8A8", "W8A8", "WfloatAfloat", "W4@2:4A8", "W4@2:4A8"]


def test_two_recipes_that_lead_to_one_uniform_network_are_named_once() -> None:
    layers = {"stem": ["W8", "W2"], "depth": ["W4", "W2"], "point": ["W3"], "head": ["W3"]}
    made = space("W8", "W4", layers={name: {"recipes": list(texts)} for name, texts in layers.items()})
    assert list(made.uniform()) == ["W8"]


def test_what_no_combination_supports_is_excluded() -> None:
    made = space("W8", "lut8", "W4", activations=[8, 16])
    found = made.unsupported(lambda layer, p: layer.name != "head" or (p.value_bits < 16 and p.activation_bits == 8))
    assert found == {"head": {"recipes": ["lut8"], "activations": [16]}}
    limited = space("W8", "lut8", "W4", activations=[8, 16], left_out=found)
    assert taken(limited)["head"] == ["W8A8", "W4A8"]
    assert len(taken(limited)["stem"]) == 6


@pytest.mark.parametrize(
    ("options", "others", "message"),
    [
        ([], {}, "space.options: the list is empty; accepted: W2 to W8"),
        (["W8", "W8"], {}, r"space.options: \['W8', 'W8'\] repeats a recipe"),
        (["W8", "W9"], {}, "space.options: recipe 'W9': there is none of this name; accepted: W2"),
        (["W8", "lut16/1"], {}, "space.options: write 'lut16' for the recipe 'lut16/1'"),
        (["W8", "lut3"], {}, "space.options: codebook 'lut3': sizes are powers of two"),
        (["W8", "binary@2:4"], {}, "space.options: binary weights are never zero"),
        (["W8"], {}, "space: every layer is pinned or has a single recipe, so there is nothing to search"),
        (["W8", "W4"], {"activations": [7]}, r"space.activations\[0\]: must be 2, 3"),
        (["W8", "W4"], {"layers": {"stem": {"activations": [7]}}}, "space.layers.stem.activations: 7 is no bit-width"),
        (["W8", "W4"], {"layers": {"stem": {"weights": [4]}}}, "space.layers.stem.weights"),
        (["W8", "W4"], {"pins": {"stem": "W7"}}, "space.pins.stem: recipe 'W7': there is none"),
        (["W8"], {"pins": {"depth": "W4@2:4"}}, "space.pins.depth: layer 'depth' cannot take 'W4@2:4': 4 does not"),
        (["W8"], {"layers": {"d*": {"recipes": ["lut256"]}}}, "space.layers.d.*: layer 'depth' cannot take 'lut256'"),
        (["W4@2:4"], {}, r"space.options: layer 'stem' can take none of W4@2:4 \(W4@2:4: .*\); add a recipe"),
        (["W8", "W4"], {"quantizer": "affine", "weight_scale": "full_range"}, "space.weight_scale: the quantizer"),
        (["W8", "W4"], {"quantizer": "ternary"}, "space.quantizer: must be 'symmetric'"),
        (["W8", "W4"], {"table_bits": 4}, "space.table_bits: must be 8 or 16"),
        (["W8", "W4"], {"entropy": -1}, "space.entropy: must be 0 or more"),
        (
            ["W8"],
            {"groups": {"a": ["stem", "head"]}, "layers": {"head": {"recipes": ["W4"]}}},
            "space: layers that share one choice of recipes have none in common: stem may have W8; head may have W4",
        ),
    ],
)
def test_impossible_options_are_named(options: list[str], others: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        space(*options, **others)
    (problem,) = caught.value.problems
    assert re.match(message, problem), problem


def test_it_needs_a_network_and_recipes() -> None:
    with pytest.raises(SpecError, match="space: recipes needs a network, and the evaluator has none"):
        recipes(None, options=["W8", "W4"])
    with pytest.raises(SpecError, match=r"space\.options: it is missing"):
        recipes(NETWORK)
