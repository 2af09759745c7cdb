"""How likely bounds on what is measured are to be kept."""

from __future__ import annotations

import numpy as np
import pytest

from autoquant.interfaces import FloatArray, PricedCosts, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.searchers.nsga3 import NSGA3Search
from autoquant.searchers.surrogate import Surrogate
from autoquant.space import Candidate, Choice, IntArray, SearchSpace

LAYERS, OPEN = 8, 16
SIZES = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 4.0, 6.0, 2.0])
SPACE = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
EVERYTHING = np.stack(np.meshgrid(*[np.arange(3)] * LAYERS, indexing="ij"), axis=-1).reshape(-1, LAYERS)


def price(rows: IntArray) -> dict[str, FloatArray]:
    return {"bytes": (SIZES * np.array([2, 4, 8])[rows]).sum(1)}


def measured(rows: IntArray) -> dict[str, FloatArray]:
    """Errors of coarse layers add up, more so beside a coarse neighbour, towards that of a guess; and a delay."""
    coarse = np.array([[1.0, 0.15, 0.0]]).repeat(LAYERS, 0)[np.arange(LAYERS), rows] * np.linspace(0.05, 1.2, LAYERS)
    together = 0.5 * np.sqrt(coarse[:, 1:] * coarse[:, :-1]).sum(1)
    return {"error": 0.9 * (1 - np.exp(-coarse.sum(1) - together)), "delay": 1.0 + 0.1 * rows.sum(1)}


def problem(*constraints: str, objectives: tuple[str, ...] = ("bytes",), seed: int = 0) -> SearchProblem:
    return SearchProblem(
        SPACE,
        tuple(Objective(name, "minimize") for name in objectives),
        tuple(map(Constraint.parse, constraints)),
        PricedCosts(SPACE, price),
        seed,
    )


def searched(given: SearchProblem, count: int) -> list[Candidate]:
    """The first proposals, of which 16 are always open."""
    search, waiting, done = NSGA3Search(given), [], []  # type: ignore[var-annotated]
    names = set(given.measured)
    while len(done) < count:
        waiting += search.ask(OPEN - len(waiting)) if len(waiting) < OPEN else []
        first = waiting.pop(0)
        done.append(first.candidate)
        row = np.array([first.candidate])
        found = {name: float(values[0]) for name, values in measured(row).items() if name in names}
        search.tell([(first, found | {"bytes": float(price(row)["bytes"][0])})])
    return done


def smallest(bound: float, delay: float = np.inf) -> float:
    """Bytes of the smallest network that keeps both."""
    found = measured(EVERYTHING)
    kept = (found["error"] <= bound) & (found["delay"] <= delay)
    return float(price(EVERYTHING[kept])["bytes"].min())


def best(candidates: list[Candidate], bound: float, delay: float = np.inf) -> float:
    rows = np.array(candidates)
    found = measured(rows)
    kept = (found["error"] <= bound) & (found["delay"] <= delay)
    return float(price(rows[kept])["bytes"].min(initial=np.inf))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bound", [0.1, 0.2, 0.3])
def test_the_smallest_network_within_a_bound_is_found_soon(bound: float, seed: int) -> None:
    found = searched(problem(f"error <= {bound}", seed=seed), 28)
    assert best(found, bound) == smallest(bound)


def test_with_two_objectives_and_with_several_bounds() -> None:
    both = searched(problem("error <= 0.2", objectives=("error", "bytes")), 80)
    assert best(both, 0.2) == smallest(0.2)
    several = searched(problem("error <= 0.4", "delay <= 2.1"), 80)
    assert best(several, 0.4, 2.1) == smallest(0.4, 2.1)


def test_a_bound_that_nothing_keeps_is_approached() -> None:
    found = searched(problem("error <= 0.05", "delay <= 1.5"), 60)
    excess = np.maximum(0, measured(EVERYTHING)["error"] / 0.05 - 1) + np.maximum(
        0, measured(EVERYTHING)["delay"] / 1.5 - 1
    )
    rows = measured(np.array(found[17:]))
    reached = np.maximum(0, rows["error"] / 0.05 - 1) + np.maximum(0, rows["delay"] / 1.5 - 1)
    assert excess.min() > 0
    assert reached.min() < np.quantile(excess, 0.02)


def test_a_probability_is_high_where_a_bound_was_kept_and_low_far_from_it() -> None:
    surrogate = Surrogate(problem("error <= 0.2"))
    rows = SPACE.sample(np.random.default_rng(0), 80)
    values, sizes = measured(rows)["error"], price(rows)["bytes"]
    surrogate.learn(
        [(tuple(row), {"error": e, "bytes": b}) for row, e, b in zip(rows.tolist(), values, sizes, strict=True)]
    )
    surrogate.draw([], np.random.default_rng(0))
    feasibility = surrogate._feasibility
    every = measured(EVERYTHING)["error"]
    chances = np.exp(feasibility.log_chance(EVERYTHING)[:, 0])
    assert chances[every <= 0.2].mean() > 10 * chances[every > 0.3].mean()
    assert chances[every >= 0.6].max() < 0.1
    pending = EVERYTHING[[np.abs(chances - 0.5).argmin(), 100]]
    imagined, models = feasibility.imagine(pending, np.random.default_rng(1))
    of_pending = feasibility.log_chance(pending, models)
    assert imagined["error"].shape == (2, of_pending.shape[1])
    kept = imagined["error"] <= 0.2
    assert kept.any()
    assert not kept.all()
    assert np.exp(of_pending)[kept].mean() > np.exp(of_pending)[~kept].mean()
