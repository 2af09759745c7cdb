"""The quantized weights of a network's layers and the shifts of their biases, each worked out once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from torch import Tensor, nn

from autoquant.errors import SpecError
from autoquant.network import (
    ActivationQuantization,
    Codebook,
    LayerPrecision,
    LayerProfile,
    NetworkProfile,
    Rounding,
    WeightQuantization,
)
from autoquant.quantization.archive import Archive, Arrays, digest
from autoquant.quantization.calibration import Calibration
from autoquant.quantization.codebooks import shared_tables
from autoquant.quantization.digest import network_digest, row_digests
from autoquant.quantization.entropy_coding import coded_bytes
from autoquant.quantization.execution import (
    Inputs,
    batches,
    check_finite,
    count,
    each,
    execute,
    portion,
    tensors,
    unseen,
)
from autoquant.quantization.grids import Array
from autoquant.quantization.layers import as_module_keeps, output_first
from autoquant.quantization.moments import Moments, Sums
from autoquant.quantization.quantized_tensor import QuantizedTensor
from autoquant.quantization.rounding import Reader, RoundedWeight, round_weight
from autoquant.settings import cache_folder

VERSION = "2"
"""Of what is worked out here; part of the digests under which it is kept."""
NEEDS_CALIBRATION = (
    "fitted weights and biases need a calibration split, and there is none; give DataSplits(search, test, "
    "calibration), or set rounding to nearest"
)
MOMENTS_AT_ONCE = 2**30
"""Bytes of moments that are collected in one pass over the calibration examples."""
MOMENTS_OF_A_LAYER = 2**30
"""A layer with more is rounded to nearest."""
WITNESSES = 8
"""Examples whose outputs tell a network from others with the same modules."""


@dataclass(frozen=True, slots=True)
class LayerWeight:
    """What the module of a layer computes with."""

    weight: Tensor
    """As the module keeps it."""
    scale: Tensor | None = None
    """Of its weights, (rows, groups); None where they are float."""
    shift: Tensor | None = None
    """What is added to its bias; None for nothing."""
    origin: str = ""
    """Tells it from others of the same layer and precision, where it depends on more."""
    coded_bytes: int | None = None
    """Of the weight with its codes entropy-coded, where that was asked for."""


@dataclass(frozen=True, slots=True)
class Examples:
    """What moments are taken from: calibration inputs, how many run at a time, and the ranges of activations."""

    inputs: Inputs
    batch_size: int
    calibration: Calibration


class FittedWeights:
    """Quantized weights by layer and precision, from the float network alone: so no candidate needs a pass of its own.

    Inputs are those of the float network on the calibration split, quantized where the layer's precision says so; with
    float inputs the result depends on nothing else. Layers that share a weight are fitted together. To nearest, and
    said in `notes`, go: embeddings (each weight is looked up alone, so the nearest value is the best), layers that do
    not run on the calibration split, and layers whose moments would take more than `MOMENTS_OF_A_LAYER`.

    Args:
        module: the float network, folded.
        profile: its layers.
        rounding: where a precision does not say. None is hessian, but nearest for the precisions in `worse`.

    Results are kept in the folder of `cache_folder`, for every process that needs them.
    """

    def __init__(self, module: nn.Module, profile: NetworkProfile, rounding: Rounding | None) -> None:
        self._module, self.rounding = module, rounding
        self.worse: dict[WeightQuantization, str | None] = {}
        """Weights of precisions that name no rounding, once judged: why they are not fitted; None where they are."""
        self.entropy_coded = False
        """Whether weights are given their `LayerWeight.coded_bytes`."""
        self._profiles = {layer.name: layer for layer in profile.quantizable}
        self._parts: dict[str, Any] = {name: module.get_submodule(name) for name in self._profiles}
        self._float: dict[str, Tensor] = {name: part.weight.data for name, part in self._parts.items()}
        self._group = {name: [n for n in group if n in self._parts] for group in profile.ties for name in group}
        """Layers that share a weight; it is kept under the name of the first."""
        self._known: dict[tuple[Any, ...], list[LayerWeight]] = {}
        self._tables: dict[Codebook, list[Array]] = {}
        self._moments: dict[str, dict[str, str]] = {}
        """Activations -> layer -> digest of its moments; only layers that have some."""
        self.examples: Examples | None = None

    def calibrate(self, inputs: Inputs, batch_size: int, calibration: Calibration) -> None:
        """Examples to take moments from, with the ranges of activations that they give."""
        self.examples = Examples(inputs, batch_size, calibration)
        self._moments.clear()
        self.worse.clear()
        self._known = {key: value for key, value in self._known.items() if key[2] == "nearest"}

    @cached_property
    def archive(self) -> Archive:
        """Where results are kept."""
        return Archive(cache_folder())

    def layer_weight(
        self,
        part: Any,
        how: WeightQuantization,
        rounded: QuantizedTensor,
        shift: Tensor | None = None,
        origin: str = "",
    ) -> LayerWeight:
        """What a module computes with, of a weight whose output channels come first."""
        coded = coded_bytes(rounded, how) if self.entropy_coded else None
        return LayerWeight(as_module_keeps(part, rounded.dequantize()), rounded.scale, shift, origin, coded)

    def float_weight(self, name: str) -> Tensor:
        """The weight of a layer in the float network, as its module keeps it."""
        return self._float[name]

    def rounding_of(self, name: str, precision: LayerPrecision) -> Rounding:
        """How the weight of a layer is rounded."""
        assert precision.weight is not None
        readers = self._readers(name)
        if not readers or _unfit(readers) is not None:
            return "nearest"
        if self.rounding is None and self.worse.get(precision.weight) is not None:
            return "nearest"
        return precision.weight.rounding or self.rounding or "hessian"

    def _readers(self, name: str) -> list[LayerProfile]:
        """The layer, and those that it shares its weight with, less embeddings."""
        layers = (self._profiles[member] for member in self._group.get(name, [name]))
        return [layer for layer in layers if layer.kind != "embedding"]

    def shared_tables(self, how: WeightQuantization) -> list[Array] | None:
        """The tables of a codebook that layers share, from the float weights of all layers; None for anything else."""
        codebook = how.codebook
        if codebook is None or not codebook.shared:
            return None
        if codebook not in self._tables:
            weights = (output_first(self._parts[name], weight) for name, weight in self._float.items())
            rows = [cast(Array, weight.detach().double().flatten(1).numpy()) for weight in weights]
            self._tables[codebook] = shared_tables(rows, codebook)
        return self._tables[codebook]

    @property
    def notes(self) -> tuple[str, ...]:
        """Layers that are rounded to nearest whatever is asked, a sentence for each reason."""
        found: dict[str, list[str]] = {}
        for name in self._profiles:
            if (reason := _unfit(self._readers(name))) is not None:
                found.setdefault(reason, []).append(name)
        return tuple(f"rounded to nearest, because {reason}: {', '.join(names)}" for reason, names in found.items())

    def unprepared(self, precisions: Mapping[str, LayerPrecision]) -> list[ActivationQuantization | None]:
        """The activations whose moments are needed for these precisions of layers, and are not there."""
        needed = {
            p.activation: None
            for name, p in precisions.items()
            if p.weight is not None and self.rounding_of(name, p) != "nearest"
        }
        return [how for how in needed if activation_key(how) not in self._moments]

    def unjudged(self, precisions: Iterable[LayerPrecision]) -> list[WeightQuantization]:
        """Weights of these precisions of which is not known whether they are better fitted."""
        if self.rounding is not None:
            return []
        named = {p.weight: None for p in precisions if p.weight is not None and p.weight.rounding is None}
        return [how for how in named if how not in self.worse]

    def collect(self, how: ActivationQuantization | None) -> None:
        """Take the moments of all layers whose inputs are quantized so; the module must be the float network now.

        `SpecError` where there are no calibration examples.
        """
        if self.examples is None:
            raise SpecError(f"rounding: {NEEDS_CALIBRATION}")
        examples, key = self.examples, digest(self.base(self.examples), activation_key(how))
        names = [name for name, layer in self._profiles.items() if fits(layer) and layer.kind != "embedding"]
        if how is not None:
            names = [name for name in names if examples.calibration.has_range(name)]

        def make() -> Arrays:
            ran = set()
            for some in _portions(names, self._profiles):
                for name, moments in self._pass(examples, some, how).items():
                    self.archive.keep(digest(key, name), asdict(moments))
                    ran.add(name)
            return {"ran": np.array([name in ran for name in names])}

        def kept(found: Arrays) -> dict[str, str]:
            return {name: digest(key, name) for name, ran in zip(names, found["ran"], strict=True) if ran}

        found = self.archive.get(key, make, whole=lambda found: all(map(self.archive.has, kept(found).values())))
        self._moments[activation_key(how)] = kept(found)

    def _pass(self, examples: Examples, names: Sequence[str], how: ActivationQuantization | None) -> dict[str, Moments]:
        """The moments of some layers, of those that run."""
        total, sums = count(examples.inputs), dict[str, Sums]()
        for name in names:
            layer = self._profiles[name]
            positions = layer.output_values // layer.output_channels * max(layer.calls, 1)
            sums[name] = Sums(self._parts[name], positions * total)

        def observe(name: str, given: Tensor, gave: Tensor) -> None:
            check_finite(given, f"calibration: the input of layer {name!r}")
            if how is not None:
                given = examples.calibration.affine(name, how.bits, how.scale_method).quantize(given)
            sums[name].add(given, gave)

        hook = unseen(observe)
        handles = [
            self._parts[name].register_forward_hook(lambda _, args, output, name=name: hook(name, args[0], output))
            for name in names
        ]
        try:
            for batch in batches(examples.inputs, examples.batch_size):
                execute(self._module, batch)
        finally:
            for handle in handles:
                handle.remove()
        return {name: moments for name in names if (moments := sums[name].moments) is not None}

    def base(self, examples: Examples) -> str:
        """What all results depend on: the float network, which the module is now, and the examples.

        What the network computes besides its modules is known by its outputs, to as many digits as all processors give.
        """
        outputs = tensors(execute(self._module, portion(examples.inputs, slice(WITNESSES))))
        sizes = [float(part.norm()) for out in outputs for part in (out.double(), out.double().clamp_min(0))]
        structure = repr([(name, layer.calls, layer.groups) for name, layer in self._profiles.items()])
        inputs = [f"{tensor.dtype} {tuple(tensor.shape)}" for tensor in each(examples.inputs)]
        told = [VERSION, network_digest(self._module), structure, str(examples.batch_size), *inputs]
        return digest(*told, *(f"{size:.3e}" for size in sizes), *row_digests(examples.inputs))

    def weight(self, name: str, precisions: Mapping[str, LayerPrecision]) -> LayerWeight:
        """What a layer computes with, given the precisions of all layers. Moments that it needs are there."""
        precision = precisions[name]
        how = precision.weight
        if how is None:
            return LayerWeight(self._float[name])
        group = self._group.get(name, [name])
        rounding = self.rounding_of(name, precision)
        activations = (
            tuple(activation_key(precisions[member].activation) for member in group) if rounding != "nearest" else ()
        )
        key = (group[0], replace(how, rounding=None), rounding, activations)
        if key not in self._known:
            self._known[key] = self._rounded(group, precisions, rounding)
        return self._known[key][group.index(name)]

    def _rounded(
        self, group: Sequence[str], precisions: Mapping[str, LayerPrecision], rounding: Rounding
    ) -> list[LayerWeight]:
        """The weight that a group of layers shares, for each of them."""
        first, wanted = self._parts[group[0]], precisions[group[0]].weight
        assert wanted is not None
        how = replace(wanted, rounding=None)
        weight = output_first(first, self._float[group[0]])
        check_finite(weight, f"layer {group[0]!r}: its weight")
        files = {n: self._moments.get(activation_key(precisions[n].activation), {}).get(n) for n in group}
        readers = {n: file for n, file in files.items() if file is not None}
        if rounding == "nearest" or not readers:
            found = round_weight(weight, how, "nearest", (), self.shared_tables(how))
            return [self.layer_weight(first, how, found.weight)] * len(group)

        def make() -> Arrays:
            found = [Reader(self._read(file), _has_bias(self._parts[n])) for n, file in readers.items()]
            return round_weight(weight, how, rounding, found, self.shared_tables(how)).arrays()

        key = digest(rounding, how.key(), *(f"{file} {_has_bias(self._parts[n])}" for n, file in readers.items()))
        rounded = RoundedWeight.of_arrays(self.archive.get(key, make), how, weight)
        weights = self.layer_weight(first, how, rounded.weight)
        shifts = dict(zip(readers, rounded.shifts, strict=True))
        return [replace(weights, shift=shifts.get(name)) for name in group]

    def _read(self, key: str) -> Moments:
        """Moments that were collected. `SpecError` where they are gone; they are collected again when next needed."""
        arrays = self.archive.find(key)
        if arrays is None:
            self._moments.clear()
            raise SpecError(
                f"{self.archive.folder}: what was kept there is gone; leave it until a search has ended, then resume"
            )
        return Moments(**arrays)


def activation_key(how: ActivationQuantization | None) -> str:
    """Text that is equal where inputs are quantized equally."""
    return "float" if how is None else how.key()


def fits(layer: LayerProfile) -> bool:
    """Whether the moments of a layer are not too large."""
    return _moment_bytes(layer) <= MOMENTS_OF_A_LAYER


def _unfit(readers: Sequence[LayerProfile]) -> str | None:
    """Why the weight of these layers cannot be fitted; None where it can."""
    if not all(map(fits, readers)):
        return f"their second moments would take more than {MOMENTS_OF_A_LAYER // 2**20} MB"
    if len({layer.groups for layer in readers}) > 1:
        return "they share a weight, but not the number of groups"
    return None


def _moment_bytes(layer: LayerProfile) -> int:
    """Bytes of the second moments of a layer."""
    columns = math.prod(layer.weight_shape[1:])
    return 4 * layer.groups * columns * columns


def _portions(names: Iterable[str], profiles: Mapping[str, LayerProfile]) -> list[list[str]]:
    """Layers in parts whose moments are in memory together."""
    parts: list[list[str]] = [[]]
    held = 0
    for name in names:
        size = _moment_bytes(profiles[name])
        if parts[-1] and held + size > MOMENTS_AT_ONCE:
            parts.append([])
            held = 0
        parts[-1].append(name)
        held += size
    return parts


def _has_bias(part: Any) -> bool:
    return isinstance(part._parameters.get("bias"), Tensor)
