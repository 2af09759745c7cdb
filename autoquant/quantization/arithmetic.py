"""What integer runtimes compute besides layers: which of it a quantized network does too, and integer biases.

Runtimes add the bias of a quantized layer to its sums of products of integers, so it is an int32 with their scale, that
of the input times that of the weights (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", section 2.4). What they add and pool is 8 bits: `autoquant.quantization.additions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from autoquant.errors import SpecError
from autoquant.network import LayerPrecision, WeightQuantization

Biases = Literal["float", "integer"]
Additions = Literal["float", 8]

INT32 = 2**31


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How biases, and what additions, concatenations and poolings read, are computed with in a quantized network."""

    biases: Biases = "float"
    additions: Additions = "float"

    @classmethod
    def of(cls, preset: Biases | None, biases: Biases | None, additions: Additions | None) -> Arithmetic:
        """From the preset ``arithmetic``, which sets both, and single options; None where nothing was said.

        `SpecError` where a single option contradicts the preset.
        """
        whole = cls("integer", 8) if preset == "integer" else cls()
        for name, given in (("biases", biases), ("additions", additions)):
            if preset is not None and given not in (None, getattr(whole, name)):
                raise SpecError(
                    f"arithmetic: {preset!r} means {name}: {getattr(whole, name)}, and {name} is {given!r}; leave out "
                    "one of the two"
                )
        return cls(biases or whole.biases, additions or whole.additions)

    @property
    def is_float(self) -> bool:
        """Whether it is `FLOAT_ARITHMETIC`."""
        return self == FLOAT_ARITHMETIC


FLOAT_ARITHMETIC = Arithmetic()
"""Only weights and inputs of layers are quantized."""


def integer_bias(bias: Tensor, step: Tensor) -> Tensor:
    """``clip(round(b / step), -2^31, 2^31 - 1) * step``, halves to even, in float64: (channels,) -> float32."""
    integers = torch.div(bias.double(), step).round_().clamp_(-INT32, INT32 - 1)
    return integers.mul_(step).float()


def has_integer_bias(weight: WeightQuantization | None) -> bool:
    """Whether all weights of an output channel are integers with one scale, so that their bias can be one too."""
    return weight is not None and weight.quantizer in ("symmetric", "affine") and weight.granularity != "per_group"


def round_corrected(part: Any, factor: Tensor | None) -> None:
    """Make the bias of a layer an integer again that was changed, where it was one (`LayerBiases`).

    ``factor`` is what each output channel of the weights was multiplied with.
    """
    step = getattr(part, "bias_step", None)
    if step is None:
        return
    part.bias_step = step if factor is None else step * factor.double()
    part.bias.data = integer_bias(part.bias.data, part.bias_step)


class LayerBiases:
    """The biases of layers: as they are, shifted, and as integers where ``biases`` says so.

    A layer whose bias is an integer has a ``bias_step``, float64 of shape (channels,): the scale of its input times
    that of its weights. It is None where the bias stays in float: where the input or the weights are float, or weights
    have no single scale in a channel. Layers that share a bias each get their own.
    """

    def __init__(self, parts: Mapping[str, nn.Module], biases: Biases) -> None:
        self._integer = biases == "integer"
        self._parts: dict[str, Any] = {
            name: part for name, part in parts.items() if isinstance(part._parameters.get("bias"), Tensor)
        }
        seen: set[int] = set()
        for part in self._parts.values():
            if id(part.bias) in seen:
                part.bias = nn.Parameter(part.bias.detach().clone())
            seen.add(id(part.bias))
        self._float: dict[str, Tensor] = {name: part.bias.data for name, part in self._parts.items()}

    def set(self, name: str, precision: LayerPrecision, weight_scale: Tensor | None, shift: Tensor | None) -> None:
        """Give a layer, whose input quantizer is in place, its bias, with what is added to it: (channels,).

        ``weight_scale`` is (rows, 1): one for each output channel, or one in all.
        """
        if name not in self._parts:
            return
        part, bias = self._parts[name], self._float[name]
        bias = bias if shift is None else bias + shift
        part.bias_step = None
        whole = self._integer and precision.activation is not None and has_integer_bias(precision.weight)
        if whole and weight_scale is not None:
            step = weight_scale.double() * part.input_quantizer.affine.scale
            part.bias_step = step.flatten().expand(len(bias))
        part.bias.data = bias if part.bias_step is None else integer_bias(bias, part.bias_step)
