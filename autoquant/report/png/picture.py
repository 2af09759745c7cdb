"""The report as one picture: the front, how it grew, the options along it, and the cost of each layer."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from autoquant.report.model.data import ReportData
from autoquant.report.model.layers import grids, layer_cost_metrics, side_by_side
from autoquant.report.model.palette import INK, MUTED
from autoquant.report.model.panels import panels
from autoquant.report.model.verdict import verdict
from autoquant.report.png.front import draw_curve, draw_front, draw_hypervolume
from autoquant.report.png.layers import draw_heat_map, draw_layer_costs
from autoquant.report.png.style import plain, style

_WIDTH, _HEIGHT = 16.0, 10.0
_CURVES_HEIGHT = 2.2
_DPI = 100
_CURVES = 6
"""Learning curves that fit side by side."""


def write_png(data: ReportData, path: Path) -> None:
    """Write a picture of 1600 x 1000 pixels, 220 higher where the searcher has learning curves."""
    height = _HEIGHT + (_CURVES_HEIGHT if data.curves else 0)
    layout = ConstrainedLayoutEngine(rect=(0.008, 0.08 / height, 0.984, 1 - 1.32 / height), wspace=0.035, hspace=0.05)
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    _heading(figure, data, height)
    heights = [_HEIGHT / 2, _HEIGHT / 2] + ([_CURVES_HEIGHT] if data.curves else [])
    rows = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    _upper_row(rows[0], data)
    _lower_row(rows[1], data)
    if data.curves:
        _curves_row(rows[2], data)
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


def _curves_row(figure: SubFigure, data: ReportData) -> None:
    """How the searcher learned; of many curves the first."""
    curves = list(data.curves.items())[:_CURVES]
    axes, _ = _row(figure, [1.0] * len(curves))
    for panel, (name, points) in zip(axes, curves, strict=True):
        draw_curve(panel, name, points)


def _row(figure: SubFigure, shares: list[float]) -> tuple[list[Axes], list[float]]:
    """Panels side by side, with the width in pixels that each has for its content."""
    row = figure.subplots(1, len(shares), width_ratios=shares, squeeze=False)[0]
    for axes in row:
        style(axes)
    return list(row), [1580 * share / sum(shares) - 130 for share in shares]


def _heading(figure: Figure, data: ReportData, height: float) -> None:
    """Name of the job, and the verdict below it; ``height`` of the picture is in inches."""
    name = textwrap.shorten(data.job.name, 90, placeholder="…")
    figure.text(0.014, 1 - 0.18 / height, plain(name), fontsize=19, fontweight="bold", color=INK, va="top")
    job = data.job
    facts = (
        f"{job.state.value.lower()} · {job.finished:,} of {job.n_trials:,} trials · hypervolume {job.hypervolume:.4f}"
    )
    figure.text(0.986, 1 - 0.22 / height, facts, fontsize=12, color=MUTED, va="top", ha="right")
    lines = textwrap.wrap(verdict(data), 196, max_lines=3, placeholder=" …")
    figure.text(0.014, 1 - 0.55 / height, plain("\n".join(lines)), fontsize=11, color=MUTED, va="top", linespacing=1.35)
