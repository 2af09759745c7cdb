"""What a network costs before any search."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import toy

from autoquant.errors import SpecError, UnsupportedError
from autoquant.planning.network_costs import price_network
from autoquant.spec import SearchSpec


def spec(**changes: Any) -> SearchSpec:
    fields: dict[str, Any] = {
        "name": "toy",
        "space": {"name": "bit_widths", "weights": [2, 4], "activations": [4, 8]},
        "evaluator": "toy:ToyNetwork",
        "objectives": ["loss", "bitops"],
        "budget": {"n_trials": 1},
    }
    return SearchSpec.from_dict(fields | changes)


def by_metric(*arguments: Any, **options: Any) -> dict[str, Any]:
    return {one.metric: one for one in price_network(*arguments, **options).metrics}


def test_the_most_bits_of_the_space_are_estimated_in_its_own_metrics_and_those_of_the_device() -> None:
    costs = price_network(spec(), ["cortex-m7"])
    assert (costs.name, costs.bits) == ("toy", "W4A8")
    found = {one.metric: one for one in costs.metrics}
    assert next(iter(found)) == "bitops"
    assert {"bitops", "latency_ms@cortex-m7", "energy_uj@cortex-m7", "weight_bytes"} <= found.keys()
    assert found["bitops"].layers == tuple(32.0 * layer.macs for layer in toy.PROFILE)
    for one in found.values():
        if one.additive:
            assert sum(one.layers) == pytest.approx(one.total)
    assert set(found["latency_ms@cortex-m7"].limited_by) <= {"compute", "memory", "overhead"}
    assert set(found["weight_bytes"].limited_by) == {None}
    assert all(found["latency_ms@cortex-m7"].provenance.values())


@pytest.mark.parametrize(
    ("bits", "expected"), [("W8A8", 64.0), ("W2", 64.0), ("W2A4", 8.0), ("float", 1024.0), ("W16A2", 32.0)]
)
def test_any_bits_may_be_estimated_whatever_the_space_offers(bits: str, expected: float) -> None:
    found = by_metric(spec(), bits=bits)["bitops"]
    assert found.total == expected * sum(layer.macs for layer in toy.PROFILE)


@pytest.mark.parametrize("bits", ["W9A8", "8", "w8", "W8A", "W8A8A8", ""])
def test_bits_that_there_are_not_are_refused(bits: str) -> None:
    with pytest.raises(SpecError, match=r"--bits: .* is none of W8, W4A8, .. or 'float'; bit-widths: 2, 3, "):
        price_network(spec(), bits=bits or "nothing")


def test_an_unknown_device_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnsupportedError, match=r"no device is called 'cortex-m77'; did you mean 'cortex-m7'\?"):
        price_network(spec(), ["cortex-m77"])


def test_a_network_is_needed() -> None:
    choices = {"name": "choices", "choices": {"a": [1, 2]}}
    with pytest.raises(SpecError, match="evaluator: it has no network, so there is nothing to price"):
        price_network(spec(evaluator="toy:Toy", space=choices, objectives=["loss"]))


def test_a_device_may_be_a_file_of_either_kind(tmp_path: Path) -> None:
    board = tmp_path / "board.toml"
    board.write_text((files("autoquant_cost_models") / "devices" / "cortex-m7.toml").read_text())
    shipped, own = by_metric(spec(), ["cortex-m7"]), by_metric(spec(), [str(board)])
    assert own[f"latency_ms@{board}"].total == shipped["latency_ms@cortex-m7"].total
    with pytest.raises(SpecError, match=r"measured\.csv"):
        price_network(spec(), [str(tmp_path / "measured.csv")])
