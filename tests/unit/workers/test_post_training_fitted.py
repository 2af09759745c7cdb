"""The evaluator with fitted weights: what it measures, alone and among others, polished and not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from autoquant_search_spaces.bit_widths import BitWidths
from autoquant_workers.post_training import PostTraining
from measuring import measure, measure_many, measure_reference
from spaces import bit_widths
from torch import Tensor, nn

from autoquant import plugins
from autoquant.data import DataSplits, Split
from autoquant.errors import SpecError
from autoquant.interfaces import EvaluationRequest
from autoquant.quantization import build_quantized
from autoquant.space import Candidate, SearchSpace
from autoquant.trial import Measurement

pytestmark = pytest.mark.usefixtures("cache")

Scores = tuple[dict[str, float], dict[str, float]]


class Residual(nn.Module):
    """Adds in place."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.a = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, bias=False)
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


def space_of(built: PostTraining) -> BitWidths:
    return bit_widths(built.profile(), weights=[2, 3, "float"], activations=[4, 8, "float"])


def candidates_of(space: SearchSpace, count: int = 6) -> list[Candidate]:
    """With equal prefixes among them."""
    rows = space.sample(np.random.default_rng(0), count)
    for row in rows[1::2]:
        row[:3] = rows[0][:3]
    return [tuple(int(index) for index in row) for row in rows]


def scores(outcome: Measurement | Exception) -> Scores:
    assert isinstance(outcome, Measurement), outcome
    return dict(outcome.metrics), dict(outcome.standard_errors)


def polished(built: PostTraining, space: SearchSpace, candidate: Candidate, split: Any = "search") -> Scores:
    return scores(built.score(built.prepare(space, EvaluationRequest(candidate, polish=True)), split))


def plain(built: PostTraining, space: SearchSpace, candidate: Candidate) -> Scores:
    return scores(measure(built, space, candidate))


def test_defaults_follow_from_the_calibration_split():
    fitted, without = evaluator(), evaluator(calibration=False)
    assert fitted.polishes
    assert not without.polishes
    assert fitted.profile().notes[-1].endswith("outputs of their layers on the calibration split (rounding: hessian)")
    assert without.profile().notes[-1] == "weights are rounded to nearest (rounding: nearest)"
    for rounding in ("hessian", "nearest"):
        named = evaluator(rounding=rounding)
        same = plain(named, space_of(named), (0,) * 6) == plain(fitted, space_of(fitted), (0,) * 6)
        assert same == (rounding == "hessian")


@pytest.mark.parametrize(
    ("options", "polishes"),
    [
        ({}, True), ({"sequential": "front"}, True), ({"sequential": True}, False), ({"sequential": False}, False),
        ({"rounding": "nearest"}, False), ({"rounding": "nearest", "sequential": "front"}, True),
        ({"bias_correction": True}, False), ({"reestimate_batch_norm": True}, False),
        ({"bias_correction": "layer"}, False), ({"arithmetic": "integer"}, True),
    ],
    ids=str,
)  # fmt: skip
def test_what_polishes_and_what_does_not(options, polishes):
    built = evaluator(**options)
    space = space_of(built)
    assert built.polishes == polishes
    found = [polished(built, space, candidate) for candidate in candidates_of(space)]
    assert (found != [plain(built, space, candidate) for candidate in candidates_of(space)]) == polishes


@pytest.mark.parametrize("split", ["search", "test"])
def test_polished_scores_are_those_of_a_sequential_fit_whatever_else_is_measured(split):
    first, second = evaluator(), evaluator(memo_mb=0)
    always = evaluator(sequential=True)
    space = space_of(first)
    candidates = candidates_of(space)
    found = [polished(first, space, candidate, split) for candidate in candidates]
    assert [polished(second, space, candidate, split) for candidate in candidates[::-1]] == found[::-1]
    outcomes = measure_many(always, space, candidates, split)
    assert [scores(outcome) for outcome in outcomes] == found
    assert [polished(always, space, candidate, split) for candidate in candidates] == found


MIXED = [{}, {"arithmetic": "integer"}, {"rounding": "nearest", "sequential": "front"}]


@pytest.mark.parametrize("options", MIXED, ids=str)
def test_polished_and_plain_together_are_each_alone(options):
    together = evaluator(**options)
    space = space_of(together)
    requests = [EvaluationRequest(c, polish=polish) for c in candidates_of(space) for polish in (True, False)]
    requests.insert(3, EvaluationRequest(None))
    ready = [together.prepare(space, request) for request in requests]
    for _ in range(2):
        found = [scores(outcome) for outcome in together.score_many(ready, "search")]
        alone = []
        for request in requests:
            fresh = evaluator(memo_mb=0, **options)
            alone.append(scores(fresh.score(fresh.prepare(space, request), "search")))
        assert found == alone
    assert together._memo.hits > 0


