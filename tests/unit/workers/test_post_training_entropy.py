"""The entropy-coded size of a candidate, as a metric of its own."""

from __future__ import annotations

import pytest
import torch
from autoquant_search_spaces.recipes import RecipeOptions, Recipes
from autoquant_workers.post_training import PostTraining
from measuring import measure, measure_reference
from torch import nn

from autoquant.data import DataSplits, Split
from autoquant.quantization.entropy_coding import coded_bytes
from autoquant.quantization.weights import quantize_weight
from autoquant.recipes import parse_recipe


def network() -> nn.Module:
    torch.manual_seed(0)
    first = nn.Linear(16, 16)
    second = nn.Linear(16, 16, bias=False)
    second.weight = first.weight
    return nn.Sequential(first, nn.ReLU(), second, nn.LayerNorm(16), nn.Linear(16, 3)).eval()


def data() -> DataSplits:
    made = []
    for seed in range(2):
        inputs = torch.randn(20, 16, generator=torch.Generator().manual_seed(seed))
        made.append(Split(inputs, network()(inputs).argmax(1)))
    return DataSplits(*made)


def test_codes_are_counted_as_they_are_coded_and_all_else_as_it_is_stored() -> None:
    evaluator = PostTraining(network(), data(), entropy_coded=True)
    profile = evaluator.profile()
    space = Recipes(profile, recipes=RecipeOptions(options=["W3", "W8"]))
    module, how = network(), parse_recipe("W3")
    assert how is not None
    coded = [coded_bytes(quantize_weight(module[i].weight, how), how) for i in (0, 4)]
    expected = sum(coded) + 4 * (16 + 3) + 4 * 32
    assert measure(evaluator, space, space.uniform()["W3"]).metrics["coded_bytes"] == expected
    floats = 4 * (16 * 16 + 16 + 32 + 3 * 16 + 3)
    assert measure_reference(evaluator, "search").metrics["coded_bytes"] == floats
    assert evaluator.bounds()["coded_bytes"][0] == 0.0
    assert evaluator.bounds()["coded_bytes"][1] >= floats


def test_it_is_measured_only_where_it_is_asked_for() -> None:
    assert PostTraining(network(), data()).metrics.keys() == {"accuracy", "loss", "divergence"}
    assert PostTraining(network(), data(), entropy_coded=True).metrics["coded_bytes"] == "minimize"


@pytest.mark.parametrize("options", [{"sequential": True}, {"rounding": "hessian"}], ids=str)
def test_fitted_codes_are_counted_too(options: dict[str, object]) -> None:
    splits = data()
    calibration = torch.randn(50, 16, generator=torch.Generator().manual_seed(7))
    calibrated = DataSplits(splits.search, splits.test, Split(calibration, network()(calibration).argmax(1)))
    evaluator = PostTraining(network(), calibrated, entropy_coded=True, **options)  # type: ignore[arg-type]
    space = Recipes(evaluator.profile(), recipes=RecipeOptions(options=["W2", "W8"]))
    few, many = (measure(evaluator, space, space.uniform()[label]).metrics["coded_bytes"] for label in ("W2", "W8"))
    assert 4 * (16 + 3 + 32) < few < 0.7 * many
