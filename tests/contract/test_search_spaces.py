"""The built-in search spaces keep the contract, whatever their options."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from autoquant_search_spaces.bit_widths import BitWidths
from autoquant_search_spaces.choices import Choices
from autoquant_search_spaces.recipes import Recipes

from autoquant import plugins
from autoquant.network import FLOAT, LayerConfig, LayerPrecision, LayerProfile, NetworkProfile, Operation
from autoquant.space import Candidate, Choice, IntArray, SearchSpace
from autoquant.testing.search_spaces import (
    CHECKS,
    LAYER_CHECKS,
    check_search_space,
    different_candidates_are_different_networks,
)
from autoquant.testing.searchers import Switched

NETWORK = NetworkProfile(
    (
        LayerProfile("stem", "conv", 0, (3, 8, 8), (4, 8, 8), (4, 3, 3, 3), 6912, 4, 112),
        LayerProfile("block.weight", "depthwise_conv", 1, (4, 8, 8), (4, 8, 8), (4, 1, 3, 3), 2304, 4, 40, groups=4),
        LayerProfile("norm", "other", 2, (4, 8, 8), (4, 8, 8), (), None, 0, 8, kept_float=True),
        LayerProfile("block.point", "conv", 3, (4, 8, 8), (8, 8, 8), (8, 4, 1, 1), 2048, 8, 40),
        LayerProfile("head", "linear", 4, (8,), (3,), (3, 8), 24, 3, 27),
        LayerProfile("tokens", "embedding", 5, (3,), (3, 4), (8, 4), 0, 0, 32),
    ),
    ((3, 8, 8),),
    operations=(Operation("stem", "conv", (-1,), (4, 8, 8), layer="stem"),),
    ties=(("block.point", "tokens"),),
    joined=(("stem", "block.weight", "head"),),
    shared_input=(("stem", "block.point"),),
)

BIT_WIDTHS: dict[str, dict[str, Any]] = {
    "weights alone": {},
    "weights and activations": {"weights": [2, 3, 4, 8], "activations": [4, 8]},
    "activations alone": {"weights": [8], "activations": [2, 4, 8]},
    "float among them": {"weights": ["float", 4], "activations": ["float", 8, 16]},
    "unsorted": {"weights": [8, 2, 5], "activations": [16, 6]},
    "first and last pinned": {"activations": [4, 8], "pins": {"first": 8, "last": 8}},
    "a glob pinned": {"activations": [4, 8], "pins": {"block.*": 4}},
    "pinned to float": {"activations": [4, 8], "pins": {"stem": "float"}},
    "own lists": {"layers": {"stem": {"weights": [8, 16]}, "head": {"weights": [8], "activations": [8, "float"]}}},
    "ties": {"activations": [4, 8], "tie": ["residual", "shared_input"]},
    "a tie and a pin": {"activations": [4, 8], "tie": ["residual"], "pins": {"first": 8}},
    "a pinned weight that is shared": {"activations": [4, 8], "pins": {"tokens": 4}},
    "a group": {"weights": [2, 4], "activations": ["float", 4], "groups": {"ends": ["first", "head"]}},
    "rules of scales": {
        "weights": ["float", 4, 8],
        "activations": [8, "float"],
        "weight_scales": ["min_max", "mse"],
        "activation_scales": ["mse", "min_max"],
    },
    "rules of scales and ties": {"weights": ["float", 4], "weight_scales": ["mse", "min_max"], "tie": ["residual"]},
    "options excluded": {"weights": [4, 8, 16], "left_out": {"*": {"weights": [16]}, "head": {"weights": [4]}}},
    "per tensor": {"granularity": "per_tensor", "weight_scale": "min_max", "activation_scale": "min_max"},
    "per group": {"granularity": "per_group", "group_size": 8, "weight_scale": "full_range"},
    "affine": {"quantizer": "affine", "weight_scale": "percentile", "activation_scale": "percentile"},
    "statistical": {"quantizer": "statistical", "granularity": "per_group"},
    "roundings": {"weights": ["float", 4], "roundings": ["nearest", "nearest+bias", "hessian"], "scale_bytes": 2},
}

RECIPES: dict[str, dict[str, Any]] = {
    "recipes alone": {"options": ["W8", "ternary", "lut4", "binary"]},
    "patterns of zeros": {"options": ["W8", "W4@2:4", "W4@sparse50", "ternary@block1x4:50"], "activations": [8]},
    "recipes and activations": {"options": ["float", "lut4+4/2", "W4"], "activations": [4, 8, "float"]},
    "recipes pinned": {"options": ["W8", "lut8"], "activations": [4, 8], "pins": {"first": "W8", "head": "float"}},
    "recipes of a layer's own": {"options": ["W8", "lut8"], "layers": {"head": {"recipes": ["W4", "W4@2:4", "W8"]}}},
    "recipes tied": {"options": ["W8", "W4@2:4", "lut8"], "activations": [4, 8], "tie": ["residual", "shared_input"]},
    "a group of recipes": {"options": ["W8", "lut8", "W4@3:4"], "groups": {"ends": ["first", "head"]}},
    "recipes excluded": {"options": ["W8", "W4", "W2"], "left_out": {"*": {"recipes": ["W2"]}}},
    "details": {
        "options": ["W8", "lut8", "lut256", "ternary"], "granularity": "per_group", "group_size": 8, "table_bits": 8,
        "shared_tables": True, "entropy": 0.1, "scale_bytes": 2, "quantizer": "affine", "weight_scale": "min_max",
    },
}  # fmt: skip

OF_LAYERS = BIT_WIDTHS | RECIPES

CHOICES: dict[str, dict[str, Any]] = {
    "numbers": {"choices": {"depth": [1, 2, 3], "rate": [0.1, 0.5]}},
    "no order": {"choices": {"kind": ["a", "b", "c"], "on": [True, False]}, "categorical": ["kind"]},
    "one": {"choices": {"only": ["ü"]}},
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("options", [*OF_LAYERS.values(), *CHOICES.values()], ids=[*OF_LAYERS, *CHOICES])
def test_contract(options: dict[str, Any], check: Callable[[SearchSpace], None]) -> None:
    check(made(options))


@pytest.mark.parametrize("check", LAYER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("options", OF_LAYERS.values(), ids=OF_LAYERS)
def test_contract_of_layers(options: dict[str, Any], check: Callable[..., None]) -> None:
    check(made(options), NETWORK)


@pytest.mark.parametrize("options", OF_LAYERS.values(), ids=OF_LAYERS)
def test_different_options_are_different_networks(options: dict[str, Any]) -> None:
    different_candidates_are_different_networks(made(options), NETWORK)


def made(options: dict[str, Any]) -> SearchSpace:
    plugin: Any = Choices if "choices" in options else Recipes if "options" in options else BitWidths
    return plugin(NETWORK, **plugins.check_options(plugin, options, "space"))


def test_the_built_in_spaces_are_found() -> None:
    assert {"bit_widths", "choices"} <= set(plugins.names("search space"))


class Honest(SearchSpace):
    """A third-party space that keeps the contract: one bit-width for the whole network."""

    def __init__(self) -> None:
        super().__init__([Choice("bits", (4, 8)), Choice("unused", (0, 1))])

    def canonical(self, candidate: Candidate) -> Candidate:
        return (candidate[0], 0)

    def uniform(self) -> dict[str, Candidate]:
        return {"W4": (0, 0), "W8": (1, 0)}

    @cached_property
    def layer_options(self) -> Any:
        four, eight = (LayerPrecision.of_bits(bits, 32) for bits in (4, 8))
        rows = ((FLOAT,) if layer.kept_float else (four, eight) for layer in NETWORK)
        return tuple(
            tuple(LayerConfig(layer, precision) for precision in row) for layer, row in zip(NETWORK, rows, strict=True)
        )

    def network(self, candidate: Candidate) -> NetworkProfile:
        return NETWORK

    def layer_indices(self, candidates: np.ndarray[Any, Any]) -> IntArray:
        free = np.array([not layer.kept_float for layer in NETWORK])
        return candidates[:, :1] * free[None, :]


class Lopsided(Honest):
    """Never draws the last option."""

    def sample(self, rng: np.random.Generator, count: int) -> IntArray:
        return np.zeros((count, 2), dtype=np.int64)


class Restless(Honest):
    """Has another canonical form for each form."""

    def canonical(self, candidate: Candidate) -> Candidate:
        return (candidate[0], 1 - candidate[1])


class Merging(Honest):
    """Takes different networks for one."""

    def canonical(self, candidate: Candidate) -> Candidate:
        return (0, 0)


class Mislabelled(Honest):
    """Gives a network two names."""

    def uniform(self) -> dict[str, Candidate]:
        return {"W4": (0, 0), "W4 again": (0, 1)}


class Outside(Honest):
    """Gives indices that its options do not have."""

    def layer_indices(self, candidates: np.ndarray[Any, Any]) -> IntArray:
        return super().layer_indices(candidates) + 1


class Batchwise(Honest):
    """Gives a population what its first member has."""

    def layer_indices(self, candidates: np.ndarray[Any, Any]) -> IntArray:
        return np.repeat(super().layer_indices(candidates[:1]), len(candidates), axis=0)


class Quantizing(Honest):
    """Quantizes what is to be kept in float."""

    @cached_property
    def layer_options(self) -> Any:
        bits = (LayerPrecision.of_bits(4, 32), LayerPrecision.of_bits(8, 32))
        return tuple(tuple(LayerConfig(layer, precision) for precision in bits) for layer in NETWORK)


class Trusting(Honest):
    """Takes anything for a candidate."""

    def check(self, candidate: Any) -> Candidate:
        return tuple(int(index) for index in candidate)


def test_the_suite_accepts_honest_spaces() -> None:
    check_search_space(Honest(), NETWORK)
    check_search_space(Switched())


@pytest.mark.parametrize("space", [Lopsided, Restless, Merging, Mislabelled, Outside, Batchwise, Quantizing, Trusting])
def test_the_suite_catches_a_space_that_breaks_the_contract(space: type[Honest]) -> None:
    with pytest.raises((AssertionError, IndexError)):
        check_search_space(space(), NETWORK)
