"""Weights fitted to the outputs of a layer: against all combinations of codes, and the laws that every grid keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fits import brute_force, grids, problem, total
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.quantization import fitting
from autoquant.quantization.fitting import descend, fit, gptq, nearest

NAMES = list(grids((1, 1, 2)))
CODES = {"uniform": [-2, -1, 0, 1], "fixed": [-2, -1, 0, 1], "ternary": [-1, 0, 1], "binary": [-1, 1]}
SHAPES = [(1, 2, 3), (2, 1, 5), (3, 2, 4), (1, 4, 7)]
quick = settings(max_examples=40)


@pytest.mark.parametrize("name", ["uniform", "ternary", "binary"])
def test_tiny_layers_come_near_the_best_of_all_codes_and_mostly_reach_it(name):
    found = []
    for seed in range(40):
        target, moments = problem(seed, (1, 2, 3))
        grid = replace(grids((1, 2, 3))[name], fixed=True)
        best = brute_force(target, moments, grid, CODES[name])
        reached = total(fit(target, moments, grid)[1], target, moments, grid)
        assert reached >= best - 1e-9
        found.append(reached / best)
    assert np.mean(np.array(found) < 1 + 1e-9) >= 0.7
    assert np.mean(found) < 1.1


@pytest.mark.parametrize("name", ["pairs", "residual"])
def test_a_block_that_holds_all_columns_gets_the_best_code_of_all(name):
    """The entries of a block are chosen with its whole metric."""
    for seed in range(20):
        target, moments = problem(seed, (1, 2, 2), 3.0)
        grid = grids((1, 2, 2), seed=seed)[name]
        best = brute_force(target, moments, grid, list(range(4 if name == "pairs" else 8)))
        for codes in (gptq(target, moments, grid), descend(nearest(target, grid), target, moments, grid)):
            assert total(codes, target, moments, grid) == pytest.approx(best)


@pytest.mark.parametrize("name", NAMES)
def test_without_correlation_gptq_takes_the_nearest_values(name):
    target, _ = problem(0, (2, 3, 6))
    grid = grids((2, 3, 6))[name]
    identity = np.broadcast_to(np.eye(6), (2, 6, 6))
    assert np.array_equal(gptq(target, identity, grid), nearest(target, grid))
    assert np.array_equal(descend(nearest(target, grid), target, identity, grid), nearest(target, grid))


@pytest.mark.parametrize("name", NAMES)
@quick
@given(st.integers(0, 10**6), st.sampled_from(SHAPES), st.floats(0, 5), st.booleans())
def test_a_fit_is_never_worse_than_nearest(name, seed, shape, correlated, masked):
    target, moments = problem(seed, shape, correlated)
    mask = np.random.default_rng(seed).random(shape) < 0.6 if masked and name != "binary" else None
    grid = grids(shape, mask, seed)[name]
    before = total(nearest(target, grid), target, moments, grid)
    fitted, codes = fit(target, moments, grid)
    assert total(codes, target, moments, fitted) <= before * (1 + 1e-3) + 1e-9  # float16 scales and entries


@pytest.mark.parametrize("name", NAMES)
@quick
@given(st.integers(0, 10**6), st.sampled_from(SHAPES))
def test_descent_never_rises_and_ends_where_no_single_code_helps(name, seed, shape):
    target, moments = problem(seed, shape, 2.0)
    grid = grids(shape, None, seed)[name]
    start = np.random.default_rng(seed).permuted(nearest(target, grid), axis=1)
    codes = descend(start, target, moments, grid)
    assert total(codes, target, moments, grid) <= total(start, target, moments, grid) + 1e-9
    while not np.array_equal(further := descend(codes, target, moments, grid), codes):
        codes = further
    least = total(codes, target, moments, grid)
    for place in np.ndindex(codes.shape):
        for other in np.unique(start):
            changed = codes.copy()
            changed[place] = other
            assert total(changed, target, moments, grid) >= least - 1e-9


def test_gptq_by_hand():
    """The first column has the larger moment and is rounded from .6 to 1; the second moves down by .4 * .8 to make up
    for it: from .82 to .5, from .85 to .53."""
    moments = np.array([[[2.0, 0.8], [0.8, 1.0]]])
    target = np.array([[[0.6, 0.4]]])
    grid = replace(grids((1, 1, 2))["fixed"], scale=np.ones((1, 1, 1)))
    assert gptq(target, moments, grid).tolist() == [[[1, 0]]]
    for value, code in ((0.85, 1), (0.82, 0)):
        target[0, 0, 1] = value
        assert gptq(target, moments, grid).tolist() == [[[1, code]]]


@pytest.mark.parametrize("name", ["uniform", "pairs"])
def test_blocks_of_columns_change_nothing_but_speed(monkeypatch, name):
    target, moments = problem(1, (1, 3, 12), 2.0)
    grid = grids((1, 3, 12))[name]
    whole = gptq(target, moments, grid)
    monkeypatch.setattr(fitting, "BLOCK", 4)
    assert np.array_equal(gptq(target, moments, grid), whole)


def test_zero_weights_stay_zero_and_the_others_make_up_for_them():
    target, moments = problem(2, (1, 4, 8), 3.0)
    mask = np.random.default_rng(0).random((1, 4, 8)) < 0.5
    grid = grids((1, 4, 8), mask)["uniform"]
    fitted, codes = fit(target, moments, grid)
    assert not fitted.decode(codes)[~mask].any()
    assert total(codes, target, moments, fitted) < 0.9 * total(nearest(target, grid), target, moments, grid)
