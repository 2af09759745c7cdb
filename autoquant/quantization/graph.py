"""What the order of operations says: what is fused, which layers meet in an addition, which read the same tensor."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from autoquant.network import ACTIVATIONS, Operation

SAME_VALUES = (*ACTIVATIONS, "dropout", "max_pool1d", "max_pool2d", "max_pool3d", "pad", "getitem", "contiguous")
"""What keeps the number format of a tensor, besides views of it."""


def fused(operations: Sequence[Operation], outputs: Sequence[int]) -> tuple[Operation, ...]:
    """The operations, with what each activation function is fused into."""
    readers = Counter(index for operation in operations for index in operation.inputs)
    return tuple(
        replace(operation, fused_into=operation.inputs[0])
        if operation.kind in ACTIVATIONS
        and len(operation.inputs) == 1
        and operation.inputs[0] >= 0
        and readers[operation.inputs[0]] == 1
        and operation.inputs[0] not in outputs
        and _fuses(operations[operation.inputs[0]])
        else operation
        for operation in operations
    )


def _fuses(operation: Operation) -> bool:
    return operation.kind == "add" or (operation.layer is not None and operation.kind not in ("matmul", "other"))


def joined(operations: Sequence[Operation], layers: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of ``layers`` whose outputs meet in an addition, at once or one addition after the other."""
    groups: list[set[int]] = []
    for index, operation in enumerate(operations):
        if operation.kind != "add" or len(operation.inputs) < 2:
            continue
        meeting = {index} | {source for start in operation.inputs for source in _sources(operations, start)}
        touched = [group for group in groups if group & meeting]
        groups = [group for group in groups if not group & meeting] + [meeting.union(*touched)]
    return _named(operations, [sorted(group) for group in groups], layers)


def _sources(operations: Sequence[Operation], index: int) -> Iterator[int]:
    """The layer, the addition or whatever else gave these values, through what keeps their format."""
    while index >= 0:
        operation = operations[index]
        keeps = operation.view or operation.kind in SAME_VALUES
        if not keeps or operation.layer is not None or len(operation.inputs) != 1:
            yield index
            return
        index = operation.inputs[0]


def shared_input(operations: Sequence[Operation], layers: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of ``layers`` that read the same tensor."""
    readers: dict[int, list[int]] = defaultdict(list)
    for index, operation in enumerate(operations):
        if operation.layer is not None and operation.inputs:
            readers[_whole(operations, operation.inputs[0])].append(index)
    return _named(operations, list(readers.values()), layers)


def _whole(operations: Sequence[Operation], index: int) -> int:
    """Where a tensor comes from that is only seen in another shape."""
    while index >= 0 and operations[index].view and len(operations[index].inputs) == 1:
        if operations[index].output_values != _values(operations, operations[index].inputs[0]):
            break
        index = operations[index].inputs[0]
    return index


def _values(operations: Sequence[Operation], index: int) -> int | None:
    return operations[index].output_values if index >= 0 else None


def _named(
    operations: Sequence[Operation], groups: Sequence[Sequence[int]], layers: Collection[str]
) -> tuple[tuple[str, ...], ...]:
    """The layers of each group, once each; groups of one are none."""
    named = (dict.fromkeys(operations[i].layer for i in group) for group in groups)
    kept = (tuple(name for name in names if name in layers) for names in named)
    return tuple(group for group in kept if len(group) > 1)  # type: ignore[misc]
