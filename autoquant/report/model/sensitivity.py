"""Does the search beat the sensitivity baseline? By search scores, by which both were chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoquant.job import Baseline
from autoquant.pareto import Normalization
from autoquant.report.model.data import Network, ReportData


@dataclass(frozen=True)
class Standing:
    """The front compared with the sensitivity baseline, on the search split."""

    hypervolume: float
    """Of the front."""
    baseline_hypervolume: float
    points: int
    """Of the baseline, that keep every constraint."""
    dominated: int
    """Those of them that a network of the front dominates."""
    dominating: int
    """Networks of the front that a point of the baseline dominates."""


def standing(data: ReportData) -> Standing | None:
    """How the two compare; None where there is no front or no point that could be compared."""
    points, front = comparable(data), data.front
    if not points or not front:
        return None
    scale = Normalization(data.job.definition.objectives, data.job.definition.bounds)
    values = np.array([scale.values(point.metrics) for point in points])
    return Standing(
        hypervolume=data.job.hypervolume,
        baseline_hypervolume=scale.hypervolume(values),
        points=len(points),
        dominated=sum(any(_as_good(data, trial, point, better=True) for trial in front) for point in points),
        dominating=sum(any(_as_good(data, point, trial, better=True) for point in points) for trial in front),
    )


def comparable(data: ReportData) -> list[Baseline]:
    """The points that keep every constraint and were measured in every objective."""
    wanted = [objective.metric for objective in data.job.definition.objectives]
    return [point for point in data.sensitivity if not point.violations and all(m in point.metrics for m in wanted)]


def unmatched(data: ReportData) -> list[Baseline]:
    """The points that no network of the front equals or dominates: those that a reader of a table must see."""
    return [point for point in comparable(data) if not any(_as_good(data, trial, point) for trial in data.front)]


def _as_good(data: ReportData, network: Network, rival: Network, *, better: bool = False) -> bool:
    """Whether the network is nowhere worse than its rival by search scores; ``better``: and somewhere better."""
    goals = data.job.definition.objectives
    pairs = [(o.minimized(network.metrics[o.metric]), o.minimized(rival.metrics[o.metric])) for o in goals]
    return all(a <= b for a, b in pairs) and (not better or any(a < b for a, b in pairs))


def sensitivity_sentence(data: ReportData) -> str:
    """One sentence for the verdict; empty where the job knows of no sensitivity baseline."""
    if data.no_sensitivity is not None:
        return f"There is no sensitivity baseline: {data.no_sensitivity}."
    compared = standing(data)
    if compared is None:
        return ""
    searched, baseline = compared.hypervolume, compared.baseline_hypervolume
    if math.isclose(searched, baseline, rel_tol=1e-9):
        verb = "only matches"
    else:
        verb = "beats" if searched > baseline else "does not beat"
    text = f"The search {verb} the sensitivity baseline: on the search split its hypervolume is {searched:.4f} against "
    text += f"{baseline:.4f}, and its front dominates {compared.dominated} of the baseline's "
    text += _count(compared.points, "point")
    if compared.dominating:
        text += f", which {_verb(compared.points)} {compared.dominating} of its {_count(len(data.front), 'network')}"
    return text + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _verb(points: int) -> str:
    return "dominates" if points == 1 else "dominate"


def listed_baselines(data: ReportData) -> Sequence[Baseline]:
    """The baselines that a table lists with the front, the float network apart."""
    return [*data.uniform, *unmatched(data)]
