"""First and second moments of what the weights of a layer are multiplied with, and of what they should give.

A convolution is a linear layer of patches: each output position sums over the inputs under the kernel. A transposed
one is a convolution of its input with zeros between the values, and the kernel reversed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from autoquant.quantization.layers import TRANSPOSED, output_first

Values = npt.NDArray[np.float32]

POSITIONS = 2**15
"""Output positions of a layer that are looked at, of all its calibration examples and calls together, about."""
CHUNK = 2**20
"""Values of patches that are in memory at a time."""


@dataclass(frozen=True)
class Moments:
    """Over output positions, for each group of a layer: ``x`` is what the weights of an output channel are multiplied
    with, ``y`` what the float layer gives there without its bias. All float32."""

    covariance: Values
    """Cov[x, x]: (groups, columns, columns)."""
    mean: Values
    """E[x]: (groups, columns)."""
    cross: Values
    """Cov[y, x]: (groups, rows, columns)."""
    output: Values
    """E[y]: (groups, rows)."""
    count: Values
    """Positions that were looked at: a number."""


class Sums:
    """The moments of one layer, while its calls are coming in.

    They are summed around the mean of the first positions, so that sums in float32 are good where the mean is large.
    """

    def __init__(self, layer: Any, positions: int) -> None:
        """Of ``positions`` that will come in all, about `POSITIONS` are looked at, evenly over all examples."""
        self._layer, self._share = layer, POSITIONS / max(positions, 1)
        self._random = torch.Generator().manual_seed(0)
        weight = output_first(layer, layer.weight)
        groups, columns = getattr(layer, "groups", 1), math.prod(weight.shape[1:])
        rows = len(weight) // groups
        self._second, self._mean = torch.zeros(groups, columns, columns), torch.zeros(groups, columns)
        self._cross, self._output = torch.zeros(groups, rows, columns), torch.zeros(groups, rows)
        self._count = 0
        self._around: tuple[Tensor, Tensor] | None = None

    def add(self, inputs: Tensor, outputs: Tensor) -> None:
        """What the layer is given now, and what the float layer gives there, with its bias."""
        found, wanted = Patches(self._layer, inputs, outputs), output_rows(self._layer, outputs)
        positions = torch.arange(found.positions)
        if self._share < 1:
            drawn = torch.randperm(found.positions, generator=self._random)
            positions = drawn[: max(1, round(self._share * found.positions))].sort().values
        for at in torch.split(positions, max(1, CHUNK // found.columns)):
            self._add(found.at(at), wanted[:, at])

    def _add(self, x: Tensor, y: Tensor) -> None:
        if self._around is None:
            self._around = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
        x, y = x - self._around[0], y - self._around[1]
        self._second.baddbmm_(x.transpose(1, 2), x)
        self._cross.baddbmm_(y.transpose(1, 2), x)
        self._mean += x.sum(1)
        self._output += y.sum(1)
        self._count += x.shape[1]

    @property
    def moments(self) -> Moments | None:
        """None where the layer did not run."""
        if self._around is None:
            return None
        mean, output = self._mean / self._count, self._output / self._count
        covariance = self._second / self._count - mean[:, :, None] * mean[:, None, :]
        cross = self._cross / self._count - output[:, :, None] * mean[:, None, :]
        mean, output = mean + self._around[0][:, 0], output + self._around[1][:, 0]
        parts = (covariance.numpy(), mean.numpy(), cross.numpy(), output.numpy())
        return Moments(*parts, np.array(self._count, dtype=np.float32))


class Patches:
    """What the weights of a layer are multiplied with, at each output position of each example."""

    def __init__(self, layer: Any, inputs: Tensor, outputs: Tensor) -> None:
        """The inputs of one call, and its outputs, of which only the shape is looked at."""
        inputs = inputs.detach()
        if isinstance(layer, nn.Linear):
            self._windows = inputs.reshape(-1, inputs.shape[-1])
            self._groups, self._sizes = 1, (len(self._windows),)
        else:
            self._windows, self._groups = _windows(layer, inputs, outputs), layer.groups
            dimensions = layer.weight.dim() - 2
            self._sizes = (len(self._windows), *self._windows.shape[2 : 2 + dimensions])
        self.positions = int(np.prod(self._sizes))
        """Over all examples."""
        taken = [size for axis, size in enumerate(self._windows.shape) if axis not in range(2, 1 + len(self._sizes))]
        self.columns = int(np.prod(taken[1:]))
        """Values at a position, over all groups."""

    def at(self, positions: Tensor) -> Tensor:
        """Those at some positions, counted through: (groups, positions, columns of a group).

        Columns are in the order of an output channel of the weight, output channels first.
        """
        if len(self._sizes) == 1:
            return self._windows[positions].unsqueeze(0)
        example, *place = torch.unravel_index(positions, self._sizes)
        values = self._windows[(example, slice(None), *place)]  # positions, channels, kernel..
        return values.reshape(len(positions), self._groups, -1).transpose(0, 1)


def output_rows(layer: Any, outputs: Tensor) -> Tensor:
    """Outputs of a layer without its bias: (groups, positions, rows)."""
    outputs = outputs.detach()
    if isinstance(layer, nn.Linear):
        rows, groups = outputs.reshape(-1, outputs.shape[-1]), 1
    else:
        outputs = outputs if outputs.dim() == layer.weight.dim() else outputs.unsqueeze(0)
        rows, groups = outputs.movedim(1, -1).reshape(-1, outputs.shape[1]), layer.groups
    if layer.bias is not None:
        rows = rows - layer.bias.detach()
    return rows.reshape(len(rows), groups, -1).transpose(0, 1)


def _windows(layer: Any, inputs: Tensor, outputs: Tensor) -> Tensor:
    """A view of the input of a convolution: (examples, channels, positions.., kernel..)."""
    dimensions = layer.weight.dim() - 2
    values = inputs if inputs.dim() == dimensions + 2 else inputs.unsqueeze(0)
    transposed = isinstance(layer, TRANSPOSED)
    values = _stuffed(layer, values, outputs.shape[-dimensions:]) if transposed else _padded(layer, values)
    if transposed:  # a window is read backwards: turn the input, and the order of the windows back
        axes = tuple(range(2, 2 + dimensions))
        values = values.flip(axes)
    for axis in range(dimensions):
        span = (layer.kernel_size[axis] - 1) * layer.dilation[axis] + 1
        step = 1 if transposed else layer.stride[axis]
        values = values.unfold(2 + axis, span, step)[..., :: layer.dilation[axis]]
    if transposed:
        values = values.flip(axes)
    return values


def _padded(layer: Any, inputs: Tensor) -> Tensor:
    """The input with its border."""
    border = layer._reversed_padding_repeated_twice
    if not any(border):
        return inputs
    return functional.pad(inputs, border, mode="constant" if layer.padding_mode == "zeros" else layer.padding_mode)


def _stuffed(layer: Any, inputs: Tensor, output_sizes: torch.Size) -> Tensor:
    """The input of a transposed convolution with zeros between its values and around them, or less than all of it."""
    border: list[int] = []
    for axis in range(layer.weight.dim() - 2):
        at, stride = 2 + axis, layer.stride[axis]
        shape = list(inputs.shape)
        shape[at] = (shape[at] - 1) * stride + 1
        wide = inputs.new_zeros(shape)
        wide[(slice(None),) * at + (slice(None, None, stride),)] = inputs
        inputs = wide
        span = layer.dilation[axis] * (layer.kernel_size[axis] - 1)
        before = span - layer.padding[axis]
        border = [before, output_sizes[axis] + span - shape[at] - before, *border]
    return functional.pad(inputs, border)
