"""What docs/cost_models.md says is so: its examples work, and it knows every device, number and column."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from autoquant_cost_models.device import Device, load, parse, shipped
from autoquant_cost_models.kinds import LAYER_KINDS
from autoquant_cost_models.rows import METRICS, _Line, read_rows

from autoquant.testing.cost_models import check_cost_model

PAGE = (Path(__file__).parents[2] / "docs" / "cost_models.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_device_is_in_the_table() -> None:
    assert re.findall(r"^\| `([\w-]+)`[:` ].*\|$", PAGE, re.MULTILINE)
    listed = set(re.findall(r"^\| `([a-z0-9-]+)`", PAGE, re.MULTILINE))
    assert set(shipped()) <= listed


@pytest.mark.parametrize("name", shipped())
def test_the_table_has_the_throughput_of_the_file(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if re.match(rf"\| `{name}`", line))
    shown = {kind: float(rate.replace(",", "")) for kind, rate in re.findall(r"(int\d+|float32) ([\d.,]*\d)", row)}
    device = load(name)
    assert shown.keys() == {arithmetic.split("x")[0] for arithmetic in device.throughput}
    for arithmetic, rate in device.throughput.items():
        assert shown[arithmetic.split("x")[0]] == pytest.approx(rate.value, rel=0.05)


def test_the_example_of_a_device_is_one_and_every_table_is_named() -> None:
    device, recipes, _ = blocks("toml")
    assert parse(device, "example").name == "my-board"
    assert parse(device + recipes, "example").recipes.keys() == {"2:4", "lut"}
    named = set(re.findall(r"`(\w+)(?:\.\w+)?`", PAGE)) | set(re.findall(r"^\[(\w+)", PAGE, re.MULTILINE))
    assert set(Device.model_fields) - {"name", "device", "engine", "version"} <= named


def test_the_example_of_a_table_is_one_and_every_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "measured.csv"
    path.write_text(blocks("csv")[0], encoding="utf-8")
    assert [row.values["latency_ms"] for row in read_rows(str(path))] == [1.92, 0.71, 0.02]
    assert all(f"`{column}`" in PAGE for column in (*_Line.model_fields, *METRICS, *LAYER_KINDS))


def test_the_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for i, block in enumerate(blocks("python")):
        script = tmp_path / f"block{i}.py"
        script.write_text(block.replace("from my_package.flash import", "from block1 import"), encoding="utf-8")
    written = runpy.run_path(str(tmp_path / "block0.py"))
    assert len((tmp_path / "measured.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(written["profile"])
    model = runpy.run_path(str(tmp_path / "block1.py"))["ReadsFromFlash"]
    check_cost_model(model())
