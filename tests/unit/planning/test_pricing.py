"""Prices of populations, their bounds, and what is kept of them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import toy
from autoquant_cost_models.weight_bytes import WeightBytes
from autoquant_search_spaces.bit_widths import BitWidths
from spaces import bit_widths, recipes

from autoquant.errors import SpecError, UnsupportedError
from autoquant.interfaces import CostModel, table
from autoquant.planning.pricing import CostMetric, Pricer, layer_costs

SPACE = bit_widths(toy.PROFILE, weights=[2, 4, 8], activations=[8, "float"])


def pricer(model: CostModel, space: BitWidths = SPACE) -> Pricer:
    return Pricer([CostMetric("weight_bytes", "weight_bytes", "own", model)], toy.PROFILE, space)


class PerLayer(toy.OwnBytes):
    """A price of its own for every layer and precision."""

    def tables(self, network: Any, options: Any) -> Any:
        return {
            "weight_bytes": [
                table(row, lambda layer, p, i=i: 100.0 ** (i % 2) * p.weight_bits + p.activation_bits)
                for i, row in enumerate(options)
            ]
        }


def test_a_population_is_the_sum_over_its_layers() -> None:
    candidates = SPACE.sample(np.random.default_rng(0), 50)
    expected = [
        sum(100.0 ** (i % 2) * p.weight_bits + p.activation_bits for i, p in enumerate(SPACE.precisions(tuple(row))))
        for row in candidates
    ]
    assert pricer(PerLayer())(candidates)["weight_bytes"] == pytest.approx(expected)


def test_bounds_of_additive_costs_are_exact() -> None:
    small = bit_widths(toy.PROFILE, weights=[2, 8], activations=[8, "float"], pins={"layer0": 8, "layer1": 8})
    everything = np.array(list(product(*(range(int(size)) for size in small.sizes))))
    priced = pricer(PerLayer(), small)
    costs = priced(everything)["weight_bytes"]
    assert priced.bounds == {"weight_bytes": (costs.min(), costs.max())}
    assert priced.is_additive("weight_bytes")


def test_costs_that_are_no_sum_are_asked_of_the_model() -> None:
    priced = pricer(toy.Whole(each=2.0))
    assert not priced.is_additive("weight_bytes")
    rows = np.array([[0] * 8, [1] * 8])
    assert list(priced(rows)["weight_bytes"]) == [2.0 * (1 + SPACE.layer_indices(rows)[i].sum()) for i in range(2)]
    low, high = priced.bounds["weight_bytes"]
    assert 2.0 <= low < high <= 2.0 * (1 + 4 * 5)
    assert priced.bounds == priced.bounds
    assert priced.stored()[0].layers == ()
    with pytest.raises(UnsupportedError, match="weight_bytes: own gives a cost that is not finite"):
        pricer(toy.Whole(each=float("nan")))(rows)


def test_without_metrics_there_are_no_costs() -> None:
    empty = Pricer([], None, SPACE)
    assert empty(np.zeros((3, 8))) == empty.bounds == empty.float_network() == {}
    assert empty.stored() == ()


def test_costs_need_a_network() -> None:
    with pytest.raises(SpecError, match="'weight_bytes' is a cost of a network, and the evaluator has no network"):
        Pricer([CostMetric("weight_bytes", "weight_bytes", "own", toy.OwnBytes())], None, SPACE)


def test_the_float_network_has_costs_where_the_model_can() -> None:
    class Integers(toy.OwnBytes):
        def tables(self, network: Any, options: Any) -> Any:
            if any(option.precision.weight_bits == 32 for row in options for option in row):
                raise UnsupportedError("supported: integers")
            return super().tables(network, options)

    assert pricer(toy.OwnBytes(each=2.0)).float_network() == {"weight_bytes": 8.0}
    assert pricer(Integers()).float_network() == {}


def test_a_model_that_gives_other_metrics_is_named() -> None:
    class Other(toy.OwnBytes):
        def tables(self, network: Any, options: Any) -> Any:
            return {"energy": super().tables(network, options)["weight_bytes"]}

    with pytest.raises(UnsupportedError, match=r"weight_bytes: own gives only \['energy'\] here"):
        pricer(Other())


def test_layer_costs_are_those_that_were_stored() -> None:
    priced = pricer(PerLayer())
    candidates = [tuple(map(int, row)) for row in SPACE.sample(np.random.default_rng(1), 9)]
    found = layer_costs(priced.stored(), SPACE, candidates)
    for costs, total in zip(found, priced(np.array(candidates))["weight_bytes"], strict=True):
        assert len(costs["weight_bytes"]) == 4
        assert sum(costs["weight_bytes"]) == pytest.approx(total)
    assert layer_costs(pricer(toy.Whole()).stored(), SPACE, candidates) == [{}] * 9
    assert layer_costs(priced.stored(), SPACE, []) == []


def test_shared_tables_make_weight_bytes_no_sum_and_own_tables_do_not() -> None:
    model = WeightBytes()
    cost = CostMetric("weight_bytes", "weight_bytes", "weight_bytes", model)
    options = {"options": ["W8", "lut4"], "table_bits": 8}
    own, shared = (recipes(toy.PROFILE, **options, shared_tables=shares) for shares in (False, True))
    of_own, of_shared = (Pricer([cost], toy.PROFILE, space) for space in (own, shared))
    assert of_own.is_additive("weight_bytes")
    assert not of_shared.is_additive("weight_bytes")
    rows = np.array([[0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]])
    apart, together = of_own(rows)["weight_bytes"], of_shared(rows)["weight_bytes"]
    # A layer has a table of 4 bytes with a scale; all have one of these, and a scale each.
    assert (together - apart).tolist() == [0, 4, 4 * 4 + 8 - 4 * 8]
    (stored,) = of_shared.stored()
    assert stored.layers == ()
    assert of_shared.float_network() == of_own.float_network()
