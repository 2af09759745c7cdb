"""Bit-widths of weights and activations, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from autoquant.errors import SpecError, did_you_mean
from autoquant.network import (
    BITS,
    FLOAT,
    FLOAT_BITS,
    SCALE_METHODS,
    ActivationQuantization,
    BitsQuantizer,
    Granularity,
    LayerConfig,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    RangeMethod,
    ScaleMethod,
    WeightQuantization,
    bits_text,
)
from autoquant.space import Candidate, Choice, IntArray, Option, SearchSpace
from autoquant_search_spaces.groups import Tie, matched, named_groups, partition, tied

Bits = Literal[2, 3, 4, 5, 6, 8, 16, "float"]
Lists = Mapping[Literal["weights", "activations"], Sequence[Bits]]
PARTS = ("weight", "activation", "weight_scale", "activation_scale", "quantizer")
SCALE_OF = {"weight_scale": "weight", "quantizer": "weight", "activation_scale": "activation"}
"""What means nothing where these bits are float."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """Layers that share one choice of one part."""

    name: str
    part: str
    layers: tuple[str, ...]
    values: tuple[Any, ...]
    """Bit-widths as numbers, float as 32; or methods of scales, or quantizers."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The precisions of one layer, and how the columns of a candidate lead to one of them."""

    precisions: tuple[LayerPrecision, ...]
    index: IntArray
    """Combination of the layer's parts, counted through -> precision."""
    columns: list[tuple[int, int]]
    """Column of a choice, and what one step of it adds to the number of the combination."""


@dataclass(frozen=True, slots=True)
class BitOptions:
    """Which bit-widths may be chosen, and which layers share a choice."""

    weights: Sequence[Bits] = (2, 4, 8)
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
    group_size: Annotated[int, Field(ge=1)] = 64
    """Weights in a group, for the granularity ``per_group``."""


