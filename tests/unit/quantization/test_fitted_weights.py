"""Fitted weights of whole networks: what each layer comes to."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import torch
from fitted import (
    W3,
    W3A4,
    W3A8,
    Between,
    equal,
    error,
    floating,
    images,
    made,
    network,
    reader,
    state,
    traffic,
    vectors,
)
from networks import TextEncoder, examples
from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import FLOAT, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork, quantize_weight
from autoquant.quantization import fitted_weights as module_of_fitted_weights
from autoquant.quantization.layers import as_module_keeps, output_first
from autoquant.quantization.rounding import round_weight

pytestmark = pytest.mark.usefixtures("cache")


@pytest.mark.parametrize("precision", [W3, W3A4], ids=str)
@pytest.mark.parametrize("rounding", ["nearest", "nearest+bias", "hessian"])
def test_a_network_is_what_each_layer_comes_to_alone(precision, rounding):
    quantized = made(network(), images(), precision, rounding=rounding)
    plain = floating(network(), images())
    seen = traffic(plain, images())
    assert len(seen) == 4
    for name, batches in seen.items():
        part: Any = plain.get_submodule(name)
        now: Any = quantized.module.get_submodule(name)
        weight = output_first(part, part.weight.data)
        assert precision.weight is not None
        found = round_weight(weight, precision.weight, rounding, [reader(part, batches, now.input_quantizer)])
        assert torch.equal(now.weight, as_module_keeps(part, found.weight.dequantize()))
        if part.bias is not None:
            shift = 0 if found.shifts[0] is None else found.shifts[0]
            assert torch.equal(now.bias, part.bias + shift)
            assert torch.equal(now.bias, part.bias) == (rounding == "nearest")


def test_a_precision_may_name_its_rounding():
    named = [
        LayerPrecision(WeightQuantization(3, rounding=rounding), None)
        for rounding in ("hessian", "nearest", "nearest+bias", None)
    ]
    found = {
        rounding: state(made(network(), images(), named, rounding=rounding)) for rounding in ("nearest", "hessian")
    }
    every = {r: state(made(network(), images(), rounding=r)) for r in ("nearest", "nearest+bias", "hessian")}
    for rounding, mixed in found.items():
        for name, from_ in (("0", "hessian"), ("3", "nearest"), ("5", "nearest+bias"), ("8", rounding)):
            assert torch.equal(mixed[f"{name}.weight"], every[from_][f"{name}.weight"])
            assert name == "8" or torch.equal(mixed[f"{name}.bias"], every[from_][f"{name}.bias"])


def test_the_float_network_comes_back():
    quantized = made(network(), images(), W3A4)
    quantized.restore()
    assert equal(state(quantized), state(QuantizedNetwork(network(), images()[:2])))


@torch.no_grad()
def test_a_fit_to_quantized_inputs_is_better_for_them():
    """For each layer given its quantized inputs, better than one fitted to float inputs."""
    plain = floating(network(), images())
    seen = traffic(plain, images())
    fitted, ignoring = made(network(), images(), W3A4), made(network(), images(), W3)
    for name, batches in seen.items():
        now, other = (one.module.get_submodule(name) for one in (fitted, ignoring))
        quantize = now.input_quantizer
        errors = [error(part, [(quantize(given), gave) for given, gave in batches]) for part in (now, other)]
        assert errors[0] < errors[1]


def test_without_calibration_there_is_nothing_to_fit_to():
    quantized = QuantizedNetwork(network(), images()[:2], rounding="hessian")
    quantized.apply([FLOAT] * 4)
    for precision in (W3, LayerPrecision(WeightQuantization(3, rounding="nearest+bias"), None)):
        assert quantized.needs_calibration([FLOAT, FLOAT, FLOAT, precision])
        with pytest.raises(SpecError, match="rounding: fitted weights and biases need a calibration split"):
            quantized.apply([FLOAT, FLOAT, FLOAT, precision])
    nearest = LayerPrecision(WeightQuantization(3, rounding="nearest"), None)
    assert not quantized.needs_calibration([nearest] * 4)
    quantized.apply([nearest] * 4)


def test_a_new_calibration_fits_again():
    quantized = made(network(), images(), W3A4)
    quantized.calibrate(images(seed=2), 8)
    quantized.apply([W3A4] * 4)
    assert equal(state(quantized), state(made(network(), images(seed=2), W3A4)))


class Skips(nn.Module):
    """A layer that runs for large inputs, and one whose inputs are then zero."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.seldom, self.dead, self.last = (nn.Linear(6, 6) for _ in range(4))

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.first(inputs)
        if float(inputs.abs().max()) > 50:
            values = self.seldom(values)
        return self.last(values) + self.dead(torch.relu(values - 1000))


def test_layers_that_never_run_in_calibration_go_to_nearest():
    large = vectors(2) * 1000
    quantized = made(Skips(), vectors(), W3, example=large)
    weight = Skips().seldom.weight.data
    assert torch.equal(quantized.module.seldom.weight, quantize_weight(weight, WeightQuantization(3)).dequantize())
    assert torch.equal(quantized.module.seldom.bias, Skips().seldom.bias)
    assert not torch.equal(quantized.module.first.bias, Skips().first.bias)


