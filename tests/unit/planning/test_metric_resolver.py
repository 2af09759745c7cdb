"""Names of metrics, and who gives them."""

from __future__ import annotations

from typing import Any

import pytest

from autoquant.errors import SpecError
from autoquant.objective import Objective
from autoquant.planning.metric_resolver import MetricFinder, ModelChoice, own_model
from autoquant.spec import PluginSpec, SearchSpec

SPEC = SearchSpec.from_dict({"space": "choices", "objectives": ["loss"]})
MEASURED: dict[str, Any] = {"accuracy": "maximize", "loss": "minimize", "bitops": "maximize"}


def finder(*own: ModelChoice) -> MetricFinder:
    return MetricFinder(SPEC, MEASURED, own)


def test_metrics_know_their_direction() -> None:
    found = finder()
    assert found.objective("accuracy", None) == Objective("accuracy", "maximize")
    assert found.objective("loss", "minimize") == Objective("loss", "minimize")
    assert found.objective("accuracy_drop", None) == Objective("accuracy_drop", "minimize")
    assert found.objective("weight_bytes", None) == Objective("weight_bytes", "minimize")
    assert found.objective("latency_ms@cortex-m7", None) == Objective("latency_ms@cortex-m7", "minimize")
    assert found.drops == {"accuracy": "maximize"}
    assert list(found.costs) == ["weight_bytes", "latency_ms@cortex-m7"]


def test_the_evaluator_comes_before_the_cost_models() -> None:
    found = finder()
    assert found.objective("bitops", None).direction == "maximize"
    assert found.costs == {}


def test_a_metric_is_looked_up_once() -> None:
    found = finder()
    found.find("weight_bytes")
    first = found.costs["weight_bytes"]
    found.find("weight_bytes")
    assert found.costs == {"weight_bytes": first}


def test_the_models_of_a_spec_come_before_the_installed_ones() -> None:
    own = own_model(PluginSpec(name="toy:OwnBytes", each=3), "cost_models[0]")
    found = finder(own)
    found.find("weight_bytes")
    cost = found.costs["weight_bytes"]
    assert (cost.model_name, cost.key, cost.metric) == ("toy:OwnBytes", "weight_bytes", "weight_bytes")
    assert cost.model.each == 3.0


def test_everything_that_could_be_named_is_listed() -> None:
    names = finder().accepted()
    assert {"accuracy", "loss", "accuracy_drop", "loss_drop", "weight_bytes", "latency_ms@cortex-m4"} <= set(names)
    assert "latency_ms" not in names


@pytest.mark.parametrize("text", ["latency_ms@", "a b", ""])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="is not the name of a metric"):
        finder().find(text)
