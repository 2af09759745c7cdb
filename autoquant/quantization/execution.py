"""Running a network on an example, and saying in one sentence what went wrong when it cannot."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from autoquant.errors import AutoQuantError, SpecError, UnsupportedError

CHANNELS_LAST_DIMENSIONS = 4

T = TypeVar("T")

Inputs = Tensor | tuple[Tensor, ...]
"""What a network is called with: a tensor, or a tuple of them by position; their first dimension is the batch."""


def as_tensor(values: Any) -> Tensor:
    """Tensor or array -> tensor: floating values as float32, integers as they are, images in channels_last."""
    tensor = values.detach().cpu() if isinstance(values, Tensor) else torch.from_numpy(np.array(values))
    if tensor.is_floating_point() or tensor.dtype == torch.bool:
        tensor = tensor.float()
    if tensor.dim() == CHANNELS_LAST_DIMENSIONS:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor


def as_inputs(values: Any) -> Inputs:
    """What a network of one input takes, or a tuple of what it takes of each."""
    return tuple(map(as_tensor, values)) if isinstance(values, tuple) else as_tensor(values)


def each(inputs: Inputs) -> tuple[Tensor, ...]:
    """The tensors of all inputs."""
    return inputs if isinstance(inputs, tuple) else (inputs,)


def count(inputs: Inputs) -> int:
    """Number of examples."""
    return len(each(inputs)[0])


def portion(inputs: Inputs, examples: slice) -> Inputs:
    """Some of the examples."""
    return tuple(tensor[examples] for tensor in inputs) if isinstance(inputs, tuple) else inputs[examples]


def batches(inputs: Inputs, size: int) -> Iterator[Inputs]:
    """All examples, ``size`` at a time."""
    for start in range(0, count(inputs), size):
        yield portion(inputs, slice(start, start + size))


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
    for name, part in module.named_modules():
        if any(is_lazy(tensor) for tensor in (*part._parameters.values(), *part._buffers.values())):
            raise SpecError(f"network: layer {name!r} has no shape yet; run the network once on an example before")
    try:
        copy_ = copy.deepcopy(module)
    except Exception as error:
        raise SpecError(f"network: it cannot be copied ({_first_line(error)})") from error
    if not any(True for _ in copy_.children()):
        copy_ = nn.Sequential(copy_)
    for tensor in (*copy_.parameters(), *copy_.buffers()):
        if tensor.dim() == CHANNELS_LAST_DIMENSIONS:
            tensor.data = tensor.data.to(memory_format=torch.channels_last)
    return copy_.eval()


def execute(module: nn.Module, inputs: Inputs) -> Any:
    """The output for a batch, without gradients. `SpecError` in one sentence when the network does not take it.

    The network gets a copy of the inputs: it may write into what it is given.
    """
    given = each(inputs)
    try:
        with torch.no_grad():
            return module(*(tensor.clone() for tensor in given))
    except AutoQuantError:
        raise
    except Exception as error:
        shapes = ", ".join(f"{tuple(tensor.shape)}, {tensor.dtype}" for tensor in given)
        hint = "" if given[0].is_floating_point() else "; integer inputs are passed as they are: make them float32"
        raise SpecError(
            f"network: it does not run on a batch of shape {shapes} ({_where(module, given)}{_first_line(error)}){hint}"
        ) from error


def unseen(hook: Callable[..., T]) -> Callable[..., T]:
    """A hook of a layer whose own operations are not the network's: nothing that watches a run sees them."""

    def alone(*args: Any) -> T:
        with torch._C.DisableTorchFunction():
            return hook(*args)

    return alone


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _where(module: nn.Module, inputs: tuple[Tensor, ...]) -> str:
    """Which layer it is that cannot run: the network runs once more, and the calls that did not return are seen."""
    running: list[str] = []
    handles = []
    for name, layer in module.named_modules():
        handles.append(layer.register_forward_pre_hook(lambda *_, name=name: running.append(name)))
        handles.append(layer.register_forward_hook(lambda *_: running.pop() and None))
    with torch.no_grad(), suppress(Exception):
        module(*(tensor.clone() for tensor in inputs))
    for handle in handles:
        handle.remove()
    if not running or not running[-1]:
        return ""
    return f"layer {running[-1]!r}, a {type(module.get_submodule(running[-1])).__name__}: "


def check_values(module: nn.Module) -> None:
    """Refuse a network with a parameter that is not finite, has no values or is elsewhere. The error names it."""
    parameters = False
    for name, layer in module.named_modules():
        values: Iterable[tuple[str, Tensor | None]] = [*layer._parameters.items(), *layer._buffers.items()]
        for key, value in values:
            if value is None:
                continue
            what = f"network: layer {name!r}: its {key}"
            if value.device.type != "cpu":
                raise UnsupportedError(f"{what} is on {value.device}; bring the network to the CPU: network.cpu()")
            if key in layer._parameters and value.is_floating_point() and value.dtype != torch.float32:
                kind = str(value.dtype).removeprefix("torch.")
                raise UnsupportedError(f"{what} is {kind}; make the network float32: network.float()")
            if key in layer._parameters and value.numel() == 0:
                raise UnsupportedError(f"{what} has shape {tuple(value.shape)}, which holds no value; remove the layer")
            if value.is_floating_point():
                check_finite(value, what)
        parameters |= any(parameter is not None for parameter in layer._parameters.values())
    if not parameters:
        raise SpecError("network: it has no parameters, so there is nothing to quantize")


def check_finite(values: Tensor, what: str) -> None:
    """`UnsupportedError` that begins with ``what`` when a value is NaN or infinite."""
    wrong = int((~torch.isfinite(values)).sum())
    if wrong:
        raise UnsupportedError(f"{what} has {wrong} NaN or infinite values of {values.numel()}")
