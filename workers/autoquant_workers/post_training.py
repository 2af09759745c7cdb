"""Post-training quantization: a candidate is scored as it is, without training. For classifiers."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from autoquant.data import DataSplits, SplitName
from autoquant.errors import EvaluationError, SpecError
from autoquant.interfaces import Evaluator
from autoquant.network import FLOAT_BITS, NetworkProfile
from autoquant.objective import Direction
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization.classification import Labelled, check_disjoint, check_outputs, labelled
from autoquant.space import Candidate, SearchSpace
from autoquant.trial import Measurement


class PostTraining(Evaluator):
    """Accuracy and cross-entropy loss of a quantized classifier.

    BatchNorm is folded, weights are quantized with scales from the weights alone, activations with ranges of the
    float network on the calibration split.

    Args:
        network: gives one score for each class, shape (batch, classes).
        data: targets are class labels; no split may hold the examples of another.
        batch_size: how many examples run at a time. It sets speed and memory; results may differ in the last digits.
        keep_float: layers that stay in float, by name; ``*`` and ``?`` match parts of names.
    """

    metrics: ClassVar[dict[str, Direction]] = {"accuracy": "maximize", "loss": "minimize"}
    version: ClassVar[str] = "1"

    def __init__(
        self,
        network: nn.Module | None,
        data: DataSplits | None,
        *,
        batch_size: Annotated[int, Field(ge=1)] = 100,
        keep_float: Sequence[str] = (),
    ) -> None:
        super().__init__(network, data)
        if network is None:
            raise SpecError("network: post_training needs one; name the function that builds it, 'module:function'")
        if data is None:
            raise SpecError(
                "data: post_training needs some; name the function that gives DataSplits, 'module:function'"
            )
        self._batch_size = batch_size
        self._splits = {name: labelled(name, split) for name, split in data}
        check_disjoint(self._splits)
        examples = self._splits["search"].inputs[:2]
        self._quantized = QuantizedNetwork(network, examples, keep_float)
        self._classes = check_outputs(self._quantized.module, examples, self._splits)

    def profile(self) -> NetworkProfile:
        return self._quantized.profile

    def check(self, space: SearchSpace) -> None:
        options = space.layer_options
        if len(options) != len(self.profile()):
            raise SpecError(f"space: it describes {len(options)} layers, the network has {len(self.profile())}")
        activations = any(option.activation_bits != FLOAT_BITS for layer in options for option in layer)
        if activations and "calibration" not in self._splits:
            raise SpecError(
                "data: the space quantizes activations, and there is no calibration split; give "
                "DataSplits(search, test, calibration), or set space.activations to [float]"
            )

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Accuracy between 1 and 0, loss between 0 and that of a guess, ln(classes)."""
        return {"accuracy": (1.0, 0.0), "loss": (0.0, math.log(self._classes))}

    def reference(self, split: SplitName) -> Measurement:
        return self._measure(split)

    def evaluate(self, space: SearchSpace, candidate: Candidate, split: SplitName = "search") -> Measurement:
        precisions = space.precisions(candidate)
        started = time.perf_counter()
        calibration = self._splits.get("calibration")
        if (
            calibration is not None
            and self._quantized.calibration is None
            and any(precision.activation_bits != FLOAT_BITS for precision in precisions)
        ):
            self._quantized.calibrate(calibration.inputs, self._batch_size)
        try:
            self._quantized.apply(precisions)
            return self._measure(split, started)
        finally:
            self._quantized.restore()

    def _measure(self, split: SplitName, started: float | None = None) -> Measurement:
        started = time.perf_counter() if started is None else started
        data = self._splits[split]
        losses, hits = self._scores(data)
        if not bool(torch.isfinite(losses).all()):
            wrong = int((~torch.isfinite(losses)).sum())
            raise EvaluationError(f"the loss of {wrong} of {len(losses)} examples of the {split} split is not finite")
        count, accuracy = len(losses), float(hits.double().mean())
        spread = float(losses.std()) if count > 1 else 0.0
        return Measurement(
            metrics={"accuracy": accuracy, "loss": float(losses.mean())},
            standard_errors={
                "accuracy": math.sqrt(accuracy * (1 - accuracy) / count),
                "loss": spread / math.sqrt(count),
            },
            seconds=time.perf_counter() - started,
        )

    @torch.inference_mode()
    def _scores(self, data: Labelled) -> tuple[Tensor, Tensor]:
        """Loss (float64) and whether the best class is the target, for each example."""
        outputs = torch.cat([self._quantized.module(batch) for batch in torch.split(data.inputs, self._batch_size)])
        losses = functional.cross_entropy(outputs.double(), data.targets, reduction="none")
        return losses, outputs.argmax(1) == data.targets
