"""The command ``autoquant calibrate``: a device file from a few measurements, over any cost model that can make one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autoquant import plugins
from autoquant.errors import SpecError
from autoquant.interfaces import DeviceFit
from autoquant.texts.files import write_whole
from autoquant.texts.wording import shown_name


def calibrate(measurements: Path, like: str, output: Path, *, model: str, same_hardware: bool) -> DeviceFit:
    """Fit a device to measured rows and write its file, which is named after ``output``.

    `SpecError`, `UnsupportedError` and `PluginError` name what cannot be used; nothing is written then.
    """
    if output.suffix != ".toml" or not os.path.isdir(output.parent):  # noqa: PTH112
        raise SpecError(f"--output: {shown_name(output)} must end in .toml and its folder must exist")
    day = datetime.now(UTC).date().isoformat()
    source = f"fitted by autoquant calibrate to {measurements.name} on {day}"
    calibrated: DeviceFit = plugins.load("cost model", model).calibrate(
        str(measurements), like, name=output.stem, source=source, same_hardware=same_hardware
    )
    write_whole({output: lambda path: path.write_text(calibrated.device_file, encoding="utf-8")})
    return calibrated


def print_calibration(calibrated: DeviceFit, like: str, output: Path) -> None:
    """Two tables: the numbers that moved, and how well rows are predicted."""
    console = Console(width=None if Console().is_terminal else 120, markup=False, emoji=False)
    numbers = Table("number", like, output.stem, title="What the measurements say")
    for name, (before, now) in calibrated.numbers.items():
        numbers.add_row(name, before, now)
    quality = Table("measure", "rows of the fit", "held-out rows", title="How well they are predicted")
    for name, value in calibrated.fit.items():
        held_out = f"{calibrated.held_out[name]:.4g}" if name in calibrated.held_out else "–"
        quality.add_row(name, f"{value:.4g}", held_out)
    console.print(numbers)
    console.print(quality)
    console.print(f"{output}: ask for latency_ms@{output.name}", highlight=False)
