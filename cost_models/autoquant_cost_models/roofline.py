"""Latency and energy on a device, by the roofline: a layer takes as long as its arithmetic or its memory traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from autoquant.interfaces import PEAKS, CostModel, DeviceFit, FloatArray, table
from autoquant.network import LayerOption, LayerPrecision, LayerProfile, NetworkProfile
from autoquant_cost_models.checks import check_supported, known_widths
from autoquant_cost_models.device import load, shipped
from autoquant_cost_models.roofline_terms import executes, layer_parts, layer_seconds


class Roofline(CostModel):
    """Time of one example on a device, summed over layers, and the energy that the device uses meanwhile.

    For each layer::

        arithmetic = batch x MACs / (throughput x efficiency of its kind)
        traffic    = weights / weight bandwidth + batch x activations / bandwidth, without what fits the cache
        seconds    = (longer + (1 - overlap) x shorter of the two + overhead of its kind) / batch
        energy     = power x seconds

    - throughput (MACs a second) is that of the fastest arithmetic the device executes that holds both bit-widths: W4A8
      on a device of 8-bit arithmetic runs as W8A8;
    - weights and activations are bytes as stored, at their own bits: a 4-bit weight saves traffic even where it is
      computed in 8 bits. The layer's input counts at its activation bits, its output too unless the engine
      writes outputs in a width of its own, and biases at 4 bytes;
    - a pattern of zeros or a codebook that the device's file names among its ``recipes`` is read as it is stored, and
      such a pattern multiplies the throughput. Any other costs what the dense layer does, a codebook at the bits of its
      entries: it saves bytes of flash, and no time;
    - what the device's file lacks is 1 (efficiency, overlap, batch), 0 (overhead, cache) or as the bandwidth.

    Only layers are priced: additions and poolings are not, with or without `Operation.input_bits`; what they take is in
    the overhead of a device that was fitted to whole networks.

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
        peaks = {PEAKS: "rates of the data sheet; a network takes 8 to 20 times as long"} if self.device.is_peak else {}
        return (
            {"device": about}
            | peaks
            | {name: f"{number}: {number.source}" for name, number in self.device.quantities()}
        )

    @classmethod
    def calibrate(
        cls, measurements: str, like: str, *, name: str, source: str, same_hardware: bool = False
    ) -> DeviceFit:
        """A device fitted to rows of `autoquant_cost_models.rows`, starting from a shipped one or a ``.toml`` file."""
        from autoquant_cost_models.calibrate import calibrated  # SciPy is slow to import, and only a fit needs it

        return calibrated(measurements, load(like), name, source, same_hardware)

    def lacks(self, metric: str) -> str | None:
        """There is no energy without a power."""
        if metric != "energy_uj" or self.device.power is not None:
            return None
        return "the file of the device has no [power]; add one in mW to a copy of the file, and name that"

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Layers whose MACs are known, at bit-widths that some arithmetic of the device holds."""
        return layer.macs is not None and known_widths(precision) and executes(self.device, precision)

    def bound_by(self, layer: LayerProfile, precision: LayerPrecision) -> str | None:
        """The longest of arithmetic ("compute"), traffic ("memory") and overhead."""
        parts = layer_parts(self.device, layer, precision)._asdict()
        return max(parts, key=lambda name: parts[name])

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        """Milliseconds, and microjoules where the device's power is known, of every layer at each of its options."""
        check_supported(self, network, options, f"supported: {self.device.supported}")
        latency = [table(row, partial(layer_seconds, self.device)) * 1e3 for row in options]
        if self.device.power is None:
            return {"latency_ms": latency}
        power = self.device.power.value
        return {"latency_ms": latency, "energy_uj": [milliseconds * power for milliseconds in latency]}
