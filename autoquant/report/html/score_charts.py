"""Plotly charts of test scores, of the hypervolume and of learning curves."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from autoquant.report.html.chart import add_buttons, figure, title_of
from autoquant.report.model.data import Network, ReportData
from autoquant.report.model.metric_format import metric_formats
from autoquant.report.model.palette import FRONT, INK, TEST, UNIFORM
from autoquant.report.model.panels import best_of, padded
from autoquant.report.model.sensitivity import listed_baselines


def scores_chart(data: ReportData, metric: str) -> go.Figure:
    """Search and test score of every network of the front and of every baseline, side by side."""
    fmt = metric_formats(data)[metric]
    networks = scored_networks(data, metric)
    names = [title_of(n) for n in networks]
    crowded = len(names) > 26
    ticks: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False}
    ticks |= {"tickangle": -90 if crowded else 0, "tickfont": {"size": 10 if crowded else 12}}
    ticks["range"] = [-0.6, len(names) - 0.4]
    chart = figure(380, ticks, {"title": {"text": html.escape(fmt.heading)}})
    for name, colour, shift, symbol in (("search", FRONT, -0.13, "circle"), ("test", TEST, 0.13, "square")):
        places, values, errors = [], [], []
        for place, network in enumerate(networks):
            score = data.score(network, metric, "test" if name == "test" else "search")
            if score is not None:
                places.append(place + shift)
                values.append(fmt.scaled(score.value))
                errors.append(fmt.scaled(score.error))
        chart.add_trace(
            go.Scatter(
                x=places,
                y=values,
                error_y={"array": errors, "thickness": 1.4, "width": 2, "color": colour},
                mode="markers",
                name=f"{name} split",
                marker={"color": colour, "symbol": symbol, "size": 7},
                customdata=[
                    [names[round(p)], fmt.text(v / fmt.factor, e / fmt.factor)]
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
    scaled = metric_formats(data)[metric].scaled
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
    first = (data.costs or data.job.definition.objectives)[0]
    every: list[Network] = [*data.ranked, *listed_baselines(data)]
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


def curve_chart(name: str, points: Sequence[tuple[int, float]]) -> go.Figure:
    """One learning curve of the searcher."""
    chart = figure(210, {"title": {"text": "trial"}}, {"nticks": 5}, bare=True)
    chart.update_layout(margin={"l": 48, "r": 12, "b": 40})
    places, values = zip(*points, strict=True)
    marks = "lines" if len(points) > 1 else "markers"
    template = f"{html.escape(name)} after trial %{{x}}: %{{y:.4g}}<extra></extra>"
    line = {"color": TEST, "width": 1.8}
    chart.add_trace(go.Scatter(x=places, y=values, mode=marks, line=line, hovertemplate=template))
    return chart
