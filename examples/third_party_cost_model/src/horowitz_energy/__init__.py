"""Energy of arithmetic and memory in a 45 nm process, after M. Horowitz, "Computing's energy problem", ISSCC 2014."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from autoquant import CostModel, LayerPrecision, LayerProfile, NetworkProfile, UnsupportedError
from autoquant.interfaces import table
from autoquant.network import LayerOption

ADD = {"int8": 0.03, "int32": 0.1, "float32": 0.9}
MULTIPLY = {"int8": 0.2, "int32": 3.1, "float32": 3.7}
"""Picojoules of one operation."""

LPDDR4 = 64.0
"""Picojoules of a byte from LPDDR4."""

WIDTHS = (2, 3, 4, 5, 6, 8, 16, 32)


def arithmetic(precision: LayerPrecision) -> str:
    """Bits are rounded up to what has a figure: up to 8 to int8, up to 16 to int32, float to float32."""
    widest = max(precision.weight_bits, precision.activation_bits)
    return "int8" if widest <= 8 else "int32" if widest <= 16 else "float32"


class HorowitzEnergy(CostModel):
    """Energy of a network without any reuse: every weight and activation of a layer comes from memory once.

    For each layer, MACs x (multiply + add) + bytes x ``memory_pj``. Products of int8 are added up in int32.
    """

    metrics: ClassVar[Mapping[str, str]] = {"ideal_energy_uj": "uJ"}

    def __init__(self, *, memory_pj: Annotated[float, Field(ge=0)] = LPDDR4) -> None:
        self.memory_pj = memory_pj

    @property
    def provenance(self) -> Mapping[str, str]:
        """Where the two numbers come from."""
        return {
            "arithmetic": "Horowitz, ISSCC 2014, 45 nm at 0.9 V: add and multiply in int8, int32 and float32",
            "memory": f"{self.memory_pj:g} pJ a byte; 64 is LPDDR4",
        }

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Layers whose MACs are known."""
        return layer.macs is not None and {precision.weight_bits, precision.activation_bits} <= set(WIDTHS)

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[np.ndarray]]:
        """Microjoules of every layer at each of its options."""
        return {"ideal_energy_uj": [table(row, self._picojoules) * 1e-6 for row in options]}

    def _picojoules(self, layer: LayerProfile, precision: LayerPrecision) -> float:
        if layer.macs is None or not self.supported(layer, precision):
            raise UnsupportedError(
                f"layer {layer.name!r} at {precision}: supported: layers whose MACs are known, {WIDTHS} bits"
            )
        name = arithmetic(precision)
        mac = MULTIPLY[name] + ADD["int32" if name == "int8" else name]
        values = layer.input_values + layer.output_values
        moved = layer.weights * precision.weight_bits + values * precision.activation_bits
        return layer.macs * mac + moved / 8 * self.memory_pj
