"""Fronts and hypervolume against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.objective import Bounds, Objective
from autoquant.pareto import Normalization, ParetoFront, dominates, hypervolume, non_dominated

A, B, C = Objective("a", "minimize"), Objective("b", "maximize"), Objective("c", "minimize")
WHOLE = st.integers(0, 6)


def points(objectives: int) -> st.SearchStrategy[list[tuple[int, ...]]]:
    """Few whole numbers, so that ties and equal points abound."""
    return st.lists(st.tuples(*[WHOLE] * objectives), max_size=14)


def beats(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(x <= y for x, y in zip(one, other, strict=True)) and one != other


def front_of(values: list[tuple[int, ...]], order: list[int] | None = None) -> ParetoFront:
    """The front of points to be minimised, whose second objective is written as one to be maximised."""
    objectives = (A, B, C)[: len(values[0])] if values else (A, B)
    bounds = tuple(Bounds(6.0, 0.0) if o is B else Bounds(0.0, 6.0) for o in objectives)
    front = ParetoFront(Normalization(objectives, bounds))
    for number in order or range(len(values)):
        named = zip(objectives, values[number], strict=True)
        front.add(number, {o.metric: float(6 - value if o is B else value) for o, value in named})
    return front


def cells(values: list[tuple[int, ...]], objectives: int) -> float:
    """Hypervolume by counting the unit cells below the reference (6, .., 6) that some point dominates."""
    covered = [
        any(all(v <= x for v, x in zip(value, cell, strict=True)) for value in values)
        for cell in itertools.product(range(6), repeat=objectives)
    ]
    return sum(covered) / 6**objectives


@given(st.integers(1, 3).flatmap(points), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_front_is_what_brute_force_finds_whatever_the_order(values, random):
    expected = [
        number
        for number, value in enumerate(values)
        if not any(beats(other, value) for other in values) and value not in values[:number]
    ]
    order = list(range(len(values)))
    random.shuffle(order)
    front, shuffled = front_of(values), front_of(values, order)
    assert sorted(front.numbers) == sorted(shuffled.numbers) == expected
    objectives = len(values[0]) if values else 2
    assert front.hypervolume == pytest.approx(cells(values, objectives), abs=1e-9)
    assert shuffled.hypervolume == pytest.approx(front.hypervolume, abs=1e-12)


@given(points(2))
@settings(deadline=None)
def test_adding_says_what_joined_and_what_left(values):
    front, present = front_of([]), set()
    for number, (a, b) in enumerate(values):
        before = front.hypervolume
        joined, left = front.add(number, {"a": float(a), "b": float(6 - b)})
        assert set(left) <= present
        present = (present - set(left)) | ({number} if joined else set())
        assert joined or not left
        assert set(front.numbers) == present
        assert len(front) == len(present)
        assert front.hypervolume >= before
        assert joined or front.hypervolume == before


@given(points(3))
@settings(deadline=None)
def test_non_dominated_keeps_equal_points(values):
    expected = [not any(beats(other, value) for other in values) for value in values]
    assert list(non_dominated(np.array(values, dtype=float).reshape(-1, 3))) == expected


@given(st.tuples(WHOLE, WHOLE, WHOLE), st.tuples(WHOLE, WHOLE, WHOLE))
def test_dominance(one, other):
    assert dominates(one, other) == beats(one, other)
    assert not (dominates(one, other) and dominates(other, one))
    assert not dominates(one, one)


def test_what_lies_beyond_the_reference_counts_for_nothing():
    assert hypervolume([[2.0, 0.0], [0.5, 1.5]], [1.0, 1.0]) == 0.0
    assert hypervolume([[0.5, 0.5], [2.0, 0.0]], [1.0, 1.0]) == 0.25
    assert hypervolume([[0.25], [2.0]], [1.0]) == 0.75
    assert hypervolume([[3.0]], [1.0]) == 0.0
    assert hypervolume([], [1.0, 1.0]) == 0.0


def test_points_beyond_the_worst_stay_on_the_front():
    front = front_of([(6, 0), (0, 6), (3, 3)])
    assert front.add(9, {"a": -1.0, "b": -50.0}).joined
    assert front.hypervolume == 0.25


def test_a_scale_goes_from_best_to_worst():
    scale = Normalization((B, A), (Bounds(1.0, 0.0), Bounds(10.0, 30.0)))
    assert scale.values({"a": 15.0, "b": 0.25}) == pytest.approx([0.75, 0.25])
    assert Normalization((A,), (Bounds(5.0, 5.0),)).values({"a": 7.0}) == pytest.approx([2.0])


@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=1, max_size=6))
def test_the_hypervolume_is_never_more_than_one(points):
    """Whatever is measured: bounds may be wrong, or those of a sample."""
    front = ParetoFront(Normalization((A, B), (Bounds(0.0, 1.0), Bounds(1.0, 0.0))))
    for number, (a, b) in enumerate(points):
        front.add(number, {"a": a, "b": b})
        assert 0.0 <= front.hypervolume <= 1.0


def test_what_is_better_than_the_best_counts_as_the_best():
    front = ParetoFront(Normalization((A,), (Bounds(0.0, 1.0),)))
    assert front.add(0, {"a": 0.0}).joined
    assert front.add(1, {"a": -99.0}).joined
    assert front.hypervolume == 1.0
