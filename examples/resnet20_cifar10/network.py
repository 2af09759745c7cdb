"""ResNet-20 with fine-tuned weights, and test images of CIFAR-10 (JPEG copy).

Both are read from the folder that the environment variable AUTOQUANT_DATA names:
``cifar10_jpeg/resnet20_weights.npz`` and ``cifar10_jpeg/test.npz``. JPEG costs accuracy: in float the network is right
on 86.95 % of all 10,000 test images.
"""

import io
from itertools import pairwise

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from autoquant import DataSplits, Split
from autoquant.settings import data_folder

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut without parameters: every other pixel, zeros for the new channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.new = outputs - inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.new:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.new // 2, self.new // 2))
        return functional.relu(values + x)


class ResNet20(nn.Module):
    """He et al. 2015, "Deep Residual Learning", section 4.2 with n = 3: (n, 3, 32, 32) -> (n, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        widths = [16, 16, 32, 64]
        for stage, (before, width) in enumerate(pairwise(widths), 1):
            blocks = [BasicBlock(before if number == 0 else width, width) for number in range(3)]
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean(dim=(2, 3)))


def arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of a file under AUTOQUANT_DATA."""
    path = data_folder() / "cifar10_jpeg" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; set AUTOQUANT_DATA to the folder that holds cifar10_jpeg/{name}")
    with np.load(path) as file:
        return dict(file)


def trained() -> nn.Module:
    """ResNet-20 with its weights."""
    network = ResNet20()
    network.load_state_dict({name: torch.from_numpy(values) for name, values in arrays("resnet20_weights.npz").items()})
    return network.eval()


def data(calibration: int = 200, search: int = 500, test: int = 1000) -> DataSplits:
    """The first test images, as many for each split as it says; the network was trained on none of them."""
    total = calibration + search + test
    files = arrays("test.npz")
    prefix, body = files["prefix"].tobytes(), files["body"].tobytes()
    bounds = np.concatenate([[0], np.cumsum(files["length"][:total].astype(np.int64))])
    images = [Image.open(io.BytesIO(prefix + body[start:end])) for start, end in pairwise(bounds)]
    pixels = torch.from_numpy(np.stack([np.asarray(image) for image in images])).float() / 255
    inputs = ((pixels - torch.tensor(MEAN)) / torch.tensor(SPREAD)).permute(0, 3, 1, 2)
    labels = torch.from_numpy(files["y"][:total].astype(np.int64))
    sizes = [calibration, search, test]
    first, second, third = (Split(x, y) for x, y in zip(inputs.split(sizes), labels.split(sizes), strict=True))
    return DataSplits(search=second, test=third, calibration=first)
