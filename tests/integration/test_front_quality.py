"""Searches on a real table whose true front is known: NAS-Bench-201, error against latency on an edge GPU."""

from __future__ import annotations

import numpy as np
import pytest

from autoquant import Choice, Objective, SearchSpace, make_searcher
from autoquant.pareto import hypervolume
from autoquant.settings import data_folder

TABLE = data_folder() / "nas" / "nasbench201.npz"
PENDING = 16

pytestmark = pytest.mark.skipif(not TABLE.exists(), reason=f"{TABLE} is missing; set AUTOQUANT_DATA")


def shares(searcher_name: str, seed: int) -> tuple[float, float]:
    """Of the exact hypervolume, after 100 and after 200 evaluations; results reported in order, 16 open."""
    with np.load(TABLE, allow_pickle=True) as file:
        operations, accuracy = file["operations"].astype(int), file["accuracy"][:, 0].astype(float)
        latency = file["latency_ms"][:, list(map(str, file["latency_devices"])).index("gold_6226")].astype(float)
    space = SearchSpace([Choice(f"edge{i}", tuple("abcde"), ordered=False) for i in range(6)])
    strides = 5 ** np.arange(5, -1, -1)
    row = np.empty(5**6, dtype=int)
    row[operations @ strides] = np.arange(5**6)
    points = np.stack([-accuracy, latency], axis=1)
    points = (points - points.min(axis=0)) / np.ptp(points, axis=0)

    objectives = [Objective("error", "minimize"), Objective("latency", "minimize")]
    searcher = make_searcher(
        searcher_name, space, objectives, price=lambda c: {"latency": points[row[c @ strides], 1]}, seed=seed
    )
    found: list[int] = []
    waiting = searcher.ask(PENDING)
    while len(found) < 200:
        proposal = waiting.pop(0)
        found.append(row[np.array(proposal.candidate) @ strides])
        error, cost = points[found[-1]]
        searcher.tell([(proposal, {"error": float(error), "latency": float(cost)})])
        waiting += searcher.ask(PENDING - len(waiting)) if len(waiting) < PENDING else []
    exact = hypervolume(points, np.ones(2))
    return hypervolume(points[found[:100]], np.ones(2)) / exact, hypervolume(points[found], np.ones(2)) / exact


def test_the_model_assisted_search_beats_thompson_samples_of_a_linear_model_and_the_sensitivity_baseline() -> None:
    found = np.median([shares("nsga3", seed) for seed in range(3)], axis=0)
    assert (found > (0.991, 0.996)).all(), "what batches of 20 Thompson samples of a Bayesian linear model reach"
    assert (found > shares("sensitivity", 0)).all()
