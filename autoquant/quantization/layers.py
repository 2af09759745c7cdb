"""Which parts of a network are layers: their kinds, and which of them stay in float."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from torch import Tensor, nn

from autoquant.errors import SpecError, UnsupportedError, did_you_mean
from autoquant.network import LayerKind
from autoquant.quantization.attention import MatMul

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)
KNOWN = (*CONVOLUTIONS, *TRANSPOSED, nn.Linear, *EMBEDDINGS)
SUPPORTED = (
    "convolutions and transposed convolutions (1-d to 3-d, grouped and depthwise too), Linear, Embedding and "
    "MultiheadAttention; normalisation, PReLU and recurrent layers stay in float by themselves"
)

RECURRENT = (nn.RNNBase, nn.RNNCellBase)
FLOAT_ONLY: tuple[type[nn.Module], ...] = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.PReLU,
    *RECURRENT,
    *([nn.RMSNorm] if hasattr(nn, "RMSNorm") else []),
)
"""Parametric layers that are kept in float without being asked."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A module that owns parameters, or multiplies activations; or a parameter of a module that holds others."""

    name: str
    module: nn.Module | None
    """None for a single parameter."""
    kind: LayerKind
    kept: bool
    parameters: tuple[nn.Parameter, ...]

    @property
    def weight(self) -> Tensor | None:
        """The tensor that is quantized; None for a layer of another kind."""
        weighs = self.module is not None and self.kind not in ("other", "matmul")
        return self.module._parameters["weight"] if self.module is not None and weighs else None


def kind_of(module: nn.Module) -> LayerKind | None:
    """The kind of a layer that can be quantized, None for any other. A subclass counts when it computes the same."""
    base = next((known for known in KNOWN if isinstance(module, known)), None)
    if base is None or type(module).forward is not base.forward or "weight" not in module._parameters:
        return None
    if isinstance(module, nn.Linear):
        return "linear"
    if isinstance(module, EMBEDDINGS):
        return "embedding" if module.max_norm is None else None
    if isinstance(module, TRANSPOSED):
        return "conv_transpose"
    if type(module)._conv_forward is not base._conv_forward:  # type: ignore[attr-defined, union-attr]
        return None
    return "depthwise_conv" if 1 < module.groups == module.in_channels else "conv"  # type: ignore[operator]


def output_first(module: nn.Module, weight: Tensor) -> Tensor:
    """The weight with output channels first: a transposed convolution keeps (inputs, outputs / groups, ..)."""
    if not isinstance(module, TRANSPOSED):
        return weight
    grouped = weight.reshape(module.groups, -1, *weight.shape[1:])
    return grouped.transpose(1, 2).flatten(0, 1)


def as_module_keeps(module: nn.Module, weight: Tensor) -> Tensor:
    """The reverse of `output_first`; that is the same operation."""
    return output_first(module, weight)


def parametric_layers(module: nn.Module, keep_float: Sequence[str], folded: Mapping[str, str]) -> list[Layer]:
    """Every layer of the network. One of an unknown kind that is kept in float stands for all inside it.

    ``folded`` maps BatchNorms to the layers that they were folded into. Errors as in `profile_network`.
    """
    layers: list[Layer] = []
    unknown: list[tuple[str, nn.Module]] = []
    covered: tuple[str, ...] = ()
    for name, part in module.named_modules():
        own = {key: value for key, value in part._parameters.items() if value is not None}
        if name.startswith(covered) or not (own or isinstance(part, MatMul)):
            continue
        kind, kept = kind_of(part), is_kept(keep_float, name)
        if isinstance(part, MatMul):
            layers.append(Layer(name, part, "matmul", True, ()))
        elif kind is not None:
            layers.append(Layer(name, part, kind, kept, tuple(own.values())))
        elif kept or isinstance(part, FLOAT_ONLY):
            covered += (f"{name}.",)
            layers.append(Layer(name, part, "other", True, tuple(part.parameters())))
        else:
            singles = {f"{name}.{key}".lstrip("."): value for key, value in own.items()}
            if not all(is_kept(keep_float, single) for single in singles):
                unknown.append((name, part))
            layers += [Layer(single, None, "other", True, (value,)) for single, value in singles.items()]
    names = [layer.name for layer in layers]
    for pattern in keep_float:
        _check_pattern(pattern, names, folded)
    if unknown:
        raise UnsupportedError(_unsupported(unknown))
    return _kept_together(layers)


def is_kept(keep_float: Sequence[str], name: str) -> bool:
    """Whether a pattern names this layer or a module that holds it."""
    return any(_matches(pattern, name) for pattern in keep_float)


def _matches(pattern: str, name: str) -> bool:
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[: i + 1]), pattern) for i in range(len(parts)))


def ties(layers: Sequence[Layer]) -> list[list[Layer]]:
    """Layers that share a parameter, the weight of one and the weight of another."""
    groups: dict[int, list[Layer]] = {}
    for layer in layers:
        shared = [layer.weight] if layer.weight is not None else layer.parameters
        for parameter in shared:
            groups.setdefault(id(parameter), []).append(layer)
    return [group for group in groups.values() if len(group) > 1]


def _kept_together(layers: Sequence[Layer]) -> list[Layer]:
    """Layers that share a weight: where one stays in float, the others do. `UnsupportedError` where they cannot."""
    kept: set[str] = set()
    for group in ties(layers):
        names = [layer.name for layer in group]
        if any(layer.kept for layer in group):
            kept.update(names)
        elif len({layer.kind == "conv_transpose" for layer in group}) > 1:
            raise UnsupportedError(
                f"network: layers {names} share a weight, whose output channels are not the same in a convolution and "
                f"a transposed one; to keep them in float, set keep_float: [{names[0]}]"
            )
    return [replace(layer, kept=layer.kept or layer.name in kept) for layer in layers]


def _check_pattern(pattern: str, names: Sequence[str], folded: Mapping[str, str]) -> None:
    if any(_matches(pattern, name) for name in names):
        return
    if into := next((layer for norm, layer in folded.items() if _matches(pattern, norm)), None):
        raise SpecError(f"keep_float: {pattern!r} is BatchNorm that is folded into {into!r}; name {into!r} instead")
    raise SpecError(f"keep_float: no layer with parameters matches {pattern!r}; {did_you_mean(pattern, names)}")


def _unsupported(unknown: Sequence[tuple[str, nn.Module]]) -> str:
    described, remedies = [], []
    for name, part in unknown:
        why = ""
        own = [key for key, value in part._parameters.items() if value is not None]
        if isinstance(part, EMBEDDINGS) and part.max_norm is not None:
            why = " with max_norm, which changes the weights as it runs"
        elif isinstance(part, KNOWN):
            why = " with a forward or a weight of its own (weight norm or another parametrization: remove it first)"
        elif any(True for _ in part.children()) or not type(part).__module__.startswith("torch.nn"):
            why = f" with parameters of its own: {', '.join(own)}"
        described.append(f"layer {name!r} ({type(part).__name__}{why})")
        holds_layers = any(kind_of(child) for child in part.modules() if child is not part)
        remedies += [f"{name}.{key}".lstrip(".") for key in own] if holds_layers or not name else [name]
    verb = "is" if len(unknown) == 1 else "are"
    remedy = f"to keep such layers in float, set keep_float: [{', '.join(remedies)}]"
    return f"network: {', '.join(described)} {verb} not supported; supported: {SUPPORTED}; {remedy}"
