"""The sensitivity baseline in a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoquant.job import Baseline
from autoquant.pareto import Normalization, hypervolume
from autoquant.report import ReportData, write_report
from autoquant.report.html.front_charts import front_chart
from autoquant.report.html.score_charts import scored_networks
from autoquant.report.model.panels import panels
from autoquant.report.model.sensitivity import sensitivity_sentence, standing, unmatched
from autoquant.report.model.table import front_table
from autoquant.report.model.verdict import verdict

Make = Callable[..., ReportData]

FRONT = [(0.80, 0.01, 3000.0), (0.90, 0.01, 6000.0)]
UNIFORM: dict[str, Any] = {"W4": (0.7, 0.01, 7000.0)}


def with_hypervolume(data: ReportData, better: float) -> ReportData:
    """The report whose front has the hypervolume that its networks have, and ``better`` in addition."""
    scale = Normalization(data.job.definition.objectives, data.job.definition.bounds)
    own = hypervolume([scale.values(trial.metrics) for trial in data.front], [1.0, 1.0])
    return replace(data, job=replace(data.job, hypervolume=own + better))


def test_a_search_that_beats_it_says_by_how_much(make_tiny: Make) -> None:
    data = with_hypervolume(
        make_tiny(FRONT, UNIFORM, sensitivity=[(0.79, 0.01, 3000.0), (0.95, 0.01, 8000.0), None]), 0.2
    )
    found = standing(data)
    assert found is not None
    assert (found.points, found.dominated, found.dominating) == (2, 1, 0)
    assert found.hypervolume > found.baseline_hypervolume
    assert sensitivity_sentence(data) == (
        f"The search beats the sensitivity baseline: on the search split its hypervolume is {found.hypervolume:.4f} "
        f"against {found.baseline_hypervolume:.4f}, and its front dominates 1 of the baseline's 2 points."
    )
    assert verdict(data).startswith("The search beats the sensitivity baseline: ")


def test_a_search_that_does_not_beat_it_says_so(make_tiny: Make) -> None:
    data = with_hypervolume(make_tiny(FRONT, UNIFORM, sensitivity=[(0.85, 0.01, 2000.0)]), 0.0)
    data = replace(data, job=replace(data.job, hypervolume=0.1))
    assert (
        "does not beat the sensitivity baseline: on the search split its hypervolume is 0.1000 against 0."
        in verdict(data)
    )
    assert "dominates 0 of the baseline's 1 point, which dominates 1 of its 2 networks." in verdict(data)
    same = with_hypervolume(make_tiny(FRONT, UNIFORM, sensitivity=FRONT), 0.0)
    assert "The search only matches the sensitivity baseline" in verdict(same)


def test_the_table_lists_the_points_that_the_front_lacks(make_tiny: Make) -> None:
    points = [(0.80, 0.01, 3000.0), (0.79, 0.01, 3000.0), (0.95, 0.01, 8000.0), None]
    data = make_tiny(FRONT, UNIFORM, sensitivity=points)
    assert [one.label for one in unmatched(data)] == ["sensitivity 3"]
    rows = {row.label: row for row in front_table(data).rows}
    assert {label for label in rows if label.startswith("sensitivity")} == {"sensitivity 3"}
    assert rows["sensitivity 3"].kind == "sensitivity"
    assert rows["sensitivity 3"].cells == ("95.0 ± 1.0", "95.0 ± 1.0", "7.81")
    labels = [one.label for one in scored_networks(data, "accuracy") if isinstance(one, Baseline)]
    assert labels == ["W4", "sensitivity 3"]


def test_the_picture_shows_all_its_points_as_a_series_of_their_own(make_tiny: Make, tmp_path: Path) -> None:
    data = make_tiny(FRONT, UNIFORM, sensitivity=[(0.81, 0.01, 5000.0), (0.6, 0.01, 2500.0), None])
    (panel,) = panels(data)
    assert [spot.y for spot in panel.sensitivity] == pytest.approx([60, 81])
    series = {trace.name: trace for trace in front_chart(panel).data}
    assert list(series["sensitivity baseline"].y) == pytest.approx([60, 81])
    assert len(series["uniform bit-width"].y) == 1
    page, picture = write_report(data, tmp_path / "report.html")
    assert "sensitivity baseline" in page.read_text()
    assert picture.stat().st_size > 10_000


def test_why_there_is_none_is_stated_in_one_sentence(make_tiny: Make) -> None:
    data = make_tiny(FRONT, UNIFORM)
    why = "it takes 13 measurements of single options, and the job has 9 trials"
    none = Baseline("no_sensitivity", "sensitivity", None, error=why)
    data = replace(data, baselines=[*data.baselines, none])
    reason = "There is no sensitivity baseline: it takes 13 measurements of single options, and the job has 9 trials."
    assert verdict(data).startswith(reason)
    assert standing(data) is None
    assert not [row for row in front_table(data).rows if row.label.startswith("sensitivity")]
    assert sensitivity_sentence(make_tiny(FRONT, UNIFORM)) == "", "a job that knows of none"
