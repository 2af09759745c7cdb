"""How NSGA-III selects: the directions along which survivors are spread, and the tournament that finds parents."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt
from pymoo.core.population import Population
from pymoo.util.ref_dirs import get_reference_directions


def reference_directions(objectives: int, population: int) -> npt.NDArray[np.float64]:
    """Das and Dennis' evenly spaced directions, the finest set of at most ``population``: (directions, objectives)."""
    if objectives == 1:
        return np.ones((1, 1))
    partitions = 1
    while comb(partitions + objectives, objectives - 1) <= population:
        partitions += 1
    directions: npt.NDArray[np.float64] = get_reference_directions("das-dennis", objectives, n_partitions=partitions)
    return directions


def feasible_then_rank(
    pop: Population, P: npt.NDArray[Any], *args: Any, random_state: np.random.Generator, **kwargs: Any
) -> npt.NDArray[np.int64]:
    """Winner of each tournament of two: less violation, then the better front, then by lot. (n, 2) -> (n, 1).

    pymoo's own NSGA-III draws among feasible parents by lot alone; measured on DS-CNN bit-widths and NAS-Bench-201,
    taking the better front first reached more hypervolume.
    """
    violation, rank = pop.get("CV")[:, 0], pop.get("rank")
    winners = []
    for a, b in P:
        better, worse = sorted((a, b), key=lambda i: (violation[i], rank[i] if rank[i] is not None else 0))
        tie = violation[better] == violation[worse] and rank[better] == rank[worse]
        winners.append(random_state.choice([a, b]) if tie else better)
    return np.array(winners, dtype=np.int64)[:, None]
