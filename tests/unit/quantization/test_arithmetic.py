"""Integer biases: simulated layers against sums of integers in numpy, and which layers have one."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from autoquant.errors import SpecError
from autoquant.network import FLOAT, ActivationQuantization, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork, build_quantized, quantize_weight
from autoquant.quantization.arithmetic import FLOAT_ARITHMETIC, Arithmetic, integer_bias

INTEGER = Arithmetic("integer", "float")


def images(count: int = 12, channels: int = 4) -> Tensor:
    return torch.randn(count, channels, 6, 6, generator=torch.Generator().manual_seed(1))


def with_biases(layer: Any) -> Any:
    """Biases of the size that BatchNorm leaves behind."""
    torch.manual_seed(0)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias, std=3.0)
    return layer


def integer_convolution(codes: Any, weights: Any, bias: Any, groups: int) -> Any:
    """Sums of a 3 x 3 convolution with padding 1: codes (n, inputs, h, w), weights (outputs, inputs / groups, 3, 3)."""
    padded = np.pad(codes, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    windows = windows.reshape(len(codes), groups, -1, *windows.shape[2:])
    rows = weights.reshape(groups, -1, *weights.shape[1:])
    sums = np.einsum("ngihwkl,goikl->ngohw", windows, rows)
    return sums.reshape(len(codes), -1, *sums.shape[3:]) + bias[:, None, None]


def integers(layer: Any, inputs: Tensor, how: LayerPrecision, affine: Any) -> tuple[Any, Any, Any, Any]:
    """What a runtime holds of a layer: input codes without their zero point, weights, bias, scale of the sums."""
    codes = np.clip(np.rint(inputs.numpy() * np.float32(1 / affine.scale)) + affine.zero_point, 0, 2**affine.bits - 1)
    weight = quantize_weight(layer.weight.data, how.weight)
    rows = weight.codes.reshape(len(weight.scale), -1) - weight.zero_point
    step = weight.scale.double().numpy().ravel() * affine.scale * np.ones(len(layer.bias))
    bias = np.clip(np.rint(layer.bias.detach().double().numpy() / step), -(2**31), 2**31 - 1).astype(np.int32)
    return (
        codes.astype(np.int64) - affine.zero_point,
        rows.reshape(weight.codes.shape).numpy().astype(np.int64),
        bias.astype(np.int64),
        step,
    )


PRECISIONS = [
    LayerPrecision.of_bits(8, 8),
    LayerPrecision.of_bits(2, 4),
    LayerPrecision(WeightQuantization(4, "per_tensor", "min_max"), ActivationQuantization(8, "min_max")),
    LayerPrecision(WeightQuantization(4, quantizer="affine"), ActivationQuantization(8)),
]


@pytest.mark.parametrize("how", PRECISIONS, ids=str)
@pytest.mark.parametrize("groups", [1, 2, 4])
@torch.no_grad()
def test_a_convolution_computes_what_integers_do(how: LayerPrecision, groups: int) -> None:
    layer = with_biases(nn.Conv2d(4, 8, 3, padding=1, groups=groups))
    quantized = QuantizedNetwork(nn.Sequential(layer), images(), arithmetic=INTEGER)
    quantized.calibrate(images())
    quantized.apply([how])
    found = quantized.module(images()).double().numpy()
    codes, weights, bias, step = integers(layer, images(), how, quantized.module[0].input_quantizer.affine)
    sums = integer_convolution(codes, weights, bias, groups)
    assert np.abs(sums).max() < 2**31
    expected = sums * step[:, None, None]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    assert not torch.equal(quantized.module[0].bias, layer.bias)


@pytest.mark.parametrize("how", PRECISIONS, ids=str)
@torch.no_grad()
def test_a_linear_layer_computes_what_integers_do(how: LayerPrecision) -> None:
    layer, inputs = with_biases(nn.Linear(144, 7)), images().flatten(1)
    built = build_quantized(nn.Sequential(layer), inputs, [how], rounding="nearest", biases="integer")
    codes, weights, bias, step = integers(layer, inputs, how, built[0].input_quantizer.affine)
    expected = (codes @ weights.T + bias) * step
    np.testing.assert_allclose(built(inputs).double(), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(built[0].bias_step, step, rtol=1e-12)
    assert torch.equal(copy.deepcopy(built)(inputs), built(inputs))


@torch.no_grad()
def test_channels_of_a_grouped_transposed_convolution_keep_their_order() -> None:
    layer = with_biases(nn.ConvTranspose2d(4, 6, 3, groups=2))
    layer.weight.data *= torch.logspace(-1, 1, 6).reshape(2, 3).repeat_interleave(2, 0)[:, :, None, None]
    precision = LayerPrecision.of_bits(8, 8)
    built = build_quantized(nn.Sequential(layer), images(), [precision], rounding="nearest", biases="integer")
    assert (built[0].bias - layer.bias).abs().max() > 0
    assert ((built[0].bias - layer.bias).abs() <= 0.5001 * built[0].bias_step).all()


def test_sixteen_bits_saturate_as_runtimes_do() -> None:
    layer = with_biases(nn.Linear(144, 7))
    layer.bias.data[0], layer.bias.data[1] = 40.0, -40.0
    how = LayerPrecision(WeightQuantization(16, scale_method="min_max"), ActivationQuantization(16, "min_max"))
    inputs = images().flatten(1)
    built: Any = build_quantized(nn.Sequential(layer), inputs, [how], rounding="nearest", biases="integer")[0]
    limits = (2**31 - 1) * built.bias_step[0], -(2**31) * built.bias_step[1]
    assert built.bias[:2].tolist() == pytest.approx([float(limit) for limit in limits], rel=1e-6)
    assert float(limits[0]) < 39
    assert built.bias[2:].tolist() == pytest.approx(layer.bias[2:].tolist(), abs=1e-6)
    unsaturated: Any = build_quantized(nn.Sequential(layer), inputs, [how], rounding="nearest")[0]
    assert torch.equal(unsaturated.bias, layer.bias)


def test_halves_round_to_even() -> None:
    bias = torch.tensor([0.5, 1.5, -2.5, 0.26, 1e12])
    step = torch.full((5,), 1.0, dtype=torch.float64)
    assert integer_bias(bias, step).tolist() == [0, 2, -2, 0, 2**31]
    assert integer_bias(bias[:1], step[:1] / 2**40).item() == pytest.approx((2**31 - 1) / 2**40)


A8 = ActivationQuantization(8)


@pytest.mark.parametrize(
    "precision",
    [
        FLOAT,
        LayerPrecision.of_bits(4, 32),
        LayerPrecision(None, A8),
        LayerPrecision(WeightQuantization(4, "per_group", group_size=16), A8),
        LayerPrecision(WeightQuantization(4, quantizer="power_of_two"), A8),
        LayerPrecision(WeightQuantization(4, quantizer="statistical"), A8),
    ],
    ids=str,
)
def test_biases_without_one_scale_stay_float_and_come_back(precision: LayerPrecision) -> None:
    layer = with_biases(nn.Linear(144, 7))
    inputs = images().flatten(1)
    quantized = QuantizedNetwork(nn.Sequential(layer), inputs, arithmetic=INTEGER)
    quantized.calibrate(inputs)
    part: Any = quantized.module[0]
    quantized.apply([LayerPrecision.of_bits(4, 4)])
    assert not torch.equal(part.bias, layer.bias)
    quantized.apply([precision])
    assert torch.equal(part.bias, layer.bias)
    assert part.bias_step is None


@pytest.mark.parametrize("options", [{"bias_correction": True}, {"reestimate_batch_norm": True}], ids=str)
def test_corrected_biases_are_integers_too(options: dict[str, bool]) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(4, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.BatchNorm2d(4))
    network.train()(images())
    precisions = [LayerPrecision.of_bits(4, 4)] * 2
    exact: Any = build_quantized(network, images(), precisions, **options)
    built: Any = build_quantized(network, images(), precisions, biases="integer", **options)
    for index in (0, 3):
        part = built[index]
        numbers = part.bias.detach().double() / part.bias_step
        assert (numbers - numbers.round()).abs().max() < 1e-3
        weights = (
            part.weight.detach().flatten(1).double() / (part.bias_step / part.input_quantizer.affine.scale)[:, None]
        )
        assert (weights - weights.round()).abs().max() < 1e-3
        assert not torch.equal(part.bias, exact[index].bias)
    torch.testing.assert_close(built(images()), exact(images()), rtol=0.5, atol=0.5)


def test_layers_that_share_a_bias_get_their_own() -> None:
    first, second = with_biases(nn.Linear(4, 4)), with_biases(nn.Linear(4, 4))
    second.bias = first.bias
    second.weight.data *= 7
    inputs = torch.randn(20, 4)
    built: Any = build_quantized(
        nn.Sequential(first, second), inputs, [LayerPrecision.of_bits(4, 4)] * 2, biases="integer"
    )
    for part in built:
        numbers = part.bias.detach().double() / part.bias_step
        assert (numbers - numbers.round()).abs().max() < 1e-4
    assert not torch.equal(built[0].bias, built[1].bias)


def test_the_preset_and_single_options() -> None:
    assert Arithmetic.of(None, None, None) == Arithmetic.of("float", None, None) == FLOAT_ARITHMETIC
    assert Arithmetic.of("integer", None, None) == Arithmetic.of("integer", "integer", 8) == Arithmetic("integer", 8)
    assert Arithmetic.of(None, "integer", None) == Arithmetic("integer", "float")
    assert Arithmetic.of(None, None, 8) == Arithmetic("float", 8)
    with pytest.raises(SpecError, match=r"arithmetic: 'integer' means biases: integer, and biases is 'float'; leave"):
        Arithmetic.of("integer", "float", None)
    with pytest.raises(SpecError, match=r"arithmetic: 'float' means additions: float, and additions is 8; leave"):
        Arithmetic.of("float", None, 8)
