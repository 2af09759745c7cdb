"""Any spec and any argument ends in a sentence: no traceback, whatever is given."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from autoquant import cli

GOOD: dict[str, Any] = {
    "space": {"name": "choices", "choices": {"a": [0, 1, 2], "b": [0, 1]}},
    "evaluator": "toy:Toy",
    "objectives": ["loss", "size"],
    "searcher": "random",
    "pool": "inline",
    "sensitivity_baseline": False,
    "budget": {"n_trials": 2},
}
TEXTS = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    [
        "\0",
        "\ud800",
        "a" * 300,
        "loss",
        "toy:Toy",
        "optuna",
        "tpe",
        "roofline",
        "latency_ms@nvidia-h100",
        "x:y",
        "1e400",
    ]
)
NUMBERS = (
    st.integers(-3, 70)
    | st.sampled_from([2**31, 2**63, -(2**63) - 1, 2**64, 10**400, True])
    | st.floats(width=32)
    | st.sampled_from([1e308, -0.0])
)
SCALARS = st.none() | TEXTS | NUMBERS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
FIELDS = [
    "name", "seed", "network", "data", "space", "evaluator", "cost_models", "objectives", "constraints", "searcher",
    "pool", "budget", "max_pending", "trial_seconds", "reuse", "sensitivity_baseline", "reference_point", "folder",
]  # fmt: skip
PLUGIN_FIELDS = ["name", "choices", "weights", "population", "sampler", "options", "workers", "address", "device"]
SECTIONS = st.dictionaries(st.sampled_from(PLUGIN_FIELDS) | TEXTS, VALUES, max_size=3)
BUDGETS = st.dictionaries(st.sampled_from(["n_trials", "seconds", "stagnation"]), VALUES, max_size=3)
SPECS = st.dictionaries(st.sampled_from(FIELDS) | TEXTS, VALUES | SECTIONS | BUDGETS, max_size=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where commands run, with a store of one job."""
    path = tmp_path_factory.mktemp("fuzz")
    before = Path.cwd()
    os.chdir(path)
    (path / "good.json").write_text(json.dumps(GOOD))
    assert run("search", "good.json").exit_code == 0
    yield path
    os.chdir(before)


def run(*arguments: Any) -> Any:
    """A command in this process. What it raises, other than its exit, is a traceback to a user."""
    runner = CliRunner(env={"AUTOQUANT_STORE": "sqlite:///jobs.db"})
    done = runner.invoke(cli.commands(), [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def ended_in_a_sentence(done: Any) -> bool:
    return done.exit_code == 0 or (bool(done.stderr.strip()) and "Traceback" not in done.stderr)


@given(SPECS)
@example({"searcher": {"name": "nsga3", "population": 10**12}})
@example({"space": {"name": "choices", "choices": {"\ud800": [0, 1]}}})
@example({"budget": {"n_trials": 10**12}})
@example({"network": "json:loads", "data": "json:loads", "evaluator": "post_training"})
@example({"folder": "a" * 5000})
@example({"pool": {"name": "ray", "workers": 10_000}})
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_spec(folder: Path, changes: dict[str, Any]) -> None:
    spec = {key: value for key, value in (GOOD | changes).items() if value is not None}
    (folder / "spec.json").write_text(json.dumps(spec))
    assert ended_in_a_sentence(run("search", "spec.json"))


@given(st.text(max_size=60) | st.text("[]{}:,-&*<> \na\"'!|1", max_size=60) | st.binary(max_size=40), st.booleans())
@example("[" * 20_000, True)
@example("a: &a [*a]", True)
@example('{"a": ' * 20_000, False)
@example("seed: " + "9" * 10_000, True)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_the_place_of_a_spec(folder: Path, text: str | bytes, as_yaml: bool) -> None:
    file = folder / ("text.yaml" if as_yaml else "text.json")
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    done = run("search", file.name)
    assert done.exit_code == 2
    assert ended_in_a_sentence(done)


JOBS = st.integers(-(2**70), 2**70).map(str) | TEXTS
URLS = TEXTS | st.sampled_from(
    [
        "postgresql://u:secret@127.0.0.1:port/x", "postgresql://127.0.0.1:99999/x", "sqlite:///jobs.db?timeout=abc",
        "sqlite:///" + "a" * 300 + ".db", "sqlite:///a\0b.db", "sqlite://x/y.db", "mysql://u:secret@h/x", "://",
    ]
)  # fmt: skip
PATHS = TEXTS.map(lambda text: f"{text}.html") | st.sampled_from(["taken.html", "nowhere/x.html", "a" * 300 + ".html"])
COMMANDS = st.one_of(
    st.tuples(st.sampled_from(["status", "front", "trials", "logs", "stop", "pause", "ls"]), JOBS),
    st.tuples(st.just("trials"), st.just("--after"), JOBS),
    st.tuples(st.just("trials"), st.just("--limit"), JOBS),
    st.tuples(st.just("trials"), st.just("--state"), TEXTS),
    st.tuples(st.just("resume"), st.just("--n-trials"), JOBS.filter(lambda text: not text.isdigit() or len(text) > 9)),
    st.tuples(st.just("ls"), st.just("--store"), URLS),
    st.tuples(st.just("search"), TEXTS),
    st.tuples(st.just("search"), st.just("good.json"), st.just("--store"), URLS),
    st.tuples(st.just("search"), st.just("good.json"), st.just("--ray-address"), TEXTS),
    st.tuples(st.just("cost"), st.just("good.json"), st.just("--device"), TEXTS),
    st.tuples(st.just("calibrate"), TEXTS, st.just("--like"), TEXTS, st.just("-o"), TEXTS),
    st.tuples(st.just("report"), st.just("-o"), PATHS),
)


@given(COMMANDS)
@example(("report", "-o", "taken.html"))
@example(("status", str(2**63)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_argument(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "taken.html").mkdir(exist_ok=True)
    done = run(*command)
    assert ended_in_a_sentence(done)
    assert "secret" not in done.output
    assert not [
        file
        for file in folder.iterdir()
        if file.suffix in (".html", ".png") and file.is_file() and file.stat().st_size == 0
    ]
