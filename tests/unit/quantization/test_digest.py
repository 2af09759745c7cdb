"""Digests change with what they stand for, and with nothing else."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from autoquant.data import DataSplits, Split
from autoquant.quantization import data_digest, network_digest


def test_network_digest():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    digest = network_digest(network)
    assert len(digest) == 16
    assert network_digest(copy.deepcopy(network)) == digest
    assert network_digest(network.to(memory_format=torch.channels_last)) == digest
    changed = copy.deepcopy(network)
    changed[0].weight.data[0, 0, 0, 0] += 1e-3
    strided = copy.deepcopy(network)
    strided[0].stride = (2, 2)
    buffer = copy.deepcopy(network)
    buffer[1].running_mean += 1
    assert len({digest, *map(network_digest, (changed, strided, buffer))}) == 4


def test_data_digest():
    arrays = np.arange(12, dtype=np.float32).reshape(6, 2)
    splits = DataSplits(Split(arrays[:3], np.arange(3)), Split(arrays[3:], np.arange(3)))
    digest = data_digest(splits)
    assert sorted(digest) == ["search", "test"]
    tensors = DataSplits(
        Split(torch.from_numpy(arrays[:3]), torch.arange(3)), Split(torch.from_numpy(arrays[3:]), torch.arange(3))
    )
    assert data_digest(tensors) == digest
    other = DataSplits(Split(arrays[:3], np.array([0, 1, 1])), Split(arrays[3:], np.arange(3)), Split(arrays, arrays))
    assert data_digest(other)["search"] != digest["search"]
    assert data_digest(other)["test"] == digest["test"]
    assert sorted(data_digest(other)) == ["calibration", "search", "test"]


def test_settings_of_attention_that_its_weights_do_not_show():
    torch.manual_seed(0)
    base = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    heads, first, activation = copy.deepcopy(base), copy.deepcopy(base), copy.deepcopy(base)
    heads.self_attn.num_heads = 4
    first.norm_first = True
    activation.activation_relu_or_gelu = 2
    assert len({network_digest(part) for part in (base, heads, first, activation)}) == 4
    assert network_digest(copy.deepcopy(base).eval()) == network_digest(base)


def test_every_input_of_a_split_counts():
    def splits(second: np.ndarray) -> DataSplits:
        first = np.zeros((3, 2), dtype=np.float32)
        return DataSplits(Split((first, second), np.arange(3)), Split((first + 1, second), np.arange(3)))

    rows = np.arange(3, dtype=np.int64)
    assert data_digest(splits(rows)) == data_digest(splits(rows.copy()))
    assert data_digest(splits(rows))["search"] != data_digest(splits(rows + 1))["search"]
