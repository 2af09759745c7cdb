"""The disjoint sets of examples that a search uses. No torch here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from autoquant.errors import SpecError

SplitName = Literal["search", "test"]


@dataclass(frozen=True, slots=True)
class Split:
    """Examples with their targets: tensors or arrays whose first dimension is the example.

    For a network of several inputs, ``inputs`` is a tuple of such tensors, in the order of its arguments.
    """

    inputs: Any
    targets: Any

    def __post_init__(self) -> None:
        if len(self.each) == 0 or len({len(values) for values in self.each}) > 1:
            counts = " and ".join(str(len(values)) for values in self.each) or "none"
            raise SpecError(f"data: a tuple of inputs with {counts} examples; each must have the same number")
        if len(self) != len(self.targets):
            raise SpecError(f"data: {len(self)} inputs with {len(self.targets)} targets; there must be one target each")

    @property
    def each(self) -> tuple[Any, ...]:
        """The examples of every input of the network."""
        return self.inputs if isinstance(self.inputs, tuple) else (self.inputs,)

    def __len__(self) -> int:
        return len(self.each[0])


@dataclass(frozen=True, slots=True)
class DataSplits:
    """Calibration sets the scales of activations, search scores candidates, test scores the final front once.

    ``calibration`` may be None where no activation is quantized, ``train`` where nothing is trained.
    """

    search: Split
    test: Split
    calibration: Split | None = None
    train: Split | None = None

    def __post_init__(self) -> None:
        for name, split in self:
            if len(split) == 0:
                raise SpecError(f"data: the {name} split is empty; give it at least one example")

    def __iter__(self) -> Iterator[tuple[str, Split]]:
        yield "search", self.search
        yield "test", self.test
        if self.calibration is not None:
            yield "calibration", self.calibration
        if self.train is not None:
            yield "train", self.train

    def get(self, name: SplitName) -> Split:
        """The split of that name."""
        return self.search if name == "search" else self.test
