"""NSGA-III: what it promises beyond the contract of searchers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
import pytest

from autoquant import plugins
from autoquant.errors import SpecError
from autoquant.interfaces import PricedCosts, Searcher, SearchProblem
from autoquant.objective import Bounds, Constraint, Objective
from autoquant.pareto import Normalization, ParetoFront
from autoquant.searchers.nsga3 import NSGA3Options, NSGA3Search, blas
from autoquant.searchers.random import RandomSearch
from autoquant.searchers.sensitivity import SensitivitySearch
from autoquant.searchers.surrogate import Surrogate
from autoquant.space import Choice, SearchSpace
from autoquant.testing.searchers import (
    OBJECTIVES,
    PROBLEMS,
    Log,
    bit_widths,
    measure,
    price,
    problem,
    unordered,
)


@pytest.mark.parametrize("start", ["uniform", "sensitivity", "auto"])
def test_the_uniform_bit_widths_come_first(start: Literal["uniform", "sensitivity", "auto"]) -> None:
    given = problem(bound=1000)
    first = NSGA3Search(given, options=NSGA3Options(start=start)).ask(24)
    uniform = list(given.space.uniform().values())
    assert [proposal.candidate for proposal in first[: len(uniform)]] == uniform


def test_uniform_bit_widths_that_cost_too_much_are_excluded() -> None:
    given = problem(bound=40)
    first = NSGA3Search(given, options=NSGA3Options(start="uniform")).ask(24)
    kept = [c for c in given.space.uniform().values() if price(np.array([c]))["bytes"][0] <= 40]
    assert 0 < len(kept) < 5
    assert [proposal.candidate for proposal in first[: len(kept)]] == kept


def test_nothing_is_bred_before_the_first_population_is_told() -> None:
    searcher = NSGA3Search(problem(), options=NSGA3Options(population=10, start="uniform"))
    first = searcher.ask(99)
    assert len(first) == 10
    for proposal in first[:-1]:
        searcher.tell([(proposal, measure(proposal.candidate))])
        assert searcher.ask(1) == []
    searcher.tell([(first[-1], None)])
    assert len(searcher.ask(3)) == 3


@pytest.mark.parametrize("task", ["two objectives", "no order", "small and switched"])
def test_the_sizes_of_the_asks_make_no_difference(task: str) -> None:
    def proposals(pieces: tuple[int, ...]) -> list[object]:
        searcher = NSGA3Search(PROBLEMS[task](1), options=NSGA3Options(population=6))
        while first := searcher.ask(1 if len(searcher._survivors) else 6):
            searcher.tell([(proposal, measure(proposal.candidate)) for proposal in first])
            if searcher.asked > 16 and len(searcher._survivors):
                break
        return [proposal for count in pieces for proposal in searcher.ask(count)]

    assert proposals((12,)) == proposals((1, 5, 2, 4)) == proposals((1,) * 12)


def test_with_sensitivity_every_option_alone_comes_first_and_then_the_front_of_their_sum() -> None:
    given = unordered(0)
    searcher, sensitivity = NSGA3Search(given, options=NSGA3Options(start="sensitivity")), SensitivitySearch(given)
    probes = searcher.ask(99)
    assert [proposal.candidate for proposal in probes] == list(sensitivity.probes)
    assert len(probes) == 1 + 6 * 2
    assert searcher.ask(1) == []
    results = [(proposal, measure(proposal.candidate)) for proposal in probes]
    searcher.tell(results)
    sensitivity.ask(99)
    sensitivity.tell(results)
    front = min(16, sensitivity.front_left)
    assert searcher.ask(99) == sensitivity.ask(front)
    assert front > 3


def test_sensitivity_is_the_start_where_it_takes_no_more_than_two_populations() -> None:
    few, many = unordered(0), bit_widths(40, 10_000, 0)
    for population, sensitive in ((6, False), (7, True)):
        first = NSGA3Search(few, options=NSGA3Options(population=population)).ask(99)
        assert (first[0].candidate == SensitivitySearch(few).probes[0]) == sensitive
    first = NSGA3Search(many).ask(99)
    assert [proposal.candidate for proposal in first[:3]] == [(place,) * 40 for place in range(3)]
    assert len(first) == 16


def hypervolume(make: Callable[[SearchProblem], Searcher], seed: int) -> float:
    """Of the front after 200 trials, results told as they come."""
    space = SearchSpace([Choice(f"layer{i}", (2, 3, 4, 5, 6, 8)) for i in range(12)])
    objectives = (Objective("loss", "minimize"), Objective("bytes", "minimize"))
    searcher = make(SearchProblem(space, objectives, (), seed=seed))
    weights = np.random.default_rng(7).lognormal(0, 1.5, size=12)
    front = ParetoFront(Normalization(objectives, (Bounds(0.0, float(weights.sum())), Bounds(24.0, 96.0))))
    while searcher.asked < 200:
        for proposal in searcher.ask(4):
            bits = np.array(
                [space.choices[i].options[index] for i, index in enumerate(proposal.candidate)], dtype=float
            )
            metrics = {"loss": float((weights * 4.0 ** (2 - bits)).sum()), "bytes": float(bits.sum())}
            front.add(proposal.number, metrics)
            searcher.tell([(proposal, metrics)])
    return front.hypervolume


def test_it_beats_random_search_where_layers_differ_in_sensitivity_and_a_model_helps() -> None:
    plain = partial(NSGA3Search, options=NSGA3Options(model="none", start="uniform"))
    assisted = partial(NSGA3Search, options=NSGA3Options(start="uniform"))
    reached = [np.mean([hypervolume(make, seed) for seed in range(3)]) for make in (RandomSearch, plain, assisted)]
    assert reached[1] > reached[0] + 0.02
    assert reached[2] > reached[1] + 0.02


def test_it_goes_on_when_everything_fails_or_breaks_a_constraint() -> None:
    failing = Log(NSGA3Search(problem(), options=NSGA3Options(population=5)), 0, fail=1.0).run(60)
    assert len(failing.proposals) == 60
    given = problem()
    strict = SearchProblem(given.space, given.objectives, (Constraint.parse("accuracy >= 2"),))
    assert len(Log(NSGA3Search(strict, options=NSGA3Options(population=5)), 0).run(60).proposals) == 60


@pytest.mark.parametrize("model", ["none", "gaussian_process"])
def test_among_infeasible_survivors_it_goes_towards_the_constraint(model: Literal["none", "gaussian_process"]) -> None:
    space = SearchSpace([Choice(f"layer{i}", (2, 3, 4, 5, 6, 8)) for i in range(16)])
    given = SearchProblem(space, (Objective("bytes", "minimize"),), (Constraint.parse("accuracy >= 0.8"),))
    searcher = NSGA3Search(given, options=NSGA3Options(population=8, model=model))
    reached = []
    while searcher.asked < 250:
        for proposal in searcher.ask(4):
            low, high = sum(proposal.candidate[::2]), sum(proposal.candidate[1::2])
            accuracy = (40 + high - low) / 80
            reached.append(accuracy)
            searcher.tell([(proposal, {"bytes": float(low + high), "accuracy": accuracy})])
    assert max(reached[:8]) < 0.8 <= max(reached)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"population": 3}, "searcher.population"),
        ({"crossover": "two_point"}, "searcher.crossover"),
        ({"crossover_probability": 1.5}, "searcher.crossover_probability"),
        ({"mutation_sigma": 0}, "searcher.mutation_sigma"),
        ({"mutation_rate": -1}, "searcher.mutation_rate"),
        ({"start": "warm"}, "searcher.start"),
        ({"model": "forest"}, "searcher.model"),
        ({"popullation": 30}, "searcher.popullation"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], place: str) -> None:
    with pytest.raises(SpecError) as caught:
        plugins.check_options(NSGA3Search, options, "searcher")
    assert caught.value.problems[0].startswith(f"{place}: ")


def test_one_objective_is_enough() -> None:
    given = SearchProblem(problem().space, OBJECTIVES[:1])
    log = Log(NSGA3Search(given, options=NSGA3Options(population=6)), 0).run(120)
    scores = [measure(proposal.candidate)["accuracy"] for proposal in log.proposals]
    assert max(scores[60:]) > max(scores[:6])
    assert not math.isnan(max(scores))


BITS = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(8)])
WIDE = SearchSpace(
    [Choice("kernel", tuple(f"k{i}" for i in range(60)), ordered=False), Choice("width", tuple(range(40)))]
)


@pytest.mark.parametrize(
    ("space", "loss"),
    [
        (BITS, lambda c: 1.0),
        (BITS, lambda c: float(sum(c) % 2)),
        (BITS, lambda c: 1e-12 * sum(c)),
        (BITS, lambda c: -1e15 * sum(c)),
        (BITS, lambda c: math.exp(60 * c[0])),
        (WIDE, lambda c: float(c[0] * 37 % 61)),
    ],
    ids=["constant", "two values", "tiny", "huge", "an outlier", "hundreds of options"],
)
def test_the_model_bears_odd_scores_and_spaces(space: SearchSpace, loss: Callable[[tuple[int, ...]], float]) -> None:
    objectives = (Objective("loss", "minimize"), Objective("bytes", "minimize"))
    given = SearchProblem(space, objectives, (), PricedCosts(space, price), 0)
    searcher = NSGA3Search(given, options=NSGA3Options(start="uniform"))
    seen = set()
    while searcher.asked < 60:
        for proposal in searcher.ask(min(5, 60 - searcher.asked)):
            seen.add(proposal.candidate)
            metrics = {"loss": loss(proposal.candidate), "bytes": price(np.array([proposal.candidate]))["bytes"][0]}
            searcher.tell([(proposal, metrics)])
    assert len(seen) == 60


def test_constraints_that_only_have_a_price_need_not_be_told() -> None:
    given = SearchProblem(
        BITS, (Objective("loss", "minimize"),), (Constraint.parse("bytes <= 40"),), PricedCosts(BITS, price), 0
    )
    searcher = NSGA3Search(given)
    for _ in range(40):
        for proposal in searcher.ask(1):
            assert price(np.array([proposal.candidate]))["bytes"][0] <= 40
            searcher.tell([(proposal, {"loss": float(-sum(proposal.candidate))})])
    assert searcher.asked == 40


def test_a_proposal_takes_one_thread_of_linear_algebra_and_gives_the_others_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def threads() -> set[int]:
        return {library["num_threads"] for library in blas().info()}

    searcher = NSGA3Search(problem(), options=NSGA3Options(population=4, start="uniform"))
    searcher.tell([(proposal, measure(proposal.candidate)) for proposal in searcher.ask(4)])
    seen: list[set[int]] = []
    draw = Surrogate.draw
    monkeypatch.setattr(Surrogate, "draw", lambda *args: (seen.append(threads()), draw(*args))[1])
    with blas().limit(limits=2):
        assert searcher.ask(1)
        assert threads() == {2}
    assert seen == [{1}]
