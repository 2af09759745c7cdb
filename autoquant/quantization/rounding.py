"""The weight of a layer as it is quantized, and the shift of its bias: by `Rounding` and the layer's `Moments`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autoquant.network import Rounding, WeightQuantization
from autoquant.quantization.codebooks import fit_codebook
from autoquant.quantization.fitted_grids import grid_for
from autoquant.quantization.fitting import fit
from autoquant.quantization.grids import Array
from autoquant.quantization.masks import fitted_mask
from autoquant.quantization.moments import Moments
from autoquant.quantization.quantized_tensor import QuantizedTensor, like_weight
from autoquant.quantization.weights import quantize_weight

DAMPING = 0.01
"""Added to the diagonal of the second moments, as a share of its mean (Frantar et al. 2022, section 3.3, step 3)."""
NOISE = 1e-10
"""The same as a share of the mean square of the inputs: what varies less is lost in the digits of a float32."""


@dataclass(frozen=True, slots=True)
class RoundedWeight:
    """What becomes of a layer."""

    weight: QuantizedTensor
    """Output channels first."""
    shifts: tuple[Tensor | None, ...] = ()
    """What is added to the bias of each layer that has this weight: float32, (channels,); None where it has none."""

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `of_arrays` needs, by name."""
        shifts = {f"shift{i}": shift.numpy() for i, shift in enumerate(self.shifts) if shift is not None}
        return self.weight.arrays() | shifts | {"readers": np.array(len(self.shifts))}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], how: WeightQuantization, like: Tensor) -> RoundedWeight:
        """The reverse of `arrays`, for a weight ``like`` this one, output channels first."""
        found = (arrays.get(f"shift{i}") for i in range(int(arrays["readers"])))
        shifts = tuple(None if shift is None else torch.from_numpy(shift) for shift in found)
        return cls(QuantizedTensor.of_arrays(arrays, how, like), shifts)


@dataclass(frozen=True, slots=True)
class Reader:
    """One of the layers that multiply their inputs with a weight."""

    moments: Moments
    has_bias: bool

    @property
    def second(self) -> Array:
        """Second moments of the inputs, (groups, columns, columns): around their mean where a bias makes up for it."""
        mean = self.moments.mean.astype(np.float64)
        whole = 0.0 if self.has_bias else mean[:, :, None] * mean[:, None, :]
        return self.moments.covariance.astype(np.float64) + whole

    @property
    def cross(self) -> Array:
        """The same of outputs and inputs, (groups, rows, columns)."""
        mean = self.moments.mean.astype(np.float64)
        whole = 0.0 if self.has_bias else self.moments.output[:, :, None] * mean[:, None, :]
        return self.moments.cross.astype(np.float64) + whole

    @property
    def power(self) -> Array:
        """Mean square of the inputs, (groups,)."""
        mean = self.moments.mean.astype(np.float64)
        return np.asarray((np.einsum("gnn->gn", self.moments.covariance) + mean * mean).mean(1))

    def shift(self, quantized: Array) -> Tensor | None:
        """What is added to the bias so that the mean of every output channel is that of the float layer."""
        if not self.has_bias:
            return None
        given = (quantized @ self.moments.mean[:, :, None].astype(np.float64))[:, :, 0]
        return torch.from_numpy((self.moments.output - given).reshape(-1)).float()


def round_weight(
    weight: Tensor,
    how: WeightQuantization,
    rounding: Rounding,
    readers: Sequence[Reader],
    shared: Sequence[Array] | None = None,
) -> RoundedWeight:
    """The quantized weight of the layers that read it; ``weight`` is float32, output channels first.

    ``nearest`` takes each weight to its nearest value, and looks at no moments. With ``nearest+bias`` the mean of each
    output channel is then that of the float layer. ``hessian`` minimises, together with that shift, the mean square by
    which outputs move: for what the layers are given, towards what they gave in the float network. ``shared`` are the
    tables of a codebook that layers share. `UnsupportedError` for a weight that cannot be quantized so.
    """
    if rounding == "nearest":
        return RoundedWeight(quantize_weight(weight, how, shared), (None,) * len(readers))
    groups = readers[0].moments.mean.shape[0]
    shape = (groups, len(weight) // groups, -1)
    values = cast(Array, weight.detach().double().numpy().reshape(shape))
    if rounding == "nearest+bias":
        chosen = quantize_weight(weight, how, shared)
    else:
        chosen = fitted_weight(weight, how, *problem(values, readers), shared)
    quantized = cast(Array, chosen.dequantize().double().numpy().reshape(shape))
    return RoundedWeight(chosen, tuple(reader.shift(quantized) for reader in readers))


def fitted_weight(
    weight: Tensor, how: WeightQuantization, target: Array, moments: Array, shared: Sequence[Array] | None
) -> QuantizedTensor:
    """The quantized weight whose outputs are nearest to those of the target, by these moments; ``weight`` gives its
    shape and memory format. A pattern of zeros is chosen first, with float weights, and kept."""
    mask = None
    if how.sparsity is not None:
        mask, target = fitted_mask(target, moments, how.sparsity, tuple(weight.shape))
    if how.codebook is not None:
        return fit_codebook(target, moments, how, weight, mask, shared)
    goal = like_weight(torch.from_numpy(target).float(), weight)
    like = quantize_weight(goal, replace(how, sparsity=None))
    grid, codes = fit(target, moments, grid_for(target, moments, like, how, mask))
    return grid.coded(codes, like)


def problem(values: Array, readers: Sequence[Reader]) -> tuple[Array, Array]:
    """Target and second moments, to be minimised as in `fitting`: of all readers together, damped.

    The target is the least squares solution without quantization, held to the float weights where the inputs say
    little (Li et al. 2025, "GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric Calibration", towards the
    outputs of the float network). Inputs that never vary leave the weights where they are.
    """
    counts = np.array([float(reader.moments.count) for reader in readers])
    shares = counts / counts.sum()
    second = sum(share * reader.second for share, reader in zip(shares, readers, strict=True))
    cross = sum(share * reader.cross for share, reader in zip(shares, readers, strict=True))
    power = sum(share * reader.power for share, reader in zip(shares, readers, strict=True))
    second = np.asarray((second + np.swapaxes(second, 1, 2)) / 2)
    damping = np.maximum(DAMPING * np.einsum("gnn->g", second) / second.shape[1], NOISE * power)
    damping = np.where(damping > 0, damping, 1.0)[:, None, None]
    damped = second + damping * np.eye(second.shape[1])
    target = np.linalg.solve(damped, np.swapaxes(cross + damping * values, 1, 2))
    return np.swapaxes(target, 1, 2), damped
