"""Outputs of quantized layers, kept for the candidates that begin with the same options."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autoquant.quantization.execution import Inputs, execute, tensors

Path = tuple[Hashable, ...]
"""The inputs of a run, then the options of the quantized layers that it has executed so far."""


@dataclass(frozen=True, slots=True)
class _Entry:
    output: Tensor
    version: int
    """How often the output had been written to when it was kept."""


class Memo:
    """Remembers what a quantized layer gave, by the inputs of the network and the options of all layers up to it.

    That key is enough, and needs no graph: a network in eval mode is a function of its inputs and its weights, so
    between two quantized layers it can only do what the inputs and the options before have set, control flow included.
    On a hit the layer (and the quantizer of its input) is not computed; what lies between layers always is. Outputs are
    those that were computed, bit for bit.

    It costs memory: up to ``limit`` bytes, the least recently used outputs go first. It costs time too: what is kept is
    not in the processor's cache when it is read, and the memory that it leaves to others was not either. On DS-CNN
    keeping every output costs as much as it saves, so those are kept that a run says will be asked for again; they are
    one in ten, they give nearly all the hits, and they stay for the runs after.

    Outputs are kept as they are, without a copy. Where the network writes into the output of a layer (in-place ReLU,
    ``+=``), the tensor's version counter shows it: what was kept is dropped, and from then on that layer's outputs are
    copied when they are kept and when they are handed out.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Bytes that it may hold; 0 switches it off."""
        self.held = self.most_held = self.hits = self.misses = 0
        self._entries: OrderedDict[Path, _Entry] = OrderedDict()
        """The least recently used first."""
        self._path: Path | None = None
        self._keep = 0
        self._written: set[str] = set()
        """Layers whose output the network writes into."""

    @contextmanager
    def run(self, inputs: Hashable, keep: int) -> Iterator[None]:
        """Inside, the network runs once; ``inputs`` stands for what it is given. Outside, nothing is remembered.

        Outputs of the first ``keep`` quantized layers are kept.
        """
        self._path = (inputs,) if self.limit > 0 else None
        self._keep = keep
        try:
            yield
        finally:
            self._path = None

    def output(self, layer: str, option: Hashable, compute: Callable[[], Tensor]) -> Tensor:
        """The output of the layer that the network has come to, computed where it is not known."""
        if self._path is None:
            return compute()
        path = self._path = (*self._path, option)
        known = self._find(layer, path)
        if known is not None:
            self.hits += 1
            return known
        self.misses += 1
        output = compute()
        if len(path) - 1 <= self._keep:
            self._add(layer, path, output)
        return output

    def clear(self) -> None:
        """Forget every output."""
        self._entries.clear()
        self.held = 0

    def _find(self, layer: str, path: Path) -> Tensor | None:
        entry = self._entries.get(path)
        if entry is None:
            return None
        if _version(entry.output) != entry.version:
            self._written.add(layer)
            self.held -= _size(self._entries.pop(path).output)
            return None
        self._entries.move_to_end(path)
        return entry.output.clone() if layer in self._written else entry.output

    def _add(self, layer: str, path: Path, output: Tensor) -> None:
        if _size(output) > self.limit or output.requires_grad:
            return
        if output.is_inference():  # has no version counter, so nothing would tell
            self._written.add(layer)
        kept = output.clone() if layer in self._written else output
        while self.held + _size(kept) > self.limit:
            self.held -= _size(self._entries.popitem(last=False)[1].output)
        self._entries[path] = _Entry(kept, _version(kept))
        self.held += _size(kept)
        self.most_held = max(self.most_held, self.held)


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


def _size(tensor: Tensor) -> int:
    return tensor.untyped_storage().nbytes()


def reads_ahead(module: nn.Module, layers: Mapping[str, nn.Module], inputs: Inputs) -> bool:
    """Whether the network uses the weight of one of ``layers`` before that layer runs: then a `Memo` would be wrong."""
    reads = _Reads(layers)
    handles = [layer.register_forward_pre_hook(lambda layer, _: reads.ran(layer)) for layer in layers.values()]
    try:
        with reads:
            execute(module, inputs)
    finally:
        for handle in handles:
            handle.remove()
    return reads.ahead


class _Reads(TorchFunctionMode):
    """Looks for operations that take the weight of a layer that has not run yet, and give a tensor."""

    def __init__(self, layers: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.ahead = False
        self._waiting = {id(layer.weight) for layer in layers.values()}

    def ran(self, layer: nn.Module) -> None:
        self._waiting.discard(id(layer.weight))

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if any(True for _ in tensors(result)):
            self.ahead |= any(id(tensor) in self._waiting for tensor in tensors([args, kwargs or {}]))
        return result
