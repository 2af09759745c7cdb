"""What do few bits cost two real networks, by quantizer, scale rule, bits of activations and correction?

    python benchmarks/landscape.py

Accuracy in percent, nothing retrained, BatchNorm folded, weights rounded to nearest (fitted_rounding.py fits them).
DS-CNN (MLPerf Tiny's keyword spotting) on its 1,000 utterances; the first 64 of them calibrate, without their labels,
for there are no others. ResNet-20 on the first 1,000 test images of CIFAR-10 (JPEG copy); the first 500 training images
calibrate. Needs the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cifar10 import images, resnet20
from torch import Tensor, nn

from autoquant.network import FLOAT, ActivationQuantization, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork, quantize_symmetric
from autoquant.quantization.correction import Corrector
from autoquant.quantization.execution import as_inputs
from autoquant.quantization.mse import squared_error

BATCH = 250
COARSE = np.linspace(0.3, 1, 40).tolist()


class Landscape:
    """A network with the examples that score and those that calibrate."""

    def __init__(self, module: nn.Module, inputs: Any, labels: Any, calibration: Any) -> None:
        self.inputs, self.labels = as_inputs(inputs), torch.as_tensor(labels)
        self.calibration = as_inputs(calibration)
        self.module = module
        self.network = QuantizedNetwork(module, self.inputs[:2], rounding="nearest")
        self.network.calibrate(self.calibration)

    @cached_property
    def float_accuracy(self) -> float:
        """Of the float network."""
        return self.accuracy(FLOAT)

    def accuracy(self, precision: LayerPrecision, ends: LayerPrecision | None = None, **corrections: bool) -> float:
        """With every layer at ``precision``, the first and the last at ``ends`` where that is given."""
        precisions = [precision] * len(self.network.profile)
        if ends is not None:
            precisions[0] = precisions[-1] = ends
        corrector = self._corrector(**corrections) if corrections else None
        self.network.apply(precisions)
        with corrector.applied(corrector.find(precisions)) if corrector else nullcontext():
            return self._score()

    def coarse(self, bits: int) -> float:
        """Weights alone, symmetric, per channel: the clip of least squared error among 40, 0.3 to 1 times max|W|."""
        self.network.restore()
        parts = [self.network.module.get_submodule(layer.name) for layer in self.network.profile]
        before = [part.weight.data for part in parts]
        for part in parts:
            part.weight.data = coarsely_quantized(part.weight.data, bits)
        accuracy = self._score()
        for part, weight in zip(parts, before, strict=True):
            part.weight.data = weight
        return accuracy

    @cache  # noqa: B019 - there are two of these, and they live as long as the program
    def _corrector(self, **corrections: bool) -> Corrector:
        self.network.restore()
        which = {"bias": False, "batch_norm": False} | corrections
        return Corrector(self.network.module, self.network.profile, self.calibration, **which)

    @torch.no_grad()
    def _score(self) -> float:
        outputs = torch.cat([self.network.module(batch) for batch in torch.split(self.inputs, BATCH)])
        return 100 * float((outputs.argmax(1) == self.labels).double().mean())


def coarsely_quantized(weight: Tensor, bits: int) -> Tensor:
    """See `Landscape.coarse`."""
    rows = weight.reshape(len(weight), -1)
    scales = [rows.abs().amax(1, keepdim=True) * ratio / (2 ** (bits - 1) - 1) for ratio in COARSE]
    errors = torch.cat([squared_error(quantize_symmetric(rows, scale, bits), rows) for scale in scales], 1)
    best = torch.cat(scales, 1).gather(1, errors.argmin(1, keepdim=True))
    return quantize_symmetric(weight, best.reshape(-1, *[1] * (weight.dim() - 1)), bits)


@cache
def ds_cnn() -> Landscape:
    """The network and the data of the example."""
    file = Path(__file__).parents[1] / "examples" / "keyword_spotting" / "network.py"
    module_spec = spec_from_file_location("keyword_spotting_network", file)
    assert module_spec is not None
    assert module_spec.loader is not None
    example = module_from_spec(module_spec)
    module_spec.loader.exec_module(example)
    utterances = example.arrays("inputs.npz")
    inputs = (utterances["x"].astype(np.float32) - example.INPUT_ZERO_POINT) * np.float32(example.INPUT_SCALE)
    inputs = inputs[:, None]
    return Landscape(example.trained(), inputs, utterances["y"], inputs[:64])


@cache
def resnet_20() -> Landscape:
    """CIFAR-10 (JPEG copy)."""
    test = images("test", 1000)
    return Landscape(resnet20(), test.inputs, test.targets, images("train", 500).inputs)


def weights(bits: int, rule: Any = "mse", **options: Any) -> LayerPrecision:
    """Weights alone."""
    return LayerPrecision(WeightQuantization(bits, scale_method=rule, **options), None)


def quantized(bits: int, activations: int, rule: Any) -> LayerPrecision:
    """Weights with the method ``mse`` and activations with this one."""
    return LayerPrecision(WeightQuantization(bits), ActivationQuantization(activations, rule))


@dataclass(frozen=True)
class Published:
    """A row of the published table, and how it is measured here."""

    network: Callable[[], Landscape]
    name: str
    rule: str
    accuracy: float
    """As published, in percent."""
    measure: Callable[[Landscape], float]
    better: tuple[str, Callable[[Landscape], float]] | None = None
    """What gives the same bits more, and how."""


def uniform(
    bits: int, activations: int, ends: bool = False, rule: Any = "mse", **corrections: bool
) -> Callable[[Landscape], float]:
    """Weights with the rule ``mse`` and activations."""
    precision = quantized(bits, activations, rule)
    eight = quantized(8, 8, rule) if ends else None
    return lambda landscape: landscape.accuracy(precision, eight, **corrections)


def weight_only(bits: int, rule: str) -> Callable[[Landscape], float]:
    """Weights alone, symmetric, per channel."""
    return lambda landscape: landscape.accuracy(weights(bits, rule))


def affine(bits: int, **corrections: bool) -> Callable[[Landscape], float]:
    """Weights alone, affine, per channel, with the rule ``mse``."""
    return lambda landscape: landscape.accuracy(weights(bits, quantizer="affine"), **corrections)


CHANCE = 100 / 12
BOTH = {"bias": True, "batch_norm": True}
PUBLISHED = [
    Published(ds_cnn, "float32", "", 91.3, lambda landscape: landscape.float_accuracy),
    Published(ds_cnn, "W8A8", "mse", 91.2, uniform(8, 8)),
    Published(ds_cnn, "W4A8", "mse", 91.3, uniform(4, 8)),
    Published(
        ds_cnn, "W4A4", "mse", 37.8, uniform(4, 4), ("percentile, both", uniform(4, 4, False, "percentile", **BOTH))
    ),
    Published(
        ds_cnn, "W4A4, ends 8", "mse", 79.6, uniform(4, 4, True), ("percentile", uniform(4, 4, True, "percentile"))
    ),
    Published(
        ds_cnn, "W3", "mse, 40 clips", 55.0, lambda landscape: landscape.coarse(3), ("affine, both", affine(3, **BOTH))
    ),
    Published(ds_cnn, "W2", "mse", CHANCE, weight_only(2, "mse"), ("affine, both", affine(2, **BOTH))),
    Published(resnet_20, "float32", "", 87.4, lambda landscape: landscape.float_accuracy),
    Published(resnet_20, "W4", "mse", 85.3, weight_only(4, "mse")),
    Published(resnet_20, "W4", "min_max", 82.5, weight_only(4, "min_max"), ("mse", weight_only(4, "mse"))),
    Published(resnet_20, "W3", "min_max", 69.2, weight_only(3, "min_max"), ("affine, both", affine(3, **BOTH))),
    Published(resnet_20, "W3", "mse", 54.0, weight_only(3, "mse"), ("full_range", weight_only(3, "full_range"))),
    Published(
        resnet_20,
        "W4A4",
        "mse",
        81.7,
        uniform(4, 4),
        ("percentile, bias", uniform(4, 4, False, "percentile", bias=True)),
    ),
    Published(
        resnet_20, "W4A4, ends 8", "mse", 85.0, uniform(4, 4, True), ("percentile", uniform(4, 4, True, "percentile"))
    ),
]
"""The rows of W3 and W4 on ResNet-20 were published with their rules, the others without: the rule here gives them."""

NETWORKS = {"DS-CNN": ds_cnn, "ResNet-20": resnet_20}


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table in Markdown, row by row as they are measured."""
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print(
            "| " + " | ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row) + " |",
            flush=True,
        )


