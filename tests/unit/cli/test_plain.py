"""What evaluators write is shown, never obeyed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from autoquant.cli.app import errors
from autoquant.cli.plain import plain
from autoquant.cli.tables import event_text, print_trials
from autoquant.client import Job
from autoquant.errors import JobFailed
from autoquant.job import Event


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;a title\x07here", "here"),
        ("\x1b]8;;http://x\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("\x9b31mred \x1bPq data\x1b\\after", "red after"),
        ("\x1bcreset \x1b(Bset", "reset set"),
        ("one\rtwo\x08\x07\x00", "onetwo"),
        ("two lines\n\tand a tab, größe 模型 🙂", "two lines\n\tand a tab, größe 模型 🙂"),
        ("cut off \x1b[", "cut off "),
        ("\x1b]0;without an end", "0;without an end"),
    ],
)
def test_what_a_terminal_would_obey_is_left_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(st.sampled_from("\x1b\x9b[]0;mHP\\\x07\n a"), max_size=30))
def test_no_control_character_is_left(text: str) -> None:
    assert set(plain(text)) <= set("[]0;mHP\\\n a")


def test_no_command_shows_any(new_run, capsys) -> None:
    job = new_run(evaluator={"name": "toy:Toy", "fail": [3, 4, 5]}, budget={"n_trials": 6})
    job.run()
    trials = [trial for trial in job.trials if trial.error is None][:1]
    object.__setattr__(trials[0], "error", "ValueError: \x1b[31mred")
    print_trials(Job(job.store, job.id), trials, 50)
    print(event_text(Event(1, datetime.now(UTC), "error", "trial 1 failed: \x1b[31mred")))
    with pytest.raises(typer.Exit) as ended, errors(as_json=False):
        raise JobFailed("all trials failed: \x1b[31mred")
    assert ended.value.exit_code == 1
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert shown.out.count("red") == 2
    assert shown.err == "job failed: all trials failed: red\n"
