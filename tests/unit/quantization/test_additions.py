"""What additions, concatenations and poolings read, quantized by hand and by the network."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from networks import MobileNetV2
from torch import Tensor, nn
from torch.nn import functional

from autoquant.errors import UnsupportedError
from autoquant.network import FLOAT, LayerPrecision, NetworkProfile
from autoquant.quantization import Affine, QuantizedNetwork, build_quantized
from autoquant.quantization.arithmetic import Arithmetic
from autoquant.quantization.memo import Memo

EIGHT = Arithmetic("float", 8)
W8A8 = LayerPrecision.of_bits(8, 8)
W4A4 = LayerPrecision.of_bits(4, 4)


def images(count: int = 12) -> Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(1))


class Net(nn.Module):
    """Two convolutions, whatever ``body`` makes of their outputs, and a linear layer."""

    def __init__(self, body: Callable[[Tensor, Tensor], Tensor], features: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Linear(features, 3)
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.a(x), self.b(x)))


def quantize(values: Tensor, range_of: Tensor) -> Tensor:
    """8 bits, affine, min-max."""
    return Affine.of_range(float(range_of.min()), float(range_of.max()), 8).quantize(values)


def residual(a: Tensor, b: Tensor) -> Tensor:
    return functional.relu(a + b).mean((2, 3))


def residual_by_hand(a: Tensor, b: Tensor, float_a: Tensor, float_b: Tensor) -> Tensor:
    total = functional.relu(quantize(a, float_a) + quantize(b, float_b))
    return quantize(total, functional.relu(float_a + float_b)).mean((2, 3))


def in_place(a: Tensor, b: Tensor) -> Tensor:
    a += b
    functional.relu_(a)
    return a.mean((2, 3))


def concatenated(a: Tensor, b: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(torch.cat([a, b], dim=1), 1).flatten(1)


def concatenated_by_hand(a: Tensor, b: Tensor, float_a: Tensor, float_b: Tensor) -> Tensor:
    joined = torch.cat([quantize(a, float_a), quantize(b, float_b)], 1)
    return quantize(joined, torch.cat([float_a, float_b], 1)).mean((2, 3))


def pooled(a: Tensor, b: Tensor) -> Tensor:
    return torch.sub(input=functional.max_pool2d(a, 6), other=functional.avg_pool2d(b, kernel_size=6)).flatten(1)


def pooled_by_hand(a: Tensor, b: Tensor, float_a: Tensor, float_b: Tensor) -> Tensor:
    left, right = functional.max_pool2d(quantize(a, float_a), 6), functional.avg_pool2d(quantize(b, float_b), 6)
    float_left, float_right = functional.max_pool2d(float_a, 6), functional.avg_pool2d(float_b, 6)
    return (quantize(left, float_left) - quantize(right, float_right)).flatten(1)


CASES = {
    "residual": (residual, residual_by_hand, 4),
    "in place": (in_place, residual_by_hand, 4),
    "concatenated": (concatenated, concatenated_by_hand, 8),
    "pooled": (pooled, pooled_by_hand, 4),
}


@pytest.mark.parametrize("name", CASES)
@torch.no_grad()
def test_a_network_computes_what_is_written_by_hand(name: str) -> None:
    body, by_hand, features = CASES[name]
    network = Net(body, features)
    quantized = QuantizedNetwork(network, images(2), arithmetic=EIGHT)
    quantized.calibrate(images(), batch_size=5)
    quantized.apply([W4A4] * 3)
    module: Any = quantized.module
    inputs = images(4) * 1.5
    expected = by_hand(module.a(inputs), module.b(inputs), network.a(images()), network.b(images()))
    found = module(inputs)
    assert torch.equal(found, module.head(expected))
    plain: Any = build_quantized(network, images(), [W4A4] * 3, rounding="nearest")
    assert not torch.equal(found, plain(inputs))
    built = build_quantized(network, images(), [W4A4] * 3, additions=8, rounding="nearest")
    assert torch.equal(built(inputs), found)
    assert torch.equal(copy.deepcopy(built)(inputs), found)


@torch.no_grad()
def test_only_candidates_that_quantize_activations_quantize_additions() -> None:
    network = Net(residual)
    quantized = QuantizedNetwork(network, images(2), arithmetic=Arithmetic("integer", 8))
    before = quantized.module(images())
    quantized.calibrate(images())
    assert torch.equal(quantized.module(images()), before)
    plain = QuantizedNetwork(network, images(2))
    weights_alone = [LayerPrecision.of_bits(4, 32)] * 3
    for one in (quantized, plain):
        one.apply(weights_alone)
    assert torch.equal(quantized.module(images()), plain.module(images()))
    quantized.apply([FLOAT, FLOAT, W8A8])
    mixed: Any = quantized.module
    total = residual_by_hand(network.a(images()), network.b(images()), network.a(images()), network.b(images()))
    assert torch.equal(mixed(images()), mixed.head(total))
    quantized.restore()
    assert torch.equal(quantized.module(images()), before)


def kinds(profile: NetworkProfile) -> list[str]:
    """Of the operations that read 8 bits."""
    return [operation.kind for operation in profile.operations if operation.input_bits == 8]


def profile_of(body: Callable[[Tensor, Tensor], Tensor]) -> NetworkProfile:
    return QuantizedNetwork(Net(body), images(2), arithmetic=EIGHT).profile


CONSTANT = torch.ones(4, 6, 6)


def not_quantized(a: Tensor, b: Tensor) -> Tensor:
    """A number is added, constants are, whole numbers are; means are over channels and the batch."""
    a = 1 - (a + 1.0) + torch.tensor(2.0)
    offset = (CONSTANT + CONSTANT).mean((1, 2))
    places = (a.argmax(1) + b.argmax(1)).float().mean(0)
    return a.flatten(2)[:, :, 0] * b.mean(1, keepdim=True).mean() * offset.mean() * places[0, 0]


def test_what_is_quantized_is_in_the_profile() -> None:
    assert kinds(profile_of(residual)) == ["add", "mean"]
    assert kinds(profile_of(in_place)) == ["add", "mean"]
    assert kinds(profile_of(pooled)) == ["max_pool2d", "avg_pool2d", "sub"]
    assert kinds(profile_of(not_quantized)) == []
    assert kinds(profile_of(lambda a, b: (a + CONSTANT).mean([-1, -2]))) == ["add", "mean"]
    assert kinds(QuantizedNetwork(Net(residual), images(2)).profile) == []


class Gate(nn.Module):
    """Kept in float, with additions of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.scale + x).mean((2, 3), keepdim=True)


