"""The report as one picture: the front, how it grew, the options along it, and the cost of each layer."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

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
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained", facecolor="white")
    canvas = FigureCanvasAgg(figure)
    figure.get_layout_engine().set(rect=(0.008, 0.008, 0.984, 0.895), wspace=0.035, hspace=0.05)  # type: ignore[union-attr, call-arg]
    _heading(figure, data)
    fronts, maps = panels(data)[:2], grids(data)[:2]
    has_costs = bool(layer_cost_metrics(data) and side_by_side(data))
    upper, lower = figure.subfigures(2, 1, height_ratios=[1, 1])
    above = _row(upper, [1.25] * len(fronts) + ([0.8] if data.hypervolume else []))
    for axes, panel in zip(above, fronts, strict=False):
        draw_front(axes, panel)
    if data.hypervolume:
        draw_hypervolume(above[-1], data)
    below = _row(lower, [1.2] * len(maps) + ([1.2] if has_costs else []))
    for axes, grid in zip(below, maps, strict=False):
        draw_heat_map(axes, data, grid, few=len(below) < 3)
    if has_costs:
        draw_layer_costs(below[-1], data)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        canvas.print_png(path)


def _row(figure: Figure, widths: list[float]) -> list[Axes]:
    axes = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    for one in axes:
        style(one)
    return list(axes)


def _heading(figure: Figure, data: ReportData) -> None:
    """Name of the job, and the verdict below it."""
    name = textwrap.shorten(data.job.name, 90, placeholder="…")
    figure.text(0.014, 0.982, plain(name), fontsize=19, fontweight="bold", color=INK, va="top")
    job = data.job
    facts = (
        f"{job.state.value.lower()} · {job.finished:,} of {job.n_trials:,} trials · hypervolume {job.hypervolume:.4f}"
    )
    figure.text(0.986, 0.978, facts, fontsize=12, color=MUTED, va="top", ha="right")
    lines = textwrap.wrap(verdict(data), 200, max_lines=2, placeholder=" …")
    figure.text(0.014, 0.945, plain("\n".join(lines)), fontsize=11.5, color=MUTED, va="top", linespacing=1.35)
