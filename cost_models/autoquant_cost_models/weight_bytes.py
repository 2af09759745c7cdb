"""Bytes of the stored network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from autoquant.errors import UnsupportedError
from autoquant.interfaces import CostModel, FloatArray, table
from autoquant.network import (
    ABSENT,
    FLOAT,
    FLOAT_BITS,
    LayerOption,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    WeightQuantization,
)
from autoquant_cost_models.checks import WIDTHS, check_supported, known_widths

SUPPORTED = f"supported: weights and activations of {WIDTHS} bits; float only for layers of kind 'other'"

SCALE_BYTES = 4
"""A scale is a float32."""
MEAN_BYTES = 4
"""A mean is a float32."""
BIAS_BYTES = 4
"""A bias is an int32 next to quantized weights and a float32 next to float ones."""


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
    - with each scale a zero point of ceil(weight bits / 8) bytes where weights are affine, or a mean of 4 bytes where
      they are statistical;
    - biases: 4 bytes each (int32, or float32 in a float layer);
    - the scale and zero point of the layer's input, where activations are quantized: 4 + ceil(activation bits / 8).
      A layer with float activations stores neither;
    - a scale and a zero point, 5 bytes, for each tensor that operations with `Operation.input_bits` read. They count
      for the layer that the tensor comes from, where the activations of that layer are quantized.

    A layer of kind ``other`` is kept in float: 4 bytes for each of its parameters. Layers that share one weight store
    it once: it counts for the first that is never absent. It is no measure of working memory: activations at run
    time are not in it.
    """

    metrics: ClassVar[Mapping[str, str]] = {"weight_bytes": "bytes"}

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Every bit-width; only float for a layer of kind ``other``."""
        if layer.kind == "other":
            return precision == FLOAT
        return known_widths(precision)

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        """Stored bytes of every layer at every one of its options. `UnsupportedError` for other bit-widths."""
        check_supported(self, network, options, SUPPORTED)
        again, operands = _stored_by_another(network, options), _operand_bytes(network)
        return {
            "weight_bytes": [
                table(
                    row,
                    partial(stored_bytes, weight_is_stored=layer.name in again, operands=operands.get(layer.name, 0)),
                )
                for layer, row in zip(network, options, strict=True)
            ]
        }


def _stored_by_another(network: NetworkProfile, options: Sequence[Sequence[LayerOption]]) -> set[str]:
    """The layers whose weight counts for another: of those that share one, the first that is never absent stores it.

    `UnsupportedError` where each of them may be absent: who stores the weight then depends on the others.
    """
    always = {layer.name for layer, row in zip(network, options, strict=True) if ABSENT not in row}
    again: set[str] = set()
    for group in network.ties:
        present = [name for name in group if name in always]
        if not present:
            raise UnsupportedError(
                f"layers {', '.join(group)} share one weight and may all be absent: WeightBytes cannot price them "
                "layer by layer; supported: groups of which one layer is always there"
            )
        again |= set(group) - {present[0]}
    return again


def _operand_bytes(network: NetworkProfile) -> dict[str, int]:
    """Layer -> bytes of the scales and zero points of what operations read that comes from it."""
    bits: dict[int, int] = {}
    for operation in network.operations:
        if operation.input_bits is not None:
            bits |= dict.fromkeys(operation.inputs, operation.input_bits)
    stored: dict[str, int] = {}
    for tensor, width in bits.items() if network.quantizable else ():
        layer = _origin(network, tensor)
        stored[layer] = stored.get(layer, 0) + SCALE_BYTES + packed_bytes(1, width)
    return stored


def _origin(network: NetworkProfile, tensor: int) -> str:
    """The quantizable layer that a tensor comes from, along first inputs; the first one where there is none."""
    quantizable = {layer.name for layer in network.quantizable}
    while tensor >= 0:
        operation = network.operations[tensor]
        if operation.layer in quantizable:
            return operation.layer
        tensor = operation.inputs[0] if operation.inputs else -1
    return network.quantizable[0].name


def stored_bytes(
    layer: LayerProfile, precision: LayerPrecision, weight_is_stored: bool = False, operands: int = 0
) -> int:
    """Bytes of one layer by the formula of `WeightBytes`; without its weight where another layer stores that.

    ``operands`` are bytes that it stores where its activations are quantized.
    """
    if layer.kind == "other":
        return layer.parameters * FLOAT_BITS // 8
    total = BIAS_BYTES * layer.bias
    if not weight_is_stored:
        total += packed_bytes(layer.weights, precision.weight_bits)
        if precision.weight:
            total += (SCALE_BYTES + offset_bytes(precision.weight)) * precision.weight.scales(layer.weight_shape)
    if precision.activation:
        total += SCALE_BYTES + packed_bytes(1, precision.activation.bits) + operands
    return total
