"""Objectives and constraints, as text and as values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoquant.errors import SpecError
from autoquant.objective import Constraint, Objective, as_objective, is_metric_name, split_metric, violations

NAMES = st.from_regex(r"[A-Za-zÄß_][A-Za-z0-9_\-./%é]*( [a-z0-9./%-]+)*(@[a-z0-9/.~-]+)?", fullmatch=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(NAMES, st.sampled_from(["<=", ">="]), NUMBERS)
def test_a_constraint_is_read_back_from_its_text(metric, operator, bound):
    constraint = Constraint(metric, operator, bound)
    assert Constraint.parse(str(constraint)) == constraint
    assert str(Constraint.parse(str(constraint))) == str(constraint)


@given(NUMBERS, NUMBERS, st.sampled_from(["<=", ">="]))
def test_a_violation_is_by_how_much_the_bound_is_broken(bound, value, operator):
    constraint = Constraint("x", operator, bound)
    holds = value <= bound if operator == "<=" else value >= bound
    assert (constraint.violation(value) == 0) == holds
    assert constraint.violation(value) >= 0
    assert bool(violations((constraint,), {"x": value})) == (not holds)
    assert (constraint.excess(value) <= 0) == holds


def test_an_excess_is_signed_and_can_be_a_share_of_the_bound():
    values = np.array([300.0, 200.0, 100.0])
    assert Constraint.parse("x <= 200").excess(values).tolist() == [100.0, 0.0, -100.0]
    assert Constraint.parse("x >= 200").relative_excess(values).tolist() == [-0.5, 0.0, 0.5]
    assert Constraint.parse("x <= -4").relative_excess(-3.0) == 0.25
    assert math.isfinite(Constraint.parse("x <= 0").relative_excess(1.0))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("weight_bytes <= 65536", "weight_bytes <= 65536"),
        ("  latency_ms@cortex-m7<=2.5  ", "latency_ms@cortex-m7 <= 2.5"),
        ("accuracy>=1e-3", "accuracy >= 0.001"),
        ("weight_bytes <= 65_536", "weight_bytes <= 65536"),
        ("bytes <= 12345678901234567", "bytes <= 12345678901234568"),
        ("loss <= -0.1", "loss <= -0.1"),
        ("latency_ms@my/own.toml >= +3", "latency_ms@my/own.toml >= 3"),
    ],
)
def test_constraints_are_written_in_one_way(text, written):
    assert float(str(Constraint.parse(text)).split()[-1]) == float(written.split()[-1])
    assert str(Constraint.parse(text)).split()[:2] == written.split()[:2]


@pytest.mark.parametrize(
    "text",
    ["", "accuracy", "accuracy < 1", "accuracy = 1", "accuracy == 1", "<= 1", "1 <= accuracy", "a$b <= 1", "a <= 1 b",
     "a <= b", "a <= 1 <= 2", "a@ <= 1", "\u0308 <= 1", "a <=", "a <= 1%", "a <= inf", "a >= nan", "a <= 1e999"],
)  # fmt: skip
def test_what_is_no_constraint_is_refused_with_an_example(text):
    with pytest.raises(SpecError, match=r"for example 'weight_bytes <= 65536'") as caught:
        Constraint.parse(text)
    assert repr(text) in str(caught.value)


def test_only_known_metrics_are_judged():
    constraints = tuple(Constraint.parse(text) for text in ("a <= 1", "b >= 2", "c <= 0"))
    assert violations(constraints, {"a": 1.5, "b": 1.0}) == {"a <= 1": 0.5, "b >= 2": 1.0}


def test_what_is_not_a_number_holds_no_constraint():
    assert violations((Constraint.parse("a <= 1"),), {"a": math.nan})
    assert violations((Constraint.parse("a >= 1"),), {"a": math.nan})


def test_objectives():
    assert Objective("a", "maximize").minimized(2.0) == -2.0
    assert Objective("a@b-c", "minimize").minimized(2.0) == 2.0
    with pytest.raises(SpecError, match="direction 'up'; accepted: maximize, minimize"):
        Objective("a", "up")
    with pytest.raises(SpecError, match=r"'a[$]b' is not the name of a metric"):
        Objective("a$b", "maximize")


@pytest.mark.parametrize(
    ("text", "direction"),
    [("accuracy", "maximize"), ("loss", "minimize"), ("accuracy_drop", "minimize"), ("weight_bytes", "minimize"),
     ("latency_ms@t4", "minimize"), ("anything@t4", "minimize"), ("bitops", "minimize"), ("energy_uj", "minimize")],
)  # fmt: skip
def test_directions_that_need_no_saying(text, direction):
    assert as_objective(text) == Objective(text, direction)


def test_other_directions_must_be_given():
    assert as_objective(Objective("f1", "maximize")).direction == "maximize"
    with pytest.raises(SpecError, match=r"say its direction, Objective\('f1', 'maximize'\)"):
        as_objective("f1")


@given(NAMES)
def test_metric_names_are_split_at_the_device(text):
    name, device = split_metric(text)
    assert text == (name if device is None else f"{name}@{device}")


@pytest.mark.parametrize("text", ["", "1a", "-a", "a@", "@b", "a@b c", "a\n", "a  b"])
def test_other_names_are_refused(text):
    with pytest.raises(SpecError, match="is not the name of a metric; write a metric of the evaluator"):
        split_metric(text)


def test_signs_turn_values_so_that_less_is_better_and_bounds_are_upper_ones() -> None:
    assert (Objective("accuracy", "maximize").sign, Objective("loss", "minimize").sign) == (-1.0, 1.0)
    values = np.array([1.0, -2.0])
    for objective in (Objective("accuracy", "maximize"), Objective("loss", "minimize")):
        assert objective.minimized(values).tolist() == (objective.sign * values).tolist()
    for text in ("speed >= 3", "bytes <= 3"):
        constraint = Constraint.parse(text)
        assert constraint.excess(values).tolist() == (constraint.sign * values - constraint.sign * 3.0).tolist()


@pytest.mark.parametrize("name", ["top-1", "top1 accuracy", "a.b", "m/s", "Größe", "_x", "F1 50%", "模型", "x" * 100])
def test_a_name_may_stand_in_objectives_and_constraints(name):
    assert is_metric_name(name)
    assert split_metric(name) == (name, None)
    assert Constraint.parse(f"{name}<=3").metric == Constraint.parse(f" {name} >= 3").metric == name
    assert Objective(f"{name}@dev", "minimize").metric == f"{name}@dev"


@pytest.mark.parametrize(
    "name",
    ["", " ", " a", "a ", "a  b", "a\tb", "a\n", "3d", "-a", "a@b", "a<b", "a=b", "a$", "a[b]", "x" * 101, 3, b"a"],
)
def test_what_is_no_name_is_none(name):
    assert not is_metric_name(name)
