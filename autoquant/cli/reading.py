"""Commands that read stored jobs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from autoquant.cli.app import JobArgument, JsonOption, StoreOption, app, errors
from autoquant.errors import SpecError
from autoquant.texts.wording import shown_name


@app.command()
def ls(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List the jobs of a store, the newest first."""
    from autoquant import client
    from autoquant.cli.tables import print_jobs
    from autoquant.json_views import job_json

    with errors(as_json):
        jobs = client.list_jobs(store)
    if as_json:
        print(json.dumps([job_json(record) for record in jobs]))
    else:
        print_jobs(jobs)


@app.command()
def status(job: JobArgument = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """How a job stands."""
    from autoquant import client
    from autoquant.cli.tables import print_job
    from autoquant.json_views import job_json

    with errors(as_json):
        record = client.load_job(job, store).record
    if as_json:
        print(json.dumps(job_json(record)))
    else:
        print_job(record)


@app.command()
def trials(
    job: JobArgument = None,
    after: Annotated[int, typer.Option(help="Start behind this trial number.")] = -1,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 50,
    state: Annotated[
        str | None,
        typer.Option(help="Only WAITING, RUNNING, COMPLETE, PRUNED or FAIL.", show_default=False),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List trials, a page at a time."""
    from autoquant import client
    from autoquant.cli.tables import print_trials
    from autoquant.json_views import trial_json
    from autoquant.trial import TrialState

    with errors(as_json):
        if state is not None and state not in TrialState.__members__:
            raise SpecError(f"--state: {state!r} is no state; accepted: {', '.join(TrialState.__members__)}")
        wanted = None if state is None else TrialState(state)
        loaded = client.load_job(job, store)
        page = list(loaded.trials(after=after, limit=limit, state=wanted))
        record = loaded.record
    if as_json:
        print(json.dumps([trial_json(trial, record) for trial in page]))
    else:
        print_trials(loaded, page, limit)


@app.command()
def front(job: JobArgument = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """The Pareto front of a job, with the uniform bit-widths as baselines."""
    from autoquant import client
    from autoquant.cli.tables import print_front
    from autoquant.json_views import front_json

    with errors(as_json):
        loaded = client.load_job(job, store)
        if as_json:
            print(json.dumps(front_json(loaded.record, loaded.front(), loaded.baselines(), loaded.store.url)))
        else:
            print_front(loaded)


@app.command()
def report(
    job: JobArgument = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.html",
            help="Where to write the HTML, by default autoquant-report-JOB.html; the PNG goes next to it.",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a job's report: one HTML file that needs no network, and a PNG."""
    from autoquant import client

    with errors(as_json):
        if output is not None and (output.suffix != ".html" or not os.path.isdir(output.parent)):  # noqa: PTH112
            raise SpecError(f"--output: {shown_name(output)} must end in .html and its folder must exist")
        loaded = client.load_job(job, store)
        html, png = loaded.report(output or f"autoquant-report-{loaded.id}.html")
    if as_json:
        print(json.dumps({"html": str(html), "png": str(png)}))
    else:
        print(f"{html}\n{png}")


@app.command()
def logs(
    job: JobArgument = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more until the job ends.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """What happened to a job: starts, lost workers, failed trials, how it ended."""
    from autoquant import client
    from autoquant.cli.tables import event_text
    from autoquant.json_views import event_json

    with errors(as_json):
        loaded = client.load_job(job, store)
        for event in loaded.follow() if follow else loaded.logs():
            print(json.dumps(event_json(event)) if as_json else event_text(event), flush=True)


@app.command()
def export_study(
    job: JobArgument = None,
    *,
    storage: Annotated[
        str, typer.Option("--storage", metavar="URL", help="Database of Optuna, such as sqlite:///study.db.")
    ],
    study_name: Annotated[
        str | None,
        typer.Option("--study-name", metavar="NAME", help="Name and id of the job by default.", show_default=False),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a job's trials as a study of Optuna, for optuna-dashboard and optuna.visualization."""
    from autoquant import client
    from autoquant.json_views import study_json

    with errors(as_json):
        written = study_json(client.load_job(job, store).to_optuna(storage, study_name), storage)
    if as_json:
        print(json.dumps(written))
    else:
        print(f"{written['trials']} trials, {written['best_trials']} of them on the front: study {written['study']!r}")
        print(f"'optuna-dashboard {written['storage']}' shows it")
