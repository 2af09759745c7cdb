"""Every quantizer of weights with every rule, against float64 references and the laws that it must keep."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from autoquant.errors import UnsupportedError
from autoquant.network import SCALE_METHODS, BitsQuantizer, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization.quantizers import TINY, symmetric_scale
from autoquant.quantization.row_quantizers import AffineRows, Logarithmic, PowerOfTwo, Statistical, Symmetric, fit
from autoquant.quantization.weights import quantize_weight

Float64 = npt.NDArray[np.float64]

BITS = [2, 3, 4, 5, 6, 8, 16]
EVERY: list[tuple[Any, Any]] = [
    (name, rule) for name in get_args(BitsQuantizer) for rule in SCALE_METHODS[name] or ("mse",)
]
"""Those that take any number of bits."""
UNIFORM = ("symmetric", "affine", "statistical")
ODD = [("symmetric", "min_max"), ("power_of_two", "min_max"), ("power_of_two", "percentile"), ("power_of_two", "mse")]
ODD += [("logarithmic", "mse")]

every = pytest.mark.parametrize(("name", "rule"), EVERY, ids=[f"{name} {rule}" for name, rule in EVERY])
quick = settings(max_examples=30, deadline=None)
any_bits = st.sampled_from(BITS)
number = st.floats(-1e4, 1e4, width=32)


@st.composite
def rows(draw: st.DrawFn) -> Tensor:
    """(rows, n), with rows of one value, of zeros, of one sign, and denormals among them."""
    count, width = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    made = [draw(st.lists(number, min_size=width, max_size=width)) for _ in range(count)]
    first = made[0]
    kinds = [first, [0.0] * width, first[:1] * width, [abs(x) for x in first], [x * 1e-40 for x in first]]
    made[0] = draw(st.sampled_from(kinds))
    return torch.tensor(made, dtype=torch.float32)


def quantized(weight: Tensor, way: WeightQuantization) -> Tensor:
    return quantize_weight(weight, way).dequantize()


def float64(tensor: Tensor) -> Float64:
    return tensor.double().numpy()


def grid(fitted: Any) -> Tensor:
    """All values that a quantizer of few bits can give, (rows, values), in rising order."""
    bits = fitted.bits
    if isinstance(fitted, Logarithmic):
        low = np.maximum(float64(fitted.top) - 2 ** (bits - 1) + 2, Logarithmic.LEAST)
        powers = [np.exp(np.arange(a, b + 1)) for a, b in zip(low[:, 0], float64(fitted.top)[:, 0], strict=True)]
        return torch.from_numpy(np.stack([_both(row, 2 ** (bits - 1) - 1) for row in powers])).float()
    if isinstance(fitted, PowerOfTwo):
        powers = [a * 2.0 ** -np.arange(2 ** (bits - 1) - 1) for a in float64(fitted.scale)[:, 0]]
        return torch.from_numpy(np.stack([_both(row[row >= TINY], len(row)) for row in powers])).float()
    integers = torch.arange(-(2 ** (bits - 1)), 2 ** (bits - 1))
    if isinstance(fitted, AffineRows):
        return (torch.arange(2**bits) - fitted.zero_point) * fitted.scale
    if isinstance(fitted, Statistical):
        return (integers.double() * fitted.scale + fitted.offset).float()
    assert isinstance(fitted, Symmetric)
    return integers * fitted.scale


def _both(magnitudes: Float64, width: int) -> Float64:
    """Magnitudes with either sign and zero, filled up with zeros."""
    padded = np.pad(np.sort(magnitudes), (width - len(magnitudes), 0))
    return np.concatenate([-padded[::-1], [0.0], padded])


def nearest(values: Float64, levels: Float64, distance: Callable[[Float64, Float64], Float64]) -> Float64:
    """The level at the least distance of each value: the definition of rounding, without its formula."""
    found = [row[distance(value[:, None], row[None, :]).argmin(1)] for value, row in zip(values, levels, strict=True)]
    return np.stack(found)


@every
@quick
@given(rows(), st.sampled_from([2, 3, 4, 5]))
def test_the_result_is_the_nearest_value_of_the_grid(name, rule, values, bits):
    """Nearest in value, for a power of two nearest in the logarithm, for a power of e the next one towards zero."""
    fitted: Any = fit(values, name, bits, rule)
    result, levels, reals = float64(fitted.quantize(values)), float64(grid(fitted)), float64(values)
    if name == "logarithmic":
        towards = np.where(np.abs(levels)[:, None] <= np.abs(reals)[..., None] * (1 + 2e-6), levels[:, None], 0)
        same = np.sign(towards) == np.sign(reals)[..., None]
        expected = np.sign(reals) * np.max(np.abs(towards) * same, axis=2)
        np.testing.assert_allclose(result, expected, rtol=1e-6)
        return
    gap = np.abs(result - reals)
    best = np.abs(nearest(reals, levels, lambda x, level: np.abs(x - level)) - reals)
    step = np.diff(np.sort(levels, axis=1), axis=1).max(1, keepdims=True)
    if name != "power_of_two":
        assert np.all(gap <= best + 1e-5 * step + 1e-6 * np.abs(reals))
        return
    above = np.abs(reals) >= float64(fitted.scale) * 2.0 ** -(2 ** (bits - 1) - 2) / math.sqrt(2) * (1 + 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        octaves = np.abs(np.log2(np.abs(result) / np.abs(reals)))
    inside = above & (np.abs(reals) <= float64(fitted.scale)) & (np.abs(reals) > 2 * TINY)
    assert np.all(octaves[inside] <= 0.5 + 1e-6)
    assert np.all(result[~above & (np.abs(reals) > 2 * TINY)] == 0)


@every
@quick
@given(rows(), any_bits)
def test_it_is_idempotent_monotone_and_keeps_zero(name, rule, values, bits):
    fitted: Any = fit(values, name, bits, rule)
    once = fitted.quantize(values)
    assert bool(torch.isfinite(once).all())
    assert bool((fitted.quantize(values.sort(1).values).diff(dim=1) >= 0).all())
    if name == "statistical":
        assume(bool((fitted.scale > 1e-4 * fitted.offset.abs()).all()))
    else:
        assert not bool(fitted.quantize(torch.zeros_like(values)).any())
    assert torch.equal(fitted.quantize(once), once)


@every
@quick
@given(rows(), st.sampled_from([2, 3, 4, 6, 8]))
def test_it_is_exact_on_its_own_grid(name, rule, values, bits):
    fitted: Any = fit(values, name, bits, rule)
    if name == "statistical":
        assume(bool((fitted.scale > 1e-4 * fitted.offset.abs()).all()))
    levels = grid(fitted)
    assert torch.equal(fitted.quantize(levels), levels)
    assert max(len(row.unique()) for row in levels) <= 2**bits


@pytest.mark.parametrize(("name", "rule"), ODD)
@quick
@given(rows(), any_bits)
def test_those_with_a_symmetric_grid_are_odd(name, rule, values, bits):
    result = fit(values, name, bits, rule).quantize(values)
    assert torch.equal(fit(-values, name, bits, rule).quantize(-values), -result)


@every
@quick
@given(rows(), any_bits)
def test_the_error_is_bounded(name, rule, values, bits):
    """Half a step inside the range; a factor of the root of 2, or of e, for the logarithmic ones."""
    fitted: Any = fit(values, name, bits, rule)
    reals, result = float64(values), float64(fitted.quantize(values))
    gap, largest = np.abs(result - reals), np.abs(reals).max(1, keepdims=True)
    if name == "logarithmic":
        assert np.all(np.abs(result) <= np.abs(reals) * (1 + 2e-6))
        kept = result != 0
        assert np.all(np.abs(result)[kept] * math.e * (1 + 2e-6) >= np.abs(reals)[kept])
        return
    if name == "power_of_two":
        kept = (result != 0) & (np.abs(reals) <= float64(fitted.scale))
        assert np.all(gap[kept] <= (math.sqrt(2) - 1) * np.abs(reals)[kept] * (1 + 1e-6))
        return
    step = float64(fitted.scale)
    ends = grid(fitted) if bits <= 8 else None
    low, high = (-largest, largest) if ends is None else (float64(ends[:, :1]), float64(ends[:, -1:]))
    inside = (reals >= low) & (reals <= high) if ends is not None else np.abs(reals) < step
    slack = 1e-2 * step + 1e-6 * largest
    assert np.all(gap[inside] <= np.broadcast_to(step / 2 + slack, gap.shape)[inside])
    if (name, rule) in (("symmetric", "min_max"), ("symmetric", "full_range"), ("affine", "min_max")):
        assert np.all(gap <= step * (1 if name == "affine" else 0.5) + slack)


@pytest.mark.parametrize("name", ["symmetric", "affine", "power_of_two"])
@quick
@given(rows(), any_bits)
def test_mse_is_never_worse_than_min_max(name, values, bits):
    errors = [
        float((fit(values, name, bits, rule).quantize(values).double() - values.double()).square().sum())
        for rule in ("mse", "min_max")
    ]
    assert errors[0] <= errors[1] * (1 + 1e-12)


def reference(name: str, rule: str, x: Float64, bits: int) -> Float64:
    """The formulas as they are written, in float64, for one row."""
    largest, most = np.abs(x).max(), 2 ** (bits - 1) - 1
    if rule == "percentile":
        largest = np.percentile(np.abs(x), 99.9)
    if name == "symmetric":
        a = largest / (most + 0.5 if rule == "full_range" else most)
        return a * np.clip(np.round(x / a), -most - 1, most)
    if name == "affine":
        ends = (np.percentile(x, 0.1), np.percentile(x, 99.9)) if rule == "percentile" else (x.min(), x.max())
        low, high = min(ends[0], 0), max(ends[1], 0)
        a = (high - low) / (2**bits - 1)
        zero = np.round(-low / a)
        return a * (np.clip(np.round(x / a) + zero, 0, 2**bits - 1) - zero)
    if name == "power_of_two":
        k = np.minimum(np.round(np.log2(np.abs(x) / largest)), 0)
        return np.where(k > -most, np.sign(x) * largest * 2.0**k, 0)
    if name == "logarithmic":
        k = np.floor(np.log(np.abs(x)))
        return np.where(k > k.max() - most, np.sign(x) * np.exp(k), 0)
    return x.mean() + x.std() * np.clip(np.round((x - x.mean()) / x.std()), -most - 1, most)


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize(("name", "rule"), [pair for pair in EVERY if pair[1] != "mse" or not SCALE_METHODS[pair[0]]])
def test_it_agrees_with_the_formula_in_float64(name, rule, bits):
    values = torch.randn(40, 250, generator=torch.Generator().manual_seed(bits)) + 0.2
    found = float64(fit(values, name, bits, rule).quantize(values))
    expected = np.stack([reference(name, rule, row, bits) for row in float64(values)])
    close = np.isclose(found, expected, rtol=1e-5, atol=1e-6)
    assert np.mean(~close) < 2e-3  # values half way between two levels may fall either way in float32
    assert np.all(np.abs(found - expected) <= np.abs(float64(values)).max() * 2)


@pytest.mark.parametrize("bits", BITS)
@every
def test_rows_of_one_value_and_rows_of_zeros(name, rule, bits):
    values = torch.tensor([[0.0, 0.0], [0.3, 0.3], [-0.7, -0.7]])
    result = fit(values, name, bits, rule).quantize(values)
    assert not bool(result[0].any())
    if name == "logarithmic":
        np.testing.assert_allclose(float64(result[1:]), [[math.exp(-2)] * 2, [-math.exp(-1)] * 2], rtol=1e-6)
    elif rule == "full_range":
        half = symmetric_scale(values, bits, "per_channel", rule) / 2
        assert bool(((result - values).abs() <= half * 1.01).all())
    else:
        torch.testing.assert_close(result, values, rtol=1e-6, atol=0)


@every
def test_very_small_and_very_large_values(name, rule):
    values = torch.tensor([[1e38, -2e38, 0.0], [1e-42, -3e-43, 1e-45], [3e-38, -2e-38, 1e-44], [1.0, 1e-30, -1e30]])
    for bits in BITS:
        fitted: Any = fit(values, name, bits, rule)
        result = fitted.quantize(values)
        assert bool(torch.isfinite(result).all())
        assert bool((result.abs() <= values.abs().amax(1, keepdim=True) * 2.01).all())


def rising(*shape: int) -> Tensor:
    """Random values of a very different size in each channel and along it."""
    values = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
    return values * torch.arange(1, values.numel() + 1).reshape(shape)


@every
def test_channels_tensors_and_groups_are_quantized_as_if_alone(name, rule):
    weight = rising(5, 4, 3, 3).contiguous(memory_format=torch.channels_last)
    flat = weight.reshape(5, 36)

    def alone(part: Tensor) -> Tensor:
        row = part.reshape(1, -1)
        return fit(row, name, 4, rule).quantize(row).reshape(part.shape)

    def precision(granularity: Any, size: int | None = None) -> WeightQuantization:
        return WeightQuantization(4, granularity, rule, name, size)

    close: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-6}
    expected = torch.stack([alone(channel) for channel in weight])
    torch.testing.assert_close(quantized(weight, precision("per_channel")), expected, **close)
    torch.testing.assert_close(quantized(weight, precision("per_tensor")), alone(weight), **close)
    for size in (1, 8, 36, 100):
        groups = [torch.cat([alone(part) for part in channel.split(size)]) for channel in flat]
        found = quantized(weight, precision("per_group", size))
        torch.testing.assert_close(found.reshape(5, 36), torch.stack(groups), **close)
        assert found.is_contiguous(memory_format=torch.channels_last)
    whole = quantized(weight, precision("per_group", 36))
    assert torch.equal(whole, quantized(weight, precision("per_channel")))


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    """Weights of one to four dimensions after the channels' rows, in any memory format."""
    values = draw(rows())
    if draw(st.booleans()):
        return values
    shape = (len(values), draw(st.integers(1, 3)), 2, draw(st.integers(1, 3)))
    made = torch.randn(shape, generator=torch.Generator().manual_seed(draw(st.integers(0, 99))))
    formats = [torch.contiguous_format, torch.channels_last]
    made = made.contiguous(memory_format=draw(st.sampled_from(formats)))
    return made.transpose(0, 1) if draw(st.booleans()) else made


