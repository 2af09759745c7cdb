"""Attention as layers: `nn.MultiheadAttention` computes with its weights itself, so that nothing in it can be seen.

It is replaced, in the copy of a network that is quantized, by a module that computes the same from linear layers and
products of activations (Vaswani et al. 2017, "Attention Is All You Need", section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from autoquant.errors import UnsupportedError


class MatMul(nn.Module):
    """The product of two activations."""

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """``left @ right`` over the last two dimensions."""
        return torch.matmul(left, right)


class Attention(nn.Module):
    """What ``source`` computes, with its weights: ``softmax(q k^T / sqrt(d) + mask) v`` for each head.

    Called as `nn.MultiheadAttention` is. `UnsupportedError` for a source with extra keys (``add_bias_kv``,
    ``add_zero_attn``).
    """

    in_proj_bias = None
    """`nn.TransformerEncoderLayer` looks here whether it may compute with the weights itself; it may not."""
    _qkv_same_embed_dim = False

    def __init__(self, source: nn.MultiheadAttention, name: str) -> None:
        super().__init__()
        if source.bias_k is not None or source.add_zero_attn:
            option = "add_zero_attn" if source.add_zero_attn else "add_bias_kv"
            raise UnsupportedError(
                f"network: layer {name!r} (MultiheadAttention with {option}) is not supported; to keep it in float, "
                f"set keep_float: [{name}]"
            )
        self.num_heads, self.batch_first = source.num_heads, source.batch_first
        self.q_proj, self.k_proj, self.v_proj = _projections(source)
        self.query_key, self.weights_value = MatMul(), MatMul()
        self.out_proj = source.out_proj

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Output like ``query``, and the attention weights where they are needed."""
        if is_causal and attn_mask is None:
            raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
        batched = query.dim() == 3
        q, k, v = self._heads(self.q_proj(query)), self._heads(self.k_proj(key)), self._heads(self.v_proj(value))
        scores = self.query_key(q * (1.0 / math.sqrt(q.shape[-1])), k.transpose(-2, -1))
        if attn_mask is not None:
            mask = _additive(attn_mask, scores)
            scores = scores + (mask.reshape(scores.shape) if mask.dim() == 3 else mask)
        if key_padding_mask is not None:
            mask = _additive(key_padding_mask, scores)
            scores = scores + (mask[:, None, None] if batched else mask)
        weights = torch.softmax(scores, -1)
        values = self.weights_value(weights, v).transpose(1, 2).flatten(2)
        if not batched:
            values, weights = values[0], weights[0]
        elif not self.batch_first:
            values = values.transpose(0, 1)
        output = self.out_proj(values)
        if not need_weights:
            return output, None
        return output, weights.mean(-3) if average_attn_weights else weights

    def _heads(self, values: Tensor) -> Tensor:
        """(batch, length, width) in whatever order -> (batch, heads, length, width / heads)."""
        if values.dim() == 2:
            values = values.unsqueeze(0)
        elif not self.batch_first:
            values = values.transpose(0, 1)
        return values.reshape(*values.shape[:2], self.num_heads, -1).transpose(1, 2)


def _additive(mask: Tensor, scores: Tensor) -> Tensor:
    """A mask whose true elements are excluded, or one that is added -> one that is added."""
    if mask.dtype == torch.bool:
        return torch.zeros_like(mask, dtype=scores.dtype).masked_fill_(mask, -math.inf)
    return mask.to(scores.dtype)


def _projections(source: nn.MultiheadAttention) -> list[nn.Linear]:
    """The linear layers to query, key and value."""
    packed = source.in_proj_weight
    weights = (
        [source.q_proj_weight, source.k_proj_weight, source.v_proj_weight] if packed is None else list(packed.chunk(3))
    )
    biases = [None] * 3 if source.in_proj_bias is None else source.in_proj_bias.chunk(3)
    made = []
    for weight, bias in zip(weights, biases, strict=True):
        with torch.device("meta"):
            layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        layer.weight = nn.Parameter(weight.detach().clone(), requires_grad=weight.requires_grad)
        if bias is not None:
            layer.bias = nn.Parameter(bias.detach().clone(), requires_grad=bias.requires_grad)
        made.append(layer)
    return made


def open_attention(module: nn.Module, kept: Callable[[str], bool]) -> int:
    """Replace every `nn.MultiheadAttention` in ``module``, which is in eval mode; how many there were.

    ``kept`` names those that stay as they are.
    """
    parts = [
        (name, part)
        for name, part in module.named_modules(remove_duplicate=False)
        if isinstance(part, nn.MultiheadAttention)
        and type(part).forward is nn.MultiheadAttention.forward
        and not kept(name)
    ]
    made: dict[int, Attention] = {}
    for name, part in parts:
        if id(part) not in made:
            made[id(part)] = Attention(part, name).eval()
        parent, _, child = name.rpartition(".")
        setattr(module.get_submodule(parent), child, made[id(part)])
    return len(made)


def plain_paths(module: nn.Module) -> None:
    """Make Transformer encoders call their layers, as in training.

    Their shortcuts compute with the weights of the layers themselves, and put zeros at padded positions.
    """
    for part in module.modules():
        if isinstance(part, nn.TransformerEncoder):
            part.use_nested_tensor = False
        elif isinstance(part, nn.TransformerEncoderLayer):
            part.activation_relu_or_gelu = 0