def published() -> Iterable[Sequence[Any]]:
    """Published accuracies compared with what is measured here."""
    names = {network: name for name, network in NETWORKS.items()}
    for row in PUBLISHED:
        measured = row.measure(row.network())
        how, better = row.better or ("", None)
        more = better(row.network()) if better else ""
        difference = f"{measured - row.accuracy:+.1f}"
        yield names[row.network], row.name, row.rule, row.accuracy, measured, difference, more, how


COLUMNS: dict[str, dict[str, Any]] = {
    "min_max": {"rule": "min_max"},
    "full_range": {"rule": "full_range"},
    "percentile": {"rule": "percentile"},
    "mse": {"rule": "mse"},
    "affine min_max": {"rule": "min_max", "quantizer": "affine"},
    "affine mse": {"rule": "mse", "quantizer": "affine"},
}


def by_rule() -> Iterable[Sequence[Any]]:
    """Weights alone, a column for each rule."""
    for name, network in NETWORKS.items():
        for bits in (8, 6, 5, 4, 3, 2):
            yield name, f"W{bits}", *(network().accuracy(weights(bits, **options)) for options in COLUMNS.values())


OTHERS: dict[str, dict[str, Any]] = {
    "per_tensor": {"granularity": "per_tensor"},
    "groups of 32": {"granularity": "per_group", "group_size": 32},
    "affine groups of 32": {"granularity": "per_group", "group_size": 32, "quantizer": "affine"},
    "power_of_two": {"quantizer": "power_of_two"},
    "logarithmic": {"quantizer": "logarithmic"},
    "statistical": {"quantizer": "statistical"},
}


