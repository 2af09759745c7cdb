"""Objects to rows and back: plain JSON, every field."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.job import Baseline
from autoquant.objective import Constraint
from autoquant.space import Choice
from autoquant.store import codec, tables
from autoquant.testing.examples import BARE_PLAN, FULL_TRIAL, PLAN
from autoquant.trial import Trial


@pytest.mark.parametrize("plan", [PLAN, BARE_PLAN], ids=["full", "bare"])
def test_law_1_a_plan_is_plain_json(plan):
    assert codec.plan_from_json(json.loads(json.dumps(codec.plan_to_json(plan)))) == plan


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False), min_size=1, unique=True),
)
@settings(deadline=None)
def test_numbers_and_options_keep_type_and_value(bound, options):
    choice = Choice("ü", tuple(options))
    plan = codec.plan_to_json(
        type(BARE_PLAN)(
            (choice,), BARE_PLAN.objectives, (Constraint("x", "<=", bound),), (bound,), (0.1,), None, (), {}
        )
    )
    found = codec.plan_from_json(json.loads(json.dumps(plan)))
    assert found.constraints[0].bound == found.best[0] == bound
    assert [(type(option), option) for option in found.choices[0].options] == [(type(o), o) for o in options]


def test_every_field_has_a_column():
    row = codec.trial_to_row(7, FULL_TRIAL)
    assert row.keys() == set(tables.trials.columns.keys())
    assert row.keys() - {"job_id"} == {field.name for field in fields(Trial)} - {"options"}
    json.dumps({key: value for key, value in row.items() if key not in ("started", "ended")})
    assert codec.trial_from_row(row, PLAN.choices) == FULL_TRIAL
    baseline = codec.baseline_to_row(7, 0, Baseline("W4", (1, 2)))
    assert baseline.keys() == set(tables.baselines.columns.keys())
    assert set(codec.BASELINE_FIELDS) | {"candidate"} == {field.name for field in fields(Baseline)}
