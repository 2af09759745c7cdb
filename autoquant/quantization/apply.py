"""A network whose layers are quantized and un-quantized in place, candidate after candidate."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import takewhile
from typing import Any

from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import FLOAT, LayerPrecision, LayerProfile, WeightQuantization
from autoquant.quantization.additions import QuantizedAdditions
from autoquant.quantization.arithmetic import FLOAT_ARITHMETIC, Additions, Arithmetic, Biases, IntegerBiases
from autoquant.quantization.calibration import Calibration
from autoquant.quantization.correction import Corrector
from autoquant.quantization.execution import Inputs, as_inputs, check_finite, portion
from autoquant.quantization.layers import as_module_keeps, output_first
from autoquant.quantization.memo import Memo, reads_ahead
from autoquant.quantization.profile import prepare
from autoquant.quantization.quantizers import Affine, check_bits
from autoquant.quantization.weights import quantize_weight


class InputQuantizer(nn.Module):
    """Quantizes the input of the layer that it belongs to."""

    def __init__(self, affine: Affine) -> None:
        super().__init__()
        self.affine = affine

    def forward(self, values: Tensor) -> Tensor:
        return self.affine.quantize(values)

    def extra_repr(self) -> str:
        return f"bits={self.affine.bits}, scale={self.affine.scale:.6g}, zero_point={self.affine.zero_point}"


def _quantize_input(layer: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    return (layer.input_quantizer(args[0]), *args[1:])  # type: ignore[operator]


def build_quantized(
    module: nn.Module,
    inputs: Any,
    precisions: Sequence[LayerPrecision],
    keep_float: Sequence[str] = (),
    *,
    bias_correction: bool = False,
    reestimate_batch_norm: bool = False,
    biases: Biases | None = None,
    additions: Additions | None = None,
    arithmetic: Biases | None = None,
) -> nn.Module:
    """A copy of ``module``, in eval mode, that computes with quantized weights and activations (in float32).

    ``inputs`` are calibration examples, ``precisions`` those of the layers of `profile_network` in their order. Each
    quantized input is done by the ``input_quantizer`` of its layer, which holds the scale and the zero point. The
    options are those of the evaluator ``post_training``: a network that was measured with them is built with them.
    """
    examples = as_inputs(inputs)
    chosen = Arithmetic.of(arithmetic, biases, additions)
    network = QuantizedNetwork(module, portion(examples, slice(2)), keep_float, arithmetic=chosen)
    if any(precision.activation for precision in precisions):
        network.calibrate(examples)
    if not (bias_correction or reestimate_batch_norm):
        network.apply(precisions)
        return network.module
    corrector = Corrector(
        network.module, network.profile, examples, bias=bias_correction, batch_norm=reestimate_batch_norm
    )
    network.apply(precisions)
    corrector.write(corrector.find(precisions))
    return network.module


class QuantizedNetwork:
    """A folded copy of a network, the quantized weights that were needed so far, and its calibration.

    ``module`` is the copy; `apply` and `restore` change it in place, nothing is copied for a candidate. Errors as in
    `profile_network`.

    With a ``memo``, runs of the module inside `Memo.run` share the outputs of layers; a network that uses the weights
    of a layer before it runs that layer does without.

    ``arithmetic`` says what is quantized besides layers: biases, where a layer's input and weights are integers, and
    what additions and poolings read, whenever the input of some layer is quantized.
    """

    def __init__(
        self,
        module: nn.Module,
        example_input: Any,
        keep_float: Sequence[str] = (),
        memo: Memo | None = None,
        arithmetic: Arithmetic = FLOAT_ARITHMETIC,
    ) -> None:
        self.module, self.profile = prepare(module, example_input, keep_float)
        self.calibration: Calibration | None = None
        self._parts = {layer.name: self.module.get_submodule(layer.name) for layer in self.profile.quantizable}
        self._float: dict[str, Tensor] = {name: part.weight.data for name, part in self._parts.items()}  # type: ignore[misc]
        self._owner = {name: group[0] for group in self.profile.ties for name in group}
        """Of layers that share a weight: the one under whose name the quantized weight is kept."""
        self._weights: dict[Hashable, Tensor] = {}
        self._scales: dict[Hashable, Tensor] = {}
        self._biases = IntegerBiases(self._parts) if arithmetic.biases == "integer" else None
        self._additions: QuantizedAdditions | None = None
        if arithmetic.additions != "float":
            self._additions = QuantizedAdditions(self.module, self.profile, as_inputs(example_input))
            self.profile = self._additions.profiled(self.profile)
        self._applied = dict.fromkeys(self._parts, FLOAT)
        if memo is not None and reads_ahead(self.module, self._parts, as_inputs(example_input)):
            memo = None
        self._memo = memo
        for name, part in self._parts.items():
            part.input_quantizer = nn.Identity()
            if memo is None:
                part.register_forward_pre_hook(_quantize_input)
            else:
                part.forward = partial(self._remembered, memo, name)

    def _remembered(self, memo: Memo, name: str, inputs: Tensor, *rest: Any, **options: Any) -> Tensor:
        """The forward of a layer that asks the memo first."""
        part = self._parts[name]
        between = self._additions is not None and self._additions.active
        return memo.output(
            name,
            (self._applied[name], between),
            lambda: type(part).forward(part, part.input_quantizer(inputs), *rest, **options),  # type: ignore[operator]
        )

    def calibrate(self, inputs: Inputs, batch_size: int = 250) -> None:
        """Set the ranges of activations from calibration examples; the float network runs over them once."""
        self.restore()
        if self._memo is not None:
            self._memo.clear()
        names = [layer.name for layer in self.profile.quantizable if layer.kind != "embedding"]
        with self._additions.calibrated() if self._additions is not None else nullcontext():
            self.calibration = Calibration(self.module, names, inputs, batch_size)

    def apply(self, precisions: Sequence[LayerPrecision]) -> None:
        """Quantize every layer; ``precisions`` are in the order of the profile.

        `SpecError` when activations are to be quantized and there was no calibration; `UnsupportedError` for a layer
        that is kept in float or a bit-width that is not supported.
        """
        if len(precisions) != len(self.profile):
            raise SpecError(f"precisions: {len(precisions)} for {len(self.profile)} layers; give one for each")
        self._check_ties(precisions)
        for layer, precision in zip(self.profile, precisions, strict=True):
            self._apply_layer(layer, precision)
        if self._additions is not None:
            self._additions.active = any(precision.activation for precision in precisions)

    def _check_ties(self, precisions: Sequence[LayerPrecision]) -> None:
        for group in self.profile.ties:
            named = {layer.name: p for layer, p in zip(self.profile, precisions, strict=True) if layer.name in group}
            if len({p.weight for p in named.values()}) > 1:
                raise SpecError(
                    f"precisions: layers {', '.join(named)} share one weight and are given "
                    f"{', '.join(map(str, named.values()))}; they must have the same weight precision"
                )

    def restore(self) -> None:
        """Back to the float network."""
        self.apply([FLOAT] * len(self.profile))

    def common_prefix(self, first: Sequence[LayerPrecision], second: Sequence[LayerPrecision]) -> int:
        """Number of quantizable layers before the first layer, in the order of the profile, whose precisions differ."""
        same = takewhile(lambda row: row[1] == row[2], zip(self.profile, first, second, strict=False))
        return sum(not layer.kept_float for layer, _, _ in same)

    def _apply_layer(self, layer: LayerProfile, precision: LayerPrecision) -> None:
        if layer.kept_float:
            if precision != FLOAT:
                raise UnsupportedError(f"layer {layer.name!r} is kept in float and cannot be {precision}")
            return
        if self._applied[layer.name] == precision:
            return
        weight = self._weight(layer.name, precision.weight)
        quantizer = self._input_quantizer(layer, precision)
        part = self._parts[layer.name]
        part.weight.data, part.input_quantizer = weight, quantizer
        if self._biases is not None:
            scale = self._scales.get((self._owner.get(layer.name, layer.name), precision.weight))
            self._biases.set(layer.name, precision, scale)
        self._applied[layer.name] = precision

    def _weight(self, name: str, how: WeightQuantization | None) -> Tensor:
        if how is None:
            return self._float[name]
        name = self._owner.get(name, name)
        key = (name, how)
        if key not in self._weights:
            part, weight = self._parts[name], output_first(self._parts[name], self._float[name])
            check_finite(weight, f"layer {name!r}: its weight")
            quantized = quantize_weight(weight, how)
            self._weights[key], self._scales[key] = as_module_keeps(part, quantized.dequantize()), quantized.scale
        return self._weights[key]

    def _input_quantizer(self, layer: LayerProfile, precision: LayerPrecision) -> nn.Module:
        how = precision.activation
        if how is None:
            return nn.Identity()
        check_bits(how.bits)
        if layer.kind == "embedding":
            raise UnsupportedError(
                f"layer {layer.name!r} is an embedding, which takes indices; its activations are not quantized"
            )
        if self.calibration is None:
            raise SpecError(
                f"layer {layer.name!r}: {precision} quantizes activations, which needs calibration examples"
            )
        affine = self.calibration.affine(layer.name, how.bits, how.scale_method)
        return InputQuantizer(affine)
