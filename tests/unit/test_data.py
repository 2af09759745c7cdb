"""Splits of the data."""

from __future__ import annotations

import pytest

from autoquant.data import DataSplits, Split
from autoquant.errors import SpecError

FULL = Split([1, 2], [0, 1])


def test_splits_are_named_in_order():
    assert [name for name, _ in DataSplits(FULL, FULL)] == ["search", "test"]
    assert [name for name, _ in DataSplits(FULL, FULL, FULL)] == ["search", "test", "calibration"]
    data = DataSplits(FULL, Split([1], [0]))
    assert len(data.get("search")) == 2
    assert len(data.get("test")) == 1


@pytest.mark.parametrize("name", ["search", "test", "calibration"])
def test_an_empty_split_is_named(name):
    splits = {"search": FULL, "test": FULL, "calibration": FULL} | {name: Split([], [])}
    with pytest.raises(SpecError, match=f"data: the {name} split is empty; give it at least one example"):
        DataSplits(**splits)


def test_targets_must_match_inputs():
    with pytest.raises(SpecError, match="data: 3 inputs with 2 targets; there must be one target each"):
        Split([1, 2, 3], [0, 1])


def test_a_tuple_is_one_tensor_for_each_input():
    split = Split(([1, 2], [3, 4]), [0, 1])
    assert (len(split), split.each) == (2, ([1, 2], [3, 4]))
    assert FULL.each == ([1, 2],)


@pytest.mark.parametrize(("inputs", "counts"), [(([1, 2], [3]), "2 and 1"), ((), "none")])
def test_the_inputs_of_a_tuple_have_the_same_examples(inputs, counts):
    with pytest.raises(SpecError, match=f"data: a tuple of inputs with {counts} examples; each must have the same"):
        Split(inputs, [0, 1])
