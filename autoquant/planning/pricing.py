"""Prices of candidates in every cost metric of a search, before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.errors import SpecError, UnsupportedError
from autoquant.interfaces import CostFunction, CostModel, FloatArray, gather_and_sum
from autoquant.job import CostTable
from autoquant.network import FLOAT, LayerConfig, LayerOption, NetworkProfile
from autoquant.objective import Bounds
from autoquant.space import IntArray, SearchSpace

BLOCK = 4096
"""Candidates whose costs are looked up at a time: so many fit in the processor's cache, which is thrice as fast."""

SAMPLES = 4096
"""Candidates sampled to find the range of a cost that is no sum over layers."""


@dataclass(frozen=True, slots=True)
class CostMetric:
    """A metric of the search (``latency_ms@cortex-m7``) and the model that prices it."""

    key: str
    metric: str
    model_name: str
    model: CostModel


class Pricer(CostFunction):
    """Prices whole populations at once, in the metrics of cost models.

    The tables of additive models are made once; a population then costs one gather and sum for each metric. A model is
    asked once for all of its metrics.

    Args:
        costs: the metrics and their models.
        network: what they price.
        space: its options by layer.
        seed: of the sample that gives the range of costs that are no sum over layers.
    """

    def __init__(
        self, costs: Sequence[CostMetric], network: NetworkProfile | None, space: SearchSpace, seed: int = 0
    ) -> None:
        self._costs, self._space, self._seed = tuple(costs), space, seed
        self.metrics = tuple(cost.key for cost in costs)
        self._tables: dict[str, list[FloatArray]] = {}
        if not costs:
            return
        if network is None:
            raise SpecError(f"objectives: {costs[0].key!r} is a cost of a network, and the evaluator has no network")
        self._network = network
        self._additive = {id(cost.model): cost.model.is_additive(space.layer_options) for cost in costs}
        additive = self._by_model(additive=True)
        if additive:
            _check_layers(network, space)
        for model, wanted in additive:
            tables = model.tables(network, space.layer_options)
            for cost in wanted:
                self._tables[cost.key] = _checked(cost, network, tables)

    def _by_model(self, *, additive: bool) -> list[tuple[CostModel, list[CostMetric]]]:
        """Each model once, with what is asked of it; those whose costs are sums over layers, or the others."""
        groups: dict[int, list[CostMetric]] = {}
        for cost in self._costs:
            if self._additive[id(cost.model)] is additive:
                groups.setdefault(id(cost.model), []).append(cost)
        return [(wanted[0].model, wanted) for wanted in groups.values()]

    def __call__(self, candidates: npt.NDArray[Any]) -> dict[str, FloatArray]:
        """Costs by metric."""
        if not self._costs:
            return {}
        rows = np.asarray(candidates)
        blocks = [self._priced(rows[start : start + BLOCK]) for start in range(0, max(len(rows), 1), BLOCK)]
        return {key: np.concatenate([block[key] for block in blocks]) for key in self.metrics}

    def _priced(self, candidates: npt.NDArray[Any]) -> dict[str, FloatArray]:
        """Costs of a block of candidates."""
        indices = self._space.layer_indices(candidates)
        prices = {key: gather_and_sum(tables, indices) for key, tables in self._tables.items()}
        for model, wanted in self._by_model(additive=False):
            estimates = self._estimates(model, candidates, indices)
            for cost in wanted:
                prices[cost.key] = estimates[cost.metric]
                if not np.isfinite(prices[cost.key]).all():
                    raise UnsupportedError(f"{cost.key}: {cost.model_name} gives a cost that is not finite")
        return prices

    def _estimates(self, model: CostModel, candidates: npt.NDArray[Any], indices: IntArray) -> Mapping[str, FloatArray]:
        """Costs of a block that are no sums, by metric of the model: each distinct network by itself."""
        networks = self._space.networks(candidates)
        if len(networks) == 1 and self._fixed:
            return model.estimate(networks[0][0], self._space.layer_options, indices)
        costs = {metric: np.full(len(candidates), np.nan) for metric in model.metrics}
        for network, positions in networks:
            options, chosen = self._of_network(network, indices[positions])
            for metric, values in model.estimate(network, options, chosen).items():
                costs[metric][positions] = values
        return costs

    @cached_property
    def _fixed(self) -> bool:
        """Whether no layer is ever absent or changes its shapes."""
        return all(
            len({option.profile if isinstance(option, LayerConfig) else None for option in row}) == 1
            for row in self._space.layer_options
        )

    def _of_network(self, network: NetworkProfile, indices: IntArray) -> tuple[list[tuple[LayerOption, ...]], IntArray]:
        """The options that these candidates of a network take, by layer of the network, and their indices into them."""
        options, columns = [], []
        for layer in network:
            position = self._position[layer.name]
            taken, column = np.unique(indices[:, position], return_inverse=True)
            options.append(tuple(self._space.layer_options[position][int(index)] for index in taken))
            columns.append(column)
        return options, np.stack(columns, axis=1)

    @cached_property
    def _position(self) -> dict[str, int]:
        """Layer -> its position in the options of the space."""
        rows = enumerate(self._space.layer_options)
        return {option.profile.name: i for i, row in rows for option in row if isinstance(option, LayerConfig)}

    def float_network(self) -> dict[str, float]:
        """Costs of the float network, in the metrics whose model can price it."""
        prices: dict[str, float] = {}
        for model, wanted in [*self._by_model(additive=True), *self._by_model(additive=False)]:
            options = [(LayerConfig(layer, FLOAT),) for layer in self._network]
            try:
                estimates = model.estimate(self._network, options, np.zeros((1, len(options)), dtype=np.int64))
            except UnsupportedError:
                continue
            prices |= {cost.key: float(estimates[cost.metric][0]) for cost in wanted}
        return {key: prices[key] for key in self.metrics if key in prices}

    @cached_property
    def bounds(self) -> dict[str, Bounds]:
        """Least and most over the space: exact for additive costs, the range of a sample for others."""
        rng = np.random.default_rng(self._seed)
        bounds = {}
        for key in self.metrics:
            if key in self._tables:
                tables = self._tables[key]
                bounds[key] = Bounds(sum(float(t.min()) for t in tables), sum(float(t.max()) for t in tables))
            else:
                costs = self(self._space.sample(rng, SAMPLES))[key]
                bounds[key] = Bounds(float(costs.min()), float(costs.max()))
        return bounds

    def is_additive(self, metric: str) -> bool:
        """Whether the bounds of this metric are exact."""
        return metric in self._tables

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
            for cost in self._costs
        )


