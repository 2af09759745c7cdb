"""What pydantic found wrong, in our words: where, what is wrong, what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from autoquant.errors import did_you_mean

LONGEST = 60
"""Characters of a given value that a message repeats."""

WRITE = {
    "network": "my_network:trained",
    "data": "{factory: 'my_network:data', options: {calibration: 100}}",
    "space": "{name: bit_widths, weights: [2, 4, 8]}",
    "evaluator": "{name: post_training, batch_size: 50}",
    "cost_models": "[bitops, {name: lookup_table, missing: estimate}]",
    "objectives": "[accuracy, weight_bytes]",
    "objectives[]": "accuracy, or {metric: score, direction: maximize}",
    "constraints": "[weight_bytes <= 65536]",
    "constraints[]": "weight_bytes <= 65536",
    "searcher": "nsga3, or {name: nsga3, population: 32}",
    "pool": "{name: ray, workers: 2}",
    "budget": "{n_trials: 100}",
    "reference_point": "{loss: 4.0}",
}
"""Place in a spec -> what may stand there."""

KINDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}
"""pydantic's name for a branch of a union -> what it takes."""


def shown_value(value: Any) -> str:
    """A given value for a message: whole numbers without end and long texts are cut."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return f"a number of some {value.bit_length() * 3 // 10} digits"
    text = repr(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def shown_name(path: object) -> str:
    """The name of a file for a message: cut where it is endless, bytes that are no UTF-8 written out."""
    text = str(path).encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return text if len(text) <= 4 * LONGEST else f"{text[:LONGEST]}…{text[-LONGEST:]}"


def explain(error: ValidationError, place: str, accepted: Mapping[str, list[str]]) -> list[str]:
    """One line for each problem that pydantic found: where, what was given, what is accepted.

    ``accepted`` maps the place of an object (dotted, without list positions, "" for the whole) to its field names.
    """
    problems = _merged(error.errors(include_url=False))
    return list(dict.fromkeys(_line(problem, place, accepted) for problem in problems))


def _merged(problems: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Problems of the branches of one union as one problem that names what the branches take."""
    branches: dict[tuple[int | str, ...], list[str]] = {}
    for problem in problems:
        if problem["loc"] and problem["loc"][-1] in KINDS:
            branches.setdefault(problem["loc"][:-1], []).append(KINDS[str(problem["loc"][-1])])
    unions = {where: kinds for where, kinds in branches.items() if len(kinds) > 1}
    merged: list[ErrorDetails] = []
    for problem in problems:
        where = problem["loc"][:-1]
        if not problem["loc"] or where not in unions or problem["loc"][-1] not in KINDS:
            merged.append(problem)
        elif kinds := unions[where]:
            merged.append({**problem, "loc": where, "type": "union", "msg": f"must be {' or '.join(kinds)}"})
            unions[where] = []
    return merged


def _line(problem: ErrorDetails, place: str, accepted: Mapping[str, list[str]]) -> str:
    where, kind, given = problem["loc"], problem["type"], problem["input"]
    dotted, general = place, place
    for part in where:
        dotted += f"[{part}]" if isinstance(part, int) else f".{part}" if dotted else str(part)
        general += "[]" if isinstance(part, int) else f".{part}" if general else str(part)
    dotted = shown_name(dotted or "spec")
    if kind == "extra_forbidden":
        parent = ".".join(part for part in where[:-1] if isinstance(part, str))
        return f"{dotted}: there is no such field; {did_you_mean(str(where[-1]), accepted.get(parent, []))}"
    if kind == "missing":
        holder = general.rpartition(".")[0]
        hint = f"; {_example(holder)}" if holder in WRITE else ""
        return f"{dotted}: it is missing, and it is needed{hint}"
    if kind == "string_pattern_mismatch":
        return f"{dotted}: {shown_value(given)} must be 'module:function', for example 'my_network:build'"
    plain = isinstance(given, (str, int, float)) or given is None
    found = f" (given: {shown_value(given)})" if plain and kind != "value_error" else ""
    return f"{dotted}: {_wrong(problem)}{found}{_write(general, kind, given)}"


def _wrong(problem: ErrorDetails) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in WORDS:
        return WORDS[kind](context)
    return problem["msg"].removeprefix("Value error, ")


def _count(context: Mapping[str, Any], name: str, noun: str) -> str:
    return f"{context[name]} {noun}" + ("" if context[name] == 1 else "s")


FIELDS, LIST, TEXT, NUMBER = "must hold fields", "must be a list", "must be text", "must be a number"

WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), lambda _: FIELDS),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "sequence_type", "sequence_str"), lambda _: LIST),
    "is_instance_of": lambda c: LIST if c["class"] == "Sequence" else f"must be a {c['class']}",
    **dict.fromkeys(("string_type", "string_unicode"), lambda _: TEXT),
    "string_too_short": lambda c: f"must have at least {_count(c, 'min_length', 'character')}",
    "string_too_long": lambda c: f"must have at most {_count(c, 'max_length', 'character')}",
    "too_short": lambda c: f"must have at least {_count(c, 'min_length', 'entry').replace('entrys', 'entries')}",
    "too_long": lambda c: f"must have at most {_count(c, 'max_length', 'entry').replace('entrys', 'entries')}",
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"), lambda _: "must be a whole number"
    ),
    **dict.fromkeys(("float_type", "float_parsing"), lambda _: NUMBER),
    "finite_number": lambda _: "must be a finite number",
    **dict.fromkeys(("bool_type", "bool_parsing"), lambda _: "must be true or false"),
    "greater_than_equal": lambda c: f"must be {c['ge']:g} or more",
    "greater_than": lambda c: f"must be more than {c['gt']:g}",
    "less_than_equal": lambda c: f"must be {c['le']:.12g} or less",
    "less_than": lambda c: f"must be less than {c['lt']:g}",
    "literal_error": lambda c: f"must be {c['expected']}",
}
"""pydantic's name for a problem -> what is wrong, from its context."""


def _write(general: str, kind: str, given: Any) -> str:
    """What to write in place of something of the wrong shape, as the end of the sentence; "" where words say enough."""
    one = _only(given)
    if general.startswith("constraints") and one is not None:
        text = f"{one[0]} <= {one[1]}"
        return f"; write '{text}'" if "[]" in general else f"; write constraints: [{text}]"
    if kind in ("too_short", "string_type", "model_type", "dict_type", "list_type") and general in WRITE:
        several = isinstance(given, list) and len(given) > 1 and not WRITE[general].startswith("[")
        return f"; {'there is only one, ' if several else ''}{_example(general)}"
    if kind in ("is_instance_of", "list_type", "tuple_type", "sequence_str") and isinstance(given, (str, int, float)):
        return f"; write [{given}]" if len(str(given)) <= LONGEST else ""
    if kind == "string_type" and isinstance(given, (int, float)):
        return "; put it in quotes"
    return ""


def _example(general: str) -> str:
    """What may stand at a place."""
    return f"write {WRITE[general]}" if general.endswith("[]") else f"write {general}: {WRITE[general]}"


def _only(given: Any) -> tuple[str, Any] | None:
    """The one field of an object that holds a text or a number."""
    if isinstance(given, dict) and len(given) == 1:
        name, value = next(iter(given.items()))
        return (str(name), value) if isinstance(value, (str, int, float)) else None
    return None
