"""What every cost model here asks of its arguments before it prices anything."""

from __future__ import annotations

from collections.abc import Sequence

from autoquant.errors import SpecError, UnsupportedError
from autoquant.interfaces import CostModel
from autoquant.network import ABSENT, BITS, VALUE_BITS, LayerOption, LayerPrecision, NetworkProfile, bits_text

WIDTHS = ", ".join(bits_text(bits) for bits in BITS)
"""Every bit-width, for an error message."""


def known_widths(precision: LayerPrecision) -> bool:
    """Whether weights, as they are computed with, and activations have widths that there are."""
    return precision.value_bits in VALUE_BITS and precision.activation_bits in BITS


def check_lengths(network: NetworkProfile, options: Sequence[Sequence[LayerOption]]) -> None:
    """`SpecError` unless there is one list of options for each layer."""
    if len(options) != len(network):
        raise SpecError(f"options: {len(options)} lists of options for {len(network)} layers; give one for each layer")


def check_supported(
    model: CostModel, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], supported: str
) -> None:
    """Raise before a price is made up.

    `SpecError` unless there is one list of options for each layer; `UnsupportedError`, ending in the sentence
    ``supported``, for the first layer and precision that the model cannot price.
    """
    check_lengths(network, options)
    for row in options:
        for option in row:
            if option is not ABSENT and not model.supported(option.profile, option.precision):
                layer = option.profile
                raise UnsupportedError(
                    f"layer {layer.name!r} (kind {layer.kind!r}) at {option.precision}: {type(model).__name__} cannot "
                    f"price it; {supported}"
                )
