"""The choices of a candidate, arranged as rows by layer, and the cost of each layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from autoquant.job import Baseline
from autoquant.report.model.data import Network, ReportData
from autoquant.report.model.palette import is_bits, is_recipe, named_colour, option_colour
from autoquant.report.model.picks import most_accurate, trade_off
from autoquant.space import Candidate, Choice

_BY_LAYER = (
    (".recipe", "Recipes of weights", ""),
    (".weight", "Bits of weights", "W"),
    (".activation", "Bits of activations", "A"),
)
"""End of a choice's name, title of its heat map, and what tells it from the others in a line of text."""


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
    by_layer: bool
    """Whether rows are layers, each with the same sort of choice: bits, or recipes."""

    @cached_property
    def _ranks(self) -> dict[str, int]:
        """Every option of all rows -> its rank."""
        texts = dict.fromkeys(str(option) for choice in self.choices for option in choice.options)
        return {text: rank for rank, text in enumerate(texts)}

    def colour(self, choice: Choice, index: int) -> str:
        """Colour of an option of a row; recipes have the same in every row, though rows have different lists."""
        if self.by_layer and not self.bits:
            return named_colour(self._ranks[str(choice.options[index])])
        return option_colour(choice, index)

    @property
    def legend(self) -> dict[str, str]:
        """Option -> colour, where the options of all rows are of one sort."""
        rows = self.choices if self.by_layer else ()
        return {str(option): self.colour(choice, i) for choice in rows for i, option in enumerate(choice.options)}

    def options(self, candidate: Candidate) -> list[str]:
        """The chosen options as text, one a row."""
        return [str(c.options[candidate[i]]) for c, i in zip(self.choices, self.columns, strict=True)]


def grids(data: ReportData) -> list[Grid]:
    """Recipes and bits of weights, bits of activations and other choices, those that there are; rows keep the order of
    the choices."""
    choices = data.job.definition.choices
    kept = []
    for suffix, title, short in _BY_LAYER:
        bits = suffix != ".recipe"
        positions = [
            i for i, c in enumerate(choices) if (is_bits(c) if bits else is_recipe(c)) and c.name.endswith(suffix)
        ]
        if positions:
            rows = tuple(choices[i].name.removesuffix(suffix) for i in positions)
            kept.append(Grid(title, short, rows, tuple(choices[i] for i in positions), tuple(positions), bits, True))
    rest = [i for i, c in enumerate(choices) if not is_bits(c) and not is_recipe(c)]
    if rest:
        names = tuple(choices[i].name for i in rest)
        kept.append(Grid("Choices", "", names, tuple(choices[i] for i in rest), tuple(rest), False, False))
    return kept


def fixed_layers(data: ReportData) -> list[str]:
    """Layers of the network that have no choice."""
    free = {row for grid in grids(data) if grid.by_layer for row in grid.rows}
    return [name for name in data.layer_names if name not in free] if free else []


def options_text(data: ReportData, candidate: Candidate, width: int = 0) -> list[str]:
    """All options of a candidate in one line for each sort of choice; in lines of ``width`` options where given."""
    lines = []
    for grid in grids(data):
        options = grid.options(candidate)
        if not grid.by_layer:
            options = [f"{row}={option}" for row, option in zip(grid.rows, options, strict=True)]
        room = width if grid.bits else width // 3 if grid.by_layer else width // 8
        step = max(1, room) if width else len(options)
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
