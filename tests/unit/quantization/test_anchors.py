"""Known accuracies of two real networks, post-training, no retraining, each within 1.5 points of the published one.

The rows, and how each is measured, are those of ``benchmarks/landscape.py``: DS-CNN on all 1,000 utterances, ResNet-20
on 1,000 test images of CIFAR-10 (JPEG copy).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from autoquant_workers.post_training import PostTraining
from measuring import measure, measure_reference
from spaces import bit_widths

from autoquant.data import DataSplits, Split
from autoquant.settings import data_folder

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
import landscape

sys.path.pop()

NEEDS = {landscape.ds_cnn: "kws", landscape.resnet_20: "cifar10_jpeg"}
SLOW = ("W4A4", "W4A4, ends 8", "W4")
"""Of ResNet-20, whose rows take several seconds each."""


def needed(network: Any) -> landscape.Landscape:
    """The network with its data, or a skipped test."""
    folder = data_folder() / NEEDS[network]
    if not folder.is_dir():
        pytest.skip(f"the real data is not there: {folder} (set AUTOQUANT_DATA)")
    found: landscape.Landscape = network()
    return found


def marked(row: landscape.Published) -> Any:
    slow = row.network is landscape.resnet_20 and row.name in SLOW
    name = f"{NEEDS[row.network]} {row.name} {row.rule}"
    return pytest.param(row, id=name, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("row", [marked(row) for row in landscape.PUBLISHED])
def test_published_rows_are_reproduced(row):
    assert row.measure(needed(row.network)) == pytest.approx(row.accuracy, abs=1.5)


@pytest.mark.slow
def test_the_range_of_all_integers_is_better_than_either_known_rule_at_three_bits():
    resnet = needed(landscape.resnet_20)
    assert resnet.accuracy(landscape.weights(3, "full_range")) > 69.2 + 3
    assert resnet.accuracy(landscape.weights(3, quantizer="affine")) > 69.2 + 8


@pytest.mark.parametrize(
    ("network", "precision", "corrections", "improvement"),
    [
        (landscape.ds_cnn, landscape.weights(3, "min_max"), {"bias": True}, 15),
        (landscape.ds_cnn, landscape.quantized(4, 4, "percentile"), {"bias": True, "batch_norm": True}, 1),
        pytest.param(landscape.resnet_20, landscape.weights(3), {"batch_norm": True}, 20, marks=[pytest.mark.slow]),
    ],
)
def test_corrections_bring_points(network, precision, corrections, improvement):
    found = needed(network)
    assert found.accuracy(precision, **corrections) > found.accuracy(precision) + improvement


@pytest.fixture(scope="module")
def calibrated(ds_cnn: Any, keywords: DataSplits) -> PostTraining:
    """100 of the search half calibrate; the scores are those of the other 400 and of the test half."""
    search = keywords.search
    splits = DataSplits(
        search=Split(search.inputs[100:], search.targets[100:]),
        test=keywords.test,
        calibration=Split(search.inputs[:100], search.targets[:100]),
    )
    return PostTraining(ds_cnn, splits)


def accuracy(evaluator: PostTraining, label: str, **options: Any) -> float:
    """Accuracy in percent over both splits of a uniform candidate."""
    space = bit_widths(evaluator.profile(), **options)
    evaluator.check(space)
    candidate = space.uniform()[label]
    counts = [len(evaluator.data.search), len(evaluator.data.test)] if evaluator.data else []
    found = [measure(evaluator, space, candidate, split).metrics["accuracy"] for split in ("search", "test")]
    return 100 * sum(count * value for count, value in zip(counts, found, strict=True)) / sum(counts)


def test_float(ds_cnn, keywords):
    evaluator = PostTraining(ds_cnn, keywords)
    search, test = measure_reference(evaluator, "search"), measure_reference(evaluator, "test")
    assert search.metrics["accuracy"] == 0.904
    assert test.metrics["accuracy"] == 0.922
    assert search.standard_errors["accuracy"] == pytest.approx(0.01317, abs=1e-4)


@pytest.mark.parametrize(
    ("label", "pins", "low", "high"),
    [("W4A8", {}, 89.7, 92.7), ("W4A4", {}, 28.0, 45.0), ("W4A4", {"first": 8, "last": 8}, 77.0, 89.0)],
)
def test_the_evaluator_agrees(calibrated, label, pins, low, high):
    """Which utterances calibrate moves W4A4 by several points, so these bounds are wide."""
    assert low <= accuracy(calibrated, label, weights=[4, 8], activations=[4, 8], pins=pins) <= high
