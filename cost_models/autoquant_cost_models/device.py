"""Device files: what a roofline needs to know of one device x engine x version, each number with its source."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from autoquant.errors import SpecError, UnsupportedError, did_you_mean
from autoquant.network import FLOAT_BITS, VALUE_BITS, Codebook, NOfM, Sparsity, bits_text
from autoquant.texts.wording import explain
from autoquant_cost_models.kinds import FALLBACK, KINDS

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

BIT_SERIAL = "bit_serial"
"""Name of the throughput of an engine whose rate is inversely proportional to weight bits x activation bits."""
ANY = "any"
"""Name of the overhead of every kind that has none of its own."""
NO_ENGINE = "none"
"""The engine of a device whose rates are peaks of its data sheet."""
LUT = "lut"
"""Name of the recipe of codebooks."""
RECIPE_UNITS = {LUT: "entries", "entropy_coded": "bits"}
"""Unit of the recipes of a device that are no pattern N:M."""

_NUMBERS = {f"int{bits}": bits for bits in VALUE_BITS if bits != FLOAT_BITS} | {"float32": FLOAT_BITS}
_PATTERN = re.compile(r"^(\d+):(\d+)$")
_ARITHMETIC = re.compile(r"^([a-z]+\d+)x([a-z]+\d+)$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantity(_Strict):
    """One number of a device file. It is not negative, and it says where it comes from."""

    value: Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
    unit: Text
    source: Text

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


def _check(quantity: Quantity, unit: str, positive: bool) -> Quantity:
    if quantity.unit != unit:
        raise ValueError(f"the unit is {quantity.unit!r}; it must be {unit!r}")
    if positive and quantity.value == 0:
        raise ValueError("the value is 0; it must be greater than 0")
    if unit == "fraction" and quantity.value > 1:
        raise ValueError(f"{quantity.value:g} is more than 1; it is a fraction")
    return quantity


def _in(unit: str, positive: bool = True) -> AfterValidator:
    return AfterValidator(lambda quantity: _check(quantity, unit, positive))


def _arithmetic(name: str) -> str:
    match = _ARITHMETIC.match(name)
    if name != BIT_SERIAL and (match is None or not {match[1], match[2]} <= set(_NUMBERS)):
        raise ValueError(
            f"{name!r} is not weights x activations, such as 'int8xint8'; each is one of {', '.join(_NUMBERS)}; "
            f"or {BIT_SERIAL!r}"
        )
    return name


def _rates(rates: dict[str, Quantity]) -> dict[str, Quantity]:
    for name, rate in rates.items():
        unit = "Gbitop/s" if name == BIT_SERIAL else "GMAC/s"
        if rate.unit != unit:
            raise ValueError(f"the unit of {name} is {rate.unit!r}; it must be {unit!r}")
        _check(rate, unit, positive=True)
    return rates


def _recipe(name: str) -> str:
    match = _PATTERN.match(name)
    if name not in RECIPE_UNITS and (match is None or not 0 < int(match[1]) < int(match[2])):
        raise ValueError(f"{name!r} is no recipe that a device executes; accepted: {', '.join(RECIPE_UNITS)}, 2:4, ..")
    return name


def _recipes(recipes: dict[str, Quantity]) -> dict[str, Quantity]:
    for name, quantity in recipes.items():
        _check(quantity, RECIPE_UNITS.get(name, "times the rate"), positive=True)
        if name not in RECIPE_UNITS and quantity.value < 1:
            raise ValueError(f"{name}: {quantity.value:g} is less than 1; a pattern makes no layer slower")
    return recipes


def _kind(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"{name!r} is no kind of layer; {did_you_mean(name, KINDS)}")
    return name


def _kind_or_any(name: str) -> str:
    return name if name == ANY else _kind(name)


class Device(_Strict):
    """One device as one version of one engine uses it. Fields that a file lacks are not modelled."""

    name: Text
    device: Text
    engine: Text
    version: Text
    throughput: Annotated[
        dict[Annotated[str, AfterValidator(_arithmetic)], Quantity], Field(min_length=1), AfterValidator(_rates)
    ]
    """What it executes: ``<weights>x<activations>``, such as ``int8xint8`` -> multiply-accumulates a second of the kind
    of layer that it runs best; or ``bit_serial`` -> weight bits x activation bits x multiply-accumulates a second."""
    efficiency: dict[Annotated[str, AfterValidator(_kind)], Annotated[Quantity, _in("fraction")]] = {}
    """Share of the throughput that a kind of layer reaches, in every arithmetic; 1 for a kind without one, or what
    `kinds.FALLBACK` names has."""
    bandwidth: Annotated[Quantity, _in("GB/s")]
    """Bytes a second from the memory that holds weights and activations."""
    weight_bandwidth: Annotated[Quantity, _in("GB/s")] | None = None
    """Bytes a second of weights, where they come from another memory, such as flash."""
    cache: Annotated[Quantity, _in("KiB")] | None = None
    """Bytes of a layer that fit into it cause no traffic."""
    output_bits: Annotated[Quantity, _in("bits")] | None = None
    """Width in which the engine writes a layer's output; the layer's own activation bits where there is none."""
    overlap: Annotated[Quantity, _in("fraction", positive=False)] | None = None
    """Share of the shorter of arithmetic and memory traffic that hides behind the longer: 1, the roofline, where there
    is none; at 0 they take turns."""
    overhead: dict[Annotated[str, AfterValidator(_kind_or_any)], Annotated[Quantity, _in("us", positive=False)]] = {}
    """Constant time of a layer by its kind, ``any`` for every other kind; 0 where there is none."""
    batch: Annotated[Quantity, _in("examples")] | None = None
    """Examples that run together and share the weights and the overhead; 1 where there is none."""
    recipes: Annotated[dict[Annotated[str, AfterValidator(_recipe)], Quantity], AfterValidator(_recipes)] = {}
    """What it executes as it is stored: ``2:4`` -> how many times the rate such a pattern runs at, without reading the
    zeros; ``lut`` -> entries of the largest table that it decodes while it reads weights; ``entropy_coded`` -> bits of
    the widest codes that it decodes so, which is a fact without a price."""
    power: Annotated[Quantity, _in("mW")] | None = None
    """Power while it computes. Without it there is no energy."""
    ram: Annotated[Quantity, _in("KiB")] | None = None
    """Working memory. No price: a fact to set a constraint by."""
    flash: Annotated[Quantity, _in("KiB")] | None = None
    """Memory that keeps the program and the network. No price: a fact to set a constraint by."""

    @property
    def is_peak(self) -> bool:
        """Whether its rates are peaks of a data sheet, which no engine reaches: its engine is ``none``."""
        return self.engine == NO_ENGINE

    @property
    def executes(self) -> dict[tuple[int, int], Quantity]:
        """Throughput by (weight bits, activation bits), without the bit-serial one."""
        pairs = {name: name.split("x") for name in self.throughput if name != BIT_SERIAL}
        return {(_NUMBERS[w], _NUMBERS[a]): self.throughput[name] for name, (w, a) in pairs.items()}

    def arithmetic(self, weight_bits: int, activation_bits: int) -> str | None:
        """Name of the arithmetic in which a layer runs: the fastest that holds both widths; None where none does.

        Bits are so rounded up to what is executed, and more bits never run faster.
        """
        rates = {
            f"{_name(weights)}x{_name(activations)}": rate.value
            for (weights, activations), rate in self.executes.items()
            if weights >= weight_bits and activations >= activation_bits
        }
        if BIT_SERIAL in self.throughput and FLOAT_BITS not in (weight_bits, activation_bits):
            rates[BIT_SERIAL] = self.throughput[BIT_SERIAL].value / (weight_bits * activation_bits)
        return max(rates, key=lambda name: rates[name]) if rates else None

    def macs_per_second(self, weight_bits: int, activation_bits: int) -> float | None:
        """Rate of the arithmetic in which a layer runs; None where none holds both widths."""
        name = self.arithmetic(weight_bits, activation_bits)
        if name is None:
            return None
        bit_products = weight_bits * activation_bits if name == BIT_SERIAL else 1
        return self.throughput[name].value * 1e9 / bit_products

    def speed_up(self, sparsity: Sparsity | None) -> float | None:
        """How many times the rate weights with these zeros run at; None where it executes them as dense ones."""
        quantity = self.recipes.get(sparsity.name) if isinstance(sparsity, NOfM) else None
        return quantity.value if quantity else None

    def decodes(self, codebook: Codebook | None) -> bool:
        """Whether it reads the codes of this codebook, not the weights that they stand for."""
        limit = self.recipes.get(LUT)
        return codebook is not None and limit is not None and max(codebook.sizes) <= limit.value

    def efficiency_of(self, kind: str) -> float:
        """Share of the throughput that a kind of layer reaches."""
        quantity = self.efficiency.get(kind) or self.efficiency.get(FALLBACK.get(kind, kind))
        return quantity.value if quantity else 1.0

    def overhead_of(self, kind: str) -> float:
        """Constant microseconds of a layer of a kind."""
        quantity = self.overhead.get(kind) or self.overhead.get(ANY)
        return quantity.value if quantity else 0.0

    def quantities(self) -> Iterator[tuple[str, Quantity]]:
        """Every number of the file with its dotted name."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Quantity):
                yield name, value
            elif isinstance(value, dict):
                yield from ((f"{name}.{key}", quantity) for key, quantity in value.items())

    @property
    def supported(self) -> str:
        """What it executes, as a sentence part for an error."""
        arithmetic = [f"W{bits_text(w)}A{bits_text(a)}" for w, a in sorted(self.executes)]
        arithmetic += ["every integer width bit by bit"] if BIT_SERIAL in self.throughput else []
        return (
            f"{self.name} executes {', '.join(arithmetic)} and whatever fits into these, in layers whose MACs are known"
        )

    def to_toml(self) -> str:
        """The text of its file."""
        lines = [f"{name} = {_quoted(getattr(self, name))}" for name in ("name", "device", "engine", "version")]
        for name, quantity in self.quantities():
            lines += ["", f"[{_header(name)}]", f"value = {quantity.value!r}"]
            lines += [f"{field} = {_quoted(getattr(quantity, field))}" for field in ("unit", "source")]
        return "\n".join(lines) + "\n"


