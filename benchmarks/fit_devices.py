"""Fits the devices of fit_devices.toml, writes their files, and prints how well each explains what was published.

    python benchmarks/fit_devices.py                      # judge all
    python benchmarks/fit_devices.py edge-tpu --write     # and write the file of one

A device's numbers come from a handful of networks, so that each row is also predicted from the others.
"""

from __future__ import annotations

import argparse
import csv
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from autoquant_cost_models.calibrate import Quality, calibrate, latencies, predict, predict_held_out
from autoquant_cost_models.device import Device, Quantity, load
from autoquant_cost_models.rows import Row
from cost_gates import PRIORS
from cost_gates_data import HARDWARE, phone_rows, t4_rows
from reference_networks import at
from rich.console import Console
from rich.table import Table

DEVICES = Path(str(files("autoquant_cost_models"))) / "devices"
TINY = HARDWARE / "mlperf_tiny_v1.1" / "mlperf_tiny_v1.1.csv"


def tiny_rows(system: str) -> list[Row]:
    """The int8 networks of one submission; with their energy where all have one."""
    with TINY.open(newline="") as file:
        lines = [
            line for line in csv.DictReader(file) if f"{line['division']}/{line['org']}/{line['system']}" == system
        ]
    with_energy = all(line["energy_uJ"] for line in lines)
    return [Row(line["task"], at(line["task"], 8), tiny_values(line, with_energy)) for line in lines]


def tiny_values(line: dict[str, str], with_energy: bool) -> dict[str, float]:
    values = {"latency_ms": float(line["latency_ms"])}
    if with_energy:
        power = float(line["energy_uJ"]) / float(line["latency_ms_in_energy_mode"])
        values["energy_uj"] = power * values["latency_ms"]
    return values


def rows_of(entry: dict[str, Any]) -> tuple[list[Row], str]:
    """The measured networks of an entry, and where they were published."""
    if "system" in entry:
        rows = tiny_rows(entry["system"])
        return rows, f"MLPerf Tiny v1.1, {entry['system']} (github.com/mlcommons/tiny_results_v1.1)"
    if "table" in entry:
        tables = t4_rows() if entry["table"] == "t4" else phone_rows()
        return [row for name, rows in tables.items() if entry["of"] in name for row in rows], entry["reference"]
    rows = [
        Row(f"{network} at {bits} bits", at(network, int(bits)), {"latency_ms": milliseconds})
        for network, by_bits in entry["published"].items()
        for bits, milliseconds in by_bits.items()
    ]
    return rows, entry["reference"]


def fitted(name: str, entry: dict[str, Any], rows: list[Row], reference: str) -> Device:
    """The device of an entry, with the numbers of its engine alone."""
    like = similar(entry)
    listed = ", ".join(f"{row.place} {row.values['latency_ms']:g} ms" for row in rows)
    measured = f"{len(rows)} rows" if "table" in entry else listed
    source = f"Fitted by benchmarks/fit_devices.py {name} to {reference}: {measured}"
    device = calibrate(rows, like, same_hardware=entry.get("same_hardware", False), source=source).device
    facts: dict[str, Quantity | None] = {key: Quantity(**value) for key, value in entry.get("facts", {}).items()}
    if "system" in entry and not all("energy_uj" in row.values for row in rows):
        facts["power"] = None  # that of another engine
    about = {key: entry[key] for key in ("device", "engine", "version")}
    more = {key: Quantity(**value) for key, value in entry.get("throughput", {}).items()}
    return device.model_copy(update={"name": name, **about, **facts, "throughput": device.throughput | more})


def similar(entry: dict[str, Any]) -> Device:
    """Where the fit begins; without the arithmetic that the engine does not execute."""
    name = entry["like"]
    like = load(str(PRIORS / name) if name.endswith(".toml") else name)
    executes = entry.get("executes", like.throughput)
    return like.model_copy(update={"throughput": {k: v for k, v in like.throughput.items() if k in executes}})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    entries = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    table = Table("device", "rows", "MAPE", "worst", "held out: MAPE", "Kendall's tau")
    for name in arguments.names or entries:
        entry = entries[name]
        rows, reference = rows_of(entry)
        device = fitted(name, entry, rows, reference)
        errors = predict(device, rows) / latencies(rows) - 1
        same = entry.get("same_hardware", False)
        out = Quality.of(predict_held_out(rows, similar(entry), same_hardware=same), latencies(rows))
        worst = max(errors, key=abs)
        shares = f"{abs(errors).mean():.1%}", f"{worst:+.1%}", f"{out.mape:.1%}"
        table.add_row(name, str(len(rows)), *shares, f"{out.kendall_tau:.2f}")
        if arguments.write:
            (DEVICES / f"{name}.toml").write_text(device.to_toml(), encoding="utf-8")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
