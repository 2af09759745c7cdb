"""One process runs a job; a dead one is replaced, and what it still had is refused. Processes, on both databases."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess

import pytest

import autoquant as aq

NAMESPACES = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
HIGH_PID = ("sh", "-c", 'echo 32000 > /proc/sys/kernel/ns_last_pid; "$@"; exit $?', "sh")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, folder) -> str:
    return folder.store if request.param == "sqlite" else request.getfixturevalue("postgresql")


def test_law_2_a_second_process_reports_who_holds_the_job(folder, toy, store):
    slow = {"name": "workers:Toy", "seconds": 0.1}
    running = folder.start("search", folder.write(toy, evaluator=slow, budget={"n_trials": 600}), store=store)
    job = running.until(lambda job: job.record.finished >= 3)
    second = folder.start("resume", job.id, store=store).wait()
    assert second.code == 1
    assert re.search(rf"job {job.id} is run by process {running.process.pid} on \S+; 'autoquant stop", second.err)
    assert "Traceback" not in second.err
    undisturbed = job.record.finished + 3
    running.until(lambda job: job.record.finished >= undisturbed)
    assert folder.run("stop", job.id, store=store).code == 0
    assert running.wait().code == 0
    assert job.state == "CANCELLED"


def test_a_search_in_another_container_is_not_taken_for_dead(folder, toy):
    """Of one host name, as containers may be; its pid is nobody's here."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*NAMESPACES, *HIGH_PID, "true"], capture_output=True).returncode
    ):
        pytest.skip("needs the right to make a pid namespace")
    slow = {"name": "workers:Toy", "seconds": 0.1}
    spec = folder.write(toy, evaluator=slow, budget={"n_trials": 600})
    running = folder.start("search", spec, before=[*NAMESPACES, *HIGH_PID])
    job = running.until(lambda job: job.record.finished >= 3)
    second = folder.start("resume", job.id).wait()
    assert (second.code, "is run by process" in second.err) == (1, True), second.err
    assert not job.record.abandoned
    assert folder.run("stop", job.id, "--json").json["stop_requested"] is True, "stopped as if nobody ran it"
    assert running.wait().code == 0
    assert (job.state, job.record.message) == ("CANCELLED", "stopped on request")


@pytest.mark.slow
def test_a_killed_search_is_replaced_before_its_parent_asks_for_it(folder, toy):
    slow = {"name": "workers:Toy", "seconds": 0.05}
    running = folder.start("search", folder.write(toy, evaluator=slow))
    job = running.until(lambda job: job.record.finished >= 3)
    running.process.kill()
    os.waitid(os.P_PID, running.process.pid, os.WEXITED | os.WNOWAIT)
    assert job.record.abandoned
    assert folder.run("resume", job.id).code == 0
    assert job.state == "SUCCEEDED"
    assert running.wait().code == -signal.SIGKILL


def test_law_1_killed_again_and_again_on_either_database(folder, toy, store, truth, newest_job):
    spec = folder.write(toy, evaluator={"name": "workers:Toy", "seconds": 0.03}, reuse=False)
    assert folder.start("search", spec, store=store).wait().code == 0
    expected = truth(newest_job(store))
    running = folder.start("search", spec, store=store)
    before = newest_job(store).id
    job = running.halted_when(lambda job: job.id > before and job.record.finished >= 3)
    for finished in (15, 31):
        running.kill()
        running = folder.start("resume", job.id, store=store)
        running.halted_when(lambda job, finished=finished: job.record.finished >= finished)
    running.go_on()
    ended = running.wait()
    assert ended.code == 0, ended.err
    assert truth(job) == expected
    assert len([event for event in job.logs() if event.text.startswith("started")]) > 1


def test_law_3_what_another_job_measured_is_not_measured_again(folder, toy, store, truth, newest_job):
    for _ in range(2):
        assert folder.start("search", folder.write(toy), store=store).wait().code == 0
    second = newest_job(store)
    assert truth(second) == truth(aq.load_job(second.id - 1, second.store))
    sources = {trial.measured_by for trial in second.trials()}
    assert all(re.fullmatch(r"job \d+ trial \d+", source or "") for source in sources), sources
