"""Ctrl-C once, Ctrl-C twice, and `stop` from another process: nothing is lost, `resume` goes on as if nothing was."""

from __future__ import annotations

import signal

import pytest

SLOW = {"name": "workers:Toy", "seconds": 0.05, "test_seconds": 0.1}
POOLS = {"inline": "inline", "ray": {"name": "ray", "workers": 2}}


@pytest.fixture(scope="module")
def untouched(shared, toy, truth):
    """What the search comes to when nobody touches it."""
    assert shared.run("search", shared.write(toy)).code == 0
    return truth(shared.job())


@pytest.mark.parametrize("pool", POOLS)
def test_ctrl_c_once_pauses(folder, toy, truth, untouched, pool):
    spec = folder.write(toy, evaluator=SLOW, pool=POOLS[pool])
    running = folder.start("search", spec, start_new_session=True)
    job = running.halted_when(lambda job: job.record.finished >= 10)
    running.ctrl_c()
    running.go_on()
    ended = running.wait()
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    assert f"PAUSED: interrupted\n'autoquant resume {job.id}' goes on" in ended.out
    assert job.state == "PAUSED"
    dispatched = {trial.number for trial in job.trials(state="RUNNING")}
    assert all(trial.error is None for trial in job.trials())
    assert job.record.finished + len(dispatched) == len(list(job.trials()))
    assert folder.left(agents=True, seconds=45) == []

    assert folder.run("resume").code == 0
    assert truth(job) == untouched
    assert folder.left(agents=True, seconds=45) == []


def test_ctrl_c_while_it_scores_on_the_test_split(folder, toy, truth):
    slow = {"name": "workers:Toy", "seconds": 0.3, "test_seconds": 0.6}
    running = folder.start("search", folder.write(toy, evaluator=slow, budget={"n_trials": 12}))
    job = running.halted_when(lambda job: any(trial.test_metrics for trial in job.front()))
    running.send(signal.SIGINT)
    running.go_on()
    assert running.wait().code == 0
    assert job.state == "PAUSED"
    assert not all(trial.test_metrics for trial in job.front())
    assert folder.run("resume").code == 0
    assert folder.run("search", folder.write(toy, budget={"n_trials": 12})).code == 0
    assert truth(job) == truth(folder.job(2))


def test_ctrl_c_twice_drops_what_runs(folder, toy, truth, untouched):
    """One measurement takes far longer than anybody waits: the second Ctrl-C ends it now."""
    running = folder.start("search", folder.write(toy, evaluator={"name": "workers:Toy", "seconds": 3600}))
    job = running.until(lambda job: len(list(job.trials())) > 0)
    running.send(signal.SIGINT)
    with pytest.raises(Exception, match="timed out"):
        running.process.wait(1)
    running.send(signal.SIGINT)
    ended = running.wait()
    assert ended.code == 130
    assert "interrupted; running trials were dropped, 'autoquant resume' goes on" in ended.err
    assert "Traceback" not in ended.err
    assert job.state == "PAUSED"
    assert "will run again" in job.record.message


@pytest.mark.parametrize("pool", ["inline", pytest.param("ray", marks=pytest.mark.slow)])
def test_stop_from_another_process(folder, toy, truth, untouched, pool):
    running = folder.start("search", folder.write(toy, evaluator=SLOW | {"seconds": 0.12}, pool=POOLS[pool]))
    job = running.until(lambda job: job.record.finished >= 3)
    (folder.path / "hold").touch()
    asked = folder.run("stop", "--json")
    (folder.path / "hold").unlink()
    assert (asked.code, asked.json) == (0, {"id": job.id, "stop_requested": True, "state": "RUNNING"})
    ended = running.wait()
    assert ended.code == 0, ended.err
    assert "CANCELLED: stopped on request" in ended.out
    assert job.state == "CANCELLED"

    again = folder.run("stop")
    assert again.code == 2
    assert again.err == "error: job 1 is CANCELLED: only a QUEUED or RUNNING job can be asked to stop\n"
    assert folder.run("resume").code == 0
    assert truth(job) == untouched
