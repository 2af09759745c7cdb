"""Transforms of metrics: order is kept, the way back leads back, and beyond what was seen they go on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoquant.searchers.transforms import NormalScores, Saturating, Transform

TRANSFORMS = [NormalScores, Saturating]


@pytest.mark.parametrize("transform", TRANSFORMS)
@given(values=st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)), min_size=1, max_size=40))
def test_scores_keep_the_order_and_lead_back(transform: type[Transform], values: list[float]) -> None:
    array = np.array(values)
    made = transform(array)
    assert np.isfinite(made.scores).all()
    assert np.array_equal(np.unique(array, return_inverse=True)[1], np.unique(made.scores, return_inverse=True)[1])
    assert made.forward(array) == pytest.approx(made.scores)
    assert made.inverse(made.scores) == pytest.approx(array, abs=1e-6)
    line = made.inverse(np.linspace(-6, 6, 50))
    assert (np.diff(line) >= -1e-6).all()


def test_normal_scores_beyond_those_seen_lead_on_as_steeply_as_at_the_end() -> None:
    scores = NormalScores(np.arange(100.0) ** 2)
    low, high = scores.inverse(np.array([-4.0])), scores.inverse(np.array([4.0]))
    assert low < 0
    assert high > 99.0**2


def test_degradation_that_saturates_adds_up_again() -> None:
    degradation = np.linspace(0, 4, 30)
    scores = Saturating(0.9 * (1 - np.exp(-degradation))).scores
    assert np.corrcoef(scores, degradation)[0, 1] > 0.995
    assert np.corrcoef(NormalScores(degradation).scores, degradation)[0, 1] < 0.99


def test_a_saturating_transform_goes_on_evenly_below_and_ends_above() -> None:
    made = Saturating(np.array([1.0, 2.0, 3.0]))
    steps = np.diff(made.forward(np.array([1.0, 0.0, -1.0, -2.0])))
    assert steps == pytest.approx(np.full(3, steps[0]))
    assert made.inverse(made.forward(np.array([-1.0]))) == pytest.approx([-1.0])
    top = np.finfo(np.float64).max
    assert made.forward(np.array([top]))[0] == pytest.approx(made.scores[2])
    assert made.inverse(np.array([50.0]))[0] == pytest.approx(1 + 2 / 0.99)
