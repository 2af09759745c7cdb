"""Does the search beat its baselines? The answer takes noise into account."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from autoquant.job import Baseline
from autoquant.objective import Objective
from autoquant.report.model.data import Network, ReportData
from autoquant.report.model.sensitivity import sensitivity_sentence, standing
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
    by_uniform: tuple[Baseline, ...] = ()
    """Other uniform baselines that beat it, or else are cheaper and within its noise."""


def compare(data: ReportData) -> list[Comparison]:
    """Every comparable uniform baseline against every front network, by the scores of ``data.split``."""
    return [_compare(data, baseline) for baseline in data.comparable]


def beaten_by_uniform(data: ReportData) -> list[tuple[Trial, Baseline]]:
    """Front networks with a uniform baseline that is nowhere worse and somewhere better by more than its noise."""
    return [(trial, comparison.baseline) for comparison in compare(data) for trial in comparison.beats]


def _compare(data: ReportData, baseline: Baseline) -> Comparison:
    beaten = tuple(t for t in data.ranked if _outcome(data, t, baseline) == "beaten")
    within = tuple(t for t in data.ranked if _outcome(data, t, baseline) == "within")
    others = [(other, _outcome(data, other, baseline)) for other in data.comparable if other is not baseline]
    better = tuple(other for other, outcome in others if outcome == "beaten")
    return Comparison(
        baseline,
        "beaten" if beaten else "within" if within else "unbeaten",
        beaten or within,
        tuple(t for t in data.ranked if t.candidate == baseline.candidate),
        tuple(t for t in data.ranked if _outcome(data, baseline, t) == "beaten"),
        better or tuple(other for other, outcome in others if outcome == "within"),
    )


def _outcome(data: ReportData, network: Network, rival: Network) -> Outcome:
    """How the rival fares against the network."""
    leads = [_lead(data, objective, network, rival) for objective in data.job.definition.objectives]
    if any(lead.value < -lead.noise for lead in leads) or not any(lead.value > lead.noise for lead in leads):
        return "unbeaten"
    return "beaten" if all(lead.value >= -lead.rounding for lead in leads) else "within"


class _Lead(NamedTuple):
    """By how much a network is better than its rival in one objective."""

    value: float
    noise: float
    """One standard error of the value, at least rounding."""
    rounding: float


def _lead(data: ReportData, objective: Objective, network: Network, rival: Network) -> _Lead:
    (left, left_error), (right, right_error) = (
        data.score(each, objective.metric) or (math.nan, 0.0) for each in (network, rival)
    )
    rounding = 1e-9 * max(abs(left), abs(right))
    value = objective.minimized(right) - objective.minimized(left)
    return _Lead(value, max(math.hypot(left_error, right_error), rounding), rounding)


def verdict(data: ReportData) -> str:
    """A few plain sentences: does the search beat the sensitivity baseline, and which uniform bit-widths?"""
    if not data.front:
        return f"No trial is feasible: there is no front to hold against the {data.uniform_name}s."
    against_sensitivity = sensitivity_sentence(data)
    comparisons = compare(data)
    if not comparisons:
        return f"{against_sensitivity} {_nothing_to_compare(data)}".lstrip()
    by_outcome = {o: [c for c in comparisons if c.outcome == o] for o in ("beaten", "within", "unbeaten")}
    name = data.uniform_name
    sentences = [against_sensitivity] if against_sensitivity else []
    if beaten := by_outcome["beaten"]:
        every = len(beaten) == len(comparisons)
        what = (
            f"every {name} that could be compared"
            if every and len(comparisons) < len(data.uniform)
            else (f"every {name}" if every else f"{len(beaten)} of {len(comparisons)} {name}s")
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
    sentences += [_beaten_by_uniform(c) for c in by_outcome["unbeaten"] if c.by_uniform]
    if unbeaten := [c for c in by_outcome["unbeaten"] if not c.by_uniform]:
        sentences.append(
            f"{_labels(unbeaten)} {_verb(unbeaten, 'is', 'are')} on the front: "
            "the search found nothing better at that size." + _cheapest(data, unbeaten)
        )
    for comparison in comparisons:
        if comparison.beats:
            count, networks = len(comparison.beats), _verb(comparison.beats, "network", "networks")
            numbers = ", ".join(f"#{t.number}" for t in comparison.beats)
            sentences.append(f"{comparison.baseline.label} beats {count} {networks} of the front ({numbers}).")
    if broken := [b.label for b in data.uniform if b.violations]:
        sentences.append(f"{_listed(broken)} {_verb(broken, 'breaks', 'break')} a constraint.")
    if data.measured:
        sentences.append(f"Scores compared are those on the {data.split} split.")
    return " ".join(sentences)


def _beaten_by_uniform(comparison: Comparison) -> str:
    """Of a baseline that the front does not beat, but another baseline does."""
    rivals = [rival.label for rival in comparison.by_uniform]
    ahead = f"no better than {_listed(rivals)}, which {_verb(rivals, 'is', 'are')} uniform too"
    return f"{comparison.baseline.label} is beaten by no network of the front, and {ahead}."


Tone = Literal["won", "even", "lost"]


def tone(data: ReportData) -> Tone:
    """``won`` where the search beats all that it is compared with, ``lost`` where one of these beats some of it."""
    comparisons, against = compare(data), standing(data)
    behind = against is not None and against.hypervolume < against.baseline_hypervolume * (1 - 1e-9)
    if not data.front or behind or any(comparison.beats for comparison in comparisons):
        return "lost"
    ahead = against is None or against.hypervolume > against.baseline_hypervolume * (1 + 1e-9)
    beaten = all(c.outcome == "beaten" or c.by_uniform for c in comparisons)
    return "won" if ahead and beaten and (comparisons or against is not None) else "even"


def _nothing_to_compare(data: ReportData) -> str:
    if not data.uniform:
        return "This space has no uniform networks, so there is nothing to hold the front against."
    if all(b.violations for b in data.uniform):
        labels = ", ".join(b.label for b in data.uniform)
        return f"Every {data.uniform_name} breaks a constraint ({labels}), so there is none to hold the front against."
    return f"No {data.uniform_name} that keeps the constraints could be measured, so the front stands alone."


def _cheapest(data: ReportData, unbeaten: list[Comparison]) -> str:
    """Says so where nothing better was possible, because the space has nothing cheaper."""
    lowest = {t.metric: sum(map(min, t.layers)) for t in data.job.definition.costs if t.layers}
    costs = [o.metric for o in data.costs if o.metric in lowest]
    bottom = [c for c in unbeaten if any(math.isclose(c.baseline.metrics[m], lowest[m], rel_tol=1e-9) for m in costs)]
    return f" (No network of the space is cheaper than {_labels(bottom)}.)" if bottom else ""


def _labels(comparisons: Sequence[Comparison]) -> str:
    return _listed([c.baseline.label for c in comparisons])


def _listed(labels: Sequence[str]) -> str:
    *most, last = labels
    return f"{', '.join(most)} and {last}" if most else last


def _verb(subjects: Sequence[object], singular: str, plural: str) -> str:
    return singular if len(subjects) == 1 else plural
