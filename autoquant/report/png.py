"""The report as one picture: the front, how it grew, the options along it, and the cost of each layer."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from autoquant.report.data import ReportData
from autoquant.report.layers import grids, layer_cost_metrics, side_by_side
from autoquant.report.palette import INK, MUTED
from autoquant.report.panels import panels
from autoquant.report.png_front import draw_front, draw_hypervolume
from autoquant.report.png_layers import draw_heat_map, draw_layer_costs
from autoquant.report.png_style import plain, style
from autoquant.report.verdict import verdict

_SIZE = (16.0, 10.0)
_DPI = 100


def write_png(data: ReportData, path: Path) -> None:
    """Write a picture of 1600 x 1000 pixels."""
    layout = ConstrainedLayoutEngine(rect=(0.008, 0.008, 0.984, 0.868), wspace=0.035, hspace=0.05)
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    _heading(figure, data)
    upper, lower = figure.subfigures(2, 1, squeeze=False)[:, 0]
    _upper_row(upper, data)
    _lower_row(lower, data)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(path)


def _upper_row(figure: SubFigure, data: ReportData) -> None:
    """The front against one or two other objectives, and the hypervolume."""
    fronts, grew = panels(data)[:2], bool(data.front and data.hypervolume)
    axes, widths = _row(figure, [1.3] * len(fronts) + ([0.8] if grew else []))
    for i, panel in enumerate(fronts):
        draw_front(axes[i], panel, widths[i], legend=i == 0)
    if grew:
        draw_hypervolume(axes[-1], data)


def _lower_row(figure: SubFigure, data: ReportData) -> None:
    """The options along the front, and what each layer costs."""
    maps = grids(data)[:2] if data.front else []
    costs = bool(layer_cost_metrics(data) and side_by_side(data))
    if not maps and not costs:
        return
    axes, widths = _row(figure, [1.1] * len(maps) + ([1.1] if costs else []))
    if costs:
        draw_layer_costs(axes[-1], data, widths[-1])
    for i, grid in enumerate(maps):
        draw_heat_map(axes[i], data, grid, widths[i])


def _row(figure: SubFigure, shares: list[float]) -> tuple[list[Axes], list[float]]:
    """Panels side by side, with the width in pixels that each has for its content."""
    found = figure.subplots(1, len(shares), width_ratios=shares, squeeze=False)[0]
    for axes in found:
        style(axes)
    return list(found), [1580 * share / sum(shares) - 130 for share in shares]


def _heading(figure: Figure, data: ReportData) -> None:
    """Name of the job, and the verdict below it."""
    name = textwrap.shorten(data.job.name, 90, placeholder="…")
    figure.text(0.014, 0.982, plain(name), fontsize=19, fontweight="bold", color=INK, va="top")
    job = data.job
    facts = (
        f"{job.state.value.lower()} · {job.finished:,} of {job.n_trials:,} trials · hypervolume {job.hypervolume:.4f}"
    )
    figure.text(0.986, 0.978, facts, fontsize=12, color=MUTED, va="top", ha="right")
    lines = textwrap.wrap(verdict(data), 196, max_lines=3, placeholder=" …")
    figure.text(0.014, 0.945, plain("\n".join(lines)), fontsize=11, color=MUTED, va="top", linespacing=1.35)
