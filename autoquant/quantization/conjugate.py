"""Least squares by conjugate gradients, for systems that are too large to be written down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ITERATIONS = 50
"""At most; the error falls with each."""
TOLERANCE = 1e-9
"""Of the norm of the residual, as a share of that of the right side."""


def solve(apply: Callable[[Array], Array], right: Array, start: Array, diagonal: Array, axes: tuple[int, ...]) -> Array:
    """``x`` with ``apply(x) = right``, linear, symmetric and positive semidefinite, preconditioned by its diagonal.

    Systems run along ``axes``; those along other axes are solved at the same time. Unknowns whose diagonal is 0 stay
    where they start.
    """
    inverse = np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0)
    x, residual = start.copy(), right - apply(start)
    direction = inverse * residual
    size = (residual * direction).sum(axes, keepdims=True)
    enough = TOLERANCE**2 * (right * inverse * right).sum(axes, keepdims=True)
    for _ in range(ITERATIONS):
        going = size > enough
        if not going.any():
            break
        moved = apply(direction)
        curvature = (direction * moved).sum(axes, keepdims=True)
        step = np.divide(size, curvature, out=np.zeros_like(size), where=going & (curvature > 0))
        x += step * direction
        residual -= step * moved
        scaled = inverse * residual
        before, size = size, (residual * scaled).sum(axes, keepdims=True)
        direction = scaled + np.divide(size, before, out=np.zeros_like(size), where=before > 0) * direction
    return x
