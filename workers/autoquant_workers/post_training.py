"""Post-training quantization: a candidate is scored as it is, without training. For classifiers."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from autoquant.data import DataSplits, SplitName
from autoquant.errors import EvaluationError, SpecError
from autoquant.interfaces import EvaluationRequest, Evaluator, Prepared, Report, no_report
from autoquant.network import FLOAT, LayerConfig, LayerPrecision, NetworkProfile
from autoquant.objective import Direction
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization.arithmetic import Additions, Arithmetic, Biases
from autoquant.quantization.classification import check_disjoint, check_outputs, labelled
from autoquant.quantization.correction import Correction, Corrector
from autoquant.quantization.execution import Inputs, each, portion
from autoquant.quantization.memo import Memo
from autoquant.quantization.profile import traced
from autoquant.space import SearchSpace
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
        memo_mb: megabytes (2^20 bytes) in which each worker keeps outputs of layers for candidates whose first
            layers are equal; 0 computes everything again. It changes speed and memory, never a result.
        bias_correction: give each output channel the mean that it has in the float network on the calibration split.
        reestimate_batch_norm: estimate the statistics of folded BatchNorm again on the calibration split.
        biases: integer: the bias of a layer whose input and weights are integers is an int32, as runtimes compute.
            None is float, or what ``arithmetic`` says.
        additions: 8: what additions, concatenations and poolings read is quantized to 8 bits in every candidate that
            quantizes the input of some layer. None is float, or what ``arithmetic`` says.
        arithmetic: integer: integer biases and additions of 8 bits; float: neither.

    Corrections cost each candidate a pass over the calibration split, in one batch, and share no outputs of layers.
    """

    metrics: ClassVar[dict[str, Direction]] = {"accuracy": "maximize", "loss": "minimize"}
    version: ClassVar[str] = "2"
    """2: the sample of activations does not depend on the batch size."""

    def __init__(
        self,
        network: nn.Module | None,
        data: DataSplits | None,
        *,
        batch_size: Annotated[int, Field(ge=1)] = 100,
        keep_float: Sequence[str] = (),
        memo_mb: Annotated[int, Field(ge=0)] = 256,
        bias_correction: bool = False,
        reestimate_batch_norm: bool = False,
        biases: Biases | None = None,
        additions: Additions | None = None,
        arithmetic: Biases | None = None,
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
        self._examples = portion(self._splits["search"].inputs, slice(2))
        corrected = bias_correction or reestimate_batch_norm
        self._memo = Memo(0 if corrected else memo_mb * 2**20)
        chosen = self._check_arithmetic(Arithmetic.of(arithmetic, biases, additions))
        self._quantized = QuantizedNetwork(network, self._examples, keep_float, self._memo, arithmetic=chosen)
        self._classes = check_outputs(self._quantized.module, self._examples, self._splits)
        check_outputs(self._quantized.module, portion(self._examples, slice(1)), {})
        self._factors = reestimate_batch_norm
        self._corrector = self._make_corrector(bias_correction, reestimate_batch_norm) if corrected else None

    def _check_arithmetic(self, chosen: Arithmetic) -> Arithmetic:
        if not chosen.is_float and "calibration" not in self._splits:
            raise SpecError(
                "data: integer biases and additions of 8 bits need a calibration split; give DataSplits(search, test, "
                "calibration), or leave out evaluator.arithmetic, biases and additions"
            )
        return chosen

    def _make_corrector(self, bias: bool, batch_norm: bool) -> Corrector:
        if "calibration" not in self._splits:
            raise SpecError(
                "data: bias_correction and reestimate_batch_norm need a calibration split; give "
                "DataSplits(search, test, calibration), or leave them out"
            )
        inputs = self._splits["calibration"].inputs
        return Corrector(self._quantized.module, self._quantized.profile, inputs, bias=bias, batch_norm=batch_norm)

    def profile(self) -> NetworkProfile:
        """Traced when it is asked for: workers measure without."""
        return self._profile

    @cached_property
    def _profile(self) -> NetworkProfile:
        assert self.network is not None
        return traced(self._quantized.profile, self.network, self._examples)

    def check(self, space: SearchSpace) -> None:
        rows, layers = space.layer_options, len(self._quantized.profile)
        if len(rows) != layers:
            raise SpecError(f"space: it describes {len(rows)} layers, the network has {layers}")
        options = [[option.precision for option in row if isinstance(option, LayerConfig)] for row in rows]
        profiles = [{option.profile for option in row if isinstance(option, LayerConfig)} for row in rows]
        if list(map(len, options)) != list(map(len, rows)) or any(len(profile) > 1 for profile in profiles):
            raise SpecError("space: its layers may be absent or change their shapes; post_training takes no such space")
        activations = any(option.activation for layer in options for option in layer)
        if activations and "calibration" not in self._splits:
            raise SpecError(
                "data: the space quantizes activations, and there is no calibration split; give "
                "DataSplits(search, test, calibration), or set space.activations to [float]"
            )
        weights = [option.weight for layer in options for option in layer if option.weight]
        if self._factors and any(weight.granularity == "per_tensor" for weight in weights):
            raise SpecError(
                "evaluator.reestimate_batch_norm: it gives each output channel a scale of its own, and the space "
                "quantizes weights per tensor; set space.granularity to per_channel"
            )
        if activations:
            self._check_ranges(options)

    def _check_ranges(self, options: Sequence[Sequence[LayerPrecision]]) -> None:
        """A layer whose input has no range is named before any trial fails."""
        self._calibrate([precision for precisions in options for precision in precisions])
        assert self._quantized.calibration is not None
        for layer, precisions in zip(self._quantized.profile, options, strict=True):
            if any(precision.activation for precision in precisions):
                self._quantized.calibration.affine(layer.name, 8, "min_max")

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Accuracy between 1 and 0, loss between 0 and that of a guess, ln(classes)."""
        return {"accuracy": (1.0, 0.0), "loss": (0.0, math.log(self._classes))}

    @property
    def has_reference(self) -> bool:
        return True

    def prepare(self, space: SearchSpace, request: EvaluationRequest, report: Report = no_report) -> Quantized:
        """Only what each layer is quantized to: weights and ranges are made when they are first needed, and kept."""
        if request.candidate is None:
            return Quantized(space, request, [FLOAT] * len(self._quantized.profile))
        return Quantized(space, request, space.precisions(request.candidate))

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        return _only(self._measure([prepared], split))

    def score_many(self, prepared: Sequence[Prepared], split: SplitName) -> list[Measurement | Exception]:
        """Each measures what it would alone, bit for bit; layers run once for all that have an equal prefix.

        A subclass that changes `score` alone is asked for one at a time.
        """
        if type(self).score is not PostTraining.score:
            return super().score_many(prepared, split)
        return self._measure(prepared, split)

    def _measure(self, prepared: Sequence[Prepared], split: SplitName) -> list[Measurement | Exception]:
        """Batch after batch of examples through all candidates, those with an equal prefix behind each other."""
        runs = [_Run(ready.precisions) for ready in prepared if isinstance(ready, Quantized)]
        assert len(runs) == len(prepared), "score takes what prepare gave"
        in_order = sorted(
            (run for run in runs if run.error is None),
            key=lambda run: [precision.key() for precision in run.precisions],
        )
        for run, following in pairwise(in_order):
            run.shared = self._quantized.common_prefix(run.precisions, following.precisions)
        try:
            for start in range(0, len(self._splits[split].targets), self._batch_size):
                for run in in_order:
                    if run.error is None:
                        self._step(run, split, start)
        finally:
            self._quantized.restore()
        return [run.outcome(split) for run in runs]

    def _step(self, run: _Run, split: SplitName, start: int) -> None:
        """One batch of examples through one candidate."""
        began, batch = time.perf_counter(), slice(start, start + self._batch_size)
        data = self._splits[split]
        try:
            self._calibrate(run.precisions)
            self._quantized.apply(run.precisions)
            with self._corrected(run), self._memo.run((split, start), keep=run.shared):
                losses, hits = self._scores(portion(data.inputs, batch), data.targets[batch])
        except Exception as error:
            run.error = error
            return
        run.losses.append(losses)
        run.hits.append(hits)
        run.seconds += time.perf_counter() - began

    def _corrected(self, run: _Run) -> AbstractContextManager[None]:
        """The network with the corrections of its candidate, which are found once."""
        if self._corrector is None:
            return nullcontext()
        if run.correction is None:
            run.correction = self._corrector.find(run.precisions)
        return self._corrector.applied(run.correction)

    def _calibrate(self, precisions: Sequence[LayerPrecision]) -> None:
        """Once, when activations are first quantized."""
        calibration = self._splits.get("calibration")
        if calibration is None or self._quantized.calibration is not None:
            return
        if any(precision.activation for precision in precisions):
            self._quantized.calibrate(calibration.inputs, self._batch_size)

    @torch.no_grad()
    def _scores(self, inputs: Inputs, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Loss (float64) and whether the best class is the target, for each example.

        The network gets a copy of the inputs: it may write into what it is given. Not in inference mode, whose tensors
        have no version counters, which the memo needs.
        """
        outputs = self._quantized.module(*(tensor.clone() for tensor in each(inputs)))
        losses = functional.cross_entropy(outputs.double(), targets, reduction="none")
        return losses, outputs.argmax(1) == targets


@dataclass(frozen=True)
class Quantized(Prepared):
    """A candidate, or the float network, with the precision of every layer."""

    precisions: Sequence[LayerPrecision]


@dataclass(slots=True)
class _Run:
    """One candidate on its way through a split: the scores of its examples so far, or what was raised."""

    precisions: Sequence[LayerPrecision]
    error: Exception | None = None
    losses: list[Tensor] = field(default_factory=list)
    hits: list[Tensor] = field(default_factory=list)
    seconds: float = 0.0
    shared: int = 0
    """How many quantized layers are equal in the candidate that runs next."""
    correction: Correction | None = None

    def outcome(self, split: SplitName) -> Measurement | Exception:
        """The measurement, or what went wrong."""
        if self.error is not None:
            return self.error
        losses, hits = torch.cat(self.losses), torch.cat(self.hits)
        if wrong := int((~torch.isfinite(losses)).sum()):
            return EvaluationError(f"the loss of {wrong} of {len(losses)} examples of the {split} split is not finite")
        count, accuracy = len(losses), float(hits.double().mean())
        spread = float(losses.std()) if count > 1 else 0.0
        return Measurement(
            metrics={"accuracy": accuracy, "loss": float(losses.mean())},
            standard_errors={
                "accuracy": math.sqrt(accuracy * (1 - accuracy) / count),
                "loss": spread / math.sqrt(count),
            },
            seconds=self.seconds,
        )


def _only(outcomes: Sequence[Measurement | Exception]) -> Measurement:
    """The single outcome, raised where it is an error."""
    (outcome,) = outcomes
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
