"""Choices and candidates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.errors import SpecError, UnsupportedError
from autoquant.space import Choice, SearchSpace
from autoquant.testing.search_spaces import check_search_space

OPTIONS = st.lists(
    st.booleans() | st.integers(-9, 99) | st.text(max_size=4) | st.floats(allow_nan=False, allow_infinity=False),
    min_size=1,
    max_size=4,
    unique=True,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), OPTIONS, min_size=1, max_size=4))
@settings(deadline=None, max_examples=25)
def test_every_space_of_choices_keeps_the_contract(choices):
    check_search_space(SearchSpace(Choice(name, tuple(options)) for name, options in choices.items()))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Choice("bits", ()), "choice 'bits': it has no options; give at least one"),
        (lambda: Choice("bits", (2, 4, 2)), r"choice 'bits': the options \[2, 4, 2\] repeat"),
        (lambda: Choice("bits", (True, 1)), r"choice 'bits': the options \[True, 1\] repeat"),
        (lambda: SearchSpace([]), "space: there is nothing to choose"),
        (lambda: SearchSpace([Choice("a", (1,)), Choice("a", (2,))]), r"the choice names \['a'\] stand more than once"),
    ],
)
def test_impossible_spaces_are_refused(make, message):
    with pytest.raises(SpecError, match=message):
        make()


SPACE = SearchSpace([Choice("a", (1, 2, 3)), Choice("b", ("x", "y"))])


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        ((0,), r"candidate \(0,\): it has 1 indices, the space has 2 choices"),
        ((0, 2), r"candidate \(0, 2\): index 2 of choice 'b' is outside 0..1"),
        ((-1, 0), r"index -1 of choice 'a' is outside 0..2"),
    ],
)
def test_what_is_no_candidate_is_named(candidate, message):
    with pytest.raises(SpecError, match=message):
        SPACE.check(candidate)


def test_a_checked_candidate_is_plain_and_hashable():
    checked = SPACE.check(np.array([2, 1]))
    assert checked == (2, 1)
    assert {checked: 1}
    assert all(type(index) is int for index in checked)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"a": 1}, r"options: missing \['b'\], not in the space \[\]"),
        ({"a": 1, "b": "x", "c": 1}, r"missing \[\], not in the space \['c'\]"),
        ({"a": 4, "b": "x"}, r"a: 4 is no option; accepted: \[1, 2, 3\]"),
    ],
)
def test_what_are_no_options_is_named(options, message):
    with pytest.raises(SpecError, match=message):
        SPACE.encode(options)


def test_a_space_without_layers_says_so():
    for step in (
        lambda: SPACE.layer_options,
        lambda: SPACE.layer_indices(np.zeros((1, 2))),
        lambda: SPACE.precisions((0, 0)),
    ):
        with pytest.raises(
            UnsupportedError, match="SearchSpace describes no network layers, so no cost model can price"
        ):
            step()
