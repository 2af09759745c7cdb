"""What additions, concatenations and poolings read, in 8 bits: integer runtimes compute these on integers as well.

They are functions, not layers, so they are seen by PyTorch's `__torch_function__` protocol, and known again by the
order in which they run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autoquant.errors import UnsupportedError
from autoquant.network import NetworkProfile
from autoquant.quantization.execution import Inputs, count, tensors
from autoquant.quantization.layers import Layer
from autoquant.quantization.quantizers import Affine
from autoquant.quantization.recording import Recorder, kind_of_call, watch

BITS = 8
"""Of what is read."""

SUMS = ("add", "sub")
POOLINGS = tuple(f"{kind}_pool{d}d" for kind in ("avg", "max", "adaptive_avg", "adaptive_max") for d in (1, 2, 3))
KINDS = frozenset((*SUMS, "cat", "mean", *POOLINGS))
"""Names of `kind_of_call`."""

SPATIAL = 2
"""The first dimension after batch and channels."""

Key = tuple[int, int]
"""Number of a site in a run, and which of its tensors."""


@dataclass(frozen=True, slots=True)
class Site:
    """One call of one of `KINDS` in a run of the network; those of which nothing is quantized count too."""

    kind: str
    name: str
    operands: tuple[int, ...]
    """Which of its tensors are quantized: those that are floating and depend on the inputs of the network."""
    operation: int | None
    """Its operation in the profile; None for what is inside of a layer, or made of constants."""


class QuantizedAdditions:
    """Quantizes what additions, concatenations and poolings read, between the layers of one network.

    A tensor is affine, with one scale: that of its range over the calibration examples in the float network. Quantized
    are additions and subtractions of two tensors, concatenations, poolings (average, maximum, adaptive, mean over
    dimensions after the channels); not numbers, constant tensors, whole numbers, what happens inside of layers, nor a
    tensor that is not finite in calibration, as masks of attention are.

    Args:
        module: the network; its ``forward`` is wrapped.
        profile: its layers and operations.
        inputs: an example, which says what runs in which order.
    """

    def __init__(self, module: nn.Module, profile: NetworkProfile, inputs: Inputs) -> None:
        self.active = False
        """Whether the network computes so now."""
        self._sites = _sites(module, profile, inputs)
        self._observing = False
        self._ranges: dict[Key, tuple[float, float]] = {}
        self._affine: dict[Key, Affine] = {}
        module.forward = partial(self._run, module.forward)

    def profiled(self, profile: NetworkProfile) -> NetworkProfile:
        """The profile with the bits of what its operations read."""
        quantized = {site.operation for site in self._sites if site.operands}
        rows = enumerate(profile.operations)
        operations = tuple(replace(row, input_bits=BITS) if i in quantized else row for i, row in rows)
        return replace(profile, operations=operations)

    @contextmanager
    def calibrated(self) -> Iterator[None]:
        """Inside, the float network runs on calibration examples; afterwards their ranges are used."""
        self._ranges, self._observing = {}, True
        try:
            yield
        finally:
            self._observing = False
        finite = {key: ends for key, ends in self._ranges.items() if math.isfinite(ends[1])}
        self._affine = {key: Affine.of_range(*ends, BITS) for key, ends in finite.items()}

    def _run(self, forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not (self._observing or self.active):
            return forward(*args, **kwargs)
        between = _Between(self._sites, self._observe if self._observing else self._quantize)
        with between:
            output = forward(*args, **kwargs)
        between.end()
        return output

    def _observe(self, key: Key, values: Tensor) -> Tensor:
        if values.numel():
            low, high = map(float, torch.aminmax(values.detach()))
            known = self._ranges.get(key, (0.0, 0.0))
            finite = math.isfinite(high - low)
            self._ranges[key] = (min(known[0], low), max(known[1], high)) if finite else (-math.inf, math.inf)
        return values

    def _quantize(self, key: Key, values: Tensor) -> Tensor:
        affine = self._affine.get(key)
        return values if affine is None else affine.quantize(values)


class _Between(TorchFunctionMode):
    """Gives the operands of sites to ``change`` first, in one run of the network."""

    def __init__(self, sites: Sequence[Site], change: Callable[[Key, Tensor], Tensor]) -> None:
        super().__init__()
        self._sites, self._change = sites, change
        self._number = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        kind = kind_of_call(func)
        if kind in KINDS:
            site = self._sites[self._number] if self._number < len(self._sites) else None
            if site is None or site.kind != kind:
                raise _other_run(f"runs {kind!r} as number {self._number + 1} of its additions and poolings")
            if site.operands:
                args, kwargs = self._changed(func, site, args, kwargs)
            self._number += 1
        return func(*args, **kwargs)

    def end(self) -> None:
        """`UnsupportedError` when something did not run."""
        if self._number != len(self._sites):
            raise _other_run(f"does not run {self._sites[self._number].name!r}")

    def _changed(
        self, func: Callable[..., Any], site: Site, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        given = list(_operands(args, kwargs))
        if max(site.operands) >= len(given):
            raise _other_run(f"gives {site.name!r} {len(given)} tensors")
        changed = {i: self._change((self._number, i), given[i]) for i in site.operands}
        if _in_place(func) and 0 in changed:
            target, new = args[0], changed.pop(0)
            if new is not target:
                target.copy_(new)
        position = iter(range(len(given)))
        args = _with(args, changed, position)
        read = {name: value for name, value in kwargs.items() if name != "out"}
        return args, kwargs | {name: _with(value, changed, position) for name, value in read.items()}


def _other_run(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"additions: the network {what}, other than on the example that says what is quantized, because its control "
        "flow depends on its inputs; leave out additions: 8 (arithmetic: integer sets it too)"
    )


def _operands(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[Tensor]:
    """The tensors that a call reads."""
    yield from tensors(args)
    yield from tensors([value for name, value in kwargs.items() if name != "out"])


def _with(value: Any, changed: Mapping[int, Tensor], position: Iterator[int]) -> Any:
    """``value`` with other tensors at some positions, counted through nested lists as `tensors` does."""
    if isinstance(value, Tensor):
        return changed.get(next(position), value)
    if isinstance(value, (tuple, list)):
        parts = [_with(part, changed, position) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    return value


def _in_place(func: Callable[..., Any]) -> bool:
    """``+=``, ``add_``."""
    name = getattr(func, "__name__", "")
    return name.startswith("__i") or (name.endswith("_") and not name.endswith("__"))


def _sites(module: nn.Module, profile: NetworkProfile, inputs: Inputs) -> tuple[Site, ...]:
    """What one run of the network calls."""
    parts = dict(module.named_modules())
    layers = [
        Layer(layer.name, parts[layer.name], layer.kind, layer.kept_float, ())
        for layer in profile
        if layer.name in parts
    ]
    planner = _Planner(layers, count(inputs))
    watch(planner, module, inputs)
    return tuple(planner.sites)


class _Planner(Recorder):
    """Finds the sites of one run."""

    def __init__(self, layers: Sequence[Layer], batch: int) -> None:
        super().__init__(layers, batch)
        self.sites: list[Site] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kind = kind_of_call(func)
        if not self.recording or kind not in KINDS:
            return super().__torch_function__(func, types, args, kwargs)
        operands = self._quantized(kind, args, kwargs or {})
        before = len(self.record.operations)
        result = super().__torch_function__(func, types, args, kwargs)
        operation = before if len(self.record.operations) > before else None
        self.sites.append(Site(kind, self.place(kind), operands if operation is not None else (), operation))
        return result

    def _quantized(self, kind: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[int, ...]:
        given = list(_operands(args, kwargs))
        if kind in SUMS and sum(tensor.dim() > 0 for tensor in given) < 2:
            return ()
        if kind == "mean" and not _over_space(given[0], *args[1:], **kwargs):
            return ()
        return tuple(i for i, tensor in enumerate(given) if tensor.is_floating_point() and self.varies(tensor))


def _over_space(values: Tensor, dim: Any = None, *_: Any, **__: Any) -> bool:
    """Whether a mean is over dimensions after those of batch and channels alone."""
    dims = [dim] if isinstance(dim, int) else list(dim or ())
    return bool(dims) and all(d % values.dim() >= SPATIAL for d in dims)
