"""Measured rows: CSV and JSON say the same, and what is wrong in them is named by file, line and field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from autoquant_cost_models.rows import METRICS, describe, read_rows, signature, write_rows

from autoquant.errors import SpecError
from autoquant.network import FLOAT, LayerPrecision, LayerProfile

HEADER = "kind,input_shape,output_shape,weight_shape,groups,weight_bits,activation_bits,latency_ms"
CONV = "conv,3x8x8,4x8x8,4x3x3x3,,8,8,1.5"
LINEAR = "linear,16,10,10x16,,4,float,0.25"


def table(folder: Path, *lines: str, header: str = HEADER) -> str:
    path = folder / "board.csv"
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return str(path)


def refused(path: str) -> str:
    with pytest.raises(SpecError) as refusal:
        read_rows(path)
    return str(refusal.value)


def test_a_row_is_a_layer_and_what_it_took(tmp_path: Path) -> None:
    conv, linear = read_rows(table(tmp_path, CONV, LINEAR))
    (layer, precision), values = conv.layers[0], conv.values
    assert (layer.kind, layer.input_shape, layer.weight_shape) == ("conv", (3, 8, 8), (4, 3, 3, 3))
    assert (layer.macs, layer.bias) == (108 * 64, 4)
    assert precision == LayerPrecision.of_bits(8, 8)
    assert values == {"latency_ms": 1.5}
    assert linear.layers[0][1] == LayerPrecision.of_bits(4, 32)
    assert linear.layers[0][0].macs == 160


def test_json_holds_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "board.json"
    row = {"kind": "conv", "input_shape": [3, 8, 8], "output_shape": [4, 8, 8], "weight_shape": [4, 3, 3, 3]}
    path.write_text(json.dumps([row | {"weight_bits": 8, "activation_bits": 8, "latency_ms": 1.5}]), encoding="utf-8")
    (found,), (expected,) = read_rows(str(path)), read_rows(table(tmp_path, CONV))
    assert signature(*found.layers[0]) == signature(*expected.layers[0])
    assert found.values == expected.values


def test_lines_of_a_network_are_one_measurement(tmp_path: Path) -> None:
    lines = [f"small,{CONV}", "small,linear,16,10,10x16,,8,8,"]
    (row,) = read_rows(table(tmp_path, *lines, header=f"network,{HEADER}"))
    assert [layer.kind for layer, _ in row.layers] == ["conv", "linear"]
    assert row.values == {"latency_ms": 1.5}


def test_a_network_is_measured_once(tmp_path: Path) -> None:
    path = table(tmp_path, f"small,{CONV}", f"small,{LINEAR}", header=f"network,{HEADER}")
    assert "board.csv line 3: network 'small' has its measurement in" in refused(path)


@pytest.mark.parametrize(
    ("kind", "shapes", "macs"),
    [
        ("add", "8x4x4,4x4x4,", 128), ("pool", "4x4x4,4x1x1,", 64), ("embedding", "4,4x8,100x8", 0),
        ("depthwise_conv", "4x8x8,4x4x4,4x1x3x3", 36 * 16), ("conv_transpose", "4x4x4,2x8x8,4x2x2x2", 32 * 16),
        ("linear", "5x16,5x10,10x16", 800), ("matmul", "5x5,5x5,", None),
    ],
)  # fmt: skip
def test_macs_follow_from_the_shapes_where_they_can(tmp_path: Path, kind: str, shapes: str, macs: int | None) -> None:
    (row,) = read_rows(table(tmp_path, f"{kind},{shapes},,8,8,1"))
    assert row.layers[0][0].macs == macs


@pytest.mark.parametrize(
    ("line", "place", "why"),
    [
        (CONV.replace("conv", "conv2d"), "line 2.kind", "did you mean 'conv'?"),
        (CONV.replace("conv", "pointwise_conv"), "line 2.kind", "there is no such kind of layer"),
        (
            CONV.replace(",8,8,1.5", ",7,8,1.5"),
            "line 2.weight_bits",
            "it must be one of 1, 2, 3, 4, 5, 6, 8, 16, fl",
        ),
        (CONV.replace("1.5", "-1.5"), "line 2.latency_ms", "must be more than 0"),
        (CONV.replace("1.5", "fast"), "line 2.latency_ms", "must be a number"),
        (CONV.replace("1.5", "nan"), "line 2.latency_ms", "finite number"),
        (CONV.replace("3x8x8", "3x8x-8"), "line 2.input_shape[2]", "must be more than 0"),
        (CONV.replace("4x8x8", ""), "line 2.output_shape", "it is missing"),
        (CONV.replace("1.5", ""), "line 2", "nothing was measured; give latency_ms or energy_uj"),
        (f"{CONV},9", "line 2.more cells than columns", "there is no such field"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, place: str, why: str) -> None:
    message = refused(table(tmp_path, line))
    assert f"board.csv {place}" in message
    assert why in message


def test_a_column_that_is_not_known_is_named(tmp_path: Path) -> None:
    message = refused(table(tmp_path, f"{CONV},2", header=f"{HEADER},latency"))
    assert "line 2.latency: there is no such field; did you mean 'latency_ms'?" in message


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("board.txt", "", "read from .csv or .json"),
        ("board.csv", HEADER, "it holds no rows"),
        ("board.json", "{", "it is not JSON"),
        ("board.json", "{}", "it must be a list of objects"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, name: str, text: str, why: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert refused(str(tmp_path / name)).startswith(f"{tmp_path / name}: ")
    assert why in refused(str(tmp_path / name))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "it cannot be read" in refused(str(tmp_path / "none.csv"))


def test_a_written_table_is_read_once_it_is_filled_in(tmp_path: Path) -> None:
    conv = LayerProfile("stem", "conv", 0, (3, 8, 8), (4, 8, 8), (4, 3, 3, 3), 6912, bias=0, parameters=108)
    layers = [(conv, LayerPrecision.of_bits(4, 8)), (conv, FLOAT)]
    path = tmp_path / "mine.csv"
    write_rows(path, layers)
    assert "nothing was measured" in refused(str(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *(line + "2.5" for line in lines[1:])]), encoding="utf-8")
    rows = read_rows(str(path))
    assert [signature(*row.layers[0]) for row in rows] == [signature(*layer) for layer in layers]
    assert rows[0].layers[0][0].bias == 0
    assert rows[0].values == {"latency_ms": 2.5}


def test_a_layer_in_words() -> None:
    depthwise = LayerProfile("d", "depthwise_conv", 0, (4, 8, 8), (4, 8, 8), (4, 1, 3, 3), 1, 0, 1, groups=4)
    text = "depthwise_conv 4x8x8 -> 4x8x8, weights 4x1x3x3, 4 groups, W8A8"
    assert describe(depthwise, LayerPrecision.of_bits(8, 8)) == text
    assert METRICS == {"latency_ms": "ms", "energy_uj": "uJ"}
