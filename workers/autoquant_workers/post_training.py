"""Post-training quantization: a candidate is scored as it is, without training. For classifiers."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

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
from autoquant.quantization.arithmetic import Additions, Biases
from autoquant.quantization.classification import (
    check_disjoint,
    check_outputs,
    divergences,
    labelled,
    log_probabilities,
)
from autoquant.quantization.correction import Correction, Corrector
from autoquant.quantization.execution import Inputs, batches, each, portion
from autoquant.quantization.fitted_weights import NEEDS_CALIBRATION, LayerWeight
from autoquant.quantization.memo import Memo
from autoquant.quantization.profile import traced
from autoquant.quantization.sequential import SequentialFit
from autoquant.space import SearchSpace
from autoquant.trial import Measurement
from autoquant_workers.post_training_options import Options, Sequential

METRICS: Mapping[str, Direction] = {"accuracy": "maximize", "loss": "minimize", "divergence": "minimize"}
CODED_BYTES = "coded_bytes"


class PostTraining(Evaluator):
    """Accuracy and cross-entropy loss of a quantized classifier, and its divergence from the float network.

    The divergence is the mean of KL(float || quantized) over the examples, in nats. It needs no labels, so a search for
    it cannot pick what happens to suit them: on few examples it tells networks apart that accuracy and loss do not.

    BatchNorm is folded. Weights are rounded to what they may be, by themselves or so that the outputs of their layer
    move least; activations have the ranges of the float network on the calibration split.

    Args:
        network: gives one score for each class, shape (batch, classes).
        data: targets are class labels; no split may hold the examples of another.
        batch_size: how many examples run at a time. It sets speed and memory; results may differ in the last digits.
        keep_float: layers that stay in float, by name; ``*`` and ``?`` match parts of names.
        memo_mb: megabytes (2^20 bytes) in which each worker keeps outputs of layers for candidates whose first
            layers are equal; 0 computes everything again. It changes speed and memory, never a result.
        rounding: hessian: weights and bias of each layer are fitted to its outputs in the float network on the
            calibration split, once for each precision, so that a candidate costs no pass of its own; nearest: each
            weight goes to its nearest value. None is nearest where there is no calibration split; else hessian, but
            nearest for a precision that, given to all layers, moves the outputs on that split clearly less without the
            fit, which a note of the trial says. Where the space says otherwise, that stands.
        sequential: fit each layer to the inputs that its quantized predecessors make, which takes a pass over the
            calibration split for each candidate: for every candidate (true), for those of the final front (front), or
            never (false). None is front where weights are fitted, else false.
        bias_correction: give each output channel the mean that it has in the float network on the calibration split:
            true corrects a layer in the network whose layers before it are quantized and corrected, layer corrects
            each alone (as hessian always does).
        reestimate_batch_norm: estimate the statistics of folded BatchNorm again on the calibration split.
        biases: integer: the bias of a layer whose input and weights are integers is an int32, as runtimes compute.
            None is float, or what ``arithmetic`` says.
        additions: 8: what additions, concatenations and poolings read is quantized to 8 bits in every candidate that
            quantizes the input of some layer. None is float, or what ``arithmetic`` says.
        arithmetic: integer: integer biases and additions of 8 bits; float: neither.
        entropy_coded: measure ``coded_bytes`` too: the stored network as ``weight_bytes`` counts it (without scales of
            additions), with the codes of every layer in a Huffman code where that is smaller.

    bias_correction true and reestimate_batch_norm cost each candidate three passes over the calibration split, in one
    batch, and share no outputs of layers. A candidate whose outputs on the calibration split they move further from the
    float network's is measured without them, and a note says so.
    """

    metrics: ClassVar[Mapping[str, Direction]] = METRICS
    version: ClassVar[str] = "4"
    """2: the sample of activations does not depend on the batch size. 3: weights are fitted by default, corrections
    that hurt are left off. 4: divergence."""

    def __init__(
        self,
        network: nn.Module | None,
        data: DataSplits | None,
        *,
        batch_size: Annotated[int, Field(ge=1, le=2**31)] = 100,
        keep_float: Sequence[str] = (),
        memo_mb: Annotated[int, Field(ge=0, le=2**31)] = 256,
        rounding: Literal["nearest", "hessian"] | None = None,
        sequential: Sequential | None = None,
        bias_correction: bool | Literal["layer"] = False,
        reestimate_batch_norm: bool = False,
        biases: Biases | None = None,
        additions: Additions | None = None,
        arithmetic: Biases | None = None,
        entropy_coded: bool = False,
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
        calibration = self._splits.get("calibration")
        given = Options(rounding, sequential, bias_correction, reestimate_batch_norm, biases, additions, arithmetic)
        self._options = given.checked(calibrated=calibration is not None)
        self._memo = Memo(0 if self._options.corrected else memo_mb * 2**20)
        self._quantized = QuantizedNetwork(
            network, self._examples, keep_float, self._memo, self._options.rounding, self._options.arithmetic
        )
        self._quantized.weights.entropy_coded = entropy_coded
        if entropy_coded:
            self.metrics = {**self.metrics, CODED_BYTES: "minimize"}  # type: ignore[misc]
        self._classes = check_outputs(self._quantized.module, self._examples, self._splits)
        check_outputs(self._quantized.module, portion(self._examples, slice(1)), {})
        self._float: dict[SplitName, Tensor] = {}
        """Logarithms of the probabilities that the float network gives, float64 (examples, classes), once measured."""
        self._corrector = None
        if self._options.corrected and calibration is not None:
            self._corrector = Corrector(
                self._quantized.module,
                self._quantized.profile,
                calibration.inputs,
                bias=bias_correction is True,
                batch_norm=reestimate_batch_norm,
            )

    def profile(self) -> NetworkProfile:
        """Traced when it is asked for: workers measure without."""
        return self._profile

    @cached_property
    def _profile(self) -> NetworkProfile:
        assert self.network is not None
        found = traced(self._quantized.profile, self.network, self._examples)
        return replace(found, notes=(*found.notes, self._options.note, *self._quantized.weights.notes))

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
        if "calibration" not in self._splits and any(how.rounding not in (None, "nearest") for how in weights):
            raise SpecError(f"space.roundings: {NEEDS_CALIBRATION}")
        if self._options.batch_norm and any(weight.granularity == "per_tensor" for weight in weights):
            raise SpecError(
                "evaluator.reestimate_batch_norm: it gives each output channel a scale of its own, and the space "
                "quantizes weights per tensor; set space.granularity to per_channel"
            )
        if activations:
            self._check_ranges(options)

    def _check_ranges(self, options: Sequence[Sequence[LayerPrecision]]) -> None:
        """A layer whose input has no range is named before any trial fails."""
        self._calibrate()
        assert self._quantized.calibration is not None
        for layer, precisions in zip(self._quantized.profile, options, strict=True):
            if any(precision.activation for precision in precisions):
                self._quantized.calibration.affine(layer.name, 8, "min_max")

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Accuracy between 1 and 0, loss and divergence between 0 and those of a guess, ln(classes) at most."""
        guess = math.log(self._classes)
        found = {"accuracy": (1.0, 0.0), "loss": (0.0, guess), "divergence": (0.0, guess)}
        if CODED_BYTES in self.metrics:
            found[CODED_BYTES] = (0.0, 4.0 * sum(layer.parameters for layer in self._quantized.profile))
        return found

    @property
    def has_reference(self) -> bool:
        return True

    @property
    def polishes(self) -> bool:
        return self._options.sequential == "front"

    def prepare(self, space: SearchSpace, request: EvaluationRequest, report: Report = no_report) -> Quantized:
        """Only what each layer is quantized to: weights and ranges are made when they are first needed, and kept."""
        if request.candidate is None:
            return Quantized(space, request, [FLOAT] * len(self._quantized.profile), False)
        sequential = self._options.sequential is True or (self._options.sequential == "front" and request.polish)
        return Quantized(space, request, space.precisions(request.candidate), sequential)

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
        runs = [_Run(ready.precisions, ready.sequential) for ready in prepared if isinstance(ready, Quantized)]
        assert len(runs) == len(prepared), "score takes what prepare gave"
        in_order = sorted(
            (run for run in runs if run.error is None),
            key=lambda run: (run.sequential, [precision.key() for precision in run.precisions]),
        )
        for run, following in pairwise(in_order):
            if run.sequential == following.sequential:
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
        data, batch = self._splits[split], slice(start, start + self._batch_size)
        try:
            self._measure_float(split)
            began = time.perf_counter()
            if run.sequential or self._quantized.needs_calibration(run.precisions):
                self._calibrate()
            if run.sequential and run.weights is None:
                run.weights = self._fit.find(run.precisions, keep=run.shared)
            self._quantized.apply(run.precisions, run.weights)
            with self._corrected(run), self._memo.run((split, start, run.sequential), keep=run.shared):
                outputs = self._log_probabilities(portion(data.inputs, batch))
        except Exception as error:
            run.error = error
            return
        if CODED_BYTES in self.metrics and not run.coded:
            run.coded = {CODED_BYTES: float(self._quantized.coded_bytes(run.precisions))}
        if not run.sequential:
            run.notes = run.notes or self._quantized.notes(run.precisions)
        run.scores.append(scores(outputs, self._float[split][batch], data.targets[batch]))
        run.seconds += time.perf_counter() - began

    def _corrected(self, run: _Run) -> AbstractContextManager[None]:
        """The network with the corrections of its candidate, which are found once."""
        if self._corrector is None:
            return nullcontext()
        if run.correction is None:
            run.correction, note = self._corrector.judged(run.precisions)
            run.notes = (*self._quantized.notes(run.precisions), *(() if note is None else (note,)))
        return self._corrector.applied(run.correction)

    def _calibrate(self) -> None:
        """Once, when it is first needed."""
        calibration = self._splits.get("calibration")
        if calibration is not None and self._quantized.calibration is None:
            self._quantized.calibrate(calibration.inputs, self._batch_size)

    @cached_property
    def _fit(self) -> SequentialFit:
        """Made when it is first needed; the network is calibrated then."""
        return SequentialFit(self._quantized)

    def _measure_float(self, split: SplitName) -> None:
        """What the float network gives on a split, once in each worker; nothing where it does not run."""
        if split in self._float:
            return
        self._quantized.restore()
        parts = [self._log_probabilities(part) for part in batches(self._splits[split].inputs, self._batch_size)]
        self._float[split] = torch.cat(parts)

    @torch.no_grad()
    def _log_probabilities(self, inputs: Inputs) -> Tensor:
        """Of each class, float64 of shape (examples, classes), as the network is now.

        The network gets a copy of the inputs: it may write into what it is given. Not in inference mode, whose tensors
        have no version counters, which the memo needs.
        """
        outputs = self._quantized.module(*(tensor.clone() for tensor in each(inputs)))
        return log_probabilities(outputs)


