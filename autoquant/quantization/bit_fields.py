"""Small whole numbers as bytes, without gaps."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

TRITS = 3 ** np.arange(5)
"""What each of the five ternary codes of a byte counts."""


def packed(values: Integers, bits: int) -> Bytes:
    """Numbers from 0 on, of so many bits each, from the lowest bit of a byte on; 0 bits: ternary ones, five to a byte
    in base 3."""
    if bits:
        return np.packbits((values[:, None] >> np.arange(bits)) & 1, bitorder="little")
    filled = np.pad(values, (0, -len(values) % len(TRITS)))
    return cast(Bytes, (filled.reshape(-1, len(TRITS)) * TRITS).sum(1).astype(np.uint8))


def integers(data: Bytes, bits: int, count: int) -> Integers:
    """The reverse of `packed`, of so many numbers."""
    if not bits:
        return (data.astype(np.int64)[:, None] // TRITS % 3).reshape(-1)[:count]
    single = np.unpackbits(data, count=count * bits, bitorder="little").astype(np.int64)
    return cast(Integers, single.reshape(count, bits) @ (1 << np.arange(bits)))
