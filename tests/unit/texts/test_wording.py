"""What is wrong with a spec, in our words: what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from autoquant.errors import SpecError
from autoquant.plugins import check_options, load
from autoquant.spec import SearchSpec
from autoquant.texts.wording import shown_value

GOOD: dict[str, Any] = {"space": "choices", "objectives": ["loss"]}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "budget": ({"budget": 100}, "budget: must hold fields (given: 100); write budget: {n_trials: 100}"),
    "two spaces": (
        {"space": [{"name": "choices"}, {"name": "bit_widths"}]},
        "space: must hold fields; there is only one, write space: {name: bit_widths, weights: [2, 4, 8]}",
    ),
    "constraint": (
        {"constraints": [{"weight_bytes": 100}]},
        "constraints[0]: must be text; write 'weight_bytes <= 100'",
    ),
    "constraints": (
        {"constraints": {"weight_bytes": 100}},
        "constraints: must be a list; write constraints: [weight_bytes <= 100]",
    ),
    "pool": ({"pool": {"ray": {}}}, "pool.name: it is missing, and it is needed; write pool: {name: ray, workers: 2}"),
    "digits": ({"seed": 10**19 * -1}, "seed: must be 0 or more (given: -10000000000000000000)"),
    "trials": ({"budget": {"n_trials": 10**12}}, "budget.n_trials: must be 1000000000 or less (given: 1000000000000)"),
    "name": ({"name": 3}, "name: must be text (given: 3); put it in quotes"),
    "long name": ({"name": "x" * 200}, f"name: must have at most 100 characters (given: '{'x' * 58}…)"),
}


@pytest.mark.parametrize(("change", "line"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_says_what_to_write(change: dict[str, Any], line: str) -> None:
    with pytest.raises(SpecError) as caught:
        SearchSpec.from_dict(GOOD | change)
    assert caught.value.problems == [line]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"weights": 8}, "space.weights: must be a list (given: 8); write [8]"),
        ({"weights": "8"}, "space.weights: must be a list (given: '8'); write [8]"),
        ({"group_size": 2**40}, "space.group_size: must be 2147483648 or less (given: 1099511627776)"),
    ],
)
def test_a_wrong_option_says_what_to_write(options: dict[str, Any], line: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_options(load("search space", "bit_widths"), options, "space")
    assert caught.value.problems == [line]


def test_what_may_be_of_several_kinds_is_one_line() -> None:
    with pytest.raises(SpecError) as caught:
        check_options(load("search space", "choices"), {"choices": {"a": [[1], 2]}}, "space")
    assert caught.value.problems == ["space.choices.a[0]: must be text or a whole number or a number or true or false"]


def test_values_without_end_are_cut() -> None:
    assert shown_value(16**10_000) == "a number of some 12000 digits"
    assert len(shown_value("x" * 10_000)) == 60
