"""The real keyword-spotting network and its data: MLPerf Tiny's DS-CNN with its published weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from autoquant.data import DataSplits, Split
from autoquant.settings import data_folder


class ConvBlock(nn.Module):
    """Convolution, BatchNorm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], **options: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, **options)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(inputs)))


class SeparableBlock(nn.Module):
    """Depthwise, then pointwise."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = ConvBlock(channels, channels, (3, 3), padding=1, groups=channels)
        self.pointwise = ConvBlock(channels, channels, (1, 1))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(inputs))


class DSCNN(nn.Module):
    """Input (N, 1, 49, 10), output (N, 12)."""

    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d((1, 1, 4, 5))
        self.stem = ConvBlock(1, 64, (10, 4), stride=2)
        for number in range(1, 5):
            self.add_module(f"block{number}", SeparableBlock(64))
        self.classifier = nn.Linear(64, 12)

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.stem(self.pad(inputs))
        for number in range(1, 5):
            values = self.get_submodule(f"block{number}")(values)
        return self.classifier(values.mean((2, 3)))


@pytest.fixture(scope="session")
def ds_cnn() -> nn.Module:
    """DS-CNN with its published weights; the tests leave it as it is."""
    folder = data_folder() / "kws"
    if not folder.is_dir():
        pytest.skip(f"the real keyword-spotting data is not there: {folder} (set AUTOQUANT_DATA)")
    network = DSCNN()
    with np.load(folder / "dscnn_weights.npz") as arrays:
        state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    missing = network.load_state_dict(state, strict=False)
    assert all(key.endswith("num_batches_tracked") for key in missing.missing_keys)
    assert not missing.unexpected_keys
    return network


@pytest.fixture(scope="session")
def keywords(ds_cnn: nn.Module) -> DataSplits:
    """1,000 utterances: the even-numbered are for the search, the odd-numbered are the test. No calibration."""
    with np.load(data_folder() / "kws" / "inputs.npz") as arrays:
        inputs = ((arrays["x"].astype(np.float32) - 83) * 0.5847029)[:, None]
        targets = arrays["y"]
    return DataSplits(search=Split(inputs[::2], targets[::2]), test=Split(inputs[1::2], targets[1::2]))
