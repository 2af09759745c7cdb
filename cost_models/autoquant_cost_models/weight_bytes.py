"""Bytes of the stored network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from autoquant.errors import UnsupportedError
from autoquant.interfaces import CostModel, FloatArray, table
from autoquant.network import (
    ABSENT,
    FLOAT,
    FLOAT_BITS,
    Codebook,
    LayerConfig,
    LayerOption,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    NOfM,
    WeightQuantization,
)
from autoquant.recipes import blocks, code_groups, kept_weights, table_bytes
from autoquant.space import IntArray
from autoquant_cost_models.checks import WIDTHS, check_supported, known_widths

SUPPORTED = f"supported: weights and activations of {WIDTHS} bits; float only for layers of kind 'other'"

TERNARY_IN_A_BYTE = 5
"""3 to the power of 5 is 243."""

SCALE_BYTES = 4
"""The scale of an input is a float32."""
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


def code_bytes(weight: WeightQuantization, shape: tuple[int, ...]) -> int:
    """Bytes of the codes of the weights that are stored, packed without gaps: five ternary ones to a byte, and of a
    codebook the indices of each stage by themselves."""
    if weight.codebook is not None:
        groups = code_groups(weight, shape)
        return sum(packed_bytes(groups, size.bit_length() - 1) for size in weight.codebook.sizes)
    kept = kept_weights(weight.sparsity, shape)
    return -(-kept // TERNARY_IN_A_BYTE) if weight.quantizer == "ternary" else packed_bytes(kept, weight.bits)


def pattern_bytes(weight: WeightQuantization, shape: tuple[int, ...]) -> int:
    """Bytes that say which weights are stored: of N:M the place of each kept one among its M, else a bit for each
    weight or block."""
    sparsity = weight.sparsity
    if sparsity is None:
        return 0
    if isinstance(sparsity, NOfM):
        return packed_bytes(kept_weights(sparsity, shape), (sparsity.of - 1).bit_length())
    return packed_bytes(blocks(sparsity, shape), 1)


class WeightBytes(CostModel):
    """Bytes of the stored network, with everything that quantization adds to it. For each layer the sum of

    - weights: ceil(weights x weight bits / 8), packed without gaps; 4 bytes each in float. Five ternary weights take a
      byte, eight binary ones; a codebook takes, for each of its tables, ceil(groups x log2(entries) / 8), where an
      output channel has ceil(weights / weights of an entry) groups;
    - tables of a codebook: entries x weights of an entry x bits of a value / 8, and 4 bytes for each table of int8.
      Those that layers share are stored once in the network;
    - where there is a pattern of zeros only the weights that are kept, and where they are: ceil(log2 M) bits for each
      kept weight of N:M, a bit for each weight or block where those are pruned, rounded up to a byte. Of n weights or
      blocks n - floor(n x percent / 100) are kept; a kept block is stored whole, also where it sticks out of the layer;
    - weight scales, where weights are quantized: 4 bytes (2 as float16) for each output channel, for each group of its
      weights where they are quantized per group, or for the tensor. A codebook has none, a shared one has one for each
      layer;
    - with each scale a zero point of ceil(weight bits / 8) bytes where weights are affine, or a mean of 4 bytes where
      they are statistical;
    - biases: 4 bytes each (int32, or float32 in a float layer);
    - the scale and zero point of the layer's input, where activations are quantized: 4 + ceil(activation bits / 8).
      A layer with float activations stores neither;
    - a scale and a zero point, 5 bytes, for each tensor that operations with `Operation.input_bits` read. They count
      for the layer that the tensor comes from, where the activations of that layer are quantized.

    A layer of kind ``other`` is kept in float: 4 bytes for each of its parameters. Layers that share one weight store
    it once: it counts for the first that is never absent. It is no measure of working memory: activations at run
    time are not in it. Where layers may share tables, it is no sum over layers: `tables` leaves shared tables out.
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
        """Stored bytes of every layer at every one of its options, without tables that are shared.

        `UnsupportedError` for other bit-widths.
        """
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

    def is_additive(self, options: Sequence[Sequence[LayerOption]]) -> bool:
        """Unless layers may share tables."""
        return not _shared_codebooks(options)

    def estimate(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], indices: IntArray
    ) -> Mapping[str, FloatArray]:
        """Stored bytes of whole networks: indices (n, layers) -> (n,). Shared tables count once."""
        total = super().estimate(network, options, indices)["weight_bytes"]
        for codebook in _shared_codebooks(options):
            used = np.zeros(len(total), dtype=bool)
            for column, row in enumerate(options):
                used |= np.array([_shared(option) == codebook for option in row])[indices[:, column]]
            total = total + used * table_bytes(codebook)
        return {"weight_bytes": total}


def _shared(option: LayerOption) -> Codebook | None:
    """The codebook of an option whose tables other layers share."""
    weight = option.precision.weight if isinstance(option, LayerConfig) else None
    return weight.codebook if weight and weight.codebook and weight.codebook.shared else None


def _shared_codebooks(options: Sequence[Sequence[LayerOption]]) -> list[Codebook]:
    """Those that there may be, each once."""
    return list(dict.fromkeys(codebook for row in options for option in row if (codebook := _shared(option))))


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


def quantized_bytes(weight: WeightQuantization, shape: tuple[int, ...]) -> int:
    """Bytes of a quantized weight of this shape: codes, pattern, scales, and tables that are the layer's own."""
    tables = table_bytes(weight.codebook) if weight.codebook and not weight.codebook.shared else 0
    scales = (weight.scale_bytes + offset_bytes(weight)) * weight.scales(shape)
    return code_bytes(weight, shape) + pattern_bytes(weight, shape) + tables + scales


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
        if precision.weight is None:
            total += packed_bytes(layer.weights, FLOAT_BITS)
        else:
            total += quantized_bytes(precision.weight, layer.weight_shape)
    if precision.activation:
        total += SCALE_BYTES + packed_bytes(1, precision.activation.bits) + operands
    return total