def _header(name: str) -> str:
    """The name of a table; what stands behind its dot is quoted where TOML asks for it."""
    table, dot, key = name.partition(".")
    return name if re.fullmatch(r"[\w-]*", key, re.ASCII) else f"{table}{dot}{_quoted(key)}"


def _quoted(text: str) -> str:
    """A basic string of TOML: it is one of JSON, but takes no halves of a character and no raw delete (U+007F)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _name(bits: int) -> str:
    return "float32" if bits == FLOAT_BITS else f"int{bits}"


def shipped() -> list[str]:
    """Names of the device files that come with the package."""
    entries = (files("autoquant_cost_models") / "devices").iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))


def load(device: str) -> Device:
    """The shipped device of that name, or the file at a path that ends in ``.toml``.

    `UnsupportedError` lists the shipped devices when there is none of that name; `SpecError` names every field of a
    file that is missing, unknown, negative, in the wrong unit or without a source.
    """
    if device.endswith(".toml"):
        try:
            return parse(Path(device).read_text(encoding="utf-8"), device)
        except OSError as error:
            raise SpecError(f"device file {device}: it cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise SpecError(f"device file {device}: it is no text in UTF-8") from None
    if device not in shipped():
        raise UnsupportedError(f"no device is called {device!r}; {did_you_mean(device, shipped())}; or a .toml file")
    entry = files("autoquant_cost_models") / "devices" / f"{device}.toml"
    return parse(entry.read_text(encoding="utf-8"), f"{device}.toml")


def parse(text: str, place: str) -> Device:
    """A device from the text of its file; ``place`` names the file in errors. `SpecError` as in `load`."""
    try:
        return Device.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{place}: it is not TOML: {error}") from None
    except ValidationError as error:
        numbers = {".".join(map(str, problem["loc"][:-1])): list(Quantity.model_fields) for problem in error.errors()}
        raise SpecError(explain(error, place, numbers | {"": list(Device.model_fields)})) from None
