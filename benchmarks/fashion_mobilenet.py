"""A small network of inverted residuals, trained on Fashion-MNIST in a few minutes of one core, for the benchmarks.

Fashion-MNIST is read from the folder ``fashion_mnist`` of the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from autoquant.data import Split
from autoquant.settings import data_folder

MEAN, SPREAD = 0.2860, 0.3530
STAGES = ((1, 8, 1, 1), (6, 8, 2, 1), (6, 16, 3, 2), (6, 32, 2, 2))
"""Expansion, channels, blocks, stride of the first: MobileNetV2's at a quarter of its width, with fewer stages."""
LAST = 160
EPOCHS, TRAINED_BATCH, RATE = 3, 128, 4e-3


class ConvBatchNorm(nn.Sequential):
    """Convolution with "same" padding, BatchNorm, and ReLU6 where it is not linear."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, linear: bool = False):
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), nn.Identity() if linear else nn.ReLU6())


class InvertedResidual(nn.Module):
    """Sandler et al. 2018, "MobileNetV2", section 3.3: expand, depthwise 3x3, project."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        layers = [ConvBatchNorm(inputs, wide, 1)] if expansion > 1 else []
        layers += [ConvBatchNorm(wide, wide, 3, stride, wide), ConvBatchNorm(wide, outputs, 1, linear=True)]
        self.layers, self.residual = nn.Sequential(*layers), stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class MobileNet(nn.Module):
    """(n, 1, 28, 28) -> (n, 10)."""

    def __init__(self) -> None:
        super().__init__()
        layers, channels = [ConvBatchNorm(1, 8, 3, 2)], 8
        blocks = nn.Sequential()
        for expansion, outputs, count, stride in STAGES:
            for number in range(count):
                blocks.append(InvertedResidual(channels, outputs, expansion, stride if number == 0 else 1))
                channels = outputs
        self.features = nn.Sequential(*layers, blocks, ConvBatchNorm(channels, LAST, 1))
        self.classifier = nn.Linear(LAST, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))


def fashion_mnist(part: Literal["train", "test"], count: int) -> Split:
    """The first images, float32 of shape (count, 1, 28, 28), and their labels."""
    with np.load(data_folder() / "fashion_mnist" / "fashion_mnist.npz") as file:
        pixels, labels = file[f"x_{part}"][:count], file[f"y_{part}"][:count]
    inputs = (pixels[:, None].astype(np.float32) / 255 - np.float32(MEAN)) / np.float32(SPREAD)
    return Split(inputs, labels.astype(np.int64))


def train(seed: int = 0) -> MobileNet:
    """The trained network."""
    torch.manual_seed(seed)
    network, data = MobileNet(), fashion_mnist("train", 60_000)
    inputs, targets = torch.from_numpy(data.inputs), torch.from_numpy(data.targets)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2)
    steps = EPOCHS * -(-len(inputs) // TRAINED_BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(TRAINED_BATCH):
            loss = functional.cross_entropy(network(inputs[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"MobileNetV2-like: epoch {epoch + 1} of {EPOCHS}, loss {loss:.2f}", file=sys.stderr, flush=True)
    return network.eval()


def trained_mobilenet(folder: Path) -> nn.Module:
    """The network, trained when there are no weights in the folder."""
    path = folder / "fashion_mobilenet.pt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(train().state_dict(), path)
    network = MobileNet()
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()
