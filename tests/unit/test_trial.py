"""Trials, measurements and splits: small records."""

from __future__ import annotations

import pytest

from autoquant.testing.examples import trial
from autoquant.trial import Proposal, TrialState


@pytest.mark.parametrize("state", TrialState)
def test_states_are_finished_and_feasible(state):
    assert state.finished == (state in ("COMPLETE", "PRUNED", "FAIL"))
    assert trial(0, state).feasible == (state == "COMPLETE")
    assert not trial(0, state, violations={"a <= 1": 0.5}).feasible


def test_the_proposal_of_a_trial():
    assert trial(4).proposal == Proposal(4, (1,))
