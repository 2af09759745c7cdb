"""Fitting a device to a few measurements of it, and saying how well it then predicts rows that it was not fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau

from autoquant.errors import SpecError, UnsupportedError
from autoquant.interfaces import DeviceFit, FloatArray
from autoquant_cost_models.device import ANY, Device, Quantity
from autoquant_cost_models.fitting import Factor, Fitted, factors_of, fit_factors
from autoquant_cost_models.kinds import work_kind
from autoquant_cost_models.roofline_terms import executes, layer_seconds
from autoquant_cost_models.rows import Row, describe, read_rows

FOLDS = 10
"""Quality is judged on a tenth of the rows at a time, held out of the fit."""

MOVED = 0.005
"""A number whose factor has a smaller logarithm than this has not moved."""

OVERHEAD_SHARE = 0.1
"""Where the similar device has no overhead, this share of a layer's time is where the fit of one begins."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well rows are predicted. Shares are fractions, not percent."""

    rows: int
    mape: float
    """Mean absolute error, relative to what was measured."""
    kendall_tau: float
    within_10_percent: float

    @property
    def measures(self) -> dict[str, float]:
        """By the name that a person reads; without a rank correlation where there is none."""
        measures = {"rows": float(self.rows), "mean error": self.mape, "share within 10 %": self.within_10_percent}
        return measures if np.isnan(self.kendall_tau) else measures | {"Kendall's tau": self.kendall_tau}

    @classmethod
    def of(cls, predicted: FloatArray, measured: FloatArray) -> Quality:
        """Both of shape (rows,). Kendall's tau is not a number for fewer than two rows."""
        errors = np.abs(predicted / measured - 1)
        tau = float(kendalltau(predicted, measured).statistic) if len(measured) > 1 else float("nan")
        return cls(len(measured), float(errors.mean()), tau, float((errors <= 0.1).mean()))


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibrated device, and how it came about."""

    device: Device
    factors: Fitted


def calibrate(
    rows: Sequence[Row],
    like: Device,
    *,
    same_hardware: bool = False,
    source: str = "fitted to measured rows",
    factors: Sequence[Factor] | None = None,
) -> Fit:
    """The device that explains the latencies of these rows and is otherwise as ``like``.

    ``same_hardware`` says that ``like`` is the same hardware with another engine, or its data sheet: bandwidth then
    hardly moves, while another board may be faster or slower as a whole. ``source`` becomes the source of the numbers
    that the fit moved. ``factors`` replaces what is expected of them. Power is that of the rows where they have an
    energy; power and memory sizes of other hardware are dropped.
    `SpecError` and `UnsupportedError` name a row without a latency, and one that ``like`` does not execute.
    """
    check_rows(rows, like)
    measured = latencies(rows)
    start = _with_every_number(rows, measured, like, source)
    fitted = fit_factors(rows, measured, start, factors or factors_of(rows, start, same_hardware))
    update: dict[str, object] = {} if same_hardware else {"ram": None, "flash": None, "power": None}
    if power := _power(rows, source):
        update["power"] = power
    return Fit(_scaled(start, fitted, source).model_copy(update=update), fitted)


def calibrated(measurements: str, like: Device, name: str, source: str, same_hardware: bool) -> DeviceFit:
    """What `CostModel.calibrate` gives: the device's file, what moved, and how well rows are predicted."""
    rows = read_rows(measurements)
    source = f"{source}, {len(rows)} rows"
    device = calibrate(rows, like, same_hardware=same_hardware, source=source).device
    about = like.device if same_hardware else f"{name}, calibrated from {like.device}"
    engine = "what was measured" if like.is_peak else like.engine
    device = device.model_copy(update={"name": name, "device": about, "engine": engine})
    held_out = predict_held_out(rows, like, same_hardware=same_hardware) if len(rows) > 1 else None
    before = dict(like.quantities())
    return DeviceFit(
        device_file=device.to_toml(),
        numbers={
            number: (str(before.get(number, "–")), str(quantity))
            for number, quantity in device.quantities()
            if quantity != before.get(number)
        },
        fit=Quality.of(predict(device, rows), latencies(rows)).measures,
        held_out={} if held_out is None else Quality.of(held_out, latencies(rows)).measures,
    )


def latencies(rows: Sequence[Row]) -> FloatArray:
    """Measured milliseconds of every row: (rows,)."""
    return np.array([row.values["latency_ms"] for row in rows])


