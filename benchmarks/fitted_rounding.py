"""What does it gain to fit weights to the outputs of their layers, instead of rounding each to its nearest value?

    python benchmarks/fitted_rounding.py --images 10000

Every layer has the same precision, first and last too; weights per channel, nothing retrained, BatchNorm folded.

- nearest: scales of least squared error of the weights. Both corrections: of biases and of BatchNorm's statistics, also
  where the evaluator would leave them off.
- GPTQ: Frantar et al. 2022 by itself, in the grid whose scales move the layer's outputs least; biases as they are.
- static: the default, which fits each layer by itself, or rounds all to nearest where that moves outputs less.
  Sequential: ``sequential: true``.

ResNet-20 (CIFAR-10, JPEG copy) is calibrated with 256 training images, DS-CNN with 100 of its 1,000 utterances and
measured on the others. Tables with quantized activations are measured on at most 1,000 examples. "Another network, no
worse": paired, on the same examples. Each figure stands with its standard error. Needs the folder that AUTOQUANT_DATA
names.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from landscape import table
from measured_networks import SUBJECTS, Subject, percent, uniform
from torch import Tensor

from autoquant.network import LayerPrecision, Rounding, WeightQuantization
from autoquant.quantization import quantize_weight
from autoquant.quantization.correction import Corrector
from autoquant.quantization.execution import count, execute
from autoquant.quantization.fitted_grids import grid_for
from autoquant.quantization.fitted_weights import LayerWeight
from autoquant.quantization.fitting import gptq
from autoquant.quantization.layers import as_module_keeps, output_first
from autoquant.quantization.moments import Moments, Sums
from autoquant.quantization.rounding import Reader, problem
from autoquant.quantization.sequential import SequentialFit

Quantizer = Literal["symmetric", "affine"]
Method = Literal["nearest", "both corrections", "GPTQ", "static", "sequential"]
Measured = tuple[Tensor, float]
"""Which examples are right, and the processor seconds that it took to quantize the network."""

QUANTIZERS: tuple[Quantizer, ...] = ("symmetric", "affine")
METHODS: tuple[Method, ...] = ("nearest", "both corrections", "GPTQ", "static", "sequential")
COMPARED: tuple[Method, ...] = ("nearest", "static", "sequential")
WEIGHTS = (4, 3, 2)
WITH_ACTIVATIONS = ((3, 4), (4, 4), (2, 8))
"""Bits of weights and of activations."""
EVERY = (2, 3, 4, 6, 8)
FEW = 1000
"""Examples of the tables with activations."""
GATES: dict[str, list[tuple[str, Method, float]]] = {
    "ResNet-20": [
        ("W4", "sequential", 86.5),
        ("W3", "sequential", 85.8),
        ("W2", "sequential", 83.0),
        ("W3A4", "sequential", 83.0),
        ("W3", "static", 84.0),
        ("W2", "static", 76.0),
    ],
    "DS-CNN": [("W3", "sequential", 89.5), ("W2", "sequential", 82.0)],
}
"""Network -> bits, method, accuracy in percent that is wanted."""


class Rounder:
    """A network at one precision after another, by each method."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.network = subject, subject.quantizable()

    def measure(
        self, method: Method, weight: WeightQuantization, activations: int | None = None, examples: int | None = None
    ) -> Measured:
        """On the first ``examples``. What can be prepared for all precisions is there before the clock starts."""
        by_method: dict[Method, Rounding | None] = {"static": None, "sequential": "hessian"}
        rounding = by_method.get(method, "nearest")
        precisions = uniform(self.network, replace(weight, rounding=rounding), activations)
        prepare: dict[Method, Callable[[], object]] = {
            "both corrections": lambda: self._corrector,
            "GPTQ": lambda: self._moments,
            "sequential": lambda: self._fit,
        }
        prepare.get(method, lambda: self._prepare_moments(weight, activations))()
        began = time.process_time()
        with self._quantize(method, precisions):
            seconds = time.process_time() - began
            return self.subject.hits(self.network.module, examples), seconds

    def _quantize(self, method: Method, precisions: Sequence[LayerPrecision]) -> AbstractContextManager[None]:
        weights = None
        if method == "GPTQ":
            weights = {
                layer.name: self._gptq(layer.name, precision)
                for layer, precision in zip(self.network.profile, precisions, strict=True)
            }
        elif method == "sequential":
            weights = self._fit.find(precisions)
        self.network.apply(precisions, weights)
        if method == "both corrections":
            return self._corrector.applied(self._corrector.find(precisions))
        return nullcontext()

    def _prepare_moments(self, weight: WeightQuantization, activations: int | None) -> None:
        """Those of the float network's inputs, quantized to these activations."""
        precisions = uniform(self.network, replace(weight, rounding="hessian"), activations)
        named = zip((layer.name for layer in self.network.profile), precisions, strict=True)
        self.network.prepare_moments({name: p for name, p in named if name in self.network.parts})

    @cached_property
    def _corrector(self) -> Corrector:
        self.network.restore()
        module, profile = self.network.module, self.network.profile
        return Corrector(module, profile, self.subject.calibration, bias=True, batch_norm=True)

    @cached_property
    def _fit(self) -> SequentialFit:
        return SequentialFit(self.network)

    def _gptq(self, name: str, precision: LayerPrecision) -> LayerWeight:
        """Of one layer, its inputs those of the float network."""
        part, how = self.network.parts[name], precision.weight
        assert how is not None
        weight = output_first(part, self.network.weights.float_weight(name))
        moments = self._moments[name]
        values = weight.double().numpy().reshape(len(moments.mean), -1, moments.mean.shape[1])
        target, second = problem(values, [Reader(moments, has_bias=False)])
        grid = grid_for(target, second, quantize_weight(weight, how), how)
        found = grid.coded(gptq(target, second, grid), quantize_weight(weight, how))
        return LayerWeight(as_module_keeps(part, found.dequantize()), found.scale)

    @cached_property
    def _moments(self) -> dict[str, Moments]:
        """Of each layer's inputs in the float network."""
        self.network.restore()
        examples = count(self.subject.calibration)
        sums = {
            layer.name: Sums(
                self.network.parts[layer.name], layer.output_values // layer.output_channels * layer.calls * examples
            )
            for layer in self.network.profile.quantizable
        }
        handles = [
            self.network.parts[name].register_forward_hook(lambda _, args, out, of=own: of.add(args[0], out))
            for name, own in sums.items()
        ]
        execute(self.network.module, self.subject.calibration)
        for handle in handles:
            handle.remove()
        return {name: moments for name, own in sums.items() if (moments := own.moments) is not None}


