"""The gates that the cost models are judged by hold: what `benchmarks/cost_gates.py` prints, as tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def gates() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import cost_gates

        yield cost_gates
    for name in ("cost_gates", "cost_gates_cells", "cost_gates_data"):
        sys.modules.pop(name, None)


def needs(folder: str) -> None:
    data = Path(os.environ.get("AUTOQUANT_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (data / folder).exists():
        pytest.skip(f"needs {folder} under AUTOQUANT_DATA")


@pytest.mark.parametrize(
    ("gate", "folder"),
    [
        ("haq", "hardware/haq_mobilenetv2_simulated"),
        ("t4", "hardware/hawq_t4_measured"),
        ("phone", "hardware/note10_measured"),
    ],
)
def test_a_gate_holds_and_beats_macs(gates: ModuleType, gate: str, folder: str) -> None:
    needs(folder)
    judged = [figure for figure in getattr(gates, gate)() if figure.bound is not None]
    assert judged
    for figure in judged:
        better = figure.value > figure.macs if figure.larger_is_better else figure.value < figure.macs
        assert figure.holds, figure
        assert better, figure


def test_ten_cells_of_a_new_device_rank_nas_bench_201(gates: ModuleType) -> None:
    needs("nas/nasbench201.npz")
    cells, like = gates.Cells.load(), gates.load("raspberry-pi-4")
    assert len(cells.cells) == 15_625 - 341
    chosen = cells.diverse(gates.MEASUREMENTS)
    assert len(set(chosen)) == 10
    found = [gates.ranking(cells, name, chosen, like) for name in cells.latencies]
    assert sum(found) / len(found) >= 0.93
    assert min(found) >= 0.9


def test_a_cell_costs_what_its_network_costs(gates: ModuleType) -> None:
    needs("nas/nasbench201.npz")
    cells, device = gates.Cells.load(), gates.load("raspberry-pi-4")
    name = next(iter(cells.latencies))
    for removes in cells.counts:
        rows = cells.rows(name, [5, 4711, 12000], removes)
        expected = gates.predict(device, rows)
        assert cells.predict(device, removes)[[5, 4711, 12000]] == pytest.approx(expected)
