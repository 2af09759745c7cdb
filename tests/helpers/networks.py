"""Networks of every kind that a user may bring, as their papers describe them, with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

torch.set_num_threads(1)  # these networks are small: threads cost more than they give


class ConvBlock(nn.Sequential):
    """Convolution, BatchNorm, ReLU6."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    """Sandler et al. 2018, "MobileNetV2", figure 4d."""

    def __init__(self, inputs: int, outputs: int, stride: int, expand: int) -> None:
        super().__init__()
        hidden = inputs * expand
        self.joins = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            *([ConvBlock(inputs, hidden, 1)] if expand > 1 else []),
            ConvBlock(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.layers(inputs)
        return inputs + values if self.joins else values


class MobileNetV2(nn.Module):
    """(n, 3, 32, 32) -> (n, classes): the paper's table 2 with its strides for small images, and a width."""

    ROWS = ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))

    def __init__(self, width: float = 0.25, classes: int = 10) -> None:
        super().__init__()
        channels = int(32 * width)
        blocks: list[nn.Module] = [ConvBlock(3, channels)]
        for expand, outputs, count, stride in self.ROWS:
            for number in range(count):
                wide = max(4, int(outputs * width))
                blocks.append(InvertedResidual(channels, wide, stride if number == 0 else 1, expand))
                channels = wide
        blocks.append(ConvBlock(channels, int(1280 * width), 1))
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(int(1280 * width), classes))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.classifier(self.features(inputs).mean((2, 3)))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut without parameters: every other pixel, zeros for the new channels."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(inputs)))))
        if self.more:
            half = self.more // 2
            inputs = functional.pad(inputs[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.more - half))
        return functional.relu(values + inputs)


class ResNet20(nn.Module):
    """He et al. 2015, section 4.2, n = 3: (n, 3, 32, 32) -> (n, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        for stage, (inputs, outputs) in enumerate(((16, 16), (16, 32), (32, 64)), 1):
            first = BasicBlock(inputs, outputs, 1 if stage == 1 else 2)
            self.add_module(f"layer{stage}", nn.Sequential(first, *(BasicBlock(outputs, outputs, 1) for _ in range(2))))
        self.linear = nn.Linear(64, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        values = functional.relu(self.bn1(self.conv1(inputs)))
        values = self.layer3(self.layer2(self.layer1(values)))
        return self.linear(values.mean((2, 3)))


class TextEncoder(nn.Module):
    """(n, length) tokens, 0 for padding -> (n, classes): a small Transformer encoder (Vaswani et al. 2017)."""

    def __init__(self, words: int = 50, width: int = 16, heads: int = 2, depth: int = 2, classes: int = 3) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(words, width, padding_idx=0), nn.Embedding(32, width)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, batch_first=True, dropout=0.1)
        self.encoder = nn.TransformerEncoder(layer, depth)
        self.head = nn.Linear(width, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        padding = tokens == 0
        values = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1]))
        values = self.encoder(values, src_key_padding_mask=padding)
        return self.head(values.masked_fill(padding[..., None], 0).sum(1) / (~padding).sum(1, keepdim=True))


class WaveCNN(nn.Module):
    """(n, channels, samples) -> (n, classes): 1-d convolutions, strided, dilated and grouped."""

    def __init__(self, channels: int = 2, classes: int = 4) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, 8, 9, stride=4, padding=4), nn.BatchNorm1d(8), nn.ReLU(),
            nn.Conv1d(8, 8, 5, padding=4, dilation=2, groups=8), nn.BatchNorm1d(8), nn.ReLU(),
            nn.Conv1d(8, 16, 1), nn.BatchNorm1d(16), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(16, 16, 3, padding=1, groups=2), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(16, classes)

    def forward(self, waves: Tensor) -> Tensor:
        return self.head(self.body(waves).mean(2))


class TwoInputs(nn.Module):
    """An image (n, 1, 8, 8) and a row of numbers (n, 5) -> (n, 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.Flatten())
        self.numbers = nn.Sequential(nn.Linear(5, 8), nn.ReLU())
        self.head = nn.Linear(4 * 9 + 8, 3)

    def forward(self, image: Tensor, numbers: Tensor) -> Tensor:
        return self.head(torch.cat([self.image(image), self.numbers(numbers)], 1))


class Refining(nn.Module):
    """(n, 6) -> (n, 3): runs one layer as often as its values need, up to three times."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.step, self.head = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        values = torch.relu(self.stem(inputs))
        for _ in range(3):
            if float(values.abs().mean()) > 1e3:
                break
            values = values + torch.relu(self.step(values))
        return self.head(values)


def normalised(network: nn.Module, seed: int = 0) -> nn.Module:
    """The network in eval mode, its BatchNorms as after training: with statistics and scales of their own."""
    generator = torch.Generator().manual_seed(seed)
    for part in network.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(0, 0.1, generator=generator)
            part.running_var.uniform_(0.5, 2, generator=generator)
            part.weight.data.uniform_(0.5, 1.5, generator=generator)
            part.bias.data.normal_(0, 0.1, generator=generator)
    return network.eval()


def _tokens(count: int, generator: torch.Generator) -> Tensor:
    tokens = torch.randint(1, 50, (count, 12), generator=generator)
    tokens[::2, 9:] = 0
    return tokens


SHAPES: dict[type[nn.Module], Sequence[tuple[int, ...]]] = {
    ResNet20: [(3, 32, 32)], MobileNetV2: [(3, 32, 32)], WaveCNN: [(2, 64)], TwoInputs: [(1, 8, 8), (5,)],
    Refining: [(6,)],
}  # fmt: skip
NETWORKS: tuple[type[nn.Module], ...] = (*SHAPES, TextEncoder)


def built(kind: type[nn.Module]) -> nn.Module:
    """With the same weights every time."""
    torch.manual_seed(0)
    return normalised(kind())


def examples(kind: type[nn.Module], count: int, seed: int = 0) -> Any:
    """Inputs of one of `NETWORKS`: a tensor, or a tuple of them."""
    generator = torch.Generator().manual_seed(seed)
    if kind is TextEncoder:
        return _tokens(count, generator)
    made = tuple(torch.randn(count, *shape, generator=generator) for shape in SHAPES[kind])
    return made if len(made) > 1 else made[0]
