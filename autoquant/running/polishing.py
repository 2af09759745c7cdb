"""The final front and its baselines measured again, their networks made as well as the evaluator can.

The front stays that of the search: what is polished stands beside what was searched, and is searched by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autoquant.data import SplitName
from autoquant.job import Baseline, Progress
from autoquant.running.baselines import float_metrics
from autoquant.running.context import RunContext
from autoquant.running.measuring import CHECKPOINT, Outcome, Request
from autoquant.running.results import outcome_error, shareable, with_drops
from autoquant.trial import Trial

SPLITS: tuple[SplitName, ...] = ("search", "test")


def polish(context: RunContext) -> bool:
    """Measure what has no polished score yet, where the evaluator polishes; False when told to stop before the end.

    The float network has nothing to polish. What cannot be polished is reported as an event, and has no such score.
    """
    return not context.plan.polishes or _Polish(context).run()


class _Polish:
    """The polish of one run: the networks as they are stored, by what they are called."""

    def __init__(self, context: RunContext) -> None:
        self._context, held = context, context.held
        baselines = held.store.baselines(held.id)
        self._reference = float_metrics(baselines)
        self._networks: dict[str, Trial | Baseline] = {
            f"polished baseline {b.label}": b for b in baselines if b.measured and b.candidate is not None
        }
        self._networks |= {f"polished trial {trial.number}": trial for trial in held.store.front(held.id)}
        self._total = sum(_stored(one, split) is None for one in self._networks.values() for split in SPLITS)
        self._done, self._failed = 0, 0

    def run(self) -> bool:
        """The search split first: what was trained for it is scored on the test split, not trained again."""
        return all(self._measure(split) for split in SPLITS)

    def _measure(self, split: SplitName) -> bool:
        """Every network that has no such score; False when told to stop before the end."""
        requests = self._requests(split)
        answered = 0
        for outcomes in self._context.measurer.run(requests, self._context.stop):
            for outcome in outcomes:
                self._keep(outcome)
            answered += len(outcomes)
            self._context.held.note_progress(Progress("polish", self._done, self._total, self._failed))
        return answered == len(requests)

    def _requests(self, split: SplitName) -> Sequence[Request]:
        """What a polished network measures depends on its candidate alone, not on what proposed it."""
        wanted = {subject: one for subject, one in self._networks.items() if _stored(one, split) is None}
        if split == "test":
            wanted = {subject: one for subject, one in wanted.items() if one.polished is not None}
        return [
            self._context.measurer.request(
                subject, one.candidate, split=split, checkpoint=_checkpoint(one), polish=True
            )
            for subject, one in wanted.items()
        ]

    def _keep(self, outcome: Outcome) -> None:
        """Store a score, or that there is none."""
        plan, held, subject = self._context.plan, self._context.held, outcome.request.subject
        error = outcome_error(plan, outcome)
        self._done += 1
        if error is not None or outcome.measurement is None:
            self._failed += 1
            self._total -= outcome.request.split == "search"  # it has no score on the test split, either
            reason = (error or "nothing was measured").strip().splitlines()[-1]
            held.event(f"{subject} has no score on the {outcome.request.split} split: {reason}", "warning")
            return
        found: Mapping[str, object] = {"polished_test": outcome.measurement}
        if outcome.request.split == "search":
            found = {"polished": with_drops(plan, self._reference, outcome.measurement)}
        self._networks[subject] = replace(self._networks[subject], **found)  # type: ignore[arg-type]
        held.score(self._networks[subject], shareable(plan, [outcome]))


def _stored(network: Trial | Baseline, split: SplitName) -> object:
    return network.polished if split == "search" else network.polished_test


def _checkpoint(network: Trial | Baseline) -> str | None:
    return network.polished.artifacts.get(CHECKPOINT) if network.polished is not None else None
