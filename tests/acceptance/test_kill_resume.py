"""`kill -9` at any moment, `resume`: the same trials, front and test scores as a search that nobody touched."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest

import autoquant as aq

MOMENTS = {
    "before the first trial": lambda job: True,
    "at the first result": lambda job: job.record.finished >= 1,
    "in the middle": lambda job: job.record.finished >= 20,
    "while it scores on the test split": lambda job: any(trial.test_metrics for trial in job.front()),
}
SLOW = {"name": "workers:Toy", "seconds": 0.05, "test_seconds": 0.4}
POOLS = {"inline": "inline", "ray": {"name": "ray", "workers": 2}}
SELDOM = [
    ("ray", "before the first trial"),
    ("ray", "at the first result"),
    ("ray", "while it scores on the test split"),
    ("inline", "at the first result"),
]


@pytest.fixture(scope="module")
def untouched(shared, toy, truth):
    """What the search comes to when nobody touches it."""
    spec = shared.write(toy)
    assert shared.run("search", spec).code == 0
    return truth(shared.job())


@pytest.mark.parametrize(
    ("pool", "moment"),
    [
        pytest.param(pool, moment, marks=[pytest.mark.slow] if (pool, moment) in SELDOM else [])
        for pool in POOLS
        for moment in MOMENTS
    ],
)
def test_killed_and_resumed(folder, toy, truth, untouched, pool, moment):
    spec = folder.write(toy, evaluator=SLOW | {"log": str(folder.path / "log.txt")}, pool=POOLS[pool])
    running = folder.start("search", spec)
    job = running.halted_when(MOMENTS[moment])
    assert running.kill().code == -signal.SIGKILL
    assert folder.left() == []
    assert job.state in ("QUEUED", "RUNNING")
    kept = {trial.number: trial for trial in job.trials() if trial.state.finished}

    resumed = folder.run("resume")
    assert resumed.code == 0, resumed.err
    assert truth(job) == untouched
    assert all(kept[trial.number] == trial for trial in job.trials() if trial.number in kept and not trial.test_metrics)
    assert len(list(job.trials())) == 40

    measured = Counter((folder.path / "log.txt").read_text().splitlines())
    finished = {f"search {trial.candidate}" for trial in kept.values()}
    assert all(measured[line] == 1 for line in finished), "a finished trial was measured again"


def test_a_network_killed_and_resumed(folder, cnn, truth):
    """The evaluator, the space and the cost models that are shipped, with the objectives that need them."""
    spec = folder.write(cnn)
    assert folder.run("search", spec).code == 0
    running = folder.start("search", spec)
    job = running.halted_when(lambda job: job.id == 2 and job.record.finished >= 5)
    running.kill()
    assert folder.run("resume", 2).code == 0
    assert truth(job) == truth(folder.job(1))
    assert [one.label for one in job.baselines()] == ["float32", "W2A4", "W2A8", "W4A4", "W4A8", "W8A4", "W8A8"]
    assert all(trial.test_metrics for trial in job.front())


def test_more_trials_equal_a_longer_search(folder, toy, truth, untouched):
    folder.write(toy, budget={"n_trials": 15})
    assert folder.run("search", folder.path / "spec.yaml").code == 0
    assert folder.job().record.finished == 15
    resumed = folder.run("resume", "--n-trials", 40)
    assert resumed.code == 0, resumed.err
    longer = truth(folder.job())
    assert {key: longer[key] for key in longer if key not in ("trials", "front")} == {
        key: untouched[key] for key in untouched if key not in ("trials", "front")
    }
    # Asks differ (the shorter search had less room at its end), what was proposed and measured does not.
    assert [(t[0], t[1], t[2], t[6]) for t in longer["trials"]] == [
        (t[0], t[1], t[2], t[6]) for t in untouched["trials"]
    ]
    assert longer["front"] == untouched["front"]


def test_resume_of_a_finished_job_changes_nothing(shared, truth, untouched):
    before = list(shared.job().trials())
    assert shared.run("resume").code == 0
    assert list(shared.job().trials()) == before, "with the moment at which each was measured"
    assert truth(shared.job()) == untouched


def test_resume_says_what_it_cannot_do(shared, untouched, tmp_path: Path):
    less = shared.run("resume", "--n-trials", 3)
    assert (less.code, less.err) == (2, "error: n_trials: 3 is less than the 40 trials that job 1 already has\n")
    missing = shared.run("resume", 77)
    assert missing.code == 2
    assert "has no job 77; 'autoquant ls' lists what it has" in missing.err
    nowhere = shared.run("resume", store=f"sqlite:///{tmp_path}/none.db")
    assert nowhere.code == 2
    assert "there is no such file" in nowhere.err
    assert isinstance(shared.job(), aq.Job)
