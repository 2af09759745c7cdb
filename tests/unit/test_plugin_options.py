"""Options of a plug-in are its keyword-only arguments and the fields of their records; nothing else is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from autoquant import plugins
from autoquant.data import SplitName
from autoquant.errors import PluginError, SpecError
from autoquant.interfaces import Evaluator, Prepared
from autoquant.objective import Direction
from autoquant.plugins import check_options, options_model
from autoquant.searchers.random import RandomSearch
from autoquant.trial import Measurement


class Inherits(Evaluator):
    """Has the constructor of the base class, whose annotations name types that only a type checker sees."""

    metrics: ClassVar[dict[str, Direction]] = {"score": "maximize"}

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        return Measurement({"score": 1.0})


def test_a_plug_in_without_a_constructor_of_its_own_has_no_options() -> None:
    assert options_model(Inherits).model_fields == {}
    assert check_options(Inherits, {}, "evaluator") == {}


@dataclass(frozen=True, slots=True)
class Training:
    """A record of options."""

    epochs: Annotated[int, Field(ge=1)] = 4
    rates: tuple[float, ...] = (0.1,)


@dataclass(frozen=True)
class Naming:
    """One that has to be given."""

    title: str
    tags: list[str] = field(default_factory=list)


class Recorded:
    """Takes records and an option of its own."""

    def __init__(self, host: Any, *, training: Training = Training(epochs=2), options: dict[str, Any] | None = None):
        self.host, self.training, self.options = host, training, options


class Named:
    """Takes a record that has no default."""

    def __init__(self, *, naming: Naming) -> None:
        self.naming = naming


class Twice:
    """Two options of the same name."""

    def __init__(self, *, training: Training = Training(), epochs: int = 3) -> None:
        """Nothing."""


def test_the_fields_of_a_record_are_options() -> None:
    fields = options_model(Recorded).model_fields
    assert {name: option.default for name, option in fields.items()} == {"epochs": 2, "rates": (0.1,), "options": None}
    assert check_options(Recorded, {}, "x") == {}
    assert check_options(Recorded, {"options": {"epochs": 7}}, "x") == {"options": {"epochs": 7}}
    assert check_options(Recorded, {"rates": [1, 2]}, "x") == {"training": Training(2, (1.0, 2.0))}


def test_a_record_without_a_default_is_made_of_what_is_given() -> None:
    assert check_options(Named, {"title": "a"}, "x") == {"naming": Naming("a", [])}
    assert options_model(Named).model_json_schema()["required"] == ["title"]
    with pytest.raises(SpecError, match=r"x.title: it is missing, and it is needed"):
        check_options(Named, {}, "x")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "x.epochs: must be 1 or more"),
        ({"epohcs": 3}, "x.epohcs: there is no such field; did you mean 'epochs'? accepted: epochs, options, rates"),
        ({"training": {"epochs": 3}}, "x.training: there is no such field"),
    ],
)
def test_wrong_fields_of_a_record_are_named_as_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_options(Recorded, options, "x")
    assert caught.value.problems[0].startswith(message)


def test_an_option_cannot_be_there_twice() -> None:
    with pytest.raises(TypeError, match="the option 'epochs' is there twice"):
        options_model(Twice)


def test_a_plug_in_is_made_from_its_name() -> None:
    problem: Any = type("Problem", (), {"seed": 3})()
    made = plugins.create("searcher", "random", problem, options={}, place="searcher")
    assert isinstance(made, RandomSearch)
    with pytest.raises(PluginError, match="no searcher is called 'randon'"):
        plugins.create("searcher", "randon", problem, options={}, place="searcher")
    with pytest.raises(SpecError, match=r"here.count: there is no such field"):
        plugins.create("searcher", "random", problem, options={"count": 3}, place="here")
