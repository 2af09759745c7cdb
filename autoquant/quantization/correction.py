"""Corrections of a quantized network with calibration data: of biases, and of the statistics of folded BatchNorm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from autoquant.network import FLOAT, LayerPrecision, NetworkProfile
from autoquant.quantization.arithmetic import round_corrected
from autoquant.quantization.execution import Inputs, execute, tensors, unseen
from autoquant.quantization.folding import FoldedNorm
from autoquant.quantization.layers import as_module_keeps, output_first

Correction = Mapping[str, tuple[Tensor | None, Tensor]]
"""Layer -> factor, where there is one, and shift of each output channel, float32 of shape (channels,)."""


class Corrector:
    """Finds what brings the outputs of quantized layers back to where they were, and changes weights and biases so.

    ``bias``: every output channel gets its mean in the float network (Nagel et al. 2019, "Data-Free Quantization
    Through Weight Equalization and Bias Correction", section 4.2, measured on examples as in its appendix).
    ``batch_norm``: every output channel of a layer that BatchNorm was folded into gets the mean and the standard
    deviation that this BatchNorm gave it, which is to estimate its statistics again in the quantized network. With both
    the standard deviation is that of BatchNorm and the mean that of the float network.

    A layer is corrected in the network whose layers before it are corrected. The calibration examples run as one
    batch, so that a layer's correction is known as soon as it has run, and all take a single pass: it costs one
    forward pass over the calibration split for a candidate, and the memory of one batch of that size.

    Left as they are: layers before the first that is quantized, kept in float, without a bias to hold the shift, and
    those that run more than once.

    Args:
        module: the network, folded, now in float.
        profile: its layers.
        inputs: calibration examples.
    """

    def __init__(
        self, module: nn.Module, profile: NetworkProfile, inputs: Inputs, *, bias: bool, batch_norm: bool
    ) -> None:
        self._module, self._profile, self._inputs = module, profile, inputs
        self._bias, self._batch_norm = bias, batch_norm
        named = ((layer.name, module.get_submodule(layer.name)) for layer in profile.quantizable)
        self._parts = {name: part for name, part in named if isinstance(part._parameters.get("bias"), Tensor)}
        self._means: dict[str, Tensor] = {}
        calls: Counter[str] = Counter()

        def note(name: str, output: Tensor) -> None:
            calls[name] += 1
            self._means[name] = _rows(self._parts[name], output).mean(1)

        self._outputs = self._run(note)
        self._parts = {name: part for name, part in self._parts.items() if calls[name] == 1}

    def find(self, precisions: Sequence[LayerPrecision]) -> Correction:
        """The correction of the network as it is now, quantized to ``precisions``, those of the profile's layers."""
        pairs = zip(self._profile, precisions, strict=True)
        quantized = [layer.order for layer, precision in pairs if precision != FLOAT]
        first = min(quantized, default=len(precisions))
        correction: dict[str, tuple[Tensor | None, Tensor]] = {}
        wanted = {layer.name for layer in self._profile if layer.order >= first}

        def correct(name: str, output: Tensor) -> Tensor | None:
            if name not in wanted or not (self._bias or self._norm(name)):
                return None
            factor, shift = correction[name] = self._channels(name, output)
            channel_last = isinstance(self._parts[name], nn.Linear)
            shape = [-1] if channel_last else [-1, *[1] * (output.dim() - 2)]
            scaled = output if factor is None else output * factor.reshape(shape)
            return scaled + shift.reshape(shape)

        if quantized:
            self._run(correct)
        return correction

    def _channels(self, name: str, output: Tensor) -> tuple[Tensor | None, Tensor]:
        """Factor and shift of each output channel."""
        rows, norm = _rows(self._parts[name], output), self._norm(name)
        mean = rows.mean(1)
        if norm is None:
            return None, (self._means[name] - mean).float()
        variance = rows.var(1, correction=0) + norm.epsilon
        factor = torch.where(variance > 0, norm.spread / variance.sqrt(), 1.0)
        wanted = self._means[name] if self._bias else norm.mean
        return factor.float(), (wanted - factor * mean).float()

    def _norm(self, name: str) -> FoldedNorm | None:
        """What BatchNorm is to make of a layer's output."""
        return getattr(self._parts[name], "folded_norm", None) if self._batch_norm else None

    def judged(self, precisions: Sequence[LayerPrecision]) -> tuple[Correction, str | None]:
        """What `find` finds; nothing, and a sentence that says so, where the network is better without.

        Better is what gives outputs for the calibration examples that are nearer to the float network's, in the mean
        square. Both are measured: two more passes.
        """
        correction = self.find(precisions)
        if not correction:
            return correction, None
        without = self._error()
        with self.applied(correction):
            corrected = self._error()
        if corrected <= without:
            return correction, None
        names = " and ".join(
            name for name, on in (("bias_correction", self._bias), ("reestimate_batch_norm", self._batch_norm)) if on
        )
        return {}, (
            f"{names} left off: on the calibration split it moves the outputs further from those of the float network "
            f"(mean square {corrected:.3g}, without {without:.3g})"
        )

    def _error(self) -> float:
        """Mean square of what the outputs differ from the float network's."""
        pairs = zip(self._run(lambda name, output: None), self._outputs, strict=True)
        squares = [(now.double() - then.double()).square() for now, then in pairs]
        return float(sum(part.sum() for part in squares)) / max(1, sum(part.numel() for part in squares))

    def _run(self, hook: Callable[[str, Tensor], Tensor | None]) -> list[Tensor]:
        """The outputs of one pass over the examples; the hook may change what a layer gives."""
        hook = unseen(hook)
        handles = [
            part.register_forward_hook(lambda _, __, output, name=name: hook(name, output))
            for name, part in self._parts.items()
        ]
        try:
            return list(tensors(execute(self._module, self._inputs)))
        finally:
            for handle in handles:
                handle.remove()

    def write(self, correction: Correction) -> None:
        """Change weights and biases of the network; biases that are integers are again."""
        for name, (factor, shift) in correction.items():
            part: Any = self._parts[name]
            if factor is not None:
                weight = output_first(part, part.weight.data)
                weight = weight * factor.reshape(-1, *[1] * (weight.dim() - 1))
                part.weight.data, part.bias.data = as_module_keeps(part, weight), part.bias.data * factor
            part.bias.data = part.bias.data + shift
            round_corrected(part, factor)

    @contextmanager
    def applied(self, correction: Correction) -> Iterator[None]:
        """Inside, the network is corrected; afterwards its weights and biases are what they were."""
        parts: list[Any] = [self._parts[name] for name in correction]
        before = [(part.weight.data, part.bias.data, getattr(part, "bias_step", None)) for part in parts]
        self.write(correction)
        try:
            yield
        finally:
            for part, (weight, bias, step) in zip(parts, before, strict=True):
                part.weight.data, part.bias.data, part.bias_step = weight, bias, step


def _rows(part: nn.Module, output: Tensor) -> Tensor:
    """Outputs by channel, float64 of shape (channels, values)."""
    channels = -1 if isinstance(part, nn.Linear) else 1
    return output.detach().double().movedim(channels, 0).flatten(1)
