"""States of jobs and trials are words that last: they stand in stores and in programs that read them."""

from __future__ import annotations

from autoquant.job import JobState
from autoquant.trial import TrialState


def test_states_are_the_words_that_are_stored() -> None:
    assert [str(state) for state in JobState] == ["QUEUED", "RUNNING", "PAUSED", "SUCCEEDED", "FAILED", "CANCELLED"]
    assert [str(state) for state in TrialState] == ["WAITING", "RUNNING", "COMPLETE", "PRUNED", "FAIL"]
