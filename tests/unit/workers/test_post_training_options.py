"""What the options of the post-training evaluator mean together: defaults, and every wrong combination."""

from __future__ import annotations

from typing import Any

import pytest
from autoquant_workers.post_training import PostTraining
from autoquant_workers.post_training_options import Options

from autoquant import plugins
from autoquant.errors import SpecError
from autoquant.quantization.arithmetic import Arithmetic

NOTHING: dict[str, Any] = {
    "rounding": None, "sequential": None, "bias_correction": False, "reestimate_batch_norm": False,
    "biases": None, "additions": None, "arithmetic": None,
}  # fmt: skip


def checked(calibrated: bool = True, **given: Any) -> Any:
    return Options(**(NOTHING | given)).checked(calibrated)


MEANT = [
    ({}, None, "front", False),
    ({"rounding": "hessian"}, "hessian", "front", False),
    ({"rounding": "nearest"}, "nearest", False, False),
    ({"rounding": "nearest", "sequential": "front"}, "nearest", "front", False),
    ({"rounding": "nearest", "sequential": True}, "nearest", True, False),
    ({"sequential": False}, None, False, False),
    ({"sequential": True}, None, True, False),
    ({"bias_correction": True}, "nearest", False, True),
    ({"bias_correction": True, "rounding": "hessian"}, "hessian", False, True),
    ({"bias_correction": "layer"}, "nearest+bias", False, False),
    ({"bias_correction": "layer", "rounding": "nearest"}, "nearest+bias", False, False),
    ({"bias_correction": "layer", "rounding": "hessian"}, "hessian", "front", False),
    ({"bias_correction": "layer", "sequential": "front"}, "nearest+bias", "front", False),
    ({"reestimate_batch_norm": True}, None, False, True),
    ({"reestimate_batch_norm": True, "sequential": False}, None, False, True),
    ({"reestimate_batch_norm": True, "bias_correction": True}, "nearest", False, True),
]


@pytest.mark.parametrize(("given", "rounding", "sequential", "corrected"), MEANT, ids=str)
def test_with_a_calibration_split(given, rounding, sequential, corrected):
    found = checked(**given)
    assert (found.rounding, found.sequential, found.corrected) == (rounding, sequential, corrected)
    assert found.batch_norm == given.get("reestimate_batch_norm", False)
    assert found.arithmetic == Arithmetic()


@pytest.mark.parametrize(
    "given", [{}, {"rounding": "nearest"}, {"sequential": False}, {"arithmetic": "float"}], ids=str
)
def test_without_one(given):
    found = checked(calibrated=False, **given)
    assert (found.rounding, found.sequential, found.corrected) == ("nearest", False, False)


FITTED = (
    "fitted weights and biases need a calibration split, and there is none; give DataSplits(search, test, "
    "calibration), or set rounding to nearest"
)
CORRECTED = (
    "data: bias_correction and reestimate_batch_norm need a calibration split; give DataSplits(search, test, "
    "calibration), or leave them out"
)
ARITHMETIC = (
    "data: integer biases and additions of 8 bits need a calibration split; give DataSplits(search, test, "
    "calibration), or leave out evaluator.arithmetic, biases and additions"
)
TOGETHER = (
    "evaluator.sequential: it fits biases to the quantized network itself; leave out bias_correction and "
    "reestimate_batch_norm"
)
WRONG: list[tuple[dict[str, Any], bool, str]] = [
    ({"rounding": "hessian"}, False, f"evaluator.rounding: {FITTED}"),
    ({"sequential": True}, False, f"evaluator.sequential: {FITTED}"),
    ({"sequential": "front"}, False, f"evaluator.sequential: {FITTED}"),
    ({"bias_correction": "layer"}, False, f"evaluator.bias_correction: {FITTED}"),
    ({"bias_correction": True}, False, CORRECTED),
    ({"reestimate_batch_norm": True}, False, CORRECTED),
    ({"biases": "integer"}, False, ARITHMETIC),
    ({"additions": 8}, False, ARITHMETIC),
    ({"arithmetic": "integer"}, False, ARITHMETIC),
    ({"sequential": True, "bias_correction": True}, True, TOGETHER),
    ({"sequential": "front", "reestimate_batch_norm": True}, True, TOGETHER),
    ({"arithmetic": "integer", "additions": "float"}, True, "arithmetic: 'integer' means additions: 8, and additions"),
]


@pytest.mark.parametrize(("given", "calibrated", "message"), WRONG, ids=str)
def test_what_does_not_go_together_is_one_sentence(given, calibrated, message):
    with pytest.raises(SpecError) as caught:
        checked(calibrated, **given)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


NOTES = [
    ({}, "weights are fitted to the outputs of their layers on the calibration split (rounding: hessian)"),
    ({"rounding": "nearest"}, "weights are rounded to nearest (rounding: nearest)"),
    (
        {"bias_correction": "layer"},
        "weights are rounded to nearest, biases corrected layer by layer (bias_correction: layer)",
    ),
    (
        {"sequential": True},
        "weights are fitted layer by layer to what the quantized layers before give (sequential: true)",
    ),
]


@pytest.mark.parametrize(("given", "note"), NOTES)
def test_what_it_comes_to_is_said(given, note):
    assert checked(**given).note == note


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rounding": "best"}, "evaluator.rounding: .*'best'"),
        ({"rounding": "nearest+bias"}, "evaluator.rounding: "),
        ({"sequential": "back"}, "evaluator.sequential"),
        ({"bias_correction": "network"}, "evaluator.bias_correction"),
    ],
)
def test_other_words_are_refused(given, message):
    with pytest.raises(SpecError, match=message):
        plugins.check_options(PostTraining, given, "evaluator")


@pytest.mark.parametrize(
    "given",
    [{"sequential": value} for value in (True, False, "front")]
    + [{"bias_correction": value} for value in (True, False, "layer")]
    + [{"rounding": value} for value in ("nearest", "hessian")],
    ids=str,
)
def test_a_spec_may_say_it(given):
    assert plugins.check_options(PostTraining, given, "evaluator") == given
