"""The front and its baselines as a table of text, for the HTML file and for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from autoquant.data import SplitName
from autoquant.job import Baseline
from autoquant.report.model.data import Network, ReportData, Score
from autoquant.report.model.metric_format import MetricFormat, metric_formats, violation_text
from autoquant.report.model.picks import as_good_as_float, most_accurate
from autoquant.report.model.sensitivity import listed_baselines
from autoquant.report.model.verdict import beaten_by_uniform
from autoquant.space import Candidate
from autoquant.trial import Trial

NONE = "–"

RowKind = Literal["front", "uniform", "sensitivity", "float"]


@dataclass(frozen=True)
class Row:
    """One network: of the front, a uniform bit-width, of the sensitivity baseline, or float."""

    label: str
    kind: RowKind
    feasible: bool
    candidate: Candidate | None
    cells: tuple[str, ...]
    """One text a column of the table."""
    note: str = ""
    notable: bool = False
    """To be highlighted: it is named in the headline figures."""


@dataclass(frozen=True)
class Table:
    """Column headings and rows; the cheapest network comes first, the float network last."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def front_table(data: ReportData) -> Table:
    """Search and test score of every measured objective, then every cost, for the front and its baselines.

    Test scores and those of polished networks have columns once there are any. Of the sensitivity baseline it has the
    points that no network of the front equals or dominates.
    """
    formats = metric_formats(data)
    networks: list[Network] = sorted([*data.front, *listed_baselines(data)], key=lambda n: _rank(data, n))
    if data.float_network is not None:
        networks.append(data.float_network)
    fields = _fields(data, networks)
    measured = {objective.metric for objective in data.measured}
    columns = [formats[f.metric].heading + (f", {f.name}" if f.metric in measured else "") for f in fields]
    notes = _notes(data, formats)
    return Table(tuple(columns), tuple(_row(data, formats, fields, notes, network) for network in networks))


class _Field(NamedTuple):
    """What a column shows."""

    metric: str
    split: SplitName
    polished: bool = False

    @property
    def name(self) -> str:
        """Which of the scores of its metric it is."""
        if not self.polished:
            return self.split
        return "polished" if self.split == "search" else "polished, test"


def _fields(data: ReportData, networks: Sequence[Network]) -> list[_Field]:
    """The columns, metric by metric."""
    scores: list[tuple[SplitName, bool]] = [("search", False)]
    scores += [("test", False)] if any(n.test_metrics for n in networks) else []
    scores += [("search", True)] if any(n.polished_metrics for n in networks) else []
    scores += [("test", True)] if any(n.polished_test_metrics for n in networks) else []
    measured = {objective.metric for objective in data.measured}
    return [_Field(m, *score) for m in data.metrics for score in (scores if m in measured else scores[:1])]


def _rank(data: ReportData, network: Network) -> tuple[bool, float, bool]:
    first = (data.costs or data.job.definition.objectives)[0]
    value = network.metrics.get(first.metric)
    return value is None, first.minimized(value or 0.0), isinstance(network, Baseline)


def _row(
    data: ReportData,
    formats: dict[str, MetricFormat],
    fields: Sequence[_Field],
    notes: dict[int, list[str]],
    network: Network,
) -> Row:
    cells = tuple(_cell(formats[f.metric], data.score(network, f.metric, f.split, polished=f.polished)) for f in fields)
    note = "; ".join(notes[id(network)])
    if isinstance(network, Trial):
        notable = network in (_best(data), as_good_as_float(data))
        return Row(f"#{network.number}", "front", network.feasible, network.candidate, cells, note, notable)
    feasible = not network.violations and network.error is None
    kind: RowKind = "sensitivity" if network.kind == "sensitivity" else "uniform" if network.candidate else "float"
    return Row(network.label, kind, feasible, network.candidate, cells, note)


def _cell(fmt: MetricFormat, score: Score | None) -> str:
    if score is None:
        return NONE
    value, error = score
    return fmt.number(value) + (f" ± {fmt.number(error)}" if error else "")


def _best(data: ReportData) -> Trial | None:
    return most_accurate(data) if data.measured else None


def _notes(data: ReportData, formats: dict[str, MetricFormat]) -> dict[int, list[str]]:
    """What there is to say of each network, by its identity."""
    notes: dict[int, list[str]] = {id(network): [] for network in (*data.front, *data.baselines)}
    best, good = _best(data), as_good_as_float(data)
    if best is not None:
        notes[id(best)].append(f"best {formats[data.quality.metric].name} of the front")
    if good is not None:
        notes[id(good)].append("cheapest within one standard error of float")
    for trial in data.front:
        baselines = [*data.uniform, *data.sensitivity]
        notes[id(trial)] += [f"same network as {b.label}" for b in baselines if b.candidate == trial.candidate]
    for trial, baseline in beaten_by_uniform(data):
        notes[id(trial)].append(f"beaten by {baseline.label}")
    for baseline in data.baselines:
        for text, excess in baseline.violations.items():
            notes[id(baseline)].append(violation_text(text, excess, data, formats))
        notes[id(baseline)] += [f"not measured: {baseline.error}"] if baseline.error else []
    for network in (*data.front, *data.baselines):
        broken = data.job.definition.polished_violations(network)
        notes[id(network)] += [f"polished, {violation_text(c, by, data, formats)}" for c, by in broken.items()]
        notes[id(network)] += network.notes
    return notes
