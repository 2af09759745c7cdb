"""Dominance, fronts and hypervolume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autoquant.objective import Bounds, Objective

FloatArray = npt.NDArray[np.float64]


def dominates(a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
    """Whether ``a`` is nowhere worse than ``b`` and somewhere better; both to be minimised."""
    left, right = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return bool(np.all(left <= right) and np.any(left < right))


def non_dominated(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which rows no other row dominates: (n, objectives), to be minimised -> (n,). Equal rows are all kept."""
    from moocore import is_nondominated

    points = np.asarray(values, dtype=float)
    if len(points) == 0:
        return np.zeros(0, dtype=bool)
    return np.asarray(is_nondominated(points, maximise=False, keep_weakly=True), dtype=bool)


def hypervolume(values: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Volume that the rows dominate, up to the reference point; (n, objectives), to be minimised.

    Exact, from moocore (Fonseca, Paquete, Lopez-Ibanez 2006 and later). Points beyond the reference count for nothing.
    """
    from moocore import hypervolume as exact

    points = np.asarray(values, dtype=float)
    corner = np.asarray(reference, dtype=float)
    if points.size == 0:
        return 0.0
    if points.shape[1] == 1:
        return float(max(0.0, corner[0] - points.min()))
    return float(exact(points, ref=corner))


@dataclass(frozen=True, slots=True)
class Normalization:
    """Maps metrics onto [0, 1] for the hypervolume: 0 at the best value of each objective, 1 at the worst.

    The reference point is (1, .., 1), so a hypervolume of 1 would be every best value in one point. What is better than
    the best, where that was only an estimate, counts as the best, so that no hypervolume is more than 1.
    """

    objectives: tuple[Objective, ...]
    bounds: tuple[Bounds, ...]

    def values(self, metrics: Mapping[str, float]) -> FloatArray:
        """The objectives of one point, normalized, shape (objectives,)."""
        raw = np.array([metrics[objective.metric] for objective in self.objectives], dtype=float)
        best, worst = np.array(self.bounds, dtype=float).T
        span = np.where(worst == best, 1.0, worst - best)
        with np.errstate(over="ignore"):  # a value near the end of what a float holds becomes infinite
            normalized: FloatArray = (raw - best) / span
        return normalized

    def hypervolume(self, values: FloatArray) -> float:
        """Of normalized points, (n, objectives); in [0, 1]."""
        return hypervolume(np.maximum(values, 0.0), np.ones(values.shape[1]))


class Offer(NamedTuple):
    """What became of a point that was offered to a front."""

    joined: bool
    removed: list[int]
    """Numbers of the points that it replaced."""


class ParetoFront:
    """The non-dominated points seen so far, kept up to date one point at a time; cost O(front), not O(points)."""

    def __init__(self, normalization: Normalization) -> None:
        self.normalization = normalization
        self.numbers: list[int] = []
        self._values: FloatArray = np.empty((0, len(normalization.objectives)))
        self.hypervolume = 0.0

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, number: int, metrics: Mapping[str, float]) -> Offer:
        """Offer a point to the front.

        Of points with exactly the same values the lowest number stays, whatever the order in which they come.
        """
        point = self.normalization.values(metrics)
        as_good = np.all(self._values <= point, axis=1)
        equal = as_good & np.all(self._values >= point, axis=1)
        if any(not same or n < number for n, same in zip(np.array(self.numbers)[as_good], equal[as_good], strict=True)):
            return Offer(False, [])
        beaten = np.all(point <= self._values, axis=1)
        removed = [n for n, out in zip(self.numbers, beaten, strict=True) if out]
        self.numbers = [n for n, out in zip(self.numbers, beaten, strict=True) if not out] + [number]
        self._values = np.vstack([self._values[~beaten], point])
        self.hypervolume = self.normalization.hypervolume(self._values)
        return Offer(True, removed)
