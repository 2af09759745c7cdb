"""Objects to rows and back: plain JSON, every field."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.errors import StoreError
from autoquant.job import Baseline
from autoquant.objective import Bounds, Constraint
from autoquant.space import Choice
from autoquant.store import codec, tables
from autoquant.testing.examples import BARE_DEFINITION, DEFINITION, FULL_TRIAL
from autoquant.trial import Trial


@pytest.mark.parametrize("definition", [DEFINITION, BARE_DEFINITION], ids=["full", "bare"])
def test_law_1_a_definition_is_plain_json(definition):
    assert codec.definition_from_json(json.loads(json.dumps(codec.definition_to_json(definition)))) == definition


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False), min_size=1, unique=True),
)
@settings(deadline=None)
def test_numbers_and_options_keep_type_and_value(bound, options):
    choice = Choice("ü", tuple(options))
    plan = codec.definition_to_json(
        type(BARE_DEFINITION)(
            (choice,), BARE_DEFINITION.objectives, (Constraint("x", "<=", bound),), (Bounds(bound, 0.1),), None, (), {}
        )
    )
    found = codec.definition_from_json(json.loads(json.dumps(plan)))
    assert found.constraints[0].bound == found.bounds[0].best == bound
    assert [(type(option), option) for option in found.choices[0].options] == [(type(o), o) for o in options]


def test_every_field_has_a_column():
    row = codec.trial_to_row(7, FULL_TRIAL)
    assert row.keys() == set(tables.trials.columns.keys())
    assert row.keys() - {"job_id"} == {field.name for field in fields(Trial)} - {"options"}
    json.dumps({key: value for key, value in row.items() if key not in ("started", "ended")})
    assert codec.trial_from_row(row, DEFINITION.choices) == FULL_TRIAL
    baseline = codec.baseline_to_row(7, 0, Baseline("uniform", "W4", (1, 2)))
    assert baseline.keys() == set(tables.baselines.columns.keys())
    assert baseline.keys() - {"job_id", "position"} == {field.name for field in fields(Baseline)}


def test_a_newer_format_is_refused():
    data = codec.definition_to_json(BARE_DEFINITION) | {"format": codec.FORMAT + 1}
    with pytest.raises(
        StoreError, match=rf"is stored in format {codec.FORMAT + 1}, this AutoQuant reads {codec.FORMAT}"
    ):
        codec.definition_from_json(data)
