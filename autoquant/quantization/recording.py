"""What a network does with an example: every operation, which tensors it takes, and what each layer is called with.

The network runs as it is, so any control flow is fine. Layers are seen by hooks, everything between them by PyTorch's
`__torch_function__` protocol. Tensors are distinguished by identity; all of them stay alive until the end of the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autoquant.errors import UnsupportedError
from autoquant.network import Operation
from autoquant.quantization.execution import Inputs, count, execute, tensors
from autoquant.quantization.layers import Layer
from autoquant.quantization.products import ATTENTION, PRODUCTS, attention_operands, multiply_accumulates

OTHER_NAMES = {"iadd": "add", "radd": "add", "isub": "sub", "rsub": "sub", "imul": "mul", "rmul": "mul",
               "truediv": "div", "rtruediv": "div", "itruediv": "div", "rdiv": "div", "idiv": "div", "rpow": "pow",
               "concat": "cat", "concatenate": "cat"}  # fmt: skip


@dataclass(slots=True)
class Call:
    """All calls of one layer."""

    input: Tensor | None
    """Of the first call."""
    output: Tensor | None
    times: int = 0
    inputs: int = 0
    """Values of the input, over all calls and the whole batch."""
    outputs: int = 0
    macs: int = 0
    """Of a product that is no module."""
    by_keyword: bool = False
    """Some call has its input by keyword."""
    constant: bool = False
    """It does not depend on the inputs of the network, and so has no batch."""


@dataclass(slots=True)
class Record:
    """One run. ``calls`` are in the order in which layers first ran; products of activations are among them."""

    operations: list[Operation] = field(default_factory=list)
    outputs: tuple[int, ...] = ()
    calls: dict[str, Call] = field(default_factory=dict)


def one_example(shape: Sequence[int], batch: int) -> tuple[int, ...]:
    """Shape without its batch. Where rows were made of the batch they are counted for each example."""
    sizes = tuple(shape)
    if batch in sizes:
        at = sizes.index(batch)
        return (*sizes[:at], *sizes[at + 1 :])
    made_of = next((i for i, size in enumerate(sizes) if size and size % batch == 0), None)
    return sizes if made_of is None else (*sizes[:made_of], sizes[made_of] // batch, *sizes[made_of + 1 :])


def record(module: nn.Module, layers: Sequence[Layer], inputs: Inputs) -> Record:
    """Run ``module`` once on a batch."""
    return watch(Recorder(layers, count(inputs)), module, inputs)


def watch(recorder: Recorder, module: nn.Module, inputs: Inputs) -> Record:
    """Run ``module`` once under a recorder that was made for a batch of this size."""
    handles = []
    for name, part in module.named_modules():
        handles.append(part.register_forward_pre_hook(lambda _, __, name=name: recorder.enter(name)))
        if name in recorder.layers:
            handles.append(
                part.register_forward_hook(
                    lambda _, args, kwargs, output, name=name: recorder.layer_done(name, args, kwargs, output),
                    with_kwargs=True,
                )
            )
        handles.append(part.register_forward_hook(lambda *_: recorder.leave()))
    handles.append(module.register_forward_pre_hook(lambda _, args: recorder.begin(args)))
    handles.append(module.register_forward_hook(lambda _, __, output: recorder.end(output)))
    try:
        with recorder:
            execute(module, inputs)
    finally:
        for handle in handles:
            handle.remove()
    return recorder.record


class Recorder(TorchFunctionMode):
    """Notes every operation of one run of a network."""

    def __init__(self, layers: Sequence[Layer], batch: int) -> None:
        super().__init__()
        self.layers = {layer.name: layer for layer in layers if layer.module is not None}
        self.record = Record()
        self._batch = batch
        self.recording = False
        self._producer: dict[int, int] = {}
        """Identity of a tensor -> the operation that gave it, or -1 - k for input k."""
        self._constant: set[int] = set()
        """Operations that do not depend on the inputs: layers of fixed numbers, such as positions."""
        self._memory: dict[int, list[Tensor]] = {}
        """Address of a storage -> tensors in it; they are kept alive, so that identities stay their own."""
        self._stack: list[tuple[str, Counter[str]]] = []
        """Modules that are running, with how many products of each kind they have made."""
        self.inside: str | None = None
        """The layer that is running: what is in it is its own."""

    def begin(self, args: tuple[Any, ...]) -> None:
        self.recording = True
        for k, tensor in enumerate(tensors(args)):
            self._made(tensor, -1 - k)

    def end(self, output: Any) -> None:
        self.recording = False
        known = (self._producer.get(id(tensor)) for tensor in tensors(output))
        self.record.outputs = tuple(dict.fromkeys(index for index in known if index is not None))

    def enter(self, name: str) -> None:
        self._stack.append((name, Counter()))
        if self.inside is None and name in self.layers:
            self.inside = name

    def leave(self) -> None:
        self._stack.pop()

    def layer_done(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if self.inside != name:
            return
        self.inside = None
        layer, given = self.layers[name], list(tensors([args, kwargs]))
        first = given[0] if given else None
        taken = given if layer.kind in ("matmul", "other") else given[:1]
        self._called(name, first, next(tensors(output), None))
        self.record.calls[name].by_keyword |= not args
        self.record.calls[name].constant = not any(self.varies(tensor) for tensor in taken)
        kind = type(layer.module).__name__ if layer.kind == "other" else layer.kind
        self._operation(name, kind, taken, [], list(tensors(output)), name)

    def _called(self, name: str, given: Tensor | None, gave: Tensor | None, macs: int = 0) -> None:
        call = self.record.calls.setdefault(name, Call(given, gave))
        call.times += 1
        call.inputs += 0 if given is None else given.numel()
        call.outputs += 0 if gave is None else gave.numel()
        call.macs += macs

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if not self.recording or self.inside is not None:
            return func(*args, **kwargs)
        given = [tensor for tensor in tensors([args, kwargs]) if id(tensor) in self._producer]
        versions = [tensor._version for tensor in given]
        result = func(*args, **kwargs)
        kind = kind_of_call(func)
        outputs = list(tensors(result))
        if not outputs and kind == "setitem":
            outputs = [args[0]]
        if given and outputs:
            self._add(kind, given, versions, args, kwargs, outputs)
        return result

    def _add(
        self,
        kind: str,
        given: list[Tensor],
        versions: list[int],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        outputs: list[Tensor],
    ) -> None:
        """An operation outside of the layers."""
        written = [tensor for tensor, version in zip(given, versions, strict=True) if tensor._version != version]
        name = self.place(kind)
        if kind == "multi_head_attention_forward":
            raise UnsupportedError(
                f"network: {name!r}: a module that calls this function itself is not supported; use "
                f"nn.MultiheadAttention, or keep the whole module in float with keep_float"
            )
        if kind == ATTENTION:
            self._attention(name, args, kwargs, outputs[0])
        elif kind in PRODUCTS:
            again = self._again(kind)
            self._called(name + again, given[0], outputs[0], multiply_accumulates(kind, args, outputs[0]))
            self._operation(name + again, "matmul", given, written, outputs, name + again)
        else:
            self._operation(name, kind, given, written, outputs, None)

    def place(self, kind: str) -> str:
        """The name of an operation of this kind, by the module that is running."""
        return f"{self._stack[-1][0]}.{kind}".lstrip(".") if self._stack else kind

    def _again(self, kind: str) -> str:
        """What distinguishes a further product of this kind in one module from the first."""
        made = self._stack[-1][1]
        made[kind] += 1
        return f"_{made[kind] - 1}" if made[kind] > 1 else ""

    def _attention(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], output: Tensor) -> None:
        """The two products and the softmax that the fused function stands for."""
        query, key, value = attention_operands(args, kwargs)
        name += self._again(ATTENTION)
        rows, length = query.numel() // query.shape[-1], key.shape[-2]
        scores = torch.empty((*query.shape[:-1], length), device="meta")
        weights = torch.empty_like(scores)
        self._called(f"{name}.query_key", query, scores, rows * length * query.shape[-1])
        known = [tensor for tensor in (query, key) if id(tensor) in self._producer]
        self._operation(f"{name}.query_key", "matmul", known, [], [scores], f"{name}.query_key")
        self._operation(f"{name}.softmax", "softmax", [scores], [], [weights], None)
        self._called(f"{name}.weights_value", weights, output, rows * length * value.shape[-1])
        known = [weights, *([value] if id(value) in self._producer else [])]
        self._operation(f"{name}.weights_value", "matmul", known, [], [output], f"{name}.weights_value")

    def _operation(
        self, name: str, kind: str, given: list[Tensor], written: list[Tensor], outputs: list[Tensor], layer: str | None
    ) -> None:
        """One operation for each tensor that is new, or was written into."""
        indices = [self._producer[id(tensor)] for tensor in given if id(tensor) in self._producer]
        inputs, first = tuple(dict.fromkeys(indices)), len(self.record.operations)
        for output in outputs:
            in_place = any(_storage(output) == _storage(tensor) for tensor in written)
            if id(output) in self._producer and not in_place:
                continue  # gives what it was given
            view = not in_place and any(_storage(output) == _storage(tensor) for tensor in given)
            shape = one_example(output.shape, self._batch if any(map(self.varies, given)) else 1)
            dtype = str(output.dtype).removeprefix("torch.")
            if len(self.record.operations) == first or view:
                operation = Operation(name, kind, inputs, shape, dtype, layer, view, in_place)
            else:
                operation = Operation(name, "part", (first,), shape, dtype)
            if not any(map(self.varies, given)):
                self._constant.add(len(self.record.operations))
            self.record.operations.append(operation)
            self._made(output, len(self.record.operations) - 1)

    def varies(self, tensor: Tensor) -> bool:
        """Whether a tensor depends on the inputs of the network."""
        index = self._producer.get(id(tensor))
        return index is not None and index not in self._constant

    def _made(self, tensor: Tensor, index: int) -> None:
        """From now on this tensor comes from there; after a write, all that share its memory do."""
        shared = self._memory.setdefault(_storage(tensor), [])
        overwritten = index >= 0 and self.record.operations[index].in_place
        for view in shared if overwritten else []:
            self._producer[id(view)] = index
        shared.append(tensor)
        self._producer[id(tensor)] = index


def kind_of_call(func: Callable[..., Any]) -> str:
    """``relu`` for torch.relu, Tensor.relu_ and F.relu; ``add`` for ``+`` and ``+=``; the name of an attribute."""
    name = getattr(func, "__name__", type(func).__name__)
    if name == "__get__":
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    name = name.strip("_").removesuffix("_with_indices")
    return OTHER_NAMES.get(name, name)


def _storage(tensor: Tensor) -> int:
    """What tensors that share memory have in common."""
    if tensor.device.type == "meta" or tensor.layout != torch.strided or not tensor.numel():
        return id(tensor)
    return tensor.untyped_storage().data_ptr()
