"""What an agent sees of a search problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.interfaces import PricedCosts, SearchProblem
from autoquant.objective import Objective
from autoquant.searchers.ppo_environment import OptionEffects, PPOEnvironment
from autoquant.space import Choice, SearchSpace


def layers() -> SearchProblem:
    """Eight layers, their loss measured and their bytes estimated."""
    space = SearchSpace(Choice(f"layer{i}", (2, 4, 8)) for i in range(8))

    def price(candidates: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float64]]:
        return {"bytes": np.array([2.0, 4.0, 8.0])[candidates] @ np.arange(1.0, 9.0)}

    objectives = (Objective("loss", "minimize"), Objective("bytes", "minimize"))
    return SearchProblem(space, objectives, (), PricedCosts(space, price))


def test_failed_candidates_count_as_the_worst_measured_so_far() -> None:
    given = layers()
    environment = PPOEnvironment(given, np.random.default_rng(0))
    good, bad, failed = (2,) * 8, (0,) * 8, (0,) * 7 + (1,)
    for candidate, loss in ((good, 1.0), (bad, 5.0)):
        environment.add(candidate, {"loss": loss, "bytes": 0.0})
    environment.add(failed, None)
    objectives, _ = environment.scaled(np.array([good, bad, failed]))
    assert objectives[:, 0].tolist() == [0.0, 1.0, 1.0]
    assert objectives[:2, 1].tolist() == [1.0, 0.0]
    assert 0 < objectives[2, 1] < 0.1, "its cost is known"


def test_a_measured_objective_that_never_differs_teaches_nothing() -> None:
    """However large it is, what rounding leaves of it in the additive model is not taken for the effect of options."""
    environment = PPOEnvironment(layers(), np.random.default_rng(0))
    for candidate in np.random.default_rng(1).integers(0, 3, size=(40, 8)):
        environment.add(tuple(map(int, candidate)), {"loss": 1e20, "bytes": 0.0})
    assert not environment.tables()[0].any()
    assert not environment.scaled(np.array([list(candidate) for candidate in environment._results]))[0][:, 0].any()


def test_the_additive_model_finds_what_each_option_adds() -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([3, 2, 4])
    truth = rng.normal(size=(3, 4))
    model = OptionEffects(sizes, 1)
    for candidate in rng.integers(0, sizes, size=(2000, 3)):
        model.add(tuple(candidate), np.array([7.0 + truth[np.arange(3), candidate].sum()]))
    (table,) = model.tables()
    for choice, size in enumerate(sizes):
        difference = table[choice, :size] - truth[choice, :size]
        assert np.ptp(difference) < 0.01
        assert not table[choice, size:].any()
