"""Peak memory: live activations over the graph, by hand and on networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import networks
import numpy as np
import pytest
import torch
from autoquant_cost_models.peak_memory import PeakMemory
from hypothesis import given
from hypothesis import strategies as st
from options import options_of
from torch import Tensor, nn
from torch.nn import functional

from autoquant.errors import UnsupportedError
from autoquant.network import FLOAT, Codebook, LayerPrecision, NetworkProfile
from autoquant.quantization import profile_network
from autoquant.recipes import parse_recipe


class Residual(nn.Module):
    """(n, 2, 4, 4): a wide branch in parallel with a shortcut, pooled and classified."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 1)
        self.wide = nn.Conv2d(4, 12, 1)
        self.narrow = nn.Conv2d(12, 4, 1)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.stem(x))
        y = self.narrow(functional.relu(self.wide(x)))
        return self.head((x + y).mean((2, 3)))


RESIDUAL = profile_network(Residual(), torch.zeros(1, 2, 4, 4))
FLOATS = [(FLOAT,)]


def peak(network: NetworkProfile, precisions: Sequence[LayerPrecision] | None = None, **options: Any) -> float:
    rows = [(FLOAT,)] * len(network) if precisions is None else [(one,) for one in precisions]
    indices = np.zeros((1, len(rows)), dtype=np.int64)
    return float(PeakMemory(**options).estimate(network, options_of(network, rows), indices)["peak_memory"][0])


def at(*bits: int) -> list[LayerPrecision]:
    return [LayerPrecision.of_bits(8, one) for one in bits]


def test_a_residual_branch_by_hand() -> None:
    # While narrow runs: the shortcut (4 x 16), its input (12 x 16) and its output (4 x 16), no relu of its own.
    assert peak(RESIDUAL) == 4 * (64 + 192 + 64)


def test_a_tensor_is_stored_at_the_bits_of_its_widest_reader() -> None:
    # The stem's output is read by wide (4 bits) and, through the addition and the mean, by the head (8 bits).
    assert peak(RESIDUAL, at(8, 4, 3, 8)) == 64 + 192 * 3 / 8 + 64
    assert peak(RESIDUAL, at(8, 8, 2, 4)) == 64 + 192 * 2 / 8 + 64 * 4 / 8


def test_the_input_is_memory_too_and_outputs_are_float() -> None:
    network = nn.Sequential(nn.Conv2d(8, 1, 1), nn.Flatten(), nn.Linear(4, 2))
    assert peak(profile_network(network, torch.zeros(1, 8, 2, 2)), at(8, 8)) == 8 * 4 + 4
    assert peak(profile_network(nn.Linear(2, 100), torch.zeros(1, 2)), at(8)) == 2 + 400


