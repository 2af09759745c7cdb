"""A quantized network of its own, as the evaluator ``post_training`` measures it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from autoquant.errors import SpecError
from autoquant.network import LayerPrecision, Rounding
from autoquant.quantization.apply import QuantizedNetwork
from autoquant.quantization.arithmetic import Additions, Arithmetic, Biases
from autoquant.quantization.correction import Corrector
from autoquant.quantization.execution import as_inputs, portion
from autoquant.quantization.sequential import SequentialFit


def build_quantized(
    module: nn.Module,
    inputs: Any,
    precisions: Sequence[LayerPrecision],
    keep_float: Sequence[str] = (),
    *,
    batch_size: int = 100,
    rounding: Rounding | None = None,
    sequential: bool = False,
    bias_correction: bool = False,
    reestimate_batch_norm: bool = False,
    biases: Biases | None = None,
    additions: Additions | None = None,
    arithmetic: Biases | None = None,
) -> nn.Module:
    """A copy of ``module``, in eval mode, that computes with quantized weights and activations (in float32).

    ``inputs`` are calibration examples, ``precisions`` those of the layers of `profile_network` in their order. Each
    quantized input is done by the ``input_quantizer`` of its layer, which holds the scale and the zero point. The
    options are those of the evaluator ``post_training``, with its defaults where it has a calibration split: a network
    that was measured with them is built with them. (Its ``bias_correction: layer`` is the rounding ``nearest+bias``.)
    """
    if rounding is None and bias_correction:
        rounding = "nearest"
    if sequential and (bias_correction or reestimate_batch_norm):
        raise SpecError(
            "sequential: it fits biases to the quantized network itself; leave out bias_correction and "
            "reestimate_batch_norm"
        )
    examples = as_inputs(inputs)
    chosen = Arithmetic.of(arithmetic, biases, additions)
    network = QuantizedNetwork(module, portion(examples, slice(2)), keep_float, rounding=rounding, arithmetic=chosen)
    if sequential or network.needs_calibration(precisions):
        network.calibrate(examples, batch_size)
    corrector = None
    if bias_correction or reestimate_batch_norm:
        corrector = Corrector(
            network.module, network.profile, examples, bias=bias_correction, batch_norm=reestimate_batch_norm
        )
    network.apply(precisions, SequentialFit(network).find(precisions) if sequential else None)
    if corrector is not None:
        corrector.write(corrector.judged(precisions)[0])
    return network.module
