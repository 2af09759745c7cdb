"""Bit operations: a count that needs no device, and that no device obeys exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from autoquant.interfaces import CostModel, FloatArray, table
from autoquant.network import LayerOption, LayerPrecision, LayerProfile, NetworkProfile
from autoquant_cost_models.checks import WIDTHS, check_supported, known_widths

SUPPORTED = f"supported: layers whose MACs are known, weights and activations of {WIDTHS} bits (float counts as 32)"


class BitOps(CostModel):
    """Sum over layers of weight bits x activation bits x MACs, for one example. Float counts as 32 bits.

    It knows no memory traffic and no hardware: on a device that executes 4 bits as 8, half the bit operations save
    nothing. A codebook counts at the bits of its entries, ternary weights as 2 bits, binary ones as 1, and zeros as any
    other weight. Layers of kind ``other``, whose MACs are not known, are an `UnsupportedError`.
    """

    metrics: ClassVar[Mapping[str, str]] = {"bitops": "bit operations"}

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Every layer whose MACs are known, at every bit-width."""
        return layer.macs is not None and known_widths(precision)

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        """Bit operations of every layer at every one of its options. `UnsupportedError` where MACs are not known."""
        check_supported(self, network, options, SUPPORTED)
        return {"bitops": [table(row, _bit_operations) for row in options]}


def _bit_operations(layer: LayerProfile, precision: LayerPrecision) -> int:
    return precision.value_bits * precision.activation_bits * (layer.macs or 0)
