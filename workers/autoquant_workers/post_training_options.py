"""What the options of the evaluator ``post_training`` mean together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autoquant.errors import SpecError
from autoquant.network import Rounding
from autoquant.quantization.arithmetic import Additions, Arithmetic, Biases
from autoquant.quantization.fitted_weights import NEEDS_CALIBRATION

Sequential = bool | Literal["front"]


@dataclass(frozen=True, slots=True)
class Checked:
    """Options with their defaults filled in."""

    rounding: Rounding | None
    """None: weights are fitted where that is better."""
    sequential: Sequential
    corrected: bool
    """Whether each candidate is corrected as a whole."""
    batch_norm: bool
    arithmetic: Arithmetic

    @property
    def note(self) -> str:
        """How weights are rounded, for the job's log and the report."""
        if self.sequential is True:
            return "weights are fitted layer by layer to what the quantized layers before give (sequential: true)"
        if self.rounding in (None, "hessian"):
            return "weights are fitted to the outputs of their layers on the calibration split (rounding: hessian)"
        if self.rounding == "nearest+bias":
            return "weights are rounded to nearest, biases corrected layer by layer (bias_correction: layer)"
        return "weights are rounded to nearest (rounding: nearest)"


@dataclass(frozen=True, slots=True)
class Options:
    """As they are given; None where nothing is said."""

    rounding: Literal["nearest", "hessian"] | None
    sequential: Sequential | None
    bias_correction: bool | Literal["layer"]
    reestimate_batch_norm: bool
    biases: Biases | None
    additions: Additions | None
    arithmetic: Biases | None

    def checked(self, calibrated: bool) -> Checked:
        """What they come to; ``calibrated`` says whether there is a calibration split.

        `SpecError` for what needs one where there is none, and for what does not go together.
        """
        corrected = self.bias_correction is True or self.reestimate_batch_norm
        arithmetic = Arithmetic.of(self.arithmetic, self.biases, self.additions)
        if not calibrated:
            self._check_uncalibrated(corrected, arithmetic)
        if self.sequential and corrected:
            raise SpecError(
                "evaluator.sequential: it fits biases to the quantized network itself; leave out bias_correction and "
                "reestimate_batch_norm"
            )
        rounding: Rounding | None = self.rounding
        if rounding is None and (self.bias_correction or not calibrated):
            rounding = "nearest"
        if rounding == "nearest" and self.bias_correction == "layer":
            rounding = "nearest+bias"
        sequential = self.sequential
        if sequential is None:
            sequential = "front" if rounding in (None, "hessian") and not corrected else False
        return Checked(rounding, sequential, corrected, self.reestimate_batch_norm, arithmetic)

    def _check_uncalibrated(self, corrected: bool, arithmetic: Arithmetic) -> None:
        fitted = {
            "rounding": self.rounding == "hessian",
            "sequential": bool(self.sequential),
            "bias_correction": self.bias_correction == "layer",
        }
        if named := [name for name, asked in fitted.items() if asked]:
            raise SpecError(f"evaluator.{named[0]}: {NEEDS_CALIBRATION}")
        if corrected:
            raise SpecError(
                "data: bias_correction and reestimate_batch_norm need a calibration split; give "
                "DataSplits(search, test, calibration), or leave them out"
            )
        if not arithmetic.is_float:
            raise SpecError(
                "data: integer biases and additions of 8 bits need a calibration split; give DataSplits(search, test, "
                "calibration), or leave out evaluator.arithmetic, biases and additions"
            )
