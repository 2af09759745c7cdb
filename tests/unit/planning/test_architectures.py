"""Prices where layers may be absent or narrower: those of the smaller networks, profiled from scratch."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from autoquant import plugins
from autoquant.errors import SpecError
from autoquant.interfaces import CostModel
from autoquant.network import ABSENT, LayerConfig, LayerOption, LayerPrecision, NetworkProfile
from autoquant.planning.pricing import CostMetric, Pricer
from autoquant.quantization import profile_network
from autoquant.space import Candidate, Choice, IntArray, SearchSpace
from autoquant.testing.search_spaces import check_search_space, different_candidates_are_different_networks

W4A8, W8A8 = LayerPrecision.of_bits(4, 8), LayerPrecision.of_bits(8, 8)


def built(depth: int, width: int) -> NetworkProfile:
    """A stem, at depth 2 a second convolution, and a head; the stem's width may be chosen."""
    layers = {"stem": nn.Conv2d(3, width, 3, padding=1), "relu": nn.ReLU()}
    if depth == 2:
        layers["more"] = nn.Conv2d(width, width, 3, padding=1)
    module = nn.Sequential()
    for name, layer in (layers | {"flat": nn.Flatten(), "head": nn.Linear(width * 36, 5)}).items():
        module.add_module(name, layer)
    return profile_network(module, torch.zeros(1, 3, 6, 6))


class DepthAndWidth(SearchSpace):
    """Depth, width of the stem, and the weight bits of all layers."""

    def __init__(self) -> None:
        super().__init__([Choice("depth", (1, 2)), Choice("width", (4, 8)), Choice("bits", (4, 8))])
        self._networks = {(d, w): built(d + 1, 4 * (w + 1)) for d, w in product(range(2), range(2))}

    @property
    def largest(self) -> NetworkProfile:
        return self._networks[1, 1]

    def network(self, candidate: Candidate) -> NetworkProfile:
        return self._networks[candidate[0], candidate[1]]

    @cached_property
    def layer_options(self) -> tuple[tuple[LayerOption, ...], ...]:
        rows: list[tuple[LayerOption, ...]] = []
        for layer in self.largest:
            narrow = next(other for other in self._networks[1, 0] if other.name == layer.name)
            present = tuple(LayerConfig(one, p) for one, p in product((narrow, layer), (W4A8, W8A8)))
            rows.append((*present, ABSENT) if layer.name == "more" else present)
        return tuple(rows)

    def layer_indices(self, candidates: npt.NDArray[Any]) -> IntArray:
        depth, width, bits = candidates.T
        present = 2 * width + bits
        return np.stack([present, np.where(depth == 0, 4, present), present], axis=1)


SPACE = DepthAndWidth()
EVERY = np.array(list(product(range(2), repeat=3)))
DEVICES = ["cortex-m7", "nvidia-t4"]
ADDITIVE = [("bitops", None), ("weight_bytes", None), *(("roofline", device) for device in DEVICES)]


def model_of(name: str, device: str | None = None) -> CostModel:
    plugin = plugins.load("cost model", name)
    model: CostModel = plugin(device) if device else plugin()
    return model


def alone(model: CostModel, candidate: Candidate) -> dict[str, float]:
    """The candidate's network by itself, at one precision for each layer."""
    network = SPACE.network(candidate)
    options = [[LayerConfig(layer, p)] for layer, p in zip(network, SPACE.precisions(candidate), strict=True)]
    costs = model.estimate(network, options, np.zeros((1, len(network)), dtype=np.int64))
    return {metric: float(values[0]) for metric, values in costs.items()}


def test_the_space_keeps_the_contract() -> None:
    check_search_space(SPACE, SPACE.largest)
    different_candidates_are_different_networks(SPACE, SPACE.largest)
    assert SPACE.configs((0, 1, 0))[1] is ABSENT
    assert SPACE.precisions((0, 1, 0)) == (W4A8, W4A8)
    assert len(SPACE.networks(EVERY)) == 4


@pytest.mark.parametrize(("name", "device"), [*ADDITIVE, ("peak_memory", None)])
def test_a_candidate_costs_what_its_network_costs_alone(name: str, device: str | None) -> None:
    model = model_of(name, device)
    metrics = list(alone(model, (0, 0, 0)))
    pricer = Pricer([CostMetric(metric, metric, name, model) for metric in metrics], SPACE.largest, SPACE)
    assert pricer.is_additive(metrics[0]) == (name != "peak_memory")
    found = pricer(EVERY)
    for i, candidate in enumerate(map(tuple, EVERY.tolist())):
        for metric, cost in alone(model, candidate).items():
            assert found[metric][i] == pytest.approx(cost, rel=1e-12), f"{metric} of {candidate}"
    for metric in metrics:
        assert len(set(found[metric])) > 1, f"{metric}: depth and width cost nothing"
        assert pricer(EVERY[:0])[metric].shape == (0,)


def test_each_distinct_network_is_asked_for_once_in_a_block() -> None:
    model, asked = model_of("peak_memory"), []

    class Counting(type(model)):  # type: ignore[misc]
        def estimate(self, network: NetworkProfile, options: Any, indices: IntArray) -> Any:
            asked.append((len(network), len(indices)))
            return super().estimate(network, options, indices)

    pricer = Pricer([CostMetric("peak_memory", "peak_memory", "own", Counting())], SPACE.largest, SPACE)
    pricer(EVERY)
    assert sorted(asked) == [(2, 2), (2, 2), (3, 2), (3, 2)]


@pytest.mark.parametrize(
    "network", [SPACE.network((0, 1, 0)), replace(SPACE.largest, layers=SPACE.largest.layers[::-1])]
)
def test_a_profile_of_other_layers_than_the_spaces_is_named(network: NetworkProfile) -> None:
    with pytest.raises(SpecError, match=r"space: its layers are \['stem', 'more', 'head'\], those of the evaluator's"):
        Pricer([CostMetric("bitops", "bitops", "bitops", model_of("bitops"))], network, SPACE)
