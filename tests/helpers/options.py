"""Options of layers, made from precisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autoquant.network import LayerConfig, LayerPrecision, NetworkProfile


def options_of(network: NetworkProfile, rows: Iterable[Sequence[LayerPrecision]]) -> list[list[LayerConfig]]:
    """Each layer of the network at the precisions of its row."""
    return [
        [LayerConfig(layer, precision) for precision in row] for layer, row in zip(network.layers, rows, strict=True)
    ]
