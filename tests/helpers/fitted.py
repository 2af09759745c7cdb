"""Networks whose weights are fitted, and what their layers are given, to look at both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autoquant.network import FLOAT, LayerPrecision
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization.moments import Sums
from autoquant.quantization.rounding import Reader

W3, W4 = (LayerPrecision.of_bits(bits, 32) for bits in (3, 4))
W3A4, W3A8 = (LayerPrecision.of_bits(3, bits) for bits in (4, 8))

State = dict[str, Tensor]


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    made = nn.Sequential(
        nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3, groups=4),
        nn.ReLU(), nn.ConvTranspose2d(4, 6, 3, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(96, 3, bias=False),
    )  # fmt: skip
    nn.init.uniform_(made[1].running_mean, -0.3, 0.3)
    return made.eval()


def images(count: int = 30, seed: int = 1) -> Tensor:
    return torch.randn(count, 2, 6, 6, generator=torch.Generator().manual_seed(seed)) + 0.3


def state(quantized: QuantizedNetwork) -> State:
    """Weights and biases as they are now."""
    return {name: value.clone() for name, value in quantized.module.state_dict().items()}


def equal(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def made(
    module: nn.Module, inputs: Any, precision: LayerPrecision | Sequence[LayerPrecision] = W3, **options: Any
) -> QuantizedNetwork:
    """Calibrated and quantized."""
    batch_size, example = options.pop("batch_size", 8), options.pop("example", inputs)
    quantized = QuantizedNetwork(module, example, **({"rounding": "hessian"} | options))
    quantized.calibrate(inputs, batch_size)
    if isinstance(precision, LayerPrecision):
        precision = [precision if not layer.kept_float else FLOAT for layer in quantized.profile]
    quantized.apply(precision)
    return quantized


@torch.no_grad()
def traffic(module: nn.Module, inputs: Tensor, batch_size: int = 8) -> dict[str, list[tuple[Tensor, Tensor]]]:
    """Of every layer with a weight: what it is given and gives, batch after batch."""
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    handles = [
        part.register_forward_hook(
            lambda _, args, output, name=name: found.setdefault(name, []).append((args[0].clone(), output.clone()))
        )
        for name, part in module.named_modules()
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)
    ]
    for batch in inputs.split(batch_size):
        module(batch.clone())
    for handle in handles:
        handle.remove()
    return found


def floating(module: nn.Module, inputs: Tensor) -> nn.Module:
    """The folded network."""
    return QuantizedNetwork(module, inputs[:2]).module


def reader(part: Any, seen: list[tuple[Tensor, Tensor]], quantize: Callable[[Tensor], Tensor] = lambda x: x) -> Reader:
    sums = Sums(part, 1)
    for given, gave in seen:
        sums.add(quantize(given), gave)
    assert sums.moments is not None
    return Reader(sums.moments, part.bias is not None)


@torch.no_grad()
def error(part: Any, seen: list[tuple[Tensor, Tensor]]) -> float:
    """By how much the layer, without the quantizer of its input, misses what it should give, in the mean square."""
    missed = [(type(part).forward(part, given) - gave).flatten() for given, gave in seen]
    return float(torch.cat(missed).square().mean())


class Between(nn.Module):
    """Computes something between its layers that no module shows."""

    def __init__(self, between: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.between = nn.Linear(6, 8), nn.Linear(8, 3), between

    def forward(self, inputs: Tensor) -> Tensor:
        return self.second(self.between(self.first(inputs)))


def vectors(count: int = 40, seed: int = 1) -> Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed))


def trained() -> nn.Module:
    """A classifier of vectors that learned a little."""
    torch.manual_seed(0)
    module = nn.Sequential(*(part for _ in range(4) for part in (nn.Linear(6, 6), nn.ReLU())), nn.Linear(6, 3))
    teacher, optimizer = nn.Linear(6, 3), torch.optim.Adam(module.parameters(), 0.02)
    for step in range(150):
        inputs = vectors(64, seed=step)
        loss = nn.functional.cross_entropy(module(inputs), teacher(inputs).argmax(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return module.eval()
