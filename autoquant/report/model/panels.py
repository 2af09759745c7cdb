"""What the front is plotted against: pairs of axes, their ranges, and the staircase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoquant.objective import DROP, Objective
from autoquant.pareto import non_dominated
from autoquant.report.model.data import Network, ReportData
from autoquant.report.model.metric_format import MetricFormat, metric_formats
from autoquant.trial import Trial, TrialState

TRIAL_NUMBER = "trial"

Frame = tuple[tuple[float, float], tuple[float, float]]
"""Range of x and range of y."""


@dataclass(frozen=True)
class Spot:
    """One network in the units of a panel."""

    network: Network
    x: float
    y: float
    x_error: float
    y_error: float


@dataclass(frozen=True)
class Panel:
    """One picture of the front. ``x`` None stands for the number of the trial."""

    data: ReportData
    x: Objective | None
    y: Objective
    x_format: MetricFormat
    y_format: MetricFormat

    def spot(self, network: Network, *, polished: bool = False) -> Spot | None:
        """Where a network, or the polished one, lies by its search scores; None where it lacks one of the two."""
        y = self.data.score(network, self.y.metric, "search", polished=polished)
        x: tuple[float, float] | None = None
        if self.x is not None:
            x = self.data.score(network, self.x.metric, "search", polished=polished)
        elif isinstance(network, Trial):
            x = (float(network.number), 0.0)
        if x is None or y is None:
            return None
        (x_value, x_error), (y_value, y_error) = x, y
        horizontal, vertical = self.x_format.scaled, self.y_format.scaled
        return Spot(network, horizontal(x_value), vertical(y_value), horizontal(x_error), vertical(y_error))

    def spots(self, networks: Sequence[Network]) -> list[Spot]:
        """Those networks that can be plotted."""
        return [spot for network in networks if (spot := self.spot(network)) is not None]

    @property
    def front(self) -> list[Spot]:
        return self.spots(self.data.ranked)

    @property
    def uniform(self) -> list[Spot]:
        """Uniform bit-widths that keep every constraint."""
        return self.spots([b for b in self.data.uniform if not b.violations])

    @property
    def sensitivity(self) -> list[Spot]:
        """Points of the sensitivity baseline that keep every constraint, from left to right."""
        return sorted(self.spots([b for b in self.data.sensitivity if not b.violations]), key=lambda s: (s.x, s.y))

    def polished(self, spots: Sequence[Spot]) -> list[tuple[Spot, Spot]]:
        """Those that were polished and hold every constraint then: where they lay, and where they lie polished."""
        return [pair for pair in self._polished(spots) if not self._broken(pair[1])]

    @property
    def polished_infeasible(self) -> list[tuple[Spot, Spot]]:
        """The same of the front and the uniform bit-widths, of those that break a constraint once they are polished."""
        return [pair for pair in self._polished([*self.front, *self.uniform]) if self._broken(pair[1])]

    def _polished(self, spots: Sequence[Spot]) -> list[tuple[Spot, Spot]]:
        return [(spot, after) for spot in spots if (after := self.spot(spot.network, polished=True)) is not None]

    def _broken(self, spot: Spot) -> bool:
        return bool(self.data.job.definition.polished_violations(spot.network))

    @property
    def infeasible(self) -> list[Spot]:
        """Whatever was measured although it breaks a constraint; never part of the front."""
        trials = [t for t in self.data.trials if t.state is TrialState.COMPLETE and t.violations]
        return self.spots([*trials, *(b for b in (*self.data.uniform, *self.data.sensitivity) if b.violations)])

    @property
    def others(self) -> list[Spot]:
        """Feasible trials that are not on the front."""
        numbers = {t.number for t in self.data.front}
        return self.spots([t for t in self.data.trials if t.feasible and t.number not in numbers])

    @property
    def float_spot(self) -> Spot | None:
        return self.spot(self.data.float_network) if self.data.float_network else None

    @property
    def float_level(self) -> float | None:
        """Quality of the float network, where quality is measured."""
        network = self.data.float_network
        score = self.data.score(network, self.y.metric, "search") if network and self.data.measured else None
        return self.y_format.scaled(score.value) if score else None

    @property
    def stairs(self) -> tuple[list[float], list[float], str]:
        """Corners of the edge of the front in this projection, and how a line goes from one to the next."""
        if self.x is None:
            return [], [], "hv"
        points = sorted(self.front, key=lambda s: (s.x, s.y))
        signs = [1 if o.direction == "minimize" else -1 for o in (self.x, self.y)]
        keep = non_dominated([(signs[0] * s.x, signs[1] * s.y) for s in points])
        kept = [s for s, kept in zip(points, keep, strict=True) if kept]
        return [s.x for s in kept], [s.y for s in kept], "hv" if signs[0] > 0 else "vh"

    @property
    def log_x(self) -> bool:
        """Whether the horizontal axis spans so much that it must be logarithmic."""
        values = [s.x for s in self._framed]
        return self.x is not None and bool(values) and min(values) > 0 and max(values) > 20 * min(values)

    @property
    def _framed(self) -> list[Spot]:
        shown = self.front + self.uniform
        polished = [after for _, after in self._polished(shown)]
        return shown + polished + self.sensitivity or self.others or self.infeasible

    def frame(self) -> Frame | None:
        """Ranges of x and y that show the front and its baselines well; trials far below may lie outside."""
        return self._frame(self._framed, with_limits=True) if self._framed else None

    def _frame(self, spots: Sequence[Spot], *, with_limits: bool = False) -> Frame:
        ys = [s.y + sign * s.y_error for s in spots for sign in (-1, 1)]
        ys += [self.float_level] if self.float_level is not None else []
        xs = [s.x + (0 if self.log_x else sign * s.x_error) for s in spots for sign in (-1, 1)]
        if with_limits:
            xs, ys = (v + _near(v, bounds) for v, bounds in zip((xs, ys), self.limits(), strict=True))
        if self.log_x:
            low, high = padded([math.log10(x) for x in xs])
            return (10**low, 10**high), padded(ys)
        return padded(xs), padded(ys)

    def shares(self, spots: Sequence[Spot], frame: Frame) -> list[tuple[float, float]]:
        """Where spots lie in a frame, from (0, 0) at the bottom left to (1, 1) at the top right."""
        (left, right), (bottom, top) = frame
        scale = math.log10 if self.log_x else float
        width = scale(right) - scale(left)
        return [((scale(s.x) - scale(left)) / width, (s.y - bottom) / (top - bottom)) for s in spots]

    def close_up(self) -> Frame | None:
        """Ranges around the networks that are nearly as good as the best; None where the whole frame shows them."""
        spots = self.front + self.uniform
        spots += [after for _, after in self._polished(spots)]
        best = best_of([(s.y, s.y_error) for s in spots], self.y.direction == "maximize")
        return self._frame([spots[i] for i in best]) if best is not None else None

    def on_axis(self, ends: tuple[float, float]) -> list[float]:
        """The range as a plotly axis wants it: logarithms on a logarithmic axis."""
        return [math.log10(end) for end in ends] if self.log_x else list(ends)

    @property
    def hidden(self) -> int:
        """Number of trials outside the frame."""
        frame = self.frame()
        if frame is None:
            return 0
        (left, right), (bottom, top) = frame
        spots = [*self.others, *self.infeasible]
        return sum(not (left <= s.x <= right and bottom <= s.y <= top) for s in spots)

    def limits(self) -> tuple[list[float], list[float]]:
        """Bounds of constraints on x and on y."""
        return self._bounds(self.x, self.x_format), self._bounds(self.y, self.y_format)

    def _bounds(self, objective: Objective | None, fmt: MetricFormat) -> list[float]:
        """Bounds on a metric; one on its drop is a bound below the float network."""
        if objective is None:
            return []
        limits = [c.bound for c in self.data.job.definition.constraints if c.metric == objective.metric]
        network = self.data.float_network
        reference = self.data.score(network, objective.metric, "search") if network is not None else None
        if reference is not None:
            drops = [c.bound for c in self.data.job.definition.constraints if c.metric == objective.metric + DROP]
            limits += [reference.value + (drop if objective.direction == "minimize" else -drop) for drop in drops]
        return [fmt.scaled(bound) for bound in limits]


def _near(values: Sequence[float], bounds: Sequence[float]) -> list[float]:
    """The bounds that a frame of the values should take in, because they are not far outside."""
    room = 0.25 * (max(values) - min(values))
    return [b for b in bounds if min(values) - room <= b <= max(values) + room and b * min(values) > 0]


def best_of(scores: Sequence[tuple[float, float]], maximize: bool) -> list[int] | None:
    """Positions of the scores (value, error) that crowd at the top of a wide range; None where a range is narrow."""
    if not scores:
        return None
    losses = [-value if maximize else value for value, _ in scores]
    low, high = min(losses), max(losses)
    top_errors = [error for loss, (_, error) in zip(losses, scores, strict=True) if loss <= low + 0.2 * (high - low)]
    room = max(0.12 * (high - low), 8 * max(top_errors))
    best = [i for i, loss in enumerate(losses) if loss <= low + room]
    return best if 3 <= len(best) < len(losses) and room < 0.5 * (high - low) else None


def padded(values: Sequence[float], share: float = 0.07) -> tuple[float, float]:
    """Range of the values, with some room on both sides."""
    low, high = min(values), max(values)
    room = (high - low) * share or abs(high) * share or 1.0
    return low - room, high + room


def panels(data: ReportData) -> list[Panel]:
    """The quality objective against each other objective, costs first; against a cost or time where it is alone."""
    formats = metric_formats(data)
    y = data.quality
    others: list[Objective | None] = [o for o in (*data.costs, *data.measured) if o != y]
    if not others:
        others = [Objective(table.metric, "minimize") for table in data.job.definition.costs[:1]] or [None]
    trial = MetricFormat(TRIAL_NUMBER, "", 1.0, 0)
    return [Panel(data, x, y, formats[x.metric] if x else trial, formats[y.metric]) for x in others]
