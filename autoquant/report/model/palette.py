"""Colours, the same in the HTML file and in the picture."""

from __future__ import annotations

from autoquant.network import BITS
from autoquant.space import Choice, Option

INK = "#1d2733"
MUTED = "#64707d"
GRID = "#e7eaee"
FAINT = "#b9c1ca"
FRONT = "#1f6fb2"
TEST = "#0e9384"
UNIFORM = "#d97706"
SENSITIVITY = "#7c8a1f"
FLOAT_NETWORK = "#7a5195"
BROKEN = "#c2413a"
NETWORKS = ("#aab4bf", "#1f6fb2", "#0e9384", "#d97706")
"""Networks whose layers are set side by side; the first is the one that the others are held against."""

_BITS = ("#fff1c2", "#d8ecaf", "#a5d9b4", "#6cc3bd", "#3d9fc2", "#2471ae", "#27459a", "#4b5563")
_NAMED = ("#8ecae6", "#ffd6a5", "#b7e4c7", "#e5b8d8", "#d9d2b0", "#b8c0e0", "#f4b6a6", "#a9d6c9", "#d5c3e8", "#cfd8dc")


def bits_colour(bits: Option) -> str:
    """Few bits are pale, many are dark, float is grey."""
    return _BITS[len(BITS) - 1 if bits == "float" else BITS.index(int(bits))]


def is_bits(choice: Choice) -> bool:
    """Whether every option of a choice is a bit-width of weights or activations."""
    named = choice.name.endswith((".weight", ".activation"))
    return named and all(o == "float" or (type(o) is int and o in BITS) for o in choice.options)


def is_recipe(choice: Choice) -> bool:
    """Whether the options of a choice are recipes for the weights of a layer."""
    return choice.name.endswith(".recipe") and all(isinstance(option, str) for option in choice.options)


def named_colour(rank: int) -> str:
    """Colour of one of several options that have no order."""
    return _NAMED[rank % len(_NAMED)]


def option_colour(choice: Choice, index: int) -> str:
    """Colour of one option: that of its bits, its rank where options are ordered, or one of its own."""
    if is_bits(choice):
        return bits_colour(choice.options[index])
    if choice.ordered:
        return _BITS[round(index * (len(_BITS) - 2) / max(1, len(choice.options) - 1))]
    return named_colour(index)


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read on this colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"
