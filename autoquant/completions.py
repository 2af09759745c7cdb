"""What comes back from evaluators, as every store keeps it, or with the sentence that says why it cannot be kept.

Every completion goes through `checked`: in the worker, so that only plain data travels, and in the coordinator, because
a pool of one's own may run evaluators without it. What was checked before passes unchanged.
"""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from autoquant.errors import kept_text, storable
from autoquant.interfaces import Completion
from autoquant.objective import NAME_RULE, is_metric_name
from autoquant.space import Candidate
from autoquant.trial import Measurement, Step

MAX_SECONDS = 1e9
"""Thirty years: no measurement takes longer, and moments so far apart can still be told."""

T = TypeVar("T")


class _Wrong(Exception):
    """One sentence: what was wrong, and what is accepted."""


def checked(done: Completion) -> Completion:
    """The completion with plain numbers and texts; its measurement becomes an error where that cannot be.

    Numbers of NumPy and torch are taken as numbers. Metrics may be NaN or infinite, which is no result but can be told.
    An error is cut to `autoquant.errors.TEXT_LENGTH`.
    """
    if done.error is not None:
        return replace(done, measurement=None, error=kept_text(str(done.error)))
    if done.measurement is None:
        return done
    try:
        return replace(done, measurement=_checked(done.measurement))
    except _Wrong as wrong:
        error = str(wrong)
    except Exception as unreadable:  # raised by a mapping or a sequence of the evaluator's own
        error = f"the measurement cannot be read: {type(unreadable).__name__}: {unreadable}"
    return replace(done, measurement=None, error=kept_text(error))


def _checked(measurement: Measurement) -> Measurement:
    if not isinstance(measurement, Measurement):
        raise _Wrong(f"{_shown(measurement)} was measured; give a Measurement")
    return Measurement(
        metrics=_metrics(measurement.metrics, "metrics", ""),
        standard_errors=_standard_errors(measurement.standard_errors),
        artifacts=_artifacts(measurement.artifacts),
        seconds=_seconds(measurement.seconds),
        candidate=_candidate(measurement.candidate),
        steps=_steps(measurement.steps),
        notes=_notes(measurement.notes),
    )


def _metrics(values: Any, field: str, before: str) -> dict[str, float]:
    """Name -> plain number; ``before`` the name of one, the error says what it is of."""
    numbers = {}
    for name, value in _mapping(values, field, "numbers").items():
        if not is_metric_name(name):
            raise _Wrong(f"{field}: {_shown(name)} is no name; {NAME_RULE}")
        numbers[str(name)] = _number(value, before + name)
    return numbers


def _standard_errors(values: Any) -> dict[str, float]:
    errors = _metrics(values, "standard_errors", "the standard error of ")
    for name, value in errors.items():
        if not 0 <= value < float("inf"):
            raise _Wrong(f"the standard error of {name} is {value}; leave it out where it is not known")
    return errors


def _artifacts(values: Any) -> dict[str, str]:
    named = _mapping(values, "artifacts", "texts").items()
    return {_text(name, "the name of an artifact"): _text(uri, f"the artifact {_shown(name)}") for name, uri in named}


def _seconds(value: Any) -> float:
    seconds = _number(value, "seconds")
    if not 0 <= seconds <= MAX_SECONDS:
        raise _Wrong(f"seconds is {seconds}; it must lie between 0 and {MAX_SECONDS:g}")
    return seconds


def _candidate(value: Any) -> Candidate | None:
    if value is None:
        return None
    wanted = f"candidate is {_shown(value)}; give the index of an option for each choice"
    return _converted(lambda: tuple(operator.index(index) for index in value), wanted)


def _steps(values: Any) -> tuple[Step, ...]:
    """Their numbers may be NaN: a loss that has diverged is told as such."""
    wanted = f"steps is {_shown(values)}; give a sequence of (step, metrics), each step an integer"
    pairs = _converted(lambda: [(operator.index(step), metrics) for step, metrics in values], wanted)
    steps = []
    for step, metrics in pairs:
        named = _mapping(metrics, f"what was reported of step {step}", "numbers").items()
        of = f" of step {step}"
        steps.append(Step(step, {_text(name, f"a name{of}"): _number(value, f"{name}{of}") for name, value in named}))
    return tuple(steps)


def _notes(values: Any) -> tuple[str, ...]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise _Wrong(f"notes is {_shown(values)}; give a sequence of texts")
    return tuple(_text(note, "a note") for note in values)


def _mapping(values: Any, field: str, of: str) -> Mapping[Any, Any]:
    if not isinstance(values, Mapping):
        raise _Wrong(f"{field} is {_shown(values)}; give a mapping of names to {of}")
    return values


def _number(value: Any, what: str) -> float:
    """A float of a number of Python, NumPy or torch, or of an array that holds one."""
    try:
        item = getattr(value, "item", None)
        plain = item() if callable(item) else value
        if not isinstance(plain, (str, bytes, bytearray)):
            return float(plain)
    except OverflowError:
        raise _Wrong(f"{what} is {_shown(value)}, more than a float holds; give a finite number") from None
    except Exception:
        pass
    raise _Wrong(f"{what} is {_shown(value)}, which is no number")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"{what} is {_shown(value)}; give a text")
    if storable(value) != value:
        raise _Wrong(f"{what} is {_shown(value)}, which no database keeps; leave out NUL and lone surrogates")
    return str(value)


def _converted(convert: Callable[[], T], wrong: str) -> T:
    """What the function gives; where it raises, that is what is wrong."""
    try:
        return convert()
    except Exception:
        raise _Wrong(wrong) from None


def _shown(value: Any) -> str:
    """A value in short, on one line."""
    try:
        return " ".join(_SHORT.repr(value).split())
    except Exception:  # a number of more than 4,300 digits, and whatever cannot be written
        return f"of the type {type(value).__name__}"


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
