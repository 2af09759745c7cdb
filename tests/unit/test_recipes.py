"""Recipes: what their texts mean, what they keep of a layer, and which layers cannot take them."""

from __future__ import annotations

import pytest

from autoquant.errors import SpecError
from autoquant.network import FLOAT, Codebook, LayerKind, LayerPrecision, LayerProfile, NOfM, Pruned, WeightQuantization
from autoquant.recipes import blocks, code_groups, kept_blocks, kept_weights, misfit, parse_recipe, table_bytes

LIKE = WeightQuantization(8, "per_group", "min_max", "affine", 16, "hessian", scale_bytes=2)


def layer(kind: LayerKind, *shape: int) -> LayerProfile:
    return LayerProfile("layer", kind, 0, (1,), (1,), shape, None, 0, 0)


@pytest.mark.parametrize(
    "text",
    ["W2", "W16", "ternary", "binary", "lut16", "lut4+4/2", "lut256/8", "W4@2:4", "ternary@sparse50", "W8@block1x4:75"],
)
def test_a_recipe_bears_its_text_as_its_name(text: str) -> None:
    recipe = parse_recipe(text)
    assert recipe is not None
    assert recipe.name == text


def test_float_is_no_quantization() -> None:
    assert parse_recipe("float") is None


def test_what_a_text_leaves_open_comes_from_elsewhere() -> None:
    tables = Codebook((2,), 1, 8, shared=True, entropy=0.5)
    uniform, ternary, codebook = (parse_recipe(text, LIKE, tables) for text in ("W4@2:4", "ternary", "lut8+4/2"))
    assert uniform == WeightQuantization(
        4, "per_group", "min_max", "affine", 16, "hessian", NOfM(2, 4), scale_bytes=2
    )  # fmt: skip
    assert ternary == WeightQuantization(2, "per_group", "mse", "ternary", 16, "hessian", scale_bytes=2)
    assert codebook == WeightQuantization(
        3, "per_channel", "mse", "codebook", None, "hessian", None, Codebook((8, 4), 2, 8, True, 0.5), 2
    )  # fmt: skip


@pytest.mark.parametrize("text", ["W7", "W32", "w4", "lut", "lut16/", "4", "", "W4@", "W4@2", "W4@sparse", "ternary+"])
def test_what_is_no_recipe_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(SpecError, match=r"recipe .*accepted: W2 to W8 and W16"):
        parse_recipe(text)


def test_computed_with_are_entries_of_tables_and_codes_of_all_else() -> None:
    widths = {"W4": 4, "ternary": 2, "binary": 1, "lut4": 16, "W8@2:4": 8}
    found = [LayerPrecision(parse_recipe(text), None).value_bits for text in widths]
    assert found == list(widths.values())
    eight = parse_recipe("lut4+4/2", codebook=Codebook((2,), entry_bits=8))
    assert LayerPrecision(eight, None).value_bits == 8
    assert FLOAT.value_bits == 32


def test_what_is_kept_of_a_layer() -> None:
    shape = (6, 8, 3)
    assert kept_weights(None, shape) == 144
    assert kept_weights(NOfM(3, 4), shape) == 108
    assert kept_weights(Pruned(33), shape) == 144 - 47
    sparsity = Pruned(33, (4, 5))
    assert (blocks(sparsity, shape), kept_blocks(sparsity, shape)) == (2 * 5, 7)
    assert kept_weights(sparsity, shape) == 7 * 20


def test_a_pattern_saves_the_codes_of_groups_that_it_takes_out_whole() -> None:
    patterns = ("/2", "/2@1:2", "/2@sparse50", "/2@block1x3:50", "/2@block2x4:50", "@1:2", "@sparse50", "/3")
    groups = [parse_recipe(f"lut4{pattern}") for pattern in patterns]
    found = [code_groups(recipe, (3, 10)) for recipe in groups if recipe is not None]
    assert found == [15, 15, 15, 15, 3 * 4, 15, 15, 12]
    assert code_groups(WeightQuantization(4), (3, 10)) == 0


def test_tables_of_int8_have_a_scale() -> None:
    assert table_bytes(Codebook((4, 16), 3)) == 20 * 3 * 2
    assert table_bytes(Codebook((4, 16), 3, 8)) == 20 * 3 + 2 * 4


@pytest.mark.parametrize(
    ("text", "profile", "reason"),
    [
        ("float", layer("embedding", 9, 3), None),
        ("W4@2:4", layer("conv", 8, 4, 3, 3), None),
        ("W4@2:4", layer("depthwise_conv", 8, 1, 3, 3), "4 does not divide the input channels"),
        ("W4@sparse10", layer("depthwise_conv", 8, 1, 3, 3), None),
        ("W4@sparse10", layer("embedding", 8, 4), "an embedding is never sparse"),
        ("lut64", layer("linear", 8, 8), None),
        ("lut128", layer("linear", 8, 8), "a table has 128 entries, more than there are groups"),
        ("lut64/2", layer("linear", 8, 8), "a table has 64 entries"),
        ("lut32@2:4", layer("linear", 8, 8), None),
        ("lut64@2:4", layer("linear", 8, 8), "a table has 64 entries"),
        ("lut32+64", layer("linear", 8, 8), "its tables take 192 bytes, more than the weights do as float16"),
    ],
)
def test_which_layers_cannot_take_a_recipe(text: str, profile: LayerProfile, reason: str | None) -> None:
    found = misfit(parse_recipe(text), profile)
    assert found is None if reason is None else found is not None and found.startswith(reason)


def test_shared_tables_may_be_larger_than_a_layer() -> None:
    assert misfit(parse_recipe("lut256", codebook=Codebook((2,), shared=True)), layer("linear", 8, 8)) is None
