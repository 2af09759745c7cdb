"""Plotly charts of the front: its shape, its test scores, and how it grew."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from autoquant.report.chart import add_buttons, figure, hover, title_of
from autoquant.report.data import Network, ReportData
from autoquant.report.display import displays
from autoquant.report.palette import BROKEN, FAINT, FLOAT_NETWORK, FRONT, INK, TEST, UNIFORM
from autoquant.report.panels import Panel, Spot, best_of, padded, place_labels

_MANY = 3000
"""Beyond so many points, plotly draws the faint ones on a canvas."""


def front_chart(panel: Panel) -> go.Figure:
    """All trials, the front with its error bars, the uniform bit-widths and the float network."""
    data, frame = panel.data, panel.frame()
    x_axis: dict[str, Any] = {"title": {"text": html.escape(panel.x_display.heading)}}
    y_axis: dict[str, Any] = {"title": {"text": html.escape(panel.y_display.heading)}}
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
    _marks(chart, panel, panel.front, "front", {"color": FRONT, "size": 9, "line": {"color": "#fff", "width": 1}})
    uniform = panel.uniform
    marker = {"color": UNIFORM, "symbol": "diamond", "size": 11, "line": {"color": "#fff", "width": 1}}
    _marks(chart, panel, uniform, "uniform bit-width", marker, _label_places(panel, uniform, frame))
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
    shown = displays(panel.data)
    bars: dict[str, Any] = {}
    for axis, errors in (("error_x", [s.x_error for s in spots]), ("error_y", [s.y_error for s in spots])):
        if any(errors):
            bars[axis] = {"array": errors, "thickness": 1.2, "width": 3, "color": marker["color"]}
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
            textfont={"color": marker["color"], "size": 13},
            customdata=[hover(panel.data, shown, s.network) for s in spots],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )


def _limits(chart: go.Figure, panel: Panel) -> None:
    """Lines at the bounds of constraints that fall into the picture."""
    frame = panel.frame()
    if frame is None:
        return
    about = {"text": "limit", "font": {"color": BROKEN, "size": 12}}
    line = {"color": BROKEN, "dash": "dot", "width": 1.5}
    for bound in panel.limits()[0]:
        if frame[0][0] <= bound <= frame[0][1]:
            chart.add_vline(bound, line=line, annotation=about, layer="below")
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


def scores_chart(data: ReportData, metric: str) -> go.Figure:
    """Search and test score of every network of the front and of every baseline, side by side."""
    display = displays(data)[metric]
    networks = scored_networks(data, metric)
    names = [title_of(n) for n in networks]
    crowded = len(names) > 26
    ticks: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False}
    ticks |= {"tickangle": -90 if crowded else 0, "tickfont": {"size": 10 if crowded else 12}}
    ticks["range"] = [-0.6, len(names) - 0.4]
    chart = figure(380, ticks, {"title": {"text": html.escape(display.heading)}})
    for name, colour, shift, symbol in (("search", FRONT, -0.13, "circle"), ("test", TEST, 0.13, "square")):
        places, values, errors = [], [], []
        for place, network in enumerate(networks):
            score = data.score(network, metric, "test" if name == "test" else "search")
            if score is not None:
                places.append(place + shift)
                values.append(display.scaled(score[0]))
                errors.append(display.scaled(score[1]))
        chart.add_trace(
            go.Scatter(
                x=places,
                y=values,
                error_y={"array": errors, "thickness": 1.4, "width": 2, "color": colour},
                mode="markers",
                name=f"{name} split",
                marker={"color": colour, "symbol": symbol, "size": 7},
                customdata=[
                    [names[round(p)], display.text(v / display.factor, e / display.factor)]
                    for p, v, e in zip(places, values, errors, strict=True)
                ],
                hovertemplate="%{customdata[0]}: %{customdata[1]}<extra>" + name + "</extra>",
            )
        )
    _zoom_scores(chart, data, networks, metric)
    for place, network in enumerate(networks):
        if network not in data.ranked:
            chart.add_vrect(place - 0.5, place + 0.5, fillcolor=UNIFORM, opacity=0.09, line_width=0, layer="below")
    return chart


def _zoom_scores(chart: go.Figure, data: ReportData, networks: Sequence[Network], metric: str) -> None:
    """Buttons to see all scores, or the best alone."""
    objective = next(o for o in data.measured if o.metric == metric)
    scaled = displays(data)[metric].scaled
    scores = [[data.score(n, metric, split) for split in ("search", "test")] for n in networks]
    known = [[(scaled(s[0]), scaled(s[1])) for s in pair if s] for pair in scores]
    values = [[v + sign * e for v, e in pair for sign in (-1, 1)] for pair in known]
    best = best_of([pair[-1] for pair in known], objective.direction == "maximize")
    if best is None:
        return
    whole = [list(x) for x in ((-0.6, len(networks) - 0.4), padded([v for pair in values for v in pair]))]
    close = [[min(best) - 0.6, max(best) + 0.6], list(padded([v for i in best for v in values[i]]))]
    views = (("All networks", whole), ("Close-up of the best", close))
    add_buttons(chart, [(name, {}, {"xaxis.range": x, "yaxis.range": y}) for name, (x, y) in views])
    chart.update_yaxes(range=whole[1])


def scored_networks(data: ReportData, metric: str) -> list[Network]:
    """Front and baselines that have a test score, cheapest first; the float network last."""
    first = (data.costs or data.job.plan.objectives)[0]
    every: list[Network] = [*data.ranked, *data.uniform]
    networks = [n for n in every if metric in n.test_metrics]
    networks.sort(key=lambda n: first.minimized(n.metrics.get(first.metric, math.inf)))
    last = data.float_network
    return [*networks, last] if last is not None and metric in last.test_metrics else networks


def hypervolume_chart(data: ReportData) -> go.Figure:
    """Hypervolume of the front after each trial."""
    numbers = [number for number, _ in data.hypervolume]
    values = [value for _, value in data.hypervolume]
    chart = figure(320, {"title": {"text": "trial"}}, {"title": {"text": "hypervolume"}}, bare=True)
    line = {"color": FRONT, "width": 2.5, "shape": "hv"}
    chart.add_trace(
        go.Scatter(
            x=numbers,
            y=values,
            mode="lines",
            line=line,
            hovertemplate="after trial %{x}: %{y:.4f}<extra></extra>",
        )
    )
    if values:
        chart.add_annotation(
            x=numbers[-1],
            y=values[-1],
            text=f"<b>{values[-1]:.4f}</b>",
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            yshift=4,
            font={"color": INK},
        )
    return chart
