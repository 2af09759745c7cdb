"""What a report is made of, already resolved: nothing here reads a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from autoquant.data import SplitName
from autoquant.job import Baseline, HypervolumePoint, JobRecord, LearningPoint
from autoquant.objective import Objective
from autoquant.report.model.palette import is_recipe
from autoquant.space import Candidate
from autoquant.trial import Trial

Network = Trial | Baseline
"""Both carry metrics and standard errors on the search split and on the test split, under the same names."""


class Score(NamedTuple):
    """A metric's value with its standard error."""

    value: float
    error: float
    """0 where none is known."""


@dataclass(frozen=True)
class ReportData:
    """One job with everything that its report shows.

    Args:
        job: the job as stored.
        trials: all its trials, in whatever state.
        front: the feasible trials that no other dominates; with test scores where they have been measured.
        baselines: the float network, the uniform bit-widths and the sensitivity baseline.
        hypervolume: where it changed, and at the last trial.
        curves: name -> learning curve of the searcher; empty where it reports none.
        layer_names: the layers of the network in the order of the rows of ``layer_costs``; empty without a network.
        layer_costs: candidate -> metric -> one cost a layer, for the front and the baselines; may be empty.
    """

    job: JobRecord
    trials: Sequence[Trial]
    front: Sequence[Trial]
    baselines: Sequence[Baseline] = ()
    hypervolume: Sequence[HypervolumePoint] = ()
    curves: Mapping[str, Sequence[LearningPoint]] = field(default_factory=dict)
    layer_names: Sequence[str] = ()
    layer_costs: Mapping[Candidate, Mapping[str, Sequence[float]]] = field(default_factory=dict)

    @cached_property
    def measured(self) -> tuple[Objective, ...]:
        """The objectives that an evaluator measures."""
        definition = self.job.definition
        return tuple(o for o in definition.objectives if o.metric not in definition.cost_metrics)

    @cached_property
    def costs(self) -> tuple[Objective, ...]:
        """The objectives that a cost model prices."""
        return tuple(o for o in self.job.definition.objectives if o not in self.measured)

    @cached_property
    def quality(self) -> Objective:
        """The objective that stands on the vertical axis: the first that is measured, or the first of all."""
        return (self.measured or self.job.definition.objectives)[0]

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Every metric that a table shows: objectives (measured ones first), constrained metrics, other costs."""
        plan = self.job.definition
        names = [o.metric for o in (*self.measured, *self.costs)]
        names += [c.metric for c in plan.constraints] + [table.metric for table in plan.costs]
        return tuple(dict.fromkeys(names))

    @cached_property
    def ranked(self) -> tuple[Trial, ...]:
        """The front in the order of its first cost, cheapest first; of its first objective where there is no cost."""
        first = (self.costs or self.job.definition.objectives)[0]
        return tuple(sorted(self.front, key=lambda t: (first.minimized(t.metrics[first.metric]), t.number)))

    @cached_property
    def float_network(self) -> Baseline | None:
        """The network as it was given, in float32."""
        return next((b for b in self.baselines if b.kind == "float"), None)

    @cached_property
    def uniform_name(self) -> str:
        """What a network with the same option everywhere is called."""
        recipes = any(is_recipe(choice) for choice in self.job.definition.choices)
        return "uniform recipe" if recipes else "uniform bit-width"

    @cached_property
    def uniform(self) -> tuple[Baseline, ...]:
        """The same bit-width or recipe everywhere."""
        return tuple(b for b in self.baselines if b.kind == "uniform")

    @cached_property
    def sensitivity(self) -> tuple[Baseline, ...]:
        """The measured points of the front that the additive model predicts."""
        return tuple(b for b in self.baselines if b.kind == "sensitivity")

    @cached_property
    def no_sensitivity(self) -> str | None:
        """Why there is no sensitivity baseline, where that was decided."""
        return next((b.error for b in self.baselines if b.kind == "no_sensitivity"), None)

    @cached_property
    def comparable(self) -> tuple[Baseline, ...]:
        """The uniform baselines that keep every constraint and have been measured in every objective."""
        wanted = [o.metric for o in self.job.definition.objectives]
        return tuple(b for b in self.uniform if not b.violations and all(m in b.metrics for m in wanted))

    @cached_property
    def split(self) -> SplitName:
        """The split whose scores are compared: test once the front and its baselines are scored there, else search."""
        networks: list[Network] = [*self.front, *self.comparable]
        scored = all(o.metric in n.test_metrics for o in self.measured for n in networks)
        return "test" if self.measured and networks and scored else "search"

    @cached_property
    def polished(self) -> bool:
        """Whether some network was measured again, made as well as the evaluator can."""
        return any(n.polished is not None for n in (*self.front, *self.baselines))

    def score(
        self, network: Network, metric: str, split: SplitName | None = None, *, polished: bool = False
    ) -> Score | None:
        """A metric of a network, or of the polished one, on a split; None where it was not measured there.

        Costs are always the same. ``split`` is the one that is compared unless another is named.
        """
        measured = any(o.metric == metric for o in self.measured)
        values, errors = _scores(network, split or self.split, polished) if measured else _scores(network)
        return Score(values[metric], errors.get(metric, 0.0)) if metric in values else None


def _scores(
    network: Network, split: SplitName = "search", polished: bool = False
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Values and standard errors; those of the search with the costs."""
    if polished and split == "search":
        return network.polished_metrics, network.polished_standard_errors
    if polished:
        return network.polished_test_metrics, network.polished_test_standard_errors
    if split == "test":
        return network.test_metrics, network.test_standard_errors
    return network.metrics, network.standard_errors
