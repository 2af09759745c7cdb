"""The roofline: by hand on a round device, rounding up, and against what boards were measured to take."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from autoquant_cost_models.device import Quantity, shipped
from autoquant_cost_models.kinds import work_kind
from autoquant_cost_models.roofline import Roofline
from autoquant_cost_models.roofline_terms import layer_seconds
from hypothesis import assume, given
from hypothesis import strategies as st
from options import options_of

from autoquant.errors import UnsupportedError
from autoquant.network import BITS, FLOAT, Codebook, LayerConfig, LayerPrecision, LayerProfile, NetworkProfile
from autoquant.recipes import parse_recipe

DATA = Path(os.environ.get("AUTOQUANT_DATA", Path(__file__).parents[4] / "shared" / "data"))
T4 = DATA / "hardware" / "hawq_t4_measured" / "tvm_tuned_conv_t4.csv"

DEVICES = {name: Roofline(name) for name in shipped()}
W8A8 = LayerPrecision.of_bits(8, 8)
CONV = LayerProfile("conv", "conv", 0, (100,), (60,), (20, 50), macs=40_000, bias=0, parameters=1000)
DEPTHWISE = LayerProfile("dw", "depthwise_conv", 0, (100,), (60,), (20, 50), macs=40_000, bias=0, parameters=1000)
DENSE = LayerProfile("dense", "linear", 0, (100,), (60,), (20, 50), macs=1000, bias=10, parameters=1010)
OTHER = LayerProfile("other", "other", 0, (1,), (1,), (10,), macs=None, bias=0, parameters=10)


def device_file(folder: Path, rates: dict[str, float] | None = None, **numbers: tuple[float, str]) -> str:
    """A device of 1 MMAC/s at int8 and 1 MB/s, so that a MAC and a byte take a microsecond each."""
    rows = {f"throughput.{name}": (rate, "GMAC/s") for name, rate in (rates or {"int8xint8": 0.001}).items()}
    text = 'name = "mine"\ndevice = "d"\nengine = "e"\nversion = "v"\n'
    for name, (value, unit) in (rows | {"bandwidth": (0.001, "GB/s")} | numbers).items():
        text += f'[{name}]\nvalue = {value}\nunit = "{unit}"\nsource = "s"\n'
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def milliseconds(model: Roofline, layer: LayerProfile, precision: LayerPrecision = W8A8) -> float:
    network = NetworkProfile((layer,), input_shapes=(layer.input_shape,))
    tables = model.tables(network, [[LayerConfig(layer, precision)]])
    return float(tables["latency_ms"][0][0])


def total(model: Roofline, network: NetworkProfile, precision: LayerPrecision, metric: str = "latency_ms") -> float:
    return sum(
        float(cost[0]) for cost in model.tables(network, options_of(network, [[precision]] * len(network)))[metric]
    )


def test_a_layer_takes_as_long_as_its_arithmetic(tmp_path: Path) -> None:
    assert milliseconds(Roofline(device_file(tmp_path)), CONV) == pytest.approx(40.0)


def test_or_as_long_as_its_memory_traffic(tmp_path: Path) -> None:
    # 1000 weights, 10 biases of 4 bytes, 100 inputs and 60 outputs
    assert milliseconds(Roofline(device_file(tmp_path)), DENSE) == pytest.approx(1.2)


def test_traffic_is_counted_at_the_stored_bits(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, {"int8xint8": 1.0}))
    assert milliseconds(model, DENSE, LayerPrecision.of_bits(4, 8)) == pytest.approx((500 + 40 + 160) / 1000)
    assert milliseconds(model, DENSE, LayerPrecision.of_bits(8, 4)) == pytest.approx((1000 + 40 + 80) / 1000)


def test_depthwise_convolution_has_its_own_efficiency(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, **{"efficiency.depthwise_conv": (0.25, "fraction")}))
    assert milliseconds(model, DEPTHWISE) == pytest.approx(160.0)
    assert milliseconds(model, CONV) == pytest.approx(40.0)


def test_overhead_is_added_to_every_layer(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, **{"overhead.any": (500.0, "us")}))
    assert milliseconds(model, CONV) == pytest.approx(40.5)


def test_a_layer_that_is_called_twice_takes_twice_as_long_and_says_what_limits_it(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, **{"overhead.any": (500.0, "us")}))
    for layer, limit in ((CONV, "compute"), (DENSE, "memory")):
        twice = replace(layer, calls=2, macs=2 * layer.macs)
        assert milliseconds(model, twice) == pytest.approx(2 * milliseconds(model, layer))
        assert model.bound_by(layer, W8A8) == limit
    assert Roofline(device_file(tmp_path, **{"overhead.any": (1e6, "us")})).bound_by(CONV, W8A8) == "overhead"


def test_a_batch_shares_weights_and_overhead(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, **{"overhead.any": (500.0, "us")}, batch=(4, "examples")))
    assert milliseconds(model, CONV) == pytest.approx(40.0 + 0.5 / 4)
    memory_bound = Roofline(device_file(tmp_path, {"int8xint8": 1.0}, batch=(4, "examples")))
    assert milliseconds(memory_bound, DENSE) == pytest.approx((1040 / 4 + 160) / 1000)


def test_energy_is_power_times_time(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, power=(3.0, "mW")))
    tables = model.tables(NetworkProfile((CONV,), input_shapes=((100,),)), [[LayerConfig(CONV, W8A8)]])
    assert tables["energy_uj"][0].tolist() == pytest.approx([120.0])


def test_without_power_there_is_no_energy(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path))
    assert set(model.tables(NetworkProfile((CONV,), input_shapes=((100,),)), [[LayerConfig(CONV, W8A8)]])) == {
        "latency_ms"
    }
    assert "power" not in model.provenance


@pytest.mark.parametrize(
    ("precision", "rate"),
    [
        ((4, 4), 8), ((3, 4), 8), ((2, 2), 8),
        ((4, 8), 4), ((8, 4), 4), ((5, 6), 4), ((8, 8), 4),
        ((8, 16), 2), ((4, 16), 2),
        ((16, 8), 1), ((16, 16), 1), ((32, 8), 1), ((8, 32), 1), ((32, 32), 1),
    ],
)  # fmt: skip
def test_bits_are_rounded_up_to_what_is_executed(tmp_path: Path, precision: tuple[int, int], rate: int) -> None:
    kinds = {"int4xint4": 8, "int8xint8": 4, "int8xint16": 2, "float32xfloat32": 1}
    rates = {name: value * 1e-6 for name, value in kinds.items()}
    model = Roofline(device_file(tmp_path, rates, bandwidth=(1.0, "GB/s")))
    assert milliseconds(model, CONV, LayerPrecision.of_bits(*precision)) == pytest.approx(40_000 / rate)


def test_a_slower_narrow_arithmetic_is_not_used(tmp_path: Path) -> None:
    """More bits are never faster: a layer may always run in a wider arithmetic."""
    model = Roofline(device_file(tmp_path, {"int4xint4": 1e-6, "int8xint8": 2e-6}))
    assert milliseconds(model, CONV, LayerPrecision.of_bits(4, 4)) == milliseconds(model, CONV, W8A8)


@pytest.mark.parametrize(
    "precision", [FLOAT, LayerPrecision.of_bits(16, 8), LayerPrecision.of_bits(8, 16), LayerPrecision.of_bits(32, 8)]
)
def test_what_nothing_holds_is_refused_with_what_is_executed(tmp_path: Path, precision: LayerPrecision) -> None:
    with pytest.raises(UnsupportedError, match=rf"'conv'.* at {precision}: .*supported: mine executes W8A8"):
        milliseconds(Roofline(device_file(tmp_path)), CONV, precision)


def test_a_layer_without_macs_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match=r"'other' \(kind 'other'\).*layers whose MACs are known"):
        milliseconds(Roofline("cortex-m7"), OTHER, FLOAT)


@given(st.sampled_from(shipped()), st.data())
def test_more_bits_never_cost_less(name: str, data: st.DataObject) -> None:
    small, large = (LayerPrecision.of_bits(*data.draw(st.tuples(*[st.sampled_from(BITS)] * 2))) for _ in "ab")
    bits = [(precision.weight_bits, precision.activation_bits) for precision in (small, large)]
    wider = LayerPrecision.of_bits(*map(max, *bits))
    model = DEVICES[name]
    assume(model.supported(CONV, wider))
    for layer in (CONV, DEPTHWISE, DENSE):
        assert milliseconds(model, layer, small) <= milliseconds(model, layer, wider)


@given(st.sampled_from(shipped()), st.sampled_from((CONV, DEPTHWISE, DENSE)), st.floats(1.01, 100))
def test_a_device_whose_every_number_is_faster_is_faster_by_as_much(
    name: str, layer: LayerProfile, factor: float
) -> None:
    device = DEVICES[name].device

    def times(quantity: Quantity, by: float) -> Quantity:
        return quantity.model_copy(update={"value": quantity.value * by})

    faster = device.model_copy(
        update={
            "throughput": {name: times(rate, factor) for name, rate in device.throughput.items()},
            "overhead": {name: times(constant, 1 / factor) for name, constant in device.overhead.items()},
            "bandwidth": times(device.bandwidth, factor),
        }
    )
    assert layer_seconds(device, layer, W8A8) == pytest.approx(factor * layer_seconds(faster, layer, W8A8))


def test_what_does_not_overlap_takes_turns(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, overlap=(0.25, "fraction")))
    assert milliseconds(model, DENSE) == pytest.approx(1.2 + 0.75 * 1.0)  # 1,200 bytes, 1,000 MACs
    assert milliseconds(model, CONV) == pytest.approx(40 + 0.75 * 1.16)


def test_what_fits_the_cache_causes_no_traffic(tmp_path: Path) -> None:
    assert milliseconds(Roofline(device_file(tmp_path, cache=(1.0, "KiB"))), DENSE) == pytest.approx(1.0)
    faster = {"int8xint8": 1.0}
    assert milliseconds(Roofline(device_file(tmp_path, faster, cache=(0.5, "KiB"))), DENSE) == pytest.approx(0.688)


def test_weights_may_come_from_a_slower_memory(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, {"int8xint8": 1.0}, weight_bandwidth=(0.0005, "GB/s")))
    assert milliseconds(model, DENSE) == pytest.approx((2 * 1040 + 160) / 1000)


def test_an_engine_may_write_its_outputs_wider(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, {"int8xint8": 1.0}, output_bits=(32, "bits")))
    assert milliseconds(model, DENSE) == pytest.approx((1040 + 100 + 4 * 60) / 1000)


def test_bit_serial_arithmetic_takes_as_long_as_its_bits(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, bandwidth=(1.0, "GB/s"), **{"throughput.bit_serial": (0.016, "Gbitop/s")}))
    assert milliseconds(model, CONV, LayerPrecision.of_bits(4, 4)) == pytest.approx(40)
    assert milliseconds(model, CONV, LayerPrecision.of_bits(2, 4)) == pytest.approx(20)
    assert milliseconds(model, CONV, W8A8) == pytest.approx(40)  # int8xint8 is faster than 64 bit products


def test_of_an_embedding_only_the_rows_that_are_looked_up_move(tmp_path: Path) -> None:
    rows = LayerProfile("e", "embedding", 0, (4,), (4, 8), (1000, 8), macs=0, bias=0, parameters=8000)  # type: ignore[arg-type]
    assert milliseconds(Roofline(device_file(tmp_path)), rows) == pytest.approx((32 + 4 + 32) / 1000)


@pytest.mark.parametrize(
    ("weight", "kind"),
    [
        ((8, 16, 3, 3), "conv"), ((8, 16, 1, 1), "pointwise_conv"), ((8, 3, 3, 3), "shallow_conv"),
        ((8, 16, 1), "pointwise_conv"), ((8, 16), "conv"),
    ],
)  # fmt: skip
def test_convolutions_are_distinguished_by_their_kernel(weight: tuple[int, ...], kind: str) -> None:
    assert work_kind(LayerProfile("c", "conv", 0, (16, 4, 4), (8, 4, 4), weight, 1, 0, 1)) == kind


@given(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 63)), min_size=1, max_size=20))
def test_a_population_costs_the_sum_of_its_layers(rows: list[tuple[int, int]]) -> None:
    model = Roofline("nvidia-t4")
    precisions = [LayerPrecision.of_bits(w, a) for w in BITS for a in BITS]
    network = NetworkProfile((CONV, DENSE), input_shapes=((100,),))
    found = model.estimate(network, options_of(network, [precisions] * 2), np.array(rows))["latency_ms"]
    alone = [milliseconds(model, CONV, precisions[a]) + milliseconds(model, DENSE, precisions[b]) for a, b in rows]
    np.testing.assert_allclose(found, alone, rtol=1e-12)


def test_provenance_names_the_device_the_engine_and_every_number() -> None:
    provenance = Roofline("cortex-m7").provenance
    assert provenance["device"].endswith("X-CUBE-AI 8.0.0")
    assert provenance["bandwidth"].startswith("0.15 GB/s: ")
    assert set(provenance) >= {
        "throughput.int8xint8",
        "throughput.float32xfloat32",
        "efficiency.depthwise_conv",
        "power",
    }


# MLPerf Tiny v1.1, closed division, Krai, X-CUBE-AI 8.0: milliseconds, microjoules.
MEASURED = {
    ("cortex-m7", "kws"): (16.3967, 2362.103),
    ("cortex-m7", "ic"): (54.8998, 7615.35),
    ("cortex-m7", "vww"): (50.3347, 6928.315),
    ("cortex-m7", "ad"): (1.8274, 235.833),
    ("cortex-m4", "kws"): (72.6797, 5481.633),
    ("cortex-m4", "ic"): (221.9756, 17315.114),
    ("cortex-m4", "vww"): (221.1411, 16573.08),
    ("cortex-m4", "ad"): (7.5786, 528.881),
}


@pytest.mark.parametrize(("device", "task"), MEASURED, ids="-".join)
def test_microcontrollers_take_what_they_were_measured_to_take(
    tiny: dict[str, NetworkProfile], device: str, task: str
) -> None:
    latency, energy = MEASURED[device, task]
    model = Roofline(device)
    assert total(model, tiny[task], W8A8) == pytest.approx(latency, rel=0.06)
    assert total(model, tiny[task], W8A8, "energy_uj") == pytest.approx(energy, rel=0.10)


def test_the_reference_networks_have_the_macs_that_the_device_files_speak_of(tiny: dict[str, NetworkProfile]) -> None:
    macs = {task: sum(layer.macs or 0 for layer in network) for task, network in tiny.items()}
    assert macs == {"kws": 2_656_768, "ic": 12_501_632, "vww": 7_489_664, "ad": 264_192}


@pytest.mark.skipif(not T4.exists(), reason="needs hardware/hawq_t4_measured under AUTOQUANT_DATA")
def test_t4_convolutions_take_what_they_were_measured_to_take() -> None:
    model = Roofline("nvidia-t4")
    with T4.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "conv"]
    errors = []
    for row in rows:
        batch, cin, cout, k, source, out = (
            int(row[key]) for key in ("batch", "cin", "cout", "k", "h_in_padded", "h_out")
        )
        shapes = (cin, source, source), (cout, out, out), (cout, cin, k, k)
        layer = LayerProfile("conv", "conv", 0, *shapes, int(row["macs"]) // batch, bias=cout, parameters=0)
        bits = int(row["w_dtype"].removeprefix("int"))
        predicted = milliseconds(model, layer, LayerPrecision.of_bits(bits, bits)) * batch
        errors.append(abs(predicted / float(row["lat_ms"]) - 1))
    assert len(errors) == 70
    assert np.mean(errors) < 0.17


PATTERN = {'recipes."2:4"': (2, "times the rate")}
TABLES = {"recipes.lut": (16, "entries")}


def recipe(text: str, table_bits: Literal[8, 16] = 16) -> LayerPrecision:
    return replace(W8A8, weight=parse_recipe(text, codebook=Codebook((2,), entry_bits=table_bits)))


def test_a_pattern_that_the_device_executes_saves_arithmetic_and_traffic(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, **PATTERN))
    assert milliseconds(model, CONV, recipe("W8@2:4")) == pytest.approx(20.0)
    # 500 kept weights of 8 bits, 2 bits that say where each is, 10 biases of 4 bytes, 160 activations
    assert milliseconds(model, DENSE, recipe("W8@2:4")) == pytest.approx((500 + 125 + 40 + 160) / 1000)


def test_any_other_pattern_costs_what_the_dense_layer_does(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, **PATTERN))
    for text in ("W8@1:5", "W8@sparse50", "W8@block1x4:50"):
        assert milliseconds(model, CONV, recipe(text)) == milliseconds(model, CONV)
        assert milliseconds(model, DENSE, recipe(text)) == milliseconds(model, DENSE)


def test_codes_are_read_only_by_a_device_that_decodes_them(tmp_path: Path) -> None:
    plain = Roofline(device_file(tmp_path, {"int8xint8": 1.0}))
    decoding = Roofline(device_file(tmp_path, {"int8xint8": 1.0}, **TABLES))
    assert milliseconds(plain, DENSE, recipe("lut16", 8)) == milliseconds(plain, DENSE)
    # 1000 codes of 4 bits, a table of 16 bytes and its scale
    assert milliseconds(decoding, DENSE, recipe("lut16", 8)) == pytest.approx((500 + 16 + 4 + 40 + 160) / 1000)
    # its tables have at most 16 entries
    assert milliseconds(decoding, DENSE, recipe("lut32", 8)) == milliseconds(plain, DENSE)
    busy = replace(CONV, macs=40_000_000)
    assert milliseconds(decoding, busy, recipe("lut16", 8)) == milliseconds(plain, busy)


def test_a_device_may_execute_a_pattern_and_a_codebook(tmp_path: Path) -> None:
    decoding = Roofline(device_file(tmp_path, {"int8xint8": 1.0}, **TABLES))
    assert milliseconds(decoding, DENSE, recipe("lut16@2:4", 8)) == milliseconds(decoding, DENSE, recipe("lut16", 8))
    both = Roofline(device_file(tmp_path, {"int8xint8": 1.0}, **TABLES, **PATTERN))
    assert milliseconds(both, DENSE, recipe("lut16@2:4", 8)) == pytest.approx((250 + 125 + 20 + 40 + 160) / 1000)
    patterns = Roofline(device_file(tmp_path, {"int8xint8": 1.0}, **PATTERN))
    assert milliseconds(patterns, DENSE, recipe("lut16@2:4", 8)) == pytest.approx((500 + 125 + 40 + 160) / 1000)


def test_ternary_and_binary_weights_are_integers_of_2_and_1_bits(tmp_path: Path) -> None:
    model = Roofline(device_file(tmp_path, {"int8xint8": 1.0, "int1xint8": 2.0}))
    assert milliseconds(model, DENSE, recipe("ternary")) == pytest.approx((250 + 40 + 160) / 1000)
    assert milliseconds(model, DENSE, recipe("binary")) == pytest.approx((125 + 40 + 160) / 1000)
    busy = replace(CONV, macs=40_000_000)
    assert milliseconds(model, busy, recipe("ternary")) == pytest.approx(
        2 * milliseconds(model, busy, recipe("binary"))
    )


def test_entries_of_16_bits_need_an_arithmetic_that_holds_them(tmp_path: Path) -> None:
    assert not Roofline(device_file(tmp_path)).supported(DENSE, recipe("lut16"))
    floating = Roofline(device_file(tmp_path, {"int8xint8": 0.001, "float32xfloat32": 0.0001}))
    assert milliseconds(floating, CONV, recipe("lut16")) == pytest.approx(400.0)


def test_an_embedding_reads_the_codes_of_the_rows_that_are_looked_up(tmp_path: Path) -> None:
    tokens = LayerProfile("tokens", "embedding", 0, (3,), (3, 8), (50, 8), macs=0, bias=0, parameters=400)
    model = Roofline(device_file(tmp_path, **TABLES))
    # 3 rows of 8 codes of 4 bits, the table of 16 bytes and its scale, 27 activations
    assert milliseconds(model, tokens, recipe("lut16", 8)) == pytest.approx((12 + 16 + 4 + 27) / 1000)
