"""A cheap model of what a metric will measure, with its uncertainty: a Gaussian process over candidates.

Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 5. Functions are sampled by
pathwise conditioning (Wilson et al., "Efficiently sampling functions from Gaussian process posteriors", 2020) of a
prior in Walsh functions (Deshwal et al., "Mercer features for efficient combinatorial Bayesian optimization", 2021).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize

from autoquant.interfaces import FloatArray

NOISE = 0.02
"""Expected share of noise in the variance of normal scores."""
DISTANCE = 3.0
"""Expected distance between candidates that differ in every code."""
DECIMALS = 3
"""Fitted logarithms are rounded to so many, so that the last digits of another processor change no proposal."""
WALSH = 128
"""Walsh functions in a draw of the prior."""


class GaussianProcess:
    """Zero mean and the kernel ``a exp(-d) + b (1 - d / D) + c f f'`` over points: codes of 0 and 1, then features.

    ``d`` is the sum of the weights of the codes in which two points differ, ``D`` of all weights, ``f f'`` the product
    of their features. The first term knows interactions between choices; the second is a Bayesian linear model, which
    carries far; the third says what changes along a feature whatever the choice. The weights of the codes, a, b, c and
    the noise are fitted by maximum a posteriori, with log-normal priors.

    Args:
        codes: number of codes; the columns after them are features of about unit size.
    """

    def __init__(self, codes: int) -> None:
        self._codes = codes
        self._prior = np.array([*np.full(codes, np.log(DISTANCE / codes)), 0.0, 0.0, 0.0, np.log(NOISE)])
        self._spread = np.array([1.0] * (codes + 3) + [1.5])
        self._bounds = [(-12.0, 4.0)] * codes + [(-6.0, 5.0)] * 3 + [(-9.0, 1.0)]
        self.logs: FloatArray = self._prior
        """Logarithms of what was fitted: weights of the codes, a, b, c and noise."""

    def fit(self, points: FloatArray, targets: FloatArray, steps: int, onward: bool = False) -> None:
        """So many steps of L-BFGS: points (n, codes + features), targets (n,) of unit variance.

        From the prior, or ``onward`` from what was fitted last.
        """
        fitted = minimize(
            self._loss,
            self.logs if onward else self._prior,
            (points, targets),
            "L-BFGS-B",
            jac=True,
            bounds=self._bounds,
            options={"maxiter": steps},
        )
        self.logs = np.round(fitted.x, DECIMALS)

    def condition(self, points: FloatArray, targets: FloatArray) -> None:
        """Take these as known."""
        self._points, self._targets = points, targets
        self._factor = np.linalg.cholesky(self._covariance(points) + np.exp(self.logs[-1]) * np.eye(len(points)))
        self._solved = cho_solve((self._factor, True), targets)

    def imagined(self, points: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
        """What measurements at these points may come to, drawn together so many times: (n, codes + features) -> (n,
        count). Equation 2.24, with noise."""
        near, linear, shared = self._terms(points, points, self.logs)[0]
        explained = solve_triangular(self._factor, self._covariance(points).T, lower=True)
        covariance = near + linear + shared + np.exp(self.logs[-1]) * np.eye(len(points)) - explained.T @ explained
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        drawn: FloatArray = self.mean(points)[:, None] + root @ rng.standard_normal((len(points), count))
        return drawn

    def extended(self, points: FloatArray, targets: FloatArray) -> GaussianProcess:
        """The same with more taken as known; ``targets`` (n, count) are so many alternatives, each with a `mean`."""
        other = GaussianProcess(self._codes)
        other.logs = self.logs
        known = np.repeat(self._targets[:, None], targets.shape[1], axis=1)
        other.condition(np.vstack([self._points, points]), np.vstack([known, targets]))
        return other

    def leave_one_out(self) -> FloatArray:
        """What is expected of each known target from all others (eq. 5.12): (known,)."""
        inverse = cho_solve((self._factor, True), np.eye(len(self._points)))
        expected: FloatArray = self._targets - self._solved / inverse.diagonal()
        return expected

    def mean(self, points: FloatArray) -> FloatArray:
        """(n, codes + features) -> (n,), or (n, alternatives)."""
        values: FloatArray = self._covariance(points) @ self._solved
        return values

    def deviation(self, points: FloatArray) -> FloatArray:
        """Standard deviation of what a measurement there would give, its noise included: (n, codes + features) -> (n,).

        Equation 2.26.
        """
        near, linear, shared, noise = np.exp(self.logs[-4:])
        before = near + linear + shared * (points[:, self._codes :] ** 2).sum(1) + noise
        explained = solve_triangular(self._factor, self._covariance(points).T, lower=True)
        return np.asarray(np.sqrt(np.maximum(before - (explained**2).sum(0), 1e-12)))

    def draw(self, rng: np.random.Generator, exploration: float) -> Callable[[FloatArray], FloatArray]:
        """A function sampled from the posterior: points -> values.

        Its distance from the mean is multiplied by the factor ``exploration``: 0 gives the mean.
        """
        prior = self._draw_of_prior(rng)
        noise = np.exp(self.logs[-1] / 2) * rng.standard_normal(len(self._points))
        surprise = cho_solve((self._factor, True), self._targets - prior(self._points) - noise)
        solved = self._solved + exploration * (surprise - self._solved)

        def function(points: FloatArray) -> FloatArray:
            values: FloatArray = exploration * prior(points) + self._covariance(points) @ solved
            return values

        return function

    def _covariance(self, points: FloatArray) -> FloatArray:
        """Of points with those known: (n, codes + features) -> (n, known)."""
        near, linear, shared = self._terms(points, self._points, self.logs)[0]
        total: FloatArray = near + linear + shared
        return total

    def _draw_of_prior(self, rng: np.random.Generator) -> Callable[[FloatArray], FloatArray]:
        """A function of zero mean with this kernel.

        exp(-d) is the mean product of Walsh functions over random sets of codes, so that a random sum of many is a
        draw; the other two terms are linear.
        """
        weights = np.exp(self.logs[: self._codes])
        near, linear, shared = np.exp(self.logs[-4:-1] / 2)
        members = (rng.random((self._codes, WALSH)) < (1 - np.exp(-weights))[:, None] / 2).astype(np.float64)
        of_walsh = near / np.sqrt(WALSH) * rng.standard_normal(WALSH)
        offset = linear / np.sqrt(2) * rng.standard_normal()
        slopes = linear * np.sqrt(weights / weights.sum() / 2) * rng.standard_normal(self._codes)
        of_features = shared * rng.standard_normal(self._points.shape[1] - self._codes)

        def function(points: FloatArray) -> FloatArray:
            codes, features = points[:, : self._codes], points[:, self._codes :]
            walsh = 1.0 - 2 * ((codes @ members).astype(np.int64) & 1)
            values: FloatArray = walsh @ of_walsh + (1 - 2 * codes) @ slopes + features @ of_features
            values += offset
            return values

        return function

    def _terms(
        self, x: FloatArray, y: FloatArray, logs: FloatArray
    ) -> tuple[tuple[FloatArray, FloatArray, FloatArray], FloatArray]:
        """The three terms of the kernel, and the distances: (n, m) each."""
        weights = np.exp(logs[: self._codes])
        left, right = x[:, : self._codes], y[:, : self._codes]
        weighted = left * weights
        distances = weighted.sum(1)[:, None] + right @ weights - 2 * weighted @ right.T
        near, linear = np.exp(logs[-4] - distances), np.exp(logs[-3]) * (1 - distances / weights.sum())
        return (near, linear, np.exp(logs[-2]) * x[:, self._codes :] @ y[:, self._codes :].T), distances

    def _loss(self, logs: FloatArray, points: FloatArray, targets: FloatArray) -> tuple[float, FloatArray]:
        """Negative log posterior of the parameters (eq. 2.30 and the prior), and its gradient (eq. 5.9)."""
        n, noise = len(points), np.exp(logs[-1])
        (near, linear, shared), distances = self._terms(points, points, logs)
        factor = np.linalg.cholesky(near + linear + shared + noise * np.eye(n))
        solved = cho_solve((factor, True), targets)
        off = (logs - self._prior) / self._spread
        loss = targets @ solved / 2 + np.log(factor.diagonal()).sum() + (off**2).sum() / 2
        outer = (cho_solve((factor, True), np.eye(n)) - np.outer(solved, solved)) / 2
        weights, of_linear = np.exp(logs[: self._codes]), np.exp(logs[-3])
        total = weights.sum()
        by_weight = of_linear * (outer * distances).sum() / total**2
        by_weight -= _differing(points[:, : self._codes], outer * (near + of_linear / total))
        terms = [(outer * near).sum(), (outer * linear).sum(), (outer * shared).sum(), outer.trace() * noise]
        return float(loss), np.concatenate([by_weight * weights, terms]) + off / self._spread


def _differing(codes: FloatArray, matrix: FloatArray) -> FloatArray:
    """For each code the sum of a symmetric matrix over the pairs of points that differ in it: (n, n) -> (codes,)."""
    sums: FloatArray = 2 * (codes.T @ matrix.sum(1) - (codes * (matrix @ codes)).sum(0))
    return sums
