"""Layers of networks whose latency is published for many devices, at batch 1."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from cost_gates_data import Layer, conv, layer, mobilenet_v2

from autoquant.network import LayerPrecision, LayerProfile


def rectangle(cin: int, cout: int, kernel: tuple[int, int], size: tuple[int, int], stride: int) -> Layer:
    """A convolution with "same" padding of an input that is not square."""
    out = tuple(-(-side // stride) for side in size)
    return layer("conv", (cin, *size), (cout, *out), (cout, cin, *kernel))


def ds_cnn() -> list[Layer]:
    """MLPerf Tiny's keyword spotting: 49 x 10 features, 2,656,768 MACs."""
    layers = [rectangle(1, 64, (10, 4), (49, 10), 2)]
    for _ in range(4):
        layers.append(layer("depthwise_conv", (64, 25, 5), (64, 25, 5), (64, 1, 3, 3)))
        layers.append(rectangle(64, 64, (1, 1), (25, 5), 1))
    return [*layers, layer("linear", (64,), (12,), (12, 64))]


def resnet_8() -> list[Layer]:
    """MLPerf Tiny's image classification: 32 x 32 pixels, 12,501,632 MACs."""
    layers, channels, size = [conv(3, 16, 3, 32, 32)], 16, 32
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        out = size // stride
        layers += [conv(channels, width, 3, size, out), conv(width, width, 3, out, out)]
        layers += [conv(channels, width, 1, size, out)] if stride > 1 else []
        channels, size = width, out
    return [*layers, layer("linear", (64,), (10,), (10, 64))]


def mobilenet_v1(width: float = 1.0, size: int = 224, classes: int = 1000) -> list[Layer]:
    """Howard et al. 2017; MLPerf Tiny's visual wake words is width 0.25 at 96 pixels with 2 classes, 7,489,664 MACs."""
    channels, size = int(32 * width), size // 2
    layers = [conv(3, channels, 3, 2 * size, size)]
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for wide, stride in blocks:
        layers.append(conv(channels, channels, 3, size, size // stride, depthwise=True))
        size //= stride
        layers.append(conv(channels, int(wide * width), 1, size, size))
        channels = int(wide * width)
    return [*layers, layer("linear", (channels,), (classes,), (classes, channels))]


def autoencoder() -> list[Layer]:
    """MLPerf Tiny's anomaly detection: ten fully connected layers, 264,192 MACs."""
    widths = [640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640]
    return [layer("linear", (a,), (b,), (b, a)) for a, b in pairwise(widths)]


def resnet(blocks: tuple[int, ...], bottleneck: bool, size: int = 224) -> list[Layer]:
    """He et al. 2015, with the stride in the first convolution of a bottleneck."""
    side = _half(size)
    layers, channels, side = [conv(3, 64, 7, size, side)], 64, _half(side)
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for i in range(count):
            out = _half(side) if stage and not i else side
            wide = 4 * width if bottleneck else width
            if bottleneck:
                layers += [conv(channels, width, 1, side, out), conv(width, width, 3, out, out)]
                layers.append(conv(width, wide, 1, out, out))
            else:
                layers += [conv(channels, width, 3, side, out), conv(width, width, 3, out, out)]
            layers += [conv(channels, wide, 1, side, out)] if channels != wide else []
            layers.append(layer("add", (2 * wide, out, out), (wide, out, out)))
            channels, side = wide, out
    return [*layers, layer("linear", (channels,), (1000,), (1000, channels))]


def vgg_16() -> list[Layer]:
    """Simonyan and Zisserman 2014."""
    layers, channels, size = [], 3, 224
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers.append(conv(channels, width, 3, size, size))
            channels = width
        size //= 2
    sizes = [512 * 7 * 7, 4096, 4096, 1000]
    return layers + [layer("linear", (a,), (b,), (b, a)) for a, b in pairwise(sizes)]


def _half(size: int) -> int:
    return -(-size // 2)


NETWORKS: dict[str, Callable[[], list[Layer]]] = {
    "kws": ds_cnn,
    "ic": resnet_8,
    "vww": lambda: mobilenet_v1(0.25, 96, 2),
    "ad": autoencoder,
    "mobilenet_v1": mobilenet_v1,
    "mobilenet_v2": mobilenet_v2,
    "resnet18": lambda: resnet((2, 2, 2, 2), bottleneck=False),
    "resnet50": lambda: resnet((3, 4, 6, 3), bottleneck=True),
    "resnet50_299": lambda: resnet((3, 4, 6, 3), bottleneck=True, size=299),
    "vgg16": vgg_16,
}


def at(name: str, bits: int) -> tuple[tuple[LayerProfile, LayerPrecision], ...]:
    """The layers of a network, all of them at one precision."""
    return tuple((profile, LayerPrecision.of_bits(bits, bits)) for profile, _ in NETWORKS[name]())
