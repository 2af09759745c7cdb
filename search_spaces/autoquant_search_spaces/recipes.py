"""Named recipes for weights, layer by layer: few bits, codebooks, patterns of zeros, ternary and binary weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from autoquant.errors import SpecError
from autoquant.network import (
    BITS,
    FLOAT_BITS,
    ActivationQuantization,
    BitsQuantizer,
    Codebook,
    Granularity,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    RangeMethod,
    ScaleMethod,
    WeightQuantization,
)
from autoquant.recipes import ACCEPTED, misfit, parse_recipe
from autoquant.space import Candidate, Option
from autoquant_search_spaces.bits import Bits, bit_list, check_method
from autoquant_search_spaces.groups import Tie
from autoquant_search_spaces.layer_choices import (
    ACTIVATION,
    FLOAT_OPTION,
    LayerChoices,
    Rules,
    Values,
    common,
    distinct,
)

Lists = Mapping[Literal["recipes", "activations"], Sequence[str | int]]
BITS_OF_INPUT = tuple(FLOAT_OPTION if bits == FLOAT_BITS else bits for bits in BITS)


@dataclass(frozen=True, slots=True)
class RecipeOptions:
    """Which recipes may be chosen, and which layers share a choice."""

    options: Sequence[str]
    """Recipes of weights that every layer may take, as far as it can: ``W8``, ``ternary``, ``lut4+4/2``, ``W4@2:4``."""
    activations: Sequence[Bits] = ("float",)
    """Bit-widths that the input of a layer may take: 2, 3, 4, 5, 6, 8, 16 or "float"."""
    pins: Mapping[str, str] | None = None
    """Layer -> recipe that it keeps; ``first`` and ``last`` stand for the first and the last layer that executes, ``*``
    and ``?`` match parts of names. The bits of its input stay as they are, but float is for both. A pinned layer
    shares no choice."""
    layers: Mapping[str, Lists] | None = None
    """Layer, or pattern as in pins -> ``{recipes: [..], activations: [..]}`` in place of the lists for all."""
    tie: Sequence[Tie] = ()
    """Which layers share a choice: ``residual``, those whose outputs meet in an addition; ``shared_input``, those that
    read the same tensor."""
    groups: Mapping[str, Sequence[str]] | None = None
    """Name -> layers or patterns that share a choice."""
    left_out: Mapping[str, Lists] | None = None
    """Layer or pattern -> recipes and bit-widths that are excluded, besides what a device cannot execute."""


@dataclass(frozen=True, slots=True)
class RecipeDetails:
    """What the text of a recipe does not say; the same for all layers."""

    granularity: Granularity = "per_channel"
    """One weight scale for each output channel, for each group of its weights, or for the whole tensor."""
    weight_scale: ScaleMethod = "mse"
    """Method that finds the scales of uniform weights."""
    quantizer: BitsQuantizer = "symmetric"
    """Which values weights of ``W2`` to ``W16`` may take."""
    group_size: Annotated[int, Field(ge=1, le=2**31)] = 64
    """Weights in a group, for the granularity ``per_group``."""
    scale_bytes: Literal[2, 4] = 4
    """Bytes of a weight scale: float32, or float16."""
    activation_scale: RangeMethod = "mse"
    """Method that finds activation scales."""
    table_bits: Literal[8, 16] = 16
    """Bits of an entry of a table: float16, or int8 with one scale for the table."""
    shared_tables: bool = False
    """One set of tables for all layers with the same codebook, in units of each layer's scale."""
    entropy: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """What a bit of a code costs the fit of a codebook, as a share of the mean error of an entry."""


