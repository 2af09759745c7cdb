"""The memo of layer outputs: what it hands out, what it forgets, and writes in place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from autoquant.network import FLOAT, LayerPrecision
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization.memo import Memo, reads_ahead

KB = 1024


class Layers:
    """Stands for a network: counts what is computed; every output is 1 KB."""

    def __init__(self, memo: Memo) -> None:
        self.memo, self.computed = memo, 0

    def run(
        self, options: str, inputs: str = "x", use: Callable[[Tensor], object] = id, keep: int | None = None
    ) -> list[Tensor]:
        with self.memo.run(inputs, len(options) if keep is None else keep):
            outputs = []
            for depth, option in enumerate(options):
                outputs.append(self.memo.output(f"layer{depth}", option, self._compute))
                use(outputs[-1])
            return outputs

    def _compute(self) -> Tensor:
        self.computed += 1
        return torch.full((256,), float(self.computed))

    def cost(self, options: str, inputs: str = "x") -> int:
        before = self.computed
        self.run(options, inputs)
        return self.computed - before


def test_a_common_prefix_is_computed_once():
    layers = Layers(Memo(100 * KB))
    assert [layers.cost(options) for options in ("aaa", "aab", "aab", "abb", "bbb")] == [3, 1, 0, 2, 3]
    assert layers.cost("aaa", inputs="y") == 3
    assert (layers.memo.hits, layers.memo.misses) == (0 + 2 + 3 + 1 + 0 + 0, 12)
    assert layers.memo.held == layers.memo.most_held == 12 * KB
    layers.memo.clear()
    assert layers.memo.held == 0
    assert layers.cost("aaa") == 3


@pytest.mark.parametrize("limit", [0, KB - 1])
def test_without_memory_everything_is_computed(limit):
    layers = Layers(Memo(limit))
    assert [layers.cost("aaa") for _ in range(2)] == [3, 3]
    assert layers.memo.most_held == 0


def test_outside_a_run_nothing_is_remembered():
    memo = Memo(KB)
    layers = Layers(memo)
    assert [float(memo.output("layer0", "a", layers._compute)[0]) for _ in range(2)] == [1.0, 2.0]
    with pytest.raises(ZeroDivisionError), memo.run("x", 2):
        raise ZeroDivisionError
    assert float(memo.output("layer0", "a", layers._compute)[0]) == 3.0
    assert memo.held == 0


def test_only_the_first_layers_are_kept():
    layers = Layers(Memo(100 * KB))
    layers.run("aaaa", keep=2)
    assert layers.memo.held == 2 * KB
    assert layers.cost("aaaa") == 2
    layers.run("bbbb", keep=0)
    assert layers.cost("bbbb") == 4


def test_it_never_holds_more_than_its_limit_and_the_least_recently_used_goes_first():
    layers = Layers(Memo(4 * KB))
    for last in "abcdefgh":
        layers.run(f"aa{last}")
    assert layers.memo.held == layers.memo.most_held == 4 * KB
    assert [layers.cost("aah"), layers.cost("aag"), layers.cost("aaf")] == [0, 0, 1]


def test_an_output_that_was_written_into_is_never_handed_out():
    layers = Layers(Memo(100 * KB))
    layers.run("a", use=lambda output: output.add_(100))
    assert float(layers.run("a", use=lambda output: output.add_(100))[0][0]) == 102.0
    assert layers.computed == 2
    assert [float(layers.run("a", use=lambda output: output.add_(7))[0][0]) for _ in range(3)] == [9.0] * 3
    assert layers.computed == 2, "copies are handed out from then on"


def test_a_write_through_a_view_or_at_a_later_use_is_seen():
    layers = Layers(Memo(100 * KB))
    layers.run("a")
    layers.run("a", use=lambda output: output.view(16, 16)[3].relu_())
    assert layers.cost("a") == 1
    layers.run("b")
    layers.run("b", use=lambda output: output.detach().mul_(2))
    assert float(layers.run("b")[0][0]) == layers.computed


def test_tensors_of_inference_mode_have_no_version_so_they_are_copied():
    layers = Layers(Memo(100 * KB))
    with torch.inference_mode():
        found = [float(layers.run("a", use=lambda output: output.add_(1))[0][0]) for _ in range(3)]
    assert found == [2.0] * 3
    assert layers.computed == 1


class Ahead(nn.Module):
    """Scales by the weights of a layer, before or after it has run."""

    def __init__(self, before: bool) -> None:
        super().__init__()
        self.first, self.second, self.before = nn.Linear(4, 4), nn.Linear(4, 4), before

    def forward(self, inputs: Tensor) -> Tensor:
        inputs = inputs.to(self.second.weight.dtype)
        scale = self.second.weight.abs().mean() if self.before else 1.0
        values = self.second(self.first(inputs * scale))
        return values * self.second.weight.abs().mean()


@pytest.mark.parametrize("before", [True, False])
@torch.no_grad()
def test_weights_that_are_read_before_their_layer_runs(before):
    torch.manual_seed(0)
    module, inputs, memo = Ahead(before).eval(), torch.randn(5, 4), Memo(100 * KB)
    layers = {"first": module.first, "second": module.second}
    assert reads_ahead(module, layers, inputs) is before
    assert not any(layer._forward_pre_hooks for layer in layers.values())
    shared, alone = QuantizedNetwork(module, inputs, memo=memo), QuantizedNetwork(module, inputs)
    for bits in (2, 4):
        precisions = [FLOAT, LayerPrecision.of_bits(bits, 32)]
        for quantized in (shared, alone):
            quantized.apply(precisions)
        with memo.run("x", 2):
            found = shared.module(inputs)
        assert torch.equal(found, alone.module(inputs))
    assert memo.hits == (0 if before else 1)


@torch.no_grad()
def test_new_calibration_forgets():
    torch.manual_seed(0)
    module, inputs, memo = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)).eval(), torch.randn(50, 4), Memo(100 * KB)
    quantized = QuantizedNetwork(module, inputs, memo=memo)
    found = []
    for factor in (1, 3):
        quantized.calibrate(inputs * factor)
        quantized.apply([LayerPrecision.of_bits(4, 4)] * 2)
        with memo.run("x", 2):
            found.append(quantized.module(inputs))
    assert not torch.equal(*found)
