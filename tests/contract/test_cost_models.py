"""Every installed cost model, third-party ones included, keeps the contract, on every device that it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
import pytest

from autoquant import plugins
from autoquant.errors import UnsupportedError
from autoquant.interfaces import CostModel, FloatArray, table
from autoquant.network import BITS, LayerConfig, LayerOption, LayerPrecision, LayerProfile, NetworkProfile
from autoquant.testing.cost_models import CHECKS, check_cost_model, discovered, more_bits_are_never_cheaper

MODELS = dict(discovered())
OURS = ("bitops", "weight_bytes", "peak_memory", "roofline")


def test_the_built_in_models_and_four_devices_are_found() -> None:
    devices = {name.partition("@")[2] for name in MODELS if name.startswith("roofline@")}
    assert {"bitops", "weight_bytes"} <= set(MODELS)
    assert devices >= {"cortex-m4", "cortex-m7", "raspberry-pi-4", "nvidia-t4"}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", MODELS)
def test_contract(name: str, check: Callable[[CostModel], None]) -> None:
    check(MODELS[name])


@pytest.mark.parametrize("name", [name for name in MODELS if name.partition("@")[0] in OURS])
def test_more_bits_are_never_cheaper_in_the_built_in_models(name: str) -> None:
    # Quantized activations store a scale and a zero point that float ones do not, so float is excluded for bytes.
    more_bits_are_never_cheaper(MODELS[name], widths=BITS[:-1] if name == "weight_bytes" else BITS)


@pytest.mark.parametrize("name", plugins.names("cost model"))
def test_an_unknown_device_is_refused_with_the_list_of_known_ones(name: str) -> None:
    model = plugins.load("cost model", name)
    if not model.uses_device:
        assert not model.devices()
        return
    with pytest.raises(UnsupportedError) as refusal:
        model("no-such-device")
    assert all(device in str(refusal.value) for device in model.devices())


class Honest(CostModel):
    """A third-party model that keeps the contract: it counts values."""

    metrics: ClassVar[Mapping[str, str]] = {"values": "values"}

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        return precision.weight_bits == precision.activation_bits == 8

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        return {"values": [table(row, self.values) for row in options]}

    def values(self, layer: LayerProfile, precision: LayerPrecision) -> float:
        if not self.supported(layer, precision):
            raise UnsupportedError(f"layer {layer.name!r}: supported: 8 bits")
        return float(layer.weights)


class SilentlyFree(Honest):
    """Prices what it does not know at zero."""

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        return {"values": [table(row, lambda _, p: 5.0 if p.weight_bits == 8 else 0.0) for row in options]}


class Negative(Honest):
    """Pays the user."""

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        return {metric: [-cost for cost in costs] for metric, costs in super().tables(network, options).items()}


class WrongShape(Honest):
    """Gives one cost a layer, whatever its options."""

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        return {metric: [cost[:0] for cost in costs] for metric, costs in super().tables(network, options).items()}


class ChargesForNothing(Honest):
    """A layer that is absent has a cost."""

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        return {metric: [cost + 1 for cost in costs] for metric, costs in super().tables(network, options).items()}


class FreeLayer(Honest):
    """Prices one of its layers at nothing."""

    def values(self, layer: LayerProfile, precision: LayerPrecision) -> float:
        return super().values(layer, precision) * (layer.kind != "linear")


class Deaf(Honest):
    """Reads the shapes of the network, not those of the option."""

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        shapes = [
            [LayerConfig(layer, option.precision) if isinstance(option, LayerConfig) else option for option in row]
            for layer, row in zip(network, options, strict=True)
        ]
        return super().tables(network, shapes)


class Moody(Honest):
    """Costs more every time it is asked."""

    asked = 0

    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        self.asked += 1
        tables = super().tables(network, options)
        return {metric: [cost + self.asked for cost in costs] for metric, costs in tables.items()}


class Batchwise(Honest):
    """Shares a cost among the population."""

    def estimate(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], indices: np.ndarray
    ) -> Mapping[str, FloatArray]:
        return {"values": np.full(len(indices), 100.0 / len(indices))}


class Unsourced(Honest):
    """Uses a device and does not say where its numbers come from."""

    uses_device: ClassVar[bool] = True


def test_the_suite_accepts_an_honest_model() -> None:
    check_cost_model(Honest())


@pytest.mark.parametrize(
    "model", [SilentlyFree, Negative, WrongShape, ChargesForNothing, FreeLayer, Deaf, Moody, Batchwise, Unsourced]
)
def test_the_suite_catches_a_model_that_breaks_the_contract(model: type[CostModel]) -> None:
    with pytest.raises(AssertionError):
        check_cost_model(model())


def test_the_law_of_bits_is_caught_when_broken() -> None:
    class Inverse(Honest):
        def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
            return precision.weight_bits <= 32

        def tables(
            self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
        ) -> Mapping[str, list[FloatArray]]:
            return {"values": [table(row, lambda _, p: 1.0 / p.weight_bits) for row in options]}

    with pytest.raises(AssertionError, match="only"):
        more_bits_are_never_cheaper(Inverse())
