"""`autoquant calibrate`: from a table of measurements to a device whose costs a search uses, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from autoquant_cost_models.calibrate import predict
from autoquant_cost_models.device import load
from autoquant_cost_models.rows import read_rows

LAYERS = [
    f"conv,{c}x{s}x{s},{c}x{s}x{s},{c}x{c}x{k}x{k},8,8" for c in (8, 32) for s in (8, 16) for k in (1, 3)
] + [f"linear,{c},{c},{c}x{c},8,8" for c in (64, 256)]  # fmt: skip
HEADER = "kind,input_shape,output_shape,weight_shape,weight_bits,activation_bits,latency_ms"


def table(folder: Path, slower: float) -> Path:
    """A board that takes so many times as long as a Cortex-M7."""
    path = folder / "rows.csv"
    path.write_text("\n".join([HEADER, *(f"{line},1" for line in LAYERS)]), encoding="utf-8")
    times = slower * predict(load("cortex-m7"), read_rows(str(path)))
    lines = [f"{line},{time}" for line, time in zip(LAYERS, times, strict=True)]
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return path


def test_a_search_uses_the_costs_of_a_calibrated_board(shared, cnn, tmp_path):
    rows = table(tmp_path, slower=3.0)
    done = shared.run("calibrate", rows, "--like", "cortex-m7", "-o", shared.path / "mine.toml")
    assert done.code == 0, done.err
    for shown in ("What the measurements say", "How well they are predicted", "share within 10 %", "latency_ms@mine"):
        assert shown in done.out
    device = load(str(shared.path / "mine.toml"))
    assert device.name == "mine"
    assert "fitted by autoquant calibrate to rows.csv on 20" in device.throughput["int8xint8"].source
    found = shared.run(
        "search", shared.write({**cnn, "objectives": ["loss", "latency_ms@mine.toml"]}, "mine.yaml"), "--json"
    )
    assert found.code == 0, found.err
    assert all(trial["metrics"]["latency_ms@mine.toml"] > 0 for trial in found.json["front"])


def test_a_table_prices_its_network_and_no_other(shared, cnn, tmp_path):
    table(shared.path, slower=1.0)
    refused = shared.run("search", shared.write({**cnn, "objectives": ["loss", "latency_ms@rows.csv"]}, "table.yaml"))
    assert refused.code == 2
    assert "has a row for none of the" in refused.err
    assert "it was measured on another network" in refused.err


@pytest.mark.parametrize(
    ("line", "like", "output", "why"),
    [
        ("conv,1x4x4,1x4x4,1x1x3x3,8,8,-1", "cortex-m7", "b.toml", "rows.csv line 2.latency_ms: "),
        ("conv,1x4x4,1x4x4,1x1x3x3,8,8,", "cortex-m7", "b.toml", "rows.csv line 2: nothing was measured"),
        ("conv,1x4x4,1x4x4,1x1x3x3,8,8,1", "cortex-m", "b.toml", "did you mean 'cortex-m"),
        ("conv,1x4x4,1x4x4,1x1x3x3,float,float,1", "edge-tpu", "b.toml", "WfloatAfloat was measured, but edge-tpu"),
        ("conv,1x4x4,1x4x4,1x1x3x3,8,8,1", "cortex-m7", "b.txt", "--output: b.txt must end in .toml"),
    ],
)
def test_what_it_refuses_is_named_in_one_sentence(shared, tmp_path, line, like, output, why):
    rows = tmp_path / "rows.csv"
    rows.write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    refused = shared.run("calibrate", rows, "--like", like, "-o", output, cwd=tmp_path)
    assert refused.code == 2
    assert why in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert not (tmp_path / output).exists()


def test_a_model_that_cannot_be_calibrated_says_so(shared, tmp_path):
    rows = table(tmp_path, slower=1.0)
    refused = shared.run("calibrate", rows, "--like", "cortex-m7", "-o", "b.toml", "--model", "bitops")
    assert (refused.code, "BitOps is a cost model that cannot be calibrated" in refused.err) == (2, True)
