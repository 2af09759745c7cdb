"""A small CNN for scikit-learn's 8x8 digits: what `spec.yaml` calls to get the trained network and its data."""

from itertools import pairwise
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn

from autoquant import DataSplits, Split

WEIGHTS = Path(__file__).with_name("weights.pt")
TRAIN, CALIBRATION, SEARCH = 800, 100, 450
"""Examples for training, calibration and search, in this order; the rest is for test."""


class ConvBatchNorm(nn.Module):
    """Convolution, BatchNorm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


class DigitsCNN(nn.Module):
    """Two plain and two depthwise-separable convolutions, then a linear classifier: (n, 1, 8, 8) -> (n, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvBatchNorm(1, 16)
        self.depthwise1 = ConvBatchNorm(16, 16, groups=16)
        self.pointwise1 = ConvBatchNorm(16, 32, kernel=1)
        self.depthwise2 = ConvBatchNorm(32, 32, groups=32, stride=2)
        self.pointwise2 = ConvBatchNorm(32, 48, kernel=1)
        self.classifier = nn.Linear(48, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pointwise1(self.depthwise1(self.stem(x)))
        x = self.pointwise2(self.depthwise2(x))
        return self.classifier(x.mean(dim=(2, 3)))


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    """All 1,797 images, in [0, 1], with their digits, shuffled: neighbours in the data set have the same writer."""
    digits = load_digits()
    order = torch.randperm(len(digits.target), generator=torch.Generator().manual_seed(0))
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    return images[order], torch.tensor(digits.target)[order]


def trained() -> nn.Module:
    """The network as `train.py` left it."""
    if not WEIGHTS.exists():
        raise FileNotFoundError(f"{WEIGHTS} is missing; run 'python train.py' in {WEIGHTS.parent} first")
    network = DigitsCNN()
    network.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    return network.eval()


def data() -> DataSplits:
    """Calibration, search and test examples; none of them was trained on."""
    images, digits = examples()
    bounds = [TRAIN, TRAIN + CALIBRATION, TRAIN + CALIBRATION + SEARCH, len(images)]
    calibration, search, test = (Split(images[start:end], digits[start:end]) for start, end in pairwise(bounds))
    return DataSplits(search=search, test=test, calibration=calibration)
