"""The verdict: wins, ties within noise, and losses against uniform bit-widths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from autoquant.report import ReportData
from autoquant.report.model.verdict import beaten_by_uniform, compare, tone, verdict
from autoquant.trial import Measurement

Make = Callable[..., ReportData]


def test_a_clear_win_is_called_one(make_tiny: Make) -> None:
    data = make_tiny([(0.90, 0.005, 3000.0)], {"W4": (0.85, 0.005, 4000.0), "W8": (0.87, 0.005, 8000.0)})
    assert verdict(data).startswith("The search beats every uniform bit-width (W4 and W8)")
    assert beaten_by_uniform(data) == []


def test_an_improvement_within_the_noise_at_the_same_cost_is_no_win(make_tiny: Make) -> None:
    data = make_tiny([(0.901, 0.005, 4000.0)], {"W4": (0.900, 0.005, 4000.0)})
    assert "beats" not in verdict(data)
    assert "W4 is on the front: the search found nothing better" in verdict(data)


def test_cheaper_but_a_little_lower_is_a_match(make_tiny: Make) -> None:
    data = make_tiny([(0.898, 0.005, 3000.0)], {"W4": (0.900, 0.005, 4000.0)})
    assert "W4 is matched, not beaten" in verdict(data)
    assert "within one standard error" in verdict(data)


def test_cheaper_but_clearly_lower_is_nothing(make_tiny: Make) -> None:
    data = make_tiny([(0.85, 0.005, 3000.0)], {"W4": (0.900, 0.005, 4000.0)})
    assert compare(data)[0].outcome == "unbeaten"
    assert "nothing better" in verdict(data)


def test_a_uniform_network_that_beats_the_front_is_named(make_tiny: Make) -> None:
    data = make_tiny([(0.80, 0.005, 5000.0), (0.95, 0.005, 8500.0)], {"W4": (0.90, 0.005, 4000.0)})
    assert "W4 beats 1 network of the front (#0)" in verdict(data)
    assert [(trial.number, baseline.label) for trial, baseline in beaten_by_uniform(data)] == [(0, "W4")]


def test_without_standard_errors_any_improvement_counts(make_tiny: Make) -> None:
    data = make_tiny([(0.9001, 0.0, 4000.0)], {"W4": (0.9000, 0.0, 4000.0)})
    assert compare(data)[0].outcome == "beaten"


def test_a_baseline_that_breaks_a_constraint_is_no_rival(make_tiny: Make) -> None:
    data = make_tiny([(0.90, 0.005, 3000.0)], {"W4": (0.85, 0.005, 4000.0), "W8": None})
    assert verdict(data).startswith("The search beats every uniform bit-width that could be compared (W4)")
    assert "W8 breaks a constraint." in verdict(data)
    alone = make_tiny([(0.90, 0.005, 3000.0)], {"W8": None})
    assert verdict(alone).startswith("Every uniform bit-width breaks a constraint (W8)")


@pytest.mark.parametrize("test", [True, False])
def test_the_split_that_is_compared_is_named(make_tiny: Make, test: bool) -> None:
    data = make_tiny([(0.90, 0.005, 3000.0)], {"W4": (0.85, 0.005, 4000.0)}, test=test)
    assert f"on the {'test' if test else 'search'} split" in verdict(data)


def test_test_scores_decide_once_they_are_there(make_tiny: Make) -> None:
    data = make_tiny([(0.95, 0.005, 4000.0)], {"W4": (0.90, 0.005, 4000.0)})
    lucky = replace(data, front=[replace(data.front[0], test=Measurement({"accuracy": 0.85}, {"accuracy": 0.01}))])
    assert compare(lucky)[0].outcome == "unbeaten"
    assert [trial.number for trial, _ in beaten_by_uniform(lucky)] == [0]


def test_nothing_can_be_cheaper_than_the_cheapest(example: Callable[[str], ReportData]) -> None:
    assert "No network of the space is cheaper than W2." in verdict(example("plain"))


def test_no_front_and_no_baselines(example: Callable[[str], ReportData]) -> None:
    assert verdict(example("empty")).startswith("No trial is feasible")
    assert "no uniform networks" in verdict(example("generic"))


def test_a_uniform_network_that_another_one_beats_is_not_on_the_front(make_tiny: Make) -> None:
    data = make_tiny([(0.80, 0.005, 2000.0)], {"W4": (0.900, 0.005, 4000.0), "W8": (0.900, 0.005, 8000.0)})
    text = verdict(data)
    assert "W4 is on the front: the search found nothing better at that size." in text
    assert "W8 is beaten by no network of the front, and no better than W4, which is uniform too." in text
    assert compare(data)[1].by_uniform == (compare(data)[0].baseline,)


@pytest.mark.parametrize(
    ("front", "uniform", "outcome"),
    [
        ((0.90, 0.005, 3000.0), {"W4": (0.85, 0.005, 4000.0), "W8": (0.87, 0.005, 8000.0)}, "won"),
        ((0.898, 0.005, 3000.0), {"W4": (0.900, 0.005, 4000.0)}, "even"),
        ((0.85, 0.005, 3000.0), {"W4": (0.900, 0.005, 4000.0)}, "even"),
        ((0.80, 0.005, 5000.0), {"W4": (0.90, 0.005, 4000.0)}, "lost"),
    ],
)
def test_the_tone_is_that_of_the_outcome(make_tiny: Make, front: Any, uniform: Any, outcome: str) -> None:
    assert tone(make_tiny([front], uniform)) == outcome


def test_without_a_front_or_behind_the_sensitivity_baseline_it_is_lost(example: Any, make_tiny: Make) -> None:
    assert tone(example("empty")) == "lost"
    better = [(0.95, 0.001, 1000.0)]
    assert tone(make_tiny([(0.5, 0.001, 8000.0)], {"W8": (0.4, 0.001, 8500.0)}, sensitivity=better)) == "lost"
