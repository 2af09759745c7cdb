"""Calibration: a device is found again from its own latencies, a silent number stays, and every number has a source."""

from __future__ import annotations

import numpy as np
import pytest
from autoquant_cost_models.calibrate import Quality, calibrate, latencies, predict, predict_held_out
from autoquant_cost_models.device import Device, Quantity, load
from autoquant_cost_models.fitting import Factor
from autoquant_cost_models.rows import Row
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import LayerPrecision, LayerProfile

W8A8, FLOAT = LayerPrecision.of_bits(8, 8), LayerPrecision.of_bits(32, 32)


def layer(kind: str, channels: int, size: int, kernel: int = 3) -> LayerProfile:
    shape = (channels, size, size)
    weight = (channels, 1 if kind == "depthwise_conv" else channels, kernel, kernel)
    macs = int(np.prod(weight)) * size * size
    return LayerProfile(kind, kind, 0, shape, shape, weight, macs, channels, 0)  # type: ignore[arg-type]


LAYERS = [
    *(layer("conv", channels, size) for channels in (8, 32, 128) for size in (4, 16)),
    *(layer("conv", channels, size, 1) for channels in (16, 64) for size in (4, 32)),
    *(layer("depthwise_conv", channels, size) for channels in (16, 64) for size in (8, 32)),
]


def device(like: Device, **factors: float) -> Device:
    """The similar device with some of its numbers multiplied."""

    def times(quantity: Quantity, factor: float) -> Quantity:
        return quantity.model_copy(update={"value": quantity.value * factor})

    update: dict[str, object] = {
        name: {key: times(quantity, factors.get(name, 1.0)) for key, quantity in getattr(like, name).items()}
        for name in ("throughput", "efficiency", "overhead")
    }
    return like.model_copy(update=update | {"bandwidth": times(like.bandwidth, factors.get("bandwidth", 1.0))})


def measured(on: Device, precision: LayerPrecision = W8A8) -> list[Row]:
    """Rows that take exactly what a device takes."""
    rows = [Row(f"row {i}", ((found, precision),), {"latency_ms": 1.0}) for i, found in enumerate(LAYERS)]
    times = predict(on, rows)
    return [Row(row.place, row.layers, {"latency_ms": float(time)}) for row, time in zip(rows, times, strict=True)]


def test_a_device_explains_its_own_latencies_and_stays_as_it_is() -> None:
    like = load("cortex-m7")
    found = calibrate(measured(like), like).device
    assert Quality.of(predict(found, measured(like)), latencies(measured(like))).mape < 0.03
    assert found.bandwidth.value == pytest.approx(like.bandwidth.value, rel=0.05)


@settings(deadline=None, max_examples=15)
@given(st.floats(0.05, 20), st.floats(0.3, 1.0))
def test_another_board_is_found_again_from_a_few_layers(speed: float, depthwise: float) -> None:
    like = load("cortex-m7")
    true = device(like, throughput=speed, bandwidth=speed, efficiency=depthwise)
    rows = measured(true)
    found = calibrate(rows, like).device
    assert Quality.of(predict(found, rows), latencies(rows)).mape < 0.05
    ratio = found.throughput["int8xint8"].value * found.efficiency_of("conv") / true.throughput["int8xint8"].value
    assert ratio == pytest.approx(1.0, rel=0.15)


def test_held_out_rows_are_predicted_too() -> None:
    like = load("cortex-m7")
    rows = measured(device(like, throughput=3.0, bandwidth=2.0))
    assert Quality.of(predict_held_out(rows, like), latencies(rows)).mape < 0.1


def test_one_odd_row_moves_little() -> None:
    like = load("cortex-m7")
    rows = measured(device(like, throughput=2.0, bandwidth=2.0))
    odd = [Row(rows[3].place, rows[3].layers, {"latency_ms": 50 * rows[3].values["latency_ms"]})]
    found = calibrate(rows[:3] + odd + rows[4:], like).device
    assert np.median(np.abs(predict(found, rows) / latencies(rows) - 1)) < 0.1


def test_what_is_the_same_hardware_keeps_its_bandwidth() -> None:
    like = load("cortex-m7")
    rows = measured(device(like, throughput=4.0))
    assert calibrate(rows, like, same_hardware=True).device.bandwidth.value == pytest.approx(0.15, rel=0.2)


