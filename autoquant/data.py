"""The three disjoint sets of examples that a search uses. No torch here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from autoquant.errors import SpecError

SplitName = Literal["search", "test"]


@dataclass(frozen=True, slots=True)
class Split:
    """Examples with their targets: tensors or arrays whose first dimension is the example."""

    inputs: Any
    targets: Any

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise SpecError(
                f"data: {len(self.inputs)} inputs with {len(self.targets)} targets; there must be one target each"
            )

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, slots=True)
class DataSplits:
    """Calibration sets the scales of activations, search scores candidates, test scores the final front once.

    ``calibration`` may be None where no activation is quantized.
    """

    search: Split
    test: Split
    calibration: Split | None = None

    def __post_init__(self) -> None:
        for name, split in self:
            if len(split) == 0:
                raise SpecError(f"data: the {name} split is empty; give it at least one example")

    def __iter__(self) -> Iterator[tuple[str, Split]]:
        yield "search", self.search
        yield "test", self.test
        if self.calibration is not None:
            yield "calibration", self.calibration

    def get(self, name: SplitName) -> Split:
        """The split of that name."""
        return self.search if name == "search" else self.test
