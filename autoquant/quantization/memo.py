"""Outputs of quantized layers, kept for the candidates that begin with the same options."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autoquant.quantization.execution import execute, tensors

Path = tuple[Hashable, ...]
"""The inputs of a run, then the options of the quantized layers that it has executed so far."""


@dataclass(slots=True)
class _Entry:
    output: Tensor
    version: int
    """How often the output had been written to when it was kept."""
    credit: float


class Memo:
    """Remembers what a quantized layer gave, by the inputs of the network and the options of all layers up to it.

    That key is enough, and needs no graph: a network in eval mode is a function of its inputs and its weights, so
    between two quantized layers it can only do what the inputs and the options before have set, control flow included.
    On a hit the layer (and the quantizer of its input) is not computed; what lies between layers always is. Outputs are
    those that were computed, bit for bit.

    It costs memory, up to ``limit`` bytes, and next to no time: outputs are kept as they are, without a copy. Where the
    network writes into the output of a layer (in-place ReLU, ``+=``), the tensor's version counter tells, what was kept
    is dropped, and from then on that layer's outputs are copied when they are kept and when they are handed out.

    When it is full, the output with the least credit goes: GreedyDual (Young 1994) with credit ``2 ** -depth``, that is
    least recently used first, but a layer deeper in the network always much sooner. Each layer multiplies the prefixes
    that there are, so the deep ones are rarely asked for again; plain LRU forgets the shallow ones for them.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Bytes that it may hold; 0 switches it off."""
        self.held = self.most_held = self.hits = self.misses = 0
        self._depths: dict[int, OrderedDict[Path, _Entry]] = {}
        """Depth -> entries, the least recently used first; within a depth that is the order of their credits."""
        self._clock = 0.0
        """Credit of the entry that went last; new credits are counted from here."""
        self._path: Path | None = None
        self._written: set[str] = set()
        """Layers whose output the network writes into."""

    @contextmanager
    def run(self, inputs: Hashable) -> Iterator[None]:
        """Inside, the network runs once; ``inputs`` stands for what it is given. Outside, nothing is remembered."""
        self._path = (inputs,) if self.limit > 0 else None
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
        self._keep(layer, path, output)
        return output

    def clear(self) -> None:
        """Forget every output."""
        self._depths.clear()
        self.held = 0

    def _find(self, layer: str, path: Path) -> Tensor | None:
        entries = self._depths.get(len(path))
        if entries is None or path not in entries:
            return None
        entry = entries[path]
        if _version(entry.output) != entry.version:
            self._written.add(layer)
            self.held -= _size(entries.pop(path).output)
            return None
        entry.credit = self._credit(path)
        entries.move_to_end(path)
        return entry.output.clone() if layer in self._written else entry.output

    def _keep(self, layer: str, path: Path, output: Tensor) -> None:
        if _size(output) > self.limit or output.requires_grad:
            return
        if output.is_inference():  # has no version counter, so nothing would tell
            self._written.add(layer)
        kept = output.clone() if layer in self._written else output
        while self.held + _size(kept) > self.limit:
            self._drop_one()
        entries = self._depths.setdefault(len(path), OrderedDict())
        entries[path] = _Entry(kept, _version(kept), self._credit(path))
        self.held += _size(kept)
        self.most_held = max(self.most_held, self.held)

    def _credit(self, path: Path) -> float:
        return self._clock + 2.0 ** -len(path)

    def _drop_one(self) -> None:
        oldest = {depth: next(iter(entries.values())).credit for depth, entries in self._depths.items() if entries}
        depth = min(oldest, key=oldest.__getitem__)
        self._clock = oldest[depth]
        self.held -= _size(self._depths[depth].popitem(last=False)[1].output)


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


def _size(tensor: Tensor) -> int:
    return tensor.untyped_storage().nbytes()


def reads_ahead(module: nn.Module, layers: Mapping[str, nn.Module], inputs: Tensor) -> bool:
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
