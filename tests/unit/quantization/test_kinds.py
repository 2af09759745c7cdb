"""Every kind of layer: its row in the profile, and what is quantized of it."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import FLOAT, LayerPrecision, LayerProfile
from autoquant.quantization import (
    QuantizedNetwork,
    fold_batch_norm,
    profile_network,
    quantize_symmetric,
    symmetric_scale,
)
from autoquant.quantization.layers import as_module_keeps, output_first
from autoquant.quantization.memo import Memo


def row_of(layer: nn.Module, *shape: int) -> LayerProfile:
    return profile_network(nn.Sequential(layer), torch.randn(2, *shape)).layers[0]


@pytest.mark.parametrize(
    ("layer", "shape", "kind", "output", "weight", "macs"),
    [
        (nn.Conv1d(4, 6, 3), (4, 8), "conv", (6, 6), (6, 4, 3), 6 * 6 * 4 * 3),
        (nn.Conv2d(4, 6, 3, groups=2), (4, 8, 8), "conv", (6, 6, 6), (6, 2, 3, 3), 6 * 36 * 2 * 9),
        (nn.Conv3d(4, 6, 3), (4, 5, 5, 5), "conv", (6, 3, 3, 3), (6, 4, 3, 3, 3), 6 * 27 * 4 * 27),
        (nn.Conv3d(4, 8, 3, groups=4), (4, 5, 5, 5), "depthwise_conv", (8, 3, 3, 3), (8, 1, 3, 3, 3), 8 * 27 * 27),
        (nn.ConvTranspose1d(4, 6, 3, stride=2), (4, 8), "conv_transpose", (6, 17), (6, 4, 3), 4 * 8 * 6 * 3),
        (nn.ConvTranspose2d(4, 6, 2, 2, groups=2), (4, 3, 3), "conv_transpose", (6, 6, 6), (6, 2, 2, 2), 4 * 9 * 3 * 4),
        (nn.ConvTranspose3d(4, 6, 2), (4, 3, 3, 3), "conv_transpose", (6, 4, 4, 4), (6, 4, 2, 2, 2), 4 * 27 * 6 * 8),
        (nn.Linear(4, 6), (3, 4), "linear", (3, 6), (6, 4), 3 * 24),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)  # fmt: skip
def test_rows(layer, shape, kind, output, weight, macs):
    row = row_of(layer, *shape)
    assert (row.kind, row.input_shape, row.output_shape) == (kind, shape, output)
    assert (row.weight_shape, row.macs, row.output_channels) == (weight, macs, weight[0])
    assert row.weights + row.bias == row.parameters == sum(p.numel() for p in layer.parameters())
    assert row.groups == getattr(layer, "groups", 1)


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.sampled_from([1, 2, 3]), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_output_channels_come_first(groups, inputs, outputs, dimensions, size):
    layer = getattr(nn, f"ConvTranspose{dimensions}d")(inputs * groups, outputs * groups, size, groups=groups)
    weight = layer.weight.detach()
    rows = output_first(layer, weight)
    assert rows.shape[:2] == (outputs * groups, inputs)
    assert torch.equal(as_module_keeps(layer, rows), weight)
    channel = groups * outputs - 1
    changed = rows.clone()
    changed[channel] += 1
    layer.weight.data = as_module_keeps(layer, changed)
    values = torch.ones(1, inputs * groups, *[size] * dimensions)
    other = (layer(values) != type(layer).forward(_with(layer, weight), values)).flatten(2).any(2)[0]
    assert other.nonzero().flatten().tolist() == [channel]


def _with(layer: nn.Module, weight: Tensor) -> nn.Module:
    made = copy.deepcopy(layer)
    made.weight.data = weight
    return made


def test_transposed_convolutions_are_quantized_for_each_output_channel():
    torch.manual_seed(0)
    layer = nn.ConvTranspose2d(4, 6, 3, groups=2)
    quantized = QuantizedNetwork(nn.Sequential(layer), torch.randn(2, 4, 5, 5))
    quantized.apply([LayerPrecision.of_bits(3, 32)])
    rows = output_first(layer, layer.weight.detach())
    expected = quantize_symmetric(rows, symmetric_scale(rows, 3, "per_channel", "mse"), 3)
    assert torch.equal(quantized.module[0].weight, as_module_keeps(layer, expected))
    quantized.restore()
    assert torch.equal(quantized.module[0].weight, layer.weight)


@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        (nn.Conv3d(2, 4, 2), nn.BatchNorm3d(4), (2, 3, 3, 3)),
        (nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d(4), (2, 5)),
        (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2, bias=False), nn.BatchNorm2d(6), (4, 5, 5)),
        (nn.ConvTranspose3d(2, 4, 2), nn.BatchNorm3d(4), (2, 3, 3, 3)),
        (nn.Linear(5, 4), nn.BatchNorm1d(4), (5,)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_batch_norm_is_folded_into_every_kind(layer, norm, shape):
    generator = torch.Generator().manual_seed(0)
    norm.running_mean.normal_(generator=generator)
    norm.running_var.uniform_(0.5, 3, generator=generator)
    norm.weight.data.normal_(generator=generator)
    network, inputs = nn.Sequential(layer, norm).eval(), torch.randn(2, *shape, generator=generator)
    folded = fold_batch_norm(network, inputs)
    assert isinstance(folded[1], nn.Identity)
    torch.testing.assert_close(folded(inputs), network(inputs), rtol=1e-4, atol=1e-5)


class Words(nn.Module):
    """Tokens to tokens; the last layer may share the weight of the first."""

    def __init__(self, tied: bool, **options: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.head = nn.Embedding(20, 8, **options), nn.Linear(8, 20)
        if tied:
            self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(torch.tanh(self.embedding(tokens))).mean(1)


TOKENS = torch.randint(0, 20, (6, 7), generator=torch.Generator().manual_seed(0))


def test_an_embedding_has_weights_and_no_activations():
    row = profile_network(Words(False), TOKENS).layers[0]
    assert (row.kind, row.input_shape, row.output_shape, row.weight_shape) == ("embedding", (7,), (7, 8), (20, 8))
    assert (row.macs, row.parameters, row.kept_float) == (0, 160, False)
    quantized = QuantizedNetwork(Words(False), TOKENS)
    quantized.calibrate(TOKENS)
    with pytest.raises(UnsupportedError, match="'embedding' is an embedding, which takes indices"):
        quantized.apply([LayerPrecision.of_bits(4, 8), FLOAT])
    quantized.apply([LayerPrecision.of_bits(2, 32), LayerPrecision.of_bits(4, 8)])
    assert all(len(row.unique()) <= 4 for row in quantized.module.embedding.weight)


def test_an_embedding_that_changes_its_weights_is_refused():
    with pytest.raises(UnsupportedError, match=r"'embedding' \(Embedding with max_norm, which changes"):
        profile_network(Words(False, max_norm=1.0), TOKENS)


def test_layers_that_share_a_weight_are_reported():
    profile = profile_network(Words(True), TOKENS)
    assert profile.ties == (("embedding", "head"),)
    assert [row.parameters for row in profile] == [160, 180]
    assert [row.kept_float for row in profile_network(Words(True), TOKENS, ["head"])] == [True, True]


@torch.no_grad()
def test_layers_that_share_a_weight_have_one_precision():
    quantized = QuantizedNetwork(Words(True), TOKENS)
    quantized.calibrate(TOKENS)
    before = quantized.module(TOKENS)
    quantized.apply([LayerPrecision.of_bits(3, 32), LayerPrecision.of_bits(3, 4)])
    assert quantized.module.embedding.weight is quantized.module.head.weight
    assert not torch.equal(quantized.module(TOKENS), before)
    with pytest.raises(SpecError, match="layers embedding, head share one weight and are given W2Afloat, W3A4; they"):
        quantized.apply([LayerPrecision.of_bits(2, 32), LayerPrecision.of_bits(3, 4)])
    quantized.restore()
    assert torch.equal(quantized.module(TOKENS), before)


def test_a_weight_of_a_convolution_and_a_transposed_one_cannot_be_shared():
    network = nn.Sequential(nn.Conv1d(4, 4, 3), nn.ConvTranspose1d(4, 4, 3))
    network[1].weight = network[0].weight
    with pytest.raises(UnsupportedError, match=r"layers \['0', '1'\] share a weight.*keep_float: \[0\]"):
        profile_network(network, torch.randn(2, 4, 8))
    assert profile_network(network, torch.randn(2, 4, 8), ["1"]).quantizable == ()


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.LayerNorm(6), (4, 6)),
        (nn.GroupNorm(2, 4), (4, 6)),
        (nn.InstanceNorm1d(4, affine=True), (4, 6)),
        (nn.BatchNorm1d(4), (4, 6)),
        (nn.PReLU(), (4, 6)),
        *([(nn.RMSNorm(6), (4, 6))] if hasattr(nn, "RMSNorm") else []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_normalisation_stays_in_float_by_itself(layer, shape):
    profile = profile_network(nn.Sequential(layer, nn.Linear(6, 2)), torch.randn(2, *shape))
    row = profile.layers[0]
    assert (row.kind, row.kept_float, row.macs, row.output_shape) == ("other", True, 24, shape)
    assert profile.operations[0].kind == type(layer).__name__
    assert profile.notes == ("layers without a quantizer stay in float: 0",)


class Steps(nn.Module):
    """A recurrent layer, or a cell that runs once for each step."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(3, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        if not isinstance(self.layer, nn.RNNCellBase):
            return self.head(self.layer(inputs)[0][:, -1, :3])
        state = None
        for step in inputs.unbind(1):
            state = self.layer(step, state)
        return self.head(state[0] if isinstance(state, tuple) else state)


