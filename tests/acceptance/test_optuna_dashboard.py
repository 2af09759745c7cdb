"""A search with a sampler of Optuna, exported as a study, in the real optuna-dashboard."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DASHBOARD = Path(sysconfig.get_path("scripts")) / "optuna-dashboard"
CONSTRAINTS = ["price <= 11"]


@pytest.fixture(scope="module")
def storage(shared, toy) -> str:
    """Two studies: of a job with constraints and trials that failed, and of one without."""
    searcher = {"name": "optuna", "sampler": "nsga2", "options": {"population_size": 8}}
    first = shared.write(toy, searcher=searcher, evaluator={"name": "workers:Toy", "bad": "raise"})
    assert shared.run("search", first).code == 0
    assert shared.run("search", shared.write(toy, "second.yaml", constraints=CONSTRAINTS)).code == 0
    url = f"sqlite:///{shared.path / 'study.db'}"
    for job in (1, 2):
        written = shared.run("export-study", job, "--storage", url)
        assert written.code == 0, written.err
        assert written.err == ""
        assert f"'optuna-dashboard {url}' shows it" in written.out
    return url


@pytest.fixture(scope="module")
def fetch(storage, tmp_path_factory) -> Iterator[Callable[[str], Any]]:
    """What the dashboard answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(DASHBOARD), storage, "--host", "127.0.0.1", "--port", str(port), "--server", "wsgiref"]
    log = tmp_path_factory.mktemp("dashboard") / "log"
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)

    def get(path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=300) as answer:
            return json.load(answer)

    try:
        end = time.monotonic() + 300
        while True:
            try:
                get("studies")
                break
            except urllib.error.URLError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
        yield get
    finally:
        process.terminate()
        process.wait(300)


def values(trial: dict[str, Any]) -> tuple[float, ...]:
    return tuple(float(value) for value in trial["values"])


def test_it_lists_the_studies(fetch, shared):
    found = fetch("studies")["study_summaries"]
    assert [(one["study_name"], one["directions"]) for one in found] == [
        ("toy-1", ["maximize", "minimize"]),
        ("toy-2", ["maximize", "minimize"]),
    ]


def test_it_shows_every_trial_and_the_front(fetch, shared):
    study, front = fetch("studies/1"), shared.run("front", 1, "--json").json
    assert study["objective_names"] == ["score", "price"]
    states = [trial["state"] for trial in study["trials"]]
    assert len(states) == 40
    assert states.count("Fail") == front["job"]["failed"] > 0
    best = {values(trial) for trial in study["best_trials"]}
    assert best == {(trial["metrics"]["score"], trial["metrics"]["price"]) for trial in front["front"]}
    params = {param["name"]: param["param_external_value"] for param in study["trials"][0]["params"]}
    trial = shared.run("trials", 1, "--limit", 1, "--json").json[0]
    assert params == {name: str(option) for name, option in trial["options"].items()}
    assert {attribute["key"] for attribute in study["union_user_attrs"]} >= {"score", "price", "on_front"}


def test_it_knows_which_trials_are_feasible(fetch, shared):
    study = fetch("studies/2")
    trials = shared.run("trials", 2, "--limit", 40, "--json").json
    broken = {trial["number"] for trial in trials if trial["violations"]}
    assert broken
    assert {trial["number"] for trial in study["trials"] if any(v > 0 for v in trial["constraints"])} == broken


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["1", "--storage", "study.db"], "error: storage: 'study.db' cannot be opened: "),
        (["99", "--storage", "sqlite://"], "error: "),
        (["1", "--storage", "{storage}"], "error: study_name: the storage has a study 'toy-1' already"),
        (["1", "--storage", "{store}"], "holds AutoQuant's jobs; give a database of its own"),
    ],
)
def test_wrong_arguments_are_refused(storage, shared, arguments, text):
    done = shared.run("export-study", *[one.format(storage=storage, store=shared.store) for one in arguments])
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert text in done.err


def test_a_storage_must_be_given(shared):
    done = shared.run("export-study")
    assert done.code == 2
    assert "--storage" in done.err


def test_a_job_that_runs_is_exported_as_it_stands(folder, toy, tmp_path):
    slow = {"name": "workers:Toy", "seconds": 0.1}
    running = folder.start("search", folder.write(toy, evaluator=slow, budget={"n_trials": 600}))
    running.until(lambda job: job.record.finished >= 3)
    written = folder.run("export-study", "--storage", f"sqlite:///{tmp_path / 's.db'}", "--study-name", "x", "--json")
    assert written.code == 0, written.err
    assert running.process.poll() is None
    assert written.json["study"] == "x"
    assert written.json["trials"] >= 3
    running.send(signal.SIGINT)
    assert running.wait().code == 0
