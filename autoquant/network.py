"""What a cost model and a searcher know of a network: its layers, and the precision of each. No torch here."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from autoquant.errors import SpecError

FLOAT_BITS = 32
"""Bits of a layer that stays in float32; written ``float`` in a spec."""

BITS = (2, 3, 4, 5, 6, 8, 16, FLOAT_BITS)
"""Every bit-width that can be chosen."""

LayerKind = Literal["conv", "depthwise_conv", "linear", "other"]
"""``other``: a parametric layer that is kept in float and whose MACs are not known."""

Granularity = Literal["per_channel", "per_tensor", "per_group"]
"""Which weights share a scale: those of an output channel, all of the layer, or so many of a channel."""

ScaleRule = Literal["min_max", "full_range", "percentile", "mse"]
"""What sets the scale of weights."""

RangeRule = Literal["min_max", "percentile", "mse"]
"""What sets the range of activations."""

WeightQuantizer = Literal["symmetric", "affine", "power_of_two", "statistical", "logarithmic"]
"""Which values weights may take."""

SCALE_RULES: Mapping[WeightQuantizer, tuple[ScaleRule, ...]] = {
    "symmetric": ("min_max", "full_range", "percentile", "mse"),
    "affine": ("min_max", "percentile", "mse"),
    "power_of_two": ("min_max", "percentile", "mse"),
    "statistical": (),
    "logarithmic": (),
}
"""The rules that each quantizer knows; those without take their scale from their own formula."""


@dataclass(frozen=True, slots=True)
class LayerProfile:
    """One parametric layer as it is executed, BatchNorm already folded into it.

    Shapes are those of one example: ``input_shape`` and ``output_shape`` leave out the batch dimension.
    """

    name: str
    kind: LayerKind
    order: int
    """Position in the order of execution, from 0."""
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    weight_shape: tuple[int, ...]
    macs: int | None
    """Multiply-accumulates for one example; None where they are not known (kind ``other``)."""
    bias: int
    """Number of bias values, after BatchNorm folding."""
    parameters: int
    """Weights and biases together, after BatchNorm folding."""
    groups: int = 1
    kept_float: bool = False
    """The spec keeps this layer in float32: it has no choice."""

    @property
    def weights(self) -> int:
        """Number of weight values."""
        return math.prod(self.weight_shape)

    @property
    def output_channels(self) -> int:
        """Number of output channels, which is the number of scales when weights are quantized per channel."""
        return self.weight_shape[0] if self.weight_shape else 0

    @property
    def input_values(self) -> int:
        """Number of input activations for one example."""
        return math.prod(self.input_shape)

    @property
    def output_values(self) -> int:
        """Number of output activations for one example."""
        return math.prod(self.output_shape)


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """The parametric layers of a network in the order in which they execute."""

    layers: tuple[LayerProfile, ...]
    input_shape: tuple[int, ...]
    """Shape of one example, without the batch dimension."""

    def __iter__(self) -> Iterator[LayerProfile]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def quantizable(self) -> tuple[LayerProfile, ...]:
        """The layers whose precision may be chosen."""
        return tuple(layer for layer in self.layers if not layer.kept_float)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as stored with a job."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NetworkProfile:
        """The reverse of `to_dict` (lists, as JSON gives them, become tuples)."""
        shapes = ("input_shape", "output_shape", "weight_shape")
        rows: list[dict[str, Any]] = [
            {key: tuple(value) if key in shapes else value for key, value in layer.items()} for layer in data["layers"]
        ]
        layers = tuple(LayerProfile(**row) for row in rows)
        return cls(layers=layers, input_shape=tuple(data["input_shape"]))


@dataclass(frozen=True, slots=True)
class LayerPrecision:
    """How one layer is quantized: all that an evaluator and a cost model need to know of the choice.

    ``activation_bits`` are those of the layer's *input*. 32 bits mean float32.
    """

    weight_bits: int
    activation_bits: int
    weight_granularity: Granularity = "per_channel"
    weight_scale: ScaleRule = "mse"
    activation_scale: RangeRule = "mse"
    weight_quantizer: WeightQuantizer = "symmetric"
    group_size: int | None = None
    """Weights that share a scale where the granularity is ``per_group``; the last group of a channel may be smaller."""

    def __post_init__(self) -> None:
        if (self.weight_granularity == "per_group") != (self.group_size is not None):
            raise SpecError(
                f"granularity {self.weight_granularity!r} with group_size {self.group_size}: give group_size, a whole "
                "number from 1, with granularity per_group, and only then"
            )

    @property
    def weight_key(self) -> tuple[Hashable, ...]:
        """All that the quantized weight depends on, beside the weight."""
        return (
            self.weight_bits,
            self.weight_granularity,
            self.weight_scale,
            self.weight_quantizer,
            self.group_size,
        )

    def scales(self, weight_shape: tuple[int, ...]) -> int:
        """Number of weight scales of a layer whose weight has this shape, output channels first."""
        if self.weight_granularity == "per_tensor":
            return 1
        values = math.prod(weight_shape[1:])
        return weight_shape[0] * -(-values // (self.group_size or values))

    def __str__(self) -> str:
        return f"W{bits_text(self.weight_bits)}A{bits_text(self.activation_bits)}"


FLOAT = LayerPrecision(FLOAT_BITS, FLOAT_BITS)


def bits_text(bits: int) -> str:
    """``4`` -> "4", ``32`` -> "float"."""
    return "float" if bits == FLOAT_BITS else str(bits)
