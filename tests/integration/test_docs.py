"""What the pages say is true: every Python block runs, every spec is accepted, every field and option is there."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest
import yaml

import autoquant as aq
from autoquant import plugins
from autoquant.planning.spec_schema import spec_schema
from autoquant.spec import BudgetSpec

DOCS = Path(__file__).parents[2] / "docs"


def text(page: str) -> str:
    return (DOCS / f"{page}.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    return re.split(r"^#", text(page).partition(f"\n{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def first_column(part: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)


def test_python_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(blocks("python", "python")))
    found = runpy.run_path(str(script), run_name="python_page")
    assert found["job"].record.finished == 25
    assert len(found["results"]) >= 10
    assert (tmp_path / "my-net.html").exists()
    assert (tmp_path / "quantized.pt").exists()


def test_plugins_page_runs(tmp_path, monkeypatch):
    """The modules are in the spec's folder, and the spec at the end of the page uses all but one of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_plugins.py").write_text("\n\n".join(blocks("plugins", "python")))
    (tmp_path / "spec.yaml").write_text(blocks("plugins", "yaml")[-1])
    job = aq.search(tmp_path / "spec.yaml", "sqlite:///jobs.db")
    assert job.state == "SUCCEEDED"
    trials = list(job.trials())
    assert len(trials) == 15
    assert {trial.worker for trial in trials if trial.worker} <= {"thread-0", "thread-1"}
    assert max(trial.options["layers"] for trial in trials) == 32
    assert job.front()[0].options["layers"] == 8
    assert aq.resume(job.id, "sqlite:///jobs.db", n_trials=16).record.finished == 16


def test_plugins_page_passes_the_suites(tmp_path, monkeypatch):
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(blocks("plugins", "python")))
    found = runpy.run_path(str(script))
    tests = [function for name, function in found.items() if name.startswith("test_")]
    assert len(tests) == 5
    for function in tests:
        function()


def test_the_example_specs_are_accepted_by_spec_and_schema():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(spec_schema())
    start = {"space": "bit_widths", "objectives": ["accuracy"]}
    found = [yaml.safe_load(block) for page in ("spec", "plugins") for block in blocks(page, "yaml")]
    for fields in filter(None, found):
        aq.SearchSpec.from_dict(start | fields)
        validator.validate(json.loads(json.dumps(start | fields)))


def test_every_field_is_documented_with_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\|", section("spec", "## Fields"), re.MULTILINE))
    assert list(rows) == list(aq.SearchSpec.model_fields) == list(spec_schema()["properties"])
    defaults = json.loads(json.dumps(aq.SearchSpec(space="x", objectives=["x"]).model_dump(mode="json")))
    for name, shown in rows.items():
        value = (
            defaults[name]["name"] if isinstance(defaults[name], dict) and "name" in defaults[name] else defaults[name]
        )
        if shown.strip():
            assert shown == f"`{value if isinstance(value, str) else json.dumps(value)}`"
        else:
            assert name in ("space", "objectives", "budget") or value is None
    assert all(f"`{field}`" in text("spec") for field in BudgetSpec.model_fields)
    assert f"({BudgetSpec().n_trials})" in text("spec")


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in plugins.KINDS if kind != "cost model" for name in plugins.names(kind)]
)
def test_every_option_is_documented_with_its_default(kind, name):
    plugin = plugins.load(kind, name)
    if plugin.__module__.partition(".")[0] not in ("autoquant", "autoquant_search_spaces", "autoquant_workers"):
        pytest.skip("not one of ours")
    part = section("spec", f"### `{kind.removeprefix('search ')}: {name}`")
    fields = plugins.options_model(plugin).model_fields
    assert first_column(part) == list(fields)
    assert fields or "No options" in part
    for option, shown in re.findall(r"^\| `(\w+)` \| `(.+?)` \|", part, re.MULTILINE):
        default = fields[option].default
        value = list(default) if isinstance(default, tuple) else default
        assert yaml.safe_load(shown) == value, option


def test_the_links_between_pages_lead_somewhere():
    for page in ("spec", "cli", "python", "plugins"):
        for file, anchor in re.findall(r"\]\(([\w./]*)(?:#([\w-]+))?\)", text(page)):
            target = DOCS / (file or f"{page}.md")
            assert target.exists(), (page, file)
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert not anchor or anchor in anchors, (page, file, anchor)
