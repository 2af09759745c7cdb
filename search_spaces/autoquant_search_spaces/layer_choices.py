"""Choices by layer: which layers share one, and what a candidate says of each layer."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from autoquant.errors import SpecError, did_you_mean
from autoquant.network import FLOAT, LayerConfig, LayerPrecision, LayerProfile, NetworkProfile
from autoquant.space import Candidate, Choice, IntArray, Option, SearchSpace
from autoquant_search_spaces.groups import Tie, matched, named_groups, partition, tied

FLOAT_OPTION = "float"
"""The option of weights or activations that stay in float32."""

ACTIVATION = "activation"
"""The part of a layer that its input is; a layer whose input holds indices has none."""

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is said of single layers; each space says which options it takes."""

    pins: Mapping[str, Any] = field(default_factory=dict)
    layers: Mapping[str, Mapping[Any, Sequence[Any]]] = field(default_factory=dict)
    tie: Sequence[Tie] = ()
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[Any, Sequence[Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unit:
    """Layers that share one choice of one part."""

    name: str
    part: str
    layers: tuple[str, ...]
    values: Values


@dataclass(frozen=True, slots=True)
class _Table:
    """The precisions of one layer, and how the columns of a candidate lead to one of them."""

    precisions: tuple[LayerPrecision, ...]
    index: IntArray
    """Combination of the layer's parts, counted through -> precision."""
    columns: list[tuple[int, int]]
    """Column of a choice, and what one step of it adds to the number of the combination."""


class LayerChoices(SearchSpace, ABC):
    """One choice of each part of each layer that may be quantized; layers may share a choice.

    A part is what weights are (``weight_part``), the bits of the input (``activation``), or a method of one of these
    two, which means nothing where its part is float. Choices are named ``<layer>.<part>``; those of layers that share
    one go by the name of their group, or of the first of them. A list with a single entry leaves no choice.

    Args:
        network: its layers that are kept in float have no choice.
        lists: layer -> part -> options, of ``weight_part`` and of ``activation`` (None for a layer without).
        methods: part -> options, of the parts that are methods, the same for all layers.
        rules: what is said of single layers.
    """

    weight_part: ClassVar[str]
    method_of: ClassVar[Mapping[str, str]] = {}
    """Part that is a method -> the part that it is of, in the order of the parts."""
    nouns: ClassVar[Mapping[str, str]]
    """What the options of weights and of activations are called in an error."""
    single: ClassVar[str]
    """What one option of weights is called."""

    def __init__(
        self,
        network: NetworkProfile,
        lists: Callable[[LayerProfile], dict[str, Values | None]],
        methods: Mapping[str, Values],
        rules: Rules,
    ) -> None:
        free = network.quantizable
        if not free:
            raise SpecError("space: the network has no layer that may be quantized")
        self.profile = network
        self.parts = (self.weight_part, ACTIVATION, *self.method_of)
        self._methods = methods
        self._names = [layer.name for layer in free]
        self._in_order = [layer.name for layer in sorted(free, key=lambda layer: layer.order)]
        self._lists = {layer.name: lists(layer) for layer in free}
        self._pinned: set[str] = set()
        self._own_lists(rules.layers)
        self._pin(rules.pins)
        self._exclude(rules.left_out)
        self.complete()
        self._units = self._share(tied(rules.tie, network), named_groups(rules.groups, self._in_order))
        choices = [
            Choice(f"{unit.name}.{unit.part}", unit.values, ordered=self.is_ordered(unit.part))
            for unit in self._units
            if len(unit.values) > 1
        ]
        if not choices:
            raise SpecError(
                f"space: every layer is pinned or has a single {self.single}, so there is nothing to search"
            )
        super().__init__(choices)

    @abstractmethod
    def checked(self, part: str, values: Sequence[Any], place: str) -> Values:
        """The options of a list in their order. `SpecError`, naming the place, for an empty list and a wrong one."""

    @abstractmethod
    def precision(self, options: Mapping[str, Any]) -> LayerPrecision:
        """What the options of all parts of a layer mean."""

    @abstractmethod
    def named(self, precision: LayerPrecision) -> tuple[Option, Option]:
        """The reverse: the options of ``weight_part`` and of ``activation`` of a precision."""

    def named_for(self, layer: str, part: str, values: Values, place: str) -> Values:
        """Options that are named for this layer. `SpecError` where the layer cannot take one."""
        return values

    def pin_to(self, layer: str, value: Any, place: str) -> None:
        """Leave the layer no choice but this."""
        self._lists[layer][self.weight_part] = self.named_for(
            layer, self.weight_part, self.checked(self.weight_part, [value], place), place
        )

    def is_ordered(self, part: str) -> bool:
        """Whether neighbouring options of a part are similar."""
        return True

    def complete(self) -> None:
        """Once every layer has its lists: `SpecError` for one that has nothing left."""

    def _own_lists(self, layers: Mapping[str, Mapping[Any, Sequence[Any]]]) -> None:
        for pattern, lists in layers.items():
            names = matched(pattern, self._in_order)
            if not names:
                raise SpecError(f"space.layers.{pattern}: there is no such layer; {did_you_mean(pattern, self._lists)}")
            for key, values in lists.items():
                part, place = part_of(key), f"layers.{pattern}.{key}"
                options = self.checked(part, values, place)
                for name in names:
                    if part == self.weight_part or self._lists[name][part] is not None:
                        self._lists[name][part] = self.named_for(name, part, options, place)

    def _pin(self, pins: Mapping[str, Any]) -> None:
        for pattern, value in pins.items():
            names = matched(pattern, self._in_order)
            if not names:
                known = [*self._in_order, "first", "last"]
                raise SpecError(f"space.pins.{pattern}: no layer matches; {did_you_mean(pattern, known)}")
            self._pinned.update(names)
            for name in names:
                self.pin_to(name, value, f"pins.{pattern}")

    def _exclude(self, excluded: Mapping[str, Mapping[Any, Sequence[Any]]]) -> None:
        for pattern, lists in excluded.items():
            for name in matched(pattern, self._in_order):
                for key, wrong in lists.items():
                    part = part_of(key)
                    without = set(self.checked(part, wrong, f"left_out.{pattern}.{key}"))
                    kept = tuple(option for option in self._lists[name][part] or () if option not in without)
                    self._lists[name][part] = kept or self._lists[name][part]

    def _share(self, together: Sequence[Sequence[str]], groups: Mapping[str, Sequence[str]]) -> list[Unit]:
        """Who shares which choice, in the order of the layers."""
        shared = [set(group) - self._pinned for group in (*together, *groups.values())]
        named = {name: group for group, names in groups.items() for name in names if name not in self._pinned}
        having = [name for name in self._names if self._lists[name][ACTIVATION] is not None]
        parts = {
            self.weight_part: partition(self._names, [*shared, *self.profile.ties]),
            ACTIVATION: partition(having, shared),
        }
        units = []
        for head in parts:
            for layers in parts[head]:
                name = next((named[layer] for layer in layers if layer in named), layers[0])
                values = self._common(head, layers)
                units.append(Unit(name, head, layers, values))
                for method in (method for method, of in self.method_of.items() if of == head):
                    options = self._methods[method][: 1 if values == (FLOAT_OPTION,) else None]
                    units.append(Unit(name, method, layers, options))
        return sorted(units, key=lambda unit: (self._names.index(unit.layers[0]), self.parts.index(unit.part)))

    def _common(self, part: str, layers: Sequence[str]) -> Values:
        lists = [self._lists[layer][part] or () for layer in layers]
        found = common(lists)
        if not found:
            pairs = zip(layers, (", ".join(map(str, options)) for options in lists), strict=True)
            texts = "; ".join(f"{layer} may have {options}" for layer, options in pairs)
            raise SpecError(f"space: layers that share one choice of {self.nouns[part]} have none in common: {texts}")
        return found

    def canonical(self, candidate: Candidate) -> Candidate:
        """Methods mean nothing where what they are of is float: they are then the first."""
        indices = list(candidate)
        for method, head, at_float in self._idle_methods:
            if indices[head] == at_float:
                indices[method] = 0
        return tuple(indices)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {choice.name: column for column, choice in enumerate(self.choices)}

    @cached_property
    def _idle_methods(self) -> list[tuple[int, int, int]]:
        """Column of a method's choice, column of the choice it is a method of, and the index of float there."""
        idle = []
        for unit in self._units:
            head, method = f"{unit.name}.{self.method_of.get(unit.part)}", f"{unit.name}.{unit.part}"
            if unit.part in self.method_of and method in self._columns and head in self._columns:
                options = self.choices[self._columns[head]].options
                if FLOAT_OPTION in options:
                    idle.append((self._columns[method], self._columns[head], options.index(FLOAT_OPTION)))
        return idle

    @cached_property
    def _tables(self) -> dict[str, _Table]:
        """What a candidate says of each layer."""
        unit_of = {(layer, unit.part): unit for unit in self._units for layer in unit.layers}
        nothing: dict[str, Values] = {ACTIVATION: (FLOAT_OPTION,)}
        nothing |= {method: options[:1] for method, options in self._methods.items()}
        tables = {}
        for name in self._names:
            units = [unit_of.get((name, part)) for part in self.parts]
            lists = [unit.values if unit else nothing[part] for unit, part in zip(units, self.parts, strict=True)]
            number: dict[LayerPrecision, int] = {}
            rows = [
                number.setdefault(self.precision(dict(zip(self.parts, values, strict=True))), len(number))
                for values in product(*lists)
            ]
            strides = [math.prod(map(len, lists[i + 1 :])) for i in range(len(lists))]
            chosen = [
                (self._columns[f"{unit.name}.{unit.part}"], stride)
                for unit, stride in zip(units, strides, strict=True)
                if unit is not None and len(unit.values) > 1
            ]
            tables[name] = _Table(tuple(number), np.array(rows, dtype=np.int64), chosen)
        return tables

    @cached_property
    def layer_options(self) -> tuple[tuple[LayerConfig, ...], ...]:
        """Every combination of each layer; activations vary faster than weights, methods fastest."""
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
        """Layer -> options that no combination supports, as `left_out` takes them; never all of a list."""
        excluded: dict[str, dict[str, list[Option]]] = {}
        for layer, options in zip(self.profile, self.layer_options, strict=True):
            every = [option.precision for option in options]
            good = [precision for precision in every if supported(layer, precision)]
            if layer.kept_float or not good or len(good) == len(options):
                continue
            kept = zip(*map(self.named, good), strict=True)
            wrong = {
                f"{part}s": [option for option in dict.fromkeys(named) if option not in kept_options]
                for part, named, kept_options in zip(
                    self.parts[:2], zip(*map(self.named, every), strict=True), kept, strict=True
                )
            }
            excluded[layer.name] = {key: options for key, options in wrong.items() if options}
        return {name: lists for name, lists in excluded.items() if lists}


def part_of(key: str) -> str:
    """``weights``, as it stands in a spec -> ``weight``."""
    return key.removesuffix("s")


def distinct(values: Sequence[Any], place: str, what: str) -> Values:
    """`SpecError` where one stands twice."""
    if len(set(values)) != len(values):
        raise SpecError(f"space.{place}: {list(values)} repeats a {what}; each may stand once")
    return tuple(values)


def common(lists: Sequence[Values]) -> Values:
    """The options that stand in every list, in the order of the first."""
    return tuple(option for option in lists[0] if all(option in other for other in lists[1:])) if lists else ()
