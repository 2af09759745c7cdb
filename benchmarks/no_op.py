"""An evaluator that does next to nothing: what is left is the cost of coordinator, store and pool."""

from __future__ import annotations

from typing import ClassVar

from autoquant.data import SplitName
from autoquant.interfaces import Evaluator, Prepared
from autoquant.objective import Direction
from autoquant.trial import Measurement


class NoOp(Evaluator):
    """Three metrics that pull a candidate in three directions."""

    metrics: ClassVar[dict[str, Direction]] = {"a": "minimize", "b": "minimize", "c": "minimize"}

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Every metric lies between 0 and 1."""
        return dict.fromkeys(self.metrics, (0.0, 1.0))

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        """Mean index of every third choice, and a little of its neighbours'."""
        top = max(len(choice.options) for choice in prepared.space.choices) - 1
        parts = [(prepared.candidate or ())[start::3] for start in range(3)]
        means = [sum(part) / (top * len(part)) for part in parts]
        metrics = {name: 0.9 * means[i] + 0.1 * (1 - means[i - 1]) for i, name in enumerate(self.metrics)}
        return Measurement(metrics, dict.fromkeys(metrics, 0.0))