def test_an_addition_runs_in_place_only_where_the_engine_does_it() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(1, 10), nn.Linear(1, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.a(x) + self.b(x)

    network = profile_network(Sum(), torch.zeros(1, 1))
    assert peak(network) == 4 * 30
    assert peak(network, in_place=["add"]) == 4 * 21


def test_whole_numbers_keep_their_width() -> None:
    network = profile_network(nn.Sequential(nn.Embedding(50, 4)), torch.zeros(1, 6, dtype=torch.int64))
    assert peak(network) == 6 * 8 + 24 * 4


@pytest.mark.parametrize("bits", [4, 8, 32])
def test_a_mobilenet_peaks_where_an_expanded_tensor_lives_with_a_shortcut(bits: int) -> None:
    network = profile_network(networks.MobileNetV2(0.25).eval(), torch.zeros(1, 3, 32, 32))
    precisions = [FLOAT if bits == 32 else LayerPrecision.of_bits(bits, bits)] * len(network)
    rows = options_of(network, [(precision,) for precision in precisions])
    live = PeakMemory().live_bytes(network, rows, np.zeros((1, len(network)), dtype=np.int64))
    worst = network.operations[int(live[0].argmax())]
    assert worst.kind == "depthwise_conv"
    layer = next(layer for layer in network if layer.name == worst.layer)
    shortcut = 6 * 32 * 32
    assert live.max() == (layer.input_values + layer.output_values + shortcut) * bits / 8


def test_no_schedule_needs_less_than_its_largest_layer() -> None:
    for network in (RESIDUAL, profile_network(networks.MobileNetV2(0.25).eval(), torch.zeros(1, 3, 32, 32))):
        for precision in (LayerPrecision.of_bits(8, 8), FLOAT):
            tables = PeakMemory().tables(network, options_of(network, [(precision,)] * len(network)))["peak_memory"]
            assert peak(network, [precision] * len(network)) >= max(float(table[0]) for table in tables)


@given(st.lists(st.sampled_from([2, 3, 4, 5, 6, 8, 16]), min_size=4, max_size=4), st.integers(0, 3))
def test_more_bits_never_need_less(bits: list[int], raised: int) -> None:
    more = [*bits[:raised], 16, *bits[raised + 1 :]]
    assert peak(RESIDUAL, at(*bits)) <= peak(RESIDUAL, at(*more))


def reading(network: NetworkProfile, bits: int, *kinds: str) -> NetworkProfile:
    """The evaluator quantizes what these operations read."""
    rows = (replace(row, input_bits=bits) if row.kind in kinds else row for row in network.operations)
    return replace(network, operations=tuple(rows))


def test_an_operation_with_bits_of_its_own_is_a_reader() -> None:
    # The shortcut is read by wide (4 bits) and by the addition (8), whose output the mean reads, not the head.
    network = reading(RESIDUAL, 8, "add", "mean")
    assert peak(network, at(8, 4, 3, 16)) == 64 + 192 * 3 / 8 + 64
    assert peak(network, at(8, 16, 16, 4)) == 64 * 2 + 192 * 2 + 64
    # While the addition runs, both that it reads and what it gives.
    assert peak(network, at(8, 4, 2, 2)) == 64 + 64 + 64
    assert peak(reading(RESIDUAL, 8, "mean"), at(8, 4, 2, 16)) == 64 + 64 + 64
    assert peak(RESIDUAL, at(8, 4, 2, 16)) == 2 * (64 + 64 + 64)


def test_float_networks_store_what_additions_read_in_float() -> None:
    network = reading(RESIDUAL, 8, "add", "mean")
    assert peak(network) == peak(network, [LayerPrecision.of_bits(4, 32)] * 4) == peak(RESIDUAL)
    # One layer is quantized: the others read floats, the output of narrow is read by the addition alone.
    mixed = [FLOAT, FLOAT, LayerPrecision.of_bits(8, 8), FLOAT]
    assert peak(network, mixed) == 4 * 64 + 192 + 64


def test_an_unknown_graph_is_no_free_graph() -> None:
    with pytest.raises(UnsupportedError, match=r"the graph of the network is not known .*; profile it again"):
        peak(replace(RESIDUAL, operations=()))


def test_decoded_weights_are_alive_while_their_layer_runs() -> None:
    # Weights: stem 8, wide 48, narrow 48, head 12. Activations of 8 bits: 64, 192 and 64 while narrow or wide run.
    tables = replace(LayerPrecision.of_bits(32, 8), weight=parse_recipe("lut4"))
    eight = replace(tables, weight=parse_recipe("lut4", codebook=Codebook((2,), entry_bits=8)))
    plain = LayerPrecision.of_bits(8, 8)
    assert peak(RESIDUAL, [tables] * 4) == peak(RESIDUAL, [plain] * 4) == peak(RESIDUAL, [plain] * 4, decompresses=True)
    for one in (tables, eight):
        found = peak(RESIDUAL, [plain, plain, one, plain], decompresses=True)
        assert found == 64 + 192 + 64 + 48 * one.value_bits / 8
    assert peak(RESIDUAL, [tables, plain, plain, tables], decompresses=True) == 64 + 192 + 64


def test_the_table_of_a_layer_has_its_decoded_weights() -> None:
    tables = replace(LayerPrecision.of_bits(32, 8), weight=parse_recipe("lut4"))
    options = options_of(RESIDUAL, [[LayerPrecision.of_bits(8, 8), tables]] * 4)
    before = PeakMemory().tables(RESIDUAL, options)["peak_memory"]
    after = PeakMemory(decompresses=True).tables(RESIDUAL, options)["peak_memory"]
    assert [(b - a).tolist() for a, b in zip(before, after, strict=True)] == [[0, 16], [0, 96], [0, 96], [0, 24]]