def scores(outputs: Tensor, reference: Tensor, targets: Tensor) -> Tensor:
    """Accuracy, loss and divergence of each example, float64 (examples, 3), of logarithms of probabilities.

    ``targets`` are class labels; the divergence is KL(reference || outputs).
    """
    losses = functional.nll_loss(outputs, targets, reduction="none")
    hits = (outputs.argmax(1) == targets).double()
    return torch.stack([hits, losses, divergences(reference, outputs)], 1)


@dataclass(frozen=True)
class Quantized(Prepared):
    """A candidate, or the float network, with the precision of every layer."""

    precisions: Sequence[LayerPrecision]
    sequential: bool
    """Whether its layers are fitted one after the other."""


@dataclass(slots=True)
class _Run:
    """One candidate on its way through a split: the scores of its examples so far, or what was raised."""

    precisions: Sequence[LayerPrecision]
    sequential: bool
    error: Exception | None = None
    scores: list[Tensor] = field(default_factory=list)
    """Accuracy, loss and divergence of the examples of each batch."""
    seconds: float = 0.0
    shared: int = 0
    """How many quantized layers are equal in the candidate that runs next."""
    correction: Correction | None = None
    weights: Mapping[str, LayerWeight] | None = None
    """Those of a sequential fit."""
    notes: tuple[str, ...] = ()
    coded: Mapping[str, float] = field(default_factory=dict)
    """Its entropy-coded size, where that is measured."""

    def outcome(self, split: SplitName) -> Measurement | Exception:
        """The measurement, or what went wrong."""
        if self.error is not None:
            return self.error
        found = torch.cat(self.scores)
        if wrong := int((~torch.isfinite(found).all(1)).sum()):
            return EvaluationError(f"the loss of {wrong} of {len(found)} examples of the {split} split is not finite")
        means, count = found.mean(0).tolist(), len(found)
        spreads = found.std(0).tolist() if count > 1 else [0.0] * len(means)
        errors = [math.sqrt(means[0] * (1 - means[0]) / count), *(spread / math.sqrt(count) for spread in spreads[1:])]
        return Measurement(
            metrics=dict(zip(METRICS, means, strict=True)) | dict(self.coded),
            standard_errors=dict(zip(METRICS, errors, strict=True)),
            seconds=self.seconds,
            notes=self.notes,
        )


def _only(outcomes: Sequence[Measurement | Exception]) -> Measurement:
    """The single outcome, raised where it is an error."""
    (outcome,) = outcomes
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
