"""NAS-Bench-201 (Dong and Yang 2020): its cells as layers, which of them to measure, and a fit to these."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from autoquant_cost_models.calibrate import Fit, calibrate
from autoquant_cost_models.canonical import REMOVES, Removes, executed
from autoquant_cost_models.device import Device
from autoquant_cost_models.fitting import Factor
from autoquant_cost_models.roofline_terms import layer_seconds
from autoquant_cost_models.rows import Row
from cost_gates_data import DATA, Layer, conv, layer

EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
STAGES = [(16, 32), (32, 16), (64, 8)]
"""Channels and pixels a side."""
CELLS = 5
"""A stage stacks so many cells."""

Cell = tuple[str, ...]
"""The operation on each of `EDGES`."""


def cell_layers(cell: Cell, removes: Removes, channels: int, size: int) -> list[Layer]:
    """What an engine executes in a cell: its convolutions and poolings, and a sum where several edges meet.

    A skip is the node itself. The sum into a node is counted once for each operand after the first. An engine that
    removes nothing multiplies by 0 where an edge is ``none``, and adds the product.
    """
    counts = zip((*COUNTED, "add"), cell_counts(cell, removes), strict=True)
    return [part for name, count in counts for part in [operation(name, channels, size)] * count]


def operation(name: str, channels: int, size: int) -> Layer:
    shape = (channels, size, size)
    if name.startswith("nor_conv"):
        return conv(channels, channels, int(name[-1]), size, size)
    if name == "avg_pool_3x3":
        return layer("pool", shape, shape, macs=9 * channels * size * size)
    return layer("mul", shape, shape) if name == "none" else layer("add", (2 * channels, size, size), shape)


def network_layers(cell: Cell, removes: Removes) -> list[Layer]:
    """The whole network at 32 pixels: stem, three stages of cells with residual blocks between them, classifier."""
    layers = [conv(3, 16, 3, 32, 32)]
    for stage, (channels, size) in enumerate(STAGES):
        if stage:
            layers += [conv(channels // 2, channels, 3, 2 * size, size), conv(channels, channels, 3, size, size)]
            layers += [layer("pool", (channels // 2, 2 * size, 2 * size), (channels // 2, size, size))]
            layers += [conv(channels // 2, channels, 1, size, size)]
            layers += [layer("add", (2 * channels, size, size), (channels, size, size))]
        layers += cell_layers(cell, removes, channels, size) * CELLS
    return [*layers, layer("pool", (64, 8, 8), (64, 1, 1)), layer("linear", (64,), (10,), (10, 64))]


Counts = npt.NDArray[np.int64]
"""How often each of `COUNTED`, and a sum, is executed in a cell: (cells, 5)."""

COUNTED = ("nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3", "none")


@dataclass(frozen=True)
class Cells:
    """The connected cells of the space. 341 of its 15,625 have no path from input to output; they are excluded."""

    cells: list[Cell]
    counts: dict[Removes, Counts]
    latencies: dict[str, npt.NDArray[np.float64]]
    """Device -> milliseconds: (cells,)."""

    @classmethod
    def load(cls, path: Path = DATA / "nas" / "nasbench201.npz") -> Cells:
        data = np.load(path)
        cells = [tuple(map(str, row)) for row in data["operation_names"][data["operations"]]]
        connected = [i for i, cell in enumerate(cells) if active_edges(cell, "dead")]
        kept = [cells[i] for i in connected]
        counts = {removes: np.array([cell_counts(cell, removes) for cell in kept]) for removes in REMOVES}
        latencies = data["latency_ms"][connected].astype(np.float64).T
        return cls(kept, counts, dict(zip(map(str, data["latency_devices"]), latencies, strict=True)))

    def diverse(self, count: int) -> list[int]:
        """Cells that tell most of a device, none of them measured: greedy D-optimal in the counts of operations."""
        features = np.hstack([self.counts[removes] for removes in REMOVES]).astype(np.float64)
        spread = features.std(axis=0)
        features = np.hstack([features[:, spread > 0] / spread[spread > 0], np.ones((len(features), 1))])
        information, chosen = 0.1 * np.eye(features.shape[1]), []
        for _ in range(count):
            information_gain = np.einsum("ij,jk,ik->i", features, np.linalg.inv(information), features)
            information_gain[chosen] = -1
            chosen.append(int(information_gain.argmax()))
            information += np.outer(features[chosen[-1]], features[chosen[-1]])
        return chosen

    def random(self, count: int, seed: int) -> list[int]:
        return [int(i) for i in np.random.default_rng(seed).choice(len(self.cells), count, replace=False)]

    def rows(self, device: str, chosen: list[int], removes: Removes) -> list[Row]:
        latencies = self.latencies[device]
        layers = [tuple(network_layers(self.cells[i], removes)) for i in chosen]
        pairs = zip(chosen, layers, strict=True)
        return [Row(f"cell {i}", network, {"latency_ms": float(latencies[i])}) for i, network in pairs]

    def macs(self) -> npt.NDArray[np.float64]:
        """MACs of a pixel in the convolutions of a cell, as it is written: (cells,)."""
        return self.counts["nothing"] @ np.array([9.0, 1.0, 0.0, 0.0, 0.0])

    def predict(self, device: Device, removes: Removes) -> npt.NDArray[np.float64]:
        """Milliseconds of every cell's network: (cells,). The sum over its operations, each estimated once."""
        base, costs = operation_costs(device)
        return base + self.counts[removes] @ costs


def operation_costs(device: Device) -> tuple[float, npt.NDArray[np.float64]]:
    """Milliseconds of the network around its cells, and of each operation in all its cells."""
    around = network_layers(("none",) * 6, "dead")
    costs = [[operation(name, *stage) for stage in STAGES] * CELLS for name in (*COUNTED, "add")]
    return _milliseconds(device, around), np.array([_milliseconds(device, layers) for layers in costs])


def fit_cells(
    cells: Cells, device: str, chosen: list[int], like: Device, factors: list[Factor] | None = None
) -> tuple[Fit, Removes]:
    """The device that explains these cells best, and what its engine removes: that which explains them best."""
    fits = [(calibrate(cells.rows(device, chosen, removes), like, factors=factors), removes) for removes in REMOVES]
    return min(fits, key=lambda pair: pair[0].factors.cost)


def active_edges(cell: Cell, removes: Removes) -> list[int]:
    """Edges that an engine executes; one that removes nothing executes those without an operation, too."""
    if removes == "nothing":
        return list(range(len(EDGES)))
    return executed(EDGES, [i for i, name in enumerate(cell) if name != "none"], 0, 3, removes)


def cell_counts(cell: Cell, removes: Removes) -> list[int]:
    active = active_edges(cell, removes)
    sums = sum(operands - 1 for operands in Counter(EDGES[i][1] for i in active).values())
    return [sum(cell[i] == name for i in active) for name in COUNTED] + [sums]


def _milliseconds(device: Device, layers: list[Layer]) -> float:
    return sum(layer_seconds(device, *pair) for pair in layers) * 1e3
