"""The roofline as a function of a few factors on a device's numbers, and the fit of these to measured rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from autoquant.interfaces import FloatArray
from autoquant.network import LayerPrecision, LayerProfile
from autoquant_cost_models.device import Device
from autoquant_cost_models.kinds import work_kind
from autoquant_cost_models.roofline_terms import layer_bytes, uncached
from autoquant_cost_models.rows import Row

NOISE = 0.15
"""Deviation of measurements from a fitted roofline, in natural logarithms."""

SPREAD = {
    "speed": 3.0,
    "compute": 2.0,
    "throughput": 0.5,
    "efficiency": 2.0,
    "bandwidth": 1.0,
    "weight_bandwidth": 1.0,
    "overhead": 2.0,
    "overlap": 0.5,
}
"""Deviation of a device's numbers from those of a similar one, in natural logarithms (overlap as it is). ``speed`` is
common to all rates: boards differ more in it than in anything else."""

SAME_MEMORY = 0.3
"""Spread of the bandwidths on the same hardware: they are the memory's, hardly the engine's."""


LARGEST = 20.0
"""No device differs from another by more than this logarithm."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A number of a device that is fitted, by its name in the device's file, ``speed`` for all rates together, or
    ``compute`` for all of arithmetic."""

    name: str
    prior: float = 0.0
    """What the logarithm of the factor is expected to be; the overlap itself, for ``overlap``."""
    spread: float = 1.0

    @classmethod
    def default(cls, name: str, like: Device) -> Factor:
        """Expected to be as on ``like``, give or take what `SPREAD` says."""
        overlap = like.overlap.value if like.overlap else 1.0
        return cls(name, overlap if name == "overlap" else 0.0, SPREAD[_first(name)])

    def bounds(self, like: Device) -> tuple[float, float]:
        """Overlap and efficiency are fractions; the others are kept where their exponentials are finite."""
        what, _, kind = self.name.partition(".")
        if what == "overlap":
            return 0.0, 1.0
        return -LARGEST, -np.log(like.efficiency_of(kind)) if what == "efficiency" else LARGEST


def factors_of(rows: Sequence[Row], like: Device, same_hardware: bool = False) -> list[Factor]:
    """What these rows can tell of a device. Where ``like`` is the same hardware, its speed is no factor of its own."""
    layers = [layer for row in rows for layer in row.layers]
    names = ["compute", "bandwidth", "overhead", "overlap"] + ([] if same_hardware else ["speed"])
    names += ["weight_bandwidth"] if like.weight_bandwidth else []
    names += sorted({f"throughput.{like.arithmetic(p.weight_bits, p.activation_bits)}" for _, p in layers})
    names += sorted({f"efficiency.{work_kind(layer)}" for layer, _ in layers})
    factors = [Factor.default(name, like) for name in names]
    if not same_hardware:
        return factors
    return [replace(f, spread=SAME_MEMORY) if f.name.endswith("bandwidth") else f for f in factors]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The factors that explain the rows best, and the objective there."""

    values: Mapping[str, float]
    cost: float


def fit_factors(rows: Sequence[Row], measured: FloatArray, like: Device, factors: Sequence[Factor]) -> Fitted:
    """Maximum a posteriori. ``measured`` is milliseconds of each row: (rows,).

    Rows deviate from the roofline by `NOISE`, and factors from what is expected by their spread. Both penalties grow
    linearly far out: a factor moves only if the rows ask for it, and one odd row moves little.
    """
    roofline = FactorRoofline.of(rows, like, [factor.name for factor in factors])
    prior, spread = np.array([f.prior for f in factors]), np.array([f.spread for f in factors])
    lower, upper = np.array([f.bounds(like) for f in factors]).T
    log_measured = np.log(measured * 1e-3)

    def residuals(values: FloatArray) -> FloatArray:
        misfit = (np.log(roofline.seconds(values)) - log_measured) / NOISE
        return _linear_far_out(np.concatenate([misfit, (values - prior) / spread]))

    fits = [
        least_squares(residuals, np.clip(start, lower, upper), bounds=(lower, upper), x_scale=spread)
        for start in roofline.starts(prior, measured * 1e-3)
    ]
    best = min(fits, key=lambda result: float(result.cost))
    return Fitted(dict(zip(roofline.names, map(float, best.x), strict=True)), float(best.cost))


