"""The network profile: parametric layers in execution order, BatchNorm folded, seen by running one example."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import LayerProfile, NetworkProfile
from autoquant.quantization.execution import as_inputs, copied, execute, tensors
from autoquant.quantization.folding import fold_in_place
from autoquant.quantization.layers import Layer, parametric_layers


def profile_network(module: nn.Module, example_input: Any, keep_float: Sequence[str] = ()) -> NetworkProfile:
    """The layers of ``module`` as they run on ``example_input``, a batch of one or more examples.

    ``keep_float`` names layers (or modules that hold them) that stay in float; ``*`` and ``?`` match parts of names.
    A layer of a kind that is not supported may stand there: it has kind ``other`` and no MACs. ``module`` is not
    changed. `UnsupportedError` names a layer that is not supported; `SpecError` a name that matches nothing, or says
    why the network does not run on the example.
    """
    return prepare(module, example_input, keep_float)[1]


def prepare(module: nn.Module, example_input: Any, keep_float: Sequence[str] = ()) -> tuple[nn.Module, NetworkProfile]:
    """A folded copy of ``module`` in eval mode and channels_last, and its profile. Errors as in `profile_network`."""
    inputs = as_inputs(example_input)
    if inputs.dim() == 0 or len(inputs) == 0:
        raise SpecError("network: the example input is empty; its first dimension is the batch")
    copy = copied(module)
    folded = fold_in_place(copy, inputs)
    layers = parametric_layers(copy, keep_float, folded)
    calls = _calls(copy, layers, inputs)
    ordered = sorted(layers, key=lambda layer: calls[layer.name].order)
    rows = tuple(_row(layer, calls[layer.name], len(inputs), order) for order, layer in enumerate(ordered))
    _check_complete(copy, rows)
    return copy, NetworkProfile(rows, (tuple(inputs.shape[1:]),))


@dataclass(frozen=True, slots=True)
class _Call:
    order: int
    input: tuple[int, ...]
    output: tuple[int, ...]


def _calls(module: nn.Module, layers: Sequence[Layer], inputs: Tensor) -> dict[str, _Call]:
    """What each layer was given and gave. `UnsupportedError` for one that does not run, or runs more than once."""
    calls: dict[str, _Call] = {}

    def record(layer: Layer, args: tuple[Any, ...], output: Any) -> None:
        name = layer.name
        if name in calls and layer.kind != "other":
            raise UnsupportedError(f"network: layer {name!r} runs more than once; give each call a layer of its own")
        if layer.kind != "other" and not (args and isinstance(args[0], Tensor)):
            raise UnsupportedError(f"network: layer {name!r} is called by keyword; pass its input by position")
        given, gave = (next(tensors(value), None) for value in (args, output))
        shapes = [() if tensor is None else tuple(tensor.shape) for tensor in (given, gave)]
        calls.setdefault(name, _Call(len(calls), shapes[0], shapes[1]))

    handles = [
        layer.module.register_forward_hook(lambda _, args, output, layer=layer: record(layer, args, output))
        for layer in layers
    ]
    try:
        execute(module, inputs)
    finally:
        for handle in handles:
            handle.remove()
    if idle := [layer.name for layer in layers if layer.name not in calls]:
        raise UnsupportedError(
            f"network: layer {idle[0]!r} has parameters but does not run on the example input; remove it"
        )
    return calls


def _row(layer: Layer, call: _Call, batch: int, order: int) -> LayerProfile:
    total = sum(parameter.numel() for parameter in layer.module.parameters())
    weight = layer.module._parameters.get("weight")
    if layer.kind == "other" or weight is None:
        shapes = [shape[1:] if shape[:1] == (batch,) else shape for shape in (call.input, call.output)]
        return LayerProfile(layer.name, "other", order, shapes[0], shapes[1], (total,), None, 0, total, 1, True)
    bias = layer.module._parameters.get("bias")
    return LayerProfile(
        name=layer.name,
        kind=layer.kind,
        order=order,
        input_shape=_one(layer, call.input, batch),
        output_shape=_one(layer, call.output, batch),
        weight_shape=tuple(weight.shape),
        macs=math.prod(call.output) // batch * math.prod(weight.shape[1:]),
        bias=0 if bias is None else bias.numel(),
        parameters=total,
        groups=1 if isinstance(layer.module, nn.Linear) else layer.module.groups,  # type: ignore[arg-type]
        kept_float=layer.kept,
    )


def _one(layer: Layer, shape: tuple[int, ...], batch: int) -> tuple[int, ...]:
    """Shape of one example. A layer whose input was reshaped to n times the batch sees (n, ..)."""
    unbatched = not isinstance(layer.module, nn.Linear) and len(shape) != layer.module.weight.dim()  # type: ignore[operator]
    if unbatched or shape[0] % batch:
        raise UnsupportedError(f"network: the first dimension of layer {layer.name!r}, {shape}, is not the batch")
    return shape[1:] if shape[0] == batch else (shape[0] // batch, *shape[1:])


def _check_complete(module: nn.Module, rows: Sequence[LayerProfile]) -> None:
    """Nothing may be missing from the profile in silence."""
    total, counted = sum(p.numel() for p in module.parameters()), sum(row.parameters for row in rows)
    if total != counted:
        raise UnsupportedError(f"network: {total - counted} of its {total} parameters are in no layer of the profile")
