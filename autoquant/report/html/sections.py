"""Sections of the HTML report below its headline."""

from __future__ import annotations

from html import escape

from autoquant.objective import Constraint
from autoquant.report.html.chart import embed
from autoquant.report.html.front_charts import front_chart
from autoquant.report.html.layer_charts import heat_map, layer_cost_chart, legend_entries
from autoquant.report.html.score_charts import curve_chart, hypervolume_chart, scored_networks, scores_chart
from autoquant.report.model.data import ReportData
from autoquant.report.model.layers import Grid, fixed_layers, grids, options_text
from autoquant.report.model.metric_format import constraint_text, metric_formats, violation_text
from autoquant.report.model.palette import ink_on
from autoquant.report.model.panels import panels
from autoquant.report.model.table import Row, front_table
from autoquant.space import Candidate
from autoquant.trial import TrialState

POLISHED = "the same networks measured again, made as well as the evaluator can; the front is that of the search."


def section(title: str, caption: str, *content: str) -> str:
    """A titled part of the page."""
    about = f'<p class="caption">{caption}</p>' if caption else ""
    return f"<section><h2>{escape(title)}</h2>{about}{''.join(content)}</section>"


def front_section(data: ReportData) -> str:
    """The front against every other objective."""
    if not data.trials and not data.baselines:
        return ""
    visible = [panel for panel in panels(data) if panel.frame() is not None]
    charts = "".join(embed(front_chart(panel), f"front-{i}", "front") for i, panel in enumerate(visible))
    notes = [] if visible else ["No feasible network has been measured."]
    notes += ["Error bars are one standard error, on the search split."] if data.measured and visible else []
    notes += [f"Hollow marks, joined to those of the search: {POLISHED}"] if data.polished and visible else []
    if len(visible) > 1 and data.front:
        notes.append("A network of the front that lies below the line is on it for the sake of another objective.")
    hidden = max((panel.hidden for panel in visible), default=0)
    if hidden:
        notes.append(f"{hidden:,} trials lie outside the picture; double-click it to see all.")
    formats = metric_formats(data)
    for baseline in data.uniform:
        broken = [violation_text(text, excess, data, formats) for text, excess in baseline.violations.items()]
        notes += [f"{baseline.label} {' and '.join(broken)}."] if broken else []
    return section("Front", escape(" ".join(notes)), charts)


def table_section(data: ReportData) -> str:
    """Every network of the front and every baseline, with search and test scores."""
    table = front_table(data)
    if not table.rows:
        return ""
    heads = "".join(f"<th>{escape(c)}</th>" for c in table.columns)
    head = f'<tr><th class="text">network</th><th class="text">choices</th>{heads}<th class="text"></th></tr>'
    body = "".join(_row(data, row) for row in table.rows)
    caption = "Baselines are tinted, and stand among the networks that cost as much."
    if data.sensitivity:
        caption += " Of the sensitivity baseline those are listed that no network of the front equals or dominates."
    if data.measured:
        caption += " The search sees only the search split; the front is scored once on the test split. ± is one "
        caption += "standard error."
    if data.polished:
        caption += f" Polished: {POLISHED}"
    return section("Networks", caption, f'<div class="wide"><table>{head}{body}</table></div>')


def _row(data: ReportData, row: Row) -> str:
    style = " ".join([row.kind, *(["broken"] if not row.feasible else []), *(["notable"] if row.notable else [])])
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
    strips = _strips(data, row.candidate) if row.candidate is not None else ""
    note = f'<td class="text note">{escape(row.note)}</td>'
    return (
        f'<tr class="{style}"><td class="text"><b>{escape(row.label)}</b></td><td class="text">{strips}</td>'
        f"{cells}{note}</tr>"
    )


def _strips(data: ReportData, candidate: Candidate) -> str:
    """A row of coloured squares for each sort of choice; hovering over it gives all options as text."""
    about = escape("  ".join(options_text(data, candidate)))
    return f'<span title="{about}">{"".join(_strip(grid, candidate) for grid in grids(data))}</span>'


def _strip(grid: Grid, candidate: Candidate) -> str:
    many = len(grid.rows) > 16
    squares = []
    for choice, column in zip(grid.choices, grid.columns, strict=True):
        colour = grid.colour(choice, candidate[column])
        text = "" if many or not grid.bits else str(choice.options[candidate[column]]).replace("float", "f")
        squares.append(f'<i style="background:{colour};color:{ink_on(colour)}">{escape(text)}</i>')
    return f'<span class="strip{" thin" if many and grid.by_layer else ""}">{"".join(squares)}</span>'


