"""Moments of every kind of layer: its patches give its outputs, and sums are those of all positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autoquant.quantization.layers import output_first
from autoquant.quantization.moments import POSITIONS, Patches, Sums, output_rows

LAYERS: list[Any] = [
    nn.Linear(5, 3),
    nn.Linear(5, 3, bias=False),
    nn.Conv2d(4, 6, 3, stride=2, padding=1, dilation=2),
    nn.Conv2d(4, 8, (3, 2), groups=2, padding="same"),
    nn.Conv1d(4, 4, 3, groups=4, padding=1, padding_mode="reflect"),
    nn.Conv2d(2, 3, 3, padding=(2, 1), padding_mode="circular"),
    nn.Conv3d(2, 3, 2),
    nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1),
    nn.ConvTranspose2d(4, 6, 3, padding=2, groups=2, dilation=2),
    nn.ConvTranspose1d(4, 6, 5, stride=3, groups=2),
    nn.ConvTranspose1d(4, 6, 1, stride=2),
    nn.ConvTranspose3d(2, 2, 2, stride=2, padding=1),
]
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")
every_layer = pytest.mark.parametrize("layer", LAYERS, ids=[str(layer) for layer in LAYERS])


def inputs_of(layer: Any, seed: int = 0) -> torch.Tensor:
    if isinstance(layer, nn.Linear):
        shape: tuple[int, ...] = (7, 2, 5)
    else:
        shape = (3, layer.in_channels, *[9, 7, 5][: layer.weight.dim() - 2])
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + 0.5


@every_layer
@torch.no_grad()
def test_patches_times_weights_are_the_outputs(layer):
    inputs = inputs_of(layer)
    outputs = layer(inputs)
    patches, weight = Patches(layer, inputs, outputs), output_first(layer, layer.weight)
    x, y = patches.at(torch.arange(patches.positions)), output_rows(layer, outputs)
    assert patches.positions == outputs.numel() // len(weight)
    assert patches.columns == x.shape[0] * weight[0].numel()
    rows = weight.reshape(x.shape[0], -1, weight[0].numel())
    torch.testing.assert_close(x @ rows.transpose(1, 2), y, rtol=1e-4, atol=1e-5)
    some = torch.tensor([4, 1, 3])
    assert torch.equal(patches.at(some), x[:, some])


@torch.no_grad()
def test_an_example_without_a_batch_is_one_example():
    layer = nn.Conv2d(2, 3, 3)
    inputs = torch.randn(2, 5, 5)
    alone, batch = Patches(layer, inputs, layer(inputs)), Patches(layer, inputs[None], layer(inputs[None]))
    assert torch.equal(alone.at(torch.arange(9)), batch.at(torch.arange(9)))
    torch.testing.assert_close(output_rows(layer, layer(inputs)), output_rows(layer, layer(inputs[None])))


@every_layer
@torch.no_grad()
def test_sums_over_calls_are_moments_of_all_positions(layer):
    calls = [inputs_of(layer, seed) for seed in (1, 2)]
    sums = Sums(layer, 1000)
    for inputs in calls:
        sums.add(inputs, layer(inputs))
    moments = sums.moments
    assert moments is not None
    found = [Patches(layer, inputs, layer(inputs)) for inputs in calls]
    x = torch.cat([part.at(torch.arange(part.positions)) for part in found], 1).double().numpy()
    y = torch.cat([output_rows(layer, layer(inputs)) for inputs in calls], 1).double().numpy()
    close: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-5}
    away_x, away_y = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    np.testing.assert_allclose(moments.mean, x.mean(1), **close)
    np.testing.assert_allclose(moments.output, y.mean(1), **close)
    np.testing.assert_allclose(moments.covariance, away_x.transpose(0, 2, 1) @ away_x / x.shape[1], **close)
    np.testing.assert_allclose(moments.cross, away_y.transpose(0, 2, 1) @ away_x / x.shape[1], **close)
    assert moments.count == x.shape[1]


@torch.no_grad()
def test_of_many_positions_a_share_of_each_call_is_looked_at():
    layer = nn.Linear(2, 1)
    sums = Sums(layer, 4 * POSITIONS)
    for mean in (0.0, 1.0):
        inputs = torch.randn(2000, 2, generator=torch.Generator().manual_seed(3)) + mean
        sums.add(inputs, layer(inputs))
    moments = sums.moments
    assert moments is not None
    assert moments.count == 1000
    np.testing.assert_allclose(moments.mean, 0.5, atol=0.15)
    again = Sums(layer, 4 * POSITIONS)
    again.add(inputs, layer(inputs))
    third = Sums(layer, 4 * POSITIONS)
    third.add(inputs, layer(inputs))
    assert again.moments is not None
    assert third.moments is not None
    assert np.array_equal(again.moments.covariance, third.moments.covariance)


def test_a_layer_that_does_not_run_has_none():
    assert Sums(nn.Linear(2, 1), 10).moments is None
