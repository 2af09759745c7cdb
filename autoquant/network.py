"""What a cost model and a searcher know of a network: its layers, its graph, the precision of layers. No torch here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Final, Literal

from autoquant.errors import SpecError

FLOAT_BITS = 32
"""Bits of a layer that stays in float32; written ``float`` in a spec."""

BITS = (2, 3, 4, 5, 6, 8, 16, FLOAT_BITS)
"""Every bit-width that can be chosen."""

VALUE_BITS = (1, *BITS)
"""Every width of a weight that is computed with; binary weights have 1 bit."""

ACTIVATIONS = (
    "relu", "relu6", "hardtanh", "clamp", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish",
    "hardsigmoid", "sigmoid", "tanh", "softplus", "softsign",
)  # fmt: skip
"""Operations on one value at a time: activation functions, by the names that PyTorch gives them."""

LayerKind = Literal["conv", "depthwise_conv", "conv_transpose", "linear", "embedding", "matmul", "other"]
"""``matmul``: a product of two activations, as in attention; it has no weights and is kept in float. ``other``: a
parametric layer that can only be kept in float (normalisation, recurrent layers, own parameters)."""

Method = Literal["fx", "export", "hooks"]
"""How far the graph of a profile holds. ``fx``: for every input, torch.fx traced it without looking at values.
``export``: for every input of the example's shape, torch.export did. ``hooks``: it is what the example ran."""

Granularity = Literal["per_channel", "per_tensor", "per_group"]
"""Which weights share a scale: those of an output channel, all of the layer, or so many of a channel."""

ScaleMethod = Literal["min_max", "full_range", "percentile", "mse"]
"""What sets the scale of weights."""

RangeMethod = Literal["min_max", "percentile", "mse"]
"""What sets the range of activations."""

BitsQuantizer = Literal["symmetric", "affine", "power_of_two", "statistical", "logarithmic"]
"""Which values weights of so many bits may take."""

WeightQuantizer = BitsQuantizer | Literal["ternary", "binary", "codebook"]
"""Which values weights may take."""

Rounding = Literal["nearest", "nearest+bias", "hessian"]
"""How weights are brought to the values that they may take: each to the nearest one; so, with the bias moved by the
mean error of the layer's output; or all of a layer together with its bias, so that the layer's output moves least."""

SCALE_METHODS: Mapping[WeightQuantizer, tuple[ScaleMethod, ...]] = {
    "symmetric": ("min_max", "full_range", "percentile", "mse"),
    "affine": ("min_max", "percentile", "mse"),
    "power_of_two": ("min_max", "percentile", "mse"),
    "statistical": (),
    "logarithmic": (),
    "ternary": (),
    "binary": (),
    "codebook": (),
}
"""The methods that each quantizer knows; those without take their scale from their own formula, or fit it."""

FIXED_BITS: Mapping[WeightQuantizer, int] = {"ternary": 2, "binary": 1}
"""Bits of a code of the quantizers that have no choice of bits."""


