"""Kinds of work that a device does at different speeds."""

from __future__ import annotations

from autoquant.network import LayerProfile

SHALLOW = 4
"""So many input channels a group (grey, RGB, RGB and depth) leave most of a vector unit idle."""

FALLBACK = dict.fromkeys(("pointwise_conv", "shallow_conv", "depthwise_conv", "conv_transpose"), "conv")
"""Kinds that cost as much as another where a device file says nothing of them."""

KINDS = ("conv", *FALLBACK, "linear", "embedding", "matmul", "add", "mul", "activation", "pool", "other")
"""Every kind that a device file may name."""

LAYER_KINDS = tuple(kind for kind in KINDS if kind not in ("pointwise_conv", "shallow_conv"))
"""Every kind that a measured row may name; the others follow from a convolution's weights."""


def work_kind(layer: LayerProfile) -> str:
    """The kind of a layer as far as speed goes: convolutions of 1x1 and of few input channels apart from the others.

    Nothing is reused between the positions of a 1x1 kernel, and an image's three channels fill no vector.
    """
    if layer.kind != "conv" or len(layer.weight_shape) < 3:
        return layer.kind
    if layer.weight_shape[1] <= SHALLOW:
        return "shallow_conv"
    return "pointwise_conv" if all(size == 1 for size in layer.weight_shape[2:]) else "conv"
