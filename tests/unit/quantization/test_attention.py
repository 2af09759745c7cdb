"""Attention made of layers computes what `nn.MultiheadAttention` does, whatever it is called with."""

from __future__ import annotations

import copy
from typing import Any

import networks
import pytest
import torch
from torch import Tensor, nn

from autoquant.errors import UnsupportedError
from autoquant.network import FLOAT, LayerPrecision
from autoquant.quantization import QuantizedNetwork, profile_network
from autoquant.quantization.attention import Attention, open_attention, plain_paths

LENGTH, SOURCE, BATCH, WIDTH = 5, 7, 3, 8


def attention(**options: Any) -> nn.MultiheadAttention:
    torch.manual_seed(0)
    made = nn.MultiheadAttention(WIDTH, 2, **options).eval()
    for name, parameter in made.named_parameters():
        if "bias" in name:
            nn.init.normal_(parameter)
    return made


def both(source: nn.MultiheadAttention, *given: Tensor, **options: Any) -> None:
    """Asserts that both give the same output and the same weights."""
    opened = Attention(source, "attention").eval()
    with torch.no_grad():
        expected, found = source(*given, **options), opened(*given, **options)
    torch.testing.assert_close(found[0], expected[0], rtol=1e-4, atol=1e-5)
    assert (found[1] is None) == (expected[1] is None)
    if expected[1] is not None:
        torch.testing.assert_close(found[1], expected[1], rtol=1e-4, atol=1e-5)


def sequence(length: int, width: int = WIDTH, batch_first: bool = True, seed: int = 0) -> Tensor:
    values = torch.randn(BATCH, length, width, generator=torch.Generator().manual_seed(seed))
    return values if batch_first else values.transpose(0, 1)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("call", [{}, {"need_weights": False}, {"average_attn_weights": False}])
def test_self_and_cross_attention(batch_first, bias, call):
    source = attention(batch_first=batch_first, bias=bias)
    x, y = sequence(LENGTH, batch_first=batch_first), sequence(SOURCE, batch_first=batch_first, seed=1)
    both(source, x, x, x, **call)
    both(source, x, y, y, **call)


def test_other_widths_of_keys_and_values():
    source = attention(kdim=4, vdim=6, batch_first=True)
    both(source, sequence(LENGTH), sequence(SOURCE, 4), sequence(SOURCE, 6))


def test_one_sequence_without_a_batch():
    x, y = sequence(LENGTH)[0], sequence(SOURCE)[0]
    both(attention(), x, y, y)
    both(attention(), x, y, y, key_padding_mask=torch.arange(SOURCE) > 4)


CAUSAL = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
PADDING = torch.arange(LENGTH) >= torch.tensor([[5], [3], [1]])


@pytest.mark.parametrize(
    "masks",
    [
        {"attn_mask": CAUSAL},
        {"attn_mask": torch.randn(LENGTH, LENGTH, generator=torch.Generator().manual_seed(0))},
        {"attn_mask": CAUSAL.repeat(2 * BATCH, 1, 1)},
        {"attn_mask": CAUSAL, "is_causal": True, "need_weights": False},
        {"key_padding_mask": PADDING},
        {"key_padding_mask": torch.zeros(PADDING.shape).masked_fill(PADDING, -1e9)},
        {"attn_mask": CAUSAL, "key_padding_mask": PADDING},
    ],
)
def test_masks(masks):
    x = sequence(LENGTH)
    both(attention(batch_first=True), x, x, x, **masks)


def test_a_causal_hint_without_its_mask_is_refused_as_ever():
    x = sequence(LENGTH)
    for module in (attention(batch_first=True), Attention(attention(batch_first=True), "a")):
        with pytest.raises(RuntimeError, match="Need attn_mask"):
            module(x, x, x, is_causal=True, need_weights=False)


@pytest.mark.parametrize("option", ["add_bias_kv", "add_zero_attn"])
def test_extra_keys_are_refused_by_name(option):
    network = nn.ModuleDict({"self": attention(**{option: True})})
    with pytest.raises(UnsupportedError, match=rf"'self' \(MultiheadAttention with {option}\).*keep_float: \[self"):
        open_attention(network, lambda name: False)
    assert open_attention(network, lambda name: name == "self") == 0


class Sequence(nn.Module):
    """An encoder and a decoder of torch's own, with whatever layout."""

    def __init__(self, batch_first: bool, norm_first: bool) -> None:
        super().__init__()
        options: dict[str, Any] = {"batch_first": batch_first, "norm_first": norm_first, "dropout": 0.0}
        layer = nn.TransformerEncoderLayer(WIDTH, 2, 16, **options)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoderLayer(WIDTH, 2, 16, **options)
        self.batch_first = batch_first

    def forward(self, inputs: Tensor) -> Tensor:
        values = inputs if self.batch_first else inputs.transpose(0, 1)
        values = self.decoder(values, self.encoder(values))
        return values if self.batch_first else values.transpose(0, 1)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("norm_first", [True, False])
def test_encoders_and_decoders_of_torch(batch_first, norm_first):
    torch.manual_seed(0)
    network, inputs = Sequence(batch_first, norm_first).eval(), sequence(LENGTH)
    quantized = QuantizedNetwork(network, inputs)
    torch.testing.assert_close(quantized.module(inputs), network(inputs), rtol=1e-3, atol=1e-4)
    attentions = 2 + 2
    assert len(quantized.profile.quantizable) == attentions * 4 + 3 * 2
    assert all(row.calls == 1 for row in quantized.profile)
    assert all(row.input_shape == (LENGTH, WIDTH) for row in quantized.profile if row.name.endswith("q_proj"))


@torch.no_grad()
def test_every_layer_of_an_encoder_is_quantized_where_torch_would_skip_its_modules():
    """In eval mode torch's encoder layers compute with the weights themselves, unless that is switched off."""
    network, tokens = networks.built(networks.TextEncoder), networks.examples(networks.TextEncoder, 8)
    quantized = QuantizedNetwork(network, tokens, ["encoder.layers.1.self_attn"])
    quantized.calibrate(tokens)
    before = quantized.module(tokens)
    for index, row in enumerate(quantized.profile):
        if not row.kept_float:
            precisions = [FLOAT] * len(quantized.profile)
            precisions[index] = LayerPrecision.of_bits(2, 32 if row.kind == "embedding" else 2)
            quantized.apply(precisions)
            assert not torch.equal(quantized.module(tokens), before), f"{row.name} is not what runs"
    quantized.restore()
    assert torch.equal(quantized.module(tokens), before)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@torch.no_grad()
def test_padded_positions_are_those_of_training():
    network, tokens = networks.built(networks.TextEncoder), networks.examples(networks.TextEncoder, 4)
    plain = copy.deepcopy(network)
    plain_paths(plain)
    torch.testing.assert_close(plain(tokens), network(tokens), rtol=1e-4, atol=1e-5)
    values, padding = network.tokens(tokens), tokens == 0
    assert (plain.encoder(values, src_key_padding_mask=padding)[padding] != 0).all()


def test_one_attention_under_two_names_stays_one():
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = attention(batch_first=True)
            self.other = self.one

        def forward(self, inputs: Tensor) -> Tensor:
            values = self.one(inputs, inputs, inputs)[0]
            return self.other(values, values, values)[0]

    profile = profile_network(Shared(), sequence(LENGTH))
    assert [row.calls for row in profile] == [2] * 6
