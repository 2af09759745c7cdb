"""ResNet-20 with its published weights, and the images of CIFAR-10 (JPEG copy), for the benchmarks.

Both are read from the folder ``cifar10_jpeg`` of the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from autoquant.data import DataSplits, Split
from autoquant.settings import data_folder

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Block(nn.Module):
    """Two 3x3 convolutions; the shortcut subsamples and pads with zero channels (option A)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.pad = stride, (outputs - inputs) // 2

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return functional.relu(y + x)


class ResNet20(nn.Module):
    """He et al., "Deep Residual Learning for Image Recognition", 2015, section 4.2, n = 3."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(Block(16, 16, 1) for _ in range(3)))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(functional.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def resnet20() -> nn.Module:
    """With its published weights."""
    net = ResNet20()
    with np.load(data_folder() / "cifar10_jpeg" / "resnet20_weights.npz") as arrays:
        net.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return net.eval()


def images(part: Literal["train", "test"], count: int) -> Split:
    """The first images, float32 of shape (count, 3, 32, 32), and their labels."""
    with np.load(data_folder() / "cifar10_jpeg" / f"{part}.npz") as file:
        ends = np.cumsum(file["length"].astype(np.int64))[:count]
        prefix, body, labels = file["prefix"].tobytes(), file["body"].tobytes(), file["y"][:count]
    starts = np.concatenate([[0], ends[:-1]])
    files = [io.BytesIO(prefix + body[start:end]) for start, end in zip(starts, ends, strict=True)]
    pixels = np.stack([np.asarray(Image.open(file)) for file in files]).astype(np.float32) / 255
    inputs = ((pixels - np.float32(MEAN)) / np.float32(SPREAD)).transpose(0, 3, 1, 2)
    return Split(np.ascontiguousarray(inputs), labels.astype(np.int64))


def cifar10(counts: Sequence[int]) -> DataSplits:
    """The first test images, as many for each split as ``counts`` says."""
    split, cuts = images("test", sum(counts)), np.cumsum(counts)[:-1]
    parts = zip(np.split(split.inputs, cuts), np.split(split.targets, cuts), strict=True)
    return DataSplits(*(Split(inputs, targets) for inputs, targets in parts))
