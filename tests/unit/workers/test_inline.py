"""Trials in this process."""

from __future__ import annotations

import pytest
import torch
from autoquant_workers.inline import InlinePool

from autoquant.testing.pools import recipe, tasks, unlucky


def test_torch_has_one_thread_while_it_runs_and_its_own_again_after() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        pool = InlinePool()
        pool.start(recipe())
        assert torch.get_num_threads() == 1
        pool.close()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_threads_come_back_when_the_build_fails() -> None:
    before = torch.get_num_threads()
    pool = InlinePool()
    with pytest.raises(ValueError, match="there is no evaluator to be had"):
        pool.start(recipe(unlucky))
    pool.close()
    assert torch.get_num_threads() == before


def test_nothing_runs_before_it_is_asked_for() -> None:
    pool = InlinePool()
    pool.start(recipe())
    for task in tasks(0, range(3)):
        pool.submit(task)
    assert pool.running == 3
    assert [completion.task.key for completion in pool.completions(0)] == ["0 0 search"]
    pool.close()
    assert pool.running == 0