@pytest.mark.parametrize(
    ("layer", "weights", "calls"),
    [
        (nn.LSTM(4, 3, batch_first=True), 4 * 3 * 7, 1),
        (nn.GRU(4, 3, batch_first=True, num_layers=2, bidirectional=True), 2 * 3 * 3 * (7 + 9), 1),
        (nn.RNN(4, 3, batch_first=True), 3 * 7, 1),
        (nn.LSTMCell(4, 3), 4 * 3 * 7, 5),
        (nn.GRUCell(4, 3), 3 * 3 * 7, 5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_recurrent_layers_stay_in_float_and_their_steps_count(layer, weights, calls):
    profile = profile_network(Steps(layer), torch.randn(2, 5, 4))
    row = profile.layers[0]
    assert (row.kind, row.kept_float, row.macs, row.calls) == ("other", True, 5 * weights, calls)
    assert "recurrent layers stay in float: layer" in profile.notes


class Again(nn.Module):
    """One layer three times, and one by keyword."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.step, self.head = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        for _ in range(3):
            inputs = torch.relu(self.step(inputs)) * 2
        return self.head(input=inputs)


@torch.no_grad()
def test_a_layer_that_runs_again_is_calibrated_over_all_its_calls_and_shares_its_outputs():
    inputs = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    memo = Memo(2**20)
    shared, alone = QuantizedNetwork(Again(), inputs, memo=memo), QuantizedNetwork(Again(), inputs)
    for quantized in (shared, alone):
        quantized.calibrate(inputs)
    values, highest = inputs, float(inputs.max())
    for _ in range(2):
        values = torch.relu(alone.module.step(values)) * 2
        highest = max(highest, float(values.max()))
    assert alone.calibration is not None
    assert alone.calibration.affine("step", 8, "min_max").high == pytest.approx(highest, rel=0.01)
    for bits in ((4, 8), (4, 4), (2, 4), (4, 8)):
        precisions = [LayerPrecision.of_bits(bits[0], 8), LayerPrecision.of_bits(bits[1], 8)]
        for quantized in (shared, alone):
            quantized.apply(precisions)
        with memo.run("x", 4):
            found = shared.module(inputs)
        assert torch.equal(found, alone.module(inputs))
    assert memo.hits == 3 + 4
