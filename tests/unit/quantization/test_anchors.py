"""Known accuracies of the real keyword-spotting network: DS-CNN of MLPerf Tiny, post-training, no retraining.

The anchors were measured once on all 1,000 utterances, weights per channel: float32 91.3 %, W8A8 91.2, W4 91.3, W3 55,
W4A4 37.8 (79.6 with the first and the last layer at 8 bits), W2 chance.
"""

from __future__ import annotations

from typing import Any

import pytest
from autoquant_search_spaces.bit_widths import BitWidths
from autoquant_workers.post_training import PostTraining

from autoquant.data import DataSplits, Split


@pytest.fixture(scope="module")
def evaluator(ds_cnn: Any, keywords: DataSplits) -> PostTraining:
    return PostTraining(ds_cnn, keywords)


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
    space = BitWidths(evaluator.profile(), **options)
    evaluator.check(space)
    candidate = space.uniform()[label]
    counts = [len(evaluator.data.search), len(evaluator.data.test)] if evaluator.data else []
    found = [evaluator.evaluate(space, candidate, split).metrics["accuracy"] for split in ("search", "test")]
    return 100 * sum(count * value for count, value in zip(counts, found, strict=True)) / sum(counts)


def test_float(evaluator):
    search, test = evaluator.reference("search"), evaluator.reference("test")
    assert search.metrics["accuracy"] == 0.904
    assert test.metrics["accuracy"] == 0.922
    assert search.standard_errors["accuracy"] == pytest.approx(0.01317, abs=1e-4)


@pytest.mark.parametrize(
    ("label", "scale", "low", "high"),
    [
        ("W8", "mse", 90.0, 92.5),
        ("W8", "min_max", 90.0, 92.5),
        ("W4", "mse", 90.0, 92.5),
        ("W4", "min_max", 89.0, 92.5),
        ("W3", "mse", 52.0, 66.0),
        ("W3", "min_max", 45.0, 58.0),
        ("W2", "mse", 4.0, 13.0),
    ],
)
def test_weights(evaluator, label, scale, low, high):
    assert low <= accuracy(evaluator, label, weights=[2, 3, 4, 8], weight_scale=scale) <= high


@pytest.mark.parametrize(
    ("label", "pins", "low", "high"),
    [
        ("W8A8", {}, 89.7, 92.7),
        ("W4A8", {}, 89.7, 92.7),
        ("W4A4", {}, 30.0, 45.0),
        ("W4A4", {"first": 8, "last": 8}, 77.0, 88.0),
    ],
)
def test_weights_and_activations(calibrated, label, pins, low, high):
    assert low <= accuracy(calibrated, label, weights=[4, 8], activations=[4, 8], pins=pins) <= high
