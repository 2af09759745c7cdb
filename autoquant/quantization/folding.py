"""Folding BatchNorm into the layer before it, so that what is quantized is what runs on the device.

In eval mode ``y = gamma * (W x + b - mean) / sqrt(var + eps) + beta``; with ``f = gamma / sqrt(var + eps)`` this is a
layer with weights ``f W`` and bias ``f (b - mean) + beta`` (Jacob et al. 2018, section 3.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autoquant.errors import UnsupportedError
from autoquant.quantization.execution import Inputs, as_inputs, check_values, copied, execute, tensors
from autoquant.quantization.layers import CONVOLUTIONS, TRANSPOSED, as_module_keeps, output_first

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
FOLDABLE = (*CONVOLUTIONS, *TRANSPOSED, nn.Linear)
TOLERANCE = 1e-4
"""Largest allowed change of the output by folding and by opening attention, relative to its largest value."""


@dataclass(frozen=True, slots=True)
class FoldedNorm:
    """What a folded BatchNorm makes of the output of its layer, float64 of shape (channels,): see `Corrector`."""

    mean: Tensor
    spread: Tensor
    """Standard deviation."""
    epsilon: Tensor
    """What is added to the variance of the folded output before it is divided by."""

    @classmethod
    def of(cls, norm: Any, factor: Tensor) -> FoldedNorm:
        """Of a BatchNorm whose layer's weights are multiplied by ``factor``."""
        ones = torch.ones_like(factor)
        return cls(
            ones * 0 if norm.bias is None else norm.bias.detach().double(),
            ones if norm.weight is None else norm.weight.detach().double().abs(),
            norm.eps * factor.square(),
        )


def fold_batch_norm(module: nn.Module, example_input: Any) -> nn.Module:
    """A copy in eval mode in which every BatchNorm that alone consumes the output of a convolution or linear layer is
    folded into it and replaced by `nn.Identity`.

    The first dimension of ``example_input`` is the batch. Which layer a BatchNorm follows is seen by running the
    example, so any control flow is fine. `UnsupportedError` when the outputs before and after differ.
    """
    copy, inputs = copied(module), as_inputs(example_input)
    check_values(copy)
    before = execute(copy, inputs)
    if fold_in_place(copy, inputs):
        compare(before, execute(copy, inputs), "folding BatchNorm")
    return copy


def fold_in_place(module: nn.Module, inputs: Inputs) -> dict[str, str]:
    """Fold in ``module`` itself, which is in eval mode. Returns folded BatchNorm -> layer it was folded into."""
    pairs = _pairs(module, inputs)
    for norm_name, layer_name in pairs.items():
        norm, layer = module.get_submodule(norm_name), module.get_submodule(layer_name)
        _fold_pair(layer, norm)
        parent, _, child = norm_name.rpartition(".")
        setattr(module.get_submodule(parent), child, nn.Identity())
    return pairs


class _Consumers(TorchFunctionMode):
    """Counts, for each tensor, the operations that take it and give a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[int] = Counter()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if any(True for _ in tensors(result)):
            self.counts.update(id(tensor) for tensor in tensors([args, kwargs or {}]))
        return result


def _pairs(module: nn.Module, inputs: Inputs) -> dict[str, str]:
    """BatchNorm -> layer whose output it takes, where it is the only one that does and both run once."""
    consumers = _Consumers()
    produced: dict[int, tuple[str, Tensor]] = {}
    calls: Counter[str] = Counter()
    pairs: dict[str, tuple[str, Tensor]] = {}

    def layer_done(name: str, output: Any) -> None:
        calls[name] += 1
        if isinstance(output, Tensor):
            produced[id(output)] = (name, output)  # keeps the tensor alive, so its id stays its own
            consumers.counts[id(output)] = 0

    def norm_called(name: str, args: tuple[Any, ...]) -> None:
        calls[name] += 1
        if args and id(args[0]) in produced:
            pairs[name] = produced[id(args[0])]

    handles = []
    for name, part in module.named_modules():
        if isinstance(part, FOLDABLE):
            handles.append(part.register_forward_hook(lambda _, __, output, name=name: layer_done(name, output)))
        elif type(part) in BATCH_NORMS and _has_statistics(part):
            handles.append(part.register_forward_pre_hook(lambda _, args, name=name: norm_called(name, args)))
    try:
        with consumers:
            execute(module, inputs)
    finally:
        for handle in handles:
            handle.remove()
    return {
        norm: layer
        for norm, (layer, output) in pairs.items()
        if consumers.counts[id(output)] == 1
        and calls[norm] == calls[layer] == 1
        and (not isinstance(module.get_submodule(layer), nn.Linear) or output.dim() == 2)
    }


def _has_statistics(norm: nn.Module) -> bool:
    return isinstance(norm.running_mean, Tensor) and isinstance(norm.running_var, Tensor)


def _fold_pair(layer: Any, norm: Any) -> None:
    """Weights and bias of ``layer`` with ``norm`` in them, computed in float64."""
    factor = (norm.running_var.double() + norm.eps).rsqrt()
    if norm.weight is not None:
        factor = factor * norm.weight.detach().double()
    layer.folded_norm = FoldedNorm.of(norm, factor)
    bias = -norm.running_mean.double() if layer.bias is None else layer.bias.detach().double() - norm.running_mean
    bias = factor * bias
    if norm.bias is not None:
        bias = bias + norm.bias.detach()
    weight = output_first(layer, layer.weight.detach())
    scaled = (weight.double() * factor.reshape(-1, *[1] * (weight.dim() - 1))).to(weight.dtype)
    layer.weight = nn.Parameter(as_module_keeps(layer, scaled), requires_grad=layer.weight.requires_grad)
    layer.bias = nn.Parameter(bias.to(weight.dtype), requires_grad=layer.weight.requires_grad)


def compare(before: Any, after: Any, what: str) -> None:
    """`UnsupportedError` when the outputs of a network before and after ``what`` was done to it differ."""
    for old, new in zip(tensors(before), tensors(after), strict=True):
        change = float((new.double() - old.double()).abs().max())
        largest = float(old.abs().max())
        if not change <= TOLERANCE * max(largest, torch.finfo(torch.float32).tiny):
            raise UnsupportedError(
                f"network: {what} changed its output by {change:.3g} (largest value {largest:.3g}); a layer that was "
                "rewritten is used elsewhere too, or the network is random in eval mode"
            )