Results = dict[tuple[Quantizer, str, Method], Measured]


def gates_of(name: str, rounder: Rounder) -> None:
    """The tables of a network that has gates."""
    subject, results = rounder.subject, Results()
    few = min(FEW, len(subject.targets))
    print(f"\n{name}, float: {percent(subject.hits(rounder.network.module))} on {len(subject.targets)} examples")
    bits: list[tuple[int, int | None, int | None]] = [(weights, None, None) for weights in WEIGHTS]
    table([name, "quantizer", *METHODS], compared(rounder, bits, METHODS, results))
    print(f"\n{few} examples, float: {percent(subject.hits(rounder.network.module, few))}")
    bits = [(weights, activations, few) for weights, activations in WITH_ACTIVATIONS]
    some = tuple(method for method in METHODS if method != "GPTQ")
    table([name, "quantizer", *some], compared(rounder, bits, some, results))
    table([f"{name}: processor seconds a network", "quantizer", *METHODS], seconds(results))
    table([f"{name}: gate", "wanted", *QUANTIZERS], gates(GATES[name], results))


def compared(
    rounder: Rounder,
    bits: Iterable[tuple[int, int | None, int | None]],
    methods: Sequence[Method],
    results: Results,
) -> Iterable[Sequence[Any]]:
    """A row for each precision (bits of weights, of activations, examples), a column for each method."""
    for weights, activations, examples in bits:
        label = f"W{weights}" + ("" if activations is None else f"A{activations}")
        for quantizer in QUANTIZERS:
            weight = WeightQuantization(weights, quantizer=quantizer)
            for method in methods:
                results[quantizer, label, method] = rounder.measure(method, weight, activations, examples)
            yield label, quantizer, *(percent(results[quantizer, label, method][0]) for method in methods)
    rounder.network.restore()


