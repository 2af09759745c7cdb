"""Tables of a codebook from vectors of weights alone: weighted k-means, each stage of what the ones before leave.

Every component of a vector has a weight of its own, which says what its error counts: the diagonal of the second
moments of what it is multiplied with (its Fisher information where the loss is the error of the layer's output), and 0
for a component that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from autoquant.network import Codebook

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

SAMPLE = 2**15
"""Vectors that tables are made from; of more, so many are drawn."""
ROUNDS = 30
"""Rounds of k-means at most."""
CHUNK = 2**22
"""Distances that are in memory at a time."""


def tables_for(vectors: Array, weights: Array, codebook: Codebook) -> list[Array]:
    """A table (size, dim) for each stage of a codebook; vectors and weights are (vectors, dim).

    A stage starts from k-means++ (Arthur and Vassilvitskii 2007), from slices along the first principal component, and
    from the first table made smaller by a factor of 2 for each stage where the sizes are the same; the best result of
    these is taken. The same vectors always give the same tables.
    """
    random = np.random.default_rng(0)
    if len(vectors) > SAMPLE:
        drawn = np.sort(random.choice(len(vectors), SAMPLE, replace=False))
        vectors, weights = vectors[drawn], weights[drawn]
    left, tables = vectors.copy(), list[Array]()
    for stage, size in enumerate(codebook.sizes):
        starts = [_plus_plus(left, weights, size, random), _slices(left, weights, size)]
        if stage and size == codebook.sizes[0]:
            starts.append(tables[0] * 0.5**stage)
        tables.append(min((_lloyd(left, weights, start) for start in starts), key=lambda table: table[1])[0])
        left = left - tables[-1][_assigned(left, weights, tables[-1])[0]]
    return tables


def _assigned(vectors: Array, weights: Array, table: Array) -> tuple[Indices, Array]:
    """The entry that each vector is nearest to, and the distance."""
    indices, distances = np.empty(len(vectors), dtype=np.int64), np.empty(len(vectors))
    for part in _chunks(len(vectors), len(table)):
        scaled = weights[part] * vectors[part]
        every = weights[part] @ (table * table).T - 2 * scaled @ table.T
        indices[part] = every.argmin(1)
        distances[part] = every.min(1) + (scaled * vectors[part]).sum(1)
    return indices, np.maximum(distances, 0)


def _chunks(vectors: int, entries: int) -> Iterator[slice]:
    size = max(1, CHUNK // entries)
    return (slice(first, first + size) for first in range(0, vectors, size))


def _lloyd(vectors: Array, weights: Array, table: Array) -> tuple[Array, float]:
    """The table after k-means, and its error. An entry without vectors moves to where the error is largest."""
    before = None
    for _ in range(ROUNDS):
        indices, distances = _assigned(vectors, weights, table)
        empty = np.flatnonzero(np.bincount(indices, minlength=len(table)) == 0)
        worst = np.argsort(-distances, kind="stable")[: len(empty)]
        worst = worst[distances[worst] > 0]
        indices[worst] = empty[: len(worst)]
        if before is not None and np.array_equal(indices, before):
            break
        before, table = indices, centroids(vectors, weights, indices, table)
    return table, float(_assigned(vectors, weights, table)[1].sum())


def centroids(vectors: Array, weights: Array, indices: Indices, table: Array) -> Array:
    """The weighted mean of the vectors of each entry; entries, or components, of no weight stay as they are."""
    total, moment = np.zeros_like(table), np.zeros_like(table)
    for at in range(table.shape[1]):
        total[:, at] = np.bincount(indices, weights[:, at], len(table))
        moment[:, at] = np.bincount(indices, weights[:, at] * vectors[:, at], len(table))
    return np.divide(moment, total, out=table.copy(), where=total > 0)


def _plus_plus(vectors: Array, weights: Array, size: int, random: np.random.Generator) -> Array:
    """Entries that are vectors, each drawn by its distance to those before."""
    distances = (weights * vectors * vectors).sum(1)
    chosen: list[int] = []
    for _ in range(size):
        total = np.cumsum(distances)
        at = int(np.searchsorted(total, random.random() * total[-1], side="right")) if total[-1] > 0 else 0
        chosen.append(min(at, len(vectors) - 1))
        distances = np.minimum(distances, _assigned(vectors, weights, vectors[chosen[-1:]])[1])
    return vectors[chosen]


def _slices(vectors: Array, weights: Array, size: int) -> Array:
    """Means of slices of equal weight along the first principal component."""
    mean = (weights * vectors).sum(0) / np.maximum(weights.sum(0), np.finfo(float).tiny)
    centred = np.sqrt(weights) * (vectors - mean)
    along = (vectors - mean) @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    order = np.argsort(along, kind="stable")
    total = np.cumsum(weights.sum(1)[order])
    slices = np.empty(len(vectors), dtype=np.int64)
    slices[order] = np.minimum(total / max(float(total[-1]), np.finfo(float).tiny) * size, size - 1).astype(np.int64)
    return centroids(vectors, weights, slices, np.broadcast_to(mean, (size, vectors.shape[1])))
