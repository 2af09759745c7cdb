"""What a search shows while it runs, on a terminal and elsewhere; and that no process outlives it."""

from __future__ import annotations

import os
import pty
import re

import pytest

from autoquant.job import JobState

LINE = re.compile(
    r"^(\d+)/40 trials, front \d+, hypervolume 0\.\d{4}, \d+\.\d\d trials/s(, \d:\d\d:\d\d left)?$", re.MULTILINE
)


def test_lines_where_there_is_no_terminal(folder, toy):
    spec = folder.write(toy, evaluator={"name": "workers:Toy", "seconds": 0.15})
    ended = folder.run("search", spec)
    assert ended.code == 0, ended.err
    assert ended.err.startswith(f"job 1 (toy) in {folder.store}\n")
    shown = LINE.findall(ended.err)
    assert len(shown) >= 3, ended.err
    assert all(left for done, left in shown if 0 < int(done) < 40), ended.err
    assert shown[-1] == ("40", "")
    assert "\x1b" not in ended.err + ended.out


def on_terminal(folder, *arguments):
    """What a command shows on a terminal of 80 columns, without its colours."""
    controller, terminal = pty.openpty()
    running = folder.start(*arguments, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(controller, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(controller)
    assert running.process.wait() == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r\n", "\n")


def test_a_live_bar_on_a_terminal(folder, toy):
    text = on_terminal(folder, "search", folder.write(toy, evaluator={"name": "workers:Toy", "seconds": 0.03}))
    assert f"job 1 (toy) in {folder.store}\n" in text
    assert re.search(r"\d+/40 front \d+", text), text
    assert re.search(r"0:00:\d\d left", text), text
    assert "trials/s" in text
    assert "hypervolume" in text
    assert "Pareto front and baselines" in text


def test_no_table_is_cut_nor_taken_for_markup(folder, toy):
    """A name may look like rich's markup, and a terminal may be too narrow for a table."""
    name, error = "[bold] [/none] :smile:", "candidate (2,"
    long = {f"a_choice_with_a_long_name_{i}": [0, 1, 2, 3, 4] for i in range(9)}
    spec = folder.write(
        toy,
        name=name,
        space={"name": "choices", "choices": long},
        evaluator={"name": "workers:Toy", "bad": "raise"},
        reference_point={"score": -1},
        budget={"n_trials": 15},
    )
    assert folder.run("search", spec).code == 0
    for command in ("front", "trials", "ls"):
        narrow, piped = on_terminal(folder, command), folder.run(command).out
        assert "…" not in narrow + piped, narrow + piped
        assert (name in piped) or command == "trials", piped
    assert error in folder.run("trials", "--state", "FAIL").out
    assert str(JobState.SUCCEEDED) in on_terminal(folder, "status")


@pytest.mark.slow
def test_nothing_of_ray_is_left_when_a_search_is_killed(folder, toy):
    spec = folder.write(toy, evaluator={"name": "workers:Toy", "seconds": 0.2}, pool={"name": "ray", "workers": 2})
    running = folder.start("search", spec)
    running.halted_when(lambda job: job.record.finished >= 3)
    running.kill()
    assert folder.left(agents=True) == []
