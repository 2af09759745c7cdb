"""Measured rows: what `lookup_table` looks up and what `calibrate` fits, read from CSV or JSON.

One line describes one layer: its signature (kind, shapes, groups, bits) and what it was measured to take. Lines with
the same ``network`` are one measurement of them all together; it stands in the first of them.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from autoquant.errors import SpecError, did_you_mean
from autoquant.network import (
    BITS,
    FLOAT_BITS,
    VALUE_BITS,
    LayerKind,
    LayerPrecision,
    LayerProfile,
    WeightQuantization,
    bits_text,
)
from autoquant.texts.wording import explain
from autoquant_cost_models.kinds import LAYER_KINDS

METRICS = {"latency_ms": "ms", "energy_uj": "uJ"}
"""What may be measured, with its unit."""

BINARY = WeightQuantization(1, quantizer="binary")
"""Weights of 1 bit."""

Signature = tuple[str, tuple[int, ...], tuple[int, ...], tuple[int, ...], int, int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: of a layer, or of a network as a whole."""

    place: str
    """File and line, for messages."""
    layers: tuple[tuple[LayerProfile, LayerPrecision], ...]
    values: dict[str, float]
    """Metric -> what was measured, for one example."""


def signature(layer: LayerProfile, precision: LayerPrecision) -> Signature:
    """What two layers have in common that take the same time on the same device: a pattern of zeros takes none off, and
    a codebook is computed with at the bits of its entries."""
    shapes = layer.input_shape, layer.output_shape, layer.weight_shape
    return layer.kind, *shapes, layer.groups, precision.value_bits, precision.activation_bits


def describe(layer: LayerProfile, precision: LayerPrecision) -> str:
    """``conv 3x32x32 -> 16x32x32, weights 16x3x3x3, W8A8``"""
    parts = [f"{layer.kind} {_text(layer.input_shape)} -> {_text(layer.output_shape)}"]
    parts += [f"weights {_text(layer.weight_shape)}"] if layer.weight_shape else []
    parts += [f"{layer.groups} groups"] if layer.groups > 1 else []
    return ", ".join([*parts, str(precision)])


def read_rows(path: str) -> list[Row]:
    """The rows of a ``.csv`` file with a header, or of a ``.json`` list of objects with the same keys.

    `SpecError` names the line and the field of everything that is missing, unknown or no number.
    """
    lines, problems = [], []
    for place, line in _records(Path(path)):
        try:
            lines.append((place, _Line.model_validate(line)))
        except ValidationError as error:
            problems += explain(error, place, {"": list(_Line.model_fields)})
    if problems:
        raise SpecError(problems)
    if not lines:
        raise SpecError(f"{path}: it holds no rows")
    return list(_grouped(lines))


def write_rows(path: Path, layers: Iterable[tuple[LayerProfile, LayerPrecision]]) -> None:
    """A CSV with a line for each layer and precision and an empty ``latency_ms``, to be filled in with measurements."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", *_COLUMNS, "latency_ms"])
        for layer, precision in layers:
            kind, *shapes, groups, weight_bits, activation_bits = signature(layer, precision)
            shape_texts = [_text(cast("Sequence[int]", shape)) for shape in shapes]
            bits = [bits_text(weight_bits), bits_text(activation_bits)]
            writer.writerow([layer.name, kind, *shape_texts, groups, layer.macs, layer.bias, *bits, ""])


_COLUMNS = (
    "kind", "input_shape", "output_shape", "weight_shape", "groups", "macs", "bias", "weight_bits", "activation_bits"
)  # fmt: skip


def _text(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _records(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every record with its place; empty cells of a CSV are not in it."""
    if path.suffix not in (".csv", ".json"):
        raise SpecError(f"{path}: measured rows are read from .csv or .json")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{path}: it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SpecError(f"{path}: it is no text in UTF-8") from None
    if path.suffix == ".csv":
        table = csv.DictReader(text.splitlines(), restkey="more cells than columns")
        records = [{key: value for key, value in line.items() if value not in ("", None)} for line in table]
        return [(f"{path} line {i}", record) for i, record in enumerate(records, start=2)]
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise SpecError(f"{path}: it is not JSON: {error}") from None
    if not (isinstance(data, list) and all(isinstance(record, dict) for record in data)):
        raise SpecError(f"{path}: it must be a list of objects, one for each measured layer")
    return [(f"{path} row {i}", record) for i, record in enumerate(data, start=1)]


