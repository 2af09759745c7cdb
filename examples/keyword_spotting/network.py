"""MLPerf Tiny's keyword spotting network, DS-CNN, with its published weights and real utterances.

Both are read from the folder that the environment variable AUTOQUANT_DATA names: ``kws/dscnn_weights.npz`` and
``kws/inputs.npz``.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from autoquant import DataSplits, Split
from autoquant.settings import data_folder

INPUT_ZERO_POINT, INPUT_SCALE = 83, 0.5847029


class ConvBatchNorm(nn.Module):
    """Convolution, BatchNorm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], **conv: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, **conv)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


class Block(nn.Module):
    """Depthwise 3x3, then pointwise 1x1: 64 channels in and out."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = ConvBatchNorm(64, 64, (3, 3), padding=1, groups=64)
        self.pointwise = ConvBatchNorm(64, 64, (1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise(self.depthwise(x))


class DSCNN(nn.Module):
    """Zhang et al., "Hello Edge", 2017, as MLPerf Tiny trained it: (n, 1, 49, 10) MFCC features -> (n, 12) words."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvBatchNorm(1, 64, (10, 4), stride=2)
        self.block1, self.block2, self.block3, self.block4 = (Block() for _ in range(4))
        self.classifier = nn.Linear(64, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.pad(x, (1, 1, 4, 5))  # TensorFlow's "same" padding: left, right, top, bottom
        x = self.block4(self.block3(self.block2(self.block1(self.stem(x)))))
        return self.classifier(x.mean(dim=(2, 3)))


def arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of a file under AUTOQUANT_DATA."""
    path: Path = data_folder() / "kws" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; set AUTOQUANT_DATA to the folder that holds kws/{name}")
    with np.load(path) as file:
        return dict(file)


def trained() -> nn.Module:
    """DS-CNN with its published weights."""
    network = DSCNN()
    weights = {name: torch.from_numpy(array) for name, array in arrays("dscnn_weights.npz").items()}
    network.load_state_dict(weights, strict=False)  # the file has no num_batches_tracked
    return network.eval()


def data(calibration: int = 0) -> DataSplits:
    """1,000 utterances: the even-numbered ones for search, the odd-numbered ones for test.

    Activations need calibration: so many utterances are then taken out of the search half, evenly spread.
    """
    utterances = arrays("inputs.npz")
    inputs = (torch.from_numpy(utterances["x"]).float() - INPUT_ZERO_POINT) * INPUT_SCALE
    inputs, words = inputs.unsqueeze(1), torch.from_numpy(utterances["y"])
    search, test = Split(inputs[::2], words[::2]), Split(inputs[1::2], words[1::2])
    if calibration == 0:
        return DataSplits(search=search, test=test)
    taken = torch.zeros(len(search), dtype=torch.bool)
    taken[torch.linspace(0, len(search) - 1, calibration).long()] = True
    return DataSplits(
        search=Split(search.inputs[~taken], search.targets[~taken]),
        test=test,
        calibration=Split(search.inputs[taken], search.targets[taken]),
    )
