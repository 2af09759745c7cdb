"""Panels of the picture that show layers: the options along the front, and costs."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from autoquant.report.data import ReportData
from autoquant.report.display import displays
from autoquant.report.layers import Grid, layer_cost_metrics, side_by_side
from autoquant.report.palette import INK, MUTED, NETWORKS, ink_on, option_colour
from autoquant.report.png_style import label, plain, shortened, title

_LABELS = 26
"""Layer names that fit beside a panel."""


def draw_heat_map(axes: Axes, data: ReportData, grid: Grid, *, few: bool) -> None:
    """One row a layer, one column a network of the front. ``few``: the panel is wide."""
    title(axes, grid.title)
    axes.grid(False)
    trials = data.ranked
    if not trials:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "The front is empty.", ha="center", fontsize=13, color=MUTED, transform=axes.transAxes)
        return
    indices = [[t.candidate[column] for t in trials] for column in grid.columns]
    colours = [[option_colour(c, i) for i in row] for c, row in zip(grid.choices, indices, strict=True)]
    axes.imshow([[to_rgb(c) for c in row] for row in colours], aspect="auto", interpolation="nearest")
    rows, columns = len(grid.rows), len(trials)
    _ticks(axes, [f"#{t.number}" for t in trials], "x", 34 if few else 22)
    _ticks(axes, [shortened(name, 26) for name in grid.rows], "y", _LABELS)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks([i - 0.5 for i in range(columns + 1)], minor=True)
    axes.set_yticks([i - 0.5 for i in range(rows + 1)], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2 if rows * columns < 900 else 0.4)
    axes.tick_params(which="minor", length=0)
    room = int((620 if few else 360) / columns / 7.5)
    if room and rows <= _LABELS:
        texts = [[str(c.options[i]) for i in row] for c, row in zip(grid.choices, indices, strict=True)]
        _cell_texts(axes, texts, colours, room)
    axes.set_xlabel("networks of the front, cheapest first" if data.costs else "networks of the front", color=MUTED)
    if grid.bits:
        found = {str(o): option_colour(c, i) for c in grid.choices for i, o in enumerate(c.options)}
        patches = [Patch(color=colour, label=text) for text, colour in found.items()]
        axes.legend(
            handles=patches,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(patches),
            fontsize=10,
            frameon=False,
            handlelength=1,
            handleheight=1,
            columnspacing=1,
            borderaxespad=0.2,
        )


def _cell_texts(axes: Axes, texts: list[list[str]], colours: list[list[str]], room: int) -> None:
    for y, (line, row) in enumerate(zip(texts, colours, strict=True)):
        for x, (text, colour) in enumerate(zip(line, row, strict=True)):
            short = text if len(text) <= room else text[: room - 1] + "…"
            if len(short) <= room and short != "…":
                axes.text(x, y, plain(short), ha="center", va="center", fontsize=9.5, color=ink_on(colour))


def _ticks(axes: Axes, names: list[str], axis: str, limit: int) -> None:
    """Every name, or every n-th where more than ``limit`` would overlap."""
    step = math.ceil(len(names) / limit)
    places, shown = list(range(0, len(names), step)), [plain(name) for name in names[::step]]
    if axis == "x":
        turned = len(shown) > 11
        axes.set_xticks(places, shown, fontsize=9.5, rotation=90 if turned else 0, color=INK)
    else:
        axes.set_yticks(places, shown, fontsize=10, color=INK)


def draw_layer_costs(axes: Axes, data: ReportData) -> None:
    """What each layer costs in a few networks, in the first metric that is known by layer."""
    metric = layer_cost_metrics(data)[0]
    display = displays(data)[metric]
    networks = side_by_side(data)
    flat = len(data.layer_names) > _LABELS
    thickness = 0.78 / len(networks)
    for i, ((name, candidate), colour) in enumerate(zip(networks, NETWORKS, strict=False)):
        costs = [display.scaled(c) for c in data.layer_costs[candidate].get(metric, ())]
        places = [place + (i - (len(networks) - 1) / 2) * thickness for place in range(len(costs))]
        draw = axes.bar if flat else axes.barh
        draw(places, costs, thickness, color=colour, label=plain(name))
    title(axes, f"{display.name.capitalize()} by layer")
    if flat:
        label(axes, "", display.heading)
        _ticks(axes, [shortened(name, 22) for name in data.layer_names], "x", 32)
        axes.grid(axis="x", visible=False)
        axes.margins(x=0.01)
    else:
        label(axes, display.heading, "")
        _ticks(axes, [shortened(name, 26) for name in data.layer_names], "y", _LABELS)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.margins(y=0.02)
    axes.legend(fontsize=10, frameon=True, framealpha=0.9, edgecolor="none", labelcolor=INK)
