"""Masks of options."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.interfaces import PricedCosts, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.searchers.action_mask import ActionMask
from autoquant.searchers.ppo_environment import PPOEnvironment
from autoquant.space import Choice, SearchSpace

LOSS = (Objective("loss", "minimize"),)


def eight_layers() -> SearchProblem:
    """Layers of 1 to 8 kilobytes a bit."""
    space = SearchSpace(Choice(f"layer{i}", (2, 4, 8)) for i in range(8))

    def price(candidates: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float64]]:
        return {"bytes": np.array([2.0, 4.0, 8.0])[candidates] @ np.arange(1.0, 9.0)}

    return SearchProblem(space, LOSS, (Constraint.parse("bytes <= 90"),), PricedCosts(space, price))


def test_masks_allow_what_some_known_end_completes() -> None:
    given = eight_layers()
    mask = ActionMask(given, PPOEnvironment(given, np.random.default_rng(0)).marginals)
    cheapest = np.zeros((1, 8), dtype=np.int64)
    allowed, completions = mask.options(7, cheapest)  # the cheapest has 72, the last layer adds 16 or 48
    assert allowed.tolist() == [[True, True, False]]
    assert completions[0, 1].tolist() == [0, 0, 0, 0, 0, 0, 0, 1]
    allowed, completions = mask.options(1, np.array([[0, 0, 0, 0, 0, 0, 0, 1]]))
    assert allowed.tolist() == [[True, True, True]], "8 bits of the second layer fit with the cheapest end"
    assert given.feasible_costs(completions[0]).all()


def test_an_option_without_known_end_is_masked_and_that_of_the_completion_never() -> None:
    """The price lies: alone each option costs nothing, together only one candidate fits."""

    def odd(candidates: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float64]]:
        return {"cost": np.where((candidates == [2, 1, 2, 1]).all(axis=1), 0.0, 9.0)}

    space = SearchSpace(Choice(f"layer{i}", (2, 4, 8)) for i in range(4))
    given = SearchProblem(space, LOSS, (Constraint.parse("cost <= 1"),), PricedCosts(space, odd))
    mask = ActionMask(given, PPOEnvironment(given, np.random.default_rng(0)).marginals)
    known = np.array([[2, 1, 2, 1]])
    for step in range(4):
        allowed, completions = mask.options(step, known)
        assert np.flatnonzero(allowed[0]).tolist() == [known[0, step]]
        assert completions[0, known[0, step]].tolist() == [2, 1, 2, 1]
