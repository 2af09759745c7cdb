"""How well do the cost models predict what was measured? Each gate compares with one that counts MACs alone.

    python benchmarks/cost_gates.py

Nothing that is predicted was seen by the fit. Reads AUTOQUANT_DATA; devices and tables added to its files are judged
too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from autoquant_cost_models.calibrate import Quality, calibrate, latencies, predict
from autoquant_cost_models.device import Device, load
from autoquant_cost_models.fitting import Factor
from autoquant_cost_models.rows import Row
from cost_gates_cells import Cells, fit_cells
from cost_gates_data import haq_table, mobilenet_v2, phone_rows, t4_rows
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from autoquant.network import ActivationQuantization, LayerPrecision, WeightQuantization, WeightQuantizer

PRIORS = Path(__file__).parent / "cost_gates"
"""Devices to start from: data sheets, none fitted to what is judged here."""

MEASUREMENTS = 10
SEEDS = 5
LEARN_FROM = 60
"""Cells of each other device that tell what devices have in common."""


@dataclass(frozen=True)
class Figure:
    """One line of the result. ``bound`` None: for information, no gate."""

    name: str
    measure: str
    value: float
    macs: float
    bound: float | None = None
    larger_is_better: bool = False

    @property
    def holds(self) -> bool:
        if self.bound is None:
            return True
        return self.value >= self.bound if self.larger_is_better else self.value <= self.bound


def by_macs(fitted: Sequence[Row], asked: Sequence[Row]) -> np.ndarray:
    """The baseline: milliseconds proportional to MACs, at the median rate of the rows that were measured."""
    macs = [
        np.array([float(sum(layer.macs or 0 for layer, _ in row.layers)) for row in rows]) for rows in (fitted, asked)
    ]
    return macs[1] * np.median(latencies(fitted) / macs[0])


def at_bits(weight: int, activation: int) -> LayerPrecision:
    """From 1 bit on, where weights are binary."""
    quantizer: WeightQuantizer = "binary" if weight == 1 else "symmetric"
    return LayerPrecision(WeightQuantization(weight, quantizer=quantizer), ActivationQuantization(activation))


def haq() -> Iterator[Figure]:
    """Each layer as a bit-serial device of its own: does the roofline explain its 64 entries, and 16 the other 48?"""
    like = load(str(PRIORS / "bit-serial.toml"))
    # The table has no unit, so that nothing is expected of the numbers.
    factors = [Factor(name, 0.0, 10.0) for name in ("compute", "bandwidth", "weight_bandwidth", "overhead")]
    errors: dict[str, list[float]] = {"all": [], "all macs": [], "sixteen": [], "sixteen macs": []}
    for (layer, _), costs in zip(mobilenet_v2(), haq_table(), strict=True):
        rows = [
            Row(
                f"{layer.kind} W{w}A{a}",
                ((replace(layer, bias=0), at_bits(w, a)),),
                {"latency_ms": costs[w - 1, a - 1]},
            )
            for w in range(1, 9)
            for a in range(1, 9)
        ]
        few = rows[1::4]
        others = [row for row in rows if row not in few]
        for name, fitted, asked in (("all", rows, rows), ("sixteen", few, others)):
            device = calibrate(fitted, like, factors=factors).device
            errors[name].append(Quality.of(predict(device, asked), latencies(asked)).mape)
            errors[f"{name} macs"].append(Quality.of(by_macs(fitted, asked), latencies(asked)).mape)
    means = {name: float(np.mean(values)) for name, values in errors.items()}
    yield Figure("HAQ's simulator, 53 x 64 entries, each layer fitted", "MAPE", means["all"], means["all macs"], 0.03)
    yield Figure("  from 16 entries a layer, the other 48", "MAPE", means["sixteen"], means["sixteen macs"])


def t4() -> Iterator[Figure]:
    """A T4's data sheet, fitted to the layers of ResNet-18, asked for those of ResNet-50."""
    rows = t4_rows()
    like = load(str(PRIORS / "t4-data-sheet.toml"))

    def quality(keep: Callable[[Row], bool]) -> tuple[Quality, Quality]:
        fitted, asked = ([row for row in rows[name] if keep(row)] for name in ("18", "50"))
        device = calibrate(fitted, like, same_hardware=True).device
        measured = latencies(asked)
        return Quality.of(predict(device, asked), measured), Quality.of(by_macs(fitted, asked), measured)

    roofline, macs = quality(lambda row: True)
    yield Figure(f"T4, ResNet-18 -> ResNet-50, {roofline.rows} layers", "MAPE", roofline.mape, macs.mape, 0.15)
    yield Figure("", "Kendall's tau", roofline.kendall_tau, macs.kendall_tau, 0.73, True)
    roofline, macs = quality(lambda row: row.layers[0][0].kind == "conv" and row.layers[0][0].weight_shape[1] > 3)
    yield Figure(f"  without stem and classifier, {roofline.rows} layers", "MAPE", roofline.mape, macs.mape)
    yield Figure("", "Kendall's tau", roofline.kendall_tau, macs.kendall_tau)


