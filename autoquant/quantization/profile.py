"""The network profile: layers in execution order, BatchNorm folded, and their graph, seen by running one example."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import LayerProfile, NetworkProfile
from autoquant.quantization.attention import open_attention, plain_paths
from autoquant.quantization.execution import Inputs, as_inputs, check_values, copied, count, each, execute
from autoquant.quantization.folding import compare, fold_in_place
from autoquant.quantization.graph import fused, joined, shared_input
from autoquant.quantization.layers import FLOAT_ONLY, RECURRENT, Layer, is_kept, output_first, parametric_layers, ties
from autoquant.quantization.recording import Call, Record, one_example, record
from autoquant.quantization.tracing import trace_method


def profile_network(module: nn.Module, example_input: Any, keep_float: Sequence[str] = ()) -> NetworkProfile:
    """The layers of ``module`` as they run on ``example_input``, a batch of one or more examples, and their graph.

    A tuple is one example batch for each input of the network. ``keep_float`` names layers (or modules that hold
    them) that stay in float; ``*`` and ``?`` match parts of names. A layer of a kind that is not supported may stand
    there: it has kind ``other``. ``module`` is not changed. `UnsupportedError` names a layer that is not supported;
    `SpecError` a name that matches nothing, or says why the network does not run on the example.
    """
    return traced(prepare(module, example_input, keep_float)[1], module, example_input)


def traced(profile: NetworkProfile, module: nn.Module, example_input: Any) -> NetworkProfile:
    """The profile with what tracing ``module`` says of how far its graph holds. It may take seconds."""
    method, notes = trace_method(copied(module), as_inputs(example_input))
    return replace(profile, method=method, notes=(*profile.notes, *notes))


def prepare(module: nn.Module, example_input: Any, keep_float: Sequence[str] = ()) -> tuple[nn.Module, NetworkProfile]:
    """A copy of ``module`` in eval mode and channels_last, and its profile, which is not traced.

    In the copy BatchNorm is folded, and attention is made of layers. Errors as in `profile_network`.
    """
    inputs = as_inputs(example_input)
    if any(tensor.dim() == 0 or len(tensor) == 0 for tensor in each(inputs)):
        raise SpecError("network: the example input is empty; its first dimension is the batch")
    copy = copied(module)
    check_values(copy)
    plain_paths(copy)
    before = execute(copy, inputs)
    opened = open_attention(copy, partial(is_kept, keep_float))
    folded = fold_in_place(copy, inputs)
    if opened or folded:
        what = " and ".join(["folding BatchNorm"] * bool(folded) + ["making attention of layers"] * bool(opened))
        compare(before, execute(copy, inputs), what)
    layers = parametric_layers(copy, keep_float, folded)
    _check_complete(copy, layers)
    seen = record(copy, layers, inputs)
    for layer in layers:
        if layer.weight is not None and layer.name in seen.calls and seen.calls[layer.name].by_keyword:
            copy.get_submodule(layer.name).register_forward_pre_hook(_by_position, with_kwargs=True)
    return copy, _profile(layers, seen, inputs)


def _by_position(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Hook of a layer that is called by keyword: its input comes first, as quantizers and calibration expect it."""
    return (args, kwargs) if args else ((kwargs.pop("input"),), kwargs)


def _profile(layers: Sequence[Layer], seen: Record, inputs: Inputs) -> NetworkProfile:
    batch = count(inputs)
    by_name = {layer.name: layer for layer in layers}
    products = {name: Layer(name, None, "matmul", True, ()) for name in seen.calls if name not in by_name}
    names = [*seen.calls, *(name for name in by_name if name not in seen.calls)]
    rows = tuple(_row((by_name | products)[name], seen.calls.get(name), batch, i) for i, name in enumerate(names))
    free = {row.name for row in rows if not row.kept_float}
    return NetworkProfile(
        layers=rows,
        input_shapes=tuple(tuple(tensor.shape[1:]) for tensor in each(inputs)),
        input_dtypes=tuple(str(tensor.dtype).removeprefix("torch.") for tensor in each(inputs)),
        operations=fused(seen.operations, seen.outputs),
        outputs=seen.outputs,
        notes=_notes([by_name[name] for name in names if name in by_name], rows),
        ties=tuple(tuple(layer.name for layer in group) for group in ties(layers)),
        joined=joined(seen.operations, free),
        shared_input=shared_input(seen.operations, free),
    )


