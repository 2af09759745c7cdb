"""The post-training evaluator on a toy classifier."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from autoquant_search_spaces.bit_widths import BitWidths
from autoquant_search_spaces.choices import Choices
from autoquant_workers.post_training import PostTraining
from measuring import measure, measure_many, measure_reference
from spaces import bit_widths
from torch import Tensor, nn

from autoquant import plugins
from autoquant.data import DataSplits, Split
from autoquant.errors import EvaluationError, SpecError, UnsupportedError
from autoquant.quantization import build_quantized


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(16, 3)
    ).eval()


def examples(seed: int, count: int = 20) -> Split:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 1, 6, 6, generator=generator)
    return Split(inputs, network()(inputs).argmax(1))


def data(calibration: bool = True) -> DataSplits:
    return DataSplits(examples(1), examples(2), examples(3) if calibration else None)


def space_of(evaluator: PostTraining, **options: Any) -> BitWidths:
    return bit_widths(evaluator.profile(), **({"weights": [2, 4, 8], "activations": [4, 8]} | options))


def test_it_is_installed_with_its_options():
    assert plugins.load("evaluator", "post_training") is PostTraining
    checked = plugins.check_options(PostTraining, {"batch_size": 3, "keep_float": ["0"]}, "evaluator")
    assert PostTraining(network(), data(), **checked).profile().layers[0].kept_float
    with pytest.raises(SpecError, match=r"evaluator.batch_size: must be 1 or more \(given: 0\)"):
        plugins.check_options(PostTraining, {"batch_size": 0}, "evaluator")


def test_reference_is_the_float_network():
    split = data().test
    measured = measure_reference(PostTraining(network(), data()), "test")
    with torch.no_grad():
        losses = nn.functional.cross_entropy(network()(split.inputs).double(), split.targets, reduction="none")
    assert measured.metrics["accuracy"] == 1.0
    assert measured.metrics["loss"] == pytest.approx(float(losses.mean()), rel=1e-5)
    assert measured.standard_errors["accuracy"] == 0.0
    assert measured.standard_errors["loss"] == pytest.approx(float(losses.std()) / math.sqrt(20), rel=1e-5)
    assert measured.seconds > 0


def test_the_divergence_is_that_of_the_float_networks_probabilities_and_needs_no_labels():
    splits = data()
    evaluator = PostTraining(network(), splits, batch_size=7)
    space = space_of(evaluator)
    few, many = (space.uniform()[label] for label in ("W2A4", "W8A8"))
    found = measure(evaluator, space, few, "test")
    assert splits.calibration is not None
    built = build_quantized(network(), splits.calibration.inputs, space.precisions(few), batch_size=7)
    with torch.no_grad():
        p, q = (module(splits.test.inputs).double().softmax(1) for module in (network(), built))
    each = (p * (p / q).log()).sum(1)
    assert found.metrics["divergence"] == pytest.approx(float(each.mean()), rel=1e-4)
    assert found.standard_errors["divergence"] == pytest.approx(float(each.std()) / math.sqrt(20), rel=1e-4)
    assert measure(evaluator, space, many, "test").metrics["divergence"] < found.metrics["divergence"] / 100
    assert measure_reference(evaluator, "test").metrics["divergence"] == 0
    labels = (splits.test.targets + 1) % 3
    other = PostTraining(network(), replace(splits, test=Split(splits.test.inputs, labels)), batch_size=7)
    assert measure(other, space, few, "test").metrics["divergence"] == found.metrics["divergence"]


def test_the_same_candidate_measures_the_same_in_any_order_and_worker():
    first, second = PostTraining(network(), data()), PostTraining(network(), data())
    space = space_of(first)
    candidates = [tuple(int(i) for i in row) for row in space.sample(np.random.default_rng(0), 6)]
    forward = [measure(first, space, candidate).metrics for candidate in candidates]
    reference = measure_reference(second, "search").metrics
    backward = [measure(second, space, candidate).metrics for candidate in candidates[::-1]]
    assert forward == backward[::-1]
    assert measure_reference(second, "search").metrics == reference
    assert len({metrics["loss"] for metrics in forward}) > 1


def test_many_bits_are_close_to_float_and_few_are_not():
    evaluator = PostTraining(network(), data())
    space = space_of(evaluator)
    loss = {label: measure(evaluator, space, c, "test").metrics["loss"] for label, c in space.uniform().items()}
    reference = measure_reference(evaluator, "test").metrics["loss"]
    assert loss["W8A8"] == pytest.approx(reference, rel=0.01)
    assert loss["W2A4"] != pytest.approx(reference, rel=0.01)
    guess = (0.0, pytest.approx(math.log(3)))
    assert evaluator.bounds() == {"accuracy": (1.0, 0.0), "loss": guess, "divergence": guess}


def test_arrays_and_tensors_are_equivalent():
    splits = data()
    arrays = DataSplits(
        *(Split(split.inputs.numpy().astype(np.float64), split.targets.numpy().astype(np.int32)) for _, split in splits)
    )
    evaluators = [PostTraining(network(), splits), PostTraining(network(), arrays)]
    space = space_of(evaluators[0])
    candidate = space.uniform()["W4A4"]
    found = [measure(evaluator, space, candidate).metrics for evaluator in evaluators]
    assert found[0] == found[1]


def test_activations_need_a_calibration_split():
    evaluator = PostTraining(network(), data(calibration=False))
    evaluator.check(space_of(evaluator, activations=["float"]))
    with pytest.raises(SpecError, match=r"no calibration split; give DataSplits\(search, test, calibration\)"):
        evaluator.check(space_of(evaluator))


def test_a_space_of_another_network_or_without_layers_is_refused():
    evaluator = PostTraining(network(), data())
    other = PostTraining(nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), data())
    with pytest.raises(SpecError, match="describes 1 layers, the network has 3"):
        evaluator.check(space_of(other))
    with pytest.raises(UnsupportedError, match="describes no network layers"):
        evaluator.check(Choices(None, choices={"a": [1, 2]}))


def test_network_and_data_are_needed():
    with pytest.raises(SpecError, match="network: post_training needs one"):
        PostTraining(None, data())
    with pytest.raises(SpecError, match="data: post_training needs some"):
        PostTraining(network(), None)


def with_value(value: float) -> DataSplits:
    splits = data()
    splits.test.inputs[7, 0, 0, 0] = value
    return splits


def with_targets(targets: Tensor) -> DataSplits:
    return DataSplits(data().search, Split(data().test.inputs, targets))


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (with_value(float("nan")), "1 of 20 inputs of the test split hold NaN or infinite values; .* number 7"),
        (with_targets(torch.zeros(20)), r"targets of the test split have shape \(20,\) and type torch.float32"),
        (with_targets(torch.zeros(20, 3, dtype=torch.long)), "write an evaluator of your own"),
        (with_targets(torch.full((20,), 3)), "labels of the test split go from 3 to 3, and the network has 3 classes"),
        (with_targets(torch.full((20,), -1)), "labels of the test split go from -1"),
        (DataSplits(examples(1), examples(1)), "20 of the 20 inputs of the (search|test) split are in the"),
        (DataSplits(examples(1), examples(2), examples(2, 5)), "(calibration|test) split are in the (test|calib)"),
        (
            DataSplits(examples(1), Split(torch.zeros(2, 1, 7, 6), torch.zeros(2, dtype=torch.long))),
            r"an input of the test split has shape \(1, 7, 6\), torch.float32, one of the search split has shape",
        ),
        (DataSplits(Split(["a"], [0]), Split(["b"], [1])), "the search split is no tensor or array"),
        (
            DataSplits(*[Split(torch.full((2, 4), i), torch.tensor([0, 1])) for i in range(2)]),
            r"network: it does not run on a batch of shape \(2, 4\), torch.int64",
        ),
    ],
)
def test_wrong_data_is_one_clear_sentence(splits, message):
    with pytest.raises(SpecError, match=message) as caught:
        PostTraining(network(), splits)
    assert "\n" not in str(caught.value)


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(36, 3)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        values = self.layer(inputs.flatten(1))
        return values, values


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Pair(), "its output is a tuple"),
        (nn.Conv2d(1, 3, 3), r"its output for 2 examples has shape \(2, 3, 4, 4\)"),
        (nn.Sequential(nn.Flatten(), nn.Linear(36, 1)), "at least two classes"),
    ],
)
def test_outputs_must_be_class_scores(module, message):
    with pytest.raises(SpecError, match=message):
        PostTraining(module, data())


class Overflow(nn.Module):
    """Not finite for inputs beyond what the first examples show."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs) * torch.exp(inputs.amax(1, keepdim=True) * 100)


