"""Checked data of a classification task: labels, shapes, and splits that do not overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional

from autoquant.data import Split
from autoquant.errors import SpecError
from autoquant.quantization.digest import row_digests
from autoquant.quantization.execution import Inputs, as_inputs, as_tensor, count, each, execute

LARGEST_OVERLAP = 0.5
"""Part of a split's examples that another split may hold: some data has duplicates of its own."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Inputs as the network takes them, and class labels, int64 of shape (examples,)."""

    inputs: Inputs
    targets: Tensor


def labelled(name: str, split: Split) -> Labelled:
    """A split as tensors. `SpecError` for inputs that are not finite, or targets that are no class labels."""
    try:
        inputs, targets = as_inputs(split.inputs), as_tensor(split.targets)
    except (TypeError, ValueError) as error:
        raise SpecError(f"data: the {name} split is no tensor or array ({error})") from error
    for values in each(inputs):
        finite = torch.isfinite(values).reshape(len(values), -1).all(1)
        if not bool(finite.all()):
            wrong = (~finite).nonzero().flatten()
            raise SpecError(
                f"data: {len(wrong)} of {len(values)} inputs of the {name} split hold NaN or infinite values; "
                f"the first is number {int(wrong[0])}"
            )
    if targets.dim() != 1 or targets.is_floating_point() or targets.is_complex():
        raise SpecError(
            f"data: the targets of the {name} split have shape {tuple(targets.shape)} and type {targets.dtype}; "
            "post_training takes integer class labels, one for each input: for another task, write an evaluator of "
            "your own"
        )
    return Labelled(inputs, targets.long())


def log_probabilities(outputs: Tensor) -> Tensor:
    """Class scores -> logarithms of the probabilities of the classes, float64; the last dimension holds the classes."""
    return functional.log_softmax(outputs.detach().double(), -1)


def divergences(reference: Tensor, found: Tensor) -> Tensor:
    """KL(reference || found) of each example in nats, of logarithms of probabilities, both (examples, classes)."""
    return functional.kl_div(found, reference, reduction="none", log_target=True).sum(1).clamp(min=0)


def check_disjoint(splits: Mapping[str, Labelled]) -> None:
    """`SpecError` when two splits have inputs of different shapes, or are largely the same examples."""
    digests = {}
    first = next(iter(splits))
    for name, split in splits.items():
        if _form(split.inputs) != _form(splits[first].inputs):
            raise SpecError(
                f"data: an input of the {name} split has {_form(split.inputs)}, one of the {first} split has "
                f"{_form(splits[first].inputs)}; they must be the same"
            )
        digests[name] = row_digests(split.inputs)
    for pair in combinations(digests, 2):
        smaller, larger = sorted(pair, key=lambda name: len(digests[name]))
        others = set(digests[larger])
        shared = sum(row in others for row in digests[smaller])
        if shared > LARGEST_OVERLAP * len(digests[smaller]):
            raise SpecError(
                f"data: {shared} of the {len(digests[smaller])} inputs of the {smaller} split are in the {larger} "
                "split too; the splits must not share examples, or scores mean nothing"
            )


def _form(inputs: Inputs) -> str:
    """Shape and type of one example, for an error."""
    return " and ".join(f"shape {tuple(tensor.shape[1:])}, {tensor.dtype}" for tensor in each(inputs))


def check_outputs(module: nn.Module, examples: Inputs, splits: Mapping[str, Labelled]) -> int:
    """The number of classes. `SpecError` when the network does not give one score each, or a label has no class."""
    output = execute(module, examples)
    if not isinstance(output, Tensor):
        raise SpecError(
            f"network: its output is a {type(output).__name__}; post_training needs a tensor of class scores"
        )
    if output.dim() != 2 or len(output) != count(examples) or output.shape[1] < 2:
        raise SpecError(
            f"network: its output for {count(examples)} examples has shape {tuple(output.shape)}; post_training needs "
            "(examples, classes) with at least two classes"
        )
    classes = output.shape[1]
    for name, split in splits.items():
        low, high = int(split.targets.min()), int(split.targets.max())
        if low < 0 or high >= classes:
            raise SpecError(
                f"data: the labels of the {name} split go from {low} to {high}, and the network has {classes} classes, "
                f"0 to {classes - 1}"
            )
    return classes
