"""Specs and arguments that are refused: the place and what is accepted, exit code 2, nothing run, nothing stored."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from typer.testing import CliRunner

from autoquant import cli, plugins

BROKEN = {
    # What a spec may hold.
    "a field that is misspelt": (
        {"objectve": ["score"]},
        "objectve: there is no such field; did you mean 'objectives'?",
    ),
    "no space": ({"space": None}, "space: it is missing, and it is needed"),
    "no objectives": ({"objectives": []}, "objectives: must have at least 1 entry"),
    "seed that is text": ({"seed": "x"}, "seed: must be a whole number", "given: 'x'"),
    "negative seed": ({"seed": -1}, "seed: must be 0 or more (given: -1)"),
    "no trials": ({"budget": {"n_trials": 0}}, "budget.n_trials: must be 1 or more"),
    "budget misspelt": ({"budget": {"trials": 3}}, "budget.trials: there is no such field", "accepted: n_trials"),
    "nothing may wait": ({"max_pending": 0}, "max_pending: must be 1 or more (given: 0)"),
    "empty name": ({"name": ""}, "name: must have at least 1 character"),
    "folder that is not there": ({"folder": "nowhere"}, "folder: ", "nowhere is no folder"),
    # Plug-ins and their options.
    "searcher": ({"searcher": "nsga4"}, "searcher: no searcher is called 'nsga4'; did you mean 'nsga3'?", "random"),
    "pool": ({"pool": "rya"}, "pool: no pool is called 'rya'; did you mean 'ray'?", "accepted: inline, ray"),
    "space": ({"space": "bits"}, "space: no search space is called 'bits'", "accepted: bit_widths, choices"),
    "evaluator": ({"evaluator": "post"}, "evaluator: no evaluator is called 'post'", "accepted: post_training"),
    "cost model": (
        {"cost_models": ["bitop"]},
        "cost_models[0]: no cost model is called 'bitop'; did you mean 'bitops'?",
    ),
    "option of a pool": ({"pool": {"name": "ray", "worker": 2}}, "pool.worker: there is no such field", "'workers'"),
    "value of an option": ({"pool": {"name": "ray", "workers": 0}}, "pool.workers: ", "must be 1 or more"),
    "option of an own evaluator": ({"evaluator": {"name": "workers:Toy", "secs": 1}}, "evaluator.secs", "seconds"),
    "option that is missing": ({"space": "choices"}, "space.choices: it is missing, and it is needed"),
    "choice without options": ({"space": {"name": "choices", "choices": {"a": []}}}, "'a'"),
    "module that is not there": ({"evaluator": "nowhere:Toy"}, "evaluator", "'nowhere'", "No module named"),
    "class that is not there": ({"evaluator": "workers:Toi"}, "workers.py) has no 'Toi'; did you mean 'Toy'?"),
    "class of another kind": ({"searcher": "workers:Toy"}, "searcher", "not a subclass of Searcher"),
    # Objectives and constraints.
    "objective misspelt": (
        {"objectives": ["scor", "price"]},
        "objectives[0]: ",
        "did you mean 'score'?",
        "weight_bytes",
    ),
    "objective twice": ({"objectives": ["score", "score"]}, "objectives: ['score'] stand more than once"),
    "objective of no form": (
        {"objectives": ["a$score"]},
        "objectives[0].metric: 'a$score' is not the name of a metric",
    ),
    "direction that is wrong": (
        {"objectives": [{"metric": "score", "direction": "minimize"}]},
        "objectives[0]: 'score' is better when maximized",
    ),
    "direction that is no word": (
        {"objectives": [{"metric": "score", "direction": "up"}]},
        "objectives[0].direction: must be 'maximize' or 'minimize' (given: 'up')",
    ),
    "cost without a network": ({"objectives": ["score", "bitops"]}, "'bitops' is a cost of a network"),
    "metric without a device": ({"objectives": ["score", "latency_ms"]}, "objectives[1]: ", "latency_ms@cortex-m7"),
    "device that is not known": ({"objectives": ["score", "latency_ms@m9"]}, "objectives[1]: ", "cortex-m7"),
    "device of no use": ({"objectives": ["score", "bitops@cortex-m7"]}, "objectives[1]: ", "write 'bitops'"),
    "constraint of no form": ({"constraints": ["score > 0.5"]}, "constraints[0]: 'score > 0.5' is not a constraint"),
    "constraint without a number": ({"constraints": ["score >= high"]}, "constraints[0]: ", "'high' is not a number"),
    "constraint misspelt": ({"constraints": ["prise <= 3"]}, "constraints[0]: ", "did you mean 'price'?"),
    "constraint that cannot hold": (
        {"constraints": ["score >= 1.5"]},
        "constraints[0]: 'score >= 1.5' cannot hold: the most that any candidate reaches is 1",
    ),
    "reference of no objective": (
        {"reference_point": {"loss": 1}},
        "reference_point.loss: it is no objective",
        "score",
    ),
}

NETWORK = {
    "factory of no form": ({"network": "network.build"}, "network.factory: 'network.build' must be 'module:function'"),
    "factory that is not there": ({"network": "network:make"}, "network.factory: network (", "no 'make'"),
    "factory with wrong options": (
        {"data": {"factory": "network:data", "options": {"example": 3}}},
        "data: network:data raised TypeError",
        "'example'",
    ),
    "factory that gives something else": ({"network": "network:data"}, "network: expected a torch.nn.Module, got "),
    "no network": ({"network": None}, "network: post_training needs one"),
    "no data": ({"data": None}, "data: post_training needs some"),
    "bits": ({"space": {"name": "bit_widths", "weights": [7]}}, "space.weights[0]: ", "given: 7"),
    "bits twice": ({"space": {"name": "bit_widths", "weights": [4, 4]}}, "space.weights: [4, 4] repeats"),
    "nothing to choose": ({"space": {"name": "bit_widths", "weights": [4]}}, "space: every layer is pinned"),
    "pin of no layer": ({"space": {"name": "bit_widths", "pins": {"conv9": 8}}}, "space.pins.conv9: ", "conv1"),
    "layer that is not there": (
        {"space": {"name": "bit_widths", "layers": {"conv9": {"weights": [8]}}}},
        "space.layers.conv9: there is no such layer; did you mean",
    ),
    "layer to keep in float": ({"evaluator": {"name": "post_training", "keep_float": ["conv9"]}}, "conv9", "conv1"),
    "size that nothing reaches": (
        {"constraints": ["weight_bytes <= 10"]},
        "constraints[0]: 'weight_bytes <= 10' cannot hold: the least that any candidate reaches is",
    ),
    "device file that is not there": ({"objectives": ["loss", "latency_ms@my.toml"]}, "objectives[1]", "my.toml"),
}

FILES = {
    "name.txt": ("name: x", "name.txt: the name of a spec ends in .yaml, .yml, .json"),
    "twice.yaml": ("name: x\nname: y", "spec: not valid YAML: the field 'name' stands more than once", "line 1"),
    "syntax.yaml": ("name: [x", "spec: not valid YAML: ", "line 1"),
    "syntax.json": ('{"name": ', "spec: not valid JSON: ", "line 1"),
    "list.yaml": ("- name", "spec: expected fields such as 'objectives: [..]', found list"),
    "empty.yaml": ("", "spec: expected fields such as 'objectives: [..]', found NoneType"),
    "keys.yaml": ("1: x", "spec: the field names [1] are not text"),
    "bytes.yaml": (b"\xff\xfe\x00name", "bytes.yaml: cannot be read: "),
}

ARGUMENTS = {
    "spec that is not there": (["search", "nowhere.yaml"], "nowhere.yaml: cannot be read: "),
    "no spec": (["search"], "Missing argument 'SPEC.yaml'"),
    "a command that is not there": (["serch", "spec.yaml"], "No such command 'serch'"),
    "an option that is not there": (["ls", "--jsn"], "No such option", "--json"),
    "store that is none": (["ls", "--store", "nowhere"], "store 'nowhere': not a store; accepted: "),
    "store of another kind": (["ls", "--store", "mysql://host/x"], "mysql is not supported; accepted: "),
    "store that is not there": (["status", "--store", "sqlite:///nowhere.db"], "there is no such file"),
    "job that is no number": (["status", "first"], "'JOB'", "valid int"),
    "state that is none": (["trials", "--state", "DONE"], "--state: 'DONE' is no state; accepted: WAITING, RUNNING, "),
    "limit that is none": (["trials", "--limit", "0"], "--limit", "1"),
    "report that is no HTML": (["report", "-o", "report.pdf"], "--output: report.pdf must end in .html"),
    "total of no trials": (["resume", "--n-trials", "0"], "--n-trials", "1"),
}


@pytest.fixture(scope="module")
def refusals(shared, toy, cnn):
    """What every broken spec and argument came to: in this process, so that each need not load everything again."""
    specs = {name: shared.write(toy, f"toy{i}.yaml", **case[0]) for i, (name, case) in enumerate(BROKEN.items())}
    specs |= {name: shared.write(cnn, f"cnn{i}.yaml", **case[0]) for i, (name, case) in enumerate(NETWORK.items())}
    for name, case in FILES.items():
        specs[name] = shared.path / name
        specs[name].write_bytes(case[0] if isinstance(case[0], bytes) else case[0].encode())
    commands = {name: ["search", str(spec)] for name, spec in specs.items()}
    commands |= {name: case[0] for name, case in ARGUMENTS.items()}
    runner = CliRunner(env={"AUTOQUANT_STORE": shared.store, "COLUMNS": "80"})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shared.path)
        done = {name: runner.invoke(cli.commands(), command) for name, command in commands.items()}
    plugins.leave_folder()
    for module in ("workers", "network"):
        sys.modules.pop(module, None)
    return done


@pytest.mark.parametrize("name", [*BROKEN, *NETWORK, *FILES, *ARGUMENTS])
def test_refused(refusals, name):
    run = refusals[name]
    assert run.exit_code == 2, run
    assert isinstance(run.exception, SystemExit)
    assert run.stdout == ""
    err = " ".join(run.stderr.replace("│", " ").split())
    for text in (BROKEN | NETWORK | FILES | ARGUMENTS)[name][1:]:
        assert text in err, run.stderr


def test_nothing_was_stored(refusals, shared):
    assert len(refusals) >= 30
    assert not (shared.path / "jobs.db").exists()


def test_every_problem_at_once(folder, toy):
    spec = folder.write(toy, seed="x", objectives=["score", 3], max_pending=0, sped=1, budget={"n_trials": "many"})
    run = folder.run("search", spec)
    places = {line.split(":")[0] for line in run.err.removeprefix("error: ").splitlines()}
    assert places == {"seed", "objectives[1]", "max_pending", "budget.n_trials", "sped"}


def test_json_errors(folder, toy):
    run = folder.run("search", folder.write(toy, searcher="nsga4", pool="rya"), "--json")
    assert run.code == 2
    assert (run.json["error"], run.json["retryable"]) == ("SpecError", False)
    assert [problem.split(":")[0] for problem in run.json["problems"]] == ["searcher", "pool"]
    assert folder.run("status", "--json").json["error"] == "StoreUnavailable"
    folder.write(toy)
    failed = folder.run("search", folder.write(toy, evaluator={"name": "workers:Toy", "bad": "all"}), "--json")
    assert (failed.code, failed.json["error"]) == (1, "JobFailed")
    assert "candidate (" in failed.json["problems"][0]
    missing = folder.run("front", 9, "--json")
    assert (missing.code, missing.json["error"]) == (2, "JobNotFound")


def test_the_schema_agrees_with_the_search(shared, toy, cnn):
    """The schema takes what a search takes, and refuses what it refuses, as far as names and types tell."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(shared.run("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for good in (toy, cnn, toy | {"pool": {"name": "ray", "workers": 2}}, cnn | {"constraints": ["loss <= 1"]}):
        validator.validate(yaml.safe_load(yaml.safe_dump(good)))
    beyond = {
        "folder that is not there", "choice without options", "module that is not there", "class that is not there",
        "class of another kind", "option of an own evaluator", "objective misspelt", "objective twice",
        "objective of no form", "direction that is wrong", "cost without a network", "metric without a device",
        "device that is not known", "device of no use", "constraint of no form", "constraint without a number",
        "constraint misspelt", "constraint that cannot hold", "reference of no objective", "factory that is not there",
        "factory with wrong options", "factory that gives something else", "no network", "no data", "bits twice",
        "nothing to choose", "pin of no layer", "layer that is not there", "layer to keep in float",
        "size that nothing reaches", "device file that is not there",
    }  # fmt: skip
    for base, cases in ((toy, BROKEN), (cnn, NETWORK)):
        for name, case in cases.items():
            spec = {key: value for key, value in (base | case[0]).items() if value is not None}
            assert validator.is_valid(spec) == (name in beyond), name
