"""The evaluator with the arithmetic of integer runtimes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from autoquant_workers.post_training import PostTraining
from measuring import measure, measure_many, measure_reference
from spaces import bit_widths
from torch import Tensor, nn

from autoquant import plugins
from autoquant.data import DataSplits, Split
from autoquant.errors import SpecError
from autoquant.quantization import build_quantized


class Residual(nn.Module):
    """Adds in place."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.a = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.norm, self.relu, self.last = nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.relu(self.stem(inputs))
        more = self.norm(self.a(values))
        more += values
        return self.last(self.relu(more).mean((2, 3)))


def data(calibration: bool = True) -> DataSplits:
    random = torch.Generator().manual_seed(0)
    inputs, targets = torch.randn(60, 2, 6, 6, generator=random), torch.randint(3, (60,), generator=random)
    splits = [Split(inputs[start : start + 20], targets[start : start + 20]) for start in (0, 20, 40)]
    return DataSplits(*splits[: 3 if calibration else 2])


def evaluator(calibration: bool = True, **options: Any) -> PostTraining:
    checked = plugins.check_options(PostTraining, {"batch_size": 7} | options, "evaluator")
    return PostTraining(Residual().eval(), data(calibration), **checked)


OPTIONS = [{"biases": "integer"}, {"additions": 8}, {"arithmetic": "integer"}]
WIDTHS = {"weights": [2, 4, "float"], "activations": [4, 8, "float"]}


@pytest.mark.parametrize("options", [*OPTIONS, {"arithmetic": "integer", "bias_correction": True}], ids=str)
def test_candidates_measure_the_same_together_alone_and_without_a_memo(options: dict[str, Any]) -> None:
    together, alone = evaluator(**options), evaluator(memo_mb=0, **options)
    space = bit_widths(together.profile(), **WIDTHS)
    together.check(space)
    candidates = [tuple(int(i) for i in row) for row in space.sample(np.random.default_rng(0), 12)]
    reference = measure_reference(together).metrics
    found = [one.metrics for one in measure_many(together, space, candidates)]  # type: ignore[union-attr]
    assert [measure(alone, space, candidate).metrics for candidate in candidates[::-1]] == found[::-1]
    assert measure_reference(together).metrics == reference == measure_reference(evaluator()).metrics
    plain = evaluator(**{key: value for key, value in options.items() if key == "bias_correction"})
    assert [measure(plain, space, candidate).metrics for candidate in candidates] != found


@pytest.mark.parametrize("options", [*OPTIONS, {"arithmetic": "integer", "reestimate_batch_norm": True}], ids=str)
def test_the_built_network_is_the_measured_one(options: dict[str, Any]) -> None:
    measured, split = evaluator(**options), data()
    space = bit_widths(measured.profile(), weights=[2, 4], activations=[4])
    candidate = space.uniform()["W4A4"]
    assert split.calibration is not None
    precisions = space.precisions(candidate)
    network = build_quantized(Residual().eval(), split.calibration.inputs, precisions, **options)
    with torch.no_grad():
        losses = nn.functional.cross_entropy(network(split.test.inputs).double(), split.test.targets)
    assert measure(measured, space, candidate, "test").metrics["loss"] == pytest.approx(float(losses), rel=1e-6)


def test_the_profile_says_what_is_quantized() -> None:
    assert [row.input_bits for row in evaluator(arithmetic="integer").profile().operations if row.kind == "add"] == [8]
    assert all(row.input_bits is None for row in evaluator(biases="integer").profile().operations)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_calibration_is_needed(options: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"data: integer biases and additions of 8 bits need a calibration split; give"):
        evaluator(calibration=False, **options)
    evaluator(calibration=False, arithmetic="float")


def test_wrong_options_are_one_sentence() -> None:
    with pytest.raises(SpecError, match=r"arithmetic: 'integer' means additions: 8, and additions is 'float'"):
        evaluator(arithmetic="integer", additions="float")
    with pytest.raises(SpecError, match=r"evaluator.additions: .*4"):
        evaluator(additions=4)
    with pytest.raises(SpecError, match=r"evaluator.biases"):
        evaluator(biases="int32")
