"""Bit-widths of weights and activations, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from autoquant.errors import SpecError
from autoquant.network import (
    FLOAT_BITS,
    ActivationQuantization,
    BitsQuantizer,
    Granularity,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    RangeMethod,
    Rounding,
    ScaleMethod,
    WeightQuantization,
)
from autoquant.space import Candidate, Option
from autoquant_search_spaces.bits import Bits, bit_list, check_method
from autoquant_search_spaces.groups import Tie
from autoquant_search_spaces.layer_choices import FLOAT_OPTION, LayerChoices, Rules, Values, common, distinct

Lists = Mapping[Literal["weights", "activations"], Sequence[Bits]]


@dataclass(frozen=True, slots=True)
class BitOptions:
    """Which bit-widths may be chosen, and which layers share a choice."""

    weights: Sequence[Bits] = (2, 3, 4, 6, 8)
    """Bit-widths that weights may take: 2, 3, 4, 5, 6, 8, 16 or "float"."""
    activations: Sequence[Bits] = ("float",)
    """Bit-widths that the input of a layer may take."""
    pins: Mapping[str, Bits] | None = None
    """Layer -> bit-width that it keeps, for weights and activations both; ``first`` and ``last`` stand for the first
    and the last layer that executes, ``*`` and ``?`` match parts of names. A pin binds only what is searched or
    quantized: where the activations of the space are all float, they stay float. A pinned layer shares no choice."""
    layers: Mapping[str, Lists] | None = None
    """Layer, or pattern as in pins -> ``{weights: [..], activations: [..]}`` in place of the lists for all."""
    tie: Sequence[Tie] = ()
    """Which layers share a choice: ``residual``, those whose outputs meet in an addition; ``shared_input``, those that
    read the same tensor (query, key and value, which engines fuse)."""
    groups: Mapping[str, Sequence[str]] | None = None
    """Name -> layers or patterns that share a choice."""
    left_out: Mapping[str, Lists] | None = None
    """Layer or pattern -> bit-widths that are excluded, besides what a device cannot execute."""


@dataclass(frozen=True, slots=True)
class QuantizationOptions:
    """How weights and activations of few bits are quantized, and what of that is a choice by layer."""

    granularity: Granularity = "per_channel"
    """One weight scale for each output channel, for each group of its weights, or for the whole tensor."""
    weight_scale: ScaleMethod = "mse"
    """Method that finds weight scales."""
    activation_scale: RangeMethod = "mse"
    """Method that finds activation scales."""
    weight_scales: Sequence[ScaleMethod] = ()
    """Methods among which each layer has a choice, ``<layer>.weight_scale``, in place of one for all."""
    activation_scales: Sequence[RangeMethod] = ()
    """The same for activations, ``<layer>.activation_scale``."""
    quantizer: BitsQuantizer = "symmetric"
    """Which values weights may take."""
    quantizers: Sequence[BitsQuantizer] = ()
    """Quantizers among which each layer has a choice, ``<layer>.quantizer``, in place of one for all."""
    group_size: Annotated[int, Field(ge=1, le=2**31)] = 64
    """Weights in a group, for the granularity ``per_group``."""
    roundings: Sequence[Rounding] = ()
    """Ways to round weights among which each layer has a choice, ``<layer>.rounding``: ``nearest``, ``nearest+bias``,
    ``hessian``. Without any it is what the evaluator does."""
    scale_bytes: Literal[2, 4] = 4
    """Bytes of a weight scale: float32, or float16."""


class BitWidths(LayerChoices):
    """One choice of weight bits and one of activation bits (of a layer's input) for each layer that is not pinned.

    Choices are named ``<layer>.weight`` and ``<layer>.activation``; those of layers that share one go by the name of
    their group, or of the first of them. A list with a single entry leaves no choice. Layers that share one weight
    tensor always have the same weight bits. An embedding has no activations to quantize.

    Args:
        network: profile of the network; its layers that are kept in float have no choice.
        bits: what may be chosen.
        quantization: how it is quantized.
    """

    weight_part: ClassVar[str] = "weight"
    method_of: ClassVar[Mapping[str, str]] = {
        "weight_scale": "weight",
        "activation_scale": "activation",
        "quantizer": "weight",
        "rounding": "weight",
    }
    nouns: ClassVar[Mapping[str, str]] = {"weight": "weight bits", "activation": "activation bits"}
    single: ClassVar[str] = "bit-width"

    def __init__(
        self,
        network: NetworkProfile | None,
        *,
        bits: BitOptions = BitOptions(),
        quantization: QuantizationOptions = QuantizationOptions(),
    ) -> None:
        if network is None:
            raise SpecError("space: bit_widths needs a network, and the evaluator has none")
        self._granularity = quantization.granularity
        self._group_size = quantization.group_size if quantization.granularity == "per_group" else None
        self._scale_bytes = quantization.scale_bytes
        weights, activations = bit_list(bits.weights, "weights"), bit_list(bits.activations, "activations")
        rules = Rules(bits.pins or {}, bits.layers or {}, bits.tie, bits.groups or {}, bits.left_out or {})
        super().__init__(network, lambda layer: _lists(layer, weights, activations), _methods(quantization), rules)

    def checked(self, part: str, values: Sequence[Any], place: str) -> Values:
        """Bit-widths, fewest first."""
        return bit_list(values, place)

    def pin_to(self, layer: str, value: Any, place: str) -> None:
        """A pin is for weights and activations both; activations that are all float stay so."""
        super().pin_to(layer, value, place)
        if self._lists[layer]["activation"] not in (None, (FLOAT_OPTION,)):
            self._lists[layer]["activation"] = self._lists[layer]["weight"]

    def uniform(self) -> dict[str, Candidate]:
        """The same bits everywhere, pinned layers apart: ``W4A8``, ``W4`` where activations stay float, and so on."""
        free = [unit for unit in self._units if self._pinned.isdisjoint(unit.layers)]
        weights, activations = (common([u.values for u in free if u.part == part]) for part in self.parts[:2])
        named: dict[str, Candidate] = {}
        for w, a in product(weights, activations or [FLOAT_OPTION]):
            wanted = {"weight": w, "activation": a}
            options = {c.name: wanted.get(c.name.rpartition(".")[2], c.options[0]) for c in self.choices}
            named[f"W{w}" + ("" if a == FLOAT_OPTION else f"A{a}")] = self.encode(options)
        return named

    def precision(self, options: Mapping[str, Any]) -> LayerPrecision:
        """What the options of all parts of a layer mean."""
        weight, activation = options["weight"], options["activation"]
        quantized = None if weight == FLOAT_OPTION else self._weight(options)
        scale = options["activation_scale"]
        return LayerPrecision(
            quantized, None if activation == FLOAT_OPTION else ActivationQuantization(activation, scale)
        )

    def _weight(self, options: Mapping[str, Any]) -> WeightQuantization:
        return WeightQuantization(
            options["weight"],
            self._granularity,
            options["weight_scale"],
            options["quantizer"],
            self._group_size,
            options["rounding"],
            scale_bytes=self._scale_bytes,
        )

    def named(self, precision: LayerPrecision) -> tuple[Option, Option]:
        """Bits of weights and of activations."""
        return _option(precision.weight_bits), _option(precision.activation_bits)


def _methods(wanted: QuantizationOptions) -> dict[str, Values]:
    """The options of each part that is a method; one alone where it is no choice."""
    methods: dict[str, Values] = {
        "weight_scale": _names(wanted.weight_scales, "weight_scales") or (wanted.weight_scale,),
        "activation_scale": _names(wanted.activation_scales, "activation_scales") or (wanted.activation_scale,),
        "quantizer": _names(wanted.quantizers, "quantizers") or (wanted.quantizer,),
        "rounding": _names(wanted.roundings, "roundings") or (None,),
    }
    for quantizer, method in product(methods["quantizer"], methods["weight_scale"]):
        check_method(quantizer, method, "weight_scales" if wanted.weight_scales else "weight_scale")
    return methods


def _lists(layer: LayerProfile, weights: Values, activations: Values) -> dict[str, Values | None]:
    """The bit-widths of both parts of a layer; None for activations that are indices."""
    return {"weight": weights, "activation": None if layer.kind == "embedding" else activations}


def _names(values: Sequence[str], place: str) -> Values:
    return distinct(values, place, "name")


def _option(bits: int) -> Option:
    return FLOAT_OPTION if bits == FLOAT_BITS else bits
