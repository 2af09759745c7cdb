"""Every command on stored jobs: what people see, what programs read, and that docs/cli.md says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer.main

from autoquant import cli

CLI = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in CLI.partition("\n## JSON\n")[2].split("\n### ")[1:]}


@pytest.fixture(scope="module")
def jobs(shared, toy, cnn):
    """Job 1 has a network and baselines, job 2 trials that failed or were pruned."""
    first = shared.run("search", shared.write(cnn, constraints=["loss_drop <= 0.05", "weight_bytes <= 640"]))
    assert first.code == 0, first.err
    second = shared.run("search", shared.write(toy, evaluator={"name": "workers:Toy", "bad": "raise"}), "--json")
    assert second.code == 0, second.err
    shared.second = second.json
    return shared


@pytest.fixture(scope="module")
def real(jobs, cnn, tmp_path_factory):
    """Name of an object in docs/cli.md -> one that a command printed."""
    front = jobs.run("front", 1, "--json").json
    report = tmp_path_factory.mktemp("report") / "r.html"
    measured = tmp_path_factory.mktemp("calibrate") / "rows.csv"
    measured.write_text(
        "kind,input_shape,output_shape,weight_shape,weight_bits,activation_bits,latency_ms\n"
        "conv,8x16x16,16x16x16,16x8x3x3,8,8,0.9\n"
        "linear,256,10,10x256,8,8,0.02\n",
        encoding="utf-8",
    )
    stopped = jobs.start("search", jobs.write({**TOY_SLOW}, "slow.yaml"))
    stopped.until(lambda job: job.id == 3 and job.record.finished >= 1)
    found = {
        "job": jobs.run("status", 1, "--json").json,
        "trial": jobs.run("trials", 2, "--json").json[0],
        "baseline": front["baselines"][0],
        "front": front,
        "report": jobs.run("report", 1, "-o", report, "--json").json,
        "cost": jobs.run("cost", jobs.write(cnn, "cost.yaml"), "-o", report.with_suffix(".png"), "--json").json,
        "study": jobs.run("export-study", 1, "--storage", f"sqlite:///{report.with_suffix('.db')}", "--json").json,
        "stop": jobs.run("stop", 3, "--json").json,
        "event": json.loads(jobs.run("logs", 2, "--json").out.splitlines()[0]),
        "calibration": jobs.run(
            "calibrate", measured, "--like", "cortex-m7", "-o", measured.with_name("mine.toml"), "--json"
        ).json,
        "storage": jobs.run("storage", "upgrade", "--json").json,
        "plugin": jobs.run("plugins", "--json").json[0],
        "error": jobs.run("status", 99, "--json").json,
    }
    assert stopped.wait().code == 0
    paused = jobs.start("search", jobs.write({**TOY_SLOW}, "slow.yaml"))
    paused.until(lambda job: job.id == 4 and job.record.finished >= 1)
    found["pause"] = jobs.run("pause", 4, "--json").json
    assert paused.wait().code == 0
    return found


TOY_SLOW = {
    "name": "slow",
    "space": {"name": "choices", "choices": {name: [0, 1, 2, 3, 4] for name in "abcd"}},
    "evaluator": {"name": "workers:Toy", "seconds": 0.3},
    "objectives": ["score", "price"],
    "pool": "inline",
    "budget": {"n_trials": 600},
}
"""It runs for minutes, unless somebody ends it."""


def test_costs_are_shown_by_layer_and_plotted(shared, cnn, tmp_path):
    spec = shared.write(cnn, "cost.yaml", name="cnn")
    shown = shared.run("cost", spec, "-d", "cortex-m7", "-d", "raspberry-pi-4", "-o", tmp_path / "cost.png")
    assert shown.code == 0, shown.err
    assert (tmp_path / "cost.png").read_bytes()[:4] == b"\x89PNG"
    for text in ("conv1", "classifier", "total", "limited", "cortex-m7", "raspberry", "peak", "compute"):
        assert text in shown.out
    wrong = shared.run("cost", spec, "--device", "cortex-m", "-o", tmp_path / "cost.png")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "no device is called 'cortex-m'" in wrong.err


def test_every_object_is_documented(real):
    assert set(SECTIONS) == set(real)


@pytest.mark.parametrize("name", SECTIONS)
def test_documented_keys_are_the_real_ones(real, name):
    documented = re.findall(r"^\| `(\w+)` \|", SECTIONS[name], re.MULTILINE)
    assert documented == list(real[name])
    example = json.loads(re.search(r"```json\n(.*?)```", SECTIONS[name], re.DOTALL)[1])
    assert list(example) == documented


def test_every_command_and_option_is_documented():
    commands = dict(typer.main.get_command(cli.commands()).commands)
    group = commands.pop("storage")
    commands |= {f"storage {name}": command for name, command in group.commands.items()}
    for name, command in commands.items():
        row = next(line for line in CLI.splitlines() if line.startswith(f"| `{name}"))
        for parameter in command.params:
            long = max((*parameter.opts, ""), key=len)
            if parameter.param_type_name == "option" and long not in ("--store", "--json", "--help"):
                assert f"`{long}" in row, (name, long)
        takes = {option for parameter in command.params for option in parameter.opts}
        assert ("--store" in takes) == ("no `--store`" not in row)
        assert ("--json" in takes) == ("no `--json`" not in row)


def test_ls_and_status(jobs):
    listed = jobs.run("ls", "--json").json
    assert [job["id"] for job in listed][-2:] == [2, 1]
    assert listed[-1] == jobs.run("status", 1, "--json").json
    table = jobs.run("ls").out
    assert re.search(r"│ 1 +│ cnn +│ SUCCEEDED │ 30/30 ", table)
    facts = dict(line.split(maxsplit=1) for line in jobs.run("status", 1).out.splitlines())
    assert (facts["name"].strip(), facts["state"].strip(), facts["finished"].strip()) == ("cnn", "SUCCEEDED", "30")


def test_trials_come_in_pages(jobs):
    pages, after = [], -1
    while page := jobs.run("trials", 1, "--after", after, "--limit", 12, "--json").json:
        pages.append(len(page))
        assert [trial["number"] for trial in page] == list(range(after + 1, after + 1 + len(page)))
        after = page[-1]["number"]
    assert pages == [12, 12, 6]
    shown = jobs.run("trials", 1, "--limit", 12).out
    assert shown.endswith("more: autoquant trials 1 --after 11\n")
    assert "more:" not in jobs.run("trials", 1).out


def test_trials_by_state(jobs):
    failed = jobs.run("trials", 2, "--state", "FAIL", "--json").json
    assert len(failed) == jobs.second["job"]["failed"] > 0
    for trial in failed:
        assert trial["error"].startswith("Traceback (most recent call last)")
        assert "is poison" in trial["error"]
        assert "workers.py" in trial["error"]
        assert not trial["feasible"]
    assert "ValueError: candidate (2, " in jobs.run("trials", 2, "--state", "FAIL").out
    complete = jobs.run("trials", 2, "--state", "COMPLETE", "--json").json
    assert len(failed) + len(complete) == 40
    assert jobs.run("trials", 2, "--state", "PRUNED", "--json").json == []


def test_the_front(jobs):
    front = jobs.run("front", 1, "--json").json
    sizes = [trial["metrics"]["weight_bytes"] for trial in front["front"]]
    losses = [trial["metrics"]["loss"] for trial in front["front"]]
    assert sizes == sorted(sizes)
    assert losses == sorted(losses, reverse=True)
    assert all(trial["feasible"] and trial["metrics"]["weight_bytes"] <= 640 for trial in front["front"])
    assert all(trial["test_metrics"]["loss"] > 0 for trial in front["front"])
    labels = [one["label"] for one in front["baselines"]]
    assert labels == ["float32", "W2A4", "W2A8", "W4A4", "W4A8", "W8A4", "W8A8"]
    assert front["baselines"][-1]["violations"].keys() == {"weight_bytes <= 640"}
    shown = jobs.run("front", 1).out
    assert all(f"#{trial['number']} " in shown for trial in front["front"])
    assert all(label in shown for label in labels)


def test_the_report(jobs, tmp_path):
    run = jobs.run("report", 1, "-o", tmp_path / "out.html")
    assert run.out == f"{tmp_path}/out.html\n{tmp_path}/out.png\n"
    html = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "cnn" in html
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.?http", html)
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_plugins(jobs):
    listed = {(one["kind"], one["name"]) for one in jobs.run("plugins", "--json").json if one["error"] is None}
    assert listed >= {("pool", "inline"), ("pool", "ray"), ("searcher", "nsga3"), ("search space", "bit_widths")}
    assert "nsga3" in jobs.run("plugins").out


def test_when_all_raise_the_job_stops_and_says_why(folder, toy):
    run = folder.run("search", folder.write(toy, evaluator={"name": "workers:Toy", "bad": "all"}))
    assert run.code == 1
    assert re.search("job failed: the first [0-9]+ trials all failed; the last error was:", run.err)
    assert "is poison" in run.err
    assert run.err.count("is poison") == 1 + run.err.count("raise ValueError")
    status = folder.run("status", "--json").json
    assert status["state"] == "FAILED"
    assert status["failed"] >= 5
    assert "is poison" in status["message"]


def test_scores_that_do_not_differ_are_an_error(folder, toy):
    run = folder.run("search", folder.write(toy, evaluator={"name": "workers:Toy", "bad": "same"}))
    assert run.code == 1
    assert re.search("degenerate scores: [0-9]+ different candidates all measured", run.err)


def test_a_score_that_is_not_finite_is_a_failed_trial(folder, toy):
    assert folder.run("search", folder.write(toy, evaluator={"name": "workers:Toy", "bad": "nan"})).code == 0
    failed = folder.run("trials", "--state", "FAIL", "--json").json
    assert failed
    assert {trial["error"] for trial in failed} == {"score is nan: a value that is not finite is no result"}
