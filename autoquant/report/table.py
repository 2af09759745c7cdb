"""The front and what stands beside it as a table of text, for the HTML file and for a terminal alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from autoquant.job import Baseline
from autoquant.report.data import Network, ReportData
from autoquant.report.display import Display, displays, violation_text
from autoquant.report.layers import options_text
from autoquant.report.picks import as_good_as_float, most_accurate
from autoquant.space import Candidate
from autoquant.trial import Trial

NONE = "–"


@dataclass(frozen=True)
class Row:
    """One network: a point of the front, a uniform bit-width, or the float network."""

    label: str
    kind: Literal["front", "uniform", "float"]
    feasible: bool
    candidate: Candidate | None
    cells: tuple[str, ...]
    """One text a column of the table."""
    note: str = ""
    notable: bool = False
    """Worth a reader's eye: it is named in the headline figures."""
    network: Network | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Table:
    """Column headings and rows; the cheapest network comes first, the float network last."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def front_table(data: ReportData) -> Table:
    """Search and test score of every measured objective, then every cost, for the front and all baselines."""
    shown = displays(data)
    measured = [o.metric for o in data.measured]
    columns: list[str] = []
    for metric in data.metrics:
        heading = shown[metric].heading
        columns += [f"{heading}, search", f"{heading}, test"] if metric in measured else [heading]
    networks: list[Network] = sorted([*data.front, *data.uniform], key=lambda n: _rank(data, n))
    if data.float_network is not None:
        networks.append(data.float_network)
    return Table(tuple(columns), tuple(_row(data, shown, network) for network in networks))


def _rank(data: ReportData, network: Network) -> tuple[bool, float, bool]:
    first = (data.costs or data.job.plan.objectives)[0]
    value = network.metrics.get(first.metric)
    return value is None, first.minimized(value or 0.0), isinstance(network, Baseline)


def _row(data: ReportData, shown: dict[str, Display], network: Network) -> Row:
    cells: list[str] = []
    for metric in data.metrics:
        splits = ("search", "test") if any(o.metric == metric for o in data.measured) else ("search",)
        for split in splits:
            score = data.score(network, metric, "test" if split == "test" else "search")
            cells.append(_cell(shown[metric], score))
    if isinstance(network, Trial):
        picks = _picks(data, network)
        note = "; ".join(picks)
        label = f"#{network.number}"
        return Row(label, "front", network.feasible, network.candidate, tuple(cells), note, bool(picks), network)
    kind: Literal["uniform", "float"] = "float" if network.candidate is None else "uniform"
    feasible = not network.violations and network.error is None
    return Row(
        network.label, kind, feasible, network.candidate, tuple(cells), _note(data, shown, network), False, network
    )


def _cell(display: Display, score: tuple[float, float] | None) -> str:
    if score is None:
        return NONE
    value, error = score
    return display.number(value) + (f" ± {display.number(error)}" if error else "")


def _picks(data: ReportData, trial: Trial) -> list[str]:
    notes = []
    if data.measured and trial is most_accurate(data):
        notes.append(f"best {data.quality.metric} of the front")
    if trial is as_good_as_float(data):
        notes.append("cheapest within one standard error of float")
    notes += [f"same network as {b.label}" for b in data.uniform if b.candidate == trial.candidate]
    return notes


def _note(data: ReportData, shown: dict[str, Display], baseline: Baseline) -> str:
    notes = [violation_text(text, excess, data, shown) for text, excess in baseline.violations.items()]
    notes += [f"not measured: {baseline.error}"] if baseline.error else []
    return "; ".join(notes)


def bits_summary(data: ReportData, candidate: Candidate) -> str:
    """All options of a candidate in one line of text."""
    return "  ".join(options_text(data, candidate))
