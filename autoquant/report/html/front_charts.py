"""Plotly charts of the front, with the baselines that it must beat."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from autoquant.report.html.chart import add_buttons, figure, hover, title_of
from autoquant.report.model.labels import place_labels
from autoquant.report.model.metric_format import metric_formats
from autoquant.report.model.palette import BROKEN, FAINT, FLOAT_NETWORK, FRONT, SENSITIVITY, UNIFORM
from autoquant.report.model.panels import Panel, Spot

_MANY = 3000
"""Beyond so many points, plotly draws the faint ones on a canvas."""


def front_chart(panel: Panel) -> go.Figure:
    """All trials, the front with its error bars, the uniform bit-widths and the float network."""
    data, frame = panel.data, panel.frame()
    x_axis: dict[str, Any] = {"title": {"text": html.escape(panel.x_format.heading)}}
    y_axis: dict[str, Any] = {"title": {"text": html.escape(panel.y_format.heading)}}
    if frame is not None:
        (left, right), y_axis["range"] = frame
        x_axis["range"] = panel.on_axis((left, right))
    if panel.log_x:
        x_axis |= {"type": "log", "dtick": "D2"}
    chart = figure(500, x_axis, y_axis)
    _limits(chart, panel)
    others = panel.others
    scatter = go.Scattergl if len(others) > _MANY else go.Scatter
    chart.add_trace(
        scatter(
            **_points(others),
            name="other trials",
            mode="markers",
            marker={"color": FAINT, "size": 6, "opacity": 0.55},
            text=[title_of(s.network) for s in others],
            hovertemplate="trial %{text}<br>%{x:.5g}, %{y:.5g}<extra></extra>",
        )
    )
    _marks(chart, panel, panel.infeasible, "breaks a constraint", {"color": BROKEN, "symbol": "x-thin", "size": 7})
    xs, ys, shape = panel.stairs
    if xs:
        line = {"color": FRONT, "width": 2, "shape": shape}
        chart.add_trace(go.Scatter(x=xs, y=ys, mode="lines", line=line, showlegend=False, hoverinfo="skip"))
    marker = {"color": SENSITIVITY, "symbol": "triangle-up-open", "size": 10, "line": {"width": 1.8}}
    _marks(chart, panel, panel.sensitivity, "sensitivity baseline", marker)
    _marks(chart, panel, panel.front, "front", {"color": FRONT, "size": 9, "line": {"color": "#fff", "width": 1}})
    uniform = panel.uniform
    marker = {"color": UNIFORM, "symbol": "diamond", "size": 11, "line": {"color": "#fff", "width": 1}}
    _marks(chart, panel, uniform, panel.data.uniform_name, marker, _label_places(panel, uniform, frame))
    _polished(chart, panel, panel.polished(panel.front), "polished", FRONT, "circle-open")
    _polished(chart, panel, panel.polished(uniform), "uniform, polished", UNIFORM, "diamond-open")
    _polished(chart, panel, panel.polished_infeasible, "polished, breaks a constraint", BROKEN, "x-thin")
    if panel.float_level is not None and data.float_network is not None:
        about = {"text": title_of(data.float_network), "font": {"color": FLOAT_NETWORK}, "xanchor": "right"}
        line = {"color": FLOAT_NETWORK, "dash": "dash", "width": 1.5}
        chart.add_hline(panel.float_level, line=line, annotation=about, annotation_position="top right", layer="below")
    elif panel.float_spot is not None:
        _marks(chart, panel, [panel.float_spot], "float", {"color": FLOAT_NETWORK, "symbol": "star", "size": 13})
    close = panel.close_up()
    if frame is not None and close is not None:
        views = [("Whole front", frame), ("Close-up of the best", close)]
        ranges = [(name, {"xaxis.range": panel.on_axis(x), "yaxis.range": list(y)}) for name, (x, y) in views]
        add_buttons(chart, [(name, {}, layout) for name, layout in ranges])
    return chart


def _points(spots: Sequence[Spot]) -> dict[str, list[float]]:
    return {"x": [s.x for s in spots], "y": [s.y for s in spots]}


def _marks(
    chart: go.Figure,
    panel: Panel,
    spots: Sequence[Spot],
    name: str,
    marker: dict[str, Any],
    places: Sequence[str] | None = None,
) -> None:
    if not spots:
        return
    formats = metric_formats(panel.data)
    bars: dict[str, Any] = {}
    for axis, errors in (("error_x", [s.x_error for s in spots]), ("error_y", [s.y_error for s in spots])):
        if any(errors):
            bars[axis] = {"array": errors, "thickness": 1.2, "width": 3, "color": marker["color"]}
    if str(marker.get("symbol")).endswith("-open"):  # bars would hide the front
        bars = {}
    if marker.get("symbol") == "x-thin":
        marker = marker | {"line": {"color": marker["color"], "width": 1.2}}
        bars = {}
    chart.add_trace(
        go.Scatter(
            **_points(spots),
            **bars,
            name=name,
            mode="markers+text" if places else "markers",
            marker=marker,
            text=[title_of(s.network) for s in spots],
            textposition=places,
            cliponaxis=False if places else None,
            textfont={"color": marker["color"], "size": 13},
            customdata=[hover(panel.data, formats, s.network) for s in spots],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )


def _polished(
    chart: go.Figure, panel: Panel, pairs: Sequence[tuple[Spot, Spot]], name: str, colour: str, symbol: str
) -> None:
    """Hollow marks, each joined to what was searched."""
    if not pairs:
        return
    line = {"color": colour, "width": 1}
    ends = {axis: [v for b, a in pairs for v in (getattr(b, axis), getattr(a, axis), None)] for axis in ("x", "y")}
    chart.add_trace(go.Scatter(**ends, mode="lines", line=line, opacity=0.5, showlegend=False, hoverinfo="skip"))
    marker = {"color": colour, "symbol": symbol, "size": 9, "line": {"width": 1.6}}
    _marks(chart, panel, [after for _, after in pairs], name, marker)


def _limits(chart: go.Figure, panel: Panel) -> None:
    """Lines at the bounds of constraints that fall into the picture."""
    frame = panel.frame()
    if frame is None:
        return
    about = {"text": "limit", "font": {"color": BROKEN, "size": 12}}
    line = {"color": BROKEN, "dash": "dot", "width": 1.5}
    for bound in panel.limits()[0]:
        if frame[0][0] <= bound <= frame[0][1]:
            chart.add_vline(bound, line=line, annotation=about, annotation_position="bottom left", layer="below")
    for bound in panel.limits()[1]:
        if frame[1][0] <= bound <= frame[1][1]:
            chart.add_hline(bound, line=line, annotation=about, annotation_position="bottom left", layer="below")


def _label_places(panel: Panel, spots: Sequence[Spot], frame: Any) -> list[str]:
    if frame is None:
        return []
    sizes = [(0.009 * len(title_of(s.network)), 0.045) for s in spots]
    places = place_labels(panel.shares(spots, frame), panel.shares(panel.front, frame), sizes)
    across, up = {-1: "left", 0: "center", 1: "right"}, {-1: "bottom", 0: "middle", 1: "top"}
    return [f"{up[vertical]} {across[horizontal]}" for horizontal, vertical in places]
