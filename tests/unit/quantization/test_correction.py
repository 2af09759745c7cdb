"""Bias correction and BatchNorm that is estimated again, against networks in which that is done the long way."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autoquant.network import FLOAT, LayerPrecision, LayerProfile, NetworkProfile, WeightQuantization
from autoquant.quantization import QuantizedNetwork, build_quantized, quantize_symmetric, symmetric_scale
from autoquant.quantization.correction import Corrector

W3 = LayerPrecision(WeightQuantization(3, scale_method="min_max"), None)
W4A4 = LayerPrecision.of_bits(4, 4)


def network() -> nn.Sequential:
    """Two convolutions with BatchNorm of trained statistics and scales of either sign, and a classifier."""
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 8, 3, groups=8), nn.BatchNorm2d(8, eps=0.1), nn.ReLU(),
        nn.Flatten(), nn.Linear(32, 6, bias=False), nn.BatchNorm1d(6), nn.Linear(6, 3),
    )  # fmt: skip
    for part in made:
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(part.weight)
            nn.init.normal_(part.bias)
    made.train()
    for _ in range(30):
        made(torch.randn(64, 3, 6, 6) * 2 + 1)
    return made.eval()


def images(count: int = 40, seed: int = 1) -> Tensor:
    return torch.randn(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def corrected(precision: LayerPrecision, **which: bool) -> tuple[QuantizedNetwork, Any]:
    """The network, quantized and corrected, and its correction."""
    quantized = QuantizedNetwork(network(), images(2))
    quantized.calibrate(images())
    corrector = Corrector(quantized.module, quantized.profile, images(), **which)
    precisions = [precision] * len(quantized.profile)
    quantized.apply(precisions)
    found = corrector.find(precisions)
    corrector.write(found)
    return quantized, found


def outputs(module: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """What every layer gives, by channel: (channels, values)."""
    found: dict[str, Tensor] = {}
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.register_forward_hook(
                lambda _, __, output, name=name: found.update({name: output.double().transpose(0, 1).flatten(1)})
            )
    with torch.no_grad():
        module(inputs)
    return found


@torch.no_grad()
def test_batch_norm_is_that_of_the_unfolded_network_in_training_mode():
    long_way = network()
    for layer in (0, 3, 7, 9):
        weight = long_way[layer].weight.data
        long_way[layer].weight.data = quantize_symmetric(
            weight, symmetric_scale(weight, 3, "per_channel", "min_max"), 3
        )
    expected = long_way.train()(images())
    quantized, found = corrected(W3, bias=False, batch_norm=True)
    torch.testing.assert_close(quantized.module(images()), expected, rtol=1e-3, atol=1e-3)
    assert list(found) == ["0", "3", "7"]


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("precision", [W3, W4A4], ids=str)
def test_corrected_channels_have_the_mean_of_the_float_network(precision, batch_norm):
    quantized, found = corrected(precision, bias=True, batch_norm=batch_norm)
    now, before = outputs(quantized.module, images()), outputs(QuantizedNetwork(network(), images(2)).module, images())
    for name in found:
        torch.testing.assert_close(now[name].mean(1), before[name].mean(1), rtol=1e-3, atol=1e-4)
        assert (found[name][0] is None) == (not batch_norm or name == "9")
    if batch_norm:
        spread = outputs(quantized.module, images())["0"].std(1, correction=0)
        torch.testing.assert_close(spread, network()[1].weight.detach().abs().double(), rtol=1e-3, atol=1e-3)


def test_only_layers_from_the_first_quantized_one_on_are_corrected():
    quantized = QuantizedNetwork(network(), images(2), ["7"])
    corrector = Corrector(quantized.module, quantized.profile, images(), bias=True, batch_norm=True)
    for precisions, names in (([FLOAT] * 4, []), ([FLOAT, W3, FLOAT, FLOAT], ["3", "9"])):
        quantized.apply(precisions)
        assert list(corrector.find(precisions)) == names


def test_the_network_is_what_it_was_afterwards():
    quantized = QuantizedNetwork(network(), images(2))
    corrector = Corrector(quantized.module, quantized.profile, images(), bias=True, batch_norm=True)
    quantized.apply([W3] * 4)
    before = copy.deepcopy(quantized.module.state_dict())
    found = corrector.find([W3] * 4)
    with corrector.applied(found):
        assert not torch.equal(quantized.module[3].weight, before["3.weight"])
        assert quantized.module[3].weight.stride() == before["3.weight"].stride()
    with pytest.raises(ZeroDivisionError), corrector.applied(found):
        raise ZeroDivisionError
    assert all(torch.equal(value, before[name]) for name, value in quantized.module.state_dict().items())
    assert not any(part._forward_hooks for part in quantized.module.modules())


def test_weights_stay_multiples_of_a_scale():
    quantized, found = corrected(W3, bias=True, batch_norm=True)
    for name in found:
        weight = quantized.module.get_submodule(name).weight
        assert max(len(channel.unique()) for channel in weight) <= 7


def settled() -> nn.Sequential:
    """The network with the statistics of the calibration examples in its BatchNorm."""
    made = network().train()
    for part in made:
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.momentum = None
            part.reset_running_stats()
    made(images())
    return made.eval()


W2 = LayerPrecision(WeightQuantization(2, scale_method="min_max"), None)
BOTH = {"bias": True, "batch_norm": True}
JUDGED = {
    "helps": (settled, W2, BOTH, True),
    "biases alone help": (network, W3, {"bias": True, "batch_norm": False}, True),
    "hurts": (network, W3, BOTH, False),
    "hurts without biases": (network, W4A4, {"bias": False, "batch_norm": True}, False),
}


@pytest.mark.parametrize(("make", "precision", "which", "helps"), JUDGED.values(), ids=JUDGED)
@torch.no_grad()
def test_a_correction_is_left_off_where_outputs_are_nearer_without(make, precision, which, helps):
    module = make()
    quantized = QuantizedNetwork(module, images(2))
    quantized.calibrate(images())
    corrector = Corrector(quantized.module, quantized.profile, images(), **which)
    quantized.apply([precision] * 4)
    before = copy.deepcopy(quantized.module.state_dict())
    correction, note = corrector.judged([precision] * 4)
    assert all(torch.equal(value, before[name]) for name, value in quantized.module.state_dict().items())
    found = corrector.find([precision] * 4)
    errors = []
    for applied in ({}, found):
        with corrector.applied(applied):
            errors.append(float((quantized.module(images()) - module(images())).double().square().mean()))
    assert (errors[1] < errors[0]) == helps
    if helps:
        assert note is None
        assert correction.keys() == found.keys()
        assert all(torch.equal(shift, found[name][1]) for name, (_, shift) in correction.items())
    else:
        names = "bias_correction and reestimate_batch_norm" if which["bias"] else "reestimate_batch_norm"
        assert correction == {}
        assert note == (
            f"{names} left off: on the calibration split it moves the outputs further from those of the float network "
            f"(mean square {errors[1]:.3g}, without {errors[0]:.3g})"
        )


def test_there_is_nothing_to_judge_in_the_float_network():
    quantized = QuantizedNetwork(network(), images(2))
    corrector = Corrector(quantized.module, quantized.profile, images(), **BOTH)
    assert corrector.judged([FLOAT] * 4) == ({}, None)


@pytest.mark.parametrize("make", [settled, network])
@torch.no_grad()
def test_a_network_is_built_as_it_is_measured(make):
    """With the correction where it helps, else without; weights of corrected networks go to nearest by default."""
    quantized = QuantizedNetwork(make(), images(2))
    quantized.calibrate(images(), 100)
    corrector = Corrector(quantized.module, quantized.profile, images(), **BOTH)
    quantized.apply([W2] * 4)
    correction, _ = corrector.judged([W2] * 4)
    corrector.write(correction)
    built = build_quantized(make(), images(), [W2] * 4, bias_correction=True, reestimate_batch_norm=True)
    assert torch.equal(built(images(seed=2)), quantized.module(images(seed=2)))
    assert bool(correction) == (make is settled)
    assert not torch.equal(built(images()), build_quantized(make(), images(), [W2] * 4)(images()))


def test_transposed_convolutions_and_further_inputs():
    """Output channels of a transposed convolution stand second in its weight, and may be in groups."""
    torch.manual_seed(0)
    up = nn.Sequential(nn.ConvTranspose2d(4, 6, 3, groups=2), nn.BatchNorm2d(6)).eval()
    nn.init.normal_(up[1].weight)

    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = up

        def forward(self, one: Tensor, other: Tensor) -> Tensor:
            return self.up(one + other)

    inputs = (torch.randn(16, 4, 5, 5), torch.randn(16, 4, 5, 5))
    quantized = QuantizedNetwork(Sum(), tuple(tensor[:2] for tensor in inputs))
    corrector = Corrector(quantized.module, quantized.profile, inputs, bias=False, batch_norm=True)
    quantized.apply([W3])
    corrector.write(corrector.find([W3]))
    with torch.no_grad():
        found = quantized.module(*inputs).double()
    torch.testing.assert_close(found.mean((0, 2, 3)), torch.zeros(6).double(), rtol=0, atol=1e-4)
    spread = found.std((0, 2, 3), correction=0)
    torch.testing.assert_close(spread, up[1].weight.detach().abs().double(), rtol=1e-3, atol=1e-4)


class Twice(nn.Module):
    """A layer that runs twice, one without a bias, and a last one."""

    def __init__(self) -> None:
        super().__init__()
        self.twice, self.bare, self.last = nn.Linear(4, 4), nn.Linear(4, 4, bias=False), nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.last(self.bare(self.twice(self.twice(inputs))))


def test_a_layer_that_runs_twice_or_has_no_bias_is_left():
    torch.manual_seed(0)
    module = Twice()
    rows = [(name, getattr(module, name)) for name in ("twice", "bare", "last")]
    layers = [
        LayerProfile(name, "linear", i, (4,), (4,), tuple(part.weight.shape), 16, 4, 20)
        for i, (name, part) in enumerate(rows)
    ]
    corrector = Corrector(module, NetworkProfile(tuple(layers), ((4,),)), torch.randn(8, 4), bias=True, batch_norm=True)
    module.twice.weight.data += 0.1
    found = corrector.find([W3] * 3)
    assert list(found) == ["last"]
    assert float(found["last"][1].abs().max()) > 0


def test_a_channel_that_never_varies_keeps_its_weights():
    module = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.BatchNorm2d(2, eps=1e-9), nn.Flatten(), nn.Linear(72, 2))
    module[1].weight.data[0] = 0
    quantized = QuantizedNetwork(module.eval(), images(2))
    corrector = Corrector(quantized.module, quantized.profile, images(), bias=False, batch_norm=True)
    quantized.apply([W3, FLOAT])
    factor, shift = corrector.find([W3, FLOAT])["0"]
    assert (float(factor[0]), float(shift[0])) == (1, 0)
    assert bool(torch.isfinite(factor).all())
