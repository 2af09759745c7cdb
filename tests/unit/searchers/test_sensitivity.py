"""The sensitivity search: what it promises beyond the contract of searchers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from autoquant import plugins
from autoquant.errors import SpecError
from autoquant.interfaces import FloatArray, PricedCosts, Searcher, SearchProblem
from autoquant.objective import Bounds, Constraint, Objective
from autoquant.pareto import Normalization, ParetoFront, non_dominated
from autoquant.searchers.nsga3 import NSGA3Options, NSGA3Search
from autoquant.searchers.sensitivity import SensitivitySearch, coarse_to_fine
from autoquant.searchers.single_changes import SingleChanges
from autoquant.space import Candidate, Choice, SearchSpace
from autoquant.testing.searchers import PROBLEMS, Log, Switched, measure, problem
from autoquant.trial import Proposal

LAYERS = 50
DEGRADATION = np.random.default_rng(7).lognormal(0, 1.5, size=LAYERS)
WEIGHTS = np.random.default_rng(8).lognormal(5, 1.5, size=LAYERS)
BITS = np.array([2, 4, 8])
OBJECTIVE_PAIR = (Objective("loss", "minimize"), Objective("bytes", "minimize"))


def layer_bytes(candidates: np.ndarray) -> dict[str, FloatArray]:
    return {"bytes": BITS[candidates] @ WEIGHTS}


def measured(candidate: Candidate) -> dict[str, float]:
    """A loss that is a sum over layers, and the bytes."""
    row = np.array(candidate)
    return {"loss": float(DEGRADATION @ 4.0 ** (2 - BITS[row])), "bytes": float(layer_bytes(row[None])["bytes"][0])}


def layered(constraints: tuple[str, ...] = (), seed: int = 0) -> SearchProblem:
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    kept = tuple(Constraint.parse(text) for text in constraints)
    return SearchProblem(space, OBJECTIVE_PAIR, kept, PricedCosts(space, layer_bytes), seed)


def hypervolumes(make: Callable[[SearchProblem], Searcher], total: int, pending: int = 16) -> list[float]:
    """Of the front after each trial, with so many proposals waiting."""
    searcher = make(layered())
    worst, best = measured((0,) * LAYERS), measured((2,) * LAYERS)
    bounds = (Bounds(best["loss"], worst["loss"]), Bounds(worst["bytes"], best["bytes"]))
    front = ParetoFront(Normalization(OBJECTIVE_PAIR, bounds))
    waiting: list[Proposal] = []
    reached: list[float] = []
    while len(reached) < total:
        if len(waiting) < pending:
            waiting += searcher.ask(pending - len(waiting))
        proposal = waiting.pop(0)
        metrics = measured(proposal.candidate)
        front.add(proposal.number, metrics)
        reached.append(front.hypervolume)
        searcher.tell([(proposal, metrics)])
    return reached


def test_the_base_and_every_other_option_alone_come_first() -> None:
    searcher = SensitivitySearch(layered())
    first = [proposal.candidate for proposal in searcher.ask(500)]
    assert first[0] == (2,) * LAYERS
    assert sorted(first[1:]) == sorted(
        tuple(option if i == j else 2 for i in range(LAYERS)) for j in range(LAYERS) for option in (0, 1)
    )
    assert tuple(first) == searcher.probes
    assert {min(candidate) for candidate in first[1:51]} == {1}, "mild changes come before wild ones"


def test_nothing_follows_before_every_single_change_is_told() -> None:
    searcher = SensitivitySearch(layered())
    first = searcher.ask(500)
    for proposal in reversed(first[1:]):  # in any order
        searcher.tell([(proposal, measured(proposal.candidate))])
        assert searcher.ask(1) == []
        assert searcher.probing
        assert searcher.front_left == 0
    searcher.tell([(first[0], measured(first[0].candidate))])
    assert not searcher.probing
    left = searcher.front_left
    assert left > 400
    assert len(searcher.ask(3)) == 3
    assert searcher.front_left == left - 3


def test_with_a_loss_that_adds_up_it_measures_the_true_front() -> None:
    reached = hypervolumes(SensitivitySearch, 300)
    assert reached[160] > 0.99 * reached[-1]
    plain = partial(NSGA3Search, options=NSGA3Options(model="none", start="uniform"))
    assert reached[160] > max(hypervolumes(plain, 300)) + 0.05


def test_the_front_begins_with_its_ends_and_then_fills_the_widest_gaps() -> None:
    values = np.array([[0.0, 10.0], [1.0, 9.0], [2.0, 8.0], [5.0, 5.0], [10.0, 0.0]])
    assert coarse_to_fine(values)[:3] == [0, 4, 3]
    assert sorted(coarse_to_fine(values)) == list(range(5))
    assert coarse_to_fine(np.array([[3.0, 1.0]])) == [0]
    assert coarse_to_fine(np.empty((0, 2))) == []


@pytest.mark.parametrize("task", ["two objectives", "no order", "small and switched", "hardly anything fits"])
def test_the_sizes_of_the_asks_make_no_difference(task: str) -> None:
    def proposals(pieces: tuple[int, ...]) -> list[object]:
        searcher = SensitivitySearch(PROBLEMS[task](1))
        first = searcher.ask(len(searcher.probes))
        searcher.tell([(proposal, measure(proposal.candidate)) for proposal in first])
        return [proposal for count in pieces for proposal in searcher.ask(count)]

    assert proposals((40,)) == proposals((1, 5, 2, 30, 2)) == proposals((1,) * 40)


def test_after_the_front_come_neighbours_of_what_was_measured_best() -> None:
    given = PROBLEMS["two objectives"](0)
    searcher = SensitivitySearch(given)
    log = Log(searcher, 0)
    while searcher.probing or searcher.front_left:
        log.ask(1)
        log.tell(1)
    before = [proposal.candidate for proposal in log.proposals]
    values = np.array([[-m["accuracy"], m["bytes"]] for m in map(measure, before)])
    front = [before[i] for i in np.flatnonzero(non_dominated(values))]
    for proposal in searcher.ask(8):
        nearest = min(sum(a != b for a, b in zip(proposal.candidate, best, strict=True)) for best in front)
        assert nearest <= 1 or not proposal.candidate[-1]  # a part switched off takes the canonical form


def test_neighbours_of_a_single_best_candidate_come_by_what_they_cost() -> None:
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(8)])
    searcher = SensitivitySearch(SearchProblem(space, (Objective("loss", "minimize"),), ()))

    def loss(candidate: Candidate) -> float:
        return 1e6 * sum((8 - i) * abs(i % 3 - index) for i, index in enumerate(candidate))

    best = tuple(i % 3 for i in range(8))
    for count in (17, 1):
        told = [(proposal, {"loss": loss(proposal.candidate)}) for proposal in searcher.ask(count)]
        searcher.tell(told)
    assert told[0][0].candidate == best
    near = [proposal.candidate for proposal in searcher.ask(6)]
    assert [sum(a != b for a, b in zip(candidate, best, strict=True)) for candidate in near] == [1] * 6
    assert [loss(candidate) for candidate in near] == sorted(map(loss, near))


def test_an_option_that_failed_is_on_no_front_and_comes_last() -> None:
    searcher = SensitivitySearch(layered())
    bad = next(c for c in searcher.probes[1:] if c[3] == 0)
    for proposal in searcher.ask(500):
        searcher.tell([(proposal, None if proposal.candidate == bad else measured(proposal.candidate))])
    proposed = [proposal.candidate for proposal in searcher.ask(200)]
    assert all(candidate[3] != 0 for candidate in proposed)
    assert any(candidate[4] == 0 for candidate in proposed)


def test_a_base_that_failed_is_replaced_by_the_median() -> None:
    searcher = SensitivitySearch(layered())
    for proposal in searcher.ask(500):
        searcher.tell([(proposal, None if proposal.number == 0 else measured(proposal.candidate))])
    assert searcher.front_left > 100


def test_where_everything_fails_it_goes_on_at_random() -> None:
    log = Log(SensitivitySearch(layered()), 0, fail=1.0).run(150)
    assert len({proposal.candidate for proposal in log.proposals}) == 150


def test_a_base_that_costs_too_much_is_lowered_evenly() -> None:
    most = measured((2,) * LAYERS)["bytes"]
    given = layered((f"bytes <= {0.6 * most}",))
    changes = SingleChanges(given, np.random.default_rng(0))
    assert set(changes.base) == {1, 2}
    assert 0.5 * most < measured(changes.base)["bytes"] <= 0.6 * most
    assert given.feasible_costs(np.array(changes.probes)).all()
    alone = [probe for probe in changes.probes if sum(a != b for a, b in zip(probe, changes.base, strict=True)) == 1]
    assert 100 - len(alone) < 50, "an option that fits alone is measured alone"


def test_options_that_fit_with_others_lowered_only_are_still_distinguished() -> None:
    most = measured((2,) * LAYERS)["bytes"]
    given = layered((f"bytes <= {0.6 * most}",))
    changes = SingleChanges(given, np.random.default_rng(0))
    model = changes.model({probe: measured(probe) for probe in changes.probes})
    assert model is not None
    tried = 0
    for i in range(LAYERS):
        for option in (0, 1, 2):
            expected = DEGRADATION[i] * (4.0 ** (2.0 - BITS[option]) - 4.0 ** (2.0 - BITS[changes.base[i]]))
            if (i, option) in changes._changes:
                tried += 1
                assert model.effects["loss"][i][option] == pytest.approx(expected, abs=1e-9)
    assert tried >= 98


def test_the_base_of_choices_without_order_costs_most() -> None:
    space = SearchSpace([Choice(f"edge{i}", ("none", "conv", "skip"), ordered=False) for i in range(3)])

    def latency(candidates: np.ndarray) -> dict[str, FloatArray]:
        return {"ms": np.array([0.0, 5.0, 1.0])[candidates].sum(axis=1) + (candidates == 1).all(axis=1)}

    ms = (Objective("loss", "minimize"), Objective("ms", "minimize"))
    assert SensitivitySearch(SearchProblem(space, ms, (), PricedCosts(space, latency))).probes[0] == (1, 1, 1)
    assert SensitivitySearch(SearchProblem(space, ms)).probes[0] == (2, 2, 2)
    no_costs = SearchProblem(space, ms, (), PricedCosts(space, lambda candidates: {}))
    assert SensitivitySearch(no_costs).probes[0] == (2, 2, 2)


def test_switched_off_options_are_measured_once() -> None:
    given = problem(space=Switched(2), bound=10_000)
    probes = SensitivitySearch(given).probes
    assert len(set(probes)) == len(probes)
    assert all(given.space.canonical(probe) == probe for probe in probes)


def test_what_others_told_is_not_proposed_again() -> None:
    plain, told = SensitivitySearch(layered()), SensitivitySearch(layered())
    base = plain.probes[0]
    told.learn([(Proposal(0, base), measured(base))])
    assert told.propose(500) == list(plain.probes[1:])
    told.learn([(Proposal(0, probe), measured(probe)) for probe in plain.probes])
    plain.learn([(Proposal(0, probe), measured(probe)) for probe in plain.propose(500)])
    first = plain.propose(2)
    told.learn([(Proposal(0, first[1]), measured(first[1]))])
    assert told.propose(2) == [first[0], *plain.propose(1)]


def test_of_one_objective_that_adds_up_the_best_is_found_at_once() -> None:
    space = SearchSpace([Choice(f"layer{i}", (2, 3, 4, 8)) for i in range(8)])
    given = SearchProblem(space, (Objective("energy", "minimize"),))
    searcher = SensitivitySearch(given)
    for proposal in searcher.ask(500):
        searcher.tell([(proposal, measure(proposal.candidate))])
    best = searcher.ask(1)[0].candidate
    assert measure(best)["energy"] == 8 * 0.25
    assert searcher.front_left == 0


@pytest.mark.parametrize("told", [0, 3, 101])
def test_looking_at_it_draws_no_random_numbers_and_sets_nothing(told: int) -> None:
    searcher = SensitivitySearch(layered())
    for proposal in searcher.ask(500)[:told]:
        searcher.tell([(proposal, measured(proposal.candidate))])
    before, model = searcher._rng.bit_generator.state, searcher.model
    assert len(searcher.front) >= searcher.front_left
    assert bool(searcher.front) == (model is not None) == (told == 101) == (not searcher.probing)
    assert not searcher.exhausted
    assert searcher._rng.bit_generator.state == before
    assert searcher.model is model


@pytest.mark.parametrize("options", [{"states": 3}, {"state": 100}])
def test_wrong_options_are_named(options: dict[str, object]) -> None:
    with pytest.raises(SpecError) as caught:
        plugins.check_options(SensitivitySearch, options, "searcher")
    assert caught.value.problems[0].startswith(f"searcher.{next(iter(options))}: ")
