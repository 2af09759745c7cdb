"""The additive model and its front."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.interfaces import PricedCosts, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.pareto import non_dominated
from autoquant.searchers.additive import AdditiveModel, cell_numbers, interactions, merge, subsample
from autoquant.space import Choice, SearchSpace
from autoquant.testing.searchers import feasible

DEGRADATION = Objective("degradation", "minimize")
QUALITY = Objective("quality", "maximize")
COST = Objective("cost", "minimize")
WORK = Objective("work", "minimize")


def prices(sizes: list[int], seed: int) -> list[np.ndarray]:
    """Of each option of each choice, no two equal."""
    rng = np.random.default_rng([seed, 1])
    return [rng.permutation(20)[:size] for size in sizes]


def additive(
    sizes: list[int], objectives: tuple[Objective, ...], constraints: tuple[str, ...] = (), seed: int = 0
) -> AdditiveModel:
    """Whole-numbered effects; ``cost`` is a sum over choices, in ``work`` (0, 1), (2, 3) .. are multiplied."""
    rng = np.random.default_rng(seed)
    space = SearchSpace([Choice(f"c{i}", tuple(range(size))) for i, size in enumerate(sizes)])
    tables = prices(sizes, seed)

    def price(candidates: np.ndarray) -> dict[str, np.ndarray]:
        each = np.stack([table[candidates[:, i]] for i, table in enumerate(tables)], axis=1).astype(float)
        pairs = [each[:, i : i + 2].prod(axis=1) for i in range(0, len(sizes), 2)]
        return {"cost": each.sum(axis=1), "work": np.sum(pairs, axis=0), "most": each.max(axis=1)}

    base = tuple(size - 1 for size in sizes)
    effects = {}
    for name in ("degradation", "quality"):
        effects[name] = [rng.integers(-3, 30, size=size).astype(float) for size in sizes]
        for table in effects[name]:
            table[-1] = 0
    kept = tuple(Constraint.parse(text) for text in constraints)
    unusable = [np.zeros(size, dtype=bool) for size in sizes]
    return AdditiveModel(
        SearchProblem(space, objectives, kept, PricedCosts(space, price)),
        base,
        {"degradation": 5.0, "quality": 50.0},
        effects,
        unusable,
    )


def everything(model: AdditiveModel) -> np.ndarray:
    return np.array(list(product(*(range(int(size)) for size in model.problem.space.sizes))), dtype=np.int64)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=5),
    st.sampled_from(
        [
            (DEGRADATION,),
            (DEGRADATION, COST),
            (QUALITY, WORK),
            (DEGRADATION, QUALITY, COST),
            (QUALITY, COST, WORK),
            (COST, WORK),
        ]
    ),
    st.sets(st.sampled_from(["cost <= 35", "cost >= 20", "work <= 120", "work >= 40"])),
    st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_the_front_is_that_of_all_candidates(
    sizes: list[int], objectives: tuple[Objective, ...], constraints: set[str], seed: int
) -> None:
    model = additive(sizes, objectives, tuple(sorted(constraints)), seed)
    found = model.front(100_000, np.random.default_rng(0))
    rows = everything(model)
    rows = rows[model.problem.feasible_costs(rows)]
    values = model.predict(rows)
    wanted = {tuple(row) for row in values[non_dominated(values)].round(6)}
    assert {tuple(row) for row in model.predict(found).round(6)} == wanted
    assert {tuple(map(int, row)) for row in found} <= feasible(model.problem)


def test_fifty_layers_take_no_more_states_than_allowed_and_lose_little() -> None:
    model = additive([3] * 50, (DEGRADATION, COST))
    exact, rough = (model.predict(model.front(states, np.random.default_rng(0))) for states in (10_000, 40))
    assert 15 <= len(rough) <= 42 < len(exact)
    assert rough.min(axis=0).tolist() == exact.min(axis=0).tolist()
    span = np.ptp(exact, axis=0)
    behind = ((rough[:, None] - exact[None]) / span).max(axis=2).min(axis=1)
    assert behind.max() < 0.05


def test_a_measured_constraint_is_held_by_prediction_where_anything_can_hold_it() -> None:
    free = additive([3] * 4, (DEGRADATION, COST), seed=3)
    bound = float(np.median(free.predict(free.front(999, np.random.default_rng(0)))[:, 0]))
    held = additive([3] * 4, (DEGRADATION, COST), (f"degradation <= {bound}",), seed=3)
    found = held.predict(held.front(999, np.random.default_rng(0)))
    assert len(found)
    assert found[:, 0].max() <= bound
    hopeless = additive([3] * 4, (DEGRADATION, COST), ("degradation <= -1000",), seed=3)
    both = [model.front(999, np.random.default_rng(0)).tolist() for model in (free, hopeless)]
    assert both[0] == both[1]


def test_an_unusable_option_is_on_no_front() -> None:
    model = additive([3, 3, 3], (DEGRADATION, COST), seed=1)
    unusable = [np.array([True, False, False]), np.array([False, True, False]), np.zeros(3, dtype=bool)]
    limited = AdditiveModel(model.problem, model.base, model.values, model.effects, unusable)
    found = limited.front(999, np.random.default_rng(0))
    assert (found[:, 0] != 0).all()
    assert (found[:, 1] != 1).all()
    rows = everything(limited)
    assert np.isinf(limited.predict(rows)).all(axis=1).tolist() == [row[0] == 0 or row[1] == 1 for row in rows.tolist()]


def test_a_cost_that_joins_everything_is_approximated_then_computed_exactly() -> None:
    most = Objective("most", "minimize")
    model = additive([4] * 12, (DEGRADATION, most), ("most <= 17",), seed=2)
    found = model.front(500, np.random.default_rng(0))
    values = model.predict(found)
    assert model.problem.feasible_costs(found).all()
    assert non_dominated(values).all()
    # Below a largest price of t each choice takes, on its own, what degrades least of its options of price t or less.
    options = list(zip(model.effects["degradation"], prices([4] * 12, 2), strict=True))
    least = [5.0 + sum(effect[price <= bound].min() for effect, price in options) for bound in values[:, 1]]
    lost = values[:, 0] - np.array(least)
    assert lost.min() >= 0
    assert np.median(lost) <= 0.1 * np.ptp(values[:, 0])


def test_interactions_are_found_pair_by_pair() -> None:
    model = additive([3, 4, 1, 5, 3, 2], (DEGRADATION, COST), seed=5)
    found = interactions(model.problem, np.random.default_rng(0))
    assert found["cost"] == []
    assert found["work"] == [(0, 1), (4, 5)]
    assert interactions(SearchProblem(model.problem.space, (DEGRADATION,)), np.random.default_rng(0)) == {}


def test_groups_are_joined_over_chains() -> None:
    alone = [(i,) for i in range(6)]
    assert merge(alone, [(0, 1), (3, 4), (1, 4)]) == [(0, 1, 3, 4), (2,), (5,)]
    assert merge([(0, 2), (1,), (3,)], [(2, 3)]) == [(0, 2, 3), (1,)]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_subsampling_keeps_the_ends_and_the_number(columns: int) -> None:
    values = np.random.default_rng(0).random((3000, columns))
    kept = subsample(values, 100)
    assert 40 <= len(kept) <= 100 + columns
    assert values[kept].min(axis=0).tolist() == values.min(axis=0).tolist()
    assert subsample(values, 3000).tolist() == list(range(3000))


@pytest.mark.parametrize(("columns", "cells"), [(1, 7), (2, 1 << 20), (3, 1 << 20), (5, 1 << 20), (6, 3)])
def test_numbers_are_equal_in_the_same_cell_and_nowhere_else(columns: int, cells: int) -> None:
    rows = np.random.default_rng(columns).integers(0, 3, (200, columns)) / 2
    numbers = cell_numbers(rows, cells)
    _, by_row = np.unique(np.floor(rows * cells), axis=0, return_inverse=True)
    assert np.array_equal(numbers[:, None] == numbers, by_row[:, None] == by_row)
