"""Products outside of the layers, such as those of two activations: how many multiply-accumulates they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from autoquant.errors import UnsupportedError
from autoquant.quantization.execution import tensors

ATTENTION = "scaled_dot_product_attention"
CONVOLUTIONS = tuple(f"conv{transposed}{d}d" for transposed in ("", "_transpose") for d in (1, 2, 3))
PRODUCTS = (
    "matmul", "rmatmul", "bmm", "mm", "mv", "dot", "baddbmm", "addmm", "addbmm", "einsum", "linear", *CONVOLUTIONS,
)  # fmt: skip
"""Functions that multiply matrices, by the names of `recording.kind_of_call`."""


def multiply_accumulates(kind: str, args: tuple[Any, ...], output: Tensor) -> int:
    """Multiply-accumulates of one of `PRODUCTS`."""
    operands = list(tensors(args))
    if kind == "einsum":
        return output.numel() * _summed(args[0], operands)
    if kind in CONVOLUTIONS:
        values = operands[0] if "transpose" in kind else output
        return values.numel() * math.prod(operands[1].shape[1:])
    if kind in ("baddbmm", "addmm", "addbmm"):
        operands = operands[1:]
    left = operands[1] if kind == "rmatmul" else operands[0]
    inner = left.shape[-1]
    return output.numel() * inner * (len(left) if kind == "addbmm" else 1)


def _summed(equation: Any, operands: list[Tensor]) -> int:
    """Product of the sizes that an einsum sums over."""
    if not isinstance(equation, str):
        raise UnsupportedError("network: torch.einsum with lists of axes is not supported; write 'ij,jk->ik'")
    inputs, _, output = equation.replace(" ", "").partition("->")
    sizes: dict[str, int] = {}
    for labels, operand in zip(inputs.split(","), operands, strict=True):
        front, dots, back = labels.partition("...")
        sizes |= dict(zip(front, operand.shape, strict=False))
        if dots and back:
            sizes |= dict(zip(back, operand.shape[-len(back) :], strict=True))
    if "->" not in equation:
        output = "".join(label for label in sizes if inputs.count(label) == 1)
    return math.prod(size for label, size in sizes.items() if label not in output)


def attention_operands(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value of a call of `scaled_dot_product_attention`."""
    query, key, value = [*args, *(kwargs[name] for name in ("query", "key", "value")[len(args) :])][:3]
    return query, key, value
