"""Device files: each number has a source, a sign and a unit, or the file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from autoquant_cost_models.device import Device, load, parse, shipped
from hypothesis import example, given
from hypothesis import strategies as st

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import Codebook, NOfM, Pruned

FILE = """
name = "mine"
device = "My board"
engine = "my engine"
version = "1.0"

[throughput.int8xint8]
value = 2
unit = "GMAC/s"
source = "measured by me"

[bandwidth]
value = 1.5
unit = "GB/s"
source = "data sheet"
"""


def refused(text: str) -> str:
    with pytest.raises(SpecError) as refusal:
        parse(text, "mine.toml")
    return str(refusal.value)


def test_at_least_twelve_devices_are_shipped() -> None:
    assert len(shipped()) >= 12
    assert {"cortex-m4", "cortex-m7", "nvidia-t4", "raspberry-pi-4", "edge-tpu"} <= set(shipped())


def test_the_same_board_differs_between_engines() -> None:
    boards = [load(name) for name in shipped()]
    engines = {device.engine for device in boards if device.device.startswith("STM32L4R5ZI")}
    assert len(engines) >= 3


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_file_bears_its_name_and_sources_every_number(name: str) -> None:
    device = load(name)
    assert device.name == name
    for number, quantity in device.quantities():
        assert len(quantity.source) > 25, number
        assert "(mem)" not in quantity.source


def test_a_minimal_file() -> None:
    device = parse(FILE, "mine.toml")
    assert device.executes[8, 8].value == 2
    assert device.power is None
    assert [name for name, _ in device.quantities()] == ["throughput.int8xint8", "bandwidth"]


def test_a_users_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE, encoding="utf-8")
    assert load(str(path)) == parse(FILE, "mine.toml")


def test_a_users_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"device file .*none\.toml: it cannot be read"):
        load(str(tmp_path / "none.toml"))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        UnsupportedError, match=r"'cortex-m'; did you mean 'cortex-m[47]'\? accepted: cortex-m4, cortex"
    ):
        load("cortex-m")


@pytest.mark.parametrize(
    ("old", "new", "place", "why"),
    [
        ('source = "data sheet"', "", "mine.toml.bandwidth.source", "it is missing"),
        ('source = "data sheet"', 'source = " "', "mine.toml.bandwidth.source", "at least 1 character"),
        ("value = 1.5", "value = -1.5", "mine.toml.bandwidth.value", "must be 0 or more (given: -1.5)"),
        ("value = 1.5", "value = 0", "mine.toml.bandwidth", "the value is 0; it must be greater than 0"),
        ("value = 1.5", "value = nan", "mine.toml.bandwidth.value", "finite number"),
        ("value = 1.5", "value = inf", "mine.toml.bandwidth.value", "finite number"),
        ("value = 1.5", 'value = "1.5"', "mine.toml.bandwidth.value", "must be a number"),
        ("value = 1.5", "", "mine.toml.bandwidth.value", "it is missing"),
        ('unit = "GB/s"', 'unit = "MB/s"', "mine.toml.bandwidth", "the unit is 'MB/s'; it must be 'GB/s'"),
        (
            'unit = "GMAC/s"',
            'unit = "TOPS"',
            "mine.toml.throughput",
            "the unit of int8xint8 is 'TOPS'; it must be 'GMAC/s'",
        ),
        ('unit = "GB/s"', 'unit = "GB/s"\nnote = "x"', "mine.toml.bandwidth.note", "accepted: source, unit, value"),
        ('version = "1.0"', "", "mine.toml.version", "it is missing"),
        ('version = "1.0"', 'version = "1.0"\nbandwith = 3', "mine.toml.bandwith", "did you mean 'bandwidth'?"),
        ("throughput.int8xint8", "throughput.int8", "mine.toml.throughput.int8", "'int8' is not weights x activations"),
        ("throughput.int8xint8", "throughput.int8xint7", "mine.toml.throughput.int8xint7", "float32"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_and_the_reason(old: str, new: str, place: str, why: str) -> None:
    assert old in FILE
    message = refused(FILE.replace(old, new))
    assert message.startswith(place)
    assert why in message


def test_a_device_executes_something() -> None:
    start, end = FILE.index("[throughput"), FILE.index("[bandwidth")
    assert refused(FILE[:start] + FILE[end:]) == "mine.toml.throughput: it is missing, and it is needed"


def number(name: str, value: float, unit: str) -> str:
    return f'\n[{name}]\nvalue = {value}\nunit = "{unit}"\nsource = "x"\n'


@pytest.mark.parametrize("name", ["efficiency.linear", "overlap"])
def test_a_fraction_is_at_most_1(name: str) -> None:
    assert refused(FILE + number(name, 1.1, "fraction")) == f"mine.toml.{name}: 1.1 is more than 1; it is a fraction"


def test_an_overlap_and_an_overhead_may_be_0() -> None:
    device = parse(FILE + number("overlap", 0, "fraction") + number("overhead.any", 0, "us"), "mine.toml")
    assert device.overlap is not None
    assert device.overlap.value == device.overhead_of("conv") == 0


def test_a_kind_that_does_not_exist_is_refused_with_the_nearest() -> None:
    message = refused(FILE + number("efficiency.depthwise", 0.1, "fraction"))
    assert "'depthwise' is no kind of layer; did you mean 'depthwise_conv'?" in message


def test_kinds_have_their_own_efficiency_or_that_of_the_kind_they_fall_back_to() -> None:
    numbers = number("efficiency.conv", 0.5, "fraction") + number("efficiency.depthwise_conv", 0.1, "fraction")
    device = parse(FILE + numbers, "mine.toml")
    kinds = ("conv", "pointwise_conv", "depthwise_conv", "linear")
    assert [device.efficiency_of(kind) for kind in kinds] == [0.5, 0.5, 0.1, 1.0]


def test_kinds_have_their_own_overhead_or_that_of_any() -> None:
    device = parse(FILE + number("overhead.any", 2.0, "us") + number("overhead.linear", 5.0, "us"), "mine.toml")
    assert [device.overhead_of(kind) for kind in ("conv", "linear")] == [2.0, 5.0]
    assert parse(FILE, "mine.toml").overhead_of("conv") == 0


def test_bit_serial_arithmetic_takes_every_integer_width_and_has_its_own_unit() -> None:
    text = FILE.replace("throughput.int8xint8", "throughput.bit_serial")
    assert "the unit of bit_serial is 'GMAC/s'; it must be 'Gbitop/s'" in refused(text)
    device = parse(text.replace("GMAC/s", "Gbitop/s"), "mine.toml")
    assert device.macs_per_second(4, 2) == 2e9 / 8
    assert device.macs_per_second(32, 8) is None


def test_what_is_written_is_what_is_read() -> None:
    for name in shipped():
        assert parse(load(name).to_toml(), "copy.toml") == load(name)
    executing = parse(
        FILE + number('recipes."2:4"', 1.8, "times the rate") + number("recipes.lut", 256, "entries"), "m"
    )
    assert parse(executing.to_toml(), "copy.toml") == executing


def test_a_device_says_which_recipes_it_executes() -> None:
    text = FILE + number('recipes."2:4"', 1.8, "times the rate") + number("recipes.lut", 16, "entries")
    device = parse(text, "mine.toml")
    assert device.speed_up(NOfM(2, 4)) == 1.8
    assert device.speed_up(NOfM(1, 4)) is device.speed_up(Pruned(50)) is device.speed_up(None) is None
    assert device.decodes(Codebook((16,)))
    assert not device.decodes(Codebook((16, 32)))
    assert not device.decodes(None)
    assert not parse(FILE, "mine.toml").decodes(Codebook((2,)))


@pytest.mark.parametrize(
    ("name", "value", "unit", "why"),
    [
        ("4:2", 2, "times the rate", "'4:2' is no recipe that a device executes; accepted: lut, entropy_coded, 2:4"),
        ("ternary", 2, "times the rate", "'ternary' is no recipe"),
        ("2:4", 0.5, "times the rate", "2:4: 0.5 is less than 1"),
        ("2:4", 2, "fraction", "the unit is 'fraction'; it must be 'times the rate'"),
        ("lut", 16, "times the rate", "it must be 'entries'"),
    ],
)
def test_a_recipe_that_no_device_executes_is_refused(name: str, value: float, unit: str, why: str) -> None:
    message = refused(FILE + number(f'recipes."{name}"', value, unit))
    assert message.startswith("mine.toml.recipes")
    assert why in message


def test_binary_weights_may_have_an_arithmetic_of_their_own() -> None:
    device = parse(FILE + number("throughput.int1xint8", 8, "GMAC/s"), "mine.toml")
    assert device.arithmetic(1, 8) == "int1xint8"
    assert device.arithmetic(2, 8) == "int8xint8"


@given(st.text(min_size=1).filter(str.strip))
@example("my board \U0001f642")
@example("control \x00\x1f\x7f\x85 characters")
@example('"quotes" and \\ backslashes\r\nand lines')
def test_any_text_is_written_so_that_it_is_read_back(text: str) -> None:
    device = parse(FILE, "mine.toml")
    bandwidth = device.bandwidth.model_copy(update={"source": text.strip()})
    named = device.model_copy(update={"name": text.strip(), "engine": text.strip(), "bandwidth": bandwidth})
    assert parse(named.to_toml(), "copy.toml") == named


def test_every_problem_is_reported_at_once() -> None:
    message = refused(FILE.replace("value = 1.5", "value = -1").replace('version = "1.0"', ""))
    assert len(message.splitlines()) == 2


def test_what_is_not_toml() -> None:
    assert refused("name =").startswith("mine.toml: it is not TOML")


def test_a_device_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load("cortex-m7").name = "other"


def test_provenance_covers_every_number() -> None:
    numbers = {
        "efficiency.conv": "fraction", "weight_bandwidth": "GB/s", "cache": "KiB", "output_bits": "bits",
        "overlap": "fraction", "overhead.any": "us", "batch": "examples", "power": "mW", "ram": "KiB", "flash": "KiB",
        "recipes.entropy_coded": "bits",
    }  # fmt: skip
    assert {name.split(".")[0] for name in numbers} | {"bandwidth", "throughput"} == set(Device.model_fields) - {
        "name", "device", "engine", "version"
    }  # fmt: skip
    full = FILE + "".join(number(name, 1, unit) for name, unit in numbers.items())
    found = {name for name, _ in parse(full, "mine.toml").quantities()}
    assert found == numbers.keys() | {"throughput.int8xint8", "bandwidth"}
