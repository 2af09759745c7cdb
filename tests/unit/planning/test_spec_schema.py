"""The JSON Schema of a spec accepts what a spec accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from autoquant.planning.spec_schema import spec_schema

GOOD: dict[str, Any] = {"space": {"name": "choices", "choices": {"a": [1, 2]}}, "objectives": ["loss"]}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(json.dumps(spec_schema()))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"space": "bit_widths"},
        {"space": {"name": "bit_widths", "weights": [2, "float"], "pins": {"first": 8}}},
        {"searcher": "random", "pool": {"name": "ray", "workers": 2}},
        {"searcher": {"name": "nsga3", "population": 30, "crossover": "single_point"}},
        {"network": "net:build", "data": {"factory": "net:data", "options": {"a": [1]}}},
        {"evaluator": {"name": "my:Evaluator", "anything": {"goes": 1}}, "cost_models": ["bitops", "own:Model"]},
        {"objectives": ["loss", {"metric": "size", "direction": "minimize"}], "constraints": ["a <= 3"]},
        {"seed": 3, "budget": {"n_trials": 5}, "max_pending": 2, "reference_point": {"loss": 3}, "name": "x"},
    ],
)
def test_good_specs_are_valid(validator: Draft202012Validator, change: dict[str, Any]) -> None:
    assert list(validator.iter_errors(GOOD | change)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"serch": 1},
        {"seed": -1},
        {"searcher": "nsga4"},
        {"searcher": {"name": "nsga3", "popsize": 3}},
        {"searcher": {"name": "nsga3", "population": 3}},
        {"space": {"name": "bit_widths", "weights": [7]}},
        {"pool": {"name": "ray", "workers": 0}},
        {"network": "net"},
        {"objectives": []},
        {"budget": {"trials": 3}},
    ],
)
def test_broken_specs_are_not(validator: Draft202012Validator, change: dict[str, Any]) -> None:
    assert list(validator.iter_errors(GOOD | change))
