"""A space by its choices."""

from __future__ import annotations

import pytest
from autoquant_search_spaces.choices import Choices

from autoquant import plugins
from autoquant.errors import SpecError, UnsupportedError


def test_choices_keep_order_options_and_types() -> None:
    checked = plugins.check_options(
        Choices, {"choices": {"b": [3, 1], "a": ["x", 0.5, True]}, "categorical": ["a"]}, "space"
    )
    space = Choices(None, **checked)
    assert [(choice.name, choice.options, choice.ordered) for choice in space.choices] == [
        ("b", (3, 1), True),
        ("a", ("x", 0.5, True), False),
    ]
    assert [type(option) for option in space.choices[1].options] == [str, float, bool]
    assert space.uniform() == {}
    with pytest.raises(UnsupportedError, match="Choices describes no network layers"):
        _ = space.layer_options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "space.choices: it is missing"),
        ({"choices": {}}, "space: there is nothing to choose"),
        ({"choices": {"a": []}}, "choice 'a': it has no options"),
        ({"choices": {"a": [1, 1]}}, "choice 'a': the options"),
        ({"choices": {"a": [[1]]}}, "space.choices.a"),
        ({"choices": {"a": 3}}, "space.choices.a: "),
        ({"choices": {"a": [1, 2]}, "categorical": ["b"]}, "space.categorical: there is no choice 'b'"),
    ],
)
def test_impossible_choices_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Choices(None, **plugins.check_options(Choices, options, "space"))
    assert caught.value.problems[0].startswith(message)
