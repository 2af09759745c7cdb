"""YAML and JSON as plain data, within bounds: a text from anywhere ends in data or in one sentence, and soon."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import yaml

from autoquant.errors import SpecError

LONGEST_TEXT = 2**20
"""Characters of a text that is read."""
MOST_VALUES = 50_000
"""Values of a text, those that it repeats by name (aliases, merges) counted each time."""
DEEPEST = 50
"""How deep lists and fields may be nested."""
MOST_ALIASES = 1_000
LARGEST = 2**64
"""Whole numbers must lie closer to 0."""


def read_yaml(text: str) -> Any:
    """The data of a YAML text. `SpecError` gives the line of a syntax error, or the bound that does not hold."""
    _check_length(text)
    try:
        return yaml.load(text, Loader=_BoundedLoader)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that the calendar does not have
        raise SpecError(f"spec: not valid YAML: {_why(error)}") from None


def read_json(text: str) -> Any:
    """The same of a JSON text."""
    _check_length(text)
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except RecursionError:
        raise SpecError(f"spec: not valid JSON: {_TOO_DEEP}") from None
    except SpecError:
        raise
    except ValueError as error:  # JSONDecodeError, or more digits than Python turns into a number
        raise SpecError(f"spec: not valid JSON: {_why(error)}") from None


_TOO_DEEP = f"it is nested more than {DEEPEST} deep"


def _check_length(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise SpecError(f"spec: it has {len(text):,} characters; accepted: at most {LONGEST_TEXT:,}")


def _why(error: Exception) -> str:
    text = " ".join(str(error).split())
    return "a whole number has more than 4300 digits" if "integer string conversion" in text else text


class _BoundedLoader(yaml.SafeLoader):
    """YAML in which a field that stands twice is an error (plain YAML silently keeps the last), within bounds."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = self._values = self._aliases = self._merged = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth, self._values = self._depth + 1, self._values + 1
        self._aliases += self.check_event(yaml.AliasEvent)
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        self._bound(self._depth <= DEEPEST, _TOO_DEEP, mark)
        self._bound(self._values <= MOST_VALUES, f"it has more than {MOST_VALUES:,} values", mark)
        self._bound(self._aliases <= MOST_ALIASES, f"it has more than {MOST_ALIASES:,} aliases", mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        self._merged += len(node.value)
        self._bound(self._merged <= 4 * MOST_VALUES, "its merges repeat too many fields", node.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        written = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        seen: set[Hashable] = set()
        for key in (self.construct_object(key, deep=True) for key in written):
            if isinstance(key, Hashable):
                self._bound(key not in seen, f"the field {key!r} stands more than once", node.start_mark)
                seen.add(key)
        return super().construct_mapping(node, deep)

    @staticmethod
    def _bound(holds: bool, problem: str, mark: yaml.Mark) -> None:
        if not holds:
            raise yaml.constructor.ConstructorError(None, None, problem, mark)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A field that stands twice is an error in JSON, too."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise SpecError(f"spec: the field {key!r} stands more than once")
        found[key] = value
    return found


def check_plain(data: Any, place: str = "") -> None:
    """`SpecError` for what no file or database keeps: texts with NUL or half a character, numbers or nesting without
    end, more than `MOST_VALUES` values."""
    for count, (where, depth, value) in enumerate(_walk(data, place)):
        problem = _unkept(value)
        if depth > DEEPEST:
            problem = _TOO_DEEP
        elif count >= MOST_VALUES:
            problem, where = f"it has more than {MOST_VALUES:,} values", place
        if problem:
            raise SpecError(f"{where or 'spec'}: {problem}")


def _walk(data: Any, place: str) -> Iterator[tuple[str, int, Any]]:
    """Every key and value with its place and depth, outer ones first."""
    open_ = [(place, 0, data)]
    while open_:
        where, depth, value = open_.pop()
        yield where, depth, value
        if isinstance(value, Mapping):
            for key, inner in value.items():
                yield where, depth, key
                open_.append((f"{where}.{key}" if where else str(key), depth + 1, inner))
        elif isinstance(value, (list, tuple)):
            open_ += [(f"{where}[{i}]", depth + 1, inner) for i, inner in enumerate(value)]


def _unkept(value: Any) -> str | None:
    if isinstance(value, str):
        return unkept_text(value)
    if isinstance(value, int) and abs(value) >= LARGEST:
        return "a whole number must lie between -2^64 and 2^64"
    return None


def unkept_text(text: str) -> str | None:
    """Why a text can be kept nowhere, as the end of a sentence; None where it can."""
    if "\0" in text:
        return f"the text {text[:60]!r} holds a NUL character; leave it out"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return f"the text {text[:60]!r} holds half a character, which no UTF-8 has; write it anew"
    return None