def _row(layer: Layer, call: Call | None, batch: int, order: int) -> LayerProfile:
    total = sum(parameter.numel() for parameter in layer.parameters)
    batch = 1 if call is not None and call.constant else batch
    if call is None:
        return _idle_row(layer, total, order)
    if layer.weight is None:
        given, gave = (() if t is None else one_example(t.shape, batch) for t in (call.input, call.output))
        shape = (total,) if layer.parameters else ()
        macs = _other_macs(layer, call, batch)
        return LayerProfile(
            layer.name, layer.kind, order, given, gave, shape, macs, 0, total, kept_float=True, calls=call.times
        )
    assert layer.module is not None
    weight, bias = output_first(layer.module, layer.weight), layer.module._parameters.get("bias")
    return LayerProfile(
        name=layer.name,
        kind=layer.kind,
        order=order,
        input_shape=_one(layer, call.input, batch),
        output_shape=_one(layer, call.output, batch),
        weight_shape=tuple(weight.shape),
        macs=_macs(layer, call, weight, batch),
        bias=0 if bias is None else bias.numel(),
        parameters=total,
        groups=getattr(layer.module, "groups", 1),
        kept_float=layer.kept,
        calls=call.times,
    )


def _idle_row(layer: Layer, total: int, order: int) -> LayerProfile:
    """A single parameter, or a layer that the example does not reach. `UnsupportedError` for one nobody kept."""
    if not layer.kept:
        raise UnsupportedError(
            f"network: layer {layer.name!r} has parameters but does not run on the example input; remove it, or, where "
            f"other inputs reach it, keep it in float: keep_float: [{layer.name}]"
        )
    shape = tuple(layer.parameters[0].shape) if layer.module is None else ()
    return LayerProfile(
        layer.name, "other", order, (), shape, (total,), 0, 0, total, kept_float=True, calls=int(layer.module is None)
    )


def _macs(layer: Layer, call: Call, weight: Tensor, batch: int) -> int:
    """Multiply-accumulates of all calls, for one example."""
    if layer.kind == "embedding":
        return 0
    values = call.inputs if layer.kind == "conv_transpose" else call.outputs
    if layer.kind == "conv_transpose":
        assert layer.weight is not None
        return values // batch * math.prod(layer.weight.shape[1:])
    return values // batch * math.prod(weight.shape[1:])


def _other_macs(layer: Layer, call: Call, batch: int) -> int | None:
    """Those of a product, of the steps of a recurrent layer, one for each value of a normalisation; else unknown."""
    if layer.kind == "matmul":
        return call.macs // batch if layer.module is None else _product(call, batch)
    if isinstance(layer.module, RECURRENT):
        steps = call.inputs // batch // int(layer.module.input_size)
        return steps * sum(parameter.numel() for parameter in layer.parameters if parameter.dim() > 1)
    if isinstance(layer.module, FLOAT_ONLY):
        return call.outputs // batch
    return None


def _product(call: Call, batch: int) -> int:
    """Of a module that multiplies activations: one sum for each value, over the last dimension of its first input."""
    assert call.input is not None
    return call.outputs // batch * call.input.shape[-1]


def _one(layer: Layer, tensor: Tensor | None, batch: int) -> tuple[int, ...]:
    """Shape of one example. A convolution's first dimension must be the batch, or made of it."""
    shape = () if tensor is None else tuple(tensor.shape)
    if "conv" not in layer.kind:
        return one_example(shape, batch)
    assert layer.weight is not None
    if len(shape) != layer.weight.dim() or shape[0] % batch:
        raise UnsupportedError(f"network: the first dimension of layer {layer.name!r}, {shape}, is not the batch")
    return shape[1:] if shape[0] == batch else (shape[0] // batch, *shape[1:])


def _notes(layers: Sequence[Layer], rows: Sequence[LayerProfile]) -> tuple[str, ...]:
    """What stays in float without being asked."""
    recurrent = [layer for layer in layers if isinstance(layer.module, RECURRENT)]
    norms = [layer for layer in layers if layer.kind == "other" and layer not in recurrent and layer.module is not None]
    products = [row.name for row in rows if row.kind == "matmul"]
    groups = [
        ("recurrent layers", [layer.name for layer in recurrent]),
        ("layers without a quantizer", [layer.name for layer in norms]),
        ("products of activations", products),
    ]
    return tuple(f"{what} stay in float: {', '.join(names)}" for what, names in groups if names)


def _check_complete(module: nn.Module, layers: Sequence[Layer]) -> None:
    """Nothing may be missing from the profile in silence."""
    known = {id(parameter) for layer in layers for parameter in layer.parameters}
    missing = [name for name, parameter in module.named_parameters() if id(parameter) not in known]
    if missing:
        raise UnsupportedError(f"network: its parameters {', '.join(missing)} are in no layer of the profile")
