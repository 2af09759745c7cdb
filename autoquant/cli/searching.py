"""Commands that run a search, or end one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from autoquant.cli.app import (
    JobArgument,
    JsonOption,
    RayOption,
    SpecArgument,
    StoreOption,
    TracebackOption,
    app,
    errors,
)
from autoquant.errors import SpecError

if TYPE_CHECKING:
    from autoquant.client import Job
    from autoquant.spec import SearchSpec


@app.command()
def search(
    spec: SpecArgument,
    store: StoreOption = None,
    ray_address: RayOption = None,
    as_json: JsonOption = False,
    traceback: TracebackOption = False,
) -> None:
    """Run a search to its end; Ctrl-C pauses it."""
    from autoquant import client
    from autoquant.spec import SearchSpec

    with errors(as_json, traceback):
        checked = SearchSpec.from_file(spec)
        _use_ray(ray_address, checked)
        _run(lambda **listeners: client.search(checked, store, **listeners), as_json)


@app.command()
def resume(
    job: JobArgument = None,
    n_trials: Annotated[
        int | None,
        typer.Option(min=1, max=10**9, help="New total of trials; the job's own by default.", show_default=False),
    ] = None,
    store: StoreOption = None,
    ray_address: RayOption = None,
    as_json: JsonOption = False,
    traceback: TracebackOption = False,
) -> None:
    """Take a job up where it stands."""
    from autoquant import client
    from autoquant.spec import SearchSpec

    with errors(as_json, traceback):
        if ray_address is not None:
            _use_ray(ray_address, SearchSpec.from_dict(client.load_job(job, store).record.spec))
        _run(lambda **listeners: client.resume(job, store, n_trials=n_trials, **listeners), as_json)


def _use_ray(address: str | None, spec: SearchSpec) -> None:
    """The pool reads the environment, which also configures the containers of a cluster.

    `SpecError` where the pool of the spec takes no address.
    """
    if address is None:
        return
    from autoquant import plugins

    if spec.folder is not None:
        plugins.use_folder(spec.folder)
    if "address" not in plugins.options_model(plugins.load("pool", spec.pool.name)).model_fields:
        raise SpecError(
            f"--ray-address: the pool of the spec is {spec.pool.name!r}, which runs on no Ray; leave the option out, "
            "or write pool: ray"
        )
    os.environ["AUTOQUANT_RAY_ADDRESS"] = address


def _run(run: Callable[..., Job], as_json: bool) -> None:
    from autoquant.cli.progress import LiveProgress
    from autoquant.cli.tables import print_front
    from autoquant.job import JobState
    from autoquant.json_views import front_json

    with LiveProgress() as display:
        job = run(progress=display.progress, started=display.started)
    if as_json:
        print(json.dumps(front_json(job.record, job.front(), job.baselines(), job.store.url)))
        return
    record = job.record
    print_front(job)
    if record.message:
        print(f"{record.state}: {record.message}")
    open_end = record.state in (JobState.PAUSED, JobState.CANCELLED)
    hint = f"'autoquant resume {job.id}' goes on" if open_end else f"'autoquant report {job.id}' draws it"
    print(f"{hint}; stored as job {job.id} in {job.store.url}")


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

    with errors(as_json):
        loaded = client.load_job(job, store)
        asked = getattr(loaded, verb)()
    if as_json:
        print(json.dumps({"id": loaded.id, f"{verb}_requested": asked, "state": str(loaded.state)}))
    elif asked:
        print(f"job {loaded.id} is asked to {verb}")
    else:
        print(f"job {loaded.id} is {loaded.state}: no process ran it any more")
