"""Drawing and repairing candidates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.errors import SearcherError
from autoquant.interfaces import PricedCosts, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.searchers import sampling
from autoquant.searchers.sampling import draw, new_candidates, repair
from autoquant.space import Choice, SearchSpace
from autoquant.testing.searchers import Switched, feasible

QUALITY = Objective("quality", "maximize")


@st.composite
def problems(draw: st.DrawFn) -> SearchProblem:
    """A few choices, each option with a price of its own, and one or two constraints."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    prices = [draw(st.lists(st.integers(-5, 9), min_size=size, max_size=size)) for size in sizes]
    space = SearchSpace([Choice(f"c{i}", tuple(range(size))) for i, size in enumerate(sizes)])
    limits = [f"cost {draw(st.sampled_from(['<=', '>=']))} {draw(st.integers(-10, 30))}" for _ in range(2)]

    def price(candidates: np.ndarray) -> dict[str, np.ndarray]:
        columns = [np.array(row, dtype=float)[candidates[:, i]] for i, row in enumerate(prices)]
        return {"cost": np.sum(columns, axis=0)}

    kept = tuple(Constraint.parse(text) for text in limits[: draw(st.integers(1, 2))])
    return SearchProblem(space, (QUALITY,), kept, PricedCosts(space, price))


@given(problems(), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_repair_gives_what_is_feasible_or_cannot_be_helped_by_one_change(given: SearchProblem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = given.space.sample(rng, 12)
    kept = before.copy()
    after = repair(given, before, rng)
    assert np.array_equal(before, kept), "its argument was changed"
    assert after.shape == before.shape
    good = given.feasible_costs(before)
    assert np.array_equal(after[good], before[good]), "a feasible candidate was changed"
    assert (after >= 0).all()
    assert (after < given.space.sizes).all()
    for row in after[~given.feasible_costs(after)]:
        near = sampling.single_changes(given, row)
        stuck = sampling.excess(given, row[None])[0]
        assert len(near) == 0 or (sampling.excess(given, near) >= stuck).all()


@given(problems(), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_a_small_space_is_sampled_to_its_last_feasible_candidate(given: SearchProblem, seed: int) -> None:
    rng, everything = np.random.default_rng(seed), feasible(given)
    if not everything:
        with pytest.raises(SearcherError, match="no candidate was found that holds all cost constraints"):
            draw(given, rng, set(), 3)
        return
    seen: set[tuple[int, ...]] = set()
    while found := draw(given, rng, seen, 7):
        assert len(found) <= 7
        assert not seen & set(found)
        seen.update(found)
    assert seen == everything


def test_without_price_or_constraint_everything_is_feasible() -> None:
    space = SearchSpace([Choice("a", (1, 2))])
    limits = (Constraint.parse("cost <= 0"),)
    for free in (
        SearchProblem(space, (QUALITY,), limits),
        SearchProblem(space, (QUALITY,), (), PricedCosts(space, lambda c: {"cost": c})),
    ):
        assert free.feasible_costs(np.array([[0], [1]])).all()


def test_new_candidates_are_canonical_once_each_and_unseen() -> None:
    given = SearchProblem(Switched(1), (QUALITY,))
    rows = np.array([[3, 0, 0], [2, 0, 0], [2, 0, 1], [2, 0, 1], [4, 1, 1]])
    found = new_candidates(given, rows, {(4, 1, 1)})
    assert found == [(0, 0, 0), (2, 0, 1)]
    assert all(type(index) is int for candidate in found for index in candidate)


def test_a_space_too_large_to_list_is_given_up_after_some_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "ENUMERABLE", 1)
    given = SearchProblem(SearchSpace([Choice("a", (1, 2)), Choice("b", (1, 2))]), (QUALITY,))
    everything = {(a, b) for a in range(2) for b in range(2)}
    assert draw(given, np.random.default_rng(0), everything, 1) == []