def by_quantizer() -> Iterable[Sequence[Any]]:
    """Weights alone, a column for each granularity and quantizer."""
    for name, network in NETWORKS.items():
        for bits in (8, 4, 3, 2):
            yield name, f"W{bits}", *(network().accuracy(weights(bits, **options)) for options in OTHERS.values())


RANGES = ("min_max", "percentile", "mse")


def by_range() -> Iterable[Sequence[Any]]:
    """Weights with the rule ``mse``, a column for each rule of activations."""
    for name, network in NETWORKS.items():
        for bits, activations, ends in ((8, 8, False), (4, 8, False), (4, 4, False), (4, 4, True)):
            accuracies = []
            for rule in RANGES:
                eight = quantized(8, 8, rule) if ends else None
                accuracies.append(network().accuracy(quantized(bits, activations, rule), eight))
            yield name, f"W{bits}A{activations}" + (", ends 8" if ends else ""), *accuracies


CORRECTIONS = ({}, {"bias": True}, {"batch_norm": True}, BOTH)


def by_correction() -> Iterable[Sequence[Any]]:
    """A column for each correction."""
    rows = {
        "W3, min_max": weights(3, "min_max"),
        "W3, mse": weights(3),
        "W3, affine mse": weights(3, quantizer="affine"),
        "W2, affine mse": weights(2, quantizer="affine"),
        "W4, logarithmic": weights(4, quantizer="logarithmic"),
        "W4, power_of_two": weights(4, quantizer="power_of_two"),
        "W4A4, mse": LayerPrecision.of_bits(4, 4),
        "W4A4, percentile": quantized(4, 4, "percentile"),
    }
    for name, network in NETWORKS.items():
        for label, precision in rows.items():
            yield name, label, *(network().accuracy(precision, **which) for which in CORRECTIONS)


def by_calibration(draws: int) -> Iterable[Sequence[Any]]:
    """How much DS-CNN's accuracy depends on which 64 utterances calibrate: least, median, most."""
    landscape, random = ds_cnn(), np.random.default_rng(0)
    accuracies_of: dict[tuple[str, bool], list[float]] = {(rule, ends): [] for rule in RANGES for ends in (False, True)}
    for _ in range(draws):
        landscape.network.calibrate(landscape.inputs[random.permutation(len(landscape.inputs))[:64]])
        for (rule, ends), accuracies in accuracies_of.items():
            eight = quantized(8, 8, rule) if ends else None
            accuracies.append(landscape.accuracy(quantized(4, 4, rule), eight))
    landscape.network.calibrate(landscape.calibration)
    for (rule, ends), accuracies in accuracies_of.items():
        label = "W4A4, ends 8" if ends else "W4A4"
        yield label, rule, min(accuracies), statistics.median(accuracies), max(accuracies)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=10, help="calibration sets that are sampled for DS-CNN")
    draws = parser.parse_args().draws
    began = time.perf_counter()
    print(f"{os.cpu_count()} cores, torch {torch.__version__}")
    table(["network", "bits", "rule", "published", "here", "difference", "also here", "by"], published())
    table(["weights per channel", "bits", *COLUMNS], by_rule())
    table(["weights, mse where there are rules", "bits", *OTHERS], by_quantizer())
    table(["activations", "bits", *RANGES], by_range())
    table(["corrections", "", "none", "bias", "BatchNorm", "both"], by_correction())
    table([f"DS-CNN, {draws} calibration sets of 64", "rule", "least", "median", "most"], by_calibration(draws))
    print(f"\n{time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
