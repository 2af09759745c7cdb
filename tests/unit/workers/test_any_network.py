"""Networks of every kind, from profile to measurement."""

from __future__ import annotations

import io
from typing import Any

import networks
import numpy as np
import pytest
import torch
from autoquant_search_spaces.bit_widths import BitWidths
from autoquant_workers.post_training import PostTraining
from measuring import measure, measure_many, measure_reference
from spaces import bit_widths
from torch import nn

from autoquant.data import DataSplits, Split
from autoquant.quantization.execution import as_inputs, each
from autoquant.settings import data_folder

pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
FAST: dict[str, Any] = {"weight_scale": "min_max", "activation_scale": "min_max"}
"""Rules that need no search."""
LARGE = {networks.ResNet20}


def own_labels(kind: type[nn.Module], network: nn.Module, counts: tuple[int, int, int] = (24, 16, 16)) -> DataSplits:
    """Examples labelled by the network itself, so that in float it is always right."""
    made = []
    for seed, count in enumerate(counts):
        inputs = networks.examples(kind, count, seed)
        with torch.no_grad():
            made.append(Split(inputs, network(*each(as_inputs(inputs))).argmax(1)))
    return DataSplits(*made)


def measured(evaluator: PostTraining, space: BitWidths, label: str) -> dict[str, float]:
    return dict(measure(evaluator, space, space.uniform()[label]).metrics)


@pytest.mark.parametrize("kind", networks.NETWORKS, ids=lambda kind: kind.__name__)
@torch.no_grad()
def test_many_bits_are_float_and_few_are_not(kind: type[nn.Module]) -> None:
    network = networks.built(kind)
    data = own_labels(kind, network)
    evaluator = PostTraining(network, data, batch_size=16, rounding="nearest")
    space = bit_widths(evaluator.profile(), weights=[2, 8, 16], activations=[2, 8, 16], **FAST)
    evaluator.check(space)
    assert measure_reference(evaluator, "search").metrics["accuracy"] == 1.0
    assert measured(evaluator, space, "W8A8")["accuracy"] >= 0.8
    inputs, away = each(as_inputs(data.search.inputs)), {}
    for label, candidate in space.uniform().items():
        evaluator._quantized.apply(space.precisions(candidate))
        away[label] = float((evaluator._quantized.module(*inputs) - network(*inputs)).norm())
    assert away["W16A16"] < away["W8A8"] * 1.1  # both clip what is beyond the values of the calibration
    assert 4 * away["W8A8"] < away["W2A2"]


@pytest.mark.parametrize(
    "kind",
    [pytest.param(one, marks=pytest.mark.slow if one in LARGE else ()) for one in networks.NETWORKS],
    ids=lambda kind: kind.__name__,
)
def test_a_memory_changes_no_result(kind: type[nn.Module]) -> None:
    network = networks.built(kind)
    data = own_labels(kind, network)
    evaluators = [PostTraining(network, data, batch_size=16, memo_mb=megabytes) for megabytes in (0, 64)]
    space = bit_widths(evaluators[0].profile(), weights=[2, 8], activations=[4, 8], **FAST)
    sampled = space.sample(np.random.default_rng(0), 4)
    ends = np.repeat(sampled, 2, axis=0)
    ends[1::2, -1] = 1 - ends[1::2, -1]
    candidates = [tuple(map(int, row)) for row in ends]
    found = [measure_many(evaluator, space, candidates) for evaluator in evaluators]
    assert [m.metrics for m in found[0]] == [m.metrics for m in found[1]]  # type: ignore[union-attr]
    assert evaluators[1]._memo.hits > 0


def resnet20() -> nn.Module:
    network = networks.ResNet20()
    with np.load(data_folder() / "cifar10_jpeg" / "resnet20_weights.npz") as arrays:
        network.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return network.eval()


def images(count: int) -> tuple[Any, Any]:
    """The first test images of CIFAR-10 (JPEG copy), as the network takes them."""
    image = pytest.importorskip("PIL.Image")
    with np.load(data_folder() / "cifar10_jpeg" / "test.npz") as file:
        ends = np.cumsum(file["length"].astype(np.int64))[:count]
        prefix, body, labels = file["prefix"].tobytes(), file["body"].tobytes(), file["y"][:count].astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]])
    pixels = [np.asarray(image.open(io.BytesIO(prefix + body[a:b]))) for a, b in zip(starts, ends, strict=True)]
    mean, spread = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    return ((np.stack(pixels).astype(np.float32) / 255 - mean) / spread).transpose(0, 3, 1, 2), labels


def test_resnet20_on_real_images() -> None:
    """Float 86.95 % on all 10,000; here on 300, and 8 bits lose next to nothing."""
    if not (data_folder() / "cifar10_jpeg").is_dir():
        pytest.skip(f"the real images are not there: {data_folder()} (set AUTOQUANT_DATA)")
    inputs, labels = images(400)
    splits = [Split(inputs[a:b], labels[a:b]) for a, b in ((0, 200), (200, 300), (300, 400))]
    evaluator = PostTraining(resnet20(), DataSplits(*splits))
    profile = evaluator.profile()
    assert (len(profile), profile.method, sum(layer.macs or 0 for layer in profile)) == (20, "fx", 40_551_040)
    assert len(profile.joined[0]) == 10
    space = bit_widths(profile, weights=[2, 8], activations=[8], **FAST)
    found = [measure_reference(evaluator, "search").metrics["accuracy"], measured(evaluator, space, "W8A8")["accuracy"]]
    assert 0.82 <= found[0] <= 0.93
    assert abs(found[1] - found[0]) <= 0.02
    nearest = PostTraining(resnet20(), DataSplits(*splits), rounding="nearest")
    assert measured(nearest, space, "W2A8")["accuracy"] < 0.5
    assert measured(evaluator, space, "W2A8")["accuracy"] > measured(nearest, space, "W2A8")["accuracy"] + 0.2
