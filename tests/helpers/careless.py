"""An evaluator that gives what no store can keep, a case for each first index."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import toy

from autoquant.data import SplitName
from autoquant.interfaces import Prepared, Report, Result, Searcher, no_report
from autoquant.objective import Direction
from autoquant.space import Candidate, SearchSpace
from autoquant.trial import Measurement

NAN = float("nan")
BAD: list[tuple[dict[str, Any], str]] = [
    ({"seconds": None}, "seconds is None, which is no number"),
    ({"seconds": "0.5"}, "seconds is '0.5', which is no number"),
    ({"seconds": NAN}, "seconds is nan; it must lie between 0 and 1e+09"),
    ({"seconds": 1e18}, "seconds is 1e+18; it must lie between 0 and 1e+09"),
    ({"metrics": [1.0, 2.0]}, "metrics is [1.0, 2.0]; give a mapping of names to numbers"),
    ({"metrics": {"loss": 10**400, "size": 2.0}}, "loss is 100000000000000000...0000000000000000000, more than a"),
    ({"metrics": {"loss": 10**5000, "size": 2.0}}, "loss is of the type int, more than a float holds"),
    ({"metrics": {"loss": 1j, "size": 2.0}}, "loss is 1j, which is no number"),
    ({"metrics": {"loss": NAN, "size": 2.0}}, "loss is nan: a value that is not finite is no result"),
    ({"metrics": {"loss": -1.7e308, "size": 2.0}}, "loss is -1.7e+308; measure a number between -1e+300 and 1e+300"),
    ({"metrics": {"loss": 1.0, "size": 2.0, "": 1.0}}, "metrics: '' is no name; "),
    ({"metrics": {"loss": 1.0, "size": 2.0, "a\0b": 1.0}}, "metrics: 'a\\x00b' is no name; "),
    ({"metrics": {"loss": 1.0, "size": 2.0, 3: 1.0}}, "metrics: 3 is no name; "),
    ({"standard_errors": [0.1]}, "standard_errors is [0.1]; give a mapping"),
    ({"artifacts": {"log": np.zeros(3)}}, "the artifact 'log' is array([0., 0., 0.]); give a text"),
    ({"artifacts": {"log": b"bytes"}}, "the artifact 'log' is b'bytes'; give a text"),
    ({"artifacts": {"log": NAN}}, "the artifact 'log' is nan; give a text"),
    ({"artifacts": {"log": "a\ud800"}}, "the artifact 'log' is 'a\\ud800', which no database keeps"),
    ({"artifacts": "log"}, "artifacts is 'log'; give a mapping of names to texts"),
    ({"notes": "fitted"}, "notes is 'fitted'; give a sequence of texts"),
    ({"notes": (b"fitted",)}, "a note is b'fitted'; give a text"),
    ({"candidate": (0.5, 1)}, "candidate is (0.5, 1); give the index of an option for each choice"),
    ({"steps": ((np.array(1.5), {}),)}, "steps is ((array(1.5), {}),); give a sequence of (step, metrics)"),
]
"""What is given in place of a good field, and how the sentence begins that names it."""
RAISED = ["a lone \ud800 surrogate", "a NUL \0 in it", "x" * 2_000_000, "\x1b[31mred"]


class Careless(toy.Toy):
    """Measures what stands in the lists above, by the first index; the float network and index 0 are sound."""

    metrics: ClassVar[dict[str, Direction]] = {"loss": "minimize", "size": "minimize"}

    def bounds(self) -> dict[str, tuple[float, float]]:
        return {"loss": (0.0, 4.0), "size": (0.0, 40.0)}

    def prepare(self, space: SearchSpace, request: Any, report: Report = no_report) -> Prepared:
        if request.candidate is not None:
            report(np.int64(1), {"loss": np.float32(0.5), "not yet": NAN})  # type: ignore[arg-type]
        return super().prepare(space, request, report)

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        which, other = prepared.candidate or (0, 0)
        sound = {"metrics": {"loss": 1.0 + other, "size": 2.0 - other / 9}, "seconds": np.float32(0.5)}
        if which == 0:
            return Measurement(**sound)
        if which <= len(BAD):
            return Measurement(**sound | BAD[which - 1][0])
        raise ValueError(RAISED[which - len(BAD) - 1])


CHOICES = {"which": list(range(1 + len(BAD) + len(RAISED))), "other": [0, 1]}


class InOrder(Searcher):
    """Proposes every candidate once, those with the first index 0 first."""

    def propose(self, count: int) -> list[Candidate]:
        numbers = range(self.asked, min(self.asked + count, 2 * len(CHOICES["which"])))
        return [(number // 2, number % 2) for number in numbers]

    def learn(self, results: list[Result]) -> None:
        """Learns nothing."""
