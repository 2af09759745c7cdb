"""The Gaussian process against its definitions: gradient, what it learns, and how its draws are distributed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from autoquant.interfaces import FloatArray
from autoquant.searchers.gaussian_process import GaussianProcess

CODES, FEATURES = 7, 2


def some_points(n: int, seed: int = 0) -> FloatArray:
    random = np.random.default_rng(seed)
    return np.column_stack([random.integers(0, 2, (n, CODES)), random.standard_normal((n, FEATURES))]).astype(float)


def bent(points: FloatArray) -> FloatArray:
    """Linear, with an interaction."""
    values: FloatArray = points @ np.arange(1, CODES + FEATURES + 1) + 6 * points[:, 0] * points[:, 3]
    return (values - values.mean()) / values.std()


def test_the_gradient_is_that_of_the_loss() -> None:
    model, points = GaussianProcess(CODES), some_points(30)
    targets = bent(points)
    for seed in range(3):
        logs = np.random.default_rng(seed).normal(-1, 0.7, CODES + 4)
        error = check_grad(
            lambda x: model._loss(x, points, targets)[0], lambda x: model._loss(x, points, targets)[1], logs
        )
        assert error < 1e-3 * np.linalg.norm(model._loss(logs, points, targets)[1])


def test_it_learns_a_function_with_an_interaction() -> None:
    model, points = GaussianProcess(CODES), some_points(200)
    targets = bent(points)
    model.fit(points[:120], targets[:120], 30)
    model.condition(points[:120], targets[:120])
    assert np.std(model.mean(points[120:]) - targets[120:]) < 0.15


def test_fits_are_rounded_so_that_last_digits_make_no_difference() -> None:
    found = []
    for tiny in (0.0, 1e-12):
        model, points = GaussianProcess(CODES), some_points(60)
        model.fit(points, bent(points) + tiny * points[:, 0], 10)
        found.append(model.logs)
    assert np.array_equal(*found)


def test_draws_have_the_mean_and_covariance_of_the_posterior() -> None:
    model, points = GaussianProcess(CODES), some_points(24)
    known, free = points[:12], points[12:]
    targets = bent(points)[:12]
    model.condition(known, targets)
    random = np.random.default_rng(1)
    draws = np.array([model.draw(random, 1.0)(free) for _ in range(4000)])
    kernel = sum(model._terms(free, free, model.logs)[0])
    cross = sum(model._terms(free, known, model.logs)[0])
    inner = sum(model._terms(known, known, model.logs)[0]) + np.exp(model.logs[-1]) * np.eye(12)
    expected = kernel - cross @ np.linalg.solve(inner, cross.T)
    deviation = np.sqrt(expected.diagonal())
    assert np.abs(draws.mean(0) - model.mean(free)).max() < 5 * deviation.max() / np.sqrt(4000)
    assert np.abs(np.cov(draws.T) - expected).max() < 0.12 * deviation.max() ** 2


def test_exploration_is_the_share_of_the_way_from_the_mean_to_a_draw() -> None:
    model, points = GaussianProcess(CODES), some_points(40)
    model.condition(points[:20], bent(points)[:20])
    whole, half, none = (model.draw(np.random.default_rng(3), b)(points) for b in (1.0, 0.5, 0.0))
    mean = model.mean(points)
    assert none == pytest.approx(mean)
    assert half - mean == pytest.approx((whole - mean) / 2)


def test_leave_one_out_is_what_the_others_predict() -> None:
    model, points = GaussianProcess(CODES), some_points(15)
    targets = bent(points)
    model.condition(points, targets)
    found = model.leave_one_out()
    for i in range(15):
        others = np.arange(15) != i
        model.condition(points[others], targets[others])
        assert model.mean(points[i : i + 1])[0] == pytest.approx(found[i])


def test_a_fit_goes_on_where_the_last_one_ended() -> None:
    model, points = GaussianProcess(CODES), some_points(60)
    targets = bent(points)
    losses = []
    for onward in (False, True, True):
        model.fit(points, targets, 3, onward=onward)
        losses.append(model._loss(model.logs, points, targets)[0])
    assert losses[0] > losses[1] > losses[2]
    model.fit(points, targets, 3)
    assert model._loss(model.logs, points, targets)[0] == losses[0]
