"""Patterns of zeros: exact counts, and masks that move the outputs of a layer least."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from fits import problem
from hypothesis import given
from hypothesis import strategies as st

from autoquant.errors import UnsupportedError
from autoquant.network import NOfM, Pruned, Sparsity, WeightQuantization
from autoquant.quantization.fitting import loss
from autoquant.quantization.masks import Array, Mask, fitted_mask, magnitude_mask, refitted
from autoquant.quantization.rounding import fitted_weight
from autoquant.quantization.weights import quantize_weight
from autoquant.recipes import kept_blocks, kept_weights, parse_recipe

SHAPES: list[tuple[int, ...]] = [(4, 8, 3, 3), (6, 4), (5, 12, 2), (3, 16, 1, 1)]
PATTERNS = [
    NOfM(2, 4),
    NOfM(1, 4),
    NOfM(3, 4),
    Pruned(50),
    Pruned(1),
    Pruned(99),
    Pruned(30, (1, 4)),
    Pruned(60, (2, 5)),
]


def check(mask: Mask, sparsity: Sparsity, shape: tuple[int, ...]) -> None:
    """What the pattern says, exactly."""
    mask = mask.reshape(shape)
    if isinstance(sparsity, NOfM):
        parts = mask.reshape(shape[0], -1, sparsity.of, int(np.prod(shape[2:])))
        assert (parts.sum(2) == sparsity.kept).all()
    elif sparsity.block is None:
        assert mask.sum() == kept_weights(sparsity, shape)
    else:
        rows, (high, wide) = mask.reshape(shape[0], -1), sparsity.block
        found = []
        for top, left in itertools.product(range(0, rows.shape[0], high), range(0, rows.shape[1], wide)):
            block = rows[top : top + high, left : left + wide]
            assert block.all() == block.any()
            found.append(block.any())
        assert sum(found) == kept_blocks(sparsity, shape)


@given(st.sampled_from(SHAPES), st.sampled_from(PATTERNS), st.integers(0, 99), st.booleans())
def test_counts_are_exact_also_among_equal_weights(shape, sparsity, seed, equal):
    weight = np.ones(shape) if equal else np.random.default_rng(seed).normal(size=shape)
    check(magnitude_mask(weight, sparsity), sparsity, shape)
    columns = int(np.prod(shape[1:]))
    target, moments = problem(seed, (1, shape[0], columns))
    mask, weights = fitted_mask(weight.reshape(1, shape[0], columns) if equal else target, moments, sparsity, shape)
    check(mask, sparsity, shape)
    assert not weights[~mask].any()


def test_the_largest_magnitudes_stay():
    weight = np.array([[1.0, -4.0, 2.0, 3.0], [0.1, 0.0, 0.3, -0.2]])
    assert magnitude_mask(weight, NOfM(2, 4)).tolist() == [[False, True, False, True], [False, False, True, True]]
    assert magnitude_mask(weight, NOfM(1, 2)).tolist() == [[False, True, False, True], [True, False, True, False]]
    assert magnitude_mask(weight, Pruned(50)).tolist() == [[True] * 4, [False] * 4]
    assert magnitude_mask(weight, Pruned(50, (2, 1)))[0].tolist() == [False, True, False, True]


def test_input_channels_are_counted_at_each_kernel_position():
    weight = np.random.default_rng(0).normal(size=(2, 4, 3))
    mask = magnitude_mask(weight, NOfM(1, 4))
    assert np.array_equal(mask.argmax(1), np.abs(weight).argmax(1))


def test_the_refit_is_least_squares_on_the_mask():
    target, moments = problem(1, (2, 3, 6), 2.0)
    mask = np.random.default_rng(0).random(target.shape) < 0.6
    found = refitted(target, moments, mask)
    for group, row in np.ndindex(2, 3):
        kept = np.flatnonzero(mask[group, row])
        right = (moments[group] @ target[group, row])[kept]
        best = np.linalg.solve(moments[group][np.ix_(kept, kept)], right)
        np.testing.assert_allclose(found[group, row, kept], best, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("block", [None, (1, 2)])
def test_of_one_weight_or_block_the_cheapest_goes(block):
    """Against leaving out each in turn, the others fitted again."""
    for seed in range(10):
        target, moments = problem(seed, (1, 2, 6), 3.0)
        percent = 9 if block is None else 17
        mask, weights = fitted_mask(target, moments, Pruned(percent, block), (2, 6))
        costs = []
        for at in range(12 if block is None else 6):
            one = np.ones(12 if block is None else 6, dtype=bool)
            one[at] = False
            other = one.repeat(12 // len(one)).reshape(target.shape)
            costs.append(loss(refitted(target, moments, other), target, moments).sum())
        assert (~mask).sum() == (1 if block is None else 2)
        assert loss(weights, target, moments).sum() == pytest.approx(min(costs), rel=1e-6)


@pytest.mark.parametrize("sparsity", [NOfM(2, 4), Pruned(50), Pruned(70), Pruned(50, (1, 4))])
def test_fitted_masks_move_outputs_less_than_magnitudes(sparsity):
    shape = (16, 24)
    ours, others = 0.0, 0.0
    for seed in range(3):
        target, moments = problem(seed, (1, *shape), 4.0)
        _, weights = fitted_mask(target, moments, sparsity, shape)
        ours += float(loss(weights, target, moments).sum())
        plain = magnitude_mask(target[0], sparsity)[None]
        others += float(loss(refitted(target, moments, plain), target, moments).sum())
    assert ours < 0.95 * others


def recipes() -> list[WeightQuantization]:
    bases = ("W3", "ternary", "lut4", "lut4/2")
    found = [parse_recipe(f"{base}@{s}") for base in bases for s in ("2:4", "sparse40", "block1x4:50")]
    affine = WeightQuantization(8, quantizer="affine")
    return [how for how in [*found, parse_recipe("W3@2:4", affine), parse_recipe("W3@sparse40", affine)] if how]


@pytest.mark.parametrize("how", recipes(), ids=[how.key() for how in recipes()])
def test_masked_weights_are_zero_and_fitted_ones_move_outputs_less(how):
    shape = (8, 8, 2)
    target, moments = problem(0, (1, 8, 16), 3.0)
    weight = torch.from_numpy(target).float().reshape(shape)
    errors = []
    for tensor in (fitted_weight(weight, how, target, moments, None), quantize_weight(weight, how)):
        values = tensor.dequantize()
        assert tensor.mask is not None
        assert how.sparsity is not None
        check(tensor.mask.numpy(), how.sparsity, shape)
        assert not values[~tensor.mask].any()
        assert values.any()
        array: Array = values.double().numpy().reshape(target.shape)
        errors.append(float(loss(array, target, moments).sum()))
    assert errors[0] < 0.9 * errors[1]


def test_channels_that_do_not_divide_are_refused():
    how: Any = parse_recipe("W4@2:4")
    with pytest.raises(UnsupportedError, match=r"4 does not divide the 1 input channels .* shape \(8, 1, 3, 3\)"):
        quantize_weight(torch.randn(8, 1, 3, 3), how)
    with pytest.raises(UnsupportedError, match=r"4 does not divide the 6 input channels .* shape \(2, 6\)"):
        fitted_mask(*problem(0, (1, 2, 6)), NOfM(2, 4), (2, 6))
