"""The lookup table: what was measured is found, what was not is an error or an estimate that says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from autoquant_cost_models.lookup_table import LookupTable
from options import options_of

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import FLOAT, Codebook, LayerPrecision, LayerProfile, NetworkProfile
from autoquant.recipes import parse_recipe
from autoquant.testing.cost_models import LAYERS, PRECISIONS, check_cost_model

W8A8, W4A8 = LayerPrecision.of_bits(8, 8), LayerPrecision.of_bits(4, 8)
CONV = LayerProfile("stem", "conv", 0, (3, 8, 8), (4, 8, 8), (4, 3, 3, 3), 6912, bias=4, parameters=112)
WIDER = replace(CONV, name="wider", output_shape=(8, 8, 8), weight_shape=(8, 3, 3, 3), macs=13824)
HEAD = LayerProfile("head", "linear", 1, (256,), (10,), (10, 256), 2560, bias=10, parameters=2570)
NETWORK = NetworkProfile((CONV, HEAD), input_shapes=((3, 8, 8),))
HEADER = "kind,input_shape,output_shape,weight_shape,groups,weight_bits,activation_bits,latency_ms,energy_uj"
LINES = (
    "conv,3x8x8,4x8x8,4x3x3x3,1,8,8,2,20",
    "conv,3x8x8,4x8x8,4x3x3x3,1,4,8,1,10",
    "linear,256,10,10x256,1,8,8,0.5,5",
)


def table(folder: Path, *lines: str) -> str:
    path = folder / "board.csv"
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return str(path)


def one(layer: LayerProfile) -> NetworkProfile:
    return NetworkProfile((layer,), input_shapes=(layer.input_shape,))


def test_what_was_measured_is_looked_up(tmp_path: Path) -> None:
    tables = LookupTable(table(tmp_path, *LINES)).tables(NETWORK, options_of(NETWORK, [[W8A8, W4A8], [W8A8]]))
    assert [costs.tolist() for costs in tables["latency_ms"]] == [[2, 1], [0.5]]
    assert [costs.tolist() for costs in tables["energy_uj"]] == [[20, 10], [5]]


def test_a_metric_that_some_row_lacks_is_excluded(tmp_path: Path) -> None:
    path = table(tmp_path, LINES[0].removesuffix("20"), *LINES[1:])
    assert set(LookupTable(path).tables(NETWORK, options_of(NETWORK, [[W8A8], [W8A8]]))) == {"latency_ms"}


def test_rows_without_a_common_metric_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, LINES[0].removesuffix("20"), LINES[1].replace(",1,10", ",,10"))
    with pytest.raises(SpecError, match=r"board\.csv: its rows have no metric in common"):
        LookupTable(path)


def test_a_missing_row_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError) as refusal:
        LookupTable(table(tmp_path, *LINES)).tables(NETWORK, options_of(NETWORK, [[W8A8], [W4A8]]))
    message = str(refusal.value)
    assert "layer 'head'" in message
    assert "no row for linear 256 -> 10, weights 10x256, W4A8" in message
    assert "the nearest first: linear 256 -> 10, weights 10x256, W8A8" in message


def test_a_table_of_another_network_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"'wider': .*board\.csv has a row for none of the 1 layers.*another"):
        LookupTable(table(tmp_path, *LINES)).tables(one(WIDER), options_of(one(WIDER), [[W8A8]]))


def test_an_estimate_scales_the_nearest_rows_and_is_marked(tmp_path: Path) -> None:
    model = LookupTable(table(tmp_path, *LINES), missing="estimate")
    assert set(model.provenance) == {"table"}
    assert model.tables(one(WIDER), options_of(one(WIDER), [[W8A8]]))["latency_ms"][0].tolist() == pytest.approx([4.0])
    assert "board.csv line 2" in model.provenance["estimated: wider W8A8"]


def test_of_several_rows_the_nearer_weighs_more(tmp_path: Path) -> None:
    far = "conv,3x64x64,64x64x64,64x3x3x3,1,8,8,1000,1"
    model = LookupTable(table(tmp_path, *LINES, far), missing="estimate")
    near, distant = 2.0 * 2, 1000 * WIDER.macs / (1728 * 4096)  # type: ignore[operator]
    (found,) = model.tables(one(WIDER), options_of(one(WIDER), [[W8A8]]))["latency_ms"][0].tolist()
    assert min(near, distant) < found < max(near, distant)
    assert abs(found - near) < abs(found - distant)


def test_what_has_no_row_of_its_kind_and_precision_is_not_estimated(tmp_path: Path) -> None:
    model = LookupTable(table(tmp_path, *LINES), missing="estimate")
    assert not model.supported(CONV, FLOAT)
    with pytest.raises(UnsupportedError, match=r"'stem'.*no row for .*WfloatAfloat"):
        model.tables(one(CONV), options_of(one(CONV), [[FLOAT]]))


def test_a_row_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"line 5: it repeats .*line 2 \(conv 3x8x8"):
        LookupTable(table(tmp_path, *LINES, LINES[0]))


def test_a_network_measured_as_a_whole_cannot_be_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "whole.csv"
    lines = [f"network,{HEADER}", f"small,{LINES[0]}", "small,linear,256,10,10x256,1,8,8,,"]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SpecError, match=r"line 2: a network as a whole was measured"):
        LookupTable(str(path))


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"no table is called 'cortex-m7'"):
        LookupTable("cortex-m7")


@pytest.mark.parametrize("missing", ["error", "estimate"])
def test_it_keeps_the_contract(tmp_path: Path, missing: str) -> None:
    lines = []
    for layer in LAYERS[:3]:
        shapes = ["x".join(map(str, shape)) for shape in (layer.input_shape, layer.output_shape, layer.weight_shape)]
        for precision in PRECISIONS[::3]:
            bits = f"{precision.weight_bits},{precision.activation_bits}"
            lines.append(f"{layer.kind},{','.join(shapes)},{layer.groups},{bits},{1 + precision.weight_bits / 8},1")
    check_cost_model(LookupTable(table(tmp_path, *lines), missing=missing))  # type: ignore[arg-type]


def test_recipes_are_looked_up_at_the_bits_that_are_computed_with(tmp_path: Path) -> None:
    model = LookupTable(table(tmp_path, *LINES, "conv,3x8x8,4x8x8,4x3x3x3,1,1,8,0.7,7"))
    entries = Codebook((2,), entry_bits=8)
    recipes = [parse_recipe(text, codebook=entries) for text in ("W4@2:4", "lut16", "binary", "ternary")]
    row = [replace(W8A8, weight=recipe) for recipe in recipes]
    assert model.tables(one(CONV), options_of(one(CONV), [row[:3]]))["latency_ms"][0].tolist() == [1, 2, 0.7]
    with pytest.raises(UnsupportedError, match=r"has no row for .* ternaryA8"):
        model.tables(one(CONV), options_of(one(CONV), [row[3:]]))
