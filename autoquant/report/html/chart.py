"""What all plotly charts of a report have in common."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from autoquant.report.html.style import FONT
from autoquant.report.model.data import Network, ReportData
from autoquant.report.model.layers import options_text
from autoquant.report.model.metric_format import MetricFormat, violation_text
from autoquant.report.model.palette import GRID, INK, MUTED
from autoquant.trial import Trial

_CONFIG = {"displayModeBar": False, "responsive": True}

AXIS: Mapping[str, Any] = {
    "gridcolor": GRID,
    "linecolor": "#c9d0d8",
    "showline": True,
    "zeroline": False,
    "ticks": "outside",
    "tickcolor": "#c9d0d8",
    "ticklen": 4,
    "automargin": True,
    "title": {"font": {"size": 13, "color": MUTED}, "standoff": 10},
}


def figure(height: int, x: Mapping[str, Any], y: Mapping[str, Any], *, bare: bool = False, **layout: Any) -> go.Figure:
    """An empty chart in the report's style; ``bare`` leaves no room for a legend above it."""
    chart = go.Figure(layout={"template": go.layout.Template()})
    chart.update_layout(
        height=height,
        margin={"l": 60, "r": 24, "t": 12 if bare else 44, "b": 48},
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        hoverlabel={"bgcolor": "#ffffff", "bordercolor": "#c9d0d8", "font": {"color": INK}, "align": "left"},
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"},
        xaxis=AXIS,
        yaxis=AXIS,
    )
    chart.update_layout(**layout)
    chart.update_xaxes(**x)
    chart.update_yaxes(**y)
    return chart


def add_buttons(chart: go.Figure, buttons: Sequence[tuple[str, dict[str, Any], dict[str, Any]]]) -> None:
    """Buttons above the legend: (label, changes of the traces, changes of the layout). The first is pressed."""
    entries = [{"label": name, "method": "update", "args": [traces, layout]} for name, traces, layout in buttons]
    menu = {
        "type": "buttons",
        "direction": "right",
        "buttons": entries,
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "pad": {"b": 38},
        "bgcolor": "#ffffff",
        "bordercolor": "#c9d0d8",
        "font": {"size": 12.5},
    }
    chart.update_layout(updatemenus=[menu], margin={"t": 88}, height=chart.layout.height + 44)


def embed(chart: go.Figure, name: str, about: str) -> str:
    """The chart as HTML, for a page that has plotly.js in it already. ``about`` says what it shows."""
    content = json.loads(chart.to_json())
    arguments = (f'"{name}"', *(_script(part) for part in (content["data"], content["layout"], _CONFIG)))
    return (
        f'<div class="chart" id="{name}" role="img" aria-label="{html.escape(about)}" '
        f'style="height:{chart.layout.height}px"></div>\n<script>draw({", ".join(arguments)});</script>'
    )


def _script(value: Any) -> str:
    """JSON that nothing in it can end the script it stands in."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def title_of(network: Network) -> str:
    """``#12`` for a trial, the label for a baseline; escaped."""
    return f"#{network.number}" if isinstance(network, Trial) else html.escape(network.label)


def hover(data: ReportData, formats: Mapping[str, MetricFormat], network: Network) -> str:
    """All that is known of a network, as the text of its hover box."""
    lines = [f"<b>{'trial ' if isinstance(network, Trial) else ''}{title_of(network)}</b>"]
    metrics = [*data.metrics, *(m for m in network.metrics if m not in data.metrics)]
    for metric in metrics:
        fmt = formats.get(metric)
        if fmt is None or metric not in network.metrics:
            continue
        text = fmt.text(network.metrics[metric], network.standard_errors.get(metric, 0.0))
        for name, values, errors in (
            ("test", network.test_metrics, network.test_standard_errors),
            ("polished", network.polished_metrics, network.polished_standard_errors),
            ("polished, test", network.polished_test_metrics, network.polished_test_standard_errors),
        ):
            text += f" · {name} {fmt.text(values[metric], errors.get(metric, 0.0))}" if metric in values else ""
        lines.append(f"{html.escape(fmt.name)}: {text}")
    lines += [html.escape(violation_text(c, by, data, dict(formats))) for c, by in network.violations.items()]
    if network.candidate is not None:
        lines += [html.escape(line) for line in options_text(data, network.candidate, 24)]
    return "<br>".join(lines)
