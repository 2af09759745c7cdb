"""Costs looked up in a table of measured layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar, Literal

import numpy as np

from autoquant.errors import SpecError, UnsupportedError
from autoquant.interfaces import CostModel, FloatArray, table
from autoquant.network import ABSENT, LayerOption, LayerPrecision, LayerProfile, NetworkProfile
from autoquant_cost_models.checks import check_lengths
from autoquant_cost_models.rows import METRICS, Row, Signature, describe, read_rows, signature

NEAREST = 3
"""So many rows are listed, or estimated from, where one is missing."""


class LookupTable(CostModel):
    """What layers of the same kind, shapes and bits were measured to cost.

    ``table`` is a ``.csv`` or ``.json`` file of measured rows, asked for as ``latency_ms@table.csv``. A layer and
    precision without a row is an `UnsupportedError` that names the nearest rows. With ``missing="estimate"`` it is
    estimated: the nearest rows of the same kind and precision, each scaled by the ratio of MACs (of values, where a
    kind has no MACs), and averaged with weights that fall with their distance. `provenance` marks every estimate.
    """

    metrics: ClassVar[Mapping[str, str]] = METRICS
    uses_device: ClassVar[bool] = True
    device_files: ClassVar[tuple[str, ...]] = (".csv", ".json")

    def __init__(self, table: str, *, missing: Literal["error", "estimate"] = "error") -> None:
        if not table.endswith(self.device_files):
            raise UnsupportedError(f"no table is called {table!r}; give the path of a .csv or .json file")
        self.table = table
        self.estimates = missing == "estimate"
        rows = read_rows(table)
        self._rows = _indexed(rows)
        self._metrics = [metric for metric in METRICS if all(metric in row.values for row in rows)]
        if not self._metrics:
            raise SpecError(f"{table}: its rows have no metric in common; fill one of {', '.join(METRICS)} in all")
        self._estimated: dict[str, str] = {}

    @property
    def provenance(self) -> Mapping[str, str]:
        """The table, and every layer and precision that was estimated since, with the rows it was estimated from."""
        return {"table": f"{len(self._rows)} measured rows of {self.table}"} | self._estimated

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Layers that have a row at this precision; with estimates also those of a kind that has one."""
        if signature(layer, precision) in self._rows:
            return True
        return self.estimates and bool(self._like(layer, precision))

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        """What was measured, or estimated, for every layer at each of its options."""
        check_lengths(network, options)
        for option in (option for row in options for option in row if option is not ABSENT):
            if not self.supported(option.profile, option.precision):
                raise UnsupportedError(self._missing(option.profile, option.precision, network))
        return {metric: [table(row, partial(self._value, metric)) for row in options] for metric in self._metrics}

    def _value(self, metric: str, layer: LayerProfile, precision: LayerPrecision) -> float:
        row = self._rows.get(signature(layer, precision))
        return row.values[metric] if row else self._estimate(layer, precision)[metric]

    def _estimate(self, layer: LayerProfile, precision: LayerPrecision) -> Mapping[str, float]:
        near = _nearest(layer, self._like(layer, precision))
        weights = np.array([1 / (1e-3 + _distance(layer, row.layers[0][0])) for row in near])
        ratios = np.array([_work(layer) / _work(row.layers[0][0]) for row in near])
        places = ", ".join(row.place for row in near)
        self._estimated[f"estimated: {layer.name} {precision}"] = f"not measured; scaled from {places} by their MACs"
        return {
            metric: float(np.average([row.values[metric] for row in near] * ratios, weights=weights))
            for metric in self._metrics
        }

    def _like(self, layer: LayerProfile, precision: LayerPrecision) -> list[Row]:
        """Rows of the same kind and precision."""
        wanted = layer.kind, precision.value_bits, precision.activation_bits
        return [row for key, row in self._rows.items() if (key[0], *key[-2:]) == wanted]

    def _missing(self, layer: LayerProfile, precision: LayerPrecision, network: NetworkProfile) -> str:
        known = {key[:-2] for key in self._rows}
        if not any(signature(own, precision)[:-2] in known for own in network):
            return (
                f"layer {layer.name!r}: {self.table} has a row for none of the {len(network)} layers of this network; "
                f"it was measured on another network; supported: {_texts(list(self._rows.values()))}"
            )
        rows = self._like(layer, precision) or list(self._rows.values())
        return (
            f"layer {layer.name!r}: {self.table} has no row for {describe(layer, precision)}; measure it, or set "
            f"'missing: estimate'; supported, the nearest first: {_texts(_nearest(layer, rows))}"
        )


def _indexed(rows: Sequence[Row]) -> dict[Signature, Row]:
    rows_of: dict[Signature, Row] = {}
    for row in rows:
        if len(row.layers) > 1:
            raise SpecError(
                f"{row.place}: a network as a whole was measured; a lookup table needs a row for each layer"
            )
        first = rows_of.setdefault(signature(*row.layers[0]), row)
        if first is not row:
            raise SpecError(f"{row.place}: it repeats {first.place} ({describe(*row.layers[0])}); keep one of them")
    return rows_of


def _nearest(layer: LayerProfile, rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: _distance(layer, row.layers[0][0]))[:NEAREST]


def _distance(first: LayerProfile, second: LayerProfile) -> float:
    """How far apart two layers are in the logarithms of their MACs, weights and activations; kinds apart come last."""
    sizes = [[_work(layer), 1 + layer.weights, layer.input_values, layer.output_values] for layer in (first, second)]
    apart = float(np.abs(np.diff(np.log(np.array(sizes, dtype=np.float64)), axis=0)).sum())
    return apart + 100 * (first.kind != second.kind)


def _work(layer: LayerProfile) -> int:
    return layer.macs or layer.output_values


def _texts(rows: Sequence[Row]) -> str:
    texts = [describe(*row.layers[0]) for row in rows[:NEAREST]]
    return "; ".join(texts) + (f" and {len(rows) - NEAREST} more" if len(rows) > NEAREST else "")
