"""The tree of errors, and spelling hints."""

from __future__ import annotations

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoquant import errors
from autoquant.errors import AutoQuantError, SpecError, did_you_mean


def test_the_tree_in_the_docstring_is_that_of_the_classes():
    assert errors.__doc__ is not None
    classes = {
        name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)
    }
    lines = re.findall(r"^([│ ├└─]*)(\w+)(?: \((\w+)\))?", errors.__doc__.partition("\n\n")[2], re.MULTILINE)
    in_tree = {name: (len(indent) // 4, other) for indent, name, other in lines if name in classes}
    assert in_tree.keys() == classes.keys()
    path: list[str] = []
    for name, (depth, other) in in_tree.items():
        path[depth:] = [name]
        kind = classes[name]
        assert depth == 0 or issubclass(kind, classes[path[depth - 1]])
        assert not other or other in {base.__name__ for base in kind.__mro__}


def test_problems_are_lines():
    assert SpecError("one").problems == ["one"]
    both = SpecError(iter(["one", "two"]))
    assert both.problems == ["one", "two"]
    assert str(both) == "one\ntwo"
    assert isinstance(both, (AutoQuantError, ValueError))


@pytest.mark.parametrize(
    ("word", "accepted", "text"),
    [
        ("nsga4", ["random", "nsga3"], "did you mean 'nsga3'? accepted: nsga3, random"),
        ("xyz", ["random", "nsga3"], "accepted: nsga3, random"),
        ("xyz", [], "accepted: (nothing)"),
    ],
)
def test_the_nearest_spelling_comes_first(word, accepted, text):
    assert did_you_mean(word, accepted) == text


@given(st.text(max_size=9), st.lists(st.text(min_size=1, max_size=9), max_size=5))
def test_everything_accepted_is_listed(word, accepted):
    text = did_you_mean(word, iter(accepted))
    assert all(name in text for name in accepted)
    if word in accepted:
        assert text.startswith(f"did you mean {word!r}?")
