"""What each grid lets weights be, how its scales are fitted and stored, and the codes that it gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from fits import grids, problem, total
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.network import WeightQuantization
from autoquant.quantization.fitted_grids import grid_for
from autoquant.quantization.fitting import nearest
from autoquant.quantization.grids import Array, Uniform
from autoquant.quantization.row_quantizers import Binary, Ternary
from autoquant.quantization.weights import quantize_weight

HOWS = [
    WeightQuantization(3),
    WeightQuantization(3, "per_tensor"),
    WeightQuantization(3, "per_group", group_size=4),
    WeightQuantization(3, scale_method="min_max", scale_bytes=2),
    WeightQuantization(2, quantizer="affine"),
    WeightQuantization(2, "per_group", quantizer="affine", group_size=3, scale_bytes=2),
    WeightQuantization(2, "per_tensor", quantizer="affine", scale_method="percentile"),
    WeightQuantization(2, quantizer="ternary"),
    WeightQuantization(2, "per_tensor", quantizer="ternary"),
    WeightQuantization(2, "per_group", quantizer="ternary", group_size=5),
    WeightQuantization(1, quantizer="binary"),
    WeightQuantization(1, "per_tensor", quantizer="binary", scale_bytes=2),
    WeightQuantization(3, quantizer="power_of_two"),
    WeightQuantization(3, "per_group", quantizer="statistical", group_size=4),
    WeightQuantization(3, "per_tensor", quantizer="logarithmic"),
]
every = pytest.mark.parametrize("how", HOWS, ids=[how.key() for how in HOWS])
SHAPE = (2, 3, 10)
rows = st.integers(1, 9).flatmap(
    lambda width: st.lists(
        st.lists(st.floats(-1e3, 1e3, width=32), min_size=width, max_size=width), min_size=1, max_size=3
    )
)


def weight_of(target: Array) -> torch.Tensor:
    """Two groups of three output channels of a convolution, in the other memory format."""
    weight = torch.from_numpy(target).float().reshape(6, 5, 1, 2)
    return weight.contiguous(memory_format=torch.channels_last)


@every
@pytest.mark.parametrize("masked", [False, True])
def test_codes_stand_for_the_values_of_the_grid(how, masked):
    if masked and how.quantizer == "binary":
        return
    target, moments = problem(3, SHAPE)
    mask = np.random.default_rng(0).random(SHAPE) < 0.5 if masked else None
    like = quantize_weight(weight_of(target), how)
    grid = grid_for(target, moments, like, how, mask).stored()
    codes = nearest(target, grid)
    tensor = grid.coded(codes, like)
    values = grid.decode(codes)
    np.testing.assert_allclose(tensor.dequantize().reshape(SHAPE).numpy(), values, rtol=1e-5, atol=1e-6)
    assert tensor.codes.stride() == weight_of(target).stride()
    assert (mask is None) or not values[~mask].any()
    if how.quantizer in ("ternary", "binary"):
        assert set(tensor.codes.unique().tolist()) == ({-1, 0, 1} if how.quantizer == "ternary" else {-1, 1})
    else:
        low = 0 if how.quantizer == "affine" else -(2 ** (how.bits - 1))
        assert low <= int(tensor.codes.min()) <= int(tensor.codes.max()) < low + 2**how.bits
    parts = [grid.values(codes[:, :, at], block) for at, block in enumerate(grid.blocks(10))]
    assert np.array_equal(np.concatenate(parts, 2), values)


@pytest.mark.parametrize("how", [how for how in HOWS if how.granularity != "per_group"], ids=lambda how: how.key())
def test_the_grid_starts_no_worse_than_one_that_ignores_moments(how):
    """Its scales are sought for the moments, for each segment by itself."""
    target, moments = problem(4, SHAPE, 3.0)
    how = replace(how, scale_bytes=4)
    like = quantize_weight(weight_of(target), how)
    grid = grid_for(target, moments, like, how)
    plain = grid_for(target, np.broadcast_to(np.eye(10), (2, 10, 10)), like, how)
    ours, others = (total(nearest(target, g), target, moments, g) for g in (grid, plain))
    assert ours <= others + 1e-9
    if how.quantizer in ("symmetric", "affine") and how.scale_method != "mse":
        assert np.array_equal(cast(Uniform, grid).scale.ravel(), like.scale.double().numpy().ravel())


@pytest.mark.parametrize("name", ["uniform", "of the tensor", "of groups", "ternary", "binary"])
def test_refit_is_least_squares(name):
    """No other scale of a segment, alone, gives a smaller error for the same codes."""
    target, moments = problem(5, SHAPE, 2.0)
    grid: Any = grids(SHAPE)[name]
    codes = nearest(target, grid)
    fitted = grid
    for _ in range(60):
        fitted = fitted.refit(codes, target, moments)
    least = total(codes, target, moments, fitted)
    assert least < total(codes, target, moments, grid)
    for place in np.ndindex(fitted.scale.shape):
        for factor in (0.99, 1.01):
            scale = fitted.scale.copy()
            scale[place] *= factor
            assert total(codes, target, moments, replace(fitted, scale=scale)) > least


def test_refit_leaves_what_has_no_say():
    target, moments = problem(6, SHAPE)
    fixed: Any = grids(SHAPE)["fixed"]
    assert fixed.refit(nearest(target, fixed), target, moments) is fixed
    grid: Any = grids(SHAPE)["uniform"]
    zeros = np.zeros(SHAPE, dtype=np.int64)
    assert np.array_equal(grid.refit(zeros, target, moments).scale, grid.scale)
    masked: Any = replace(grid, mask=np.zeros(SHAPE, dtype=bool))
    assert np.array_equal(masked.refit(zeros + 1, target, moments).scale, grid.scale)


def test_scales_are_stored_in_their_bytes():
    grid: Any = grids(SHAPE)["of groups"]
    scale = replace(grid, scale=grid.scale * 0.123456789).stored().scale
    assert np.array_equal(scale, scale.astype(np.float16))
    assert not np.array_equal(scale, grid.scale * 0.123456789)


@settings(max_examples=60)
@given(rows)
def test_ternary_and_binary_scales_have_the_least_squared_error(values):
    """Ternary: as good as each of all counts of weights that are not zero."""
    given_rows = torch.tensor(values)
    largest = max(float(given_rows.abs().max()), 1e-30)
    for kind in (Ternary, Binary):
        found: Any = kind.fit(given_rows, 2, "mse")
        error = (found.quantize(given_rows).double() - given_rows.double()).square().sum(1)
        for scale in torch.linspace(0.01, 1, 41) * largest:
            other: Any = kind.of(2, scale.expand(len(given_rows), 1))
            against = (other.quantize(given_rows).double() - given_rows.double()).square().sum(1)
            assert bool((error <= against * (1 + 1e-5) + 1e-12 * largest**2).all())


def test_ternary_and_binary_by_hand():
    values = torch.tensor([[4.0, -3.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]])
    ternary = Ternary.fit(values, 2, "mse")
    assert (ternary.scale.tolist(), ternary.encode(values).tolist()) == ([[3.5], [1.0]], [[1, -1, 0, 0], [0, 0, 0, 0]])
    binary = Binary.fit(values, 1, "mse")
    assert (binary.scale[0].tolist(), binary.encode(values).tolist()) == ([1.875], [[1, -1, 1, 1], [1, 1, 1, 1]])
    assert not bool((binary.quantize(values) == 0).any())
    assert bool((binary.quantize(values)[1].abs() < 1e-30).all())