def test_a_loss_that_is_not_finite_is_no_result():
    inputs = torch.rand(6, 4) / 10
    inputs[5] = 5
    splits = DataSplits(Split(inputs, torch.zeros(6, dtype=torch.long)), Split(inputs[:3] + 1, torch.tensor([0, 1, 0])))
    evaluator = PostTraining(Overflow(), splits)
    with pytest.raises(EvaluationError, match="the loss of 1 of 6 examples of the search split is not finite"):
        measure_reference(evaluator, "search")


CORRECTIONS = [{"bias_correction": True}, {"reestimate_batch_norm": True}]
CORRECTIONS.append(CORRECTIONS[0] | CORRECTIONS[1])


def settled() -> nn.Module:
    """The network with the statistics of its examples in its BatchNorm."""
    module = network().train()
    module[1].momentum = None
    with torch.no_grad():
        module(torch.cat([examples(seed).inputs for seed in range(10, 60)]))
    return module.eval()


@pytest.mark.parametrize("options", CORRECTIONS, ids=str)
def test_corrections_are_those_of_each_candidate_whatever_else_is_in_its_batch(options):
    together, alone = (PostTraining(settled(), data(), batch_size=7, rounding="nearest", **options) for _ in range(2))
    space = space_of(together, weights=[2, 3])
    together.check(space)
    candidates = [tuple(int(i) for i in row) for row in space.sample(np.random.default_rng(0), 5)]
    reference = measure_reference(together, "search").metrics
    found = [measured.metrics for measured in measure_many(together, space, candidates, "search")]
    assert [measure(alone, space, candidate).metrics for candidate in candidates[::-1]] == found[::-1]
    assert (
        measure_reference(together, "search").metrics
        == reference
        == measure_reference(PostTraining(settled(), data()), "search").metrics
    )
    plain = PostTraining(settled(), data(), batch_size=7, rounding="nearest")
    assert [measure(plain, space, candidate).metrics for candidate in candidates] != found


def test_corrections_need_calibration_and_a_scale_for_each_channel():
    for options in CORRECTIONS:
        with pytest.raises(SpecError, match="data: bias_correction and reestimate_batch_norm need a calibration split"):
            PostTraining(network(), data(calibration=False), **options)
    evaluator = PostTraining(network(), data(), reestimate_batch_norm=True)
    with pytest.raises(SpecError, match="the space quantizes weights per tensor; set"):
        evaluator.check(space_of(evaluator, granularity="per_tensor"))
    PostTraining(network(), data(), bias_correction=True).check(space_of(evaluator, granularity="per_tensor"))
