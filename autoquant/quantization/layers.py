"""Which modules of a network are layers: their kinds, and which of them the spec keeps in float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from torch import nn

from autoquant.errors import SpecError, UnsupportedError, did_you_mean
from autoquant.network import LayerKind
from autoquant.quantization.folding import BATCH_NORMS

KNOWN = (nn.Conv1d, nn.Conv2d, nn.Linear)
SUPPORTED = "Conv1d and Conv2d (grouped and depthwise too), Linear, and BatchNorm right behind one of them"


@dataclass(frozen=True, slots=True)
class Layer:
    """A module that owns parameters."""

    name: str
    module: nn.Module
    kind: LayerKind
    kept: bool


def kind_of(module: nn.Module) -> LayerKind | None:
    """The kind of a layer that can be quantized, None for any other. A subclass counts when it computes the same."""
    base = next((known for known in KNOWN if isinstance(module, known)), None)
    if base is None or type(module).forward is not base.forward or "weight" not in module._parameters:
        return None
    if isinstance(module, nn.Linear):
        return "linear"
    if type(module)._conv_forward is not base._conv_forward:  # type: ignore[attr-defined, union-attr]
        return None
    return "depthwise_conv" if 1 < module.groups == module.in_channels else "conv"  # type: ignore[operator]


def parametric_layers(module: nn.Module, keep_float: Sequence[str], folded: dict[str, str]) -> list[Layer]:
    """Every module that owns parameters. One of an unknown kind that is kept in float stands for all inside it.

    ``folded`` maps BatchNorms to the layers that they were folded into. Errors as in `profile_network`.
    """
    layers: list[Layer] = []
    unknown: list[tuple[str, nn.Module]] = []
    covered: tuple[str, ...] = ()
    for name, part in module.named_modules():
        if name.startswith(covered) or not any(p is not None for p in part._parameters.values()):
            continue
        kind, kept = kind_of(part), any(_matches(pattern, name) for pattern in keep_float)
        if kind is None and not kept:
            unknown.append((name, part))
            continue
        if kind is None:
            covered += (f"{name}.",)
        layers.append(Layer(name, part, kind or "other", kept))
    names = [layer.name for layer in layers] + [name for name, _ in unknown]
    for pattern in keep_float:
        _check_pattern(pattern, names, folded)
    if unknown:
        raise UnsupportedError(_unsupported(unknown))
    return layers


def _matches(pattern: str, name: str) -> bool:
    """Whether a pattern names this layer or a module that holds it."""
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[: i + 1]), pattern) for i in range(len(parts)))


def _check_pattern(pattern: str, names: Sequence[str], folded: dict[str, str]) -> None:
    if any(_matches(pattern, name) for name in names):
        return
    if into := next((layer for norm, layer in folded.items() if _matches(pattern, norm)), None):
        raise SpecError(f"keep_float: {pattern!r} is BatchNorm that is folded into {into!r}; name {into!r} instead")
    raise SpecError(f"keep_float: no layer with parameters matches {pattern!r}; {did_you_mean(pattern, names)}")


def _unsupported(unknown: Sequence[tuple[str, nn.Module]]) -> str:
    described = []
    for name, part in unknown:
        why = ""
        if isinstance(part, BATCH_NORMS):
            why = " that is not the only one to take the output of such a layer"
        elif isinstance(part, KNOWN):
            why = " with a forward or a weight of its own (weight norm or another parametrization: remove it first)"
        elif any(True for _ in part.children()) or not type(part).__module__.startswith("torch.nn"):
            own = ", ".join(key for key, value in part._parameters.items() if value is not None)
            why = f" with parameters of its own: {own}"
        described.append(f"layer {name!r} ({type(part).__name__}{why})")
    names = ", ".join(name for name, _ in unknown if name)
    verb = "is" if len(unknown) == 1 else "are"
    remedy = f"to keep such layers in float, set keep_float: [{names}]"
    if unknown[0][0] == "":
        remedy = "put the parameters of the network itself into a module inside it"
    return f"network: {', '.join(described)} {verb} not supported; supported: {SUPPORTED}; {remedy}"
