"""Whether the graph of a network depends on its input: what torch.fx and torch.export can say of that."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO

import torch
from torch import nn

from autoquant.network import Method
from autoquant.quantization.execution import Inputs, each


def trace_method(module: nn.Module, inputs: Inputs) -> tuple[Method, tuple[str, ...]]:
    """How far the operations that ``module`` runs on these inputs hold, and why not further, in a sentence."""
    reason = _fails_fx(module, len(each(inputs)))
    if reason is None:
        return "fx", ()
    worse = _fails_export(module, inputs)
    if worse is None:
        return "export", (
            f"the graph is that of inputs of this shape, seen by torch.export; torch.fx cannot trace it ({reason})",
        )
    return "hooks", (
        "the graph is what ran on the example, and other inputs may run other operations; torch.fx cannot trace it "
        f"({reason}), nor can torch.export ({worse})",
    )


def _fails_fx(module: nn.Module, given: int) -> str | None:
    """Why symbolic tracing, which gives no values to look at, fails; None where it does not."""
    parameters = list(inspect.signature(module.forward).parameters.values())
    defaults = {p.name: p.default for p in parameters[given:] if p.default is not p.empty}
    try:
        with _quiet():
            torch.fx.symbolic_trace(module, concrete_args=defaults or None)
    except Exception as error:
        return _reason(error)
    return None


def _fails_export(module: nn.Module, inputs: Inputs) -> str | None:
    try:
        with _quiet(), torch.no_grad():
            torch.export.export(module, each(inputs), strict=False)
    except Exception as error:
        return _reason(error)
    return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Tracers warn, log and print of what they cannot do; the reason is in the exception."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
