"""Digests that tell whether two networks, or two sets of data, are the same."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autoquant.data import DataSplits
from autoquant.quantization.execution import Inputs, each

TELL_NOTHING = (
    nn.MultiheadAttention,
    nn.TransformerEncoder,
    nn.TransformerEncoderLayer,
    nn.TransformerDecoderLayer,
)
"""Modules of PyTorch that do not say in their representation how many heads they have, and what comes first."""

LENGTH = 16
"""Hexadecimal digits of a digest."""


def network_digest(module: nn.Module) -> str:
    """Digest of a network's weights and buffers, and of its modules (classes, and the settings of PyTorch's own)."""
    digest = hashlib.sha256()
    for name, part in module.named_modules():
        own = part.extra_repr() if type(part).__module__.startswith("torch.nn.") else ""
        if isinstance(part, TELL_NOTHING):
            settings = {key: value for key, value in vars(part).items() if isinstance(value, (bool, int, float))}
            own = str(sorted((key, value) for key, value in settings.items() if key != "training"))
        digest.update(f"{name}:{type(part).__qualname__}({own})\n".encode())
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode())
        if isinstance(value, Tensor):
            _add(digest, value)
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()[:LENGTH]


def data_digest(splits: DataSplits) -> dict[str, str]:
    """Split name -> digest of its inputs and targets."""
    digests = {}
    for name, split in splits:
        digest = hashlib.sha256()
        for values in split.each:
            _add(digest, values)
        _add(digest, split.targets)
        digests[name] = digest.hexdigest()[:LENGTH]
    return digests


def row_digests(inputs: Inputs) -> list[bytes]:
    """One digest for each example, over all its inputs."""
    parts = [tensor.detach().cpu().contiguous().reshape(len(tensor), -1).numpy() for tensor in each(inputs)]
    return [
        hashlib.blake2b(b"".join(row.tobytes() for row in rows), digest_size=16).digest()
        for rows in zip(*parts, strict=True)
    ]


def _add(digest: Any, values: Any) -> None:
    tensor = values.detach().cpu() if isinstance(values, Tensor) else torch.from_numpy(np.array(values))
    digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
    digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
