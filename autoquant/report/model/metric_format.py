"""How metrics are written for people: names, units, numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoquant.interfaces import PEAKS
from autoquant.job import Baseline
from autoquant.objective import Constraint
from autoquant.report.model.data import ReportData
from autoquant.trial import Trial

_SUFFIXES = {"_bytes": "B", "_ms": "ms", "_uj": "µJ"}
_UNITS = {"bytes": "B", "byte": "B", "uJ": "µJ", "uj": "µJ", "bit operations": "", "bitops": ""}
_KEPT = ("ms", "µJ", "s", "B", "")
"""Units that are never given a prefix for thousands or millions."""


@dataclass(frozen=True)
class MetricFormat:
    """How one metric is written: ``value * factor`` in ``unit``, with so many decimals."""

    name: str
    unit: str
    factor: float = 1.0
    decimals: int = 3

    @property
    def heading(self) -> str:
        """Name with unit, for an axis or a column."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def number(self, value: float) -> str:
        """The value without its unit."""
        return f"{value * self.factor:,.{self.decimals}f}".replace("-", "\N{MINUS SIGN}")

    def text(self, value: float, error: float = 0.0) -> str:
        """The value with its standard error (where there is one) and its unit."""
        spread = f" ± {self.number(error)}" if error else ""
        return f"{self.number(value)}{spread} {self.unit}".rstrip()

    def brief(self, value: float) -> str:
        """The value to four digits, however small it is, with its unit."""
        scaled = self.scaled(value)
        digits = f"{scaled:,.0f}" if abs(scaled) >= 10_000 else f"{scaled:.4g}"
        return f"{digits} {self.unit}".rstrip()

    def scaled(self, value: float) -> float:
        """The value in ``unit``."""
        return value * self.factor


def metric_formats(data: ReportData) -> dict[str, MetricFormat]:
    """Metric -> how to write it, for all that the networks of a report are known by."""
    networks: list[Trial | Baseline] = [*data.front, *data.baselines]
    known = dict.fromkeys([*data.metrics, *(m for n in networks for m in n.metrics)])
    units = {table.metric: table.unit for table in data.job.definition.costs}
    peaks = {table.metric for table in data.job.definition.costs if PEAKS in table.provenance}
    by_metric = {}
    for metric in known:
        values = [n.metrics[metric] for n in (networks or data.trials) if metric in n.metrics]
        values += [c.bound for c in data.job.definition.constraints if c.metric == metric] if not values else []
        errors = [n.standard_errors[metric] for n in networks if n.standard_errors.get(metric)]
        by_metric[metric] = format_of(metric, units.get(metric), values, errors, peak=metric in peaks)
    return by_metric


def format_of(
    metric: str, unit: str | None, values: list[float], errors: Sequence[float] = (), *, peak: bool = False
) -> MetricFormat:
    """How to write a metric with these values and standard errors; ``unit`` None where its name implies it.

    ``peak``: its numbers are peaks of a data sheet, and its name says so.
    """
    unit = None if unit is None else _UNITS.get(unit, unit)
    base, _, device = metric.partition("@")  # a job of an older version may hold names that no spec could write
    stem, suffix_unit = _split_suffix(base)
    name = stem.replace("_", " ") + (" size" if suffix_unit == "B" and "memory" not in stem else "")
    name += f" on {device}" if device else ""
    name += ", data sheet peak" if peak else ""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    if base in ("accuracy", "accuracy_drop") and largest <= 1:
        smallest = min(errors, default=1.0)
        return MetricFormat(name, "%", 100.0, 1 if smallest >= 0.0015 else 2)
    factor, prefixed = _prefix(largest, suffix_unit if unit is None else unit)
    return MetricFormat(name, prefixed, factor, _decimals(largest * factor))


def _split_suffix(base: str) -> tuple[str, str]:
    for suffix, unit in _SUFFIXES.items():
        if base.endswith(suffix):
            return base.removesuffix(suffix), unit
    return base, ""


def _prefix(largest: float, unit: str) -> tuple[float, str]:
    """Factor and unit that keep the largest value readable."""
    if unit == "B":
        steps: Iterable[tuple[float, str]] = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
        return next(((1 / size, name) for size, name in steps if largest >= 4 * size), (1.0, "B"))
    if unit in _KEPT and unit:
        return 1.0, unit
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if largest >= 4 * size:
            return 1 / size, f"{letter} {unit}".rstrip()
    return 1.0, unit


def _decimals(largest: float) -> int:
    """Decimals that give the largest value four digits."""
    return 3 if largest <= 0 else max(0, min(6, 3 - math.floor(math.log10(largest))))


def constraint_text(constraint: Constraint, formats: dict[str, MetricFormat]) -> str:
    """A constraint with its bound in readable units."""
    fmt = formats[constraint.metric]
    sign = "≤" if constraint.operator == "<=" else "≥"
    return f"{fmt.name} {sign} {fmt.brief(constraint.bound)}"


def violation_text(constraint: str, excess: float, data: ReportData, formats: dict[str, MetricFormat]) -> str:
    """A broken constraint, and by how much."""
    known = next((c for c in data.job.definition.constraints if str(c) == constraint), None)
    if known is None:
        return f"breaks {constraint}"
    return f"breaks {constraint_text(known, formats)} by {formats[known.metric].brief(excess)}"