class BitWidths(SearchSpace):
    """One choice of weight bits and one of activation bits (of a layer's input) for each layer that is not pinned.

    Choices are named ``<layer>.weight`` and ``<layer>.activation``; those of layers that share one go by the name of
    their group, or of the first of them. A list with a single entry leaves no choice. Layers that share one weight
    tensor always have the same weight bits. An embedding has no activations to quantize.

    Args:
        network: profile of the network; its layers that are kept in float have no choice.
        bits: what may be chosen.
        quantization: how it is quantized.
    """

    def __init__(
        self,
        network: NetworkProfile | None,
        *,
        bits: BitOptions = BitOptions(),
        quantization: QuantizationOptions = QuantizationOptions(),
    ) -> None:
        if network is None:
            raise SpecError("space: bit_widths needs a network, and the evaluator has none")
        self.profile = network
        self._granularity = quantization.granularity
        self._group_size = quantization.group_size if quantization.granularity == "per_group" else None
        self._scales: dict[str, tuple[Any, ...]] = {
            "weight_scale": _names(quantization.weight_scales, "weight_scales") or (quantization.weight_scale,),
            "activation_scale": _names(quantization.activation_scales, "activation_scales")
            or (quantization.activation_scale,),
            "quantizer": _names(quantization.quantizers, "quantizers") or (quantization.quantizer,),
        }
        for quantizer, method in product(self._scales["quantizer"], self._scales["weight_scale"]):
            _check_method(quantizer, method, "weight_scales" if quantization.weight_scales else "weight_scale")
        free = network.quantizable
        if not free:
            raise SpecError("space: the network has no layer that may be quantized")
        self._names = [layer.name for layer in free]
        self._in_order = [layer.name for layer in sorted(free, key=lambda layer: layer.order)]
        self._bits = {layer.name: _lists_of(layer, bits.weights, bits.activations) for layer in free}
        self._pinned: set[str] = set()
        self._own_lists(bits.layers or {})
        self._pin(bits.pins or {})
        self._exclude(bits.left_out or {})
        self._units = self._share(tied(bits.tie, network), named_groups(bits.groups or {}, self._in_order))
        choices = [Choice(f"{unit.name}.{unit.part}", _options(unit)) for unit in self._units if len(unit.values) > 1]
        if not choices:
            raise SpecError("space: every layer is pinned or has a single bit-width, so there is nothing to search")
        super().__init__(choices)

    def _own_lists(self, layers: Mapping[str, Lists]) -> None:
        for pattern, lists in layers.items():
            names = matched(pattern, self._in_order)
            if not names:
                raise SpecError(f"space.layers.{pattern}: there is no such layer; {did_you_mean(pattern, self._bits)}")
            for name in names:
                for part in ("weight", "activation"):
                    if f"{part}s" in lists and self._bits[name][part] is not None:
                        key: Any = f"{part}s"
                        self._bits[name][part] = _bits(lists[key], f"layers.{pattern}.{key}")

    def _pin(self, pins: Mapping[str, Bits]) -> None:
        for pattern, bits in pins.items():
            names = matched(pattern, self._in_order)
            if not names:
                known = [*self._in_order, "first", "last"]
                raise SpecError(f"space.pins.{pattern}: no layer matches; {did_you_mean(pattern, known)}")
            pinned = _bits([bits], f"pins.{pattern}")
            self._pinned.update(names)
            for name in names:
                self._bits[name]["weight"] = pinned
                if self._bits[name]["activation"] not in (None, (FLOAT_BITS,)):
                    self._bits[name]["activation"] = pinned

    def _exclude(self, excluded: Mapping[str, Lists]) -> None:
        for pattern, lists in excluded.items():
            for name in matched(pattern, self._in_order):
                for key, wrong in lists.items():
                    part, without = key.removesuffix("s"), set(_bits(wrong, f"left_out.{pattern}.{key}"))
                    kept = tuple(bits for bits in self._bits[name][part] or () if bits not in without)
                    self._bits[name][part] = kept or self._bits[name][part]

    def _share(self, together: Sequence[Sequence[str]], groups: Mapping[str, Sequence[str]]) -> list[_Unit]:
        """Who shares which choice, in the order of the layers."""
        shared = [set(group) - self._pinned for group in (*together, *groups.values())]
        named = {name: group for group, names in groups.items() for name in names if name not in self._pinned}
        parts = {
            "weight": partition(self._names, [*shared, *self.profile.ties]),
            "activation": partition([n for n in self._names if self._bits[n]["activation"] is not None], shared),
        }
        units = []
        for bits_part in parts:
            for layers in parts[bits_part]:
                name = next((named[layer] for layer in layers if layer in named), layers[0])
                values = self._common_bits(bits_part, layers)
                units.append(_Unit(name, bits_part, layers, values))
                for part in (part for part, of in SCALE_OF.items() if of == bits_part):
                    names = self._scales[part] if values != (FLOAT_BITS,) else self._scales[part][:1]
                    units.append(_Unit(name, part, layers, names))
        return sorted(units, key=lambda unit: (self._names.index(unit.layers[0]), PARTS.index(unit.part)))

    def _common_bits(self, part: str, layers: Sequence[str]) -> tuple[int, ...]:
        lists = [self._bits[layer][part] or () for layer in layers]
        common = tuple(_common(lists))
        if not common:
            pairs = zip(layers, (", ".join(map(bits_text, bits)) for bits in lists), strict=True)
            texts = "; ".join(f"{layer} may have {bits}" for layer, bits in pairs)
            raise SpecError(f"space: layers that share one choice of {part} bits have none in common: {texts}")
        return common

    def uniform(self) -> dict[str, Candidate]:
        """The same bits everywhere, pinned layers apart: ``W4A8``, ``W4`` where activations stay float, and so on."""
        free = [unit for unit in self._units if self._pinned.isdisjoint(unit.layers)]
        weights, activations = (_common([u.values for u in free if u.part == part]) for part in PARTS[:2])
        named: dict[str, Candidate] = {}
        for w, a in product(weights, activations or [FLOAT_BITS]):
            wanted = {"weight": _option(w), "activation": _option(a)}
            label = f"W{bits_text(w)}" + ("" if a == FLOAT_BITS else f"A{bits_text(a)}")
            options = {c.name: wanted.get(c.name.rpartition(".")[2], c.options[0]) for c in self.choices}
            named[label] = self.encode(options)
        return named

    def canonical(self, candidate: Candidate) -> Candidate:
        """Methods of scales and quantizers mean nothing where bits are float: they are then the first."""
        indices = list(candidate)
        for scale, bits, at_float in self._idle_scales:
            if indices[bits] == at_float:
                indices[scale] = 0
        return tuple(indices)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {choice.name: column for column, choice in enumerate(self.choices)}

    @cached_property
    def _idle_scales(self) -> list[tuple[int, int, int]]:
        """Column of a scale's choice, column of its bits' choice, and the index of float there."""
        idle = []
        for unit in self._units:
            bits = f"{unit.name}.{SCALE_OF.get(unit.part)}"
            scale = f"{unit.name}.{unit.part}"
            if unit.part in SCALE_OF and scale in self._columns and bits in self._columns:
                options = self.choices[self._columns[bits]].options
                if "float" in options:
                    idle.append((self._columns[scale], self._columns[bits], options.index("float")))
        return idle

    @cached_property
    def _tables(self) -> dict[str, _Table]:
        """What a candidate says of each layer."""
        unit_of = {(layer, unit.part): unit for unit in self._units for layer in unit.layers}
        nothing = {"activation": (FLOAT_BITS,), "activation_scale": self._scales["activation_scale"][:1]}
        tables = {}
        for name in self._names:
            units = [unit_of.get((name, part)) for part in PARTS]
            lists = [unit.values if unit else nothing[part] for unit, part in zip(units, PARTS, strict=True)]
            number: dict[LayerPrecision, int] = {}
            rows = [
                number.setdefault(self._precision(lists, values), len(number))
                for values in product(*(range(len(values)) for values in lists))
            ]
            strides = [math.prod(map(len, lists[i + 1 :])) for i in range(len(lists))]
            chosen = [
                (self._columns[f"{unit.name}.{unit.part}"], stride)
                for unit, stride in zip(units, strides, strict=True)
                if unit is not None and len(unit.values) > 1
            ]
            tables[name] = _Table(tuple(number), np.array(rows, dtype=np.int64), chosen)
        return tables

    def _precision(self, lists: Sequence[Sequence[Any]], indices: Sequence[int]) -> LayerPrecision:
        weight, activation, weight_method, activation_method, quantizer = (
            values[index] for values, index in zip(lists, indices, strict=True)
        )
        return LayerPrecision(
            None
            if weight == FLOAT_BITS
            else WeightQuantization(weight, self._granularity, weight_method, quantizer, self._group_size),
            None if activation == FLOAT_BITS else ActivationQuantization(activation, activation_method),
        )

    @cached_property
    def layer_options(self) -> tuple[tuple[LayerConfig, ...], ...]:
        """Every combination of each layer; activations vary faster than weights, methods of scales fastest."""
        known = self._tables
        rows = (known[layer.name].precisions if layer.name in known else (FLOAT,) for layer in self.profile)
        return tuple(
            tuple(LayerConfig(layer, precision) for precision in row)
            for layer, row in zip(self.profile, rows, strict=True)
        )

    def network(self, candidate: Candidate) -> NetworkProfile:
        """There is one network."""
        return self.profile

    def networks(self, candidates: npt.NDArray[Any]) -> list[tuple[NetworkProfile, IntArray]]:
        """All candidates have the one network."""
        return [(self.profile, np.arange(len(candidates)))]

    def layer_indices(self, candidates: npt.NDArray[Any]) -> IntArray:
        """Index into `layer_options` of every layer: (n, choices) -> (n, layers)."""
        result: IntArray = np.zeros((len(candidates), len(self.profile)), dtype=np.int64)
        for position, layer in enumerate(self.profile):
            if layer.name in self._tables:
                table = self._tables[layer.name]
                for column, stride in table.columns:
                    result[:, position] += candidates[:, column] * stride
                if len(table.index) > len(table.precisions):
                    result[:, position] = table.index[result[:, position]]
        return result

    def unsupported(
        self, supported: Callable[[LayerProfile, LayerPrecision], bool]
    ) -> dict[str, dict[str, list[Option]]]:
        """Layer -> bit-widths that no combination supports, as `left_out` takes them; never all of a list."""
        excluded: dict[str, dict[str, list[Option]]] = {}
        for layer, options in zip(self.profile, self.layer_options, strict=True):
            every = [option.precision for option in options]
            good = [precision for precision in every if supported(layer, precision)]
            if layer.kept_float or not good or len(good) == len(options):
                continue
            weights = {p.weight_bits for p in every} - {p.weight_bits for p in good}
            activations = {p.activation_bits for p in every} - {p.activation_bits for p in good}
            lists = {"weights": sorted(weights), "activations": sorted(activations)}
            excluded[layer.name] = {key: [_option(b) for b in bits] for key, bits in lists.items() if bits}
        return {name: lists for name, lists in excluded.items() if lists}


