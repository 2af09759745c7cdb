"""The surrogate: constraints first, costs as they are estimated, and nothing depends on what was asked before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autoquant.interfaces import FloatArray, PricedCosts, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.pareto import non_dominated
from autoquant.searchers.surrogate import KNOWN, Surrogate
from autoquant.searchers.transforms import NormalScores, Saturating
from autoquant.space import Candidate, Choice, SearchSpace
from autoquant.testing.searchers import OBJECTIVES, Switched, measure, price, problem


def surrogate_of(given: SearchProblem, count: int) -> Surrogate:
    surrogate = Surrogate(given)
    sample = given.space.sample(np.random.default_rng(1), count)
    candidates = [given.space.canonical(tuple(map(int, row))) for row in sample]
    surrogate.learn([(candidate, measure(candidate)) for candidate in candidates])
    return surrogate


def test_where_nothing_is_feasible_the_least_broken_is_best() -> None:
    space = Switched()
    constraint = Constraint.parse("energy <= -1")
    given = SearchProblem(space, (Objective("accuracy", "maximize"),), (constraint,))
    surrogate = surrogate_of(given, 80)
    candidates = space.sample(np.random.default_rng(3), 100)
    energies = np.array([measure(tuple(map(int, row)))["energy"] for row in candidates])
    best = surrogate.draw([], np.random.default_rng(0))(candidates).argmax()
    assert energies[best] < np.quantile(energies, 0.2)
    known = {tuple(row): measure(tuple(row))["energy"] for row in surrogate._rows().tolist()}
    assert min(known, key=lambda row: known[row]) in set(map(tuple, surrogate.front().tolist()))


def test_what_is_pending_improves_nothing_when_proposed_again() -> None:
    given = problem(bound=1000)
    surrogate = surrogate_of(given, 60)
    candidates = given.space.sample(np.random.default_rng(4), 300)
    best = candidates[surrogate.draw([], np.random.default_rng(0))(candidates).argmax()]
    after = surrogate.draw([tuple(map(int, best))], np.random.default_rng(0))
    assert after(best[None])[0] < after(candidates).max()


def test_of_many_results_those_near_the_front_are_kept() -> None:
    given = problem(bound=1000)
    surrogate = surrogate_of(given, 3 * KNOWN)
    results = surrogate._results()
    kept = surrogate._kept(results, KNOWN)
    assert len(kept) == len(set(kept.tolist())) == KNOWN
    table: FloatArray = surrogate._outcomes(results).objectives
    assert set(np.flatnonzero(non_dominated(table)).tolist()) <= set(kept.tolist())


LAYERS = 30


def saturating(candidates: np.ndarray) -> FloatArray:
    """Degradation that adds up over the choices towards a worst value."""
    degradation = (2.0 - candidates) @ np.random.default_rng(5).lognormal(0.0, 1.0, candidates.shape[1])
    return 0.9 * (1 - np.exp(-degradation / 8))


def jagged(candidates: np.ndarray) -> FloatArray:
    """Hardly anything adds up."""
    return np.sin(7.0 * candidates @ np.arange(1, candidates.shape[1] + 1)) + 0.01 * candidates.sum(axis=1)


@pytest.mark.parametrize(("function", "transform"), [(saturating, Saturating), (jagged, NormalScores)])
def test_a_metric_is_modelled_after_the_transform_that_predicts_it_best(
    function: Callable[[np.ndarray], FloatArray], transform: type
) -> None:
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    surrogate = Surrogate(SearchProblem(space, OBJECTIVES[:2], (), PricedCosts(space, price), 0))
    rows = space.sample(np.random.default_rng(2), 80)
    surrogate.learn(
        [(tuple(map(int, row)), {"accuracy": -float(y)}) for row, y in zip(rows, function(rows), strict=True)]
    )
    improvement = surrogate.draw([], np.random.default_rng(0))
    assert surrogate._transform_types == {"accuracy": transform}
    assert np.isfinite(improvement(rows)).all()


def test_the_transform_does_not_depend_on_what_was_asked_before() -> None:
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    rows = space.sample(np.random.default_rng(2), 70)
    results = [(tuple(map(int, row)), {"accuracy": -float(y)}) for row, y in zip(rows, saturating(rows), strict=True)]
    found = []
    for asks in (True, False):
        surrogate = Surrogate(SearchProblem(space, OBJECTIVES[:2], (), PricedCosts(space, price), 0))
        for result in results:
            surrogate.learn([result])
            if asks:
                surrogate.draw([], np.random.default_rng(0))
        found.append(surrogate.draw([], np.random.default_rng(9))(rows))
    assert np.array_equal(*found)


@pytest.fixture
def subsampled(monkeypatch: pytest.MonkeyPatch) -> tuple[SearchProblem, list[tuple[Candidate, dict[str, float]]]]:
    """Many results, of which a surrogate keeps few; the feasible front is far behind what breaks the constraint."""
    monkeypatch.setattr("autoquant.searchers.surrogate.SUBSAMPLED", 43)
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    rows = np.unique(space.sample(np.random.default_rng(0), 333), axis=0)
    values = np.random.default_rng(0).permutation(-saturating(rows))
    constraint = Constraint.parse(f"accuracy <= {float(np.quantile(values, 0.3))}")
    results = [(tuple(map(int, row)), {"accuracy": float(y)}) for row, y in zip(rows, values, strict=True)]
    return SearchProblem(space, OBJECTIVES[:2], (constraint,), PricedCosts(space, price), 0), results


def test_many_results_are_subsampled_and_the_front_stays(
    subsampled: tuple[SearchProblem, list[tuple[Candidate, dict[str, float]]]],
) -> None:
    given, results = subsampled
    surrogate = Surrogate(given)
    surrogate.learn(results)
    assert len(surrogate._candidates) < len(results) // 2
    rows, accuracy = (
        np.array([candidate for candidate, _ in results]),
        np.array([metrics["accuracy"] for _, metrics in results]),
    )
    feasible = accuracy <= given.constraints[0].bound
    objectives = np.column_stack([-accuracy, price(rows)["bytes"]])[feasible]
    expected = {tuple(map(int, row)) for row in rows[feasible][non_dominated(objectives)]}
    assert expected <= set(surrogate._candidates)
    assert expected <= {tuple(map(int, row)) for row in surrogate.front()}


def test_what_is_subsampled_does_not_depend_on_what_was_asked_before(
    subsampled: tuple[SearchProblem, list[tuple[Candidate, dict[str, float]]]],
) -> None:
    given, results = subsampled
    some = np.array([candidate for candidate, _ in results[:50]])
    asked = Surrogate(given)
    for count, result in enumerate(results[:145], start=1):
        asked.learn([result])
        found = asked.draw([], np.random.default_rng(9))(some)
        if count > 80 and count % 7 == 0:
            fresh = Surrogate(given)
            fresh.learn(results[:count])
            assert np.array_equal(fresh.draw([], np.random.default_rng(9))(some), found), count
