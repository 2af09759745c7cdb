"""What is wrong with a network or its data is one sentence that names the culprit; odd but sound values work."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import networks
import numpy as np
import pytest
import torch
from autoquant_workers.post_training import PostTraining
from spaces import bit_widths
from torch import Tensor, nn

from autoquant.data import DataSplits, Split
from autoquant.errors import AutoQuantError, SpecError, UnsupportedError
from autoquant.network import LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork, fold_batch_norm, profile_network


def with_nothing_in_it() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.Sequential(nn.Linear(6, 0), nn.Linear(0, 3))


def with_value(value: float) -> nn.Module:
    network = networks.built(networks.Refining)
    network.step.bias.data[3] = value
    return network


class Fixed(nn.Module):
    """Made for batches of two."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs.reshape(2, 6))


@pytest.mark.parametrize(
    ("network", "inputs", "message"),
    [
        (with_nothing_in_it, torch.randn(2, 6), r"layer '0': its weight has shape \(0, 6\), which holds no value"),
        (lambda: networks.built(networks.Refining).to("meta"), torch.randn(2, 6), "'stem': its weight is on meta"),
        (lambda: with_value(float("nan")), torch.randn(2, 6), "layer 'step': its bias has 1 NaN or infinite"),
        (lambda: with_value(float("inf")), torch.randn(2, 6), "layer 'step': its bias has 1 NaN or infinite"),
        (networks.Refining, torch.randn(2, 7), r"batch of shape \(2, 7\), torch.float32 \(layer 'stem', a Linear: "),
        (networks.Refining, torch.randn(0, 6), "the example input is empty; its first dimension is the batch"),
        (networks.TwoInputs, torch.randn(2, 1, 8, 8), r"missing 1 required positional argument: 'numbers'"),
        (networks.TwoInputs, (torch.randn(2, 1, 8, 8), torch.randn(2, 6)), "layer 'numbers.0', a Linear: RuntimeError"),
        (networks.TextEncoder, torch.randn(2, 5), "layer 'tokens', a Embedding"),
        (networks.TextEncoder, torch.full((2, 5), 50), "layer 'tokens', a Embedding: IndexError"),
    ],
)  # fmt: skip
def test_a_bad_network_or_example_is_one_sentence(network: Callable[[], nn.Module], inputs: Any, message: str) -> None:
    with pytest.raises(AutoQuantError, match=message) as caught:
        profile_network(network(), inputs)
    assert "\n" not in str(caught.value)


def splits(make: Callable[[int, int], Any], counts: tuple[int, ...] = (8, 8, 8)) -> DataSplits:
    made = [make(seed, count) for seed, count in enumerate(counts)]
    return DataSplits(*(Split(inputs, np.arange(len(inputs)) % 3) for inputs in made))


def rows(seed: int, count: int) -> Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed))


def test_a_network_for_one_batch_size_is_refused():
    with pytest.raises(SpecError, match=r"does not run on a batch of shape \(1, 6\), torch.float32 \(RuntimeError"):
        PostTraining(Fixed(), splits(rows))


def test_examples_of_different_lengths_are_refused():
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1.0, 2.0], [3.0]]
    with pytest.raises(SpecError, match="data: the search split is no tensor or array"):
        PostTraining(networks.built(networks.Refining), DataSplits(Split(ragged, [0, 1]), Split(ragged, [0, 1])))


def test_an_activation_that_is_always_zero_is_named_before_the_search():
    network = networks.built(networks.Refining)
    network.stem.weight.data.zero_()
    network.stem.bias.data.fill_(-1)
    network.step.bias.data.fill_(-1)
    evaluator = PostTraining(network, splits(rows))
    space = bit_widths(evaluator.profile(), activations=[8])
    with pytest.raises(SpecError, match=r"the input of layer 'step' is zero in every example .*keep_float: \[step\]"):
        evaluator.check(space)
    evaluator.check(bit_widths(evaluator.profile(), activations=["float"]))


class Sometimes(nn.Module):
    """Its second layer runs for large values alone."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.first(inputs)
        return self.second(values) if float(inputs.max()) > 10 else values[:, :3]


def test_a_layer_that_the_calibration_split_never_reaches_is_named():
    data = splits(lambda seed, count: rows(seed, count) * (100 if seed < 2 else 0.1))
    evaluator = PostTraining(Sometimes(), data)
    with pytest.raises(SpecError, match=r"layer 'second' is zero in every example \(or the layer never runs\)"):
        evaluator.check(bit_widths(evaluator.profile(), activations=[8]))


def test_a_value_that_is_not_finite_inside_the_network_is_named_before_the_search():
    network = networks.built(networks.Refining)
    network.step.weight.data.fill_(3e38)
    network.stem.weight.data.abs_()
    evaluator = PostTraining(network, splits(lambda seed, count: rows(seed, count).abs() * (1 if seed == 2 else 1e-40)))
    with pytest.raises(UnsupportedError, match=r"calibration: the input of layer '(step|head)' has .* NaN or infinite"):
        evaluator.check(bit_widths(evaluator.profile(), activations=[8]))


def test_inputs_of_two_splits_overlap_in_all_their_parts():
    def make(seed: int, count: int) -> Any:
        return networks.examples(networks.TwoInputs, count, seed)

    (image, numbers), (other, _), _ = (make(seed, 8) for seed in range(3))
    targets = torch.arange(8) % 3
    network = networks.built(networks.TwoInputs)
    PostTraining(network, DataSplits(Split((image, numbers), targets), Split((other, numbers), targets)))
    with pytest.raises(SpecError, match=r"8 of the 8 inputs of the (search|test) split are in the"):
        PostTraining(network, DataSplits(Split((image, numbers), targets), Split((image, numbers), targets)))


@torch.no_grad()
def test_channels_that_are_constant_or_zero_are_quantized_exactly():
    network = networks.built(networks.Refining)
    network.step.weight.data[0] = 0
    network.step.weight.data[1] = 0.3
    network.step.weight.data[2] = -0.3
    quantized = QuantizedNetwork(network, rows(0, 4))
    for rule in ("mse", "min_max"):
        quantized.apply([LayerPrecision(WeightQuantization(2, scale_method=rule), None)] * 3)  # type: ignore[arg-type]
        expected = torch.tensor([[0.0], [0.3], [-0.3]]).expand(3, 8)
        torch.testing.assert_close(quantized.module.step.weight[:3], expected)


@torch.no_grad()
def test_batch_norm_over_a_constant_channel_is_folded():
    network = nn.Sequential(nn.Conv2d(1, 3, 1), nn.BatchNorm2d(3)).eval()
    network[0].weight.data[1] = 0
    network[1].running_var[1] = 0
    network[1].running_mean[1] = network[0].bias[1]
    inputs = torch.randn(2, 1, 4, 4)
    torch.testing.assert_close(fold_batch_norm(network, inputs)(inputs), network(inputs), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_channel_of_the_input_that_is_constant_changes_nothing():
    network, inputs = networks.built(networks.WaveCNN), networks.examples(networks.WaveCNN, 8)
    inputs[:, 1] = 0.5
    quantized = QuantizedNetwork(network, inputs)
    quantized.calibrate(inputs)
    before = quantized.module(inputs)
    quantized.apply([LayerPrecision.of_bits(16, 16)] * len(quantized.profile))
    torch.testing.assert_close(quantized.module(inputs), before, rtol=1e-2, atol=1e-3)
