"""Plotly charts by layer: the options along the front, and what each layer costs."""

from __future__ import annotations

import html
from typing import Any

import plotly.graph_objects as go

from autoquant.report.html.chart import add_buttons, figure
from autoquant.report.model.data import ReportData
from autoquant.report.model.layers import Grid, layer_cost_metrics, side_by_side
from autoquant.report.model.metric_format import metric_formats
from autoquant.report.model.palette import NETWORKS, ink_on

_WIDTH = 960
"""Width of a chart on a usual screen, to judge whether text fits into a cell."""
_MANY_CELLS = 2500
_MANY_LAYERS = 24
"""Beyond so many layers, their names stand below the bars, not to their left."""


def heat_map(data: ReportData, grid: Grid) -> go.Figure:
    """One row a layer, one column a network of the front; the colour is the option."""
    trials = data.ranked
    formats = metric_formats(data)
    indices = [[t.candidate[column] for t in trials] for column in grid.columns]
    colours = [[grid.colour(c, i) for i in row] for c, row in zip(grid.choices, indices, strict=True)]
    texts = [[str(c.options[i]) for i in row] for c, row in zip(grid.choices, indices, strict=True)]
    distinct = sorted({colour for row in colours for colour in row})
    first = (data.costs or data.job.definition.objectives)[0]
    names = [f"#{t.number}" for t in trials]
    ticks = names
    if len(trials) <= 14:
        fmt = formats[first.metric]
        ticks = [f"{n}<br>{fmt.text(t.metrics[first.metric])}" for n, t in zip(names, trials, strict=True)]
    rows = list(range(len(grid.rows)))
    room = int((_WIDTH - 160) / max(1, len(trials)) / 8)
    x: dict[str, Any] = {"tickvals": list(range(len(trials))), "ticktext": ticks, "showgrid": False, "ticks": ""}
    crowded = len(trials) > 20
    x |= {"tickangle": -90 if crowded else 0, "tickfont": {"size": 11 if crowded else 12}}
    x["range"] = [-0.5, len(trials) - 0.5]
    x["title"] = {"text": f"networks of the front, {'best' if not data.costs else 'cheapest'} first"}
    y: dict[str, Any] = {"tickvals": rows, "ticktext": [html.escape(r) for r in grid.rows], "ticks": ""}
    y |= {"range": [len(rows) - 0.5, -0.5], "showgrid": False, "tickfont": {"size": 12 if len(rows) <= 30 else 11}}
    chart = figure(max(210, (30 if len(rows) <= 16 else 19) * len(rows) + 110), x, y, showlegend=False, bare=True)
    steps = [[edge / len(distinct), colour] for i, colour in enumerate(distinct) for edge in (i, i + 1)]
    labels = [
        [f"{html.escape(row)}: {html.escape(t)}" for t in line] for row, line in zip(grid.rows, texts, strict=True)
    ]
    chart.add_trace(
        go.Heatmap(
            z=[[distinct.index(colour) for colour in row] for row in colours],
            zmin=-0.5,
            zmax=len(distinct) - 0.5,
            colorscale=steps,
            showscale=False,
            xgap=2 if len(trials) <= 30 else 1,
            ygap=2 if len(rows) <= 30 else 1,
            customdata=labels,
            text=[names] * len(rows),
            hovertemplate="%{text}<br>%{customdata}<extra></extra>",
        )
    )
    fits = not grid.by_layer or grid.bits or max(map(len, grid.legend)) <= room
    if len(trials) * len(rows) <= _MANY_CELLS and room >= 1 and fits:
        _cell_texts(chart, texts, colours, max(room, 2))
    return chart


def _cell_texts(chart: go.Figure, texts: list[list[str]], colours: list[list[str]], room: int) -> None:
    """Write the options into their cells, one trace for each colour of ink."""
    for ink in sorted({ink_on(colour) for row in colours for colour in row}):
        cells = [
            (x, y, text)
            for y, (line, row) in enumerate(zip(texts, colours, strict=True))
            for x, (text, colour) in enumerate(zip(line, row, strict=True))
            if ink_on(colour) == ink
        ]
        short = [html.escape(t if len(t) <= room else t[: max(1, room - 1)] + "…") for _, _, t in cells]
        chart.add_trace(
            go.Scatter(
                x=[x for x, _, _ in cells],
                y=[y for _, y, _ in cells],
                text=short,
                mode="text",
                textfont={"color": ink, "size": 12 if len(texts) <= 30 else 10},
                hoverinfo="skip",
            )
        )


def legend_entries(grids: list[Grid]) -> list[tuple[str, str]]:
    """Text and colour of the recipes and the bit-widths that stand in the heat maps, fewest bits first."""
    bits: dict[str, str] = {}
    recipes: dict[str, str] = {}
    for grid in grids:
        if grid.bits:
            bits |= grid.legend
        else:
            recipes |= grid.legend
    by_bits = sorted(bits.items(), key=lambda pair: (pair[0] == "float", int(pair[0]) if pair[0].isdigit() else 0))
    named = [(text if text == "float" else f"{text} bits", colour) for text, colour in by_bits]
    return [*((text, colour) for text, colour in recipes.items() if (text, colour) not in named), *named]


def layer_cost_chart(data: ReportData) -> go.Figure | None:
    """What each layer costs in a few networks; buttons choose the metric. None where it is not known."""
    metrics, networks = layer_cost_metrics(data), side_by_side(data)
    if not metrics or not networks:
        return None
    formats, layers = metric_formats(data), [html.escape(name) for name in data.layer_names]
    flat = len(layers) > _MANY_LAYERS
    names: dict[str, Any] = {"tickvals": list(range(len(layers))), "ticktext": layers, "showgrid": False, "ticks": ""}
    names |= {"range": [-0.6, len(layers) - 0.4]} if flat else {"range": [len(layers) - 0.4, -0.6]}
    names |= {"tickangle": -90, "tickfont": {"size": 11}} if flat else {}
    costs: dict[str, Any] = {"rangemode": "tozero", "title": {"text": html.escape(formats[metrics[0]].heading)}}
    height = 520 if flat else max(300, len(layers) * (10 + 9 * len(networks)) + 120)
    axes = (names, costs) if flat else (costs, names)
    chart = figure(height, *axes, barmode="group", showlegend=True, bargap=0.28, bargroupgap=0.04)
    for metric in metrics:
        fmt = formats[metric]
        for (name, candidate), colour in zip(networks, NETWORKS, strict=False):
            values = data.layer_costs[candidate].get(metric, ())
            places, lengths = list(range(len(values))), [fmt.scaled(v) for v in values]
            chart.add_trace(
                go.Bar(
                    x=places if flat else lengths,
                    y=lengths if flat else places,
                    orientation="v" if flat else "h",
                    name=html.escape(name),
                    marker={"color": colour},
                    visible=metric == metrics[0],
                    customdata=[[layer, fmt.text(v)] for layer, v in zip(layers, values, strict=False)],
                    hovertemplate="%{customdata[0]}: %{customdata[1]}<extra>" + html.escape(name) + "</extra>",
                )
            )
    if len(metrics) > 1:
        axis = "yaxis" if flat else "xaxis"
        buttons = []
        for metric in metrics:
            visible = [m == metric for m in metrics for _ in networks]
            title = {f"{axis}.title.text": html.escape(formats[metric].heading)}
            buttons.append((html.escape(formats[metric].name), {"visible": visible}, title))
        add_buttons(chart, buttons)
    return chart
