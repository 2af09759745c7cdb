"""The memory that a worker may hold: in processes of their own, since a limit cannot be taken back."""

from __future__ import annotations

import subprocess
import sys

import pytest
from autoquant_workers.ray_worker import Memory, Outcome, RemoteWorker, out_of_memory
from autoquant_workers.worker import Worker

from autoquant.errors import EvaluationError
from autoquant.interfaces import Completion, EvaluationRequest, Evaluator, EvaluatorRecipe, Task
from autoquant.testing.pools import SPACE, recipe

LIMITED = """
import numpy as np
import torch
from autoquant_workers import ray_worker
from autoquant_workers.ray_worker import Memory, out_of_memory
from autoquant_workers.worker import Worker
from autoquant_search_spaces.choices import Choices
from autoquant.interfaces import EvaluationRequest, Evaluator, EvaluatorRecipe, Task
from autoquant.trial import Measurement

WAYS = [
    lambda: [b"x" * 2**24 for _ in range(100)],
    lambda: [np.ones(2**21) for _ in range(100)],
    lambda: [torch.ones(2**22) for _ in range(100)],
    lambda: None,
]


class Greedy(Evaluator):
    metrics = {"score": "maximize"}

    def score(self, prepared, split):
        WAYS[prepared.candidate[0]]()
        return Measurement({"score": 1.0})


worker = Worker(EvaluatorRecipe(lambda: Greedy(None, None), Choices(None, choices={"way": [0, 1, 2, 3]})), "w")
held = ray_worker._megabytes("VmRSS")
memory = Memory(int(held) + 400)
assert memory.recycle_reason() is None
for way in range(4):
    (done,) = worker.run_batch([Task("t", EvaluationRequest((way,)))])
    assert out_of_memory(done) == (way < 3), (way, done.error)
assert ray_worker._megabytes("VmRSS") < held + 420
left = [b"x" * 2**24 for _ in range(15)]
print(memory.recycle_reason())
"""


def test_what_goes_beyond_the_limit_fails_in_the_trial_alone():
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    assert (words[:2], words[3], words[5]) == (["it", "holds"], "of", "MB")
    assert int(words[4]) - int(words[2]) < 200


def test_a_limit_below_what_is_held_is_refused():
    with pytest.raises(EvaluationError, match=r"pool.worker_memory_mb: 3 is too little: a worker holds \d+ MB before"):
        Memory(3)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("Traceback (most recent call last):\nMemoryError\n", True),
        ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 10.0 MiB", True),
        ("RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried", True),
        ("ValueError: a MemoryError is not what this is", False),
        (None, False),
    ],
)
def test_out_of_memory(error, expected):
    assert out_of_memory(Completion(Task("t", EvaluationRequest((0,))), error=error)) == expected


class Greedy(Evaluator):
    """There is never enough memory for it."""

    def score(self, prepared, split):
        raise MemoryError


def test_a_worker_that_ran_out_of_memory_runs_nothing_more():
    remote = RemoteWorker()
    remote._memory = None
    remote._worker = Worker(recipe(), "w")
    sound = remote.run_batch([Task("t", EvaluationRequest((0, 1)))])
    assert ([done.error for done in sound.completions], sound.recycle_reason) == ([None], None)
    remote._worker = Worker(EvaluatorRecipe(lambda: Greedy(None, None), SPACE), "w")
    failed = remote.run_batch([Task("t", EvaluationRequest((0, 1)))])
    assert [out_of_memory(done) for done in failed.completions] == [True]
    assert failed.recycle_reason == "it ran out of memory"
    assert remote.run_batch([Task("t", EvaluationRequest((0, 2)))]) == Outcome([], 0.0, "it ran out of memory")