BUILT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"rounding": "nearest"}, {"rounding": "nearest"}),
    ({"bias_correction": "layer"}, {"rounding": "nearest+bias"}),
    ({"sequential": True}, {"sequential": True}),
    ({"rounding": "nearest", "sequential": True}, {"rounding": "nearest", "sequential": True}),
    ({"arithmetic": "integer"}, {"arithmetic": "integer"}),
    ({"arithmetic": "integer", "sequential": True}, {"arithmetic": "integer", "sequential": True}),
    ({"additions": 8, "rounding": "nearest"}, {"additions": 8, "rounding": "nearest"}),
    ({"biases": "integer", "bias_correction": "layer"}, {"biases": "integer", "rounding": "nearest+bias"}),
    ({"bias_correction": True}, {"bias_correction": True}),
    ({"bias_correction": True, "rounding": "hessian"}, {"bias_correction": True, "rounding": "hessian"}),
    ({"reestimate_batch_norm": True}, {"reestimate_batch_norm": True}),
    ({"keep_float": ["a"]}, {"keep_float": ["a"]}),
]


@pytest.mark.parametrize(("options", "same"), BUILT, ids=str)
@pytest.mark.parametrize("batch_size", [7, 100])
def test_a_network_is_built_as_it_was_measured(cache, options, same, batch_size):
    measured, split = evaluator(batch_size=batch_size, **options), data()
    space = space_of(measured)
    assert split.calibration is not None
    for candidate in candidates_of(space, 3):
        precisions = space.precisions(candidate)
        same = same if batch_size == 100 else same | {"batch_size": batch_size}
        module = build_quantized(Residual().eval(), split.calibration.inputs, precisions, **same)
        with torch.no_grad():
            outputs = torch.cat([module(part.clone()) for part in split.test.inputs.split(batch_size)])
        loss = float(nn.functional.cross_entropy(outputs.double(), split.test.targets))
        assert measure(measured, space, candidate, "test").metrics["loss"] == pytest.approx(loss, rel=1e-12)
        again = build_quantized(Residual().eval(), split.calibration.inputs, precisions, **same)
        assert all(torch.equal(value, module.state_dict()[name]) for name, value in again.state_dict().items())


def test_a_space_may_name_roundings_where_there_is_calibration():
    built, without = evaluator(), evaluator(calibration=False)
    roundings = ["nearest", "nearest+bias", "hessian"]
    space = bit_widths(built.profile(), weights=[2], roundings=roundings)
    built.check(space)
    found = [plain(built, space, candidate) for candidate in ((0, 0, 0), (1, 1, 1), (2, 2, 2))]
    for options, expected in zip(({"rounding": "nearest"}, {"bias_correction": "layer"}, {}), found, strict=True):
        other = evaluator(**options)
        assert plain(other, bit_widths(other.profile(), weights=[2, 3]), (0, 0, 0)) == expected
    with pytest.raises(SpecError, match=r"space.roundings: fitted weights and biases need a calibration split"):
        without.check(bit_widths(without.profile(), weights=[2], roundings=roundings))
    without.check(bit_widths(without.profile(), weights=[2, 3], roundings=["nearest"]))


def test_a_rounding_of_the_space_stands_when_it_is_polished():
    built = evaluator()
    space = bit_widths(built.profile(), weights=[2], roundings=["nearest", "hessian"])
    assert polished(built, space, (0, 0, 0)) == plain(built, space, (0, 0, 0))
    assert polished(built, space, (1, 1, 1)) != plain(built, space, (1, 1, 1))


