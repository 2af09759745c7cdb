"""The tasks of front_quality.py: two objectives each, an error that must be measured and a cost that is known.

Networks are rounded to nearest, not fitted: what is judged is the search, on tables that stay comparable.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from autoquant_cost_models.weight_bytes import WeightBytes

from autoquant import Choice, SearchSpace, make_space
from autoquant.interfaces import EvaluationRequest
from autoquant.objective import Objective
from autoquant.pareto import hypervolume
from autoquant.planning.pricing import CostMetric, Pricer
from autoquant.settings import data_folder
from autoquant.space import Candidate

FloatArray = npt.NDArray[np.float64]
Cost = Callable[[npt.NDArray[Any]], FloatArray]
Measure = Callable[[Sequence[Candidate]], FloatArray]

BITS = (2, 4, 8)
EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass
class Task:
    """``cost``: candidates (n, choices) -> (n,); ``error``: candidates -> (n,). Both are minimised.

    ``best`` and ``worst`` are (error, cost) at 0 and 1 of the scale; the hypervolume is measured from (1, 1).
    ``front`` holds the true front, (points, 2) unscaled, where it is known.
    """

    name: str
    space: SearchSpace
    cost: Cost
    error: Measure
    best: tuple[float, float]
    worst: tuple[float, float]
    front: FloatArray | None = None

    objectives = (Objective("error", "minimize"), Objective("cost", "minimize"))

    def price(self, candidates: npt.NDArray[Any]) -> dict[str, FloatArray]:
        """As a searcher is given it."""
        return {"cost": self.cost(np.asarray(candidates))}

    def points(self, candidates: Sequence[Candidate]) -> FloatArray:
        """Error and cost of candidates, (n, 2), unscaled."""
        return np.stack([self.error(candidates), self.cost(np.array(candidates))], axis=1)

    def hypervolume(self, points: FloatArray) -> float:
        """Of unscaled points, (n, 2)."""
        best, worst = np.array(self.best), np.array(self.worst)
        return hypervolume((points - best) / (worst - best), np.ones(2))


def tabled(name: str, space: SearchSpace, candidates: npt.NDArray[Any], error: FloatArray, cost: FloatArray) -> Task:
    """A task whose every candidate is known; scaled by the best and worst of the table."""
    strides = np.array([int(np.prod(space.sizes[i + 1 :])) for i in range(len(space.sizes))])
    row = np.full(space.size, -1)
    row[candidates @ strides] = np.arange(len(candidates))

    def look_up(values: FloatArray, wanted: npt.ArrayLike) -> FloatArray:
        return values[row[np.asarray(wanted) @ strides]]

    points = np.stack([error, cost], axis=1)
    best, worst = points.min(axis=0), points.max(axis=0)
    return Task(name, space, partial(look_up, cost), partial(look_up, error), tuple(best), tuple(worst), front=points)


def nasbench201() -> list[Task]:
    """Cells of NAS-Bench-201: error on CIFAR-10 against the latency that was measured on each of nine devices."""
    with np.load(data_folder() / "nas" / "nasbench201.npz", allow_pickle=True) as file:
        operations, error = file["operations"].astype(np.int64), 1 - file["accuracy"][:, 0].astype(np.float64) / 100
        latency, devices = file["latency_ms"].astype(np.float64), [str(name) for name in file["latency_devices"]]
        names = tuple(str(name) for name in file["operation_names"])
    space = SearchSpace([Choice(f"edge{i}", names, ordered=False) for i in range(6)])
    return [
        tabled(f"nasbench201 {device}", space, operations, error, latency[:, i]) for i, device in enumerate(devices)
    ]


def keyword_spotting_weights(folder: Path) -> Task:
    """DS-CNN, weights of each layer; all 59,049 networks are in the table of exhaustive_keyword_spotting.py."""
    import exhaustive_keyword_spotting as exhaustive

    split, quantized = exhaustive.network()
    right = exhaustive.table(folder / "dscnn.npz")
    space = make_space("bit_widths", quantized.profile, weights=list(BITS))
    pricer = Pricer([CostMetric("cost", "weight_bytes", "weight_bytes", WeightBytes())], quantized.profile, space)
    candidates = np.array(list(itertools.product(range(len(BITS)), repeat=len(space.choices))))
    return tabled("dscnn weights", space, candidates, 1 - right / len(split), pricer(candidates)["cost"])


def measured(name: str, example: str, folder: Path, data_options: dict[str, int]) -> Task:
    """Weights and activations of every layer of an example's network, measured; error against bit operations."""
    from autoquant_cost_models.bitops import BitOps
    from autoquant_workers.post_training import PostTraining

    sys.path.insert(0, str(EXAMPLES / example))
    sys.modules.pop("network", None)
    import network

    evaluator = PostTraining(network.trained(), network.data(**data_options), memo_mb=1024, rounding="nearest")
    sys.path.pop(0)
    space = make_space("bit_widths", evaluator.profile(), weights=list(BITS), activations=list(BITS))
    pricer = Pricer([CostMetric("cost", "bitops", "bitops", BitOps())], evaluator.profile(), space)
    path = folder / f"{name.replace(' ', '_')}.npz"
    known: dict[Candidate, float] = {}
    if path.exists():
        with np.load(path) as file:
            known.update(zip(map(tuple, file["candidates"].tolist()), file["error"].tolist(), strict=True))

    def error(candidates: Sequence[Candidate]) -> FloatArray:
        new = sorted({c for c in candidates if c not in known})
        for start in range(0, len(new), 200):
            piece = new[start : start + 200]
            prepared = [evaluator.prepare(space, EvaluationRequest(candidate)) for candidate in piece]
            for candidate, measurement in zip(piece, evaluator.score_many(prepared, "search"), strict=True):
                if isinstance(measurement, Exception):
                    raise measurement
                known[candidate] = 1 - measurement.metrics["accuracy"]
            print(f"{name}: {len(known)} networks measured", file=sys.stderr, flush=True)
            np.savez_compressed(path, candidates=np.array(list(known)), error=np.array(list(known.values())))
        return np.array([known[c] for c in candidates])

    low, high = pricer.bounds(0)["cost"]
    return Task(name, space, lambda rows: pricer(rows)["cost"], error, (0.0, low), (1.0, high))