def _first(name: str) -> str:
    return name.partition(".")[0]


def _linear_far_out(z: FloatArray) -> FloatArray:
    """Its square is z^2 near 0 and 2 |z| far out (pseudo-Huber)."""
    result: FloatArray = np.sign(z) * np.sqrt(2 * (np.sqrt(1 + z * z) - 1))
    return result


@dataclass(frozen=True, slots=True)
class FactorRoofline:
    """The layers of all rows as arrays (layers,): what they take on a device, in seconds for a batch."""

    names: Sequence[str]
    rows: int
    row: npt.NDArray[np.int64]
    compute: FloatArray
    weights: FloatArray
    activations: FloatArray
    overhead: FloatArray
    speeds: npt.NDArray[np.bool_]
    """(layers, factors): which factors make the layer's arithmetic faster."""
    batch: float
    overlap: float

    @classmethod
    def of(cls, rows: Sequence[Row], like: Device, names: Sequence[str]) -> FactorRoofline:
        layers = [layer for row in rows for layer in row.layers]
        compute, weights, activations, overhead = np.array([_parts(like, *layer) for layer in layers]).T
        return cls(
            names=list(names),
            rows=len(rows),
            row=np.repeat(np.arange(len(rows)), [len(row.layers) for row in rows]),
            compute=compute,
            weights=weights,
            activations=activations,
            overhead=overhead,
            speeds=np.array([[_makes_faster(name, like, *layer) for name in names] for layer in layers]),
            batch=like.batch.value if like.batch else 1.0,
            overlap=like.overlap.value if like.overlap else 1.0,
        )

    def starts(self, prior: FloatArray, measured: FloatArray) -> list[FloatArray]:
        """The prior, and the prior with its arithmetic, its memory or both at what was measured, in seconds.

        Which of the two bounds a layer decides what its time shows: there is a local optimum to each answer.
        """
        compute, traffic = (self._sums(times) / measured for times in (self.compute, self.weights + self.activations))
        slower = [np.log(np.median(share[share > 0])) if (share > 0).any() else 0.0 for share in (compute, traffic)]
        arithmetic = np.array([name == "compute" for name in self.names]) * slower[0]
        memory = np.array([name.endswith("bandwidth") for name in self.names]) * slower[1]
        return [prior, prior + arithmetic, prior + memory, prior + arithmetic + memory]

    def _sums(self, times: FloatArray) -> FloatArray:
        return np.bincount(self.row, times, minlength=self.rows) / self.batch

    def seconds(self, values: FloatArray) -> FloatArray:
        """Seconds of one example in each row, when the factors have these logarithms: (factors,) -> (rows,)."""
        value = dict(zip(self.names, values, strict=True))
        speed = value.get("speed", 0.0)
        memory = np.exp(-speed - value["bandwidth"])
        weight_memory = np.exp(-speed - value.get("weight_bandwidth", value["bandwidth"]))
        compute = self.compute * np.exp(-(self.speeds @ values))
        traffic = self.weights * weight_memory + self.activations * memory
        hidden = value.get("overlap", self.overlap) * np.minimum(compute, traffic)
        overhead = self.overhead * np.exp(value["overhead"])
        return self._sums(compute + traffic - hidden + overhead)


def _parts(like: Device, layer: LayerProfile, precision: LayerPrecision) -> tuple[float, float, float, float]:
    """Seconds of a batch in arithmetic, in traffic of weights and of activations, and of overhead."""
    batch = like.batch.value if like.batch else 1.0
    kind = work_kind(layer)
    rate = like.macs_per_second(precision.weight_bits, precision.activation_bits) or 0.0
    weights, activations = layer_bytes(like, layer, precision)
    share = uncached(like, weights + batch * activations) * 1e-9
    weight_bandwidth = (like.weight_bandwidth or like.bandwidth).value
    return (
        batch * (layer.macs or 0) / (rate * like.efficiency_of(kind)),
        share * weights / weight_bandwidth,
        share * batch * activations / like.bandwidth.value,
        like.overhead_of(kind) * 1e-6,
    )


def _makes_faster(name: str, like: Device, layer: LayerProfile, precision: LayerPrecision) -> bool:
    arithmetic = like.arithmetic(precision.weight_bits, precision.activation_bits)
    return name in ("speed", "compute", f"throughput.{arithmetic}", f"efficiency.{work_kind(layer)}")
