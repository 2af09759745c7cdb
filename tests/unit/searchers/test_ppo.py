"""PPO: what it promises beyond the contract of searchers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

import autoquant as aq
from autoquant.interfaces import NoCosts, PricedCosts, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.searchers.ppo import PPOOptions, PPOSearch
from autoquant.space import Candidate, Choice, SearchSpace
from autoquant.testing.searchers import PROBLEMS, Log, Switched, measure

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
LOSS_AND_BYTES = (Objective("loss", "minimize"), Objective("bytes", "minimize"))


@pytest.fixture(scope="module")
def additive() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import ppo_additive

        yield ppo_additive
    sys.modules.pop("ppo_additive", None)


def price(candidates: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float64]]:
    """Bytes that are a sum over the layers, a peak that is none, and a speed that more bits lower."""
    sizes = np.arange(1, candidates.shape[1] + 1)
    bits = np.array([2.0, 4.0, 8.0])[candidates]
    return {
        "bytes": (bits * sizes).sum(axis=1),
        "peak": (bits[:, 1:] + bits[:, :-1]).max(axis=1),
        "speed": 100.0 - bits.sum(axis=1),
    }


def loss_of(candidate: Candidate) -> float:
    weights = np.exp(np.sin(5.0 * np.arange(len(candidate))))
    return float((weights * 4.0 ** -np.array(candidate)).sum())


def run(searcher: PPOSearch, proposals: int, fail: Callable[[Candidate], bool] = lambda _: False) -> list[Candidate]:
    """Ask and tell one by one."""
    proposed: list[Candidate] = []
    while len(proposed) < proposals and (piece := searcher.ask(16)):
        for proposal in piece:
            costs = price(np.array([proposal.candidate]))
            metrics = {"loss": loss_of(proposal.candidate), **{name: float(cost[0]) for name, cost in costs.items()}}
            searcher.tell([(proposal, None if fail(proposal.candidate) else metrics)])
            proposed.append(proposal.candidate)
    return proposed


def task(*constraints: str, layers: int = 8, seed: int = 0, objectives: Any = LOSS_AND_BYTES) -> SearchProblem:
    space = SearchSpace(Choice(f"layer{i}", (2, 4, 8)) for i in range(layers))
    return SearchProblem(space, objectives, tuple(map(Constraint.parse, constraints)), PricedCosts(space, price), seed)


# What it finds


def reaches(additive: ModuleType, shape: str, seed: int) -> None:
    share = additive.Additive(additive.SHAPES[shape], seed).reached("ppo", seed, 2000)
    assert share >= 0.98, f"{100 * share:.2f} % of the exact hypervolume"


@pytest.mark.parametrize("shape", ["15 layers x 2, 4, 8", "8 layers x 2, 4, 8, 16"])
def test_it_traces_an_additive_front_within_2000_episodes(additive: ModuleType, shape: str) -> None:
    reaches(additive, shape, 0)


@pytest.mark.slow  # 25 searches of some seconds each
@pytest.mark.parametrize("seed", range(5))
def test_it_traces_every_additive_front_whatever_the_seed(additive: ModuleType, seed: int) -> None:
    for shape in additive.SHAPES:
        reaches(additive, shape, seed)


def test_the_exact_front_is_that_of_all_candidates(additive: ModuleType) -> None:
    small = additive.Additive(additive.Shape(6, (2, 4, 8)), 3)
    everything = small.values(np.array(list(product(range(3), repeat=6))))
    front = everything[aq.non_dominated(everything)]
    assert np.allclose(front[front[:, 0].argsort()], small.front())


@pytest.mark.parametrize(("lambdas", "best"), [((0.0,), 2), ((1e6,), 0)])
def test_a_lambda_that_is_fixed_teaches_the_highest_or_the_lowest_precision(
    lambdas: tuple[float, ...], best: int
) -> None:
    searcher = PPOSearch(task(), options=PPOOptions(lambdas=lambdas))
    run(searcher, 400)
    returns = [value for _, value in searcher.curves["mean return"]]
    assert np.mean(returns[:3]) < -0.25
    assert np.mean(returns[-3:]) > -0.05
    assert np.mean(searcher._play().candidates == best) > 0.9


def test_one_policy_follows_lambda() -> None:
    """With a small lambda it chooses many bits, with a large one few."""
    searcher = PPOSearch(task(), options=PPOOptions(entropy=0.001))
    run(searcher, 500)
    played = searcher._play()
    order = np.argsort(played.weights[:, 1])
    bits = played.candidates[order].sum(axis=1)
    assert bits[:4].mean() > bits[-4:].mean() + 6


def test_without_prices_and_order_it_learns_too() -> None:
    space = SearchSpace(Choice(f"edge{i}", ("a", "b", "c", "d"), ordered=False) for i in range(8))
    searcher = PPOSearch(SearchProblem(space, (Objective("score", "maximize"),)))
    wanted = np.array([3, 1, 0, 2, 2, 1, 3, 0])
    scores = []
    while len(scores) < 500:
        for proposal in searcher.ask(16):
            scores.append(float((np.array(proposal.candidate) == wanted).sum()))
            searcher.tell([(proposal, {"score": scores[-1]})])
    assert max(scores) == 8
    assert np.mean(searcher._play().candidates == wanted) > 0.9


def test_a_price_without_metrics_is_as_none() -> None:
    """What a search has whose objectives are all measured."""
    space = SearchSpace(Choice(f"layer{i}", (2, 4, 8)) for i in range(4))
    found = [
        Log(PPOSearch(SearchProblem(space, (Objective("accuracy", "maximize"),), (), costs)), 0).run(60).proposals
        for costs in (NoCosts(), PricedCosts(space, lambda candidates: {}))
    ]
    assert len(found[0]) == 60
    assert len(found[1]) == 60


# Constraints


@pytest.mark.parametrize(
    "constraints",
    [
        ("bytes <= 120",),
        ("bytes <= 84",),
        ("bytes <= 72",),
        ("peak <= 8",),
        ("speed >= 70", "bytes <= 130"),
        ("peak <= 10", "bytes <= 110", "speed >= 64"),
    ],
)
def test_no_episode_breaks_a_constraint_on_a_cost(constraints: tuple[str, ...]) -> None:
    given = task(*constraints)
    searcher = PPOSearch(given)
    run(searcher, 60)
    for _ in range(3):
        if not searcher.exhausted:
            assert given.feasible_costs(searcher._play().candidates).all()


def test_where_a_single_candidate_fits_it_is_the_only_proposal() -> None:
    def odd(candidates: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float64]]:
        return {"cost": np.where((candidates == [2, 1, 2, 1]).all(axis=1), 0.0, 9.0)}

    space = SearchSpace(Choice(f"layer{i}", (2, 4, 8)) for i in range(4))
    bound = Constraint.parse("cost <= 1")
    searcher = PPOSearch(SearchProblem(space, LOSS_AND_BYTES[:1], (bound,), PricedCosts(space, odd)))
    assert [proposal.candidate for proposal in searcher.ask(9)] == [(2, 1, 2, 1)]


def test_it_learns_to_hold_a_constraint_on_what_is_measured() -> None:
    given = task("loss <= 2")
    searcher = PPOSearch(given)
    run(searcher, 300)

    def holds(candidates: npt.NDArray[Any]) -> float:
        return float(np.mean([loss_of(tuple(map(int, row))) <= 2 for row in candidates]))

    assert holds(given.space.sample(np.random.default_rng(0), 1000)) < 0.2
    assert holds(searcher._play().candidates) > 0.7


# Memory


@pytest.mark.parametrize("name", ["two objectives", "no order", "many layers"])
def test_the_sizes_of_the_asks_make_no_difference(name: str) -> None:
    def proposals(pieces: tuple[int, ...]) -> list[Candidate]:
        searcher = PPOSearch(PROBLEMS[name](1))
        found: list[Candidate] = []
        for _ in range(3):
            batch = [proposal for count in pieces for proposal in searcher.ask(count)]
            searcher.tell([(proposal, measure(proposal.candidate)) for proposal in batch])
            found += [proposal.candidate for proposal in batch]
        return found

    assert proposals((16,)) == proposals((1, 5, 2, 8)) == proposals((1,) * 16)


def test_an_update_waits_for_all_its_results() -> None:
    searcher = PPOSearch(task())
    run(searcher, 3)
    assert not searcher.curves, "the first candidates are no episodes"
    batch = searcher.ask(99)
    assert 1 < len(batch) <= 16
    for proposal in batch[:-1]:
        searcher.tell([(proposal, None)])
        assert searcher.ask(1) == []
        assert not searcher.curves
    searcher.tell([(batch[-1], None)])
    assert {len(curve) for curve in searcher.curves.values()} == {1}
    assert searcher.ask(1)


def test_known_candidates_count_as_episodes_and_are_not_proposed_again() -> None:
    """The space has 27 candidates, and far more episodes are played."""
    searcher = PPOSearch(task(layers=3))
    proposed = run(searcher, 99)
    assert sorted(proposed) == sorted(product(range(3), repeat=3))
    assert searcher.exhausted
    assert searcher.played > 6 * 27
    assert 16 * len(searcher.curves["entropy"]) > 2 * 27


def test_equivalent_candidates_are_one() -> None:
    searcher = PPOSearch(SearchProblem(Switched(1), (Objective("accuracy", "maximize"),)))
    proposals = Log(searcher, 0).run(99).proposals
    assert len(proposals) == 5 * 3 + 3, "switched off, the five bit-widths are one"


def test_it_avoids_what_fails() -> None:
    """Whatever has few bits in the first layer fails."""
    searcher = PPOSearch(task(), options=PPOOptions(lambda_range=(0.5, 2.0)))
    run(searcher, 300, fail=lambda candidate: candidate[0] == 0)
    assert np.mean(searcher._play().candidates[:, 0] == 0) < 0.1


def test_a_search_whose_every_trial_fails_goes_on() -> None:
    searcher = PPOSearch(task())
    assert len(run(searcher, 100, fail=lambda _: True)) >= 100
    assert np.isfinite([value for curve in searcher.curves.values() for _, value in curve]).all()


# Parts


def test_rewards_sum_to_the_return_and_advantages_are_those_of_the_paper() -> None:
    searcher = PPOSearch(task(), options=PPOOptions(gae=0.7))
    run(searcher, 40)
    played = searcher._play()
    for candidate in played.candidates:
        plain = tuple(map(int, candidate))
        searcher._environment.add(plain, {"loss": loss_of(plain), "bytes": 0.0})
    rewards = searcher._rewards(played)
    objectives, _ = searcher._environment.scaled(played.candidates)
    assert np.allclose(rewards.sum(axis=1), -(played.weights * objectives).sum(axis=1))
    values = np.concatenate([played.values, np.zeros((16, 1))], axis=1)
    errors = rewards + values[:, 1:] - values[:, :-1]
    steps = np.arange(8)
    discounts = np.where(steps >= steps[:, None], 0.7 ** np.maximum(steps - steps[:, None], 0), 0.0)
    assert np.allclose(searcher._advantages(rewards, played.values), errors @ discounts.T)


def test_trade_offs_cover_the_range_of_lambda_and_both_its_ends() -> None:
    objectives = (*LOSS_AND_BYTES, Objective("speed", "maximize"))
    searcher = PPOSearch(task(objectives=objectives), options=PPOOptions(lambda_range=(0.1, 10.0)))
    weights = searcher._draw_weights()
    assert np.allclose(weights.sum(axis=1), 1)
    for column in (1, 2):
        lambdas = np.sort(weights[:, column] / weights[:, 0])
        assert lambdas[[0, -1]] == pytest.approx([0.1, 10.0])
        assert np.diff(np.log10(lambdas)).max() < 2 / 16 * 2.01


def test_lambdas_belong_to_all_objectives_but_the_first_measured_one() -> None:
    objectives = (LOSS_AND_BYTES[1], LOSS_AND_BYTES[0], Objective("speed", "maximize"))
    searcher = PPOSearch(task(objectives=objectives), options=PPOOptions(lambdas=(3.0, 1.0)))
    assert searcher._draw_weights()[0] == pytest.approx([0.6, 0.2, 0.2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"episodes": 1}, "searcher.episodes: must be 2 or more"),
        ({"clip": 0}, "searcher.clip: must be more than 0"),
        ({"gae": 1.5}, "searcher.gae: must be 1 or less"),
        ({"lambdas": [-1.0]}, "searcher.lambdas[0]: must be 0 or more"),
        ({"lambdas": [float("inf")]}, "searcher.lambdas[0]: must be 1000000000 or less"),
        ({"lambdas": [float("nan")]}, "searcher.lambdas[0]: must be"),
        ({"lambdas": [1.0, 2.0]}, "searcher.lambdas: 2 given; there must be 1, one for each of ['size_bytes']"),
        ({"lambda_range": [0, 1]}, "searcher.lambda_range[0]: must be more than 0"),
        ({"lambda_range": [2, 1]}, "searcher.lambda_range: [2.0, 1.0] is upside down; give the least lambda first"),
        ({"hiden": 3}, "searcher.hiden: there is no such field; did you mean 'hidden'?"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(aq.SpecError) as caught:
        aq.make_searcher("ppo", SearchSpace([Choice("a", (1, 2))]), ["loss", "size_bytes"], **options)
    assert message in str(caught.value)


def test_torch_is_left_as_it_is() -> None:
    before, threads, kind = torch.random.get_rng_state(), torch.get_num_threads(), torch.get_default_dtype()
    run(PPOSearch(task()), 40)
    assert torch.equal(before, torch.random.get_rng_state())
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (threads, kind)


def test_there_may_be_more_minibatches_than_steps() -> None:
    searcher = PPOSearch(task(layers=3), options=PPOOptions(episodes=2, minibatches=50, clip_values=True))
    assert len(run(searcher, 20)) >= 20
