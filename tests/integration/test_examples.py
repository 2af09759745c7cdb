"""The examples that come with the project: their specs make plans, and their networks and data are what they say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch

from autoquant.planning.plan import make_plan
from autoquant.settings import data_folder
from autoquant.spec import SearchSpec

EXAMPLES = Path(__file__).parents[2] / "examples"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_network", EXAMPLES / name / "network.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def need(folder: str) -> None:
    if not (data_folder() / folder).is_dir():
        pytest.skip(f"the real data is not there: {data_folder() / folder} (set AUTOQUANT_DATA)")


def test_resnet20_is_tied_along_its_residual_stream() -> None:
    need("cifar10_jpeg")
    plan = make_plan(SearchSpec.from_file(EXAMPLES / "resnet20_cifar10" / "spec.yaml"))
    weights = [choice.name for choice in plan.space.choices if choice.name.endswith(".weight")]
    assert len(weights) == 1 + 9, "one for the nine layers that are added, one for the first layer of each block"
    profile = plan.definition.profile
    assert profile is not None
    assert (profile.method, len(profile)) == ("fx", 20)
    (note,) = profile.notes
    assert note.endswith("(rounding: hessian)")


def test_keyword_spotting_makes_a_plan() -> None:
    need("kws")
    plan = make_plan(SearchSpec.from_file(EXAMPLES / "keyword_spotting" / "spec.yaml"))
    assert len(plan.space.choices) == 10


def test_the_text_classifier_ties_query_key_and_value() -> None:
    """An untrained network stands in for the one that would train for half a minute."""
    text = module("transformer_text")
    spec = SearchSpec.from_file(EXAMPLES / "transformer_text" / "spec.yaml")
    plan = make_plan(spec, network=text.TextClassifier().eval(), data=text.data())
    profile = plan.definition.profile
    assert profile is not None
    assert len(profile.quantizable) == 2 + 2 * 6 + 1
    assert len([choice for choice in plan.space.choices if "self_attn" in choice.name]) == 2 * 2
    assert [layer.kind for layer in profile].count("matmul") == 4


def test_the_text_is_of_this_python_and_its_splits_share_nothing() -> None:
    text = module("transformer_text")
    parts = {part: {tuple(row) for row in text.examples(part).inputs.tolist()} for part in text.PARTS}
    assert all(len(rows) > 200 for rows in parts.values())
    for part, rows in parts.items():
        others = set().union(*(parts[other] for other in parts if other != part))
        assert len(rows & others) < 0.02 * len(rows), part
    assert not set(text.PACKAGES) & set(text.vocabulary())


@pytest.mark.slow  # trains for about 20 s
def test_the_text_classifier_trains_itself_and_keeps_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = module("transformer_text")
    monkeypatch.setattr(text, "WEIGHTS", tmp_path / "weights.pt")
    network, test = text.trained(), text.data().test
    with torch.inference_mode():
        right = float((network(test.inputs).argmax(1) == test.targets).float().mean())
    assert right > 0.7
    monkeypatch.setattr(text, "train", None)
    kept = text.trained().state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in network.state_dict().items())


def test_keyword_spotting_chooses_among_recipes() -> None:
    need("kws")
    plan = make_plan(SearchSpec.from_file(EXAMPLES / "keyword_spotting" / "recipes.yaml"))
    options = {choice.name: choice.options for choice in plan.space.choices}
    assert len(options) == 10
    assert "W4@2:4" in options["block1.pointwise.conv.recipe"]
    assert "W4@2:4" not in options["block1.depthwise.conv.recipe"]
    profile = plan.definition.profile
    assert profile is not None
    assert [note for note in profile.notes if "go without the recipe W4@2:4" in note]