def phone() -> Iterator[Figure]:
    """Each phone fitted at its smallest input size, starting from a Raspberry Pi 4, asked for the others."""
    like = load("raspberry-pi-4")
    sizes: dict[str, dict[int, list[Row]]] = {}
    for name, rows in phone_rows().items():
        size = re.search(r"_(\d{3})(?=_|$)", name)
        assert size, name
        sizes.setdefault(name.replace(size[0], ""), {})[int(size[1])] = rows
    for name, tables in sizes.items():
        smallest = min(tables)
        device = calibrate(tables[smallest], like).device
        for size in sorted(tables.keys() - {smallest}):
            measured = latencies(tables[size])
            fitted = Quality.of(predict(device, tables[size]), measured)
            macs = Quality.of(by_macs(tables[smallest], tables[size]), measured)
            title = f"{name.removesuffix('_lookup_table')}, {smallest} -> {size} px, {fitted.rows} blocks"
            yield Figure(title, "MAPE", fitted.mape, macs.mape, 0.06)


def nas_bench_201() -> Iterator[Figure]:
    """Ten cells of a new device, all others ranked."""
    cells, like = Cells.load(), load("raspberry-pi-4")
    macs = cells.macs()
    chosen = cells.diverse(MEASUREMENTS)
    alone = {name: ranking(cells, name, chosen, like) for name in cells.latencies}
    baseline = {name: spearman(cells, name, chosen, macs) for name in cells.latencies}
    means = float(np.mean(list(alone.values()))), float(np.mean(list(baseline.values())))
    yield Figure(f"NAS-Bench-201, {MEASUREMENTS} cells, {len(alone)} devices", "mean Spearman", *means, 0.93, True)
    for name, correlation in alone.items():
        yield Figure(f"  {name}", "Spearman", correlation, baseline[name])
    seeds = [np.mean([ranking(cells, n, cells.random(MEASUREMENTS, s), like) for n in alone]) for s in range(SEEDS)]
    yield Figure(f"  random cells, mean of {SEEDS} seeds", "mean Spearman", float(np.mean(seeds)), means[1])
    yield Figure(f"  random cells, worst of {SEEDS} seeds", "mean Spearman", float(min(seeds)), means[1])
    if len(alone) > 2:
        learned = learned_from_others(cells, like)
        with_others = [ranking(cells, name, chosen, like, learned[name]) for name in alone]
        yield Figure("  knowing the other devices", "mean Spearman", float(np.mean(with_others)), means[1])


def ranking(cells: Cells, device: str, chosen: list[int], like: Device, factors: list[Factor] | None = None) -> float:
    """Spearman's rank correlation on the cells that were not measured."""
    fitted, removes = fit_cells(cells, device, chosen, like, factors)
    return spearman(cells, device, chosen, cells.predict(fitted.device, removes))


def spearman(cells: Cells, device: str, chosen: list[int], predicted: np.ndarray) -> float:
    rest = np.setdiff1d(np.arange(len(cells.cells)), chosen)
    return float(spearmanr(predicted[rest], cells.latencies[device][rest]).statistic)


def learned_from_others(cells: Cells, like: Device) -> dict[str, list[Factor]]:
    """Device -> what the fits to all other devices say of a device: mean and deviation of each factor."""
    many = [*cells.diverse(MEASUREMENTS), *cells.random(LEARN_FROM, seed=0)]
    fits = {name: fit_cells(cells, name, many, like)[0].factors.values for name in cells.latencies}
    return {device: expected([factors for name, factors in fits.items() if name != device]) for device in fits}


def expected(fits: list[Mapping[str, float]]) -> list[Factor]:
    """Mean and deviation of each factor over the fits that have it (one in two says little)."""
    values = {name: [factors[name] for factors in fits if name in factors] for name in sorted(set().union(*fits))}
    spread = {name: np.std(of, ddof=1) if len(of) > 1 else 1.0 for name, of in values.items()}
    return [Factor(name, float(np.mean(of)), float(np.hypot(spread[name], 0.1))) for name, of in values.items()]


def main() -> None:
    table = Table("what is predicted", "measure", "cost model", "MACs alone", "gate", "")
    for gate in (haq, t4, phone, nas_bench_201):
        for figure in gate():
            sign = ">=" if figure.larger_is_better else "<="
            bound = "" if figure.bound is None else f"{sign} {_text(figure, figure.bound)}"
            verdict = "" if figure.bound is None else "holds" if figure.holds else "MISSED"
            numbers = _text(figure, figure.value), _text(figure, figure.macs)
            table.add_row(figure.name, figure.measure, *numbers, bound, verdict)
        table.add_section()
    Console(width=110).print(table)


def _text(figure: Figure, value: float) -> str:
    return f"{value:.1%}" if figure.measure == "MAPE" else f"{value:.3f}"


if __name__ == "__main__":
    main()
