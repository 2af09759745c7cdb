"""Mutation of bit-widths."""

from __future__ import annotations

import numpy as np
import pytest

from autoquant.searchers.bit_mutation import GaussianBits, numeric_values
from autoquant.space import Choice


def test_mutation_stays_in_range_and_prefers_near_bit_widths() -> None:
    choices = (Choice("bits", (2, 4, 8, "float")), Choice("kind", ("a", "b", "c"), ordered=False), Choice("one", (1,)))
    mutation = GaussianBits(choices, sigma=2.0, rate=3.0)
    before = np.tile([1, 0, 0], (2000, 1))
    after = mutation._do(None, before, random_state=np.random.default_rng(0))
    assert np.array_equal(before, np.tile([1, 0, 0], (2000, 1)))
    counts = np.bincount(after[:, 0], minlength=4) / 2000
    # 4 + N(0, 2) snaps to 2 below 3, to 8 above 6: 0.31 and 0.16; 32 bits are out of reach.
    assert counts == pytest.approx([0.31, 0.53, 0.16, 0], abs=0.04)
    assert set(after[:, 1]) == {1, 2}
    assert set(after[:, 2]) == {0}


def test_numbers_of_options() -> None:
    assert numeric_values(Choice("a", (2, 4, "float"))) == pytest.approx([2, 4, 32])
    assert numeric_values(Choice("a", (2, 4), ordered=False)) is None
    assert numeric_values(Choice("a", ("x", "y"))) is None
    assert numeric_values(Choice("a", (False, True))) is None
