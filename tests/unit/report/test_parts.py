"""Tables, numbers, panels, picks and labels that the report is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autoquant.objective import Bounds, Constraint, Objective
from autoquant.report import ReportData
from autoquant.report.model.labels import place_labels
from autoquant.report.model.layers import fixed_layers, grids, options_text, side_by_side
from autoquant.report.model.metric_format import MetricFormat, constraint_text, format_of, metric_formats
from autoquant.report.model.palette import bits_colour, ink_on, is_bits, option_colour
from autoquant.report.model.panels import panels
from autoquant.report.model.picks import as_good_as_float, most_accurate, trade_off
from autoquant.report.model.table import front_table
from autoquant.report.model.verdict import verdict
from autoquant.space import Choice
from autoquant.trial import Measurement, Trial

Example = Callable[[str], ReportData]
Make = Callable[..., ReportData]


def test_numbers_are_written_in_readable_units(example: Example) -> None:
    formats = metric_formats(example("three"))
    assert formats["accuracy"].text(0.9134, 0.006) == "91.3 ± 0.6 %"
    assert formats["weight_bytes"].text(32768) == "32.0 KiB"
    assert formats["latency_ms@cortex-m7"].heading == "latency on cortex-m7 (ms)"
    assert metric_formats(example("activations"))["bitops"].unit == "M"
    assert MetricFormat("margin", "").text(-0.5) == "\N{MINUS SIGN}0.500"
    assert constraint_text(Constraint.parse("accuracy >= 0.9"), formats) == "accuracy ≥ 90 %"
    assert formats["weight_bytes"].brief(1) == "0.0009766 KiB"


def test_the_table_holds_both_scores_with_their_errors(example: Example) -> None:
    data = example("plain")
    table = front_table(data)
    assert table.columns == ("accuracy (%), search", "accuracy (%), test", "weight size (KiB)")
    assert [row.kind for row in table.rows].count("front") == len(data.front)
    assert table.rows[-1].kind == "float"
    for row in table.rows:
        assert all("±" in cell for cell in row.cells[:2])
    by_label = {row.label: row for row in table.rows}
    assert "beaten by W4" in by_label["#62"].note
    assert "same network as W2" in by_label["#13"].note


def test_polished_scores_have_columns_of_their_own(example: Example) -> None:
    plain, table = front_table(example("plain")), front_table(example("polished"))
    assert table.columns == (
        *plain.columns[:2],
        "accuracy (%), polished",
        "accuracy (%), polished, test",
        "weight size (KiB)",
    )
    for before, after in zip(plain.rows, table.rows, strict=True):
        assert (*after.cells[:2], after.cells[4]) == before.cells
        if after.kind == "float":
            assert after.cells[2:4] == ("–", "–")
        else:
            assert after.note.endswith("conv was fitted")
            assert all("±" in cell for cell in after.cells[2:4])


def test_a_polished_network_that_breaks_a_constraint_says_so(example: Example) -> None:
    data = example("polished over the limit")
    broken = {f"#{t.number}": t.polished_metrics["accuracy"] > 0.87 for t in data.front}
    assert set(broken.values()) == {True, False}
    rows = {row.label: row for row in front_table(data).rows}
    for label, breaks in broken.items():
        assert ("polished, breaks accuracy ≤ 87 % by" in rows[label].note) is breaks
    panel = panels(data)[0]
    held = {f"#{before.network.number}" for before, _ in panel.polished(panel.front)}
    assert held == {label for label, breaks in broken.items() if not breaks}
    red = [after for _, after in panel.polished_infeasible]
    assert {f"#{s.network.number}" for s in red if isinstance(s.network, Trial)} == broken.keys() - held
    assert all(spot.y > 87 for spot in red)


def test_a_picture_has_room_for_polished_networks(make_tiny: Make) -> None:
    data = make_tiny([(0.5, 0.0, 2000.0), (0.6, 0.0, 4000.0)], {})
    front = [replace(t, polished=Measurement({"accuracy": 0.9})) for t in data.front]
    before, after = (panels(replace(data, front=shown))[0] for shown in (data.front, front))
    assert before.frame()[1][1] < 90 < after.frame()[1][1]
    assert [(a.x, b.x, b.y) for a, b in after.polished(after.front)] == [(s.x, s.x, 90.0) for s in after.front]
    assert before.polished(before.front) == []


def test_the_table_has_costs_alone_for_what_breaks_a_constraint(example: Example) -> None:
    row = next(row for row in front_table(example("constrained")).rows if row.label == "W8")
    assert not row.feasible
    assert row.cells == ("–", "–", "48.8")
    assert row.note.startswith("breaks weight size")


def test_a_constrained_metric_that_is_no_objective_has_a_column(make_tiny: Make) -> None:
    data = make_tiny([(0.9, 0.01, 3000.0)], {})
    constraints = (*data.job.definition.constraints, Constraint.parse("peak_bytes <= 70000"))
    front = [replace(data.front[0], costs={**data.front[0].costs, "peak_bytes": 65536.0})]
    plan = replace(data.job.definition, constraints=constraints)
    table = front_table(replace(data, job=replace(data.job, definition=plan), front=front))
    assert table.columns[-1] == "peak size (KiB)"
    assert table.rows[0].cells[-1] == "64.00"


def test_what_breaks_a_constraint_is_never_plotted_as_uniform(make_tiny: Make) -> None:
    data = make_tiny([(0.9, 0.01, 3000.0)], {"W4": (0.8, 0.01, 4000.0), "W8": None})
    measured = replace(data.baselines[1], search=Measurement({"accuracy": 0.95}))
    panel = panels(replace(data, baselines=[data.baselines[0], measured]))[0]
    assert [spot.network for spot in panel.uniform] == [data.baselines[0]]
    assert [spot.network for spot in panel.infeasible] == [measured]


def test_panels_for_every_set_of_objectives(example: Example, make_tiny: Make) -> None:
    three = panels(example("three"))
    assert [p.x.metric for p in three if p.x] == ["weight_bytes", "latency_ms@cortex-m7"]
    data = make_tiny([(0.9, 0.01, 3000.0)], {})
    plan = data.job.definition
    alone = replace(plan, objectives=(Objective("accuracy", "maximize"),), bounds=(Bounds(1.0, 0.0),))
    costs_alone = panels(replace(data, job=replace(data.job, definition=alone)))
    assert [p.x.metric for p in costs_alone if p.x] == ["weight_bytes"]
    bare = panels(replace(data, job=replace(data.job, definition=replace(alone, costs=()))))
    assert [p.x for p in bare] == [None]
    assert bare[0].front[0].x == 0
    costs = (Objective("weight_bytes", "minimize"), Objective("latency_ms@cortex-m7", "minimize"))
    tables = (*plan.costs, replace(plan.costs[0], metric="latency_ms@cortex-m7"))
    only = panels(replace(data, job=replace(data.job, definition=replace(plan, objectives=costs, costs=tables))))
    assert [(p.x.metric, p.y.metric) for p in only if p.x] == [("latency_ms@cortex-m7", "weight_bytes")]


def test_the_staircase_leaves_out_what_another_objective_put_on_the_front(make_tiny: Make) -> None:
    data = make_tiny([(0.7, 0.0, 1024.0), (0.6, 0.0, 2048.0), (0.9, 0.0, 4096.0)], {})
    xs, ys, shape = panels(data)[0].stairs
    assert (ys, shape) == ([70.0, 90.0], "hv")
    assert xs == sorted(xs)


def test_a_wide_span_gets_a_logarithmic_axis(make_tiny: Make) -> None:
    assert panels(make_tiny([(0.7, 0.0, 100.0), (0.9, 0.0, 4000.0)], {}))[0].log_x
    assert not panels(make_tiny([(0.7, 0.0, 1000.0), (0.9, 0.0, 4000.0)], {}))[0].log_x


def test_a_limit_on_the_drop_is_plotted_below_the_float_network(example: Example) -> None:
    data = example("plain")
    plan = replace(data.job.definition, constraints=(Constraint.parse("accuracy_drop <= 0.01"),))
    assert panels(replace(data, job=replace(data.job, definition=plan)))[0].limits()[1] == [pytest.approx(91.4)]


def test_picks(make_tiny: Make) -> None:
    data = make_tiny([(0.80, 0.01, 1000.0), (0.915, 0.01, 2000.0), (0.93, 0.01, 4000.0)], {})
    assert as_good_as_float(data) is None
    best = most_accurate(data)
    assert best is not None
    assert best.number == 2
    near = trade_off(data)
    assert near is not None
    assert near.number == 2
    wider = make_tiny([(0.80, 0.01, 1000.0), (0.92, 0.01, 2000.0), (0.93, 0.01, 4000.0)], {})
    near = trade_off(wider)
    assert near is not None
    assert near.number == 1


def test_choices_are_arranged_by_sort(example: Example) -> None:
    data = example("activations")
    assert [(g.title, len(g.rows)) for g in grids(data)] == [("Bits of weights", 10), ("Bits of activations", 10)]
    assert options_text(data, (0, 1) * 10) == ["W " + " ".join("2" * 10), "A " + " ".join("8" * 10)]
    assert len(side_by_side(data)) == 4
    assert fixed_layers(replace(data, layer_names=["pinned", *data.layer_names])) == ["pinned"]
    generic = example("generic")
    assert [g.bits for g in grids(generic)] == [False]
    assert options_text(generic, (2, 0, 0, 0, 0, 1, 1))[0].startswith("stem.operation=depthwise separable 3x3 ")


def test_colours() -> None:
    assert is_bits(Choice("a.weight", (2, 4, "float")))
    assert not is_bits(Choice("a.weight", (7, 9)))
    assert not is_bits(Choice("depth", (2, 4)))
    assert option_colour(Choice("a.weight", (2, 4)), 1) == bits_colour(4)
    assert len({option_colour(Choice("depth", tuple(range(5))), i) for i in range(5)}) == 5
    assert option_colour(Choice("only", (1,)), 0)
    assert ink_on("#ffffff") != ink_on("#000000")


def test_labels_keep_apart() -> None:
    spots = [(0.5, 0.5), (0.52, 0.5)]
    first, second = place_labels(spots, [], [(0.2, 0.05)] * 2)
    assert first != second
    assert place_labels([(0.99, 0.01)], [], [(0.2, 0.05)])[0] == (-1, 1)


def test_recipes_have_rows_by_layer_and_one_colour_each(example: Example) -> None:
    recipes = example("recipes")
    first, second = grids(recipes)
    assert (first.title, first.bits, first.by_layer) == ("Recipes of weights", False, True)
    assert second.title == "Bits of activations"
    assert first.rows == second.rows
    assert list(first.legend) == ["ternary", "lut16", "W8", "W4@2:4"]
    stem, other = first.choices[:2]
    assert (stem.options, other.options) == (("ternary", "lut16", "W8"), ("lut16", "W4@2:4", "W8"))
    assert first.colour(stem, 1) == first.colour(other, 0) == first.legend["lut16"]
    assert len(set(first.legend.values())) == 4
    assert second.colour(second.choices[0], 0) == bits_colour(8)
    lines = options_text(recipes, (0, 1) + (1, 0) * 9)
    assert lines == ["ternary " + " ".join(["W4@2:4"] * 9), "A 16 " + " ".join("8" * 9)]
    assert options_text(recipes, (0, 1) + (1, 0) * 9, 24)[:2] == [
        "ternary " + " ".join(["W4@2:4"] * 7),
        "W4@2:4 W4@2:4",
    ]
    assert fixed_layers(replace(recipes, layer_names=["pinned", *recipes.layer_names])) == ["pinned"]


def test_a_verdict_on_recipes_speaks_of_recipes(example: Example) -> None:
    recipes = example("recipes")
    assert "uniform recipe" in verdict(recipes)
    assert "bit-width" not in verdict(recipes)
    assert "uniform bit-width" in verdict(example("activations"))


@pytest.mark.parametrize("name", ["", "a@", "1st", "a<b"])
def test_a_metric_of_an_older_version_is_shown_whatever_its_name(name):
    """It made `front` and `report` of a stored job fail for ever."""
    assert format_of(name, None, [2.0]).text(2.0).startswith("2.000")