def _shape(value: object) -> object:
    return [part for part in value.split("x") if part] if isinstance(value, str) else value


def _bits(value: object) -> object:
    return FLOAT_BITS if value == "float" else value


def _one_of(widths: Sequence[int]) -> AfterValidator:
    def known(bits: int) -> int:
        if bits not in widths:
            raise ValueError(f"it must be one of {', '.join(map(bits_text, widths))}")
        return bits

    return AfterValidator(known)


def _kind(kind: str) -> str:
    if kind not in LAYER_KINDS:
        raise ValueError(f"there is no such kind of layer; {did_you_mean(kind, LAYER_KINDS)}")
    return kind


Shape = Annotated[tuple[Annotated[int, Field(gt=0)], ...], BeforeValidator(_shape)]
WeightBits = Annotated[int, BeforeValidator(_bits), _one_of(VALUE_BITS)]
ActivationBits = Annotated[int, BeforeValidator(_bits), _one_of(BITS)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    network: str | None = None
    name: str = ""
    kind: Annotated[str, AfterValidator(_kind)]
    input_shape: Annotated[Shape, Field(min_length=1)]
    output_shape: Annotated[Shape, Field(min_length=1)]
    weight_shape: Shape = ()
    groups: Annotated[int, Field(ge=1)] = 1
    macs: Annotated[int, Field(ge=0)] | None = None
    bias: Annotated[int, Field(ge=0)] | None = None
    weight_bits: WeightBits
    activation_bits: ActivationBits
    latency_ms: Positive | None = None
    energy_uj: Positive | None = None

    def layer(self, place: str) -> tuple[LayerProfile, LayerPrecision]:
        bias = (self.output_shape[0] if self.weight_shape else 0) if self.bias is None else self.bias
        macs = derived_macs(self.kind, self.input_shape, self.output_shape, self.weight_shape)
        profile = LayerProfile(
            name=self.name or place,
            kind=cast(LayerKind, self.kind),
            order=0,
            input_shape=self.input_shape,
            output_shape=self.output_shape,
            weight_shape=self.weight_shape,
            macs=macs if self.macs is None else self.macs,
            bias=bias,
            parameters=math.prod(self.weight_shape) * bool(self.weight_shape) + bias,
            groups=self.groups,
        )
        return profile, _precision(self.weight_bits, self.activation_bits)


def _precision(weight_bits: int, activation_bits: int) -> LayerPrecision:
    if weight_bits == 1:
        return replace(LayerPrecision.of_bits(FLOAT_BITS, activation_bits), weight=BINARY)
    return LayerPrecision.of_bits(weight_bits, activation_bits)


def derived_macs(kind: str, source: tuple[int, ...], output: tuple[int, ...], weight: tuple[int, ...]) -> int | None:
    """Multiply-accumulates for one example where the shapes tell; None where a row must give them itself.

    One for each value where there are no weights: an addition, a pooling window's share, an activation.
    """
    if kind in ("add", "mul", "activation", "pool"):
        return max(math.prod(source), math.prod(output))
    if kind == "embedding":
        return 0
    if not weight or kind in ("matmul", "other"):
        return None
    if kind == "linear":
        return math.prod(weight) * math.prod(output[:-1])
    return math.prod(weight) * math.prod((source if kind == "conv_transpose" else output)[1:])


def _grouped(lines: Sequence[tuple[str, _Line]]) -> Iterable[Row]:
    networks: dict[str, list[tuple[str, _Line]]] = {}
    for place, line in lines:
        networks.setdefault(place if line.network is None else line.network, []).append((place, line))
    for group in networks.values():
        place, first = group[0]
        values = {metric: getattr(first, metric) for metric in METRICS if getattr(first, metric) is not None}
        if not values:
            raise SpecError(f"{place}: nothing was measured; give {' or '.join(METRICS)}")
        for number, line in group[1:]:
            if any(getattr(line, metric) is not None for metric in METRICS):
                raise SpecError(
                    f"{number}: network {line.network!r} has its measurement in {place}; leave this line's empty"
                )
        yield Row(place, tuple(line.layer(number) for number, line in group), values)
