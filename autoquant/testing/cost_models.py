"""The contract of cost models, as checks that raise `AssertionError` with what is wrong.

Run it over a model of your own, in any test framework::

    from autoquant.testing.cost_models import check_cost_model

    def test_my_model():
        check_cost_model(MyModel())

`more_bits_are_never_cheaper` is a law that many models obey and that is no part of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from autoquant import plugins
from autoquant.errors import UnsupportedError
from autoquant.interfaces import CostModel, FloatArray, gather_and_sum
from autoquant.network import (
    ABSENT,
    BITS,
    LayerConfig,
    LayerOption,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    Operation,
)

PRECISIONS = tuple(LayerPrecision.of_bits(weights, activations) for weights in BITS for activations in BITS)
"""Every pair of bit-widths that can be chosen."""

IMPOSSIBLE = LayerPrecision.of_bits(1000, 1000)
"""Bit-widths that nothing has."""

LAYERS = (
    LayerProfile("conv", "conv", 0, (3, 9, 9), (8, 9, 9), (8, 3, 3, 3), 17496, bias=8, parameters=224),
    LayerProfile("depthwise", "depthwise_conv", 1, (8, 9, 9), (8, 9, 9), (8, 1, 3, 3), 5832, 8, 80, groups=8),
    LayerProfile("linear", "linear", 2, (648,), (10,), (10, 648), 6480, bias=10, parameters=6490),
    LayerProfile("other", "other", 3, (10,), (10,), (10, 10), None, bias=0, parameters=100, kept_float=True),
)
"""One layer of every kind."""


def discovered() -> Iterator[tuple[str, CostModel]]:
    """Every installed cost model, by name, or by ``name@device`` once for each device that it knows."""
    for name in plugins.names("cost model"):
        model = plugins.load("cost model", name)
        if model.uses_device:
            yield from ((f"{name}@{device}", model(device)) for device in model.devices())
        else:
            yield name, model()


def check_cost_model(model: CostModel) -> None:
    """Every check of the contract."""
    for check in CHECKS:
        check(model)


class SupportedNetwork(NamedTuple):
    """A network whose every layer a model supports, and what it is to price."""

    network: NetworkProfile
    options: list[list[LayerConfig]]
    """For each layer."""


def supported_network(model: CostModel) -> SupportedNetwork:
    """Those of `LAYERS` that the model can price, each at all the precisions that it supports."""
    options = [[LayerConfig(layer, p) for p in PRECISIONS if model.supported(layer, p)] for layer in LAYERS]
    kept = [i for i, row in enumerate(options) if row]
    assert kept, f"{type(model).__name__} supports no layer at any precision"
    return SupportedNetwork(_chain([LAYERS[i] for i in kept]), [options[i] for i in kept])


def _chain(layers: Sequence[LayerProfile]) -> NetworkProfile:
    """A network of these layers, one behind the other."""
    operations = tuple(
        Operation(layer.name, layer.kind, (i - 1,), layer.output_shape, layer=layer.name)
        for i, layer in enumerate(layers)
    )
    return NetworkProfile(tuple(layers), (layers[0].input_shape,), operations=operations, outputs=(len(layers) - 1,))


def has_a_table_for_every_layer(model: CostModel) -> None:
    """Metrics have units, and each metric one cost for every option of every layer.

    A model that uses a device may lack a metric that this device has no numbers for.
    """
    assert model.metrics, "it gives no metrics"
    assert all(unit.strip() for unit in model.metrics.values()), f"a metric has no unit: {dict(model.metrics)}"
    network, options = supported_network(model)
    tables = model.tables(network, options)
    assert tables, "tables() is empty"
    assert set(tables) <= set(model.metrics), f"{sorted(set(tables) - set(model.metrics))} are not in metrics"
    assert model.uses_device or set(tables) == set(model.metrics), f"tables() gives only {sorted(tables)}"
    for metric, costs in tables.items():
        sizes = [np.shape(cost) for cost in costs]
        assert sizes == [(len(precisions),) for precisions in options], f"{metric}: shapes {sizes}"


def costs_are_finite_and_positive(model: CostModel) -> None:
    """No cost is negative or not a number, and no layer that is there is free."""
    for metric, costs in model.tables(*supported_network(model)).items():
        for cost in costs:
            assert np.isfinite(cost).all(), f"{metric}: a cost is not finite"
            assert (cost >= 0).all(), f"{metric}: a cost is negative"
            assert (cost > 0).all(), f"{metric}: a layer that is there costs nothing"


def what_is_absent_is_free(model: CostModel) -> None:
    """`ABSENT` costs 0 in every metric, wherever it stands among the options of a layer, and changes no other cost."""
    network, options = supported_network(model)
    absent: list[list[LayerOption]] = [[ABSENT, *row, ABSENT] for row in options]
    before, after = model.tables(network, options), model.tables(network, absent)
    for metric, costs in before.items():
        for cost, with_absent in zip(costs, after[metric], strict=True):
            assert with_absent[0] == with_absent[-1] == 0, f"{metric}: a layer that is absent costs something"
            assert np.array_equal(with_absent[1:-1], cost), f"{metric}: costs change where a layer may be absent"


def the_option_says_what_is_priced(model: CostModel) -> None:
    """A layer costs what the profile of its option does, whatever the network's own shapes are."""
    network, options = supported_network(model)
    layers = [replace(layer, output_shape=(1,), weight_shape=(1, 1), macs=1, parameters=1) for layer in network]
    tables = model.tables(replace(network, layers=tuple(layers)), options)
    for metric, costs in model.tables(network, options).items():
        assert all(map(np.array_equal, costs, tables[metric])), f"{metric}: costs are not those of the options"


