"""The values of a codebook, for `fitting`: sums of one entry from each of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, cast

import numpy as np
import torch

from autoquant.network import Codebook
from autoquant.quantization.conjugate import solve
from autoquant.quantization.grids import Array, Codes, Grid, Mask
from autoquant.quantization.quantized_tensor import QuantizedTensor, stored_scale

JOINT = 4096
"""Sums of entries up to which all of them are tried; of more, a table is gone through after the other."""


@dataclass(frozen=True)
class Tables(Grid):
    """Sums of one entry of each table. A code is the numbers of the entries, the first table's in the lowest bits."""

    tables: tuple[Array, ...]
    """(size, dim) each."""
    codebook: Codebook
    columns: int
    scale: float = 1.0
    """What entries are multiplied with; only of a codebook that layers share."""
    scale_bytes: int = 4
    prices: tuple[Array, ...] = ()
    """What a code adds to the error, for each entry of each table; none: nothing."""

    @property
    def dim(self) -> int:
        return self.codebook.dim

    @cached_property
    def _stages(self) -> list[tuple[Array, Array, int, int]]:
        """Entries that are tried together, (entries, dim), their prices, and the bits of the code that they are: the
        first, and how many."""
        prices = self.prices or tuple(np.zeros(len(table)) for table in self.tables)
        found, first = [], 0
        for table, price in zip(self.tables, prices, strict=True):
            bits = len(table).bit_length() - 1
            found.append((table * self.scale, price, first, bits))
            first += bits
        if 2**first > JOINT:
            return found
        every, total = np.zeros((1, self.dim)), np.zeros(1)
        for table, price, _, _ in found:
            every = (table[:, None] + every[None]).reshape(-1, self.dim)
            total = (price[:, None] + total[None]).reshape(-1)
        return [(every, total, 0, first)]

    def choose(self, wanted: Array, block: slice, moments: Array | None = None, present: Codes | None = None) -> Codes:
        width = wanted.shape[2]
        metric = np.eye(width)[None] if moments is None else moments
        kept = None if self.mask is None or self.mask[:, :, block].all() else self.mask[:, :, block]
        if len(self._stages) == 1:
            every, prices, _, _ = self._stages[0]
            return _pick(wanted, every[:, :width], metric, kept, prices)
        codes = np.zeros(wanted.shape[:2], dtype=np.int64) if present is None else present
        known = np.zeros_like(wanted) if present is None else self.values(present, block)
        for after in (False, True) if present is None else (True,):
            for table, prices, first, bits in self._stages:
                entries, mine = table[:, :width], (codes >> first) & (2**bits - 1)
                if after:
                    known = known - _kept(entries[mine], kept)
                chosen = _pick(wanted - known, entries, metric, kept, prices)
                known = known + _kept(entries[chosen], kept)
                codes = codes + ((chosen - mine) << first)
        return codes

    def unmasked(self, codes: Codes, block: slice) -> Array:
        width = block.stop - block.start
        parts = (table[(codes >> first) & (2**bits - 1), :width] for table, _, first, bits in self._stages)
        return cast(Array, sum(parts))

    def decode(self, codes: Codes) -> Array:
        return self._spread(codes, [table * self.scale for table in self.tables])

    def _indices(self, codes: Codes) -> list[Codes]:
        """The number of the entry of each table."""
        found, first = [], 0
        for table in self.tables:
            found.append((codes >> first) & (len(table) - 1))
            first += len(table).bit_length() - 1
        return found

    def _spread(self, codes: Codes, tables: Sequence[Array]) -> Array:
        """Weights by their codes."""
        entries = sum(table[part] for table, part in zip(tables, self._indices(codes), strict=True))
        values = cast(Array, entries).reshape(*codes.shape[:2], -1)[:, :, : self.columns]
        return values if self.mask is None else values * self.mask

    def _gathered(self, codes: Codes, values: Array) -> list[Array]:
        """The transpose of `_spread`."""
        if self.mask is not None:
            values = values * self.mask
        vectors = as_vectors(values, self.dim)
        return [
            np.stack([np.bincount(part.ravel(), column, len(table)) for column in vectors.T], 1)
            for table, part in zip(self.tables, self._indices(codes), strict=True)
        ]

    def refit(self, codes: Codes, target: Array, moments: Array) -> Self:
        """Least squares for all tables together, or for the scale where they are shared."""
        if self.codebook.shared:
            unit = self._spread(codes, self.tables)
            moved = unit @ moments
            curvature, slope = float((moved * unit).sum()), float((moved * target).sum())
            return replace(self, scale=slope / curvature) if slope > 0 and curvature > 0 else self
        ends = np.cumsum([len(table) for table in self.tables])[:-1]

        def apply(joined: Array) -> Array:
            return np.concatenate(self._gathered(codes, self._spread(codes, np.split(joined, ends)) @ moments))

        size = np.broadcast_to(np.einsum("gnn->gn", moments)[:, None], target.shape)
        joined = solve(
            apply,
            np.concatenate(self._gathered(codes, target @ moments)),
            np.concatenate(self.tables),
            np.concatenate(self._gathered(codes, size)),
            (0, 1),
        )
        return replace(self, tables=tuple(np.split(joined, ends)))

    def stored(self) -> Self:
        if self.codebook.shared:
            return replace(self, scale=float(stored_scale(torch.tensor(self.scale), self.scale_bytes)))
        return replace(self, tables=tuple(a * b for a, b in (stored_table(t, self.codebook) for t in self.tables)))

    def priced(self, codes: Codes, bit: float) -> Self:
        """The grid where a bit of a code costs so much, and the code of an entry ``-log2`` of its share among these
        codes. An entry that none of them has is never chosen."""
        prices = []
        for table, part in zip(self.tables, self._indices(codes), strict=True):
            counts = np.bincount(part.ravel(), minlength=len(table))
            lengths = -np.log2(np.maximum(counts, 1) / codes.size)
            prices.append(np.where(counts > 0, bit * lengths, np.inf))
        return replace(self, prices=tuple(prices))

    def coded(self, codes: Codes, like: QuantizedTensor) -> QuantizedTensor:
        if self.mask is not None:
            starts = range(0, self.columns, self.dim)
            codes = np.where(
                np.logical_or.reduceat(self.mask, starts, axis=2), codes, 0
            )  # a code of zeros is not stored
        stored = [stored_table(table, self.codebook) for table in self.tables]
        tensor = replace(
            like,
            scale=torch.full((1, 1), self.scale),
            tables=tuple(torch.from_numpy(entries).float() for entries, _ in stored),
            table_scales=torch.tensor([[float(scale)] for _, scale in stored], dtype=torch.float32),
        )
        every = np.repeat(codes, self.dim, axis=2)[:, :, : self.columns]
        return self.masked(tensor, every, every)


