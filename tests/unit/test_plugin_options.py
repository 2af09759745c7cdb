"""Options of a plug-in are its keyword-only arguments, and nothing else is looked at."""

from typing import ClassVar

from autoquant.data import SplitName
from autoquant.interfaces import Evaluator, Prepared
from autoquant.objective import Direction
from autoquant.plugins import check_options, options_model
from autoquant.trial import Measurement


class Inherits(Evaluator):
    """Has the constructor of the base class, whose annotations name types that only a type checker sees."""

    metrics: ClassVar[dict[str, Direction]] = {"score": "maximize"}

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        return Measurement({"score": 1.0})


def test_a_plug_in_without_a_constructor_of_its_own_has_no_options() -> None:
    assert options_model(Inherits).model_fields == {}
    assert check_options(Inherits, {}, "evaluator") == {}
