"""A network whose layers are quantized and un-quantized in place, candidate after candidate."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import FLOAT, LayerPrecision, LayerProfile, Rounding, WeightQuantization
from autoquant.quantization.additions import QuantizedAdditions
from autoquant.quantization.archive import Arrays, digest
from autoquant.quantization.arithmetic import FLOAT_ARITHMETIC, Arithmetic, LayerBiases
from autoquant.quantization.calibration import Calibration
from autoquant.quantization.classification import divergences, log_probabilities
from autoquant.quantization.execution import Inputs, as_inputs, batches, execute, tensors
from autoquant.quantization.fitted_weights import Examples, FittedWeights, LayerWeight
from autoquant.quantization.memo import Memo, reads_ahead
from autoquant.quantization.profile import prepare
from autoquant.quantization.quantizers import Affine, check_bits


class InputQuantizer(nn.Module):
    """Quantizes the input of the layer that it belongs to."""

    def __init__(self, affine: Affine) -> None:
        super().__init__()
        self.affine = affine

    def forward(self, values: Tensor) -> Tensor:
        return self.affine.quantize(values)

    def extra_repr(self) -> str:
        return f"bits={self.affine.bits}, scale={self.affine.scale:.6g}, zero_point={self.affine.zero_point}"


class QuantizedNetwork:
    """A folded copy of a network, the quantized weights that were needed so far, and its calibration.

    ``module`` is the copy; `apply` and `restore` change it in place, nothing is copied for a candidate. Errors as in
    `profile_network`.

    With a ``memo``, runs of the module inside `Memo.run` share the outputs of layers; a network that uses the weights
    of a layer before it runs that layer does without. ``rounding`` is that of weights whose precision names none; None
    is hessian, but nearest where that is better for the network with all its layers at this precision (`notes`).

    ``arithmetic`` says what is quantized besides layers: biases, where a layer's input and weights are integers, and
    what additions and poolings read, whenever the input of some layer is quantized.
    """

    def __init__(
        self,
        module: nn.Module,
        example_input: Any,
        keep_float: Sequence[str] = (),
        memo: Memo | None = None,
        rounding: Rounding | None = "nearest",
        arithmetic: Arithmetic = FLOAT_ARITHMETIC,
    ) -> None:
        self.module, self.profile = prepare(module, example_input, keep_float)
        self.calibration: Calibration | None = None
        self.parts: dict[str, Any] = {row.name: self.module.get_submodule(row.name) for row in self.profile.quantizable}
        """The modules of the layers that can be quantized."""
        self.weights = FittedWeights(self.module, self.profile, rounding)
        self.arithmetic = arithmetic
        self._layers = {layer.name: layer for layer in self.profile.quantizable}
        self._biases = LayerBiases(self.parts, arithmetic.biases)
        self._additions: QuantizedAdditions | None = None
        if arithmetic.additions != "float":
            self._additions = QuantizedAdditions(self.module, self.profile, as_inputs(example_input))
            self.profile = self._additions.profiled(self.profile)
        self._tied = {name: group for group in self.profile.ties for name in group}
        """Of layers that share a weight: all of them; it depends on the precisions of all."""
        self._applied = dict.fromkeys(self.parts, FLOAT)
        self._chosen: dict[str, LayerWeight] = {}
        if memo is not None and reads_ahead(self.module, self.parts, as_inputs(example_input)):
            memo = None
        self.memo = memo
        for name, part in self.parts.items():
            part.input_quantizer = nn.Identity()
            if memo is None:
                part.register_forward_pre_hook(_quantize_input)
            else:
                part.forward = partial(self._remembered, memo, name)

    def _remembered(self, memo: Memo, name: str, inputs: Tensor, *rest: Any, **options: Any) -> Tensor:
        """The forward of a layer that asks the memo first."""
        part = self.parts[name]
        return memo.output(
            name,
            self.option(name),
            lambda: type(part).forward(part, part.input_quantizer(inputs), *rest, **options),
        )

    def option(self, name: str) -> Hashable:
        """All that the output of a layer depends on besides its input: equal ones make it compute the same."""
        between = self._additions is not None and self._additions.active
        group = tuple(self._applied[other] for other in self._tied.get(name, ()))
        chosen = self._chosen.get(name)
        return self._applied[name], between, group, "" if chosen is None else chosen.origin

    def calibrate(self, inputs: Inputs, batch_size: int = 250) -> None:
        """Set the ranges of activations from calibration examples; the float network runs over them once."""
        self.restore()
        if self.memo is not None:
            self.memo.clear()
        names = [layer.name for layer in self.profile.quantizable if layer.kind != "embedding"]
        with self._additions.calibrated() if self._additions is not None else nullcontext():
            self.calibration = Calibration(self.module, names, inputs, batch_size)
        self.weights.calibrate(inputs, batch_size, self.calibration)

    def needs_calibration(self, precisions: Sequence[LayerPrecision]) -> bool:
        """Whether a candidate can be quantized only after `calibrate`."""
        pairs = zip(self.profile, precisions, strict=True)
        return any(
            precision.activation or (precision.weight and self.weights.rounding_of(layer.name, precision) != "nearest")
            for layer, precision in pairs
            if not layer.kept_float
        )

    def apply(self, precisions: Sequence[LayerPrecision], weights: Mapping[str, LayerWeight] | None = None) -> None:
        """Quantize every layer; ``precisions`` are in the order of the profile. ``weights`` of layers by name stand in
        place of those that the precisions give.

        `SpecError` when activations are to be quantized and there was no calibration; `UnsupportedError` for a layer
        that is kept in float or a bit-width that is not supported.
        """
        if len(precisions) != len(self.profile):
            raise SpecError(f"precisions: {len(precisions)} for {len(self.profile)} layers; give one for each")
        self._check_ties(precisions)
        named = {layer.name: precision for layer, precision in zip(self.profile, precisions, strict=True)}
        for layer in self.profile:
            if layer.kept_float and named[layer.name] != FLOAT:
                raise UnsupportedError(f"layer {layer.name!r} is kept in float and cannot be {named[layer.name]}")
        if weights is None:
            self.prepare_moments({layer.name: named[layer.name] for layer in self.profile.quantizable})
        for layer in self.profile.quantizable:
            chosen = self.weights.weight(layer.name, named) if weights is None else weights[layer.name]
            self.set_layer(layer.name, named[layer.name], chosen)
        if self._additions is not None:
            self._additions.active = any(precision.activation for precision in precisions)

    def prepare_moments(self, precisions: Mapping[str, LayerPrecision]) -> None:
        """Have what the weights of layers at these precisions need: moments, for which the float network runs, and
        whether they are better fitted."""
        for how in self.weights.unjudged(precisions.values()):
            self.weights.worse[how] = self._judge(how)
        missing = self.weights.unprepared(precisions)
        if missing:
            self.restore()
        for activation in missing:
            self.weights.collect(activation)

    def _judge(self, how: WeightQuantization) -> str | None:
        """Why weights are not fitted so; None where they are.

        All layers that can be are quantized so, fitted and to nearest; what counts is the mean divergence of the
        outputs on the calibration examples from the float network's. Nearest must be better beyond two standard errors.
        """
        self.restore()
        examples, archive = self.weights.examples, self.weights.archive
        if examples is None:
            return None
        key = digest("judged", self.weights.base(examples), how.key())
        found = archive.find(key)
        if found is None:  # what it needs is kept there too, so it is not made inside of `get`
            made = self._divergences(how, examples)
            found = archive.get(key, lambda: made)
        gain = found["hessian"] - found["nearest"]
        if not gain.mean() > 2 * gain.std() / math.sqrt(len(gain)):
            return None
        return (
            f"{how.name} ({how.quantizer}, {how.granularity}) is rounded to nearest: fitted everywhere, it moves the "
            f"outputs on the calibration split further from those of the float network (divergence "
            f"{found['hessian'].mean():.3g}, rounded {found['nearest'].mean():.3g})"
        )

    def _divergences(self, how: WeightQuantization, examples: Examples) -> Arrays:
        """Of each calibration example, by rounding."""
        reference, found = self._all_outputs(examples), {}
        for rounding in ("hessian", "nearest"):
            self._apply_everywhere(replace(how, rounding=rounding))
            found[rounding] = divergences(reference, self._all_outputs(examples)).numpy()
        return found

    def _apply_everywhere(self, how: WeightQuantization) -> None:
        """Quantize the weights of all layers that can be quantized so."""
        named = dict.fromkeys(self.parts, LayerPrecision(how, None))
        self.prepare_moments(named)
        for name in self.parts:
            try:
                self.weights.weight(name, named)
            except UnsupportedError:
                named[name] = FLOAT
        self.apply([named.get(layer.name, FLOAT) for layer in self.profile])

    def _all_outputs(self, examples: Examples) -> Tensor:
        """For all calibration examples as the network is now, which gives class scores: logarithms of probabilities."""
        parts = batches(examples.inputs, examples.batch_size)
        scores = (next(tensors(execute(self.module, part))) for part in parts)
        return torch.cat([log_probabilities(some.flatten(1)) for some in scores])

    def notes(self, precisions: Sequence[LayerPrecision]) -> tuple[str, ...]:
        """Which weights of a candidate that was applied are rounded to nearest because that is better."""
        reasons = {p.weight: self.weights.worse.get(p.weight) for p in precisions if p.weight is not None}
        return tuple(reason for reason in reasons.values() if reason is not None)

    def _check_ties(self, precisions: Sequence[LayerPrecision]) -> None:
        for group in self.profile.ties:
            named = {layer.name: p for layer, p in zip(self.profile, precisions, strict=True) if layer.name in group}
            if len({p.weight for p in named.values()}) > 1:
                raise SpecError(
                    f"precisions: layers {', '.join(named)} share one weight and are given "
                    f"{', '.join(map(str, named.values()))}; they must have the same weight precision"
                )

    def coded_bytes(self, precisions: Sequence[LayerPrecision]) -> int:
        """Bytes of the network as it is quantized now, codes entropy-coded; what layers share is stored once.

        Weights in float, biases and whatever stays in float take 4 bytes a value, the input of a layer that is
        quantized a scale and a zero point.
        """
        total, stored = 0, set[int]()
        for layer, precision in zip(self.profile, precisions, strict=True):
            total += 4 * (layer.parameters - layer.weights)
            if precision.activation is not None:
                total += 4 + -(-precision.activation.bits // 8)
            part = self.parts.get(layer.name)
            if part is None or id(part.weight) not in stored:
                chosen = self._chosen.get(layer.name)
                coded = None if chosen is None else chosen.coded_bytes
                total += 4 * layer.weights if coded is None else coded
            if part is not None:
                stored.add(id(part.weight))
        return total

    def restore(self) -> None:
        """Back to the float network."""
        self.apply([FLOAT] * len(self.profile))

    def common_prefix(self, first: Sequence[LayerPrecision], second: Sequence[LayerPrecision]) -> int:
        """Number of quantizable layers before the first layer, in the order of the profile, whose precisions differ."""
        same = takewhile(lambda row: row[1] == row[2], zip(self.profile, first, second, strict=False))
        return sum(not layer.kept_float for layer, _, _ in same)

    def set_layer(self, name: str, precision: LayerPrecision, chosen: LayerWeight) -> None:
        """Let a layer compute so."""
        if self._applied[name] != precision:
            self.parts[name].input_quantizer = self._input_quantizer(self._layers[name], precision)
            self._applied[name] = precision
        elif self._chosen.get(name) is chosen:
            return
        self.parts[name].weight.data = chosen.weight
        self._biases.set(name, precision, chosen.scale, chosen.shift)
        self._chosen[name] = chosen

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


def _quantize_input(layer: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A hook that knows nothing of the `QuantizedNetwork`: a network that is built is copied and saved without it."""
    return (layer.input_quantizer(args[0]), *args[1:])