def _kept(values: Array, kept: Mask | None) -> Array:
    return values if kept is None else values * kept


def _pick(wanted: Array, table: Array, metric: Array, kept: Mask | None, prices: Array) -> Codes:
    """The entry with the least ``(v - wanted) M (v - wanted)^T`` and price, for each of (groups, rows, width)."""
    if kept is None or table.shape[1] == 1:
        moved = table @ metric
        scores = (moved * table).sum(2)[:, None] - 2 * wanted @ moved.transpose(0, 2, 1)
    else:
        entries = table * kept[:, :, None]
        moved = entries @ metric[:, None]
        scores = (moved * entries).sum(3) - 2 * (moved @ wanted[..., None])[..., 0]
    return cast(Codes, (scores + prices).argmin(2))


def as_vectors(values: Array, dim: int) -> Array:
    """Weights (groups, rows, columns) as blocks, (blocks, dim), filled up with zeros."""
    missing = -values.shape[2] % dim
    return np.pad(values, ((0, 0), (0, 0), (0, missing))).reshape(-1, dim)


def stored_table(table: Array, codebook: Codebook) -> tuple[Array, np.float32]:
    """Entries as they are stored and what they are multiplied with: float16 and 1, or int8 and the table's scale."""
    if codebook.entry_bits == 16:
        most = float(np.finfo(np.float16).max)
        return np.clip(table, -most, most).astype(np.float16).astype(np.float64), np.float32(1)
    scale = np.float32(max(float(np.abs(table).max()) / 127, float(np.finfo(np.float32).tiny)))
    return np.rint(table / float(scale)).clip(-127, 127), scale
