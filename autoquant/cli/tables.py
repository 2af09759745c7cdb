"""Tables for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from autoquant.cli.plain import plain
from autoquant.interfaces import PEAKS
from autoquant.job import Event, JobRecord
from autoquant.json_views import job_json
from autoquant.plugins import PluginInfo
from autoquant.trial import Trial

if TYPE_CHECKING:
    from autoquant.client import Job
    from autoquant.planning.network_costs import NetworkCosts


def console(stderr: bool = False) -> Console:
    """Wide where it is no terminal, so that nothing is cut in a file or a pipe. Text is shown as it is, no markup."""
    wide = None if (sys.stderr if stderr else sys.stdout).isatty() else 320
    return Console(stderr=stderr, width=wide, markup=False, emoji=False)


class _PlainTable(Table):
    """Evaluators write errors and notes; what stands in a cell is shown, never obeyed."""

    def add_row(self, *cells: Any, **options: Any) -> None:
        super().add_row(*(plain(cell) for cell in cells), **options)


def _table(*columns: str, **options: Any) -> Table:
    """A table whose cells are folded where they do not fit, never cut."""
    table = _PlainTable(**options)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_front(job: Job) -> None:
    """The front and its baselines as a table, and what to make of them."""
    from autoquant.report.model.table import front_table
    from autoquant.report.model.verdict import verdict

    data = job.report_data()
    out = console()
    if not data.front:
        out.print(f"job {job.id} has no feasible trial on its front yet", highlight=False)
    shown = front_table(data)
    table = _table("", *shown.columns, "", title=f"{data.job.name}: Pareto front and baselines")
    for row in shown.rows:
        style = "bold" if row.kind == "front" else "dim" if not row.feasible else ""
        table.add_row(row.label, *row.cells, row.note, style=style)
    out.print(table)
    out.print(verdict(data), highlight=False)


def print_jobs(jobs: Sequence[JobRecord]) -> None:
    """One line a job."""
    table = _table("id", "name", "state", "trials", "front", "hypervolume", "created")
    for job in jobs:
        done = f"{job.finished}/{job.n_trials}"
        when = job.created.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(str(job.id), job.name, state_text(job), done, str(job.front_size), f"{job.hypervolume:.4f}", when)
    console().print(table)


def state_text(job: JobRecord) -> str:
    """The state, and whether the process behind it is gone."""
    return f"{job.state} (its process died)" if job.abandoned else str(job.state)


def print_job(job: JobRecord) -> None:
    """One job, a line a fact."""
    table = _table("", "", show_header=False, box=None)
    facts = {key: value for key, value in job_json(job).items() if value is not None}
    for key, value in facts.items():
        table.add_row(key, f"{value:.6g}" if isinstance(value, float) else str(value))
    console().print(table)


def print_trials(job: Job, page: Sequence[Trial], limit: int) -> None:
    """One line a trial, and how to see the next page."""
    plan = job.record.definition
    metrics = [objective.metric for objective in plan.objectives]
    table = _table("trial", "state", *metrics, "options", "note")
    for trial in page:
        cells = [f"{trial.metrics[m]:.6g}" if m in trial.metrics else "–" for m in metrics]
        options = " ".join(str(option) for option in trial.options.values())
        broken = ", ".join(f"breaks {text}" for text in trial.violations)
        note = (trial.error or "").strip().splitlines()[-1:] or [broken or (trial.measured_by or "")]
        notes = "; ".join(text for text in (note[0], *trial.notes) if text)
        table.add_row(str(trial.number), str(trial.state), *cells, options, notes)
    out = console()
    out.print(table)
    if len(page) == limit:
        out.print(f"more: autoquant trials {job.id} --after {page[-1].number}", highlight=False)


def print_costs(costs: NetworkCosts) -> None:
    """One line a layer, what limits it, and the sum."""
    from autoquant.report.text.cost_table import cost_columns

    columns = cost_columns(costs)
    table = _table(*(column.heading for column in columns), title=f"{costs.name}, {costs.bits}")
    table.columns[0].no_wrap = True
    for i in range(len(costs.network)):
        table.add_row(*(column.cells[i] for column in columns))
    table.add_section()
    table.add_row(*(column.total for column in columns), style="bold")
    out = console()
    out.print(table)
    for metric in costs.metrics:
        if not metric.additive:
            out.print(f"{metric.metric} is no sum: of a layer it shows what that layer needs alone", highlight=False)
        if PEAKS in metric.provenance:
            out.print(f"{metric.metric}: {metric.provenance[PEAKS]}", highlight=False)
    for note in costs.network.notes:
        out.print(f"note: {note}", highlight=False, soft_wrap=True)


def print_plugins(infos: Sequence[PluginInfo]) -> None:
    """One line a plug-in."""
    table = _table("kind", "name", "from", "status")
    for info in infos:
        status = "ok" if info.error is None else f"broken: {info.error}"
        table.add_row(info.kind, info.name, f"{info.distribution} {info.version}", status)
    console().print(table)


def event_text(event: Event) -> str:
    """An event for people."""
    return f"{event.moment.astimezone():%Y-%m-%d %H:%M:%S}  {event.level:7s}  {plain(event.text)}"
