"""What candidates are worth: exact gains of hypervolume, constraints first, costs as they are priced."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autoquant.interfaces import FloatArray, PricedCosts, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.pareto import hypervolume, non_dominated
from autoquant.searchers.surrogate import KNOWN, REFERENCE, Assistant, Coder, gains
from autoquant.searchers.transforms import NormalScores, Saturating
from autoquant.space import Candidate, Choice, SearchSpace
from autoquant.testing.searchers import OBJECTIVES, Switched, measure, price, problem


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_gains_are_differences_of_hypervolume(objectives: int) -> None:
    random = np.random.default_rng(objectives)
    for _ in range(20):
        front = random.random((12, objectives))
        front = front[non_dominated(front)]
        points = np.vstack([random.random((20, objectives)) * 1.1, front[:2]])
        corner = np.full(objectives, REFERENCE)
        before = hypervolume(front, corner)
        expected = [hypervolume(np.vstack([front, point]), corner) - before for point in points]
        found = gains(front, points)
        assert np.clip(found, 0, None) == pytest.approx(expected, abs=1e-12)


def test_where_nothing_is_gained_the_nearest_to_the_front_is_best() -> None:
    front = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    found = gains(front, np.array([[0.6, 0.6], [0.9, 0.9], [0.55, 0.7]]))
    assert (found < 0).all()
    assert found.argmax() == 2
    assert found.argmin() == 1


def test_codes_count_the_steps_between_options_with_an_order_and_name_those_without() -> None:
    space = SearchSpace([Choice("bits", (2, 4, 8)), Choice("kind", ("a", "b", "c"), ordered=False)])
    coder = Coder(SearchProblem(space, (Objective("loss", "minimize"),)))
    points = coder(np.array([[0, 0], [1, 1], [2, 2]]))
    assert coder.codes == 5
    assert points[:, :5].tolist() == [[0, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 1, 0, 0, 1]]
    assert points[:, 5].tolist() == [-1, 0, 1]


def test_prices_are_features_of_unit_size() -> None:
    given = problem()
    coder = Coder(given)
    points = coder(given.space.sample(np.random.default_rng(9), 2000))
    assert points.shape[1] == coder.codes + 2
    assert points[:, coder.codes].std() == pytest.approx(1, abs=0.15)


def told(given: SearchProblem, count: int) -> Assistant:
    assistant = Assistant(given)
    sample = given.space.sample(np.random.default_rng(1), count)
    candidates = [given.space.canonical(tuple(map(int, row))) for row in sample]
    assistant.learn([(candidate, measure(candidate)) for candidate in candidates])
    return assistant


def test_what_breaks_a_priced_constraint_comes_last() -> None:
    given = problem(bound=40)
    gain = told(given, 60).draw([], np.random.default_rng(0))
    candidates = given.space.sample(np.random.default_rng(2), 200)
    worth, fits = gain(candidates), price(candidates)["bytes"] <= 40
    assert 0 < fits.sum() < 200
    assert worth[fits].max() > worth[~fits].max()


def test_where_nothing_is_feasible_the_least_broken_is_best() -> None:
    space = Switched()
    constraint = Constraint.parse("energy <= -1")
    given = SearchProblem(space, (Objective("accuracy", "maximize"),), (constraint,))
    assistant = told(given, 80)
    candidates = space.sample(np.random.default_rng(3), 100)
    energies = np.array([measure(tuple(map(int, row)))["energy"] for row in candidates])
    best = assistant.draw([], np.random.default_rng(0))(candidates).argmax()
    assert energies[best] < np.quantile(energies, 0.2)
    assert len(assistant.front()) == 1


def test_what_is_pending_is_not_worth_proposing_again() -> None:
    given = problem(bound=1000)
    assistant = told(given, 60)
    candidates = given.space.sample(np.random.default_rng(4), 300)
    best = candidates[assistant.draw([], np.random.default_rng(0))(candidates).argmax()]
    after = assistant.draw([tuple(map(int, best))], np.random.default_rng(0))
    assert after(best[None])[0] < after(candidates).max()


def test_of_many_results_those_near_the_front_are_kept() -> None:
    given = problem(bound=1000)
    assistant = told(given, 3 * KNOWN)
    results = assistant._results()
    kept = assistant._kept(results, KNOWN)
    assert len(kept) == len(set(kept.tolist())) == KNOWN
    table: FloatArray = assistant._objectives(results)
    assert set(np.flatnonzero(non_dominated(table)).tolist()) <= set(kept.tolist())


LAYERS = 30


def saturating(candidates: np.ndarray) -> FloatArray:
    """Harm that adds up over the choices towards a worst value."""
    harm = (2.0 - candidates) @ np.random.default_rng(5).lognormal(0.0, 1.0, candidates.shape[1])
    return 0.9 * (1 - np.exp(-harm / 8))


def jagged(candidates: np.ndarray) -> FloatArray:
    """Hardly anything adds up."""
    return np.sin(7.0 * candidates @ np.arange(1, candidates.shape[1] + 1)) + 0.01 * candidates.sum(axis=1)


@pytest.mark.parametrize(("function", "scale"), [(saturating, Saturating), (jagged, NormalScores)])
def test_a_metric_is_modelled_on_the_scale_that_predicts_it_best(
    function: Callable[[np.ndarray], FloatArray], scale: type
) -> None:
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    assistant = Assistant(SearchProblem(space, OBJECTIVES[:2], (), PricedCosts(space, price), 0))
    rows = space.sample(np.random.default_rng(2), 80)
    assistant.learn(
        [(tuple(map(int, row)), {"accuracy": -float(y)}) for row, y in zip(rows, function(rows), strict=True)]
    )
    gain = assistant.draw([], np.random.default_rng(0))
    assert assistant._scales == {"accuracy": scale}
    assert np.isfinite(gain(rows)).all()


def test_the_scale_does_not_depend_on_what_was_asked_before() -> None:
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    rows = space.sample(np.random.default_rng(2), 70)
    told = [(tuple(map(int, row)), {"accuracy": -float(y)}) for row, y in zip(rows, saturating(rows), strict=True)]
    found = []
    for asks in (True, False):
        assistant = Assistant(SearchProblem(space, OBJECTIVES[:2], (), PricedCosts(space, price), 0))
        for one in told:
            assistant.learn([one])
            if asks:
                assistant.draw([], np.random.default_rng(0))
        found.append(assistant.draw([], np.random.default_rng(9))(rows))
    assert np.array_equal(*found)


@pytest.fixture
def thinned(monkeypatch: pytest.MonkeyPatch) -> tuple[SearchProblem, list[tuple[Candidate, dict[str, float]]]]:
    """Many results, of which an assistant keeps few; the feasible front is far behind what breaks the constraint."""
    monkeypatch.setattr("autoquant.searchers.surrogate.THINNED", 43)
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    rows = np.unique(space.sample(np.random.default_rng(0), 333), axis=0)
    values = np.random.default_rng(0).permutation(-saturating(rows))
    constraint = Constraint.parse(f"accuracy <= {float(np.quantile(values, 0.3))}")
    told = [(tuple(map(int, row)), {"accuracy": float(y)}) for row, y in zip(rows, values, strict=True)]
    return SearchProblem(space, OBJECTIVES[:2], (constraint,), PricedCosts(space, price), 0), told


def test_many_results_are_thinned_and_the_front_stays(
    thinned: tuple[SearchProblem, list[tuple[Candidate, dict[str, float]]]],
) -> None:
    given, told = thinned
    assistant = Assistant(given)
    assistant.learn(told)
    assert len(assistant._candidates) < len(told) // 2
    rows, accuracy = np.array([candidate for candidate, _ in told]), np.array([one["accuracy"] for _, one in told])
    feasible = accuracy <= given.constraints[0].bound
    objectives = np.column_stack([-accuracy, price(rows)["bytes"]])[feasible]
    expected = {tuple(map(int, row)) for row in rows[feasible][non_dominated(objectives)]}
    assert {tuple(map(int, row)) for row in assistant.front()} == expected


def test_what_is_thinned_does_not_depend_on_what_was_asked_before(
    thinned: tuple[SearchProblem, list[tuple[Candidate, dict[str, float]]]],
) -> None:
    given, told = thinned
    some = np.array([candidate for candidate, _ in told[:50]])
    asked = Assistant(given)
    for count, one in enumerate(told[:145], start=1):
        asked.learn([one])
        found = asked.draw([], np.random.default_rng(9))(some)
        if count > 80:
            fresh = Assistant(given)
            fresh.learn(told[:count])
            assert np.array_equal(fresh.draw([], np.random.default_rng(9))(some), found), count
