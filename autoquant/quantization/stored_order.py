"""Which codes of a weight are stored, and in which order: by its pattern of zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.network import NOfM, Pruned, WeightQuantization
from autoquant.quantization.bit_fields import Bytes, Integers, integers
from autoquant.quantization.grids import Mask


class Order:
    """Which codes of a weight are stored, and in which order.

    Args:
        shape: of the weight, output channels first.
        mask: of it, (output channels, weights of one), True is kept; None where there is no pattern of zeros.
    """

    def __init__(self, how: WeightQuantization, shape: tuple[int, ...], mask: Mask | None) -> None:
        self.dim = how.codebook.dim if how.codebook else 1
        self.columns = int(np.prod(shape[1:]))
        self.shape = shape[0], -(-self.columns // self.dim)
        """(output channels, codes of one)."""
        self._padded = self.shape
        self.pattern: tuple[Integers, int] | None = None
        """What says which weights are kept: numbers, and their bits."""
        self.saves = False
        """The codes of weights that are zero are not stored."""
        self._stored = np.arange(self.shape[0] * self.shape[1])
        if mask is None:
            return
        sparsity = how.sparsity
        assert sparsity is not None
        if isinstance(sparsity, NOfM):
            parts = np.arange(mask.size).reshape(shape[0], -1, sparsity.of, int(np.prod(shape[2:]))).swapaxes(2, 3)
            kept = mask.reshape(-1)[parts]
            self.pattern = np.nonzero(kept)[3], (sparsity.of - 1).bit_length()
            if self.dim == 1:
                self.saves, self._stored = True, parts[kept]
        else:
            high, wide = sparsity.block or (1, 1)
            blocks = _blocks(mask, high, wide).any((2, 3))
            self.pattern = blocks.reshape(-1).astype(np.int64), 1
            if wide % self.dim == 0:
                self.saves, wide = True, wide // self.dim
                self._padded = blocks.shape[0] * high, blocks.shape[1] * wide
                numbers = np.arange(self._padded[0] * self._padded[1]).reshape(self._padded)
                self._stored = _blocks(numbers, high, wide)[blocks].reshape(-1)

    @property
    def count(self) -> int:
        """Codes that are stored."""
        return len(self._stored)

    def stored(self, codes: Integers) -> Integers:
        """The codes that are stored of all, (output channels, weights)."""
        every = codes[:, :: self.dim]
        more = [(0, wanted - size) for wanted, size in zip(self._padded, every.shape, strict=True)]
        return np.pad(every, more).reshape(-1)[self._stored]

    def restored(self, codes: Integers, empty: npt.NDArray[np.generic]) -> Integers:
        """All codes, (output channels, weights), of those that are stored; ``empty`` (`shape`) are the others."""
        more = [(0, wanted - size) for wanted, size in zip(self._padded, empty.shape, strict=True)]
        every = np.pad(empty.astype(np.int64), more).flatten()
        every[self._stored] = codes
        return every.reshape(self._padded)[: self.shape[0], : self.shape[1]].repeat(self.dim, 1)[:, : self.columns]


def _blocks(values: npt.NDArray[Any], high: int, wide: int) -> npt.NDArray[Any]:
    """(rows, columns) as blocks: (rows of blocks, blocks of a row, high, wide), filled up with zeros."""
    rows, columns = values.shape
    padded = np.pad(values, ((0, -rows % high), (0, -columns % wide)))
    return padded.reshape(-1, high, padded.shape[1] // wide, wide).swapaxes(1, 2)


def mask_of(pattern: Bytes, how: WeightQuantization, shape: tuple[int, ...]) -> Mask:
    """The mask, (output channels, weights of one), that a pattern says."""
    sparsity, columns = how.sparsity, int(np.prod(shape[1:]))
    if isinstance(sparsity, NOfM):
        positions = int(np.prod(shape[2:]))
        count = shape[0] * shape[1] * positions // sparsity.of
        places = integers(pattern, (sparsity.of - 1).bit_length(), count * sparsity.kept).reshape(count, -1)
        kept = np.zeros((count, sparsity.of), dtype=bool)
        np.put_along_axis(kept, places, True, 1)
        parts = kept.reshape(shape[0], -1, positions, sparsity.of).swapaxes(2, 3)
        return parts.reshape(shape[0], columns)
    assert isinstance(sparsity, Pruned)
    high, wide = sparsity.block or (1, 1)
    blocks = -(-shape[0] // high), -(-columns // wide)
    kept = integers(pattern, 1, blocks[0] * blocks[1]).astype(bool).reshape(blocks)
    return kept.repeat(high, 0).repeat(wide, 1)[: shape[0], :columns]
