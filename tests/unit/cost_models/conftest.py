"""The four reference networks of MLPerf Tiny, as profiles, and the options that tests price them at."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from autoquant.network import LayerKind, LayerProfile, NetworkProfile


def layer(
    name: str, kind: LayerKind, source: tuple[int, ...], out: tuple[int, ...], weight: tuple[int, ...], groups: int = 1
) -> LayerProfile:
    """A layer whose MACs and biases follow from its shapes."""
    positions = math.prod(out[1:])
    macs = math.prod(weight) * positions
    parameters = math.prod(weight) + out[0]
    return LayerProfile(name, kind, 0, source, out, weight, macs, bias=out[0], parameters=parameters, groups=groups)


def conv(name: str, cin: int, cout: int, kernel: tuple[int, int], size: tuple[int, int], stride: int) -> LayerProfile:
    out = (cout, math.ceil(size[0] / stride), math.ceil(size[1] / stride))
    return layer(name, "conv", (cin, *size), out, (cout, cin, *kernel))


def depthwise(name: str, channels: int, size: tuple[int, int], stride: int) -> LayerProfile:
    out = (channels, math.ceil(size[0] / stride), math.ceil(size[1] / stride))
    return layer(name, "depthwise_conv", (channels, *size), out, (channels, 1, 3, 3), groups=channels)


def linear(name: str, source: int, out: int) -> LayerProfile:
    return layer(name, "linear", (source,), (out,), (out, source))


def profile(*layers: LayerProfile) -> NetworkProfile:
    return NetworkProfile(layers, input_shapes=(layers[0].input_shape,))


@pytest.fixture(scope="session")
def dscnn() -> NetworkProfile:
    """Keyword spotting (kws): DS-CNN on 49 x 10 features."""
    layers = [conv("stem", 1, 64, (10, 4), (49, 10), 2)]
    for i in range(4):
        layers += [depthwise(f"depthwise{i}", 64, (25, 5), 1), conv(f"pointwise{i}", 64, 64, (1, 1), (25, 5), 1)]
    return profile(*layers, linear("classifier", 64, 12))


@pytest.fixture(scope="session")
def resnet8() -> NetworkProfile:
    """Image classification (ic): ResNet-8 on 32 x 32 pixels."""
    k = (3, 3)
    return profile(
        conv("stem", 3, 16, k, (32, 32), 1),
        conv("1a", 16, 16, k, (32, 32), 1),
        conv("1b", 16, 16, k, (32, 32), 1),
        conv("2a", 16, 32, k, (32, 32), 2),
        conv("2b", 32, 32, k, (16, 16), 1),
        conv("2s", 16, 32, (1, 1), (32, 32), 2),
        conv("3a", 32, 64, k, (16, 16), 2),
        conv("3b", 64, 64, k, (8, 8), 1),
        conv("3s", 32, 64, (1, 1), (16, 16), 2),
        linear("classifier", 64, 10),
    )


@pytest.fixture(scope="session")
def mobilenet() -> NetworkProfile:
    """Visual wake words (vww): MobileNet-v1 of width 0.25 on 96 x 96 pixels."""
    layers, channels, size = [conv("stem", 3, 8, (3, 3), (96, 96), 2)], 8, 48
    widths = [16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256]
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    for i, (width, stride) in enumerate(zip(widths, strides, strict=True)):
        layers.append(depthwise(f"depthwise{i}", channels, (size, size), stride))
        size //= stride
        layers.append(conv(f"pointwise{i}", channels, width, (1, 1), (size, size), 1))
        channels = width
    return profile(*layers, linear("classifier", 256, 2))


@pytest.fixture(scope="session")
def autoencoder() -> NetworkProfile:
    """Anomaly detection (ad): ten fully connected layers."""
    widths = [640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640]
    return profile(*(linear(f"dense{i}", a, b) for i, (a, b) in enumerate(pairwise(widths))))


@pytest.fixture(scope="session")
def tiny(
    dscnn: NetworkProfile, resnet8: NetworkProfile, mobilenet: NetworkProfile, autoencoder: NetworkProfile
) -> dict[str, NetworkProfile]:
    """The four by the names that MLPerf Tiny gives their tasks."""
    return {"kws": dscnn, "ic": resnet8, "vww": mobilenet, "ad": autoencoder}
