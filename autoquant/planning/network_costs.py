"""What a network costs, layer by layer, before anything is searched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autoquant import plugins
from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import BITS, FLOAT, FLOAT_BITS, LayerConfig, LayerPrecision, NetworkProfile, bits_text
from autoquant.planning.metric_resolver import ResolvedMetrics, resolve_metrics
from autoquant.planning.plan import BuildEvaluator, check_names, make_space
from autoquant.planning.pricing import CostMetric
from autoquant.space import SearchSpace
from autoquant.spec import SearchSpec

_WIDTHS = "|".join(str(bits) for bits in BITS if bits != FLOAT_BITS)

ALWAYS = ("weight_bytes", "peak_memory")
"""Metrics that need no device; the second needs the graph of the network."""
FLOAT_NETWORK = "float"
LABEL = re.compile(rf"^W({_WIDTHS})(?:A({_WIDTHS}))?$")


@dataclass(frozen=True, slots=True)
class MetricCosts:
    """One metric of a network. ``layers`` add up to ``total``, unless ``additive`` is false."""

    metric: str
    unit: str
    total: float
    layers: tuple[float, ...]
    additive: bool
    limited_by: tuple[str | None, ...]
    """What limits each layer, where the model reports it: compute, memory or overhead."""
    provenance: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NetworkCosts:
    """A network at one precision for each layer, with its estimated costs in several metrics."""

    name: str
    bits: str
    network: NetworkProfile
    precisions: tuple[LayerPrecision, ...]
    metrics: tuple[MetricCosts, ...]


def price_network(spec: SearchSpec, devices: Sequence[str] = (), bits: str | None = None) -> NetworkCosts:
    """The estimated costs of a spec's network by layer, in the spec's cost metrics and in all that the devices have.

    Args:
        spec: its network, space and evaluator are built, its data is loaded; nothing is measured.
        devices: names of devices, or paths of device files.
        bits: ``W4A8``, ``W8`` (activations in float) or ``float``, for every layer that may be quantized; by default
            the last uniform network of the space, which has the most bits where bit-widths are searched.

    `SpecError` for bit-widths that there are not, `UnsupportedError` for what a cost model cannot price.
    """
    if spec.folder is not None:
        plugins.use_folder(spec.folder)
    check_names(spec)
    resolved = resolve_metrics(spec)
    network = BuildEvaluator(spec)().profile()
    if network is None:
        raise SpecError("evaluator: it has no network, so there is nothing to price")
    label, network, precisions = _precisions(make_space(spec.space, network), network, bits)
    always = ALWAYS if network.operations else ALWAYS[:1]
    wanted = _wanted(resolved, devices, always)
    asked = {cost.key for cost in resolved.costs}
    metrics = tuple(_priced(cost, network, precisions, cost.key not in asked) for cost in wanted)
    return NetworkCosts(spec.name, label, network, precisions, tuple(costs for costs in metrics if costs is not None))


def _wanted(resolved: ResolvedMetrics, devices: Sequence[str], always: Sequence[str]) -> list[CostMetric]:
    """The spec's metrics, every metric of the devices, and those that need none."""
    wanted = {cost.key: cost for cost in resolved.costs}
    for device in devices:
        wanted |= {cost.key: cost for cost in resolved.resolver.of_device(device)}
    wanted |= {key: cost for key in always if (cost := resolved.resolver.cost(key)) is not None}
    return list(wanted.values())


def _precisions(
    space: SearchSpace, network: NetworkProfile, bits: str | None
) -> tuple[str, NetworkProfile, tuple[LayerPrecision, ...]]:
    """A name for the bit-widths, the network that has them, and the precision of every layer of it."""
    if bits is None and (uniform := space.uniform()):
        label, candidate = list(uniform.items())[-1]
        return label, space.network(candidate), space.precisions(candidate)
    label = bits or FLOAT_NETWORK
    match = LABEL.match(label)
    if match is None and label != FLOAT_NETWORK:
        raise SpecError(
            f"--bits: {label!r} is none of W8, W4A8, .. or 'float'; bit-widths: {', '.join(map(bits_text, BITS))}"
        )
    weights, activations = (int(part or FLOAT_BITS) for part in match.groups()) if match else (FLOAT_BITS, FLOAT_BITS)
    chosen = LayerPrecision.of_bits(weights, activations)
    return label, network, tuple(FLOAT if layer.kept_float else chosen for layer in network)


def _priced(
    cost: CostMetric, network: NetworkProfile, precisions: Sequence[LayerPrecision], may_lack: bool
) -> MetricCosts | None:
    """One metric by layer and in all; None where the device has no numbers for a metric that nobody asked for."""
    options = [(LayerConfig(layer, precision),) for layer, precision in zip(network, precisions, strict=True)]
    tables = cost.model.tables(network, options)
    if cost.metric not in tables:
        if may_lack:
            return None
        raise UnsupportedError(f"{cost.key}: {cost.model_name} gives only {sorted(tables)} here")
    total = cost.model.estimate(network, options, np.zeros((1, len(options)), dtype=np.int64))[cost.metric][0]
    return MetricCosts(
        metric=cost.key,
        unit=cost.model.metrics[cost.metric],
        total=float(total),
        layers=tuple(float(table[0]) for table in tables[cost.metric]),
        additive=cost.model.is_additive(options),
        limited_by=tuple(cost.model.bound_by(*pair) for pair in zip(network, precisions, strict=True)),
        provenance=dict(cost.model.provenance),
    )