def seconds(results: Results) -> Iterable[Sequence[Any]]:
    """What quantizing the network took, by precision and method."""
    for quantizer, label in dict.fromkeys((quantizer, label) for quantizer, label, _ in results):
        cells = (results.get((quantizer, label, method)) for method in METHODS)
        yield label, quantizer, *("" if cell is None else f"{cell[1]:.2f}" for cell in cells)


def gates(wanted: Sequence[tuple[str, Method, float]], results: Results) -> Iterable[Sequence[Any]]:
    """What is to be reached, and what is, on the first `FEW` examples where the method is static."""
    for label, method, least in wanted:
        cells = []
        for quantizer in QUANTIZERS:
            hits = results[quantizer, label, method][0]
            hits = hits[:FEW] if method == "static" else hits
            reached = "reached" if 100 * float(hits.double().mean()) >= least else "missed"
            cells.append(f"{percent(hits)}, {reached}")
        yield f"{label} {method}, {len(hits)} examples", f"{least}", *cells


def no_worse(rounder: Rounder, name: str) -> Iterable[Sequence[Any]]:
    """Nearest against what is fitted, at every bit-width: the differences with their paired standard errors."""
    for bits in EVERY:
        for quantizer in QUANTIZERS:
            weight = WeightQuantization(bits, quantizer=quantizer)
            found = [rounder.measure(method, weight) for method in COMPARED]
            gains = [gain(hits, found[0][0]) for hits, _ in found[1:]]
            worst = min(difference + 2 * error for difference, error in gains)
            verdict = "yes" if worst >= 0 else "NO"
            shown = (f"{difference:+.1f} ± {error:.1f}" for difference, error in gains)
            yield (
                name, f"W{bits}", quantizer, *(percent(hits) for hits, _ in found), *shown, verdict,
                " / ".join(f"{taken:.2f}" for _, taken in found),
            )  # fmt: skip


def gain(hits: Tensor, others: Tensor) -> tuple[float, float]:
    """Points by which accuracy is higher, and their standard error."""
    difference = 100 * (hits.double() - others.double())
    return float(difference.mean()), float(difference.std()) / math.sqrt(len(difference))


OTHERS = [
    "network", "bits", "quantizer", *COMPARED, "static - nearest", "sequential - nearest",
    "no worse than nearest beyond two standard errors", "processor seconds",
]  # fmt: skip


def others_of(name: str, rounder: Rounder) -> None:
    """The table of a network that fitting must not harm."""
    subject = rounder.subject
    print(f"\n{name}, float: {percent(subject.hits(rounder.network.module))} on {len(subject.targets)} examples")
    table(OTHERS, no_worse(rounder, name))


TABLES: dict[str, Callable[[str, Rounder], None]] = {
    "DS-CNN": gates_of,
    "ResNet-20": gates_of,
    "Transformer": others_of,
    "MobileNetV2-like": others_of,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="*", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--images", type=int, default=10_000, help="test examples of a network, at most")
    parser.add_argument("--folder", type=Path, default=Path("fitted_rounding"), help="keeps what was trained")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{os.cpu_count()} cores, 1 thread, torch {torch.__version__}, numpy {np.__version__}")
    for name in arguments.networks:
        with tempfile.TemporaryDirectory() as cache:  # nothing is read that was worked out before
            os.environ["AUTOQUANT_CACHE"] = cache
            TABLES[name](name, Rounder(SUBJECTS[name](arguments.images, arguments.folder)))


if __name__ == "__main__":
    main()