@every
@quick
@given(tensors(), any_bits, st.sampled_from(["per_channel", "per_tensor", "per_group"]), st.integers(1, 15))
def test_codes_are_integers_of_their_bits_and_stand_for_the_values(name, rule, weight, bits, granularity, size):
    """Groups of any size, so that many have a rest. The values are those of each row's quantizer, bit for bit."""
    size = size if granularity == "per_group" else None
    found = quantize_weight(weight, WeightQuantization(bits, granularity, rule, name, size))
    low = 0 if name == "affine" else -(2 ** (bits - 1))
    assert found.codes.dtype == torch.int32
    assert low <= int(found.codes.min()) <= int(found.codes.max()) <= low + 2**bits - 1
    if name in ("power_of_two", "logarithmic"):
        assert int(found.codes.abs().max()) <= 2 ** (bits - 1) - 1

    count, width = (1, weight.numel()) if granularity == "per_tensor" else (len(weight), weight[0].numel())
    groups = 1 if size is None else -(-width // size)
    assert [tuple(part.shape) for part in (found.scale, found.zero_point, found.offset)] == [(count, groups)] * 3
    assert (found.axis, found.group_size) == (None if granularity == "per_tensor" else 0, size)

    flat = weight.reshape(count, width)
    expected = [
        torch.cat(
            [fit(block, name, bits, rule).quantize(block) for block in row.reshape(1, -1).split(size or width, 1)], 1
        )
        for row in flat
    ]
    values = found.dequantize()
    assert values.dtype == torch.float32
    torch.testing.assert_close(values.reshape(count, width), torch.cat(expected), rtol=1e-5, atol=0)
    for part in (found.codes, values):
        assert (part.shape, part.stride()) == (weight.shape, torch.empty_like(weight).stride())


@every
@quick
@given(rows(), any_bits)
def test_codes_rise_with_values_and_a_code_has_one_value(name, rule, values, bits):
    fitted: Any = fit(values, name, bits, rule)
    codes = fitted.encode(values)
    assert bool((fitted.encode(values.sort(1).values).diff(dim=1) >= 0).all())
    assert torch.equal(fitted.decode(codes.int().float()), fitted.quantize(values))


def test_what_codes_stand_for_by_hand():
    weight = torch.tensor([[0.5, -1.0, 0.26]])
    symmetric = quantize_weight(weight, WeightQuantization(3, scale_method="min_max"))
    assert symmetric.codes.tolist() == [[2, -3, 1]]
    assert (symmetric.scale.tolist(), symmetric.zero_point.tolist()) == ([[pytest.approx(1 / 3)]], [[0]])
    affine = quantize_weight(weight, WeightQuantization(2, scale_method="min_max", quantizer="affine"))
    assert (affine.codes.tolist(), affine.zero_point.tolist()) == ([[3, 0, 3]], [[2]])
    power = quantize_weight(weight, WeightQuantization(3, scale_method="min_max", quantizer="power_of_two"))
    assert (power.codes.tolist(), power.zero_point.tolist()) == ([[2, -3, 1]], [[3]])
    assert power.dequantize().tolist() == [[0.5, -1.0, 0.25]]
    statistical = quantize_weight(weight, WeightQuantization(4, quantizer="statistical"))
    assert statistical.offset.tolist() == [[pytest.approx(-0.08)]]
    logarithmic = quantize_weight(weight, WeightQuantization(3, quantizer="logarithmic"))
    assert logarithmic.codes.tolist() == [[2, -3, 1]]
    assert logarithmic.dequantize().tolist() == [
        [pytest.approx(math.exp(k) * s) for k, s in ((-1, 1), (0, -1), (-2, 1))]
    ]


@pytest.mark.parametrize(("name", "rule"), [pair for pair in EVERY if SCALE_METHODS[pair[0]]])
def test_smaller_groups_lose_less(name, rule):
    weight = rising(8, 64)
    errors = [
        float((quantized(weight, WeightQuantization(4, "per_group", rule, name, size)) - weight).square().sum())
        for size in (4, 16, 64)
    ]
    assert errors == sorted(errors)


@every
def test_a_network_quantizes_its_weights_so_and_keeps_each_apart(name, rule):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(10, 6))
    network_of = QuantizedNetwork(network, torch.randn(2, 10))
    weight = network[0].weight.detach().clone()
    ways = [
        WeightQuantization(3, "per_group", rule, name, 4),
        WeightQuantization(3, "per_group", rule, name, 5),
        WeightQuantization(3, "per_channel", rule, name),
        WeightQuantization(3, "per_tensor", rule, name),
    ]
    for way in ways * 2:
        network_of.apply([LayerPrecision(way, None)])
        assert torch.equal(network_of.module[0].weight, quantized(weight, way))
    network_of.restore()
    assert torch.equal(network_of.module[0].weight, weight)


def test_what_a_quantizer_does_not_know_is_refused():
    weight = torch.randn(2, 3)
    with pytest.raises(
        UnsupportedError, match="'affine' has no scale method 'full_range'; accepted: min_max, percentile, mse"
    ):
        quantized(weight, WeightQuantization(4, scale_method="full_range", quantizer="affine"))
    with pytest.raises(UnsupportedError, match="7 bits are not supported"):
        quantized(weight, WeightQuantization(7))


@every
def test_nan_is_refused(name, rule):
    quantizing = QuantizedNetwork(nn.Linear(3, 2), torch.randn(2, 3))
    next(quantizing.module.children()).weight.data[0, 0] = float("nan")
    with pytest.raises(UnsupportedError, match="layer '0': its weight has 1 NaN or infinite values of 6"):
        quantizing.apply([LayerPrecision(WeightQuantization(4, scale_method=rule, quantizer=name), None)])
