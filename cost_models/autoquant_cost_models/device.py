"""Device files: what a roofline needs to know of one device x engine x version, each number with its source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from autoquant.errors import SpecError, UnsupportedError, did_you_mean
from autoquant.network import BITS, FLOAT_BITS, bits_text
from autoquant.spec import explain

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_NUMBERS = {f"int{bits}": bits for bits in BITS if bits != FLOAT_BITS} | {"float32": FLOAT_BITS}
_ARITHMETIC = re.compile(r"^([a-z]+\d+)x([a-z]+\d+)$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantity(_Strict):
    """One number of a device file. It must be positive, and say where it comes from."""

    value: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
    unit: Text
    source: Text

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


def _unit(unit: str) -> AfterValidator:
    def check(quantity: Quantity) -> Quantity:
        if quantity.unit != unit:
            raise ValueError(f"the unit is {quantity.unit!r}; it must be {unit!r}")
        return quantity

    return AfterValidator(check)


def _fraction(quantity: Quantity) -> Quantity:
    if quantity.value > 1:
        raise ValueError(f"{quantity.value:g} is more than 1; it is a fraction of the throughput")
    return quantity


def _arithmetic_name(name: str) -> str:
    match = _ARITHMETIC.match(name)
    if match is None or not {match[1], match[2]} <= set(_NUMBERS):
        raise ValueError(
            f"{name!r} is not weights x activations, such as 'int8xint8'; each is one of {', '.join(_NUMBERS)}"
        )
    return name


class Device(_Strict):
    """One device as one version of one engine uses it. Fields that a file leaves out are not modelled."""

    name: Text
    device: Text
    engine: Text
    version: Text
    throughput: Annotated[
        dict[Annotated[str, AfterValidator(_arithmetic_name)], Annotated[Quantity, _unit("GMAC/s")]],
        Field(min_length=1),
    ]
    """What it executes: ``<weights>x<activations>``, such as ``int8xint8`` -> multiply-accumulates a second."""
    bandwidth: Annotated[Quantity, _unit("GB/s")]
    """Bytes a second from the memory that holds weights and activations."""
    depthwise_efficiency: Annotated[Quantity, _unit("fraction"), AfterValidator(_fraction)] | None = None
    """Throughput of depthwise convolution as a fraction of the others', in every arithmetic."""
    overhead: Annotated[Quantity, _unit("us")] | None = None
    """Constant time of every layer, whatever its size."""
    batch: Annotated[Quantity, _unit("examples")] | None = None
    """Examples that run together and share the weights and the overhead; 1 where it is left out."""
    power: Annotated[Quantity, _unit("mW")] | None = None
    """Power while it computes. Without it there is no energy."""

    @property
    def executes(self) -> dict[tuple[int, int], Quantity]:
        """Throughput by (weight bits, activation bits)."""
        pairs = (name.split("x") for name in self.throughput)
        widths = ((_NUMBERS[weights], _NUMBERS[activations]) for weights, activations in pairs)
        return dict(zip(widths, self.throughput.values(), strict=True))

    def macs_per_second(self, weight_bits: int, activation_bits: int) -> float | None:
        """Of the arithmetic in which a layer runs: the fastest that holds both widths; None where none does.

        Bits are so rounded up to what is executed, and more bits never run faster.
        """
        rates = [
            rate.value
            for (weights, activations), rate in self.executes.items()
            if weights >= weight_bits and activations >= activation_bits
        ]
        return max(rates) * 1e9 if rates else None

    def quantities(self) -> Iterator[tuple[str, Quantity]]:
        """Every number of the file with its dotted name."""
        for name, rate in self.throughput.items():
            yield f"throughput.{name}", rate
        for name in ("bandwidth", "depthwise_efficiency", "overhead", "batch", "power"):
            quantity = getattr(self, name)
            if quantity is not None:
                yield name, quantity

    @property
    def supported(self) -> str:
        """What it executes, as a sentence part for an error."""
        arithmetic = ", ".join(f"W{bits_text(w)}A{bits_text(a)}" for w, a in sorted(self.executes))
        return f"{self.name} executes {arithmetic} and whatever fits into these, in layers whose MACs are known"


def shipped() -> list[str]:
    """Names of the device files that come with the package."""
    entries = (files("autoquant_cost_models") / "devices").iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))


def load(device: str) -> Device:
    """The shipped device of that name, or the file at a path that ends in ``.toml``.

    `UnsupportedError` lists the shipped devices when there is none of that name; `SpecError` names every field of a
    file that is missing, unknown, not positive, in the wrong unit or without a source.
    """
    if device.endswith(".toml"):
        try:
            return parse(Path(device).read_text(encoding="utf-8"), device)
        except OSError as error:
            raise SpecError(f"device file {device}: it cannot be read ({error.strerror})") from None
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