def test_a_layer_that_is_given_zeros_alone_does_no_harm_to_others():
    """It has no range; as long as its own input stays float that does not matter."""
    names = [layer.name for layer in QuantizedNetwork(Skips(), vectors(2) * 1000).profile]
    quantized = made(Skips(), vectors(), example=vectors(2) * 1000, precision=[FLOAT] * 4)
    quantized.apply([{"dead": W3, "seldom": W3}.get(name, W3A4) for name in names])
    nearest = quantize_weight(Skips().dead.weight.data, WeightQuantization(3)).dequantize()
    torch.testing.assert_close(quantized.module.dead.weight.data, nearest, rtol=0, atol=0.15)
    with pytest.raises(SpecError, match="the input of layer 'dead' is zero in every example"):
        quantized.apply([{"dead": W3A4}.get(name, W3) for name in names])


def test_attention_and_embeddings():
    inputs = examples(TextEncoder, 40)
    torch.manual_seed(0)
    module = TextEncoder().eval()
    fitted, nearest = (made(module, inputs, W3, rounding=rounding) for rounding in ("hessian", "nearest"))
    plain: Any = floating(module, inputs)
    seen = traffic(plain, inputs)
    names = [layer.name for layer in fitted.profile.quantizable]
    assert {f"encoder.layers.0.self_attn.{part}" for part in ("q_proj", "k_proj", "v_proj", "out_proj")} <= set(names)
    for name in names:
        found, other = (one.module.get_submodule(name) for one in (fitted, nearest))
        if name in ("tokens", "positions"):
            assert torch.equal(found.weight, other.weight)
            continue
        errors = [error(part, seen[name]) for part in (found, other)]
        assert errors[0] < errors[1]


class Tied(nn.Module):
    """Tokens in, tokens out, with one weight; and two layers that share theirs and have a bias each."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.tokens, self.one, self.other = nn.Embedding(20, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight, self.other.weight = self.tokens.weight, self.one.weight

    def forward(self, tokens: Tensor) -> Tensor:
        values = self.tokens(tokens)
        values = values + torch.relu(self.one(values)) * 3 + 1
        return self.head(torch.tanh(self.other(values)))


def words() -> Tensor:
    return torch.randint(20, (30, 5), generator=torch.Generator().manual_seed(0))


def test_layers_that_share_a_weight_are_fitted_together():
    precisions = {"tokens": W3, "one": W3A4, "other": W3A8, "head": W3A4}
    names = [layer.name for layer in QuantizedNetwork(Tied(), words()).profile]
    quantized = made(Tied(), words(), [precisions[name] for name in names])
    now: Any = quantized.module
    seen = traffic(floating(Tied(), words()), words())
    head = round_weight(
        Tied().head.weight.data, W3.weight, "hessian", [reader(Tied().head, seen["head"], now.head.input_quantizer)]
    )
    assert torch.equal(now.head.weight, head.weight.dequantize())
    assert torch.equal(now.tokens.weight, now.head.weight)
    both = [reader(getattr(Tied(), name), seen[name], getattr(now, name).input_quantizer) for name in ("one", "other")]
    shared = round_weight(Tied().one.weight.data, W3.weight, "hessian", both)
    assert torch.equal(now.one.weight, shared.weight.dequantize())
    assert torch.equal(now.other.weight, now.one.weight)
    assert torch.equal(now.one.bias, Tied().one.bias + shared.shifts[0])
    assert torch.equal(now.other.bias, Tied().other.bias + shared.shifts[1])
    quantized.apply([W3] * 4)
    assert not torch.equal(now.one.weight, shared.weight.dequantize()), "it depends on both inputs"


class Regrouped(nn.Module):
    """Two convolutions with one weight: of one channel to all, and of each channel alone."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, groups=4)
        self.second.weight = self.first.weight

    def forward(self, inputs: Tensor) -> Tensor:
        return self.second(self.first(inputs))


def test_a_weight_that_is_split_into_other_groups_goes_to_nearest():
    quantized = made(Regrouped(), images()[:, :1])
    nearest = quantize_weight(Regrouped().first.weight.data, WeightQuantization(3)).dequantize()
    assert torch.equal(quantized.module.first.weight, nearest)
    assert torch.equal(quantized.module.second.weight, nearest)
    assert quantized.weights.notes == (
        "rounded to nearest, because they share a weight, but not the number of groups: first, second",
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the moments of the convolutions, at most 4 * 2 groups * 18 columns^2 bytes, are small enough."""
    monkeypatch.setattr(module_of_fitted_weights, "MOMENTS_OF_A_LAYER", 4 * 2 * 18**2)


@pytest.mark.usefixtures("small")
def test_layers_with_too_many_moments_go_to_nearest():
    quantized, nearest = made(network(), images()), made(network(), images(), rounding="nearest")
    now, other = state(quantized), state(nearest)
    same = [name for name in ("0", "3", "5", "8") if torch.equal(now[f"{name}.weight"], other[f"{name}.weight"])]
    assert same == ["8"]
    assert quantized.weights.notes == ("rounded to nearest, because their second moments would take more than 0 MB: 8",)
    assert not quantized.needs_calibration([FLOAT, FLOAT, FLOAT, W3])


def test_moments_that_are_taken_in_parts_are_the_same(cache, monkeypatch):
    whole = state(made(network(), images(), W3A4))
    shutil.rmtree(cache)
    monkeypatch.setattr(module_of_fitted_weights, "MOMENTS_AT_ONCE", 1)
    assert equal(state(made(network(), images(), W3A4)), whole)


def test_values_that_are_not_finite_are_named():
    with pytest.raises(UnsupportedError, match=r"calibration: the input of layer 'second' has .* NaN"):
        made(Between(lambda x: torch.log(x - x)), vectors())
