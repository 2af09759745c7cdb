"""Bit-widths of weights and activations, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
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
    SCALE_RULES,
    Granularity,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    RangeRule,
    ScaleRule,
    WeightQuantizer,
    bits_text,
)
from autoquant.space import Candidate, Choice, IntArray, Option, SearchSpace

Bits = Literal[2, 3, 4, 5, 6, 8, 16, "float"]


class BitWidths(SearchSpace):
    """One choice of weight bits and one of activation bits (of a layer's input) for each layer that is not pinned.

    Choices are named ``<layer>.weight`` and ``<layer>.activation``. A list with a single entry leaves no choice.

    Args:
        network: profile of the network; its layers that are kept in float have no choice.
        weights: bit-widths that weights may take: 2, 3, 4, 5, 6, 8, 16 or "float".
        activations: bit-widths that the input of a layer may take.
        pins: layer -> bit-width that it keeps, for weights and activations alike; ``first`` and ``last`` stand for the
            first and the last layer that executes, ``*`` and ``?`` match parts of names. A pin binds only what is
            searched or quantized: where the activations of the space are all float, they stay float.
        layers: layer -> ``{weights: [..], activations: [..]}`` in place of the lists for all.
        granularity: one weight scale for each output channel, for each group of its weights, or for the whole tensor.
        weight_scale: rule that sets weight scales.
        activation_scale: rule that sets activation scales.
        quantizer: which values weights may take.
        group_size: weights in a group, for the granularity ``per_group``.
    """

    def __init__(
        self,
        network: NetworkProfile | None,
        *,
        weights: Sequence[Bits] = (2, 4, 8),
        activations: Sequence[Bits] = ("float",),
        pins: Mapping[str, Bits] | None = None,
        layers: Mapping[str, Mapping[Literal["weights", "activations"], Sequence[Bits]]] | None = None,
        granularity: Granularity = "per_channel",
        weight_scale: ScaleRule = "mse",
        activation_scale: RangeRule = "mse",
        quantizer: WeightQuantizer = "symmetric",
        group_size: Annotated[int, Field(ge=1)] = 64,
    ) -> None:
        if network is None:
            raise SpecError("space: bit_widths needs a network, and the evaluator has none")
        self.network = network
        self._scales: dict[str, Any] = {
            "weight_granularity": granularity,
            "weight_scale": weight_scale,
            "activation_scale": activation_scale,
            "weight_quantizer": quantizer,
            "group_size": group_size if granularity == "per_group" else None,
        }
        _check_rule(quantizer, weight_scale)
        free = network.quantizable
        if not free:
            raise SpecError("space: the network has no layer that may be quantized")
        self._bits = {layer.name: (_bits(weights, "weights"), _bits(activations, "activations")) for layer in free}
        self._pinned: set[str] = set()
        self._own_lists(layers or {})
        self._pin(pins or {}, free)
        choices = []
        for layer in free:
            for part, bits in zip(("weight", "activation"), self._bits[layer.name], strict=True):
                if len(bits) > 1:
                    choices.append(Choice(f"{layer.name}.{part}", tuple(_option(b) for b in bits)))
        if not choices:
            raise SpecError("space: every layer is pinned or has a single bit-width, so there is nothing to search")
        super().__init__(choices)

    def _own_lists(self, layers: Mapping[str, Any]) -> None:
        for name, lists in layers.items():
            if name not in self._bits:
                raise SpecError(f"space.layers.{name}: there is no such layer; {did_you_mean(name, self._bits)}")
            weights, activations = self._bits[name]
            self._bits[name] = (
                _bits(lists["weights"], f"layers.{name}.weights") if "weights" in lists else weights,
                _bits(lists["activations"], f"layers.{name}.activations") if "activations" in lists else activations,
            )

    def _pin(self, pins: Mapping[str, Bits], free: Sequence[LayerProfile]) -> None:
        names = [layer.name for layer in sorted(free, key=lambda layer: layer.order)]
        for pattern, bits in pins.items():
            ends = {"first": names[:1], "last": names[-1:]}
            matched = (
                [n for n in names if n == pattern] or ends.get(pattern) or [n for n in names if fnmatchcase(n, pattern)]
            )
            if not matched:
                raise SpecError(f"space.pins.{pattern}: no layer matches; {did_you_mean(pattern, [*names, *ends])}")
            pinned = _bits([bits], f"pins.{pattern}")
            self._pinned.update(matched)
            for name in matched:
                activations = self._bits[name][1]
                self._bits[name] = (pinned, activations if activations == (FLOAT_BITS,) else pinned)

    def uniform(self) -> dict[str, Candidate]:
        """The same bits everywhere, pinned layers apart: ``W4A8``, ``W4`` where activations stay float, and so on."""
        free = [bits for name, bits in self._bits.items() if name not in self._pinned]
        weights, activations = _common([w for w, _ in free]), _common([a for _, a in free])
        found: dict[str, Candidate] = {}
        for w, a in product(weights, activations):
            wanted = {"weight": _option(w), "activation": _option(a)}
            label = f"W{bits_text(w)}" + ("" if a == FLOAT_BITS else f"A{bits_text(a)}")
            found[label] = self.encode({c.name: wanted[c.name.rpartition(".")[2]] for c in self.choices})
        return found

    @cached_property
    def layer_options(self) -> tuple[tuple[LayerPrecision, ...], ...]:
        """Every (weight, activation) pair of each layer; activations vary fastest."""
        return tuple(
            tuple(LayerPrecision(w, a, **self._scales) for w, a in product(*self._bits[layer.name]))
            if layer.name in self._bits
            else (FLOAT,)
            for layer in self.network
        )

    def layer_indices(self, candidates: npt.NDArray[Any]) -> IntArray:
        """Index into `layer_options` of every layer: (n, choices) -> (n, layers)."""
        columns = {choice.name: i for i, choice in enumerate(self.choices)}
        result: IntArray = np.zeros((len(candidates), len(self.network)), dtype=np.int64)
        for position, layer in enumerate(self.network):
            if f"{layer.name}.weight" in columns:
                result[:, position] += candidates[:, columns[f"{layer.name}.weight"]] * len(self._bits[layer.name][1])
            if f"{layer.name}.activation" in columns:
                result[:, position] += candidates[:, columns[f"{layer.name}.activation"]]
        return result


def _bits(values: Sequence[Bits], place: str) -> tuple[int, ...]:
    """Bit-widths as sorted numbers, float as 32."""
    if not values:
        raise SpecError(f"space.{place}: the list is empty; accepted: {', '.join(bits_text(b) for b in BITS)}")
    bits = [FLOAT_BITS if value == "float" else value for value in values]
    if len(set(bits)) != len(bits):
        raise SpecError(f"space.{place}: {list(values)} repeats a bit-width; each may stand once")
    return tuple(sorted(bits))


def _check_rule(quantizer: WeightQuantizer, rule: ScaleRule) -> None:
    """`SpecError` for a rule that a quantizer does not know; one without rules takes the default for none."""
    accepted = SCALE_RULES[quantizer] or ("mse",)
    if rule not in accepted:
        remedy = f"accepted: {', '.join(accepted)}" if SCALE_RULES[quantizer] else "it has none; leave the option out"
        raise SpecError(f"space.weight_scale: the quantizer {quantizer!r} has no rule {rule!r}; {remedy}")


def _option(bits: int) -> Option:
    return "float" if bits == FLOAT_BITS else bits


def _common(lists: Sequence[Sequence[int]]) -> list[int]:
    """The bit-widths that stand in every list."""
    return sorted(set.intersection(*map(set, lists))) if lists else []
