"""How many candidates get their costs in a second: 50 layers, every additive metric, one gather and sum a metric.

python benchmarks/pricing.py
"""

from __future__ import annotations

import os
import statistics
import time

import numpy as np

from autoquant.network import LayerProfile, NetworkProfile
from autoquant.planning.alone import make_cost_model, make_space
from autoquant.planning.pricing import CostMetric, Pricer

LAYERS, CANDIDATES, REPEATS = 50, 200_000, 5
METRICS = (("bitops", None), ("weight_bytes", None), ("latency_ms", "cortex-m7"))


def network() -> NetworkProfile:
    """Fifty pointwise convolutions of growing width."""
    layers = []
    for i in range(LAYERS):
        width, after = 16 + 4 * i, 20 + 4 * i
        shapes = ((width, 14, 14), (after, 14, 14), (after, width, 1, 1))
        layers.append(LayerProfile(f"layer{i}", "conv", i, *shapes, width * after * 196, after, after * width + after))
    return NetworkProfile(tuple(layers), (16, 14, 14))


def main() -> None:
    """Print a line a metric."""
    profile = network()
    space = make_space("bit_widths", profile, weights=[2, 4, 8], activations=[4, 8])
    candidates = space.sample(np.random.default_rng(0), CANDIDATES)
    print(f"{os.cpu_count()} cores, {LAYERS} layers, {len(space.choices)} choices, {CANDIDATES:,} candidates at a time")
    for metric, device in METRICS:
        name = "roofline" if device else metric
        pricer = Pricer([CostMetric(metric, metric, name, make_cost_model(name, device))], profile, space)
        rates = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            pricer(candidates)
            rates.append(CANDIDATES / (time.perf_counter() - start))
        least, most = min(rates), max(rates)
        print(f"  {metric:12s} {statistics.median(rates):12,.0f} candidates/s [{least:,.0f}, {most:,.0f}]")


if __name__ == "__main__":
    main()
