"""Codebooks: tables from k-means, fitted to codes, and codes that are the best of all entries."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from fits import grids, problem, total
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from autoquant.errors import UnsupportedError
from autoquant.network import Codebook, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork, quantize_weight
from autoquant.quantization.clustering import tables_for
from autoquant.quantization.codebooks import fit_codebook, shared_tables
from autoquant.quantization.execution import as_inputs
from autoquant.quantization.fitting import fit, loss, nearest
from autoquant.quantization.grids import Array
from autoquant.quantization.quantized_tensor import QuantizedTensor
from autoquant.quantization.table_grid import Tables
from autoquant.recipes import parse_recipe

KINDS = ["table", "pairs", "residual"]


def recipe(name: str, codebook: Codebook | None = None) -> WeightQuantization:
    how = parse_recipe(name, codebook=codebook)
    assert how is not None
    return how


def error(tensor: QuantizedTensor, target: Array, moments: Array) -> float:
    values = tensor.dequantize().double().numpy().reshape(target.shape)
    return float(loss(values, target, moments).sum())


def vectors(count: int, dim: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(count, dim))


def clustered(tables: list[Array], given_vectors: Array, weights: Array) -> float:
    """The error of the nearest sums of entries, stage after stage."""
    left = given_vectors
    for table in tables:
        distances = (weights[:, None] * (left[:, None] - table) ** 2).sum(2)
        left = left - table[distances.argmin(1)]
    return float((weights * left**2).sum())


def test_tables_find_clusters_again():
    centres = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 5.0], [-4.0, -4.0]])
    given_vectors = np.repeat(centres, 25, 0) + 0.01 * vectors(100, 2)
    (table,) = tables_for(given_vectors, np.ones((100, 2)), Codebook((4,), 2))
    distances = np.abs(table[:, None] - centres).max(2)
    assert (distances.min(0) < 0.02).all()


@settings(max_examples=20)
@given(st.integers(0, 999), st.sampled_from([(4,), (16,), (4, 4), (4, 2, 4)]), st.integers(1, 3))
def test_tables_are_the_same_each_time_and_better_than_random_ones(seed, sizes, dim):
    given_vectors = vectors(60, dim, seed)
    weights = np.random.default_rng(seed).random((60, dim))
    tables = tables_for(given_vectors, weights, Codebook(sizes, dim))
    again = tables_for(given_vectors.copy(), weights, Codebook(sizes, dim))
    assert all(np.array_equal(a, b) for a, b in zip(tables, again, strict=True))
    assert [table.shape for table in tables] == [(size, dim) for size in sizes]
    drawn = [vectors(size, dim, seed + 1) * 0.5**at for at, size in enumerate(sizes)]
    assert clustered(tables, given_vectors, weights) <= clustered(drawn, given_vectors, weights)


def test_components_without_weight_have_no_say_and_heavy_ones_have_more():
    given_vectors, weights = vectors(40, 2), np.ones((40, 2))
    weights[:, 1] = 0
    (table,) = tables_for(given_vectors, weights, Codebook((8,), 2))
    (alone,) = tables_for(given_vectors[:, :1], weights[:, :1], Codebook((8,), 1))
    plain = clustered([table[:, :1]], given_vectors[:, :1], weights[:, :1])
    assert plain == pytest.approx(clustered([alone], given_vectors[:, :1], weights[:, :1]), rel=0.2)
    values = np.array([[0.0], [1.0], [10.0]])
    (found,) = tables_for(values, np.array([[1.0], [3.0], [1.0]]), Codebook((2,)))
    assert sorted(found.ravel()) == [0.75, 10.0]


def test_fewer_vectors_than_entries_and_equal_ones_are_no_error():
    (table,) = tables_for(np.ones((3, 2)), np.ones((3, 2)), Codebook((8,), 2))
    np.testing.assert_allclose(table, 1)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("masked", [False, True])
def test_the_entry_that_is_chosen_is_the_best_of_all(name, masked):
    shape = (2, 3, 5)
    target, moments = problem(0, shape, 3.0)
    mask = np.random.default_rng(1).random(shape) < 0.6 if masked else None
    grid: Any = grids(shape, mask)[name]
    every = range(8 if name == "residual" else 4)
    for block in grid.blocks(5):
        metric = moments[:, block, block]
        chosen = grid.choose(target[:, :, block], block, metric)

        def cost(codes: Any, block: slice = block, metric: Array = metric) -> Array:
            away = grid.values(codes, block) - target[:, :, block]
            return np.asarray(((away @ metric) * away).sum(2))

        best = np.min([cost(np.full((2, 3), code)) for code in every], axis=0)
        np.testing.assert_allclose(cost(chosen), best, rtol=1e-9, atol=1e-12)


def test_too_many_sums_are_gone_through_table_by_table_and_never_get_worse():
    shape, sizes = (1, 4, 8), (64, 64, 4)
    target, moments = problem(1, shape, 2.0)
    tables = [vectors(size, 2, at) * 0.4**at for at, size in enumerate(sizes)]
    grid = Tables(None, tuple(tables), Codebook(sizes, 2), 8)
    start = np.random.default_rng(0).integers(0, 64 * 64 * 4, size=(1, 4, 4))
    for at, block in enumerate(grid.blocks(8)):
        metric = moments[:, block, block]
        errors = []
        for codes in (start[:, :, at], grid.choose(target[:, :, block], block, metric, start[:, :, at])):
            away = grid.values(codes, block) - target[:, :, block]
            errors.append(((away @ metric) * away).sum(2))
        assert (errors[1] <= errors[0] + 1e-12).all()
    exact = Tables(None, tuple(tables[:2]), Codebook(sizes[:2], 2), 8)
    fitted, codes = fit(target, moments, grid)
    assert total(codes, target, moments, fitted) < total(nearest(target, exact), target, moments, exact)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("masked", [False, True])
def test_refit_is_least_squares_over_all_tables(name, masked):
    shape = (2, 6, 7)
    target, moments = problem(2, shape, 2.0)
    mask = np.random.default_rng(1).random(shape) < 0.6 if masked else None
    grid: Any = grids(shape, mask)[name]
    codes = nearest(target, grid)
    fitted = grid.refit(codes, target, moments)
    columns = []
    for at, entry, place in ((t, e, p) for t in range(len(grid.tables)) for e, p in np.ndindex(grid.tables[t].shape)):
        unit = [np.zeros_like(table) for table in grid.tables]
        unit[at][entry, place] = 1
        columns.append(replace(grid, tables=tuple(unit)).decode(codes))
    roots = np.linalg.cholesky(moments)
    system = np.stack([(column @ roots).ravel() for column in columns], 1)
    best = np.linalg.lstsq(system, (target @ roots).ravel(), rcond=None)[0]
    least = float((((system @ best) - (target @ roots).ravel()) ** 2).sum())
    assert total(codes, target, moments, fitted) == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("name", ["lut4", "lut4/2", "lut2+2/2", "lut8/3"])
@pytest.mark.parametrize("entry_bits", [8, 16])
def test_a_fitted_weight_moves_outputs_less_than_the_nearest(name, entry_bits):
    target, moments = problem(3, (1, 8, 10), 3.0)
    weight = torch.from_numpy(target).float().reshape(8, 5, 2)
    how = recipe(name, Codebook((2,), entry_bits=entry_bits))
    plain, fitted = quantize_weight(weight, how), fit_codebook(target, moments, how, weight, None, None)
    assert error(fitted, target, moments) < 0.9 * error(plain, target, moments)
    for tensor in (plain, fitted):
        for table in tensor.tables:
            kind = torch.int8 if entry_bits == 8 else torch.float16
            assert torch.equal(table, table.to(kind).float())


def test_more_entries_and_more_tables_lose_less():
    target, moments = problem(4, (1, 16, 12), 2.0)
    weight = torch.from_numpy(target).float().reshape(16, 12)
    errors = [
        error(fit_codebook(target, moments, recipe(name), weight, None, None), target, moments)
        for name in ("lut2", "lut4", "lut4+4", "lut16+4")
    ]
    assert errors == sorted(errors, reverse=True)


def test_a_price_of_codes_shortens_them_and_unused_entries_are_never_coded():
    target, moments = problem(5, (1, 32, 16), 1.0)
    weight = torch.from_numpy(target).float().reshape(32, 16)
    lengths, errors = [], []
    for entropy in (0.0, 2.0, 30.0):
        how = recipe("lut16", Codebook((2,), entropy=entropy))
        tensor = fit_codebook(target, moments, how, weight, None, None)
        counts = np.bincount(tensor.codes.numpy().ravel(), minlength=16)
        share = counts[counts > 0] / counts.sum()
        lengths.append(float(-(share * np.log2(share)).sum()))
        errors.append(error(tensor, target, moments))
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[2] < lengths[0] - 1
    assert errors[2] > errors[0]
    grid = Tables(None, (np.array([[-1.0], [0.0], [0.1], [1.0]]),), Codebook((4,)), 2)
    priced = grid.priced(np.array([[[0, 0], [3, 1]]]), 0.01)
    assert priced.choose(np.full((1, 1, 1), 0.1), slice(0, 1), np.ones((1, 1, 1))).tolist() == [[1]]
    np.testing.assert_allclose(priced.prices[0], [0.01, 0.02, np.inf, 0.02])


def test_tables_that_layers_share_are_in_units_of_their_size():
    weights = [vectors(8, 6, 1), 100 * vectors(4, 6, 2), np.zeros((2, 6))]
    how = recipe("lut4/2", Codebook((2,), shared=True))
    assert how.codebook is not None
    tables = shared_tables(weights, how.codebook)
    assert 0.3 < float(np.abs(tables[0]).max()) < 3
    assert np.array_equal(tables[0], tables[0].astype(np.float16))
    scales = []
    for values in weights[:2]:
        moments = problem(0, (1, 1, 6))[1]
        tensor = fit_codebook(values[None], moments, how, torch.from_numpy(values).float(), None, tables)
        assert np.array_equal(tensor.tables[0].numpy(), tables[0].astype(np.float32))
        scales.append(float(tensor.scale))
    assert 50 < scales[1] / scales[0] < 200


class TwoLayers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 8, 3), nn.Linear(8, 5)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.relu(self.conv(inputs)).mean((2, 3)))


@pytest.mark.parametrize("rounding", ["nearest", "hessian"])
def test_layers_of_a_network_share_tables(rounding):
    torch.manual_seed(0)
    inputs = torch.randn(32, 3, 6, 6)
    network = QuantizedNetwork(TwoLayers(), as_inputs(inputs[:2]), rounding=rounding)
    network.calibrate(as_inputs(inputs))
    how = recipe("lut4", Codebook((2,), shared=True))
    network.apply([LayerPrecision(how, None)] * 2)
    first, second = (np.unique(part.weight.data.numpy()) for part in network.parts.values())
    assert (len(first), len(second)) == (4, 4)
    np.testing.assert_allclose(first / np.abs(first).max(), second / np.abs(second).max(), rtol=1e-5)


@pytest.mark.parametrize(("name", "shape"), [("lut16", (3, 5)), ("lut8/2", (3, 4)), ("lut4+4+4+4", (2, 5))])
def test_tables_that_are_too_large_are_refused(name, shape):
    with pytest.raises(UnsupportedError, match=r"tables, \d+ bytes, are too large for a weight of shape \(\d, \d\)"):
        quantize_weight(torch.randn(shape), recipe(name))


def test_every_weight_is_a_sum_of_entries():
    how = recipe("lut4+2/3")
    weight = torch.randn(5, 4, 2, generator=torch.Generator().manual_seed(0))
    tensor = quantize_weight(weight, how)
    sums = [a + b for a, b in itertools.product(*(table.numpy() for table in tensor.tables))]
    for row in tensor.dequantize().flatten(1).numpy():
        for start in (0, 3, 6):
            block = row[start : start + 3]
            assert min(np.abs(np.stack(sums)[:, : len(block)] - block).max(1)) < 1e-6
