"""Readers of the measured data that the gates of the cost models are judged by, as rows of `autoquant_cost_models`."""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from autoquant_cost_models.rows import Row, derived_macs

from autoquant.network import FLOAT, LayerKind, LayerPrecision, LayerProfile

DATA = Path(os.environ.get("AUTOQUANT_DATA", Path(__file__).parents[2] / "shared" / "data"))
HARDWARE = DATA / "hardware"

Layer = tuple[LayerProfile, LayerPrecision]


def layer(
    kind: str,
    source: tuple[int, ...],
    output: tuple[int, ...],
    weight: tuple[int, ...] = (),
    precision: LayerPrecision = FLOAT,
    macs: int | None = None,
) -> Layer:
    """A layer whose MACs and biases follow from its shapes."""
    groups = weight[0] if kind == "depthwise_conv" else 1
    bias = output[0] if weight else 0
    if macs is None:
        macs = derived_macs(kind, source, output, weight)
    parameters = (math.prod(weight) if weight else 0) + bias
    profile = LayerProfile(kind, kind, 0, source, output, weight, macs, bias, parameters, groups)  # type: ignore[arg-type]
    return profile, precision


def conv(
    cin: int, cout: int, kernel: int, size: int, out: int, *, depthwise: bool = False, at: LayerPrecision = FLOAT
) -> Layer:
    """A square convolution of an input of ``size`` into an output of ``out`` pixels a side."""
    kind: LayerKind = "depthwise_conv" if depthwise else "conv"
    weight = (cout, 1 if depthwise else cin, kernel, kernel)
    return layer(kind, (cin, size, size), (cout, out, out), weight, at)


def t4_rows(path: Path = HARDWARE / "hawq_t4_measured" / "tvm_tuned_conv_t4.csv") -> dict[str, list[Row]]:
    """Network -> its layers, as measured on a T4 in batches of 8; latencies are those of one example."""
    rows: dict[str, list[Row]] = {}
    with path.open(newline="") as file:
        for i, line in enumerate(csv.DictReader(file), start=2):
            batch, cin, cout, k, size, out = (
                int(line[key]) for key in ("batch", "cin", "cout", "k", "h_in_padded", "h_out")
            )
            bits = int(line["w_dtype"].removeprefix("int"))
            at = LayerPrecision.of_bits(bits, bits)
            described = (
                layer("linear", (cin,), (cout,), (cout, cin), at)
                if line["kind"] == "dense"
                else conv(cin, cout, k, size, out, at=at)
            )
            latency = float(line["lat_ms"]) / batch
            rows.setdefault(line["resnet"], []).append(
                Row(f"{path.name} line {i}", (described,), {"latency_ms": latency})
            )
    return rows


def phone_rows(folder: Path = HARDWARE) -> dict[str, list[Row]]:
    """Table (of one device and input size) -> blocks of the OFA space, measured in float32."""
    rows: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*_measured/block_latency*.csv")):
        with path.open(newline="") as file:
            for line in csv.DictReader(file):
                row = Row(line["key"], tuple(ofa_block(line["key"])), {"latency_ms": float(line["mean_ms"])})
                rows.setdefault(line["table"], []).append(row)
    return rows


def ofa_block(key: str) -> Iterator[Layer]:
    """Layers of a block by its name in the tables of the once-for-all network (Cai et al. 2020).

    An inverted residual block of MobileNetV3: 1x1, depthwise, squeeze and excite, 1x1, skip; activations by themselves
    where they are hard-swish, ReLU is fused.
    """
    kind = key.split("-")[0]
    size, _, cin = _shape(key, "input")
    output = _shape(key, "output")
    if kind == "Logits":
        yield layer("linear", (cin,), output, (output[0], cin))
        return
    out, _, cout = output
    if kind == "AvgPool2D":
        yield layer("pool", (cin, size, size), (cout, out, out))
        return
    if kind.startswith("Conv"):
        yield conv(cin, cout, 3 if kind == "Conv" else 1, size, out)
        yield layer("activation", (cout, out, out), (cout, out, out))
        return
    wide, kernel = _option(key, "expand"), _option(key, "kernel")
    activation = [(wide, size, size), (wide, out, out)] if _option(key, "hs") else []
    if wide != cin:
        yield conv(cin, wide, 1, size, size)
        yield from (layer("activation", shape, shape) for shape in activation[:1])
    yield conv(wide, wide, kernel, size, out, depthwise=True)
    yield from (layer("activation", shape, shape) for shape in activation[1:])
    if _option(key, "se"):
        yield from squeeze_excite(wide, out)
    yield conv(wide, cout, 1, out, out)
    if _option(key, "idskip"):
        yield layer("add", (2 * cout, out, out), (cout, out, out))


def squeeze_excite(channels: int, size: int) -> Iterator[Layer]:
    """Global pooling, two 1x1 convolutions through a quarter of the channels (a multiple of 8), and a product."""
    squeezed = max(8, int(channels / 4 + 4) // 8 * 8)
    yield layer("pool", (channels, size, size), (channels, 1, 1))
    yield layer("linear", (channels,), (squeezed,), (squeezed, channels))
    yield layer("linear", (squeezed,), (channels,), (channels, squeezed))
    yield layer("mul", (channels, size, size), (channels, size, size))


def _shape(key: str, name: str) -> tuple[int, ...]:
    match = re.search(rf"{name}:([\dx]+)", key)
    assert match, key
    return tuple(int(part) for part in match[1].split("x"))


def _option(key: str, name: str) -> int:
    match = re.search(rf"{name}:(\d+)", key)
    assert match, key
    return int(match[1])


def mobilenet_v2() -> list[Layer]:
    """The 53 layers of MobileNetV2 at 224 pixels, in the order of HAQ's table."""
    blocks = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    layers, channels, size = [conv(3, 32, 3, 224, 112)], 32, 112
    for expand, out, count, first_stride in blocks:
        for stride in [first_stride] + [1] * (count - 1):
            wide = channels * expand
            layers += [conv(channels, wide, 1, size, size)] if expand > 1 else []
            layers.append(conv(wide, wide, 3, size, size // stride, depthwise=True))
            size //= stride
            layers.append(conv(wide, out, 1, size, size))
            channels = out
    return [*layers, conv(channels, 1280, 1, size, size), layer("linear", (1280,), (1000,), (1000, 1280))]


def haq_table(
    path: Path = HARDWARE / "haq_mobilenetv2_simulated" / "qmobilenetv2_imagenet100_batch16_latency_table.npy",
) -> np.ndarray:
    """(layers, weight bits, activation bits): what HAQ's simulator gives for a layer at 1 to 8 bits."""
    table: np.ndarray = np.load(path).astype(np.float64)
    return table