class Gated(Net):
    def __init__(self) -> None:
        super().__init__(residual)
        self.gate = Gate()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(residual(self.gate(self.a(x)) * self.a(x), self.b(x)))


@torch.no_grad()
def test_nothing_is_quantized_inside_of_layers() -> None:
    quantized = QuantizedNetwork(Gated(), images(2), ["gate"], arithmetic=EIGHT)
    assert kinds(quantized.profile) == ["add", "mean"]
    quantized.calibrate(images())
    quantized.apply([FLOAT if layer.name != "head" else W8A8 for layer in quantized.profile])
    module: Any = quantized.module
    a, b = module.gate(module.a(images())) * module.a(images()), module.b(images())
    assert torch.equal(module(images()), module.head(residual_by_hand(a, b, a, b)))


class Masked(nn.Module):
    """Attention with a mask that is made of the input."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attention, self.head = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        mask = torch.zeros(x.shape[:2]).masked_fill(x[:, :, 0] > 1, -torch.inf)
        return self.head(self.attention(x, x, x, key_padding_mask=mask)[0][:, 0])


@torch.no_grad()
def test_a_mask_that_is_not_finite_stays_as_it_is() -> None:
    inputs = torch.randn(30, 5, 8, generator=torch.Generator().manual_seed(0))
    precisions = {"additions": 8, "biases": "integer"}
    network = QuantizedNetwork(Masked().eval(), inputs[:2])
    many = [FLOAT if layer.kept_float else LayerPrecision.of_bits(16, 16) for layer in network.profile]
    built = build_quantized(Masked().eval(), inputs, many, **precisions)  # type: ignore[arg-type]
    assert torch.isfinite(built(inputs)).all()
    torch.testing.assert_close(built(inputs), Masked().eval()(inputs), rtol=0.05, atol=0.05)


class Depends(Net):
    """Runs another addition for inputs that are large."""

    def __init__(self, more: bool) -> None:
        super().__init__(residual)
        self.more = more

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.a(x), self.b(x)
        if bool(x.abs().max() > 50) == self.more:
            a = a + b
        return self.head(self.body(a, b))


@pytest.mark.parametrize("more", [True, False])
@torch.no_grad()
def test_another_control_flow_is_one_clear_sentence(more: bool) -> None:
    quantized = QuantizedNetwork(Depends(more), images(2), arithmetic=EIGHT)
    quantized.calibrate(images())
    quantized.apply([W8A8] * 3)
    with pytest.raises(
        UnsupportedError, match=r"additions: the network .* its control flow depends .* leave out additions: 8"
    ):
        quantized.module(images() * 100)
    quantized.restore()
    quantized.module(images() * 100)
    with pytest.raises(UnsupportedError, match="its control flow depends on its inputs"):
        quantized.calibrate(images() * 100)


@torch.no_grad()
def test_a_memo_changes_nothing_also_where_only_later_layers_are_quantized() -> None:
    torch.manual_seed(0)
    network, memo = MobileNetV2(0.25).eval(), Memo(2**28)
    inputs = torch.randn(3, 3, 32, 32)
    shared, alone = (
        QuantizedNetwork(network, inputs, memo=m, arithmetic=Arithmetic("integer", 8)) for m in (memo, None)
    )
    count = len(shared.profile)
    candidates = [
        [FLOAT] * count,
        [FLOAT] * (count - 1) + [W4A4],
        [W4A4] * (count - 1) + [FLOAT],
        [W4A4] * (count - 1) + [W8A8],
        [FLOAT] * (count - 1) + [W8A8],
        [FLOAT] * count,
    ]
    for one in (shared, alone):
        one.calibrate(inputs)
    for precisions in candidates:
        for one in (shared, alone):
            one.apply(precisions)
        with memo.run("x", count):
            found = shared.module(inputs)
        assert torch.equal(found, alone.module(inputs))
    assert memo.hits > 0
