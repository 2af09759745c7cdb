"""Bytes of a quantized weight whose codes are entropy-coded (Huffman 1952)."""

from __future__ import annotations

import heapq

import numpy as np

from autoquant.network import WeightQuantization
from autoquant.quantization.bit_fields import Integers
from autoquant.quantization.grids import Mask
from autoquant.quantization.packing import mask_rows, pack, streams
from autoquant.quantization.quantized_tensor import QuantizedTensor
from autoquant.quantization.stored_order import Order


def coded_bytes(tensor: QuantizedTensor, how: WeightQuantization) -> int:
    """Bytes of the weight that was quantized so, with its codes in the smallest of three forms, and a byte that says
    which:

    - packed, as in `pack`;
    - in a Huffman code for the layer, or of a codebook one for each table: its bits, rounded up to a byte, and a byte
      with the length of its code word for every code that the quantizer has (3 ternary ones, 2^bits, or the entries of
      the table), used or not. The pattern of zeros is packed;
    - so, without a pattern, where zeros that it takes out whole are among the codes: as the code of 0, or as a code
      more where none stands for 0 (codebooks, ``statistical``), which in a codebook stands in for all tables.

    Scales, zero points and tables are as in `pack`.
    """
    parts = pack(tensor, how)
    other = sum(len(part) for name, part in parts.items() if not name.startswith(("codes", "pattern")))
    pattern = len(parts.get("pattern", ()))
    packed = sum(len(part) for name, part in parts.items() if name.startswith("codes")) + pattern
    mask = mask_rows(tensor)
    order = Order(how, tuple(tensor.codes.shape), mask)
    every = _symbols(streams(tensor, how, order))
    forms = [packed, sum(_huffman_bytes(*stream) for stream in every) + pattern]
    if mask is not None and order.saves:
        forms.append(_with_zeros(tensor, how, mask))
    return 1 + min(forms) + other


def _with_zeros(tensor: QuantizedTensor, how: WeightQuantization, mask: Mask) -> int:
    """Bytes of the codes where zeros are among them."""
    every = _symbols(streams(tensor, how, Order(how, tuple(tensor.codes.shape), None)))
    if how.codebook is None and how.quantizer != "statistical":
        return sum(_huffman_bytes(*stream) for stream in every)
    kept = mask[:, :: how.codebook.dim if how.codebook else 1].reshape(-1)
    first, symbols = every[0]
    total = _huffman_bytes(np.where(kept, first, symbols), symbols + 1)
    return total + sum(_huffman_bytes(numbers[kept], symbols) for numbers, symbols in every[1:])


def _symbols(found: list[tuple[str, Integers, int]]) -> list[tuple[Integers, int]]:
    """Numbers, and how many different ones there may be."""
    return [(numbers, 2**bits if bits else 3) for _, numbers, bits in found]


def _huffman_bytes(numbers: Integers, symbols: int) -> int:
    """Bytes of numbers below ``symbols``, and of the lengths of all code words."""
    return -(-huffman_bits(np.bincount(numbers, minlength=symbols)) // 8) + symbols


def huffman_bits(counts: Integers) -> int:
    """Bits of as many of each symbol in their Huffman code; a symbol that is alone takes one each."""
    heap = [int(count) for count in counts if count]
    if len(heap) == 1:
        return heap[0]
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        total += both
        heapq.heappush(heap, both)
    return total
