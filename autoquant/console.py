"""What the command line shows: live progress, tables for people, JSON for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from autoquant.coordinator import Progress
from autoquant.job import Baseline, Event, JobRecord
from autoquant.plugins import PluginInfo
from autoquant.trial import Trial

if TYPE_CHECKING:
    import optuna

    from autoquant.client import Job
    from autoquant.costing import NetworkCosts

LOG_SECONDS = 5.0
"""Where there is no terminal, a line of progress is printed so often."""


class Display:
    """Live progress on stderr: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._console = _console(stderr=True)
        self._last, self._printed = 0.0, ("", -1)
        self._bar = Bar(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("starting workers, measuring baselines", total=None)

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def started(self, job: Job) -> None:
        """Say which job this is, so that another terminal can follow or stop it."""
        record = job.record
        self._console.print(f"job {job.id} ({record.name}) in {job.store.url}", highlight=False, soft_wrap=True)
        for note in record.plan.profile.notes if record.plan.profile is not None else ():
            self._console.print(note, style="yellow", highlight=False, soft_wrap=True, markup=False)
        self._bar.update(self._task, total=record.n_trials, completed=record.finished)

    def progress(self, now: Progress) -> None:
        """Trials done, front size, hypervolume, rate and time left."""
        text, unit = progress_text(now), "trials" if now.phase == "search" else now.phase
        if self._console.is_terminal:
            self._bar.update(self._task, completed=now.finished, total=now.total, description=text)
        elif (now.phase, now.finished) != self._printed and (
            time.monotonic() - self._last > LOG_SECONDS or now.finished == now.total
        ):
            phase_over = now.phase == "baselines" and now.finished == now.total  # what comes next is news
            self._last = 0.0 if phase_over else time.monotonic()
            self._printed = (now.phase, now.finished)
            print(f"{now.finished}/{now.total} {unit}, {text}", file=sys.stderr, flush=True)


def progress_text(now: Progress) -> str:
    """One line of progress without the count."""
    if now.phase == "baselines":
        return "measuring what stands beside the search"
    parts = [f"front {now.front_size}", f"hypervolume {now.hypervolume:.4f}", f"{now.rate:.2f} trials/s"]
    parts += [f"{now.failed} failed"] if now.failed else []
    parts += [f"{now.pruned} pruned"] if now.pruned else []
    if now.seconds_left is not None and now.finished < now.total:
        parts.append(f"{timedelta(seconds=round(now.seconds_left))} left")
    return ", ".join(parts)


def _console(stderr: bool = False) -> Console:
    """Wide where it is no terminal, so that nothing is cut in a file or a pipe. Text is shown as it is, no markup."""
    wide = None if (sys.stderr if stderr else sys.stdout).isatty() else 320
    return Console(stderr=stderr, width=wide, markup=False, emoji=False)


def _table(*columns: str, **options: Any) -> Table:
    """A table whose cells are folded where there is no room, never cut."""
    table = Table(**options)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_front(job: Job) -> None:
    """The front and its baselines as a table, and what to make of them."""
    from autoquant.report.table import front_table
    from autoquant.report.verdict import verdict

    data = job.report_data()
    console = _console()
    if not data.front:
        console.print(f"job {job.id} has no feasible trial on its front yet", highlight=False)
    shown = front_table(data)
    table = _table("", *shown.columns, "", title=f"{data.job.name}: Pareto front and baselines")
    for row in shown.rows:
        style = "bold" if row.kind == "front" else "dim" if not row.feasible else ""
        table.add_row(row.label, *row.cells, row.note, style=style)
    console.print(table)
    console.print(verdict(data), highlight=False)


def print_jobs(jobs: Sequence[JobRecord]) -> None:
    """One line a job."""
    table = _table("id", "name", "state", "trials", "front", "hypervolume", "created")
    for job in jobs:
        done = f"{job.finished}/{job.n_trials}"
        when = job.created.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(str(job.id), job.name, state_text(job), done, str(job.front_size), f"{job.hypervolume:.4f}", when)
    _console().print(table)


def state_text(job: JobRecord) -> str:
    """The state, and whether the process behind it is gone."""
    return f"{job.state} (its process died)" if job.abandoned else str(job.state)


def print_job(job: JobRecord) -> None:
    """One job, a line a fact."""
    table = _table("", "", show_header=False, box=None)
    facts = {key: value for key, value in job_json(job).items() if value is not None}
    for key, value in facts.items():
        table.add_row(key, f"{value:.6g}" if isinstance(value, float) else str(value))
    _console().print(table)


def print_trials(job: Job, page: Sequence[Trial], limit: int) -> None:
    """One line a trial, and how to see the next page."""
    plan = job.record.plan
    metrics = [objective.metric for objective in plan.objectives]
    table = _table("trial", "state", *metrics, "options", "note")
    for trial in page:
        cells = [f"{trial.metrics[m]:.6g}" if m in trial.metrics else "–" for m in metrics]
        options = " ".join(str(option) for option in trial.options.values())
        broken = ", ".join(f"breaks {text}" for text in trial.violations)
        note = (trial.error or "").strip().splitlines()[-1:] or [broken or (trial.measured_by or "")]
        table.add_row(str(trial.number), str(trial.state), *cells, options, note[0])
    console = _console()
    console.print(table)
    if len(page) == limit:
        console.print(f"more: autoquant trials {job.id} --after {page[-1].number}", highlight=False)


def print_costs(costs: NetworkCosts) -> None:
    """One line a layer, what limits it, and the sum."""
    from autoquant.report.cost_table import cost_columns

    columns = cost_columns(costs)
    table = _table(*(column.heading for column in columns), title=f"{costs.name}, {costs.bits}")
    table.columns[0].no_wrap = True
    for i in range(len(costs.network)):
        table.add_row(*(column.cells[i] for column in columns))
    table.add_section()
    table.add_row(*(column.total for column in columns), style="bold")
    console = _console()
    console.print(table)
    for one in costs.metrics:
        if not one.additive:
            console.print(f"{one.metric} is no sum: of a layer it shows what that layer needs alone", highlight=False)
    for note in costs.network.notes:
        console.print(f"note: {note}", highlight=False, soft_wrap=True)


def cost_json(costs: NetworkCosts) -> dict[str, Any]:
    """A priced network for programs."""
    return {
        "name": costs.name,
        "bits": costs.bits,
        "totals": {one.metric: one.total for one in costs.metrics},
        "units": {one.metric: one.unit for one in costs.metrics},
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "output_shape": list(layer.output_shape),
                "macs": layer.macs,
                "weights": layer.weights,
                "precision": str(precision),
                "costs": {one.metric: one.layers[i] for one in costs.metrics},
                "limited_by": {one.metric: one.bounds[i] for one in costs.metrics if one.bounds[i]},
            }
            for i, (layer, precision) in enumerate(zip(costs.network, costs.precisions, strict=True))
        ],
        "provenance": {one.metric: dict(one.provenance) for one in costs.metrics},
        "notes": list(costs.network.notes),
    }


