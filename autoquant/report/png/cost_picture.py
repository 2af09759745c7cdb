"""What each layer of a network costs, as one picture: a panel a metric, coloured by what limits the layer."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch

from autoquant.interfaces import PEAKS
from autoquant.planning.network_costs import MetricCosts, NetworkCosts
from autoquant.report.model.metric_format import MetricFormat, format_of
from autoquant.report.model.palette import FRONT, INK, MUTED, UNIFORM
from autoquant.report.png.style import label, legend_above, plain, shortened, style, title

COLOURS: dict[str | None, str] = {"compute": FRONT, "memory": UNIFORM, "overhead": "#8b94a0", None: "#5b8a72"}
_FEW = 30
"""Beyond so many layers their names stand below the bars, not to their left."""
_DPI = 100


def write_cost_picture(costs: NetworkCosts, path: Path) -> None:
    """Write a PNG of 1600 pixels width; its height grows with the layers."""
    few, count = len(costs.network) <= _FEW, len(costs.metrics)
    columns = min(count, 3) if few else 1
    rows = math.ceil(count / columns)
    height = max(4.5, (1.6 + 0.27 * len(costs.network) if few else 3.6) * rows + 1.0)
    layout = ConstrainedLayoutEngine(rect=(0.008, 0.008, 0.984, 0.984 - 0.5 / height))
    figure = Figure(figsize=(16, height), dpi=_DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    heading = plain(f"{costs.name}: what each layer costs at {costs.bits}")
    figure.text(0.014, 1 - 0.15 / height, heading, fontsize=17, fontweight="bold", color=INK, va="top")
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, metric in zip(panels, costs.metrics, strict=False):
        style(axes)
        _draw(axes, costs, metric, few)
    for axes in panels[count:]:
        axes.set_visible(False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(path)


def _draw(axes: Axes, costs: NetworkCosts, metric: MetricCosts, few: bool) -> None:
    fmt = format_of(metric.metric, metric.unit, [metric.total], peak=PEAKS in metric.provenance)
    values = [fmt.scaled(value) for value in metric.layers]
    colours = [COLOURS.get(bound, COLOURS[None]) for bound in metric.limited_by]
    names = [plain(shortened(layer.name, 30)) for layer in costs.network]
    places = list(range(len(values)))
    if few:
        axes.barh(places, values, 0.72, color=colours)
        axes.set_yticks(places, names, fontsize=10, color=INK)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.margins(y=0.02)
        label(axes, fmt.heading, "")
        _shares(axes, metric, values)
    else:
        axes.bar(places, values, 0.8, color=colours)
        step = math.ceil(len(names) / 70)
        axes.set_xticks(places[::step], names[::step], fontsize=8, rotation=90, color=INK)
        axes.grid(axis="x", visible=False)
        axes.margins(x=0.005)
        label(axes, "", fmt.heading)
    axes.title.set_in_layout(False)
    title(axes, _heading(metric, fmt), 28 if any(metric.limited_by) else 9)
    if any(metric.limited_by):
        patches = [Patch(color=COLOURS[bound], label=text) for bound, text in _limits(metric)]
        legend_above(axes, patches, right=False).set_in_layout(False)


def _heading(metric: MetricCosts, fmt: MetricFormat) -> str:
    name = fmt.name[:1].upper() + fmt.name[1:]
    return f"{name}: {fmt.brief(metric.total)}" + ("" if metric.additive else " in all; bars: one layer alone")


def _limits(metric: MetricCosts) -> list[tuple[str, str]]:
    """What limits layers, and its share of the total, the largest first."""
    shares: dict[str, float] = {}
    for bound, value in zip(metric.limited_by, metric.layers, strict=True):
        if bound is not None:
            shares[bound] = shares.get(bound, 0.0) + value / metric.total
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    return [(bound, f"{bound} {share:.0%}") for bound, share in ordered]


def _shares(axes: Axes, metric: MetricCosts, values: list[float]) -> None:
    """The share of the total next to every bar of at least 1 %."""
    if not metric.additive:
        return
    for place, (value, cost) in enumerate(zip(values, metric.layers, strict=True)):
        if cost >= 0.01 * metric.total:
            axes.text(value, place, f" {cost / metric.total:.0%}", va="center", fontsize=9, color=MUTED)
    axes.margins(x=0.12)
