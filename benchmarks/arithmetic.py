"""What does the arithmetic of integer runtimes change? Integer biases and 8-bit additions on two real networks.

    python benchmarks/arithmetic.py

Accuracy in percent on the 1,000 examples of `benchmarks/landscape.py`, default rules, weights rounded to
nearest; then the share of the examples whose predicted class is another one than with float biases and additions, and
how much longer the network runs. Needs the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from landscape import BATCH, NETWORKS, Landscape, table
from torch import Tensor

from autoquant.network import LayerPrecision
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization.arithmetic import Arithmetic

ARITHMETICS = {
    "float": Arithmetic(),
    "biases: integer": Arithmetic(biases="integer"),
    "additions: 8": Arithmetic(additions=8),
    "arithmetic: integer": Arithmetic.of("integer", None, None),
}
ROUNDS = 5
BITS = {"W8A8": (8, 8), "W4A8": (4, 8), "W4A4": (4, 4), "W16A16": (16, 16)}


@torch.no_grad()
def scored(network: QuantizedNetwork, inputs: Any) -> tuple[Tensor, float]:
    """Predicted classes, and the seconds that they took."""
    began = time.perf_counter()
    outputs = torch.cat([network.module(batch) for batch in torch.split(inputs, BATCH)])
    return outputs.argmax(1), time.perf_counter() - began


def rows(landscape: Landscape, name: str) -> Iterable[Sequence[Any]]:
    """Of one network."""
    networks = []
    for arithmetic in ARITHMETICS.values():
        networks.append(
            QuantizedNetwork(landscape.module, landscape.inputs[:2], rounding="nearest", arithmetic=arithmetic)
        )
        networks[-1].calibrate(landscape.calibration)
    for bits, widths in BITS.items():
        for network in networks:
            network.apply([LayerPrecision.of_bits(*widths)] * len(network.profile))
        rounds = [[scored(network, landscape.inputs) for network in networks] for _ in range(ROUNDS)]
        classes = [found for found, _ in rounds[0]]
        accuracies = [100 * float((found == landscape.labels).double().mean()) for found in classes]
        changed = 100 * float((classes[-1] != classes[0]).double().mean())
        seconds = [min(one[i][1] for one in rounds) for i in range(len(networks))]
        yield [name, bits, *accuracies, changed, f"{seconds[-1] / seconds[0]:.2f} x"]


def main() -> None:
    """Print the table."""
    head = ["network", "bits", *ARITHMETICS, "changed", "time"]
    table(head, (row for name, make in NETWORKS.items() for row in rows(make(), name)))


if __name__ == "__main__":
    main()