def test_section(data: ReportData) -> str:
    """Search and test scores side by side."""
    metrics = [o.metric for o in data.measured if scored_networks(data, o.metric)]
    if not data.measured or not data.front:
        return ""
    if not metrics:
        return section("Scores on the test split", "The front has not been scored on the test split.")
    charts = "".join(embed(scores_chart(data, m), f"scores-{i}", "scores") for i, m in enumerate(metrics))
    caption = (
        "A search keeps the luckiest of many noisy scores, so its front tends to score a little lower on data "
        "that it has never seen. Cheapest network first; baselines are tinted. Bars are one standard error."
    )
    return section("Scores on the test split", caption, charts)


def hypervolume_section(data: ReportData) -> str:
    """How the front grew with the trials."""
    if not data.hypervolume or not data.front:
        return ""
    caption = "The share of the space between worst and best values that the front dominates, after each trial."
    return section("Hypervolume against trials", caption, embed(hypervolume_chart(data), "hypervolume", "hypervolume"))


def curves_section(data: ReportData) -> str:
    """How the searcher learned: one small chart a curve."""
    if not data.curves:
        return ""
    charts = [
        f"<div><h3>{escape(name)}</h3>{embed(curve_chart(name, points), f'curve-{i}', name)}</div>"
        for i, (name, points) in enumerate(data.curves.items())
    ]
    caption = "What the searcher reports of its own learning, against the trials that it had proposed by then."
    return section("Learning curves", caption, f'<div class="small">{"".join(charts)}</div>')


def choices_section(data: ReportData) -> str:
    """Heat maps of the options along the front."""
    if not data.front:
        return ""
    maps = grids(data)
    entries = legend_entries(maps)
    legend = "".join(f'<span><i style="background:{colour}"></i>{escape(text)}</span>' for text, colour in entries)
    parts = [f'<div class="legend">{legend}</div>'] if entries else []
    for i, grid in enumerate(maps):
        parts += [f"<h3>{grid.title}</h3>"] if len(maps) > 1 else []
        parts.append(embed(heat_map(data, grid), f"choices-{i}", grid.title))
    fixed = fixed_layers(data)
    caption = f"Not searched: {escape(', '.join(fixed))}." if fixed else ""
    return section(_title(maps), caption, *parts)


def _title(maps: list[Grid]) -> str:
    if all(grid.bits for grid in maps):
        return "Bits by layer along the front"
    return "Recipes by layer along the front" if all(grid.by_layer for grid in maps) else "Choices along the front"


def layer_cost_section(data: ReportData) -> str:
    """What each layer costs."""
    chart = layer_cost_chart(data)
    if chart is None:
        return ""
    caption = "Layers in the order in which they execute. Click a network in the legend to hide or show it."
    return section("Cost by layer", caption, embed(chart, "layer-costs", "cost by layer"))


def failures_section(data: ReportData) -> str:
    """How many trials failed, and why the first one did."""
    failed = [t for t in data.trials if t.state is TrialState.FAIL]
    if not failed:
        return ""
    first = failed[0]
    count = f"{len(failed):,} {'trial' if len(failed) == 1 else 'trials'} failed."
    error = escape(first.error or "no error was recorded")
    details = f"<details><summary>Error of trial #{first.number}</summary><pre>{error}</pre></details>"
    return section("Failed trials", count, details)


def origin_section(data: ReportData) -> str:
    """Where the numbers come from: constraints, reference point, cost models, versions."""
    plan, formats = data.job.definition, metric_formats(data)
    rows = [("objective", f"{objective.direction} {objective.metric}") for objective in plan.objectives]
    rows += [("constraint", _constraint(c, constraint_text(c, formats))) for c in plan.constraints]
    for objective, (best, worst) in zip(plan.objectives, plan.bounds, strict=True):
        fmt = formats[objective.metric]
        text = f"{fmt.name}: from {fmt.text(worst)} (reference point) to {fmt.text(best)} (best)"
        rows.append(("hypervolume scale", text))
    for table in plan.costs:
        rows.append((table.metric, f"cost model {table.model}, in {table.unit}"))
        rows += [(f"{table.metric}: {number}", source) for number, source in table.provenance.items()]
    rows += list(plan.identity.items())
    body = "".join(f"<tr><td>{escape(name)}</td><td>{escape(str(text))}</td></tr>" for name, text in rows)
    return section("Where the numbers come from", "", f'<div class="wide"><table class="facts">{body}</table></div>')


def _constraint(constraint: Constraint, readable: str) -> str:
    return f"{constraint} ({readable})"
