"""Names of metrics, and who gives them."""

from __future__ import annotations

from typing import Any

import pytest

from autoquant.errors import SpecError
from autoquant.objective import Objective
from autoquant.planning.metric_resolver import MetricResolver, ModelChoice, own_model, resolve_metrics
from autoquant.spec import PluginSpec, SearchSpec

SPEC = SearchSpec.from_dict({"space": "choices", "objectives": ["loss"]})
MEASURED: dict[str, Any] = {"accuracy": "maximize", "loss": "minimize", "bitops": "maximize"}


def resolver(*own: ModelChoice) -> MetricResolver:
    return MetricResolver(SPEC, MEASURED, own)


def test_metrics_know_their_direction() -> None:
    wanted = ["accuracy", "loss", "accuracy_drop", "weight_bytes", "latency_ms@cortex-m7"]
    found = [resolver().find(text) for text in wanted]
    assert [metric.direction for metric in found] == ["maximize", *["minimize"] * 4]
    assert [metric.drop_of for metric in found] == [None, None, "accuracy", None, None]
    keys = [metric.cost and metric.cost.key for metric in found]
    assert keys == [None, None, None, "weight_bytes", "latency_ms@cortex-m7"]


def test_the_metrics_of_a_spec_are_found_each_once() -> None:
    fields = {
        "space": "choices",
        "evaluator": "toy:ToyNetwork",
        "objectives": ["loss_drop", "weight_bytes"],
        "constraints": [
            "weight_bytes <= 9",
            "quality_drop <= 1",
            "energy_uj@cortex-m7 <= 1",
            "latency_ms@cortex-m7 <= 1",
        ],
    }
    found = resolve_metrics(SearchSpec.from_dict(fields))
    assert found.objectives == (Objective("loss_drop", "minimize"), Objective("weight_bytes", "minimize"))
    assert found.drops == {"loss": "minimize", "quality": "maximize"}
    weights, energy, latency = found.costs
    assert [weights.key, energy.key, latency.key] == ["weight_bytes", "energy_uj@cortex-m7", "latency_ms@cortex-m7"]
    assert energy.model is latency.model, "one model gives both metrics of a device"


def test_what_is_measured_and_priced_is_refused() -> None:
    with pytest.raises(SpecError, match=r"'bitops' is priced by the cost model 'bitops' and measured by the evaluator"):
        resolver().find("bitops")


def test_the_models_of_a_spec_come_before_the_installed_ones() -> None:
    own = own_model(PluginSpec(name="toy:OwnBytes", each=3), "cost_models[0]")
    cost = resolver(own).find("weight_bytes").cost
    assert cost is not None
    assert (cost.model_name, cost.key, cost.metric) == ("toy:OwnBytes", "weight_bytes", "weight_bytes")
    assert cost.model.each == 3.0  # type: ignore[attr-defined]


def test_everything_that_could_be_named_is_listed() -> None:
    names = resolver().accepted()
    assert {"accuracy", "loss", "accuracy_drop", "loss_drop", "weight_bytes", "latency_ms@cortex-m4"} <= set(names)
    assert "latency_ms" not in names


@pytest.mark.parametrize("text", ["latency_ms@", "a  b", ""])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="is not the name of a metric"):
        resolver().find(text)


def test_an_unknown_metric_lists_who_gives_which() -> None:
    with pytest.raises(SpecError) as caught:
        resolver().find("top1")
    text = str(caught.value)
    assert text.count("cortex-m7") == 1
    for part in (
        "no metric is called 'top1'; ",
        "measured by the evaluator: accuracy, loss, bitops, each also with _drop; ",
        "costs: bitops, peak_memory, weight_bytes; on a device: energy_uj@DEVICE, latency_ms@DEVICE, with one of ",
        "a metric of your own: write an evaluator",
    ):
        assert part in text
    with pytest.raises(SpecError, match="did you mean 'latency_ms@DEVICE'"):
        resolver().find("latency")


def test_a_device_without_a_power_is_refused_by_name() -> None:
    with pytest.raises(
        SpecError, match=r"'energy_uj@galaxy-note10': the file of the device has no \[power\]; add"
    ) as e:
        resolver().find("energy_uj@galaxy-note10")
    assert "devices that have energy_uj: cortex-m4, cortex-m7" in str(e.value)
    assert "galaxy-note10" not in str(e.value).partition("devices that have")[2]
    assert resolver().find("latency_ms@galaxy-note10").cost is not None
