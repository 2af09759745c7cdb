"""What every pool runs: an evaluator, one task at a time, each outcome as data."""

from __future__ import annotations

import traceback

from autoquant.interfaces import Completion, EvaluatorRecipe, Task
from autoquant.trial import Measurement


class Worker:
    """Holds the evaluator (network, data, quantized weights) for as long as the job runs. One torch thread."""

    def __init__(self, recipe: EvaluatorRecipe, name: str) -> None:
        import torch

        torch.set_num_threads(1)
        self._space = recipe.space
        self._evaluator = recipe.build()
        self._name = name

    def run(self, task: Task) -> Completion:
        """Measure; whatever the evaluator raises comes back as the error, with its traceback."""
        try:
            if task.candidate is None:
                measured = self._evaluator.reference(task.split)
            else:
                measured = self._evaluator.evaluate(self._space, task.candidate, task.split)
                if not isinstance(measured, Measurement):
                    raise TypeError(
                        f"{type(self._evaluator).__name__}.evaluate returned {measured!r}, not a Measurement"
                    )
        except Exception:
            return Completion(task, error=traceback.format_exc(), worker=self._name)
        return Completion(task, measurement=measured, worker=self._name)
