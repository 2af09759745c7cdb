"""What each layer of a network costs, as the columns of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autoquant.interfaces import PEAKS
from autoquant.planning.network_costs import MetricCosts, NetworkCosts
from autoquant.report.model.metric_format import format_of


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, a cell for each layer, and one for the whole network."""

    heading: str
    cells: tuple[str, ...]
    total: str = ""


def cost_columns(costs: NetworkCosts) -> list[Column]:
    """The layers, and for each metric its costs, their shares where they add up, and what limits a layer."""
    layers = costs.network.layers
    columns = [
        Column("layer", tuple(layer.name for layer in layers), "total"),
        Column("kind", tuple(layer.kind for layer in layers)),
        Column("output", tuple("x".join(map(str, layer.output_shape)) for layer in layers)),
        _counts("MACs", [layer.macs for layer in layers]),
        _counts("weights", [layer.weights for layer in layers]),
        Column("precision", tuple(map(str, costs.precisions))),
    ]
    shown: set[tuple[str | None, ...]] = set()
    for metric in costs.metrics:
        columns += _columns_of(metric)
        if any(metric.limited_by) and metric.limited_by not in shown:
            columns.append(Column("limited by", tuple(bound or "" for bound in metric.limited_by)))
            shown.add(metric.limited_by)
    return columns


def _counts(heading: str, counts: list[int | None] | list[int]) -> Column:
    known = sum(count or 0 for count in counts)
    return Column(heading, tuple("?" if count is None else f"{count:,}" for count in counts), f"{known:,}")


def _columns_of(metric: MetricCosts) -> Iterator[Column]:
    fmt = format_of(metric.metric, metric.unit, [metric.total], peak=PEAKS in metric.provenance)
    texts = [fmt.brief(value).removesuffix(fmt.unit).rstrip() for value in (*metric.layers, metric.total)]
    yield Column(fmt.heading, tuple(texts[:-1]), texts[-1])
    if metric.additive and metric.total:
        yield Column("share", tuple(f"{value / metric.total:.1%}" for value in metric.layers))