def predict(device: Device, rows: Sequence[Row]) -> FloatArray:
    """Milliseconds of every row on a device: (rows,)."""
    return np.array([sum(layer_seconds(device, layer, p) for layer, p in row.layers) * 1e3 for row in rows])


def predict_held_out(rows: Sequence[Row], like: Device, *, same_hardware: bool = False, seed: int = 0) -> FloatArray:
    """Milliseconds of every row as predicted by a fit to the others: (rows,). Needs two rows."""
    folds = np.array_split(np.random.default_rng(seed).permutation(len(rows)), min(FOLDS, len(rows)))
    predicted = np.empty(len(rows))
    for fold in folds:
        rest = [rows[i] for i in range(len(rows)) if i not in fold]
        predicted[fold] = predict(calibrate(rest, like, same_hardware=same_hardware).device, [rows[i] for i in fold])
    return predicted


def check_rows(rows: Sequence[Row], like: Device) -> None:
    """Raise for what cannot be calibrated; the message names the row."""
    if not rows:
        raise SpecError("calibrate: there are no rows")
    for row in rows:
        if "latency_ms" not in row.values:
            raise SpecError(f"{row.place}: latency_ms is missing, and a device is calibrated by it")
        for layer, precision in row.layers:
            if layer.macs is None:
                raise SpecError(f"{row.place}: the MACs of {describe(layer, precision)} do not follow; add 'macs'")
            if not executes(like, precision):
                raise UnsupportedError(
                    f"{row.place}: {precision} was measured, but {like.supported}; calibrate from a device that "
                    "executes it"
                )


def _with_every_number(rows: Sequence[Row], measured: FloatArray, like: Device, source: str) -> Device:
    """``like`` with the numbers that its file lacks and that the rows can tell."""
    missing = sorted({work_kind(layer) for row in rows for layer, _ in row.layers} - like.efficiency.keys())
    source = f"{source}; what its absence from the file of {like.name} means, not moved"
    efficiency = {kind: Quantity(value=like.efficiency_of(kind), unit="fraction", source=source) for kind in missing}
    update: dict[str, object] = {"efficiency": like.efficiency | efficiency}
    if not any(number.value for number in like.overhead.values()):
        shares = OVERHEAD_SHARE * measured / [len(row.layers) for row in rows]
        batch = like.batch.value if like.batch else 1.0
        microseconds = float(np.median(shares) * 1e3 * batch)
        update["overhead"] = {ANY: Quantity(value=microseconds, unit="us", source=source)}
    if like.overlap is None:
        update["overlap"] = Quantity(value=1.0, unit="fraction", source=source)
    return like.model_copy(update=update)


def _scaled(like: Device, fitted: Fitted, source: str) -> Device:
    """The device whose numbers are those of ``like`` times the factors."""
    values = fitted.values
    speed, compute = values.get("speed", 0.0), values.get("compute", 0.0)

    def moved(name: str, quantity: Quantity, shift: float) -> Quantity:
        shift += values.get(name, 0.0)
        if abs(shift) < MOVED:
            return quantity
        factor = f"{np.exp(shift):.3g} times that of {like.name}"
        extrapolated = name.startswith("throughput.") and name not in values
        note = f"not measured, scaled as what was: {factor}; {source}" if extrapolated else f"{source}; {factor}"
        return Quantity(value=float(f"{quantity.value * np.exp(shift):.4g}"), unit=quantity.unit, source=note)

    update: dict[str, object] = {
        "throughput": {n: moved(f"throughput.{n}", q, speed + compute) for n, q in like.throughput.items()},
        "efficiency": {n: moved(f"efficiency.{n}", q, 0.0) for n, q in like.efficiency.items()},
        "overhead": {n: moved("overhead", q, 0.0) for n, q in like.overhead.items()},
        "bandwidth": moved("bandwidth", like.bandwidth, speed),
    }
    if "overlap" in values:
        update["overlap"] = Quantity(value=round(values["overlap"], 3), unit="fraction", source=source)
    if like.weight_bandwidth:
        update["weight_bandwidth"] = moved("weight_bandwidth", like.weight_bandwidth, speed)
    return like.model_copy(update=update)


def _power(rows: Sequence[Row], source: str) -> Quantity | None:
    """Mean power of the rows; None unless the energy of each was measured."""
    if not all("energy_uj" in row.values for row in rows):
        return None
    milliwatts = float(np.mean([row.values["energy_uj"] / row.values["latency_ms"] for row in rows]))
    return Quantity(value=float(f"{milliwatts:.4g}"), unit="mW", source=f"{source}; mean of energy over latency")
