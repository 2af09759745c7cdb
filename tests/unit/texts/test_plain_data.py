"""YAML and JSON within bounds: any text ends in data or in one sentence, and soon."""

from __future__ import annotations

import json
import time

import pytest

from autoquant.errors import SpecError
from autoquant.texts.plain_data import check_plain, read_json, read_yaml

ALIASES = "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))
MERGES = "a0: &a0 {k0: 1}\n" + "".join(f"a{i}: &a{i} {{k{i}: 1, <<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 30))
BEYOND_YAML = {
    "lists": ("[" * 20_000, "nested more than 50 deep"),
    "objects": ("{a: " * 20_000, "nested more than 50 deep"),
    "digits": ("seed: " + "9" * 10_000, "a whole number has more than 4300 digits"),
    "a merge of 50,000 fields": (
        "a: &a\n" + "".join(f"  k{i}: 1\n" for i in range(50_000)) + "b:\n  <<: *a\n",
        "more than 50,000 values",
    ),
    "merges of merges": (MERGES, "its merges repeat too many fields"),
    "aliases without end": ("a: &a 1\nb: [" + "*a, " * 2_000 + "1]", "more than 1,000 aliases"),
    "length": ("a: " + "x" * 2**20, "1,048,579 characters; accepted: at most 1,048,576"),
}


@pytest.mark.parametrize(("text", "message"), BEYOND_YAML.values(), ids=BEYOND_YAML)
def test_yaml_beyond_a_bound_is_refused_soon(text: str, message: str) -> None:
    began = time.process_time()
    with pytest.raises(SpecError, match=message):
        read_yaml(text)
    assert time.process_time() - began < 30


def test_merges_of_many_fields_take_no_square_of_time() -> None:
    text = "a: &a\n" + "".join(f"  k{i}: 1\n" for i in range(8_000)) + "b:\n  <<: *a\n"
    assert read_yaml(text)["b"]["k7999"] == 1


@pytest.mark.parametrize("text", ['{"a": ' + "[" * 20_000, '{"a": ' * 20_000])
def test_json_that_is_nested_without_end(text: str) -> None:
    with pytest.raises(SpecError, match="spec: not valid JSON: it is nested more than 50 deep"):
        read_json(text)


def test_json_with_a_number_without_end() -> None:
    with pytest.raises(SpecError, match="spec: not valid JSON: a whole number has more than 4300 digits"):
        read_json('{"seed": ' + "9" * 10_000 + "}")


ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)
UNKEPT = {
    "NUL": ({"folder": "a\0b"}, r"^folder: the text 'a\\x00b' holds a NUL character"),
    "half a character": ({"a": ["x", "\ud800"]}, r"^a\[1\]: the text '\\ud800' holds half a character"),
    "half a character in a name": ({"a": {"\ud800": 1}}, "^a: the text .* holds half a character"),
    "many bits": ({"a": {"b": 2**64}}, r"^a\.b: a whole number must lie between -2\^64 and 2\^64"),
    "a list of itself": (ENDLESS, "nested more than 50 deep"),
    "aliases of aliases": (read_yaml(ALIASES), "more than 50,000 values"),
}


@pytest.mark.parametrize(("data", "message"), UNKEPT.values(), ids=UNKEPT)
def test_what_nothing_keeps_is_named_with_its_place(data: object, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        check_plain(data)


def test_plain_data_within_the_bounds_passes() -> None:
    data = {"a": [1, 2.5, True, None, "größer 🙂", {"b": -(2**64) + 1}]}
    check_plain(data)
    assert read_json(json.dumps(data)) == data
