"""What every space of bit-widths takes: lists of bits, and scale methods that go with a quantizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from autoquant.errors import SpecError
from autoquant.network import BITS, FLOAT_BITS, SCALE_METHODS, BitsQuantizer, ScaleMethod, bits_text
from autoquant_search_spaces.layer_choices import FLOAT_OPTION, Values, distinct

Bits = Literal[2, 3, 4, 5, 6, 8, 16, "float"]


def bit_list(values: Sequence[Any], place: str) -> Values:
    """Bit-widths, fewest first, float last. `SpecError` for an empty list and one that repeats."""
    if not values:
        raise SpecError(f"space.{place}: the list is empty; accepted: {', '.join(bits_text(b) for b in BITS)}")
    return tuple(sorted(distinct(values, place, "bit-width"), key=lambda b: FLOAT_BITS if b == FLOAT_OPTION else b))


def check_method(quantizer: BitsQuantizer, method: ScaleMethod, place: str) -> None:
    """`SpecError` for a method that a quantizer does not know; one without methods takes the default for none."""
    accepted = SCALE_METHODS[quantizer] or ("mse",)
    if method not in accepted:
        remedy = f"accepted: {', '.join(accepted)}" if SCALE_METHODS[quantizer] else "it has none; leave the option out"
        raise SpecError(f"space.{place}: the quantizer {quantizer!r} has no scale method {method!r}; {remedy}")
