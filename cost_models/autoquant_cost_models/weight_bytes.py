"""Bytes of the stored network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from autoquant.interfaces import CostModel, FloatArray
from autoquant.network import FLOAT, FLOAT_BITS, LayerPrecision, LayerProfile, NetworkProfile, WeightQuantization
from autoquant_cost_models.checks import WIDTHS, check_supported, known_widths

SUPPORTED = f"supported: weights and activations of {WIDTHS} bits; float only for layers of kind 'other'"

SCALE_BYTES = 4
"""A scale is a float32."""
MEAN_BYTES = 4
"""A mean is a float32."""
BIAS_BYTES = 4
"""A bias is an int32 beside quantized weights and a float32 beside float ones."""


def packed_bytes(values: int, bits: int) -> int:
    """Bytes of ``values`` numbers of ``bits`` bits stored without gaps, rounded up to a whole byte."""
    return -(-values * bits // 8)


def offset_bytes(weight: WeightQuantization) -> int:
    """Bytes of what a quantizer of weights keeps with each scale: a zero point, a mean, or nothing."""
    if weight.quantizer == "affine":
        return packed_bytes(1, weight.bits)
    return MEAN_BYTES if weight.quantizer == "statistical" else 0


class WeightBytes(CostModel):
    """Bytes of the stored network, with everything that quantization adds to it. For each layer the sum of

    - weights: ceil(weights x weight bits / 8), packed without gaps; 4 bytes each in float;
    - weight scales, where weights are quantized: 4 bytes for each output channel, for each group of its weights where
      they are quantized per group, or 4 in all per tensor;
    - beside each scale a zero point of ceil(weight bits / 8) bytes where weights are affine, or a mean of 4 bytes where
      they are statistical;
    - biases: 4 bytes each (int32, or float32 in a float layer);
    - the scale and zero point of the layer's input, where activations are quantized: 4 + ceil(activation bits / 8).
      A layer with float activations stores neither.

    A layer of kind ``other`` is kept in float: 4 bytes for each of its parameters. Layers that share one weight store
    it once: it is charged to the first. It is no measure of working memory: activations at run time are not in it.
    """

    metrics: ClassVar[Mapping[str, str]] = {"weight_bytes": "bytes"}

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Every bit-width; only float for a layer of kind ``other``."""
        if layer.kind == "other":
            return precision == FLOAT
        return known_widths(precision)

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerPrecision]]
    ) -> Mapping[str, list[FloatArray]]:
        """Stored bytes of every layer at every one of its options. `UnsupportedError` for other bit-widths."""
        check_supported(self, network, options, SUPPORTED)
        again = {name for group in network.ties for name in group[1:]}
        return {
            "weight_bytes": [
                np.array([stored_bytes(layer, p, layer.name in again) for p in precisions], dtype=np.float64)
                for layer, precisions in zip(network, options, strict=True)
            ]
        }


def stored_bytes(layer: LayerProfile, precision: LayerPrecision, weight_is_stored: bool = False) -> int:
    """Bytes of one layer by the formula of `WeightBytes`; without its weight where another layer stores that."""
    if layer.kind == "other":
        return layer.parameters * FLOAT_BITS // 8
    total = BIAS_BYTES * layer.bias
    if not weight_is_stored:
        total += packed_bytes(layer.weights, precision.weight_bits)
        if precision.weight:
            total += (SCALE_BYTES + offset_bytes(precision.weight)) * precision.weight.scales(layer.weight_shape)
    if precision.activation:
        total += SCALE_BYTES + packed_bytes(1, precision.activation.bits)
    return total