def _lists_of(
    layer: LayerProfile, weights: Sequence[Bits], activations: Sequence[Bits]
) -> dict[str, tuple[int, ...] | None]:
    """The bit-widths of both parts of a layer; None for activations that are indices."""
    of_input = _bits(activations, "activations")
    return {"weight": _bits(weights, "weights"), "activation": None if layer.kind == "embedding" else of_input}


def _bits(values: Sequence[Bits], place: str) -> tuple[int, ...]:
    """Bit-widths as sorted numbers, float as 32."""
    if not values:
        raise SpecError(f"space.{place}: the list is empty; accepted: {', '.join(bits_text(b) for b in BITS)}")
    bits = [FLOAT_BITS if value == "float" else value for value in values]
    if len(set(bits)) != len(bits):
        raise SpecError(f"space.{place}: {list(values)} repeats a bit-width; each may stand once")
    return tuple(sorted(bits))


def _names(values: Sequence[str], place: str) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise SpecError(f"space.{place}: {list(values)} repeats a name; each may stand once")
    return tuple(values)


def _check_method(quantizer: BitsQuantizer, method: ScaleMethod, place: str) -> None:
    """`SpecError` for a method that a quantizer does not know; one without methods takes the default for none."""
    accepted = SCALE_METHODS[quantizer] or ("mse",)
    if method not in accepted:
        remedy = f"accepted: {', '.join(accepted)}" if SCALE_METHODS[quantizer] else "it has none; leave the option out"
        raise SpecError(f"space.{place}: the quantizer {quantizer!r} has no scale method {method!r}; {remedy}")


def _options(unit: _Unit) -> tuple[Option, ...]:
    return unit.values if unit.part in SCALE_OF else tuple(_option(bits) for bits in unit.values)


def _option(bits: int) -> Option:
    return "float" if bits == FLOAT_BITS else bits


def _common(lists: Sequence[Sequence[int]]) -> list[int]:
    """The bit-widths that stand in every list."""
    return sorted(set.intersection(*map(set, lists))) if lists else []
