"""Panels of the picture that show layers: the options along the front, and costs."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from autoquant.report.model.data import ReportData
from autoquant.report.model.layers import Grid, layer_cost_metrics, side_by_side
from autoquant.report.model.metric_format import metric_formats
from autoquant.report.model.palette import INK, MUTED, NETWORKS, ink_on
from autoquant.report.png.style import LEGEND_COLUMNS, label, legend_above, plain, shortened, title

_LABELS = 22
"""Layer names that fit to the left of a panel."""


def draw_heat_map(axes: Axes, data: ReportData, grid: Grid, width: float) -> None:
    """One row a layer, one column a network of the front; ``width`` of the panel is in pixels."""
    title(axes, grid.title, 9 + 19 * math.ceil(len(grid.legend) / LEGEND_COLUMNS) if grid.by_layer else 9)
    axes.grid(False)
    trials = data.ranked
    indices = [[t.candidate[column] for t in trials] for column in grid.columns]
    colours = [[grid.colour(c, i) for i in row] for c, row in zip(grid.choices, indices, strict=True)]
    axes.imshow([[to_rgb(c) for c in row] for row in colours], aspect="auto", interpolation="nearest")
    rows, columns = len(grid.rows), len(trials)
    _ticks(axes, [f"#{t.number}" for t in trials], "x", width)
    _ticks(axes, [shortened(name, 26) for name in grid.rows], "y", width)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks([i - 0.5 for i in range(columns + 1)], minor=True)
    axes.set_yticks([i - 0.5 for i in range(rows + 1)], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2 if rows * columns < 900 else 0.4)
    axes.tick_params(which="minor", length=0)
    room = int(width / columns / 8)
    if room and rows <= _LABELS:
        texts = [[str(c.options[i]) for i in row] for c, row in zip(grid.choices, indices, strict=True)]
        if (
            not grid.by_layer or grid.bits or max(map(len, grid.legend)) <= room
        ):  # a legend says it better than cut texts
            _cell_texts(axes, texts, colours, room)
    axes.set_xlabel("networks of the front, cheapest first" if data.costs else "networks of the front", color=MUTED)
    if grid.by_layer:
        patches = [Patch(color=colour, label=plain(text)) for text, colour in grid.legend.items()]
        legend_above(axes, patches, right=False)


def _cell_texts(axes: Axes, texts: list[list[str]], colours: list[list[str]], room: int) -> None:
    for y, (line, row) in enumerate(zip(texts, colours, strict=True)):
        for x, (text, colour) in enumerate(zip(line, row, strict=True)):
            short = text if len(text) <= room else text[: room - 1] + "…"
            if len(short) <= room and short != "…":
                axes.text(x, y, plain(short), ha="center", va="center", fontsize=9.5, color=ink_on(colour))


def _ticks(axes: Axes, names: list[str], axis: str, width: float) -> None:
    """Every name, or every n-th where more would overlap in a panel of that width."""
    limit = int(width / 18) if axis == "x" else _LABELS
    step = math.ceil(len(names) / limit)
    places, shown = list(range(0, len(names), step)), [plain(name) for name in names[::step]]
    if axis == "x":
        turned = max(map(len, shown)) * 9 * len(shown) > width
        axes.set_xticks(places, shown, fontsize=9.5, rotation=90 if turned else 0, color=INK)
    else:
        axes.set_yticks(places, shown, fontsize=10 if len(shown) <= 14 else 8.5, color=INK)


def draw_layer_costs(axes: Axes, data: ReportData, width: float) -> None:
    """What each layer costs in a few networks, in the first metric that is known by layer."""
    metric = layer_cost_metrics(data)[0]
    fmt, networks = metric_formats(data)[metric], side_by_side(data)
    columns = 4 if width > 560 else 2
    title(axes, f"{fmt.name.capitalize()} by layer", 9 + 19 * math.ceil(len(networks) / columns))
    costs = [
        (plain(name), [fmt.scaled(cost) for cost in data.layer_costs[candidate].get(metric, ())], colour)
        for (name, candidate), colour in zip(networks, NETWORKS, strict=False)
    ]
    if len(data.layer_names) > _LABELS:
        _many_layers(axes, costs)
        label(axes, "", fmt.heading)
        _ticks(axes, [shortened(name, 22) for name in data.layer_names], "x", width)
    else:
        _few_layers(axes, costs)
        label(axes, fmt.heading, "")
        _ticks(axes, [shortened(name, 26) for name in data.layer_names], "y", width)
        axes.invert_yaxis()
    legend_above(axes, right=False, columns=columns)


def _few_layers(axes: Axes, costs: list[tuple[str, list[float], str]]) -> None:
    """A group of bars for each layer."""
    thickness = 0.78 / len(costs)
    for i, (name, values, colour) in enumerate(costs):
        places = [place + (i - (len(costs) - 1) / 2) * thickness for place in range(len(values))]
        axes.barh(places, values, thickness, color=colour, label=name)
    axes.grid(axis="y", visible=False)
    axes.margins(y=0.02)


def _many_layers(axes: Axes, costs: list[tuple[str, list[float], str]]) -> None:
    """One bar for each layer of the first network, and dots on it for the others."""
    (name, values, colour), *others = costs
    axes.bar(range(len(values)), values, 0.8, color=colour, alpha=0.6, label=name)
    for i, (name, values, colour) in enumerate(others):
        axes.plot(range(len(values)), values, "o", color=colour, ms=8 - 2 * i, mec="white", mew=0.5, label=name)
    axes.grid(axis="x", visible=False)
    axes.margins(x=0.01)
