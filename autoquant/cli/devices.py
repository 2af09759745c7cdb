"""Commands about devices: what a network costs there, and fitting one to measurements."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from autoquant.cli.app import JsonOption, SpecArgument, TracebackOption, app, errors
from autoquant.errors import SpecError
from autoquant.texts.files import write_whole
from autoquant.texts.wording import shown_name


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
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.png", help="Draw it, too.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    traceback: TracebackOption = False,
) -> None:
    """Price a spec's network layer by layer, before any search: what costs most, and what limits it."""
    from autoquant.cli.tables import print_costs
    from autoquant.json_views import cost_json
    from autoquant.planning.network_costs import price_network
    from autoquant.report.png.cost_picture import write_cost_picture
    from autoquant.spec import SearchSpec

    with errors(as_json, traceback):
        if output is not None and (output.suffix != ".png" or not os.path.isdir(output.parent)):  # noqa: PTH112
            raise SpecError(f"--output: {shown_name(output)} must end in .png and its folder must exist")
        costs = price_network(SearchSpec.from_file(spec), device or [], bits)
        if output is not None:
            write_whole({output: partial(write_cost_picture, costs)})
    if as_json:
        print(json.dumps(cost_json(costs) | {"png": None if output is None else str(output)}))
        return
    print_costs(costs)
    print(f"drawn in {output}" if output is not None else "-o FILE.png draws it")


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
    """Fit a device to a few measurements, and report how well it predicts held-out ones."""
    from autoquant.cli import calibrate as calibration
    from autoquant.json_views import calibration_json

    with errors(as_json):
        calibrated = calibration.calibrate(measurements, like, output, model=model, same_hardware=same_hardware)
    if as_json:
        print(json.dumps(calibration_json(calibrated, output)))
    else:
        calibration.print_calibration(calibrated, like, output)
