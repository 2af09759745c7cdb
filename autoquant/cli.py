"""The command line. Heavy modules are imported by the command that needs them, so that ``--help`` is instant."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoquant.errors import (
    AutoQuantError,
    JobFailed,
    JobNotFound,
    PluginError,
    SpecError,
    StoreUnavailable,
    UnsupportedError,
)

if TYPE_CHECKING:
    from autoquant.client import Job

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="Where jobs are kept: AUTOQUANT_STORE, else sqlite:///autoquant.db."),
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, with the keys that docs/cli.md lists.")]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray-address",
        metavar="HOST:PORT",
        help="Ray cluster to run trials on: AUTOQUANT_RAY_ADDRESS, else a local Ray.",
        show_default=False,
    ),
]
SpecArgument = Annotated[Path, typer.Argument(metavar="SPEC.yaml", help="What to search.", show_default=False)]
JobArgument = Annotated[
    int | None,
    typer.Argument(metavar="JOB", help="Id of the job; the newest by default.", show_default=False),
]

BAD_INPUT, FAILED = 2, 1
BAD_INPUT_ERRORS = (SpecError, PluginError, UnsupportedError, StoreUnavailable, JobNotFound)
DEFAULT_REPORT = Path("autoquant-report.html")


def main() -> None:
    """Entry point of the ``autoquant`` command: 0, 2 for a bad spec or argument, 1 for a failed job."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"autoquant {version('autoquant')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Finds, layer by layer, the bit-widths of a PyTorch network on the Pareto front of accuracy and cost."""


@contextmanager
def _errors(as_json: bool) -> Iterator[None]:
    """Errors as one clear text on stderr (with ``--json`` an object on stdout), and the exit code that fits."""
    try:
        yield
    except AutoQuantError as error:
        code = BAD_INPUT if isinstance(error, BAD_INPUT_ERRORS) else FAILED
        if as_json:
            problems = error.problems if isinstance(error, SpecError) else [str(error)]
            print(json.dumps({"error": type(error).__name__, "problems": problems}))
        else:
            kind = "job failed" if isinstance(error, JobFailed) else "error"
            print(f"{kind}: {error}", file=sys.stderr)
        raise typer.Exit(code) from None
    except KeyboardInterrupt:
        print("interrupted; running trials were dropped, 'autoquant resume' goes on", file=sys.stderr)
        raise typer.Exit(130) from None


@app.command()
def search(
    spec: SpecArgument,
    store: StoreOption = None,
    ray_address: RayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a search to its end; Ctrl-C pauses it."""
    from autoquant import client

    _use_ray(ray_address)

    with _errors(as_json):
        _run(lambda **listeners: client.search(spec, store, **listeners), as_json)


@app.command()
def resume(
    job: JobArgument = None,
    n_trials: Annotated[
        int | None,
        typer.Option(min=1, help="New total of trials; the job's own by default.", show_default=False),
    ] = None,
    store: StoreOption = None,
    ray_address: RayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a job up where it stands."""
    from autoquant import client

    _use_ray(ray_address)

    with _errors(as_json):
        _run(lambda **listeners: client.resume(job, store, n_trials=n_trials, **listeners), as_json)


def _use_ray(address: str | None) -> None:
    """The pool reads the environment, where a cluster's containers are told, too."""
    if address is not None:
        os.environ["AUTOQUANT_RAY_ADDRESS"] = address


def _run(run: Callable[..., Job], as_json: bool) -> None:
    from autoquant.console import Display, front_json, print_front
    from autoquant.job import JobState

    with Display() as display:
        job = run(progress=display.progress, started=display.started)
    if as_json:
        print(json.dumps(front_json(job)))
        return
    record = job.record
    print_front(job)
    if record.message:
        print(f"{record.state}: {record.message}")
    open_end = record.state in (JobState.PAUSED, JobState.CANCELLED)
    hint = f"'autoquant resume {job.id}' goes on" if open_end else f"'autoquant report {job.id}' draws it"
    print(f"{hint}; stored as job {job.id} in {job.store.url}")


@app.command()
def cost(
    spec: SpecArgument,
    device: Annotated[
        list[str] | None,
        typer.Option("--device", "-d", help="A device, or the path of its file; may be repeated.", show_default=False),
    ] = None,
    bits: Annotated[
        str | None,
        typer.Option(help="W4A8, W8, .. or 'float'; by default the most bits of the space.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to draw it, a PNG.")] = Path(
        "autoquant-cost.png"
    ),
    as_json: JsonOption = False,
) -> None:
    """Price a spec's network layer by layer, before any search: what costs most, and what limits it."""
    from autoquant.console import cost_json, print_costs
    from autoquant.costing import price_network
    from autoquant.report.cost_picture import write_cost_picture
    from autoquant.spec import SearchSpec

    with _errors(as_json):
        if output.suffix != ".png" or not output.parent.is_dir():
            raise SpecError(f"--output: {output} must end in .png and its folder must exist")
        costs = price_network(SearchSpec.from_file(spec), device or [], bits)
        write_cost_picture(costs, output)
    if as_json:
        print(json.dumps(cost_json(costs) | {"png": str(output)}))
    else:
        print_costs(costs)
        print(f"drawn in {output}")


@app.command()
def ls(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List the jobs of a store, the newest first."""
    from autoquant import client
    from autoquant.console import job_json, print_jobs

    with _errors(as_json):
        jobs = client.list_jobs(store)
    if as_json:
        print(json.dumps([job_json(record) for record in jobs]))
    else:
        print_jobs(jobs)


@app.command()
def status(job: JobArgument = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """How a job stands."""
    from autoquant import client
    from autoquant.console import job_json, print_job

    with _errors(as_json):
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
    from autoquant.console import print_trials, trial_json
    from autoquant.trial import TrialState

    with _errors(as_json):
        if state is not None and state not in TrialState.__members__:
            raise SpecError(f"--state: {state!r} is no state; accepted: {', '.join(TrialState.__members__)}")
        wanted = None if state is None else TrialState(state)
        found = client.load_job(job, store)
        page = list(found.trials(after=after, limit=limit, state=wanted))
    if as_json:
        print(json.dumps([trial_json(trial) for trial in page]))
    else:
        print_trials(found, page, limit)


@app.command()
def front(job: JobArgument = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """The Pareto front of a job, with the uniform bit-widths beside it."""
    from autoquant import client
    from autoquant.console import front_json, print_front

    with _errors(as_json):
        found = client.load_job(job, store)
        if as_json:
            print(json.dumps(front_json(found)))
        else:
            print_front(found)


@app.command()
def report(
    job: JobArgument = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write the HTML; the PNG goes beside it.")
    ] = DEFAULT_REPORT,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a job's report: one HTML file that needs no network, and a PNG."""
    from autoquant import client

    with _errors(as_json):
        if output.suffix != ".html" or not output.parent.is_dir():
            raise SpecError(f"--output: {output} must end in .html and its folder must exist")
        html, png = client.load_job(job, store).report(output)
    if as_json:
        print(json.dumps({"html": str(html), "png": str(png)}))
    else:
        print(f"{html}\n{png}")


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
    from autoquant.console import study_json

    with _errors(as_json):
        written = study_json(client.load_job(job, store).to_optuna(storage, study_name), storage)
    if as_json:
        print(json.dumps(written))
    else:
        print(f"{written['trials']} trials, {written['best_trials']} of them on the front: study {written['study']!r}")
        print(f"'optuna-dashboard {written['storage']}' shows it")


@app.command()
def stop(job: JobArgument = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Ask the process that runs a job to end it CANCELLED, once its running trials are done."""
    _request(job, store, as_json, "stop")


@app.command()
def pause(job: JobArgument = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Ask the process that runs a job to end it PAUSED, once its running trials are done."""
    _request(job, store, as_json, "pause")


def _request(job: int | None, store: str | None, as_json: bool, verb: str) -> None:
    from autoquant import client
    from autoquant.job import JobState

    with _errors(as_json):
        found = client.load_job(job, store)
        state = found.state
        if state not in (JobState.QUEUED, JobState.RUNNING):
            raise SpecError(f"job {found.id} is {state}: only a QUEUED or RUNNING job can be asked to {verb}")
        asked = getattr(found, verb)()
    if as_json:
        print(json.dumps({"id": found.id, f"{verb}_requested": asked, "state": str(found.state)}))
    elif asked:
        print(f"job {found.id} is asked to {verb}")
    else:
        print(f"job {found.id} is {found.state}: no process ran it any more")


@app.command()
def logs(
    job: JobArgument = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more until the job ends.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """What happened to a job: starts, lost workers, failed trials, how it ended."""
    from autoquant import client
    from autoquant.console import event_json, event_text

    with _errors(as_json):
        found = client.load_job(job, store)
        for event in found.follow() if follow else found.logs():
            print(json.dumps(event_json(event)) if as_json else event_text(event), flush=True)


@app.command()
def calibrate(
    measurements: Annotated[
        Path,
        typer.Argument(metavar="MEASUREMENTS.csv", help="Measured layers or networks; also .json.", show_default=False),
    ],
    like: Annotated[str, typer.Option("--like", metavar="DEVICE", help="A similar device, or a .toml file.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="BOARD.toml", help="Where to write the device.")],
    same_hardware: Annotated[
        bool,
        typer.Option(
            "--same-hardware", help="DEVICE is the data sheet of what was measured, or it with another engine."
        ),
    ] = False,
    model: Annotated[str, typer.Option(help="The cost model to calibrate.")] = "roofline",
    as_json: JsonOption = False,
) -> None:
    """Fit a device to a few measurements, and say how well it predicts those left out."""
    from autoquant import calibration

    with _errors(as_json):
        found = calibration.calibrate(measurements, like, output, model=model, same_hardware=same_hardware)
    if as_json:
        print(json.dumps(calibration.calibration_json(found, output)))
    else:
        calibration.print_calibration(found, like, output)


storage = typer.Typer(no_args_is_help=True, help="The database that holds jobs.")
app.add_typer(storage, name="storage")


@storage.command()
def upgrade(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Migrate a store to the schema of this AutoQuant."""
    from autoquant.settings import default_store
    from autoquant.store import Store
    from autoquant.store.engine import HEAD

    with _errors(as_json):
        url = Store(store or default_store(), create=False, upgrade=True).url
        print(json.dumps({"store": url, "schema": HEAD}) if as_json else f"{url} has schema version {HEAD}")


@app.command()
def plugins(as_json: JsonOption = False) -> None:
    """Every installed plug-in, with its distribution; broken ones say why."""
    from autoquant.console import plugin_json, print_plugins
    from autoquant.plugins import discover

    found = discover()
    if as_json:
        print(json.dumps([plugin_json(info) for info in found]))
    else:
        print_plugins(found)


@app.command()
def schema() -> None:
    """The JSON Schema of a spec, for editors; it knows the options of every installed plug-in."""
    from autoquant.schema import spec_schema

    print(json.dumps(spec_schema(), indent=2))
