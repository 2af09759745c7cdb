"""The choices of a candidate, arranged as rows by layer, and the cost of each layer."""

from __future__ import annotations

from dataclasses import dataclass

from autoquant.job import Baseline
from autoquant.report.model.data import Network, ReportData
from autoquant.report.model.palette import is_bits
from autoquant.report.model.picks import most_accurate, trade_off
from autoquant.space import Candidate, Choice


@dataclass(frozen=True)
class Grid:
    """Choices of one sort: one heat map."""

    title: str
    short: str
    """One letter or none, to tell weights from activations in a line of text."""
    rows: tuple[str, ...]
    choices: tuple[Choice, ...]
    columns: tuple[int, ...]
    """Position of each choice in a candidate."""
    bits: bool

    def options(self, candidate: Candidate) -> list[str]:
        """The chosen options as text, one a row."""
        return [str(c.options[candidate[i]]) for c, i in zip(self.choices, self.columns, strict=True)]


def grids(data: ReportData) -> list[Grid]:
    """Weight bits, activation bits and other choices, those that there are; rows keep the order of the choices."""
    choices = data.job.definition.choices
    kept = []
    for suffix, title, short in ((".weight", "Bits of weights", "W"), (".activation", "Bits of activations", "A")):
        positions = [i for i, c in enumerate(choices) if is_bits(c) and c.name.endswith(suffix)]
        if positions:
            rows = tuple(choices[i].name.removesuffix(suffix) for i in positions)
            kept.append(Grid(title, short, rows, tuple(choices[i] for i in positions), tuple(positions), True))
    rest = [i for i, c in enumerate(choices) if not is_bits(c)]
    if rest:
        names = tuple(choices[i].name for i in rest)
        kept.append(Grid("Choices", "", names, tuple(choices[i] for i in rest), tuple(rest), False))
    return kept


def fixed_layers(data: ReportData) -> list[str]:
    """Layers of the network that have no choice."""
    free = {row for grid in grids(data) if grid.bits for row in grid.rows}
    return [name for name in data.layer_names if name not in free] if free else []


def options_text(data: ReportData, candidate: Candidate, width: int = 0) -> list[str]:
    """All options of a candidate in one line for each sort of choice; in lines of ``width`` options where given."""
    lines = []
    for grid in grids(data):
        options = grid.options(candidate)
        if not grid.bits:
            options = [f"{row}={option}" for row, option in zip(grid.rows, options, strict=True)]
        step = (width if grid.bits else max(1, width // 8)) if width else len(options)
        for start in range(0, len(options), step):
            lead = f"{grid.short} " if grid.short and start == 0 else ""
            lines.append(lead + " ".join(options[start : start + step]))
    return lines


def layer_cost_metrics(data: ReportData) -> list[str]:
    """The metrics that are known layer by layer."""
    known = {metric for costs in data.layer_costs.values() for metric, rows in costs.items() if len(rows)}
    return [m for m in data.metrics if m in known]


def side_by_side(data: ReportData) -> list[tuple[str, Candidate]]:
    """Networks whose layers are compared: the costliest uniform one, then up to three of the front."""
    chosen: list[tuple[str, Network | None]] = [("uniform", _costliest(data))]
    if data.ranked:
        chosen += [("most accurate" if data.measured else "costliest", most_accurate(data))]
        chosen += [("best trade-off", trade_off(data)), ("cheapest", data.ranked[0])]
    names: dict[Candidate, str] = {}
    for role, network in chosen:
        if network is None or network.candidate is None or network.candidate not in data.layer_costs:
            continue
        name = f"{network.label}, {role}" if isinstance(network, Baseline) else f"#{network.number}, {role}"
        names.setdefault(network.candidate, name)
    return [(name, candidate) for candidate, name in names.items()]


def _costliest(data: ReportData) -> Baseline | None:
    metrics = layer_cost_metrics(data)
    known = [b for b in data.uniform if b.candidate in data.layer_costs]
    return max(known, key=lambda b: b.metrics.get(metrics[0], 0.0)) if known and metrics else None