def print_plugins(found: Sequence[PluginInfo]) -> None:
    """One line a plug-in."""
    table = _table("kind", "name", "from", "status")
    for info in found:
        status = "ok" if info.error is None else f"broken: {info.error}"
        table.add_row(info.kind, info.name, f"{info.distribution} {info.version}", status)
    _console().print(table)


def job_json(job: JobRecord) -> dict[str, Any]:
    """A job for programs."""
    return {
        "id": job.id,
        "name": job.name,
        "state": str(job.state),
        "abandoned": job.abandoned,
        "n_trials": job.n_trials,
        "finished": job.finished,
        "failed": job.failed,
        "pruned": job.pruned,
        "front_size": job.front_size,
        "hypervolume": job.hypervolume,
        "message": job.message,
        "created": _moment(job.created),
        "ended": _moment(job.ended),
    }


def trial_json(trial: Trial) -> dict[str, Any]:
    """A trial for programs."""
    return {
        "number": trial.number,
        "state": str(trial.state),
        "feasible": trial.feasible,
        "options": dict(trial.options),
        "metrics": dict(trial.metrics),
        "standard_errors": dict(trial.standard_errors),
        "violations": dict(trial.violations),
        "test_metrics": dict(trial.test_metrics),
        "test_standard_errors": dict(trial.test_standard_errors),
        "seconds": trial.seconds,
        "worker": trial.worker,
        "measured_by": trial.measured_by,
        "error": trial.error,
        "started": _moment(trial.started),
        "ended": _moment(trial.ended),
    }


def baseline_json(baseline: Baseline, job: JobRecord) -> dict[str, Any]:
    """A baseline for programs."""
    options = None
    if baseline.candidate is not None:
        pairs = zip(job.plan.choices, baseline.candidate, strict=True)
        options = {choice.name: choice.options[index] for choice, index in pairs}
    fields = ("metrics", "standard_errors", "violations", "test_metrics", "test_standard_errors", "error")
    return {
        "label": baseline.label,
        "kind": baseline.kind,
        "options": options,
        **{name: getattr(baseline, name) for name in fields},
    }


def front_json(job: Job) -> dict[str, Any]:
    """A job, its front and its baselines for programs."""
    from autoquant.report.data import ReportData
    from autoquant.report.sensitivity import standing

    record, front, baselines = job.record, job.front(), job.baselines()
    found = standing(ReportData(record, (), front, baselines))
    return {
        "job": job_json(record),
        "store": job.store.url,
        "objectives": [asdict(objective) for objective in record.plan.objectives],
        "constraints": [str(constraint) for constraint in record.plan.constraints],
        "front": [trial_json(trial) for trial in front],
        "baselines": [baseline_json(baseline, record) for baseline in baselines],
        "sensitivity": None if found is None else asdict(found),
    }


def study_json(study: optuna.Study, storage: str) -> dict[str, Any]:
    """An exported study as JSON."""
    from autoquant.store.engine import shown

    return {
        "study": study.study_name,
        "storage": shown(storage),
        "trials": len(study.trials),
        "best_trials": len(study.best_trials),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event for programs."""
    return {"id": event.id, "moment": _moment(event.moment), "level": event.level, "text": event.text}


def event_text(event: Event) -> str:
    """An event for people."""
    return f"{event.moment.astimezone():%Y-%m-%d %H:%M:%S}  {event.level:7s}  {event.text}"


def plugin_json(info: PluginInfo) -> dict[str, Any]:
    """A plug-in for programs."""
    return asdict(info)


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
