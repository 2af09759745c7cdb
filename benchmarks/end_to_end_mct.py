"""The row of Sony MCT in end_to_end.py, measured here: its own mixed precision search at the same payloads.

Runs in an environment of its own, which also holds torch, and this project on its path:

    pip install model-compression-toolkit==2.6.1        # neither TensorFlow nor torch come along
    pip install --no-deps torchvision==0.28.0           # MCT imports it; only its Python files are used
    PYTHONPATH=. python benchmarks/end_to_end_mct.py

Weights of 2, 4 or 8 bits in every layer, symmetric, a scale a channel, activations and biases float; MCT's defaults in
all else, GPTQ for so many epochs. It sees the calibration and the search split without labels, and nothing is chosen:
the test split judges. Prints accuracy with its standard error, the bytes of the weights' codes, and processor seconds.
Needs the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from end_to_end import NETWORKS, PAYLOADS
from landscape import table
from measured_networks import BATCH, example, of_share
from torch import Tensor, nn

BITS = (8, 4, 2)
TAKEN = 32
"""Examples of a batch that MCT is given."""
OPERATORS = torch.library.Library("torchvision", "DEF")
"""Operators that the Python files of torchvision name, and that no network here uses."""
for operator in ("nms", "qnms"):
    OPERATORS.define(f"{operator}(Tensor boxes, Tensor scores, float threshold) -> Tensor")


def capabilities() -> Any:
    """A platform that executes weights of `BITS`, and float activations."""
    from mct_quantizers import QuantizationMethod
    from model_compression_toolkit.target_platform_capabilities.constants import BIAS_ATTR, KERNEL_ATTR
    from model_compression_toolkit.target_platform_capabilities.schema import mct_current_schema as schema

    def attribute(bits: int, enabled: bool) -> Any:
        return schema.AttributeQuantizationConfig(
            weights_quantization_method=QuantizationMethod.SYMMETRIC,
            weights_n_bits=bits,
            weights_per_channel_threshold=True,
            enable_weights_quantization=enabled,
            lut_values_bitwidth=None,
        )

    def operation(bits: int | None) -> Any:
        attributes = {} if bits is None else {KERNEL_ATTR: attribute(bits, True), BIAS_ATTR: attribute(32, False)}
        return schema.OpQuantizationConfig(
            default_weight_attr_config=attribute(8, False),
            attr_weights_configs_mapping=attributes,
            activation_quantization_method=QuantizationMethod.POWER_OF_TWO,
            activation_n_bits=8,
            supported_input_activation_n_bits=8,
            enable_activation_quantization=False,
            quantization_preserving=False,
            fixed_scale=None,
            fixed_zero_point=None,
            simd_size=32,
            signedness=schema.Signedness.AUTO,
        )

    options = [operation(bits) for bits in BITS]
    mixed = schema.QuantizationConfigOptions(quantization_configurations=tuple(options), base_config=options[0])
    names = schema.OperatorSetNames
    sets = [
        schema.OperatorsSet(name=name, qc_options=mixed)
        for name in (names.CONV, names.DEPTHWISE_CONV, names.FULLY_CONNECTED)
    ]
    return schema.TargetPlatformCapabilities(
        default_qco=schema.QuantizationConfigOptions(quantization_configurations=(operation(None),)),
        operator_set=tuple(sets),
        fusing_patterns=(),
        tpc_minor_version=1,
        tpc_patch_version=0,
        add_metadata=False,
    )


def quantized(net: nn.Module, inputs: Tensor, payload: float, epochs: int) -> nn.Module:
    """By MCT, its weights' codes in so many bytes; without GPTQ for 0 epochs."""
    import model_compression_toolkit as mct

    def given() -> Iterator[list[Tensor]]:
        for batch in torch.split(inputs, TAKEN):
            yield [batch]

    limit = mct.core.ResourceUtilization(weights_memory=payload)
    core = mct.core.CoreConfig(mixed_precision_config=mct.core.MixedPrecisionQuantizationConfig())
    chosen = {"target_resource_utilization": limit, "core_config": core, "target_platform_capabilities": capabilities()}
    if epochs == 0:
        return mct.ptq.pytorch_post_training_quantization(net, given, **chosen)[0]
    config = mct.gptq.get_pytorch_gptq_config(n_epochs=epochs)
    return mct.gptq.pytorch_gradient_post_training_quantization(net, given, gptq_config=config, **chosen)[0]


@torch.no_grad()
def accuracy(net: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    """Share of right answers."""
    return float((torch.cat([net(batch).argmax(1) for batch in torch.split(inputs, BATCH)]) == targets).double().mean())


def rows(name: str, epochs: Sequence[int]) -> Iterable[Sequence[Any]]:
    """Accuracy at each budget, then the processor seconds of each."""
    network = NETWORKS[name]
    module = example(network.example)
    data, net = module.data(**network.data), module.trained()
    inputs = torch.cat([data.calibration.inputs, data.search.inputs]).contiguous()
    weights = sum(part.weight.numel() for part in net.modules() if isinstance(part, nn.Conv2d | nn.Linear))
    for count in epochs:
        cells, taken = [], []
        for bits in PAYLOADS:
            began = time.process_time()
            found = quantized(net, inputs, weights * bits / 8, count)
            taken.append(time.process_time() - began)
            cells.append(of_share(accuracy(found, data.test.inputs, data.test.targets), network.test))
            print(f"{name}, {bits} bits, {count} epochs: {cells[-1]}, {taken[-1]:.0f} s", file=sys.stderr, flush=True)
        label = "post-training" if count == 0 else f"GPTQ, {count} epochs"
        yield f"MCT 2.6.1, {label}", *cells
        yield "processor seconds", *(f"{seconds:.0f}" for seconds in taken)


def main() -> None:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="*", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--epochs", type=int, nargs="*", default=[0, 50], help="of GPTQ; 0 goes without")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.networks:
        budgets = zip(PAYLOADS, NETWORKS[name].budgets, strict=True)
        table([name, *(f"{bits} bits, {size:,} bytes" for bits, size in budgets)], rows(name, arguments.epochs))


if __name__ == "__main__":
    main()
