"""Networks that benchmarks of rounding quantize: what calibrates them, and what they are measured on.

All but the Transformer read the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import torch
from cifar10 import images, resnet20
from fashion_mobilenet import fashion_mnist, trained_mobilenet
from torch import Tensor, nn

from autoquant.data import Split
from autoquant.network import FLOAT, ActivationQuantization, LayerPrecision, WeightQuantization
from autoquant.quantization import QuantizedNetwork
from autoquant.quantization.execution import Inputs, as_inputs, batches, portion

EXAMPLES = Path(__file__).parents[1] / "examples"
BATCH = 250
CALIBRATION = 256
"""Examples that calibrate, where there are training examples to take them from."""
UTTERANCES = 100
"""Of DS-CNN's 1,000 utterances those that calibrate; the other 900 measure."""


@dataclass(frozen=True)
class Subject:
    """A network, what calibrates it, and labelled examples that measure it."""

    module: nn.Module
    calibration: Inputs
    inputs: Inputs
    targets: Tensor

    @classmethod
    def of(cls, module: nn.Module, calibration: Inputs, measured: Sequence[Split]) -> Subject:
        """Of all examples of several splits."""
        inputs = torch.cat([torch.as_tensor(split.inputs) for split in measured])
        targets = torch.cat([torch.as_tensor(split.targets) for split in measured])
        return cls(module, as_inputs(calibration), as_inputs(inputs), targets)

    def quantizable(self) -> QuantizedNetwork:
        """The network, calibrated; rounded as by default where a precision does not say how."""
        network = QuantizedNetwork(self.module, portion(self.inputs, slice(2)), rounding=None)
        network.calibrate(self.calibration)
        return network

    @torch.no_grad()
    def hits(self, module: nn.Module, count: int | None = None) -> Tensor:
        """Which of the first ``count`` examples a network is right about."""
        some = portion(self.inputs, slice(count))
        best = torch.cat([module(batch).argmax(1) for batch in batches(some, BATCH)])
        return best == self.targets[:count]


def example(folder: str) -> ModuleType:
    """The module of an example's network; every example calls it ``network``."""
    found = spec_from_file_location(f"{folder}_network", EXAMPLES / folder / "network.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def ds_cnn(count: int, folder: Path) -> Subject:
    """The 900 utterances that do not calibrate, or the first of them."""
    network = example("keyword_spotting")
    data = network.data(UTTERANCES)
    whole = Subject.of(network.trained(), data.calibration.inputs, [data.search, data.test])
    return Subject(whole.module, whole.calibration, portion(whole.inputs, slice(count)), whole.targets[:count])


def resnet_20(count: int, folder: Path) -> Subject:
    """The first test images of CIFAR-10 (JPEG copy); training images calibrate."""
    return Subject.of(resnet20(), images("train", CALIBRATION).inputs, [images("test", count)])


def transformer(count: int, folder: Path) -> Subject:
    """The snippets of the example's search and test split, however many there are."""
    network = example("transformer_text")
    data = network.data()
    return Subject.of(network.trained(), data.calibration.inputs, [data.search, data.test])


def mobilenet(count: int, folder: Path) -> Subject:
    """The first test images of Fashion-MNIST; training images calibrate. Its weights are kept in the folder."""
    module = trained_mobilenet(folder)
    return Subject.of(module, fashion_mnist("train", CALIBRATION).inputs, [fashion_mnist("test", count)])


SUBJECTS: dict[str, Callable[[int, Path], Subject]] = {
    "DS-CNN": ds_cnn,
    "ResNet-20": resnet_20,
    "Transformer": transformer,
    "MobileNetV2-like": mobilenet,
}
"""Name -> subject, measured on at most so many examples, with what takes long to make kept in a folder."""


def uniform(
    network: QuantizedNetwork, weight: WeightQuantization, activations: int | None = None
) -> list[LayerPrecision]:
    """The same for every layer, first and last too; an embedding has no activations to quantize."""
    how = None if activations is None else ActivationQuantization(activations)
    return [
        FLOAT if layer.kept_float else LayerPrecision(weight, None if layer.kind == "embedding" else how)
        for layer in network.profile
    ]


def percent(hits: Tensor) -> str:
    """Accuracy and its standard error, in percent."""
    return of_share(float(hits.double().mean()), len(hits))


def of_share(share: float, count: int) -> str:
    """A share of so many examples and its standard error, in percent."""
    return f"{100 * share:.1f} ± {100 * math.sqrt(share * (1 - share) / count):.1f}"