def synthetic(layers: int = 50, seed: int = 0) -> Task:
    """Layers of 2, 4 or 8 bits whose degradation is a chain: each degrades alone, and more next to a coarse neighbour.

    The error saturates, so it is not additive either; but it grows with the sum along the chain, and sizes are whole
    numbers, so that dynamic programming over (size so far, option of the last layer) gives the exact front.
    """
    random = np.random.default_rng(seed)
    size = np.ceil(np.exp(random.normal(2.0, 1.0, layers))).astype(np.int64)
    alone = np.exp(random.normal(0.0, 1.2, layers))[:, None] * np.array([1.0, 0.12, 0.0])
    pair = np.abs(random.normal(0.0, 0.5, layers - 1))
    together = pair[:, None, None] * np.sqrt(alone[:-1, :, None] * alone[1:, None, :])
    bits = np.array(BITS)

    def saturated(degradation: FloatArray) -> FloatArray:
        return 0.9 * (1 - np.exp(-degradation / 20))

    def error(candidates: Sequence[Candidate]) -> FloatArray:
        rows = np.array(candidates)
        degradation = alone[np.arange(layers), rows].sum(axis=1)
        return saturated(degradation + together[np.arange(layers - 1), rows[:, :-1], rows[:, 1:]].sum(axis=1))

    def cost(rows: npt.NDArray[Any]) -> FloatArray:
        return (size * bits[rows]).sum(axis=1).astype(np.float64)

    most = int(size.sum()) * BITS[-1]
    least_degradation = np.full((most + 1, len(BITS)), np.inf)  # by size so far and option of the last layer
    for option in range(len(BITS)):
        least_degradation[size[0] * bits[option], option] = alone[0, option]
    for layer in range(1, layers):
        after = np.full_like(least_degradation, np.inf)
        for option in range(len(BITS)):
            step = int(size[layer] * bits[option])
            reached = (least_degradation + together[layer - 1, :, option]).min(axis=1) + alone[layer, option]
            after[step:, option] = reached[: most + 1 - step]
        least_degradation = after
    degradation = least_degradation.min(axis=1)
    sizes = np.flatnonzero(np.isfinite(degradation))
    front = np.stack([saturated(degradation[sizes]), sizes.astype(np.float64)], axis=1)
    space = SearchSpace([Choice(f"layer{i}", BITS) for i in range(layers)])
    (worst_error, best_error) = error([(0,) * layers, (2,) * layers])
    low, high = cost(np.array([(0,) * layers, (2,) * layers]))
    return Task("synthetic", space, cost, error, (best_error, low), (worst_error, high), front=front)