def _check_layers(network: NetworkProfile, space: SearchSpace) -> None:
    """`SpecError` unless the network has every layer that there may be, in the order of the space."""
    names = [{option.profile.name for option in row if isinstance(option, LayerConfig)} for row in space.layer_options]
    known = [layer.name for layer in network]
    if len(names) != len(known) or any(row - {name} for row, name in zip(names, known, strict=True)):
        shown = ["/".join(sorted(row)) for row in names]
        raise SpecError(
            f"space: its layers are {shown}, those of the evaluator's profile {known}; "
            "the profile must have every layer that there may be, in the same order"
        )


def _checked(cost: CostMetric, network: NetworkProfile, tables: Mapping[str, list[FloatArray]]) -> list[FloatArray]:
    """The tables of one metric; `UnsupportedError` where there are none, or a cost is not finite."""
    if cost.metric not in tables:
        raise UnsupportedError(f"{cost.key}: {cost.model_name} gives only {sorted(tables)} here")
    checked = [np.asarray(table, dtype=np.float64) for table in tables[cost.metric]]
    for layer, table in zip(network, checked, strict=True):
        if not np.isfinite(table).all():
            what = f"costs of layer {layer.name!r} that are not finite"
            raise UnsupportedError(f"{cost.key}: {cost.model_name} gives {what}")
    return checked


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
