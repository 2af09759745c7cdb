"""The built-in evaluators keep the contract."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import spaces
import torch
from autoquant_search_spaces.choices import Choices
from autoquant_workers.post_training import PostTraining
from torch import nn
from toy import Toy

from autoquant import plugins
from autoquant.data import DataSplits, Split, SplitName
from autoquant.interfaces import Evaluator, Prepared
from autoquant.space import SearchSpace
from autoquant.testing.evaluators import CHECKS, check_evaluator
from autoquant.trial import Measurement


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(16, 3)
    ).eval()


def examples(seed: int, count: int = 40) -> Split:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 1, 6, 6, generator=generator)
    return Split(inputs, network()(inputs).argmax(1))


def post_training(**options: Any) -> PostTraining:
    return PostTraining(network(), DataSplits(examples(1), examples(2), examples(3)), **options)


OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "small batches": {"batch_size": 7},
    "kept": {"keep_float": ["5"]},
    "nearest": {"rounding": "nearest"},
    "polished from nearest": {"rounding": "nearest", "sequential": "front"},
    "fitted layer by layer": {"sequential": True},
    "integers, polished": {"arithmetic": "integer", "sequential": "front"},
    "corrected": {"bias_correction": True, "reestimate_batch_norm": True},
}


def bit_widths(evaluator: Evaluator) -> SearchSpace:
    profile = evaluator.profile()
    assert profile is not None
    return spaces.bit_widths(profile, weights=[2, 4, 8], activations=[4, 8, "float"])


def choices(evaluator: Evaluator) -> SearchSpace:
    return Choices(None, choices={f"c{i}": [0, 1, 2, 3] for i in range(5)})


def test_the_built_in_evaluators_are_found() -> None:
    assert "post_training" in plugins.names("evaluator")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_contract(options: dict[str, Any], check: Callable[..., None]) -> None:
    check(lambda: post_training(**options), bit_widths)


def test_which_of_them_polish() -> None:
    polishing = [name for name, options in OPTIONS.items() if post_training(**options).polishes]
    assert polishing == ["default", "small batches", "kept", "polished from nearest", "integers, polished"]


class Honest(Toy):
    """A third-party evaluator that keeps the contract."""

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        found = super().score(prepared, split)
        return Measurement({**found.metrics, "size": found.metrics["size"] + (split == "test")}, found.standard_errors)


def changed(change: Callable[[Honest, dict[str, float]], dict[str, float]], **methods: Any) -> type[Honest]:
    """An evaluator whose metrics are changed."""

    def score(self: Honest, *given: Any) -> Measurement:
        found = Honest.score(self, *given)
        return Measurement(change(self, dict(found.metrics)), found.standard_errors)

    return type("Changed", (Honest,), {"score": score, **methods})


def remembers(self: Any, metrics: dict[str, float]) -> dict[str, float]:
    self.asked = getattr(self, "asked", 0) + 1
    return metrics | {"loss": metrics["loss"] + self.asked}


class Polished(Honest):
    """One that polishes as well."""

    @property
    def polishes(self) -> bool:
        return True

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        found = super().score(prepared, split)
        if not prepared.request.polish:
            return found
        return replace(found, metrics={**found.metrics, "loss": found.metrics["loss"] + 0.25})


def mistakes(self: Any, prepared: Prepared, split: SplitName) -> Measurement:
    """The first score of a candidate, whichever it was."""
    known: dict[Any, Measurement] = self.__dict__.setdefault("known", {})
    return known.setdefault((prepared.candidate, split), Polished.score(self, prepared, split))


def polishes_at_random(self: Any, prepared: Prepared, split: SplitName) -> Measurement:
    found = Polished.score(self, prepared, split)
    metrics = {**found.metrics, "loss": found.metrics["loss"] + random.random()}
    return replace(found, metrics=metrics) if prepared.request.polish else found


def polishes_less(self: Any, prepared: Prepared, split: SplitName) -> Measurement:
    found = Polished.score(self, prepared, split)
    return Measurement({"loss": found.metrics["loss"]}) if prepared.request.polish else found


BROKEN: dict[str, type[Honest]] = {
    "polishing changes nothing": type("Idle", (Polished,), {"score": Honest.score}),
    "polished and plain are mistaken for one another": type("Mistaken", (Polished,), {"score": mistakes}),
    "polishing is random": type("Random", (Polished,), {"score": polishes_at_random}),
    "polished, a metric is missing": type("Less", (Polished,), {"score": polishes_less}),
    "one metric is missing": changed(lambda _, found: {"loss": found["loss"], "size": found["size"]}),
    "one metric is not declared": changed(lambda _, found: found | {"more": 1.0}),
    "not a number": changed(lambda _, found: found | {"loss": float("nan")}),
    "a tensor": changed(lambda _, found: found | {"loss": torch.tensor(0.5)}),  # type: ignore[dict-item]
    "better than the best": changed(lambda _, found: found | {"quality": 1.5}),
    "it depends on the order": changed(remembers),
    "it is random": changed(lambda _, found: found | {"loss": random.random()}),
    "it sees no difference": changed(lambda _, found: {"quality": 0.5, "loss": 0.5, "size": 1.0}),
    "bounds are turned": type("Turned", (Honest,), {"bounds": lambda self: {"loss": (4.0, 0.0)}}),
    "bounds of something else": type("Else", (Honest,), {"bounds": lambda self: {"speed": (4.0, 0.0)}}),
    "the test split is the search split": type("Same", (Honest,), {"score": Toy.score}),
    "many differ from each": type(
        "Many", (Honest,), {"score_many": lambda self, *given: Honest.score_many(self, *given)[::-1]}
    ),
    "errors are negative": type(
        "Negative",
        (Honest,),
        {"score": lambda self, *given: Measurement(Honest.score(self, *given).metrics, {"loss": -1})},
    ),
}


def test_the_suite_accepts_an_honest_evaluator() -> None:
    check_evaluator(lambda: Honest(None, None), choices)
    check_evaluator(lambda: Polished(None, None), choices)


@pytest.mark.parametrize("made", BROKEN.values(), ids=BROKEN)
def test_the_suite_catches_an_evaluator_that_breaks_the_contract(made: type[Honest]) -> None:
    with pytest.raises(AssertionError):
        check_evaluator(lambda: made(None, None), choices)
