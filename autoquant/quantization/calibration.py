"""Ranges of activations, from one pass of the float network over the calibration split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import RangeMethod
from autoquant.quantization.execution import Inputs, batches, check_finite, count, execute
from autoquant.quantization.quantizers import Affine, affine_range

SAMPLE = 2**16
"""Values kept of each layer's input for the methods ``mse`` and ``percentile``: at least one of each example."""


class Calibration:
    """The range of every layer's input, with a sample of its values; the same inputs always give the same.

    Each example gives the sample as many values, sampled for one example after the other, so that the sample does not
    depend on how many run at a time.

    Args:
        module: the float network, in eval mode.
        names: layers to observe.
        inputs: calibration examples.
        batch_size: how many of them run at a time.
    """

    def __init__(self, module: nn.Module, names: Sequence[str], inputs: Inputs, batch_size: int) -> None:
        self._low: dict[str, float] = dict.fromkeys(names, 0.0)
        self._high: dict[str, float] = dict.fromkeys(names, 0.0)
        self._values: dict[str, list[Tensor]] = {name: [] for name in names}
        self._affine: dict[tuple[str, int, RangeMethod], Affine] = {}
        self._random = {name: torch.Generator().manual_seed(seed) for seed, name in enumerate(names)}
        self._examples = count(inputs)
        self._batch = 0
        handles = [
            module.get_submodule(name).register_forward_pre_hook(lambda _, args, name=name: self._observe(name, args))
            for name in names
        ]
        try:
            for batch in batches(inputs, batch_size):
                self._batch = count(batch)
                execute(module, batch)
        finally:
            for handle in handles:
                handle.remove()

    def _observe(self, name: str, args: tuple[Any, ...]) -> None:
        values = args[0].detach()
        check_finite(values, f"calibration: the input of layer {name!r}")
        low, high = torch.aminmax(values)
        self._low[name] = min(self._low[name], float(low))
        self._high[name] = max(self._high[name], float(high))
        rows = values.reshape(len(values), -1)
        each = max(1, SAMPLE * self._batch // (self._examples * len(rows)))
        if rows.shape[1] > each:
            rows = rows.gather(1, torch.randint(rows.shape[1], (len(rows), each), generator=self._random[name]))
        self._values[name].append(rows.flatten().float().clone())

    def has_range(self, name: str) -> bool:
        """Whether the input of a layer was ever other than zero."""
        return self._low[name] < self._high[name]

    def affine(self, name: str, bits: int, method: RangeMethod) -> Affine:
        """How the input of a layer is quantized to ``bits`` bits."""
        key = (name, bits, method)
        if key not in self._affine:
            if name not in self._values:
                raise UnsupportedError(f"layer {name!r} was not calibrated; calibrated: {', '.join(self._values)}")
            if not self.has_range(name):
                raise SpecError(
                    f"calibration: the input of layer {name!r} is zero in every example (or the layer never runs), so "
                    f"it has no range; give the calibration split other examples, or set keep_float: [{name}]"
                )
            sample = torch.cat(self._values[name])
            self._affine[key] = affine_range(sample, self._low[name], self._high[name], bits, method)
        return self._affine[key]
