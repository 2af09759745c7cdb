"""What a layer takes on a device by the roofline: its arithmetic, its memory traffic and its overhead."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from autoquant.network import LayerPrecision, LayerProfile
from autoquant.recipes import kept_weights, table_bytes
from autoquant_cost_models.device import Device
from autoquant_cost_models.kinds import work_kind
from autoquant_cost_models.weight_bytes import BIAS_BYTES, code_bytes, packed_bytes, pattern_bytes


def executes(device: Device, precision: LayerPrecision) -> bool:
    """Whether some arithmetic of the device holds both bit-widths."""
    return device.arithmetic(precision.value_bits, precision.activation_bits) is not None


def layer_seconds(device: Device, layer: LayerProfile, precision: LayerPrecision) -> float:
    """Seconds of one example in a layer that the device executes at this precision: the formula of `Roofline`."""
    compute, traffic, overhead = layer_parts(device, layer, precision)
    overlap = device.overlap.value if device.overlap else 1.0
    batch = device.batch.value if device.batch else 1.0
    longer, shorter = max(compute, traffic), min(compute, traffic)
    return (longer + (1 - overlap) * shorter + overhead) / batch


class LayerSeconds(NamedTuple):
    """What the time of a layer is made of, for a batch."""

    compute: float
    memory: float
    overhead: float


class LayerBytes(NamedTuple):
    """What a layer moves."""

    weights: int
    """With biases."""
    activations: int
    """For one example."""


def layer_parts(device: Device, layer: LayerProfile, precision: LayerPrecision) -> LayerSeconds:
    """Seconds of arithmetic, of memory traffic and of overhead for a batch, over all calls of the layer."""
    kind = work_kind(layer)
    batch = device.batch.value if device.batch else 1.0
    rate = device.macs_per_second(precision.value_bits, precision.activation_bits) or 0.0
    if precision.weight:
        rate *= device.speed_up(precision.weight.sparsity) or 1.0
    compute = batch * (layer.macs or 0) / (rate * device.efficiency_of(kind))
    weights, activations = layer_bytes(device, layer, precision)
    bandwidth = device.bandwidth.value
    weight_bandwidth = device.weight_bandwidth.value if device.weight_bandwidth else bandwidth
    traffic = (weights / weight_bandwidth + batch * activations / bandwidth) * 1e-9
    traffic *= uncached(device, weights + batch * activations)
    return LayerSeconds(compute, layer.calls * traffic, layer.calls * device.overhead_of(kind) * 1e-6)


def layer_bytes(device: Device, layer: LayerProfile, precision: LayerPrecision) -> LayerBytes:
    """Bytes of weights and biases, and bytes of activations for one example, that a layer moves.

    Of an embedding's table only the rows that are looked up move.
    """
    weights = _moved_weights(device, layer, precision) + BIAS_BYTES * layer.bias
    output_bits = int(device.output_bits.value) if device.output_bits else precision.activation_bits
    if output_bits == precision.activation_bits:
        return LayerBytes(weights, packed_bytes(layer.input_values + layer.output_values, output_bits))
    inputs = packed_bytes(layer.input_values, precision.activation_bits)
    return LayerBytes(weights, inputs + packed_bytes(layer.output_values, output_bits))


def _moved_weights(device: Device, layer: LayerProfile, precision: LayerPrecision) -> int:
    """Bytes of weights: what is stored where the device executes the recipe, else those that it stands for."""
    weight = precision.weight
    values = layer.output_values if layer.kind == "embedding" else layer.weights
    if weight is None or (weight.codebook is None and weight.sparsity is None):
        return packed_bytes(values, precision.weight_bits)
    shape = layer.weight_shape
    if layer.kind == "embedding":
        shape = (-(-values // math.prod(shape[1:])), *shape[1:])
    read = weight if device.speed_up(weight.sparsity) else replace(weight, sparsity=None)
    if weight.codebook is not None and device.decodes(weight.codebook):
        return code_bytes(read, shape) + pattern_bytes(read, shape) + table_bytes(weight.codebook)
    return packed_bytes(kept_weights(read.sparsity, shape), weight.value_bits) + pattern_bytes(read, shape)


def uncached(device: Device, total: float) -> float:
    """Share of a layer's bytes that does not fit the cache."""
    if device.cache is None or total == 0:
        return 1.0
    return max(0.0, 1 - device.cache.value * 1024 / total)
