"""Bits, zeros or tables: which keeps most accuracy in so many bytes?

    python benchmarks/equal_bytes.py

DS-CNN with the same recipe in every layer, first and last too: uniform bits with a scale for each channel or one for
the layer, also as float16; ternary and binary; codebooks; patterns of zeros. All are fitted layer after layer
(``sequential: true``), calibrated with 100 utterances and measured on the 900 others. A layer that cannot take a recipe
has uniform weights of as many bits as the recipe's codes, and the table says how many do. Bytes are those of the cost
model ``weight_bytes``: codes, tables, masks, scales and biases; the payload is without biases. Sorted by bytes; what
another recipe beats in fewer bytes is marked. Needs the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from landscape import table
from measured_networks import SUBJECTS, Subject, percent
from torch import Tensor

import autoquant as aq
from autoquant.network import LayerConfig, LayerPrecision, NetworkProfile, WeightQuantization
from autoquant.quantization.sequential import SequentialFit
from autoquant.recipes import misfit, parse_recipe

CHANNEL, TENSOR = WeightQuantization(8), WeightQuantization(8, "per_tensor")
HALF = WeightQuantization(8, scale_bytes=2)
SCALES = {"a scale a channel": CHANNEL, "a scale a channel, float16": HALF, "a scale a layer": TENSOR}
RECIPES = (
    "W2", "W3", "W4", "W6", "W8", "ternary", "binary",
    "lut4", "lut8", "lut16", "lut4+4/2", "lut8+8/2", "lut16+16/2",
    "W4@2:4", "W8@2:4", "W4@sparse50", "W8@sparse50", "W4@block1x4:50", "W8@block1x4:50",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One recipe, measured."""

    recipe: str
    scales: str
    replaced: int
    """Layers that cannot take it."""
    payload: int
    bytes: int
    hits: Tensor
    seconds: float


def recipes() -> Iterable[tuple[str, str, WeightQuantization]]:
    """Recipe, scales, and what they mean. A codebook has no scales."""
    for text in RECIPES:
        for scales, like in SCALES.items():
            weight = parse_recipe(text, like)
            assert weight is not None
            if weight.codebook is not None:
                yield text, "", weight
                break
            yield text, scales, weight


def precisions_of(profile: NetworkProfile, weight: WeightQuantization) -> list[LayerPrecision]:
    """The recipe, or as many uniform bits where a layer cannot take it."""
    plain = WeightQuantization(max(2, weight.bits), weight.granularity, scale_bytes=weight.scale_bytes)
    return [LayerPrecision(plain if misfit(weight, layer) else weight, None) for layer in profile]


def bytes_of(profile: NetworkProfile, precisions: Sequence[LayerPrecision]) -> int:
    """Of the stored network."""
    options = [[LayerConfig(layer, precision)] for layer, precision in zip(profile, precisions, strict=True)]
    return int(sum(row[0] for row in aq.make_cost_model("weight_bytes").tables(profile, options)["weight_bytes"]))


def measured(subject: Subject) -> Iterable[Row]:
    """Every recipe."""
    network = subject.quantizable()
    fit, biases = SequentialFit(network), sum(4 * layer.bias for layer in network.profile)
    for recipe, scales, weight in recipes():
        precisions = precisions_of(network.profile, weight)
        began = time.process_time()
        network.apply(precisions, fit.find(precisions))
        seconds, size = time.process_time() - began, bytes_of(network.profile, precisions)
        replaced = sum(precision.weight != weight for precision in precisions)
        yield Row(recipe, scales, replaced, size - biases, size, subject.hits(network.module), seconds)


def shown(rows: Sequence[Row]) -> Iterable[Sequence[Any]]:
    """Sorted by bytes."""
    best = -1
    for row in sorted(rows, key=lambda row: (row.bytes, -int(row.hits.sum()))):
        right = int(row.hits.sum())
        mark = "" if right > best else "beaten"
        best = max(best, right)
        replaced = row.replaced or ""
        yield (
            row.recipe, row.scales, replaced, f"{row.payload:,}", f"{row.bytes:,}", percent(row.hits), mark,
            f"{row.seconds:.2f}",
        )  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=900)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["AUTOQUANT_CACHE"] = cache
        subject = SUBJECTS["DS-CNN"](arguments.utterances, Path())
        rows = list(measured(subject))
        print(f"DS-CNN, float: {percent(subject.hits(subject.module))} on {len(subject.targets)} utterances")
    head = ["recipe", "scales", "layers without it", "payload", "bytes", "accuracy", "", "processor seconds"]
    table(head, shown(rows))


if __name__ == "__main__":
    main()