class Recipes(LayerChoices):
    """One choice of a recipe for the weights, and one of the bits of the input, for each layer.

    Choices are named ``<layer>.recipe`` and ``<layer>.activation``; recipes have no order. Layers that share a choice
    have the recipes that all of them may have; those that share one weight tensor always do.

    Of the recipes for all, a layer goes without those that it cannot take (a pattern N:M over input channels that M
    does not divide, a table larger than what it stands for, zeros in an embedding), and `notes` says so. Where one is
    named for that layer, or nothing is left, it is a `SpecError`.

    Args:
        network: profile of the network; its layers that are kept in float have no choice.
        recipes: what may be chosen.
        details: what the texts of recipes leave open.
    """

    weight_part: ClassVar[str] = "recipe"
    nouns: ClassVar[Mapping[str, str]] = {"recipe": "recipes", ACTIVATION: "activation bits"}
    single: ClassVar[str] = "recipe"

    def __init__(
        self,
        network: NetworkProfile | None,
        *,
        recipes: RecipeOptions,
        details: RecipeDetails = RecipeDetails(),
    ) -> None:
        if network is None:
            raise SpecError("space: recipes needs a network, and the evaluator has none")
        check_method(details.quantizer, details.weight_scale, "weight_scale")
        self._details = details
        self._weights: dict[str, WeightQuantization | None] = {}
        """Text of every recipe that is named -> what it means."""
        self._layers = {layer.name: layer for layer in network}
        self._without: dict[str, dict[str, str]] = {}
        """Layer -> recipes for all that it cannot take, and why."""
        self._for_all = self.checked("recipe", recipes.options, "options")
        self._inputs = bit_list(recipes.activations, "activations")
        rules = Rules(
            recipes.pins or {}, recipes.layers or {}, recipes.tie, recipes.groups or {}, recipes.left_out or {}
        )
        super().__init__(network, self._general, {}, rules)

    def _general(self, layer: LayerProfile) -> dict[str, Values | None]:
        """The lists for all, without the recipes that this layer cannot take."""
        reasons = {text: misfit(self._weights[text], layer) for text in self._for_all}
        self._without[layer.name] = {text: reason for text, reason in reasons.items() if reason is not None}
        fitting = tuple(text for text, reason in reasons.items() if reason is None)
        return {"recipe": fitting, ACTIVATION: None if layer.kind == "embedding" else self._inputs}

    def checked(self, part: str, values: Sequence[Any], place: str) -> Values:
        """Recipes in their order; or bit-widths, fewest first."""
        if part == ACTIVATION:
            if wrong := [value for value in values if value not in BITS_OF_INPUT]:
                accepted = ", ".join(map(str, BITS_OF_INPUT))
                raise SpecError(f"space.{place}: {wrong[0]!r} is no bit-width of an input; accepted: {accepted}")
            return bit_list(values, place)
        if not values:
            raise SpecError(f"space.{place}: the list is empty; accepted: {ACCEPTED}")
        for text in distinct(values, place, "recipe"):
            self._know(text, place)
        return tuple(values)

    def _know(self, text: Any, place: str) -> None:
        """`SpecError` for what is no recipe, and for another spelling of one."""
        details = self._details
        size = details.group_size if details.granularity == "per_group" else None
        try:
            like = WeightQuantization(
                8, details.granularity, details.weight_scale, details.quantizer, size, scale_bytes=details.scale_bytes
            )
            tables = Codebook((2,), 1, details.table_bits, details.shared_tables, details.entropy)
            meaning = parse_recipe(str(text), like, tables)
        except SpecError as error:
            raise SpecError(f"space.{place}: {error}") from None
        if (name := FLOAT_OPTION if meaning is None else meaning.name) != text:
            raise SpecError(f"space.{place}: write {name!r} for the recipe {text!r}")
        self._weights[text] = meaning

    def named_for(self, layer: str, part: str, values: Values, place: str) -> Values:
        """Options that are named for this layer. `SpecError` for a recipe that it cannot take."""
        if part == "recipe":
            for text in values:
                if reason := misfit(self._weights[text], self._layers[layer]):
                    raise SpecError(f"space.{place}: layer {layer!r} cannot take {text!r}: {reason}; leave it out")
            self._without.pop(layer, None)
        return values

    def pin_to(self, layer: str, value: Any, place: str) -> None:
        """Leave the layer no recipe but this; float is for its input too."""
        super().pin_to(layer, value, place)
        if value == FLOAT_OPTION and self._lists[layer][ACTIVATION] is not None:
            self._lists[layer][ACTIVATION] = (FLOAT_OPTION,)

    def complete(self) -> None:
        """`SpecError` for a layer that can take no recipe; notes of what layers go without."""
        layers: dict[tuple[str, str], list[str]] = {}
        for name, reasons in self._without.items():
            if not self._lists[name]["recipe"]:
                text, reason = next(iter(reasons.items()))
                raise SpecError(
                    f"space.options: layer {name!r} can take none of {', '.join(reasons)} ({text}: {reason}); add a "
                    f"recipe that it can take, such as W8, or give it recipes of its own under layers"
                )
            for pair in reasons.items():
                layers.setdefault(pair, []).append(name)
        self.notes = tuple(
            f"{', '.join(names)} go{'es' if len(names) == 1 else ''} without the recipe {text}: {reason}"
            for (text, reason), names in layers.items()
        )

    def is_ordered(self, part: str) -> bool:
        """Recipes have no order."""
        return part != "recipe"

    def uniform(self) -> dict[str, Candidate]:
        """The same recipe everywhere: ``W4``, ``lut16A8`` where inputs have bits.

        A layer that cannot take it, or for which it is not listed, has the first of its own recipes, and pinned layers
        keep theirs.
        """
        free = [unit for unit in self._units if self._pinned.isdisjoint(unit.layers)]
        inputs = common([unit.values for unit in free if unit.part == ACTIVATION]) or (FLOAT_OPTION,)
        taken = {option for unit in free if unit.part == "recipe" for option in unit.values}
        recipes = [text for text in self._for_all if text in taken]
        named: dict[str, Candidate] = {}
        for recipe, bits in product(recipes, inputs):
            wanted = {"recipe": recipe, ACTIVATION: bits}
            candidate = tuple(_index(c.options, wanted[c.name.rpartition(".")[2]]) for c in self.choices)
            if candidate not in named.values():
                named[recipe + ("" if bits == FLOAT_OPTION else f"A{bits}")] = candidate
        return named

    def precision(self, options: Mapping[str, Any]) -> LayerPrecision:
        """What a recipe and the bits of an input mean."""
        bits, scale = options[ACTIVATION], self._details.activation_scale
        quantized = None if bits == FLOAT_OPTION else ActivationQuantization(bits, scale)
        return LayerPrecision(self._weights[options["recipe"]], quantized)

    def named(self, precision: LayerPrecision) -> tuple[Option, Option]:
        """The recipe, as the spec writes it, and the bits of the input."""
        text = next(text for text, meaning in self._weights.items() if meaning == precision.weight)
        return text, FLOAT_OPTION if precision.activation is None else precision.activation.bits


def _index(options: Sequence[Option], wanted: Option) -> int:
    """Position of an option, or the first."""
    return options.index(wanted) if wanted in options else 0
