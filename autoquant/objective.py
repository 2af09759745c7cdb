"""What a search optimises and what it must respect, as text and as values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from autoquant.errors import SpecError

Direction = Literal["maximize", "minimize"]
Value = TypeVar("Value", float, npt.NDArray[np.float64])

_NAME = r"[^\W\d][\w\-./%]*(?: [\w\-./%]+)*"
_LONGEST_NAME = 100
NAME_RULE = (
    "the name of a metric begins with a letter or '_' and goes on with letters, digits, '_', '-', '.', '/', '%' and "
    "single spaces, 100 characters at most"
)
_METRIC = re.compile(rf"({_NAME})(?:@(\S+))?")
_CONSTRAINT = re.compile(rf"^\s*({_NAME}(?:@[^\s<>=]+)?)\s*(<=|>=)\s*(\S+)\s*$")

DROP = "_drop"
"""``accuracy_drop`` is how much worse than the float network ``accuracy`` is; any evaluator metric may be used so."""


def is_metric_name(name: object) -> bool:
    """Whether `NAME_RULE` holds: what is named so can be written in objectives and constraints."""
    return isinstance(name, str) and len(name) <= _LONGEST_NAME and re.fullmatch(_NAME, name) is not None


METRIC_FORM = "a metric of the evaluator such as 'accuracy', or a cost such as 'latency_ms@cortex-m7'"


def split_metric(text: str) -> tuple[str, str | None]:
    """``latency_ms@cortex-m7`` -> ("latency_ms", "cortex-m7"). `SpecError` when it is not of that form."""
    match = _METRIC.fullmatch(text)
    if match is None:
        raise SpecError(f"{text!r} is not the name of a metric; write {METRIC_FORM}")
    return match[1], match[2]


class Bounds(NamedTuple):
    """The best and the worst value of a metric; for one that is minimised, such as a cost, the least and the most."""

    best: float
    worst: float

    @property
    def least(self) -> float:
        """The lower end, whichever is better."""
        return min(self)

    @property
    def most(self) -> float:
        """The upper end."""
        return max(self)


@dataclass(frozen=True, slots=True)
class Objective:
    """One metric and the direction in which it is better. ``metric`` may carry a device: ``latency_ms@cortex-m7``."""

    metric: str
    direction: Direction

    def __post_init__(self) -> None:
        split_metric(self.metric)
        if self.direction not in ("maximize", "minimize"):
            raise SpecError(f"objective {self.metric}: direction {self.direction!r}; accepted: maximize, minimize")

    @property
    def sign(self) -> float:
        """What a value is multiplied by so that less is better: 1 or -1."""
        return -1.0 if self.direction == "maximize" else 1.0

    def minimized(self, value: Value) -> Value:
        """The value with its sign turned so that less is better."""
        return -value if self.direction == "maximize" else value


def as_objective(text: str | Objective) -> Objective:
    """An `Objective`, from one or from the name of a metric whose direction needs no saying.

    ``accuracy`` is maximised; ``loss``, ``divergence`` and all that a cost model gives (known by device or unit) is
    minimised.
    """
    if isinstance(text, Objective):
        return text
    name, device = split_metric(text)
    if name == "accuracy":
        return Objective(text, "maximize")
    if device is not None or name in ("loss", "divergence", "bitops") or name.endswith(("_bytes", "_ms", "_uj", DROP)):
        return Objective(text, "minimize")
    raise SpecError(f"objective {text!r}: say its direction, Objective({text!r}, 'maximize') or 'minimize'")


@dataclass(frozen=True, slots=True)
class Constraint:
    """``metric <= bound`` or ``metric >= bound``; a candidate that breaks it is never called feasible."""

    metric: str
    operator: Literal["<=", ">="]
    bound: float

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """From text such as ``weight_bytes <= 65536``. `SpecError` says what is accepted."""
        match = _CONSTRAINT.match(text)
        form = "write 'metric <= number' or 'metric >= number', for example 'weight_bytes <= 65536'"
        if match is None:
            raise SpecError(f"{text!r} is not a constraint; {form}")
        try:
            bound = float(match[3].replace("_", ""))
        except ValueError:
            raise SpecError(f"{text!r}: {match[3]!r} is not a number; {form}") from None
        if not math.isfinite(bound):
            raise SpecError(f"{text!r}: the bound must be a finite number; {form}")
        return cls(match[1], "<=" if match[2] == "<=" else ">=", bound)

    def __str__(self) -> str:
        short = f"{self.bound:.12g}"
        return f"{self.metric} {self.operator} {short if float(short) == self.bound else repr(self.bound)}"

    @property
    def sign(self) -> float:
        """What values and the bound are multiplied by so that the bound is an upper one: 1 or -1."""
        return 1.0 if self.operator == "<=" else -1.0

    def holds(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which values keep the bound; what is NaN keeps none."""
        return np.asarray(values <= self.bound if self.operator == "<=" else values >= self.bound)

    def excess(self, value: Value) -> Value:
        """How far beyond the bound values are, in the metric's unit; below 0 where they hold it."""
        return value - self.bound if self.operator == "<=" else self.bound - value

    def relative_excess(self, value: Value) -> Value:
        """The excess as a share of the bound, so that constraints on several metrics can be compared and added."""
        return self.excess(value) / max(abs(self.bound), 1e-9)

    def violation(self, value: float) -> float:
        """By how much the value breaks the bound, in the metric's unit; 0 where it holds. What is NaN holds nothing."""
        if math.isnan(value):
            return math.inf
        return max(0.0, self.excess(value))


def violations(constraints: tuple[Constraint, ...], metrics: Mapping[str, float]) -> dict[str, float]:
    """The broken constraints and by how much, for those whose metric is known."""
    broken = {str(c): c.violation(metrics[c.metric]) for c in constraints if c.metric in metrics}
    return {text: excess for text, excess in broken.items() if excess > 0}
