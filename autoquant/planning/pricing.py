"""Prices of candidates in every cost metric of a search, before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.errors import SpecError, UnsupportedError
from autoquant.interfaces import CostModel, FloatArray, gather_and_sum
from autoquant.job import CostTable
from autoquant.network import FLOAT, NetworkProfile
from autoquant.space import IntArray, SearchSpace

BLOCK = 4096
"""Candidates priced at a time: so many stay in the processor's cache, which makes a large population thrice as fast."""

SAMPLES = 4096
"""Candidates drawn to find the range of a cost that is no sum over layers."""


@dataclass(frozen=True, slots=True)
class CostMetric:
    """A metric of the search (``latency_ms@cortex-m7``) and the model that prices it."""

    key: str
    metric: str
    model_name: str
    model: CostModel


class Pricer:
    """Prices whole populations at once: candidates (n, choices) -> metric -> (n,).

    The tables of additive models are made once; a population then costs one gather and sum for each metric.
    """

    def __init__(self, metrics: Sequence[CostMetric], network: NetworkProfile | None, space: SearchSpace) -> None:
        self._metrics = tuple(metrics)
        self._space = space
        self._tables: dict[str, list[FloatArray]] = {}
        if not metrics:
            return
        if network is None:
            raise SpecError(f"objectives: {metrics[0].key!r} is a cost of a network, and the evaluator has no network")
        self._network = network
        for cost in self._metrics:
            if type(cost.model).estimate is not CostModel.estimate:
                continue
            tables = cost.model.tables(network, space.layer_options)
            if cost.metric not in tables:
                raise UnsupportedError(f"{cost.key}: {cost.model_name} gives only {sorted(tables)} here")
            self._tables[cost.key] = [np.asarray(table, dtype=np.float64) for table in tables[cost.metric]]
            for layer, table in zip(network, self._tables[cost.key], strict=True):
                if not np.isfinite(table).all():
                    raise UnsupportedError(
                        f"{cost.key}: {cost.model_name} gives costs of layer {layer.name!r} that are not finite"
                    )

    def __call__(self, candidates: npt.NDArray[Any]) -> dict[str, FloatArray]:
        """Costs by metric."""
        if not self._metrics:
            return {}
        rows = np.asarray(candidates)
        blocks = [self._priced(rows[start : start + BLOCK]) for start in range(0, max(len(rows), 1), BLOCK)]
        return {cost.key: np.concatenate([block[cost.key] for block in blocks]) for cost in self._metrics}

    def _priced(self, candidates: npt.NDArray[Any]) -> dict[str, FloatArray]:
        """Costs of a block of candidates."""
        indices = self._space.layer_indices(candidates)
        return {
            cost.key: gather_and_sum(self._tables[cost.key], indices)
            if cost.key in self._tables
            else self._estimate(cost, indices)
            for cost in self._metrics
        }

    def _estimate(self, cost: CostMetric, indices: IntArray) -> FloatArray:
        """Costs that are no sum over layers."""
        found = cost.model.estimate(self._network, self._space.layer_options, indices)[cost.metric]
        if not np.isfinite(found).all():
            raise UnsupportedError(f"{cost.key}: {cost.model_name} gives a cost that is not finite")
        return found

    def float_network(self) -> dict[str, float]:
        """Costs of the float network, in the metrics whose model can price it."""
        found: dict[str, float] = {}
        for cost in self._metrics:
            options = [(FLOAT,)] * len(self._network)
            try:
                indices = np.zeros((1, len(options)), dtype=np.int64)
                found[cost.key] = float(cost.model.estimate(self._network, options, indices)[cost.metric][0])
            except UnsupportedError:
                continue
        return found

    def bounds(self, seed: int) -> dict[str, tuple[float, float]]:
        """Metric -> (least, most) over the space: exact for additive costs, the range of a sample for others."""
        rng = np.random.default_rng(seed)
        found = {}
        for cost in self._metrics:
            if cost.key in self._tables:
                tables = self._tables[cost.key]
                found[cost.key] = (sum(float(t.min()) for t in tables), sum(float(t.max()) for t in tables))
            else:
                costs = self(self._space.sample(rng, SAMPLES))[cost.key]
                found[cost.key] = (float(costs.min()), float(costs.max()))
        return found

    def is_additive(self, key: str) -> bool:
        """Whether the bounds of this metric are exact."""
        return key in self._tables

    def stored(self) -> tuple[CostTable, ...]:
        """The tables as kept with a job."""
        return tuple(
            CostTable(
                metric=cost.key,
                unit=cost.model.metrics[cost.metric],
                model=cost.model_name,
                provenance=dict(cost.model.provenance),
                layers=tuple(tuple(map(float, table)) for table in self._tables.get(cost.key, [])),
            )
            for cost in self._metrics
        )


def layer_costs(
    costs: Sequence[CostTable], space: SearchSpace, candidates: Sequence[tuple[int, ...]]
) -> list[Mapping[str, list[float]]]:
    """What each layer costs in each of these candidates, from stored tables: one metric -> costs by layer for each."""
    additive = [table for table in costs if table.layers]
    if not additive or not candidates:
        return [{} for _ in candidates]
    rows = space.layer_indices(np.array(candidates, dtype=np.int64))
    return [
        {table.metric: [costs[i] for costs, i in zip(table.layers, row, strict=True)] for table in additive}
        for row in rows
    ]
