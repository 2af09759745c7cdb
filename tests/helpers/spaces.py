"""Search spaces from flat options, as a spec gives them."""

from __future__ import annotations

from typing import Any

from autoquant_search_spaces.bit_widths import BitWidths
from autoquant_search_spaces.recipes import Recipes

from autoquant import plugins
from autoquant.network import NetworkProfile


def bit_widths(network: NetworkProfile | None, **options: Any) -> BitWidths:
    """The space of bit-widths of a network."""
    return BitWidths(network, **plugins.check_options(BitWidths, options, "space"))


def recipes(network: NetworkProfile | None, **options: Any) -> Recipes:
    """The space of recipes of a network."""
    return Recipes(network, **plugins.check_options(Recipes, options, "space"))
