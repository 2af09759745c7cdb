"""Rounding a layer: what it promises on the inputs that its moments come from, for every kind of layer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from autoquant.network import Rounding, WeightQuantization
from autoquant.quantization import quantize_weight
from autoquant.quantization.layers import as_module_keeps, output_first
from autoquant.quantization.moments import Sums
from autoquant.quantization.rounding import Reader, RoundedWeight, problem, round_weight

W3 = WeightQuantization(3)


def image(count: int = 12, channels: int = 4, size: int = 6) -> Tensor:
    """Inputs whose channels depend on one another, and have means of their own."""
    random = torch.Generator().manual_seed(1)
    mixed = torch.randn(channels, channels, generator=random)
    values = torch.einsum("nchw,cd->ndhw", torch.randn(count, channels, size, size, generator=random), mixed)
    return torch.relu(values + torch.randn(channels, 1, 1, generator=random))


def rows(count: int = 200, width: int = 16) -> Tensor:
    random = torch.Generator().manual_seed(2)
    return torch.relu(torch.randn(count, width, generator=random) @ torch.randn(width, width, generator=random) + 0.5)


LAYERS: dict[str, tuple[Callable[[], Any], Callable[[], Tensor]]] = {
    "conv": (lambda: nn.Conv2d(4, 6, 3, padding=1), image),
    "conv of circular padding": (lambda: nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"), image),
    "depthwise": (lambda: nn.Conv2d(4, 8, 3, groups=4), image),
    "grouped, strided, dilated": (lambda: nn.Conv2d(4, 6, 2, stride=2, dilation=2, groups=2), image),
    "conv without bias": (lambda: nn.Conv2d(4, 6, 3, bias=False), image),
    "conv1d": (lambda: nn.Conv1d(4, 6, 3), lambda: image().flatten(2)),
    "transposed": (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1), image),
    "transposed, grouped": (lambda: nn.ConvTranspose2d(4, 6, 3, groups=2), image),
    "linear": (lambda: nn.Linear(16, 5), rows),
    "linear without bias": (lambda: nn.Linear(16, 5, bias=False), rows),
    "linear of sequences": (lambda: nn.Linear(16, 5), lambda: rows().reshape(20, 10, 16)),
}
ALL_LAYERS = pytest.mark.parametrize(("make", "inputs"), LAYERS.values(), ids=LAYERS)


def built(make: Callable[[], Any]) -> Any:
    torch.manual_seed(0)
    return make()


@torch.no_grad()
def reader(layer: Any, inputs: Tensor, wanted: Tensor | None = None) -> Reader:
    """All positions of a layer for these inputs, towards its own outputs or those that are wanted."""
    sums = Sums(layer, 1)
    sums.add(inputs, layer(inputs) if wanted is None else wanted)
    assert sums.moments is not None
    return Reader(sums.moments, layer.bias is not None)


def quantized(layer: Any, rounded: RoundedWeight, at: int = 0) -> Any:
    """The layer with its weight and its bias."""
    made, shift = copy.deepcopy(layer), rounded.shifts[at]
    made.weight.data = as_module_keeps(layer, rounded.weight.dequantize())
    if shift is not None:
        made.bias.data = layer.bias.data + shift
    return made


def by_channel(layer: Any, values: Tensor) -> Tensor:
    """(channels, positions)"""
    return values.double().movedim(-1 if isinstance(layer, nn.Linear) else 1, 0).flatten(1)


@torch.no_grad()
def moved(layer: Any, how: WeightQuantization, rounding: Rounding, inputs: Tensor) -> Tensor:
    """By how much each output moves: (channels, positions)."""
    rounded = round_weight(output_first(layer, layer.weight.data), how, rounding, [reader(layer, inputs)])
    return by_channel(layer, quantized(layer, rounded)(inputs) - layer(inputs))


def error(layer: Any, how: WeightQuantization, rounding: Rounding, inputs: Tensor) -> float:
    return float(moved(layer, how, rounding, inputs).square().mean())


@ALL_LAYERS
@pytest.mark.parametrize("rounding", ["nearest+bias", "hessian"])
def test_every_channel_keeps_its_mean(make, inputs, rounding):
    layer = built(make)
    change = moved(layer, W3, rounding, inputs())
    plain = moved(layer, W3, "nearest", inputs())
    assert float(plain.mean(1).abs().min()) > 1e-4
    if layer.bias is None:
        assert rounding == "hessian" or torch.equal(change, plain)
    else:
        assert float(change.mean(1).abs().max()) < 1e-5 * float(inputs().abs().max())


@ALL_LAYERS
@pytest.mark.parametrize("granularity", ["per_channel", "per_tensor", "per_group"])
@pytest.mark.parametrize("bits", [2, 4])
def test_fitting_moves_outputs_least(make, inputs, granularity, bits):
    layer = built(make)
    how = WeightQuantization(bits, granularity, group_size=4 if granularity == "per_group" else None)
    nearest, shifted, fitted = (error(layer, how, r, inputs()) for r in ("nearest", "nearest+bias", "hessian"))
    assert fitted < shifted <= nearest * (1 + 1e-6)


@pytest.mark.parametrize("quantizer", ["affine", "power_of_two", "logarithmic", "statistical"])
@pytest.mark.parametrize("name", ["conv", "depthwise", "linear without bias"])
def test_so_it_is_for_every_quantizer(quantizer, name):
    make, inputs = LAYERS[name]
    how = WeightQuantization(4, quantizer=quantizer)
    assert error(built(make), how, "hessian", inputs()) < error(built(make), how, "nearest+bias", inputs())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("bias", [True, False])
def test_so_it_is_for_inputs_that_say_little(seed, bias):
    """Fewer examples than inputs, or some that never vary."""
    torch.manual_seed(seed)
    layer = nn.Linear(24, 4, bias=bias)
    inputs = torch.randn(6, 24) + torch.randn(24)
    inputs[:, seed::5] = seed / 3
    nearest, fitted = (error(layer, W3, rounding, inputs) for rounding in ("nearest+bias", "hessian"))
    assert fitted < nearest


def constant(value: float, *shape: int) -> Callable[[], Tensor]:
    return lambda: torch.full(shape, value)


ALIVE = torch.tensor([0.0, 1.0, 0.0, 1.0])[:, None, None]
SINGULAR: dict[str, tuple[Callable[[], Any], Callable[[], Tensor]]] = {
    "one example": (lambda: nn.Linear(16, 5), lambda: rows(1)),
    "one example, no bias": (lambda: nn.Linear(16, 5, bias=False), lambda: rows(1)),
    "one position": (lambda: nn.Conv2d(4, 6, 3), lambda: image(1, size=3)),
    "zeros": (lambda: nn.Linear(16, 5), constant(0.0, 30, 16)),
    "zeros, no bias": (lambda: nn.Conv2d(4, 6, 3, bias=False), constant(0.0, 5, 4, 6, 6)),
    "constants": (lambda: nn.Linear(16, 5), constant(0.1, 30, 16)),
    "constants, no bias": (lambda: nn.Conv2d(4, 6, 3, bias=False), constant(0.1, 5, 4, 6, 6)),
    "constants with a border": (lambda: nn.Conv2d(4, 6, 3, padding=1), constant(0.1, 5, 4, 6, 6)),
    "a large constant": (lambda: nn.Linear(16, 5), constant(12345.678, 30, 16)),
    "almost constants": (lambda: nn.Linear(16, 5), lambda: rows() * 1e-6 + 100),
    "one group is dead": (lambda: nn.Conv2d(4, 8, 3, groups=4), lambda: image() * ALIVE),
    "all inputs are one": (lambda: nn.Linear(16, 5), lambda: rows()[:, :1].expand(-1, 16)),
    "tiny": (lambda: nn.Linear(16, 5), lambda: rows() * 1e-18),
    "huge": (lambda: nn.Linear(16, 5), lambda: rows() * 1e12),
}  # fmt: skip


@pytest.mark.parametrize(("make", "inputs"), SINGULAR.values(), ids=SINGULAR)
@pytest.mark.parametrize("quantizer", ["symmetric", "affine", "power_of_two"])
def test_moments_that_are_singular_give_what_is_no_worse(make, inputs, quantizer):
    layer, how = built(make), WeightQuantization(3, quantizer=quantizer)
    size = float(inputs().double().square().mean())
    nearest, fitted = (error(layer, how, rounding, inputs()) for rounding in ("nearest+bias", "hessian"))
    assert fitted <= nearest * (1 + 1e-6) + 1e-11 * size
    with torch.no_grad():
        found = round_weight(output_first(layer, layer.weight), how, "hessian", [reader(layer, inputs())])
    assert torch.isfinite(found.weight.dequantize()).all()
    assert torch.isfinite(found.weight.scale).all()
    assert float(found.weight.dequantize().abs().max()) < 3 * float(layer.weight.data.abs().max())


def test_inputs_that_never_vary_leave_their_weights_where_they_are():
    layer, inputs = nn.Linear(16, 5), rows()
    inputs[:, 4:9] = 3.0
    with torch.no_grad():
        target, _ = problem(layer.weight.data.double().numpy()[None], [reader(layer, inputs)])
    change = np.abs(target[0] - layer.weight.detach().numpy())
    assert change[:, 4:9].max() < 1e-6
    assert change.max() < 1e-3


@torch.no_grad()
def test_what_the_inputs_lost_the_weights_make_up_for():
    """Towards the outputs of other inputs: one of them is gone, and half of another."""
    layer, inputs = built(lambda: nn.Linear(16, 5)), rows(2000)
    inputs[:, 3] = inputs[:, 2] * 0.9 + 0.1 * inputs[:, 3]
    given = inputs.clone()
    given[:, 3] = 0
    given[:, 7] /= 2
    found = round_weight(layer.weight.data, WeightQuantization(8), "hessian", [reader(layer, given, layer(inputs))])
    plain = round_weight(layer.weight.data, WeightQuantization(8), "hessian", [reader(layer, given)])
    errors = [float((quantized(layer, rounded)(given) - layer(inputs)).square().mean()) for rounded in (found, plain)]
    assert errors[0] < errors[1] / 10
    assert found.weight.dequantize()[:, 7].numpy() == pytest.approx(2 * layer.weight[:, 7].numpy(), abs=0.05)


@torch.no_grad()
def joint_error(weight: Tensor, rounded: RoundedWeight, cases: list[tuple[Any, Tensor]]) -> float:
    """Mean square over the positions of all readers."""
    errors = [
        (quantized(layer, rounded, at)(inputs) - layer(inputs)).double().square().sum(-1).flatten()
        for at, (layer, inputs) in enumerate(cases)
    ]
    return float(torch.cat(errors).mean())


@torch.no_grad()
def test_two_readers_are_fitted_together():
    """Each by the number of its positions; each has a shift of its own."""
    first, second = built(lambda: nn.Linear(16, 5)), built(lambda: nn.Linear(16, 5, bias=False))
    second.weight = first.weight
    many, few = rows(900), rows(400).flip(1)[300:] * 2 - 1
    cases = [(first, many), (second, few)]
    readers = [reader(*case) for case in cases]
    how = WeightQuantization(3)
    together = round_weight(first.weight.data, how, "hessian", readers)
    assert [shift is None for shift in together.shifts] == [False, True]
    errors = {"together": joint_error(first.weight, together, cases)}
    for at, name in ((0, "first"), (1, "second")):
        alone = round_weight(first.weight.data, how, "hessian", [readers[at]])
        shift = readers[0].shift(alone.weight.dequantize().double().numpy()[None])
        errors[name] = joint_error(first.weight, RoundedWeight(alone.weight, (shift, None)), cases)
    nearest = round_weight(first.weight.data, how, "nearest+bias", readers)
    errors["nearest"] = joint_error(first.weight, nearest, cases)
    assert errors["together"] == min(errors.values())
    assert sorted(errors.values())[1] > errors["together"] * 1.05
    assert float((quantized(first, together)(many) - first(many)).mean(0).abs().max()) < 1e-5


@torch.no_grad()
def test_a_reader_counts_as_often_as_it_has_positions():
    """The same inputs twice, in two readers or in one: the same weights."""
    layer, inputs = built(lambda: nn.Linear(16, 5)), rows()
    once = round_weight(layer.weight.data, W3, "hessian", [reader(layer, inputs)])
    halves = [reader(layer, inputs[:50]), reader(layer, inputs[50:])]
    bare = [Reader(half.moments, False) for half in halves]
    whole = Reader(reader(layer, inputs).moments, False)
    for one, other in zip(problem(np.zeros((1, 5, 16)), bare), problem(np.zeros((1, 5, 16)), [whole]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
    twice = round_weight(layer.weight.data, W3, "hessian", [reader(layer, inputs)] * 2)
    assert torch.equal(twice.weight.codes, once.weight.codes)
    assert all(torch.equal(shift, once.shifts[0]) for shift in twice.shifts)


def test_nearest_looks_at_no_moments():
    layer = built(lambda: nn.Linear(16, 5))
    rounded = round_weight(layer.weight.data, W3, "nearest", [])
    assert rounded.shifts == ()
    assert torch.equal(rounded.weight.codes, quantize_weight(layer.weight.data, W3).codes)


@ALL_LAYERS
@pytest.mark.parametrize("quantizer", ["symmetric", "affine"])
def test_it_is_kept_as_arrays_and_read_again(make, inputs, quantizer):
    layer, how = built(make), WeightQuantization(6, quantizer=quantizer)
    if layer.weight.dim() == 4:
        layer.to(memory_format=torch.channels_last)
    weight, biased = output_first(layer, layer.weight.data), reader(layer, inputs())
    rounded = round_weight(weight, how, "hessian", [biased, Reader(biased.moments, False)])
    again = RoundedWeight.of_arrays(rounded.arrays(), how, weight)
    assert torch.equal(again.weight.dequantize(), rounded.weight.dequantize())
    assert again.weight.codes.stride() == rounded.weight.codes.stride()
    assert torch.equal(again.weight.scale, rounded.weight.scale)
    assert [shift is None for shift in again.shifts] == [layer.bias is None, True]
    if layer.bias is not None:
        assert torch.equal(again.shifts[0], rounded.shifts[0])
    low, high = (0, 63) if quantizer == "affine" else (-32, 31)
    assert low <= int(again.weight.codes.min()) < int(again.weight.codes.max()) <= high