def test_a_cache_that_cannot_be_used_fails_what_needs_it(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AUTOQUANT_CACHE", str(tmp_path / "file"))
    built = evaluator()
    space = space_of(built)
    built.check(space)
    outcomes = measure_many(built, space, [(2,) * 6, (0,) * 6, (1,) * 6])
    assert isinstance(outcomes[0], Measurement)
    for outcome in outcomes[1:]:
        assert isinstance(outcome, SpecError)
        assert "set AUTOQUANT_CACHE to a folder that can" in str(outcome)
    assert measure_reference(built).metrics == measure_reference(evaluator(rounding="nearest")).metrics


def test_large_layers_are_named_with_the_profile(monkeypatch):
    monkeypatch.setattr("autoquant.quantization.fitted_weights.MOMENTS_OF_A_LAYER", 4 * 18 * 18)
    notes = evaluator().profile().notes
    assert notes[-1] == "rounded to nearest, because their second moments would take more than 0 MB: a"


def calibrated(splits: DataSplits) -> DataSplits:
    """The first 64 examples of the search split calibrate."""
    inputs, targets = splits.search.inputs, splits.search.targets
    return DataSplits(Split(inputs[64:], targets[64:]), splits.test, Split(inputs[:64], targets[:64]))


def test_corrections_that_hurt_are_left_off_with_a_note(ds_cnn: nn.Module, keywords: DataSplits) -> None:
    """On DS-CNN, whose 64 utterances for calibration say little of its BatchNorms."""
    splits = calibrated(keywords)
    built = PostTraining(ds_cnn, splits, reestimate_batch_norm=True)
    space = bit_widths(built.profile(), weights=[4, 8])
    measured = measure(built, space, space.uniform()["W8"], "test")
    (note,) = measured.notes
    assert note.startswith("reestimate_batch_norm left off: on the calibration split it moves the outputs further from")
    reference = measure_reference(built, "test")
    assert abs(measured.metrics["accuracy"] - reference.metrics["accuracy"]) <= 0.01
    assert reference.notes == ()
    assert scores(measured) == scores(measure(PostTraining(ds_cnn, splits), space, space.uniform()["W8"], "test"))
    assert (note,) == measure(built, space, space.uniform()["W8"], "search").notes


def test_fitting_and_polishing_help_a_real_network(ds_cnn: nn.Module, keywords: DataSplits) -> None:
    """At 3 bits, on the test split."""
    splits = calibrated(keywords)
    fitted, nearest = PostTraining(ds_cnn, splits), PostTraining(ds_cnn, splits, rounding="nearest")
    space = bit_widths(fitted.profile(), weights=[3, 8])
    candidate = space.uniform()["W3"]
    loss = [
        measure(nearest, space, candidate, "test").metrics["loss"],
        measure(fitted, space, candidate, "test").metrics["loss"],
        polished(fitted, space, candidate, "test")[0]["loss"],
    ]
    assert loss[0] > 2 * loss[1] > 2 * loss[2]


class Gate(nn.Module):
    """Fitting harms it: where its first layer varies most, the rectifier lets nothing through."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 1), nn.Linear(1, 2)
        self.first.weight.data = torch.tensor([[-1.0, 0.7, -0.7, 0.7]])
        self.first.bias.data.zero_()
        self.last.weight.data = torch.tensor([[2.0], [-2.0]])
        self.last.bias.data = torch.tensor([-2.0, 2.0])

    def forward(self, inputs: Tensor) -> Tensor:
        return self.last(self.first(inputs).relu())


def gated() -> DataSplits:
    """Half of the inputs are large in what the rectifier hides, the others vary in the rest."""
    random = torch.Generator().manual_seed(0)
    inputs = torch.rand(300, 4, generator=random) * torch.tensor([0.0, 3.0, 3.0, 3.0])
    inputs[::2, 0] = 10 + 20 * torch.rand(150, generator=random)
    targets = torch.randint(2, (300,), generator=random)
    return DataSplits(*(Split(inputs[at::3], targets[at::3]) for at in range(3)))


@pytest.mark.parametrize("rounding", [None, "hessian"])
def test_a_precision_that_is_better_without_the_fit_goes_to_nearest_and_a_note_says_so(rounding):
    splits = gated()
    assert splits.calibration is not None
    built, named = PostTraining(Gate(), splits, rounding=rounding), PostTraining(Gate(), splits, rounding="nearest")
    fitted = PostTraining(Gate(), splits, rounding="hessian")
    space = bit_widths(built.profile(), weights=[2, 8], activations=["float"])
    two, eight = space.uniform()["W2"], space.uniform()["W8"]
    found, plain = measure(built, space, two), measure(named, space, two)
    assert plain.metrics["divergence"] < measure(fitted, space, two).metrics["divergence"] / 2
    assert (found.metrics == plain.metrics) == (rounding is None)
    assert ("W2 (symmetric, per_channel) is rounded to nearest" in "".join(found.notes)) == (rounding is None)
    assert measure(built, space, eight).notes == ()
    inputs, precisions = splits.calibration.inputs, space.precisions(two)
    networks = [build_quantized(Gate(), inputs, precisions, rounding=how) for how in (rounding, "nearest")]
    assert torch.equal(*(network.first.weight for network in networks)) == (rounding is None)
