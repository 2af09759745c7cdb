"""Running a network on an example, and saying in one sentence what went wrong when it cannot."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autoquant.errors import AutoQuantError, SpecError, UnsupportedError

CHANNELS_LAST_DIMENSIONS = 4


def as_inputs(values: Any) -> Tensor:
    """Tensor or array -> tensor: floating values as float32, integers as they are, images in channels_last."""
    tensor = values.detach() if isinstance(values, Tensor) else torch.from_numpy(np.array(values))
    if tensor.is_floating_point() or tensor.dtype == torch.bool:
        tensor = tensor.float()
    if tensor.dim() == CHANNELS_LAST_DIMENSIONS:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor


def tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor in nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors(part)


def copied(module: nn.Module) -> nn.Module:
    """A deep copy in eval mode and channels_last. A network that is a single layer becomes a `nn.Sequential` of it."""
    try:
        copy_ = copy.deepcopy(module)
    except Exception as error:
        raise SpecError(f"network: it cannot be copied ({_first_line(error)})") from error
    if not any(True for _ in copy_.children()):
        copy_ = nn.Sequential(copy_)
    return copy_.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def execute(module: nn.Module, inputs: Tensor) -> Any:
    """The output for a batch, without gradients. `SpecError` in one sentence when the network does not take it.

    The network gets a copy of the inputs: it may write into what it is given.
    """
    try:
        with torch.no_grad():
            return module(inputs.clone())
    except AutoQuantError:
        raise
    except Exception as error:
        hint = "" if inputs.is_floating_point() else "; integer inputs are passed as they are: make them float32"
        raise SpecError(
            f"network: it does not run on a batch of shape {tuple(inputs.shape)}, {inputs.dtype} "
            f"({_first_line(error)}){hint}"
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def check_values(module: nn.Module) -> None:
    """Refuse a network with a parameter that is not finite, or that two layers share. The error names the layer."""
    owners: dict[int, str] = {}
    for name, layer in module.named_modules():
        values: Iterable[tuple[str, Tensor | None]] = [*layer._parameters.items(), *layer._buffers.items()]
        for key, value in values:
            if value is not None and value.is_floating_point():
                check_finite(value, f"network: layer {name!r}: its {key}")
        for key, parameter in layer._parameters.items():
            if parameter is None:
                continue
            place = f"{name}.{key}" if name else key
            if id(parameter) in owners:
                raise UnsupportedError(
                    f"network: {owners[id(parameter)]!r} and {place!r} are the same tensor; tied parameters are not "
                    "supported: give each layer its own"
                )
            owners[id(parameter)] = place
    if not owners:
        raise SpecError("network: it has no parameters, so there is nothing to quantize")


def check_finite(values: Tensor, what: str) -> None:
    """`UnsupportedError` that begins with ``what`` when a value is NaN or infinite."""
    wrong = int((~torch.isfinite(values)).sum())
    if wrong:
        raise UnsupportedError(f"{what} has {wrong} NaN or infinite values of {values.numel()}")
