"""Quantizers against float64 references."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from autoquant.errors import UnsupportedError
from autoquant.network import RangeMethod
from autoquant.quantization import Affine, affine_range, quantize_symmetric, symmetric_scale

BITS = [2, 3, 4, 5, 6, 8, 16]
Granularity = Literal["per_channel", "per_tensor"]
finite = st.floats(-1e4, 1e4, width=32)


@st.composite
def weights(draw: st.DrawFn) -> Tensor:
    """(channels, n), now and then with a constant or an all-zero channel."""
    channels, count = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    rows = [draw(st.lists(finite, min_size=count, max_size=count)) for _ in range(channels)]
    rows[0] = draw(st.sampled_from([rows[0], [0.0] * count, [rows[0][0]] * count]))
    return torch.tensor(rows, dtype=torch.float32)


any_bits = st.sampled_from(BITS)
any_granularity = st.sampled_from(["per_channel", "per_tensor"])
any_rule = st.sampled_from(["min_max", "full_range", "percentile", "mse"])
any_range_rule = st.sampled_from(["min_max", "percentile", "mse"])
quick = settings(max_examples=100, deadline=None)


def error(quantized: Tensor, values: Tensor) -> float:
    return float((quantized.double() - values.double()).square().sum())


@quick
@given(weights(), any_bits, any_granularity, any_rule)
def test_symmetric_agrees_with_a_float64_reference(values, bits, granularity, rule):
    scale = symmetric_scale(values, bits, granularity, rule)
    assert scale.shape == ((len(values), 1) if granularity == "per_channel" else (1, 1))
    assert bool((scale > 0).all())
    result = quantize_symmetric(values, scale, bits).double().numpy()
    a = scale.double().numpy()
    ratio = (values / scale).double().numpy()  # float32, so that ties round the same way
    expected = a * np.clip(np.round(ratio), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    np.testing.assert_allclose(result, expected, rtol=1e-6)
    inside = (ratio >= -(2 ** (bits - 1)) - 0.5) & (ratio <= 2 ** (bits - 1) - 0.5)
    gap = np.abs(result - values.double().numpy())
    assert np.all(gap[inside] <= np.broadcast_to(a / 2 * (1 + 1e-2), gap.shape)[inside])


@quick
@given(weights(), any_bits, any_granularity, any_rule)
def test_symmetric_is_idempotent_monotone_and_exact_on_its_grid(values, bits, granularity, rule):
    scale = symmetric_scale(values, bits, granularity, rule)
    once = quantize_symmetric(values, scale, bits)
    assert torch.equal(quantize_symmetric(once, scale, bits), once)
    ordered = values.sort(1).values
    assert bool((quantize_symmetric(ordered, scale, bits).diff(dim=1) >= 0).all())
    grid = torch.arange(-(2 ** (bits - 1)), 2 ** (bits - 1)) * scale[:1]
    assert torch.equal(quantize_symmetric(grid, scale[:1], bits), grid)


@quick
@given(weights(), any_bits, any_granularity)
def test_min_max_clips_nothing_and_is_symmetric(values, bits, granularity):
    scale = symmetric_scale(values, bits, granularity, "min_max")
    assert torch.equal(symmetric_scale(-values, bits, granularity, "min_max"), scale)
    result = quantize_symmetric(values, scale, bits)
    assert torch.equal(quantize_symmetric(-values, scale, bits), -result)
    assert bool(((result - values).abs() <= scale * (0.5 + 1e-2)).all())


@quick
@given(weights(), any_bits, any_granularity)
def test_mse_is_never_worse_than_min_max(values, bits, granularity):
    found = [
        error(quantize_symmetric(values, symmetric_scale(values, bits, granularity, rule), bits), values)
        for rule in ("mse", "min_max")
    ]
    assert found[0] <= found[1] * (1 + 1e-12)


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_mse_comes_close_to_the_best_scale_there_is(bits):
    values = torch.randn(1, 4000, generator=torch.Generator().manual_seed(0))
    found = error(quantize_symmetric(values, symmetric_scale(values, bits, "per_channel", "mse"), bits), values)
    most = float(values.abs().max())
    best = min(
        error(quantize_symmetric(values, torch.tensor([[scale]]), bits), values)
        for scale in np.linspace(most / 2**bits / 4, most / (2 ** (bits - 1) - 1), 3000)
    )
    assert found <= best * 1.01


@pytest.mark.parametrize("rule", ["min_max", "mse"])
@pytest.mark.parametrize("bits", BITS)
def test_zero_and_constant_channels_are_exact(bits, rule):
    values = torch.tensor([[0.0, 0.0], [0.3, 0.3], [-0.7, -0.7]])
    scale = symmetric_scale(values, bits, "per_channel", rule)
    torch.testing.assert_close(quantize_symmetric(values, scale, bits), values, rtol=1e-6, atol=0)


def test_per_channel_scales_are_those_of_each_channel_alone():
    values = torch.randn(5, 3, 2, 2, generator=torch.Generator().manual_seed(0)) * torch.arange(1, 6).reshape(
        5, 1, 1, 1
    )
    for rule in ("min_max", "mse"):
        together = symmetric_scale(values, 4, "per_channel", rule)
        assert together.shape == (5, 1, 1, 1)
        for channel in range(5):
            alone = symmetric_scale(values[channel : channel + 1], 4, "per_tensor", rule)
            torch.testing.assert_close(together[channel : channel + 1], alone, rtol=1e-5, atol=0)


def test_float_bits_change_nothing_and_unknown_bits_are_refused():
    values = torch.randn(3, 4)
    assert quantize_symmetric(values, torch.ones(1), 32) is values
    assert Affine.of_range(-1, 1, 32).quantize(values) is values
    with pytest.raises(UnsupportedError, match="7 bits are not supported; supported: 2, 3, 4, 5, 6, 8, 16, float"):
        symmetric_scale(values, 7, "per_channel", "mse")
    with pytest.raises(UnsupportedError, match="1 bits"):
        Affine.of_range(0, 1, 1)


samples = st.lists(finite, min_size=1, max_size=30).map(lambda numbers: torch.tensor(numbers, dtype=torch.float32))


def affine_of(values: Tensor, bits: int, rule: RangeMethod) -> Affine:
    return affine_range(values, float(values.min()), float(values.max()), bits, rule)


@quick
@given(samples, any_bits, any_range_rule)
def test_affine_agrees_with_a_float64_reference(values, bits, rule):
    affine = affine_of(values, bits, rule)
    assert 0 <= affine.zero_point <= 2**bits - 1
    result = affine.quantize(values)
    reals = values.double().numpy()
    integers = np.clip(np.round(reals / affine.scale) + affine.zero_point, 0, 2**bits - 1)
    expected = affine.scale * (integers - affine.zero_point)
    ties = np.abs(np.abs(reals / affine.scale - np.round(reals / affine.scale)) - 0.5) < 1e-2
    np.testing.assert_allclose(result.double().numpy()[~ties], expected[~ties], rtol=1e-6)
    inside = (reals >= affine.low) & (reals <= affine.high)
    assert np.all(np.abs(result.double().numpy() - reals)[inside] <= affine.scale * (0.5 + 1e-2))


@quick
@given(samples, any_bits, any_range_rule)
def test_affine_holds_zero_is_idempotent_and_monotone(values, bits, rule):
    affine = affine_of(values, bits, rule)
    assert float(affine.quantize(torch.zeros(1))) == 0
    once = affine.quantize(values)
    torch.testing.assert_close(affine.quantize(once), once, rtol=1e-6, atol=0)
    assert bool((affine.quantize(values.sort().values).diff() >= 0).all())


@quick
@given(samples, any_bits)
def test_affine_mse_is_never_worse_than_min_max(values, bits):
    found = [error(affine_of(values, bits, rule).quantize(values), values) for rule in ("mse", "min_max")]
    assert found[0] <= found[1] * (1 + 1e-12)


def test_percentile_clips_at_both_ends_and_keeps_a_range():
    values = torch.randn(100_000, generator=torch.Generator().manual_seed(0))
    values[0] = 1000
    affine = affine_of(values, 8, "percentile")
    assert math.isclose(affine.low, -3.09, abs_tol=0.1)
    assert math.isclose(affine.high, 3.09, abs_tol=0.1)
    rare = torch.zeros(5000)
    rare[7] = 2.0
    assert affine_of(rare, 8, "percentile") == affine_of(rare, 8, "min_max")
    scale = symmetric_scale(values[None], 8, "per_channel", "percentile")
    assert math.isclose(float(scale) * 127, 3.29, abs_tol=0.1)
    assert torch.equal(
        symmetric_scale(rare[None], 8, "per_channel", "percentile"),
        symmetric_scale(rare[None], 8, "per_channel", "min_max"),
    )


@pytest.mark.parametrize("bits", BITS)
def test_full_range_uses_every_integer_and_moves_the_largest_by_half_a_step(bits):
    values = torch.linspace(-1, 1, 2**18 + 1)[None]
    scale = symmetric_scale(values, bits, "per_channel", "full_range")
    assert math.isclose(float(scale), 1 / (2 ** (bits - 1) - 0.5), rel_tol=1e-6)
    result = quantize_symmetric(values, scale, bits)
    assert len(result.unique()) == 2**bits
    assert float((result - values).abs().max()) <= float(scale) / 2 * (1 + 1e-2)


@pytest.mark.parametrize("rule", ["min_max", "percentile", "mse"])
@pytest.mark.parametrize("bits", BITS)
def test_values_that_are_not_negative_have_zero_point_zero(bits, rule):
    values = torch.randn(500, generator=torch.Generator().manual_seed(0)).relu()
    affine = affine_of(values, bits, rule)
    assert affine.zero_point == 0
    assert math.isclose(affine_range(values, 0.5, 2.0, bits, "min_max").high, 2.0)


def test_quantizing_leaves_its_input_alone():
    values = torch.tensor([[0.26, -0.7]])
    before = values.clone()
    quantize_symmetric(values, torch.tensor([[0.5]]), 4)
    Affine(0.5, 1, 4).quantize(values)
    assert torch.equal(values, before)
