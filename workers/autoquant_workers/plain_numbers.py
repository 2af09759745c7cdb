"""Measurements as every store can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autoquant.trial import Measurement


def with_plain_numbers(measurement: Measurement) -> Measurement | Exception:
    """The measurement with floats in place of the numbers of NumPy or torch; the error where that cannot be.

    A standard error is a finite number that is not negative, or omitted.
    """
    try:
        errors = _floats(measurement.standard_errors, "the standard error of ")
        for name, value in errors.items():
            if not 0 <= value < math.inf:
                raise ValueError(f"the standard error of {name} is {value}; leave it out where it is not known")
        return replace(measurement, metrics=_floats(measurement.metrics, ""), standard_errors=errors)
    except (TypeError, ValueError) as error:
        return error


def _floats(values: Mapping[str, Any], what: str) -> dict[str, float]:
    return {name: _float(value, what + name) for name, value in values.items()}


def _float(value: Any, what: str) -> float:
    try:
        if not isinstance(value, str):
            return float(value)
    except (TypeError, ValueError, RuntimeError):
        pass
    raise TypeError(f"{what} is {value!r}, which is no number")