def prices_a_population_at_once(model: CostModel) -> None:
    """A population costs what its members cost one by one; by tables, where the model is additive."""
    network, options = supported_network(model)
    rng = np.random.default_rng(0)
    population = rng.integers(0, [len(precisions) for precisions in options], size=(32, len(options)))
    together = model.estimate(network, options, population)
    tables = model.tables(network, options)
    for metric, costs in together.items():
        alone = [float(model.estimate(network, options, row[None])[metric][0]) for row in population]
        assert np.allclose(costs, alone, rtol=1e-9), f"{metric}: a population costs other than its members"
        if model.is_additive(options):
            summed = gather_and_sum(tables[metric], population)
            assert np.allclose(costs, summed, rtol=1e-9), f"{metric}: estimate() is not the sum over the tables"


def unsupported_is_an_error(model: CostModel) -> None:
    """What `supported` denies, `tables` refuses with an `UnsupportedError` that says what is supported."""
    for layer in LAYERS:
        assert not model.supported(layer, IMPOSSIBLE), f"it claims to support {IMPOSSIBLE} in {layer.name}"
        network = _chain([layer])
        for precision in (*PRECISIONS, IMPOSSIBLE):
            refusal = _refusal(model, network, [[LayerConfig(layer, precision)]])
            if model.supported(layer, precision):
                assert refusal is None, f"{layer.name} at {precision} is reported as supported, yet: {refusal}"
            else:
                assert refusal is not None, f"{layer.name} at {precision} is not supported, and has a cost"
                assert repr(layer.name) in refusal, f"the error does not name layer {layer.name!r}: {refusal}"
                assert "supported" in refusal, f"the error does not list what is supported: {refusal}"


def numbers_have_sources(model: CostModel) -> None:
    """A model that uses a device says where its numbers come from."""
    assert model.provenance or not model.uses_device, "it uses a device and has no provenance"
    for name, source in model.provenance.items():
        assert source.strip(), f"{name} has no source"


def is_pure(model: CostModel) -> None:
    """The same question has the same answer, and its arguments stay as they were."""
    network, options = supported_network(model)
    before = [list(precisions) for precisions in options]
    first, second = model.tables(network, options), model.tables(network, options)
    assert options == before, "tables() changed its arguments"
    assert first.keys() == second.keys(), "two calls gave different metrics"
    for metric, costs in first.items():
        assert all(map(np.array_equal, costs, second[metric])), f"{metric}: two calls gave different costs"


CHECKS: tuple[Callable[[CostModel], None], ...] = (
    has_a_table_for_every_layer,
    costs_are_finite_and_positive,
    what_is_absent_is_free,
    the_option_says_what_is_priced,
    prices_a_population_at_once,
    unsupported_is_an_error,
    numbers_have_sources,
    is_pure,
)
"""The contract."""


def more_bits_are_never_cheaper(model: CostModel, widths: Sequence[int] = BITS) -> None:
    """No cost falls when the bits of weights or activations rise, among these bit-widths. No part of the contract."""
    network, options = supported_network(model)
    kept = [
        [o for o in row if {o.precision.weight_bits, o.precision.activation_bits} <= set(widths)] for row in options
    ]
    for metric, costs in model.tables(network, kept).items():
        for layer, row, cost in zip(network, kept, costs, strict=True):
            precisions = [option.precision for option in row]
            weights = np.array([p.weight_bits for p in precisions])
            activations = np.array([p.activation_bits for p in precisions])
            fewer = (weights[:, None] <= weights) & (activations[:, None] <= activations)
            for i, j in np.argwhere(fewer & (cost[:, None] > cost * (1 + 1e-12))):
                raise AssertionError(
                    f"{metric} of {layer.name}: {precisions[i]} costs {cost[i]:g}, {precisions[j]} only {cost[j]:g}"
                )


def _refusal(model: CostModel, network: NetworkProfile, options: list[list[LayerConfig]]) -> str | None:
    try:
        tables: Mapping[str, list[FloatArray]] = model.tables(network, options)
    except UnsupportedError as error:
        return str(error)
    assert tables, "tables() is empty"
    return None
