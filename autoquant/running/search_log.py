"""The asks and tells of a search in their order: what is open, what is next, how many there were.

Nothing here stores, measures or looks at a clock: the same calls give the same state, so a replay of what is stored
leads to where a search stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autoquant.errors import JobFailed
from autoquant.interfaces import Searcher
from autoquant.trial import Proposal, Trial, TrialState


@dataclass(frozen=True, slots=True)
class Ask:
    """One call of the searcher, and what it proposed."""

    number: int
    requested: int
    """How many proposals it was asked for."""
    told: int
    """How many results it had been told."""
    proposals: Sequence[Proposal]


class SearchLog:
    """Results are told in the order of their proposals, one at a time, with one ask after each.

    So a search depends on counts alone, and never on which worker was faster.

    Args:
        searcher: in its first state.
        max_pending: proposals that may be open at once.
        n_trials: total of the job.
    """

    def __init__(self, searcher: Searcher, max_pending: int, n_trials: int) -> None:
        self.searcher = searcher
        self._max_pending, self._total = max_pending, n_trials
        self.asked = 0
        """Trials that were proposed."""
        self._asks = self._told = 0
        self.running: dict[int, Trial] = {}
        """Trials without a result, by number."""
        self._ready: dict[int, Trial] = {}
        """Finished trials that have not been told yet."""
        self.finished = self.failed = self.pruned = 0

    @property
    def can_tell(self) -> bool:
        """Whether the next result in order is there."""
        return self._told in self._ready

    def tell_next(self) -> None:
        """Tell the searcher the next result in order."""
        trial = self._ready.pop(self._told)
        self.searcher.tell([(trial.proposal, trial.metrics if trial.state is TrialState.COMPLETE else None)])
        self._told += 1

    @property
    def room(self) -> int:
        """How many proposals the total and the open ones leave room for."""
        return min(self._max_pending - (self.asked - self._told), self._total - self.asked)

    def ask(self) -> Ask | None:
        """One ask, as large as there is room; None where nothing new comes of it."""
        requested = self.room
        proposals = self.searcher.ask(requested)
        if not proposals:
            return None
        asked = Ask(self._asks, requested, self._told, proposals)
        self.asked, self._asks = self.asked + len(proposals), self._asks + 1
        return asked

    def note(self, trial: Trial) -> None:
        """Take in a trial that is new, or that has come to its end."""
        if not trial.state.finished:
            self.running[trial.number] = trial
            return
        self.running.pop(trial.number, None)
        self._ready[trial.number] = trial
        self.finished += 1
        self.failed += trial.state is TrialState.FAIL
        self.pruned += trial.state is TrialState.PRUNED

    def replay(self, trials: Sequence[Trial], *, last: bool) -> None:
        """Repeat one stored ask, after the tells that came before it.

        The ``last`` one is actually asked, whatever the searcher can take up, so that another version of it is noticed.
        `JobFailed` when the searcher proposes something else.
        """
        first = trials[0]
        while self._told < first.told:
            self.tell_next()
        wanted = [trial.proposal.wanted for trial in trials]
        if last:
            same = [proposal.wanted for proposal in self.searcher.ask(first.requested)] == wanted
        else:
            same = self.searcher.repeat(first.requested, wanted)
        if not same:
            raise JobFailed(
                f"replay: at trial {first.number} the searcher proposes something else than is stored; "
                "it is not the version that began this job, or it is not deterministic"
            )
        self.asked, self._asks = self.asked + len(trials), first.ask + 1
        for trial in trials:
            self.note(trial)
