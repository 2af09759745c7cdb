"""What an engine executes of a graph."""

from __future__ import annotations

from autoquant_cost_models.canonical import REMOVES, executed
from hypothesis import given
from hypothesis import strategies as st

EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


def test_a_branch_that_nothing_reads_is_removed_by_who_looks_for_it() -> None:
    kept = [0, 3]  # 0 -> 1 leads nowhere
    assert executed(EDGES, kept, 0, 3, "nothing") == [0, 3]
    assert executed(EDGES, kept, 0, 3, "unread") == [3]
    assert executed(EDGES, kept, 0, 3, "dead") == [3]


def test_a_branch_that_no_input_reaches_still_runs_unless_it_is_looked_for() -> None:
    kept = [2, 3, 5]  # 1 -> 2 -> 3, and nothing into 1
    assert executed(EDGES, kept, 0, 3, "unread") == [2, 3, 5]
    assert executed(EDGES, kept, 0, 3, "dead") == [3]


def test_without_a_path_nothing_is_left() -> None:
    assert executed(EDGES, [0, 1, 2], 0, 3, "dead") == []


@given(st.sets(st.integers(0, 5)))
def test_each_removes_more_than_the_one_before(kept: set[int]) -> None:
    found = [set(executed(EDGES, sorted(kept), 0, 3, removes)) for removes in REMOVES]
    assert found[2] <= found[1] <= found[0] == kept


@given(st.sets(st.integers(0, 5)))
def test_what_was_cleaned_is_clean(kept: set[int]) -> None:
    once = executed(EDGES, sorted(kept), 0, 3, "dead")
    assert executed(EDGES, once, 0, 3, "dead") == once
