"""Networks that are built as the evaluator measures them."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
import torch
from fitted import W3, W3A4, equal, images, made, network, state, trained, vectors
from torch import nn

from autoquant.errors import SpecError
from autoquant.network import FLOAT, LayerPrecision
from autoquant.quantization import QuantizedNetwork, build_quantized
from autoquant.quantization.sequential import SequentialFit

pytestmark = pytest.mark.usefixtures("cache")


def parts(module: nn.Module) -> dict[str, torch.Tensor]:
    return dict(module.state_dict())


@pytest.mark.parametrize("rounding", ["nearest", "nearest+bias", "hessian"])
@pytest.mark.parametrize("precision", [W3, W3A4], ids=str)
def test_each_rounding(rounding, precision):
    built = build_quantized(network(), images(), [precision] * 4, rounding=rounding, batch_size=8)
    assert equal(parts(built), state(made(network(), images(), precision, rounding=rounding)))


def test_weights_are_fitted_by_default_and_not_where_all_is_corrected():
    fitted = state(made(network(), images(), W3, batch_size=100))
    assert equal(parts(build_quantized(network(), images(), [W3] * 4)), fitted)
    nearest = state(made(network(), images(), W3, rounding="nearest"))
    corrected = build_quantized(network(), images(), [W3] * 4, bias_correction=True)
    assert all(torch.equal(corrected.get_submodule(n).weight, nearest[f"{n}.weight"]) for n in ("0", "3", "5", "8"))
    both = build_quantized(network(), images(), [W3] * 4, bias_correction=True, rounding="hessian")
    assert all(torch.equal(both.get_submodule(n).weight, fitted[f"{n}.weight"]) for n in ("0", "3", "5", "8"))


def test_layer_by_layer():
    candidate = [W3A4, W3, FLOAT, W3A4, W3]
    quantized = QuantizedNetwork(trained(), vectors(), rounding="hessian")
    quantized.calibrate(vectors(), 100)
    quantized.apply(candidate, SequentialFit(quantized).find(candidate))
    built = build_quantized(trained(), vectors(), candidate, sequential=True)
    assert equal(parts(built), state(quantized))
    with torch.no_grad():
        assert torch.equal(built(vectors(seed=9)), quantized.module(vectors(seed=9)))
    assert not equal(parts(built), parts(build_quantized(trained(), vectors(), candidate)))


@pytest.mark.parametrize("options", [{}, {"sequential": True}, {"arithmetic": "integer"}], ids=str)
def test_a_built_network_is_saved_and_copied_without_its_examples(options: dict[str, Any]) -> None:
    inputs = vectors(2000)
    built = build_quantized(trained(), inputs, [W3A4] * 5, **options)
    file = io.BytesIO()
    torch.save(built, file)
    assert file.tell() < inputs.nbytes / 2
    file.seek(0)
    with torch.no_grad():
        expected = built(inputs)
        for other in (torch.load(file, weights_only=False), copy.deepcopy(built)):
            assert torch.equal(other(inputs), expected)
            other[0].weight.zero_()
            assert not torch.equal(other(inputs), expected)
        assert torch.equal(built(inputs), expected)


def test_a_float_network_needs_no_examples_to_speak_of():
    built = build_quantized(network(), images()[:2], [FLOAT] * 4, rounding="hessian")
    assert equal(parts(built), state(QuantizedNetwork(network(), images()[:2])))


def test_options_that_contradict_are_refused():
    with pytest.raises(SpecError, match="arithmetic: 'integer' means biases: integer"):
        build_quantized(network(), images(), [LayerPrecision.of_bits(4, 4)] * 4, arithmetic="integer", biases="float")


@pytest.mark.parametrize("correction", ["bias_correction", "reestimate_batch_norm"])
def test_a_sequential_fit_takes_no_corrections(correction):
    with pytest.raises(SpecError, match="sequential: it fits biases to the quantized network itself; leave out"):
        build_quantized(network(), images(), [W3] * 4, sequential=True, **{correction: True})