@dataclass(frozen=True, slots=True)
class LayerProfile:
    """One layer as it is executed, BatchNorm already folded into it: what has weights, and products of activations.

    Shapes are those of one example: ``input_shape`` and ``output_shape`` exclude the batch dimension. They are those
    of the first call where a layer is called more than once.
    """

    name: str
    kind: LayerKind
    order: int
    """Position in the order of execution, from 0."""
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    weight_shape: tuple[int, ...]
    """Output channels first, also where the module keeps them second (``conv_transpose``); rows of an embedding."""
    macs: int | None
    """Multiply-accumulates for one example, over all calls; None where they are not known (some of kind ``other``)."""
    bias: int
    """Number of bias values, after BatchNorm folding."""
    parameters: int
    """Weights and biases together, after BatchNorm folding."""
    groups: int = 1
    kept_float: bool = False
    """This layer stays in float32, by the spec or by its kind: it has no choice."""
    calls: int = 1
    """How often it is executed for one example; 0 for a layer that stays in float and does not run."""

    @property
    def weights(self) -> int:
        """Number of weight values."""
        return math.prod(self.weight_shape) if self.weight_shape else 0

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
class Operation:
    """One step of the network: a call of a layer, or anything else that makes a tensor from the network's inputs.

    Operations on constants alone (parameters, fresh zeros) are not among them, layers always are.
    """

    name: str
    """The layer's name, or where the operation stands: ``block1.relu``. Not unique."""
    kind: str
    """The kind of the layer (of kind ``other``: its class, ``LayerNorm``), or the function as PyTorch calls it:
    ``add``, ``relu``, ``max_pool2d``, ``softmax``. ``part`` is a further output of the operation that it takes."""
    inputs: tuple[int, ...]
    """Where its tensors come from: indices of operations; -1 - k for input k of the network."""
    output_shape: tuple[int, ...]
    """Of one example."""
    dtype: str = "float32"
    """Of the output, as PyTorch names it."""
    layer: str | None = None
    """Name of the layer in the profile that this is a call of."""
    view: bool = False
    """The output is the memory of its first input, read in another shape; nothing is computed."""
    in_place: bool = False
    """The output overwrites its first input."""
    fused_into: int | None = None
    """The operation (a layer, an addition) whose output only this activation function takes: engines do both in one."""
    input_bits: int | None = None
    """Bits of what it reads, where the evaluator quantizes that (in candidates that quantize some layer's input); None:
    what it reads has the format that its neighbours give it."""

    @property
    def output_values(self) -> int:
        """Number of values of the output for one example."""
        return math.prod(self.output_shape)


Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """The layers of a network in the order in which they first execute, and the graph that they stand in."""

    layers: tuple[LayerProfile, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    """Shape of one example of each input of the network, without the batch dimension."""
    input_dtypes: Names = ()
    """Type of each input; empty in profiles of earlier versions, where all were float32."""
    operations: tuple[Operation, ...] = ()
    """Every operation in order of execution; empty where the graph is not known (profiles of earlier versions)."""
    outputs: tuple[int, ...] = ()
    """The operations whose outputs the network returns."""
    method: Method = "hooks"
    notes: Names = ()
    """What should be known of this profile, a sentence each: what stays in float, and how the graph was found."""
    ties: tuple[Names, ...] = ()
    """Layers that share one weight tensor; they always have the same weight precision."""
    joined: tuple[Names, ...] = ()
    """Quantizable layers whose outputs meet in a residual addition."""
    shared_input: tuple[Names, ...] = ()
    """Quantizable layers that read the same tensor, such as the projections to query, key and value."""

    def __iter__(self) -> Iterator[LayerProfile]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example of the first input."""
        return self.input_shapes[0]

    @property
    def quantizable(self) -> tuple[LayerProfile, ...]:
        """The layers whose precision may be chosen."""
        return tuple(layer for layer in self.layers if not layer.kept_float)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as stored with a job."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NetworkProfile:
        """The reverse of `to_dict` (lists, as JSON gives them, become tuples). Reads what earlier versions stored."""
        fields = {key: _tuples(value) for key, value in data.items()}
        if "input_shape" in fields:
            fields["input_shapes"] = (fields.pop("input_shape"),)
        fields["layers"] = tuple(LayerProfile(**row) for row in fields["layers"])
        fields["operations"] = tuple(Operation(**row) for row in fields.get("operations", ()))
        return cls(**fields)


def _tuples(value: Any) -> Any:
    """Lists as tuples, also inside lists and mappings."""
    if isinstance(value, dict):
        return {key: _tuples(part) for key, part in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


@dataclass(frozen=True, slots=True)
class Codebook:
    """Tables in which weights are looked up: so many consecutive weights of an output channel are the sum of one entry
    of each table (residual vector quantization; one table of ``dim`` 1 is what runtimes call LUT weights)."""

    sizes: tuple[int, ...]
    """Entries of the table of each stage: powers of two."""
    dim: int = 1
    """Weights that one entry stands for; the last ones of a channel may be fewer."""
    entry_bits: Literal[8, 16] = 16
    """Of a stored value of a table: a float16, or an int8 with one scale for the table."""
    shared: bool = False
    """One set of tables for all layers of the network that have this codebook, in units of each layer's scale."""
    entropy: float = 0.0
    """What a bit of a code costs the fit, as a share of the mean error of an entry: seldom used entries go first."""

    def __post_init__(self) -> None:
        powers = all(size >= 2 and size & (size - 1) == 0 for size in self.sizes)
        if not self.sizes or not powers or self.dim < 1 or not 0 <= self.entropy < math.inf:
            raise SpecError(
                f"codebook {self.name!r}: sizes are powers of two from 2 on, dim a whole number from 1, entropy a "
                "number from 0"
            )

    @property
    def name(self) -> str:
        """``lut16``, ``lut4+4/2``."""
        return f"lut{'+'.join(map(str, self.sizes))}" + (f"/{self.dim}" if self.dim > 1 else "")

    @property
    def index_bits(self) -> int:
        """Bits of the codes of one group of weights, over all stages."""
        return sum(size.bit_length() - 1 for size in self.sizes)

    def key(self) -> str:
        """Part of `WeightQuantization.key`."""
        entropy = f" entropy {self.entropy!r}" if self.entropy else ""
        return f"{self.name} {self.entry_bits}{' shared' if self.shared else ''}{entropy}"


@dataclass(frozen=True, slots=True)
class NOfM:
    """At most ``kept`` of every ``of`` consecutive input channels are not zero, at each kernel position of each output
    channel (2:4 is what GPUs and NPUs execute). `SpecError` for other than 0 < kept < of."""

    kept: int
    of: int

    def __post_init__(self) -> None:
        if not 0 < self.kept < self.of:
            raise SpecError(f"sparsity {self.name!r}: it keeps N of M weights, with 0 < N < M")

    @property
    def name(self) -> str:
        """``2:4``."""
        return f"{self.kept}:{self.of}"


@dataclass(frozen=True, slots=True)
class Pruned:
    """So many percent of the weights of a layer are zero: single ones, or blocks of (output channels, weights in their
    order). `SpecError` for other than 1 to 99 percent."""

    percent: int
    block: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.percent < 100 or min(self.block or (1, 1)) < 1:
            raise SpecError(f"sparsity {self.name!r}: it prunes 1 to 99 percent, in blocks of 1 or more")

    @property
    def name(self) -> str:
        """``sparse50``, ``block1x4:50``."""
        return f"sparse{self.percent}" if self.block is None else f"block{self.block[0]}x{self.block[1]}:{self.percent}"


Sparsity = NOfM | Pruned


@dataclass(frozen=True, slots=True)
class WeightQuantization:
    """How the weight of a layer is quantized. `SpecError` for 32 bits, which are float, and for what does not go
    together."""

    bits: int
    """Of a code; of a codebook, bits of codes for each weight, rounded up."""
    granularity: Granularity = "per_channel"
    scale_method: ScaleMethod = "mse"
    quantizer: WeightQuantizer = "symmetric"
    group_size: int | None = None
    """Weights that share a scale where the granularity is ``per_group``; the last group of a channel may be smaller."""
    rounding: Rounding | None = None
    """None: what the evaluator does where nothing is said."""
    sparsity: Sparsity | None = None
    codebook: Codebook | None = None
    """Of the quantizer ``codebook``, and only of it."""
    scale_bytes: Literal[2, 4] = 4
    """Scales are stored as float32, or rounded to float16."""

    def __post_init__(self) -> None:
        _check_quantized(self.bits)
        if (self.quantizer == "codebook") != (self.codebook is not None):
            raise SpecError("quantizer 'codebook' needs a codebook, and no other quantizer has one")
        wanted = self.codebook_bits if self.codebook else FIXED_BITS.get(self.quantizer, self.bits)
        if self.bits != wanted:
            raise SpecError(f"quantizer {self.quantizer!r} has {wanted} bits, not {self.bits}")
        if self.bits == 1 and self.quantizer not in ("binary", "codebook"):
            raise SpecError(f"quantizer {self.quantizer!r} has no 1 bit; weights of 1 bit are binary, or in a codebook")
        if self.quantizer == "binary" and self.sparsity is not None:
            raise SpecError("binary weights are never zero: they cannot be sparse")
        if (self.granularity == "per_group") != (self.group_size is not None):
            raise SpecError(
                f"granularity {self.granularity!r} with group_size {self.group_size}: give group_size, a whole "
                "number from 1, with granularity per_group, and only then"
            )

    @property
    def codebook_bits(self) -> int:
        """Bits of the codes for each weight, rounded up."""
        assert self.codebook is not None
        return -(-self.codebook.index_bits // self.codebook.dim)

    @property
    def value_bits(self) -> int:
        """Bits of a weight that is computed with: of a codebook, those of its entries."""
        return self.bits if self.codebook is None else self.codebook.entry_bits

    @property
    def name(self) -> str:
        """Its recipe: ``W4``, ``ternary``, ``lut4+4/2``, ``W4@2:4``."""
        if self.codebook is not None:
            base = self.codebook.name
        else:
            base = self.quantizer if self.quantizer in FIXED_BITS else f"W{self.bits}"
        return base if self.sparsity is None else f"{base}@{self.sparsity.name}"

    def scales(self, weight_shape: tuple[int, ...]) -> int:
        """Number of scales of a weight of this shape, output channels first. A codebook of a layer's own has none, a
        shared one has one for each layer."""
        if self.codebook is not None:
            return int(self.codebook.shared)
        if self.granularity == "per_tensor":
            return 1
        values = math.prod(weight_shape[1:])
        return weight_shape[0] * -(-values // (self.group_size or values))

    def key(self) -> str:
        """Part of `LayerPrecision.key`: ``4 symmetric per_channel mse``; no method for a quantizer that has none."""
        groups = "" if self.group_size is None else f":{self.group_size}"
        method = f" {self.scale_method}" if SCALE_METHODS[self.quantizer] else ""
        more = [
            "" if self.codebook is None else f" {self.codebook.key()}",
            "" if self.sparsity is None else f" @{self.sparsity.name}",
            "" if self.scale_bytes == 4 else " float16",
            "" if self.rounding is None else f" {self.rounding}",
        ]
        return f"{self.bits} {self.quantizer} {self.granularity}{groups}{method}{''.join(more)}"


@dataclass(frozen=True, slots=True)
class ActivationQuantization:
    """How the input of a layer is quantized: affine, one scale for the tensor. `SpecError` for 32 bits: float."""

    bits: int
    scale_method: RangeMethod = "mse"

    def __post_init__(self) -> None:
        _check_quantized(self.bits)

    def key(self) -> str:
        """Part of `LayerPrecision.key`: ``8 mse``."""
        return f"{self.bits} {self.scale_method}"


def _check_quantized(bits: int) -> None:
    if bits == FLOAT_BITS:
        raise SpecError(f"{FLOAT_BITS} bits are float: give None in place of a quantization")


@dataclass(frozen=True, slots=True)
class LayerPrecision:
    """How one layer is quantized: all that an evaluator and a cost model need to know of the choice. None: float32."""

    weight: WeightQuantization | None
    activation: ActivationQuantization | None
    """Of the layer's *input*."""

    @classmethod
    def of_bits(cls, weight_bits: int | Literal["float"], activation_bits: int | Literal["float"]) -> LayerPrecision:
        """These bits, 32 or ``float`` for float32, and the defaults in all else."""
        weight = None if weight_bits in (FLOAT_BITS, "float") else WeightQuantization(int(weight_bits))
        activation = None if activation_bits in (FLOAT_BITS, "float") else ActivationQuantization(int(activation_bits))
        return cls(weight, activation)

    @property
    def weight_bits(self) -> int:
        """32 for float."""
        return self.weight.bits if self.weight else FLOAT_BITS

    @property
    def activation_bits(self) -> int:
        """32 for float."""
        return self.activation.bits if self.activation else FLOAT_BITS

    @property
    def value_bits(self) -> int:
        """Bits of a weight that is computed with, one of `VALUE_BITS`; 32 for float."""
        return self.weight.value_bits if self.weight else FLOAT_BITS

    def key(self) -> str:
        """Text that is equal where layers are quantized equally, as in ``1|w4 symmetric per_channel mse|a8 mse``.

        It identifies stored measurements, which are shared between jobs. A field that is added later must not appear
        in it at its default, so that the keys of before stay; where the same fields come to mean another arithmetic,
        the version in front is raised.
        """
        weight = self.weight.key() if self.weight else "float"
        activation = self.activation.key() if self.activation else "float"
        return f"1|w{weight}|a{activation}"

    def __str__(self) -> str:
        weight = self.weight.name if self.weight else "Wfloat"
        return f"{weight}A{bits_text(self.activation_bits)}"


FLOAT = LayerPrecision(None, None)
"""Weights and activations in float32."""


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """One option of a layer: what it is (its shapes may be chosen) and how it is quantized."""

    profile: LayerProfile
    precision: LayerPrecision

    def key(self) -> str:
        """Text that is equal where a layer of this name is the same; see `LayerPrecision.key`."""
        layer = self.profile
        shapes = f"{layer.input_shape}>{layer.weight_shape}>{layer.output_shape}"
        return f"{layer.name} {layer.kind} {shapes} {layer.groups} {self.precision.key()}"


class Absent(Enum):
    """The option of a layer that is not there."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""It costs 0, and is all that does without a cost model."""

LayerOption = LayerConfig | Absent


def bits_text(bits: int) -> str:
    """``4`` -> "4", ``32`` -> "float"."""
    return "float" if bits == FLOAT_BITS else str(bits)