def test_every_number_says_where_it_comes_from() -> None:
    like = load("cortex-m7")
    found = calibrate(measured(device(like, throughput=3.0, bandwidth=3.0)), like, source="fitted to mine.csv").device
    sources = {name: quantity.source for name, quantity in found.quantities()}
    assert sources["throughput.int8xint8"].startswith("fitted to mine.csv; ")
    assert "times that of cortex-m7" in sources["throughput.int8xint8"]
    assert sources["throughput.float32xfloat32"].startswith("not measured, scaled as what was")
    assert all(sources.values())


def test_facts_of_other_hardware_are_excluded() -> None:
    like, rows = load("cortex-m4"), measured(load("cortex-m4"))
    assert like.power
    assert like.ram
    other = calibrate(rows, like).device
    assert other.power is other.ram is other.flash is None
    assert calibrate(rows, like, same_hardware=True).device.ram == like.ram


def test_power_is_measured_where_every_row_has_an_energy() -> None:
    rows = [Row(row.place, row.layers, row.values | {"energy_uj": 30 * row.values["latency_ms"]}) for row in
            measured(load("cortex-m7"))]  # fmt: skip
    power = calibrate(rows, load("cortex-m7")).device.power
    assert power is not None
    assert power.value == pytest.approx(30)
    bare = Row(rows[0].place, rows[0].layers, {"latency_ms": rows[0].values["latency_ms"]})
    assert calibrate([bare, *rows[1:]], load("cortex-m7")).device.power is None


def test_one_row_is_enough_for_the_speed() -> None:
    like = load("cortex-m7")
    row = measured(device(like, throughput=8.0, bandwidth=8.0, efficiency=1.0))[:1]
    assert Quality.of(predict(calibrate(row, like).device, row), latencies(row)).mape < 0.1


def test_it_has_no_chance_in_it() -> None:
    like = load("cortex-m7")
    rows = measured(device(like, throughput=3.0))
    assert calibrate(rows, like).device == calibrate(rows, like).device


def test_what_is_expected_may_be_given() -> None:
    like = load("cortex-m7")
    rows = measured(device(like, throughput=3.0, bandwidth=3.0))
    fixed = [Factor("compute", 0.0, 1e-6), Factor("bandwidth", 0.0, 1e-6), Factor("overhead", 0.0, 1e-6)]
    found = calibrate(rows, like, factors=fixed).device
    assert found.throughput["int8xint8"].value == pytest.approx(like.throughput["int8xint8"].value, rel=0.01)


def test_a_network_is_a_row_too() -> None:
    like = load("cortex-m7")
    rows = measured(device(like, throughput=3.0, bandwidth=3.0))
    whole = [
        Row(
            f"network {i}",
            sum((row.layers for row in rows[i::5]), ()),
            {"latency_ms": float(latencies(rows[i::5]).sum())},
        )
        for i in range(5)
    ]
    found = calibrate(whole, like).device
    assert Quality.of(predict(found, whole), latencies(whole)).mape < 0.05


@pytest.mark.parametrize(
    ("row", "error", "why"),
    [
        (Row("a.csv line 2", ((LAYERS[0], W8A8),), {"energy_uj": 1.0}), SpecError, "line 2: latency_ms is missing"),
        (
            Row(
                "a.csv line 3",
                ((LayerProfile("m", "other", 0, (5,), (5,), (), None, 0, 0), W8A8),),
                {"latency_ms": 1.0},
            ),
            SpecError,
            "line 3: the MACs of other 5 -> 5, W8A8 do not follow",
        ),
        (
            Row("a.csv line 4", ((LAYERS[0], FLOAT),), {"latency_ms": 1.0}),
            UnsupportedError,
            "line 4: WfloatAfloat was measured, but edge-tpu executes W8A8",
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_named(row: Row, error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        calibrate([row], load("edge-tpu"))


def test_without_rows_there_is_nothing_to_fit() -> None:
    with pytest.raises(SpecError, match="there are no rows"):
        calibrate([], load("cortex-m7"))


def test_quality_by_hand() -> None:
    quality = Quality.of(np.array([1.0, 2.2, 2.0]), np.array([1.0, 2.0, 4.0]))
    assert quality.mape == pytest.approx(0.2)
    assert quality.within_10_percent == pytest.approx(1 / 3)
    assert quality.kendall_tau == pytest.approx(1 / 3)
    assert np.isnan(Quality.of(np.array([1.0]), np.array([1.0])).kendall_tau)
