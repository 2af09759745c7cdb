"""Latency and energy on a device, by the roofline: a layer takes as long as its arithmetic or its memory traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from autoquant.interfaces import CostModel, FloatArray
from autoquant.network import LayerPrecision, LayerProfile, NetworkProfile
from autoquant_cost_models.checks import check_supported, known_widths
from autoquant_cost_models.device import load, shipped
from autoquant_cost_models.weight_bytes import BIAS_BYTES, packed_bytes


class Roofline(CostModel):
    """Time of one example on a device, summed over layers, and the energy that the device uses meanwhile.

    For each layer::

        seconds = (max(batch x MACs / throughput, (weights + batch x activations) / bandwidth) + overhead) / batch
        energy  = power x seconds

    - throughput (MACs a second) is that of the fastest arithmetic the device executes that holds both bit-widths, times
      the depthwise efficiency for a depthwise convolution: W4A8 on a device of 8-bit arithmetic runs as W8A8;
    - weights and activations are bytes as stored, at their own bits: a 4-bit weight saves traffic even where it is
      computed in 8 bits. Both the layer's input and its output are charged at the layer's activation bits, and biases
      at 4 bytes;
    - batch, overhead and depthwise efficiency are 1, 0 and 1 where the device's file leaves them out.

    ``energy_uj`` is given only for a device whose file has a power; otherwise `tables` has no such metric.

    ``device`` is the name of a shipped device file, or the path of one that ends in ``.toml``.
    """

    metrics: ClassVar[Mapping[str, str]] = {"latency_ms": "ms", "energy_uj": "uJ"}
    uses_device: ClassVar[bool] = True

    def __init__(self, device: str) -> None:
        self.device = load(device)

    @classmethod
    def devices(cls) -> Sequence[str]:
        """Names of the shipped device files."""
        return shipped()

    @property
    def provenance(self) -> Mapping[str, str]:
        """Every number of the device file with its source, and which device, engine and version they describe."""
        about = f"{self.device.device}; {self.device.engine} {self.device.version}"
        return {"device": about} | {name: f"{number}: {number.source}" for name, number in self.device.quantities()}

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Layers whose MACs are known, at bit-widths that some arithmetic of the device holds."""
        rate = self.device.macs_per_second(precision.weight_bits, precision.activation_bits)
        return layer.macs is not None and known_widths(precision) and rate is not None

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerPrecision]]
    ) -> Mapping[str, list[FloatArray]]:
        """Milliseconds, and microjoules where the device's power is known, of every layer at each of its options."""
        check_supported(self, network, options, f"supported: {self.device.supported}")
        pairs = zip(network, options, strict=True)
        latency = [self._seconds(layer, precisions) * 1e3 for layer, precisions in pairs]
        if self.device.power is None:
            return {"latency_ms": latency}
        power = self.device.power.value
        return {"latency_ms": latency, "energy_uj": [milliseconds * power for milliseconds in latency]}

    def _seconds(self, layer: LayerProfile, precisions: Sequence[LayerPrecision]) -> FloatArray:
        batch = self.device.batch.value if self.device.batch else 1.0
        overhead = self.device.overhead.value * 1e-6 if self.device.overhead else 0.0
        depthwise = self.device.depthwise_efficiency if layer.kind == "depthwise_conv" else None
        efficiency = depthwise.value if depthwise else 1.0
        values = layer.input_values + layer.output_values

        rates = [self.device.macs_per_second(p.weight_bits, p.activation_bits) for p in precisions]
        weights = np.array([packed_bytes(layer.weights, p.weight_bits) for p in precisions]) + BIAS_BYTES * layer.bias
        activations = np.array([packed_bytes(values, p.activation_bits) for p in precisions])

        compute = batch * (layer.macs or 0) / (np.array(rates, dtype=np.float64) * efficiency)
        memory = (weights + batch * activations) / (self.device.bandwidth.value * 1e9)
        seconds: FloatArray = (np.maximum(compute, memory) + overhead) / batch
        return seconds
