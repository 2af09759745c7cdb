"""Does the search beat what stands beside it? The answer, with noise taken for what it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autoquant.job import Baseline
from autoquant.objective import Objective
from autoquant.report.model.data import Network, ReportData
from autoquant.report.model.sensitivity import sensitivity_sentence
from autoquant.trial import Trial

Outcome = Literal["beaten", "within", "unbeaten"]
"""``within``: a front network is cheaper, and loses less of a score than one standard error of the difference."""


@dataclass(frozen=True)
class Comparison:
    """One uniform baseline against the front."""

    baseline: Baseline
    outcome: Outcome
    by: tuple[Trial, ...] = ()
    """The front networks that give the outcome, cheapest first."""
    same: tuple[Trial, ...] = ()
    """Front networks that are this very candidate."""
    beats: tuple[Trial, ...] = ()
    """The front networks that the baseline beats."""


def compare(data: ReportData) -> list[Comparison]:
    """Every comparable uniform baseline against every front network, by the scores of ``data.split``."""
    return [_compare(data, baseline) for baseline in data.comparable]


def beaten_by_uniform(data: ReportData) -> list[tuple[Trial, Baseline]]:
    """Front networks with a uniform baseline that is nowhere worse and somewhere better by more than its noise."""
    return [(trial, found.baseline) for found in compare(data) for trial in found.beats]


def _compare(data: ReportData, baseline: Baseline) -> Comparison:
    beaten = tuple(t for t in data.ranked if _outcome(data, t, baseline) == "beaten")
    within = tuple(t for t in data.ranked if _outcome(data, t, baseline) == "within")
    return Comparison(
        baseline,
        "beaten" if beaten else "within" if within else "unbeaten",
        beaten or within,
        tuple(t for t in data.ranked if t.candidate == baseline.candidate),
        tuple(t for t in data.ranked if _outcome(data, baseline, t) == "beaten"),
    )


def _outcome(data: ReportData, ours: Network, theirs: Network) -> Outcome:
    """How ``theirs`` fares against ``ours``."""
    gains = [_gain(data, objective, ours, theirs) for objective in data.job.definition.objectives]
    if any(gain < -noise for gain, noise, _ in gains) or not any(gain > noise for gain, noise, _ in gains):
        return "unbeaten"
    return "beaten" if all(gain >= -rounding for gain, _, rounding in gains) else "within"


def _gain(data: ReportData, objective: Objective, ours: Network, theirs: Network) -> tuple[float, float, float]:
    """By how much ours is better, one standard error of that difference (at least rounding), and rounding."""
    (left, left_error), (right, right_error) = (
        data.score(network, objective.metric) or (math.nan, 0.0) for network in (ours, theirs)
    )
    rounding = 1e-9 * max(abs(left), abs(right))
    gain = objective.minimized(right) - objective.minimized(left)
    return gain, max(math.hypot(left_error, right_error), rounding), rounding


def verdict(data: ReportData) -> str:
    """A few plain sentences: does the search beat the sensitivity baseline, and which uniform bit-widths?"""
    if not data.front:
        return "No trial is feasible: there is no front to hold against the uniform bit-widths."
    beside = sensitivity_sentence(data)
    found = compare(data)
    if not found:
        return f"{beside} {_nothing_to_compare(data)}".lstrip()
    by_outcome = {o: [c for c in found if c.outcome == o] for o in ("beaten", "within", "unbeaten")}
    sentences = [beside] if beside else []
    if beaten := by_outcome["beaten"]:
        every = len(beaten) == len(found)
        what = (
            "every uniform bit-width that could be compared"
            if every and len(found) < len(data.uniform)
            else ("every uniform bit-width" if every else f"{len(beaten)} of {len(found)} uniform bit-widths")
        )
        sentences.append(
            f"The search beats {what} ({_labels(beaten)}): the front holds networks that are nowhere worse, "
            "and cheaper or better by more than one standard error."
        )
    if within := by_outcome["within"]:
        sentences.append(
            f"{_labels(within)} {_verb(within, 'is', 'are')} matched, not beaten: a cheaper network on "
            "the front scores lower, but within one standard error."
        )
    if unbeaten := by_outcome["unbeaten"]:
        sentences.append(
            f"{_labels(unbeaten)} {_verb(unbeaten, 'is', 'are')} on the front: "
            "the search found nothing better at that size." + _cheapest(data, unbeaten)
        )
    for one in found:
        if one.beats:
            networks = _verb(one.beats, "network", "networks")
            numbers = ", ".join(f"#{t.number}" for t in one.beats)
            sentences.append(f"{one.baseline.label} beats {len(one.beats)} {networks} of the front ({numbers}).")
    if broken := [b.label for b in data.uniform if b.violations]:
        sentences.append(f"{_listed(broken)} {_verb(broken, 'breaks', 'break')} a constraint.")
    if data.measured:
        sentences.append(f"Scores compared are those on the {data.split} split.")
    return " ".join(sentences)


def _nothing_to_compare(data: ReportData) -> str:
    if not data.uniform:
        return "This space has no uniform networks, so there is nothing to hold the front against."
    if all(b.violations for b in data.uniform):
        labels = ", ".join(b.label for b in data.uniform)
        return f"Every uniform bit-width breaks a constraint ({labels}), so there is none to hold the front against."
    return "No uniform bit-width that keeps the constraints could be measured, so the front stands alone."


def _cheapest(data: ReportData, unbeaten: list[Comparison]) -> str:
    """Says so where nothing better was possible, because the space has nothing cheaper."""
    lowest = {t.metric: sum(map(min, t.layers)) for t in data.job.definition.costs if t.layers}
    costs = [o.metric for o in data.costs if o.metric in lowest]
    bottom = [c for c in unbeaten if any(math.isclose(c.baseline.metrics[m], lowest[m], rel_tol=1e-9) for m in costs)]
    return f" (No network of the space is cheaper than {_labels(bottom)}.)" if bottom else ""


def _labels(found: Sequence[Comparison]) -> str:
    return _listed([c.baseline.label for c in found])


def _listed(labels: Sequence[str]) -> str:
    *most, last = labels
    return f"{', '.join(most)} and {last}" if most else last


def _verb(subjects: Sequence[object], one: str, many: str) -> str:
    return one if len(subjects) == 1 else many
