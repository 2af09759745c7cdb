"""The HTML report: complete, self-contained, safe and honest."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from autoquant.interfaces import PEAKS
from autoquant.job import JobState
from autoquant.network import NetworkProfile
from autoquant.report import ReportData
from autoquant.report.html.page import write_html
from autoquant.report.model.verdict import tone
from autoquant.report.png.picture import write_png
from autoquant.trial import TrialState

Example = Callable[[str], ReportData]


def page_of(data: ReportData, folder: Path) -> str:
    """The page without the text of plotly.js, which must stand in it once."""
    path = folder / "report.html"
    write_html(data, path)
    text = path.read_text(encoding="utf-8")
    assert text.count(get_plotlyjs()) == 1
    return text.replace(get_plotlyjs(), "")


def table_rows(page: str) -> list[str]:
    """First cell of every row of the table of networks."""
    return [unescape(label) for label in re.findall(r'<tr class="[^"]*"><td class="text"><b>([^<]*)</b>', page)]


def test_every_network_stands_in_the_table(any_report: ReportData, tmp_path: Path) -> None:
    labels = table_rows(page_of(any_report, tmp_path))
    expected = [f"#{t.number}" for t in any_report.front] + [b.label for b in any_report.baselines]
    assert sorted(labels) == sorted(expected)


def test_nothing_is_loaded(any_report: ReportData, tmp_path: Path) -> None:
    page = page_of(any_report, tmp_path)
    for loader in ("src=", "href=", "url(", "@import", "http:", "https:", "MathJax", "<link", "<iframe"):
        assert loader not in page


def test_sections_and_charts(example: Example, tmp_path: Path) -> None:
    page = page_of(example("three"), tmp_path)
    for title in ("Front", "Scores on the test split", "Networks", "Hypervolume against trials", "Cost by layer"):
        assert f"<h2>{title}</h2>" in page
    assert "<h2>Bits by layer along the front</h2>" in page
    charts = re.findall(r'draw\("([^"]+)"', page)
    assert charts == ["front-0", "front-1", "scores-0", "hypervolume", "choices-0", "layer-costs"]
    assert set(charts) == set(re.findall(r'class="chart" id="([^"]+)"', page))


def test_weights_and_activations_have_a_heat_map_each(example: Example, tmp_path: Path) -> None:
    page = page_of(example("activations"), tmp_path)
    assert "<h3>Bits of weights</h3>" in page
    assert "<h3>Bits of activations</h3>" in page


def test_options_that_are_no_bits_are_shown_as_text(example: Example, tmp_path: Path) -> None:
    page = page_of(example("generic"), tmp_path)
    assert "<h2>Choices along the front</h2>" in page
    assert "max pool" in page
    assert "has not been scored on the test split" in page


def test_text_of_users_is_escaped(example: Example, tmp_path: Path) -> None:
    hostile = '</script><img src=x onerror="alert(1)">'
    data = example("plain")
    choices = tuple(replace(c, name=c.name.replace("stem", hostile)) for c in data.job.definition.choices)
    plan = replace(data.job.definition, choices=choices, identity={hostile: hostile})
    data = replace(
        data,
        job=replace(data.job, name=hostile, definition=plan, message=hostile),
        layer_names=[name.replace("stem", hostile) for name in data.layer_names],
        trials=[replace(t, error=hostile) if t.state is TrialState.FAIL else t for t in data.trials],
        baselines=[replace(b, label=hostile) if b.label == "W8" else b for b in data.baselines],
    )
    page = page_of(data, tmp_path)
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script>")


def test_a_broken_constraint_is_never_called_feasible(example: Example, tmp_path: Path) -> None:
    page = page_of(example("constrained"), tmp_path)
    row = re.search(r"<tr class=\"uniform broken\">.*?</tr>", page)
    assert row is not None
    assert "<b>W8</b>" in row[0]
    assert "breaks weight size ≤ 35.16 KiB by 13.66 KiB" in row[0]
    assert "%" not in re.sub(r"<[^>]*>", "", row[0])
    assert "±" not in row[0]
    assert "<td>–</td>" in row[0]


def test_polished_scores_and_notes_are_shown_and_explained(example: Example, tmp_path: Path) -> None:
    plain, page = page_of(example("plain"), tmp_path), page_of(example("polished"), tmp_path)
    sentence = "the same networks measured again, made as well as the evaluator can; the front is that of the search."
    assert page.count(sentence) == 2
    assert "conv was fitted" in page
    traces = re.findall(r'"name":"([^"]*polished[^"]*)"', page)
    assert traces == ["polished", "uniform, polished"]
    assert '"symbol":"circle-open"' in page
    assert "polished, test" in page
    assert "polished" not in plain
    over = page_of(example("polished over the limit"), tmp_path)
    assert "polished, breaks accuracy ≤ 87 % by" in over
    assert '"name":"polished, breaks a constraint"' in over


def test_an_empty_front_says_so(example: Example, tmp_path: Path) -> None:
    page = page_of(example("empty"), tmp_path)
    assert "No trial is feasible" in page
    assert "60 broke a constraint by their costs" in page
    assert "No feasible network has been measured." in page
    assert 'class="chart" id="front-0"' not in page


def test_failed_trials_show_the_first_error(example: Example, tmp_path: Path) -> None:
    page = page_of(example("plain"), tmp_path)
    assert "3 trials failed." in page
    assert "<details><summary>Error of trial #50</summary>" in page
    assert "CUDA out of memory\n  at &lt;worker 3&gt;" in page


def test_where_numbers_come_from(example: Example, tmp_path: Path) -> None:
    data = example("three")
    noted = NetworkProfile((), ((1,),), notes=("weights are rounded in a way",))
    job = replace(data.job, definition=replace(data.job.definition, profile=noted))
    page = page_of(replace(data, job=job), tmp_path)
    for text in ("216 MHz, STM32F746 data sheet", "reference point", "sha256:5f1c…", "seed 3", "searcher nsga3"):
        assert text in page
    assert "<td>network</td><td>weights are rounded in a way</td>" in page


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.FAILED])
def test_a_job_that_has_not_succeeded(example: Example, tmp_path: Path, state: JobState) -> None:
    data = example("plain")
    job = replace(data.job, state=state, ended=None, message="no worker came up", spec={"name": "x"})
    bare = [replace(t, test=None) for t in data.front]
    page = page_of(replace(data, job=job, front=bare), tmp_path)
    assert state.value in page
    assert "no worker came up" in page
    assert "Scores compared are those on the search split." in page


def test_a_job_before_its_first_trial(example: Example, tmp_path: Path) -> None:
    data = example("plain")
    page = page_of(ReportData(replace(data.job, finished=0, failed=0, hypervolume=0.0), [], []), tmp_path)
    assert "No trial is feasible" in page


@pytest.mark.parametrize("kept", [["accuracy"], ["weight_bytes"], ["weight_bytes", "latency_ms@cortex-m7"]])
def test_any_set_of_objectives(example: Example, tmp_path: Path, kept: list[str]) -> None:
    data = example("three")
    plan = data.job.definition
    places = [i for i, o in enumerate(plan.objectives) if o.metric in kept]
    objectives = tuple(plan.objectives[i] for i in places)
    bounds = tuple(plan.bounds[i] for i in places)
    for costs in (plan.costs, ()):
        narrow = replace(plan, objectives=objectives, bounds=bounds, costs=costs)
        few = replace(data, job=replace(data.job, definition=narrow), front=data.front[:1])
        assert 'id="front-0"' in page_of(few, tmp_path)
        write_png(few, tmp_path / "report.png")


def test_learning_curves_have_a_chart_each(example: Example, tmp_path: Path) -> None:
    assert "Learning curves" not in page_of(example("plain"), tmp_path)
    curves = {"mean return": [(16, -0.5), (16, -0.25), (30, float("nan"))], "<b>&": [(16, 0.125)]}
    page = page_of(replace(example("plain"), curves=curves), tmp_path)
    assert "<h2>Learning curves</h2>" in page
    assert re.findall(r'draw\("(curve-.)"', page) == ["curve-0", "curve-1"]
    assert re.search(r'"x":\[16,16,30\],"y":\[-0.5,-0.25,null\]', page)
    assert "<h3>mean return</h3>" in page
    assert "<h3>&lt;b&gt;&amp;</h3>" in page


def test_recipes_are_shown_by_layer(example: Example, tmp_path: Path) -> None:
    recipes = example("recipes")
    page = page_of(recipes, tmp_path)
    assert "Recipes by layer along the front" in page
    assert "<h3>Recipes of weights</h3>" in page
    legend = re.findall(r'<span><i style="background:[^"]*"></i>([^<]*)</span>', page)
    assert legend == ["ternary", "lut16", "W8", "W4@2:4", "8 bits", "16 bits"]
    assert 'title="ternary ' in page or 'title="lut16 ' in page or 'title="W8 ' in page
    assert "uniform recipe" in page
    write_png(recipes, tmp_path / "report.png")


def test_the_page_is_drawn_for_narrow_screens_and_in_the_dark(example: Example, tmp_path: Path) -> None:
    page = page_of(example("three"), tmp_path)
    assert page.count('matchMedia("(prefers-color-scheme: dark)")') == 1
    assert "@media screen and (prefers-color-scheme: dark)" in page
    rules = re.sub(r":root \{[^}]*\}", "", page.partition("<style>")[2].partition("</style>")[0])
    assert not re.findall(r"background: #f|background: #fff", rules.partition("@media print")[0])


@pytest.mark.parametrize("name", ["plain", "empty"])
def test_the_box_has_the_colour_of_the_outcome(example: Example, tmp_path: Path, name: str) -> None:
    data = example(name)
    wanted = "warning" if name == "empty" else tone(data)
    assert f'<div class="verdict {wanted}">' in page_of(data, tmp_path)


def test_peaks_of_a_data_sheet_are_named_where_latency_is_shown(example: Example, tmp_path: Path) -> None:
    data = example("three")
    plan = data.job.definition
    costs = tuple(replace(t, provenance={PEAKS: "rates of the data sheet"}) for t in plan.costs)
    page = page_of(replace(data, job=replace(data.job, definition=replace(plan, costs=costs))), tmp_path)
    assert "latency on cortex-m7, data sheet peak (ms)" in page
    assert "data sheet peak" not in page_of(data, tmp_path)
