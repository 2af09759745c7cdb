"""Bit operations: a count that needs no device, and that no device obeys exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from autoquant.interfaces import CostModel, FloatArray
from autoquant.network import LayerPrecision, LayerProfile, NetworkProfile
from autoquant_cost_models.checks import WIDTHS, check_supported, known_widths

SUPPORTED = f"supported: layers whose MACs are known, weights and activations of {WIDTHS} bits (float counts as 32)"


class BitOps(CostModel):
    """Sum over layers of weight bits x activation bits x MACs, for one example. Float counts as 32 bits.

    It knows no memory traffic and no hardware: on a device that executes 4 bits as 8, half the bit operations save
    nothing. Layers of kind ``other``, whose MACs are not known, are an `UnsupportedError`.
    """

    metrics: ClassVar[Mapping[str, str]] = {"bitops": "bit operations"}

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Every layer whose MACs are known, at every bit-width."""
        return layer.macs is not None and known_widths(precision)

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerPrecision]]
    ) -> Mapping[str, list[FloatArray]]:
        """Bit operations of every layer at every one of its options. `UnsupportedError` where MACs are not known."""
        check_supported(self, network, options, SUPPORTED)
        return {
            "bitops": [
                np.array([p.weight_bits * p.activation_bits * (layer.macs or 0) for p in precisions], dtype=np.float64)
                for layer, precisions in zip(network, options, strict=True)
            ]
        }
