"""Quantizing a network in place and back, and its calibration."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import FLOAT, ActivationQuantization, LayerPrecision, WeightQuantization
from autoquant.quantization import (
    Affine,
    Calibration,
    InputQuantizer,
    QuantizedNetwork,
    build_quantized,
    quantize_symmetric,
    symmetric_scale,
)
from autoquant.quantization import calibration as calibrating


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Flatten(), nn.Linear(16, 3)
    ).eval()


def images(count: int = 12) -> Tensor:
    return torch.randn(count, 3, 6, 6, generator=torch.Generator().manual_seed(1))


W4A4 = [LayerPrecision.of_bits(4, 4)] * 3


def test_weights_are_those_of_the_quantizer_and_come_back():
    quantized = QuantizedNetwork(network(), images())
    before = quantized.module(images())
    weight = quantized.module[3].weight.clone()
    quantized.apply([FLOAT, LayerPrecision(WeightQuantization(3, "per_tensor", "min_max"), None), FLOAT])
    expected = quantize_symmetric(weight, symmetric_scale(weight, 3, "per_tensor", "min_max"), 3)
    assert torch.equal(quantized.module[3].weight, expected)
    assert len(quantized.module[3].weight.unique()) <= 8
    assert not torch.equal(quantized.module(images()), before)
    quantized.restore()
    assert torch.equal(quantized.module(images()), before)


def test_weights_are_quantized_once_for_each_layer_and_precision():
    quantized = QuantizedNetwork(network(), images())
    quantized.apply([LayerPrecision.of_bits(4, 32)] * 3)
    first = quantized.module[0].weight.data_ptr()
    quantized.apply([LayerPrecision.of_bits(2, 32)] * 3)
    quantized.apply([LayerPrecision.of_bits(4, 32), FLOAT, FLOAT])
    assert quantized.module[0].weight.data_ptr() == first
    assert quantized.module[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_the_order_of_candidates_does_not_matter():
    candidates = [
        W4A4,
        [LayerPrecision.of_bits(2, 8)] * 3,
        [FLOAT] * 3,
        [LayerPrecision.of_bits(8, 2), FLOAT, LayerPrecision.of_bits(16, 16)],
    ]
    results = []
    for order in (candidates, candidates[::-1]):
        quantized = QuantizedNetwork(network(), images())
        quantized.calibrate(images())
        found = []
        for precisions in order:
            quantized.apply(precisions)
            found.append(quantized.module(images()))
        results.append(found)
    assert all(torch.equal(a, b) for a, b in zip(results[0], results[1][::-1], strict=True))


@torch.no_grad()
def test_build_quantized_agrees_with_a_network_built_by_hand():
    module = network()
    built = build_quantized(
        module,
        images(),
        [FLOAT, LayerPrecision(WeightQuantization(4), ActivationQuantization(4, "min_max")), FLOAT],
        rounding="nearest",
    )
    quantized = QuantizedNetwork(module, images()).module
    inputs = quantized[2](quantized[0](images()))
    scale = float(inputs.max()) / 15
    inputs = (inputs / scale).round().clamp(0, 15) * scale
    weight = quantized[3].weight
    weight = quantize_symmetric(weight, symmetric_scale(weight, 4, "per_channel", "mse"), 4)
    expected = quantized[5](quantized[4](nn.functional.conv2d(inputs, weight, quantized[3].bias)))
    torch.testing.assert_close(built(images()), expected, rtol=1e-4, atol=1e-5)
    assert "InputQuantizer(bits=4, scale=" in repr(built)
    assert isinstance(built[3].input_quantizer, InputQuantizer)
    assert torch.equal(copy.deepcopy(built)(images()), built(images()))


def test_built_network_can_be_trained_and_the_original_is_left_alone():
    module = network()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    build_quantized(module, images(), W4A4)(images()).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not any(part._forward_pre_hooks for part in module.modules())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_sixteen_bits_are_almost_float():
    module = network()
    built = build_quantized(module, images(), [LayerPrecision.of_bits(16, 16)] * 3)
    torch.testing.assert_close(built(images()), module(images()), rtol=1e-3, atol=1e-3)


def test_mistakes_are_named():
    quantized = QuantizedNetwork(network(), images(), ["0"])
    with pytest.raises(SpecError, match="2 for 3 layers"):
        quantized.apply([FLOAT] * 2)
    with pytest.raises(SpecError, match="layer '3': W4A4 quantizes activations, which needs calibration examples"):
        quantized.apply([FLOAT, LayerPrecision.of_bits(4, 4), FLOAT])
    with pytest.raises(UnsupportedError, match="layer '0' is kept in float and cannot be W4Afloat"):
        quantized.apply([LayerPrecision.of_bits(4, 32), FLOAT, FLOAT])
    with pytest.raises(UnsupportedError, match="7 bits are not supported"):
        quantized.apply([FLOAT, LayerPrecision.of_bits(7, 32), FLOAT])


def test_calibration_sees_the_whole_range_of_the_float_network():
    module = network()
    calibration = Calibration(module, ["0", "3"], images(), batch_size=5)
    inputs = images()
    first = calibration.affine("0", 8, "min_max")
    assert first == Affine.of_range(float(inputs.min()), float(inputs.max()), 8)
    hidden = module[2](module[1](module[0](inputs))).detach()
    assert calibration.affine("3", 4, "min_max") == Affine.of_range(0.0, float(hidden.max()), 4)
    assert calibration.affine("3", 4, "mse").high < calibration.affine("3", 4, "min_max").high
    assert calibration.affine("3", 4, "mse") == Calibration(module, ["0", "3"], images(), 5).affine("3", 4, "mse")
    assert not any(part._forward_pre_hooks for part in module.modules())
    with pytest.raises(UnsupportedError, match="layer '5' was not calibrated"):
        calibration.affine("5", 4, "mse")


def test_the_batch_size_does_not_change_the_calibration(monkeypatch):
    monkeypatch.setattr(calibrating, "SAMPLE", 300)
    module, inputs = network(), images(30)
    first, *others = (Calibration(module, ["0", "3", "5"], inputs, size) for size in (30, 7, 1))
    for other in others:
        for name in ("0", "3", "5"):
            for rule in ("mse", "percentile", "min_max"):
                one, two = first.affine(name, 4, rule), other.affine(name, 4, rule)
                assert one.scale == pytest.approx(two.scale, rel=1e-5)
                assert one.zero_point == two.zero_point
    assert [len(torch.cat(first._values[name])) for name in ("0", "3", "5")] == [300, 300, 300]


def test_calibration_inputs_must_be_finite():
    inputs = images()
    inputs[3, 0, 0, 0] = float("inf")
    with pytest.raises(UnsupportedError, match="calibration: the input of layer '0' has 1 NaN or infinite"):
        Calibration(network(), ["0"], inputs, batch_size=5)
