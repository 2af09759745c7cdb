"""Reading and writing specs, and what is reported of broken ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from autoquant.errors import SpecError
from autoquant.spec import PluginSpec, SearchSpec

GOOD = {"space": {"name": "choices", "choices": {"a": [1, 2]}}, "objectives": ["loss"]}

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
OPTIONS = st.dictionaries(NAMES.filter(lambda key: key != "name"), JSON, max_size=3)
PLUGINS = NAMES | st.builds(lambda name, options: {"name": name, **options}, NAMES, OPTIONS)
FACTORIES = st.just("my.network:build") | st.builds(
    lambda options: {"factory": "network:make", "options": options}, st.dictionaries(NAMES, JSON, max_size=3)
)


def constraints() -> st.SearchStrategy[str]:
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    return st.builds(
        lambda name, sign, bound: f"{name} {sign} {bound!r}", NAMES, st.sampled_from(["<=", ">="]), numbers
    )


SPECS = st.fixed_dictionaries(
    {"space": PLUGINS, "objectives": st.lists(NAMES, min_size=1, max_size=4, unique=True)},
    optional={
        "name": TEXT,
        "seed": st.integers(0, 2**63),
        "network": FACTORIES,
        "data": FACTORIES,
        "evaluator": PLUGINS,
        "cost_models": st.lists(PLUGINS, max_size=2),
        "constraints": st.lists(constraints(), max_size=3),
        "searcher": PLUGINS,
        "pool": PLUGINS,
        "budget": st.fixed_dictionaries({}, optional={"n_trials": st.integers(1, 10**6)}),
        "max_pending": st.integers(1, 999),
        "reference_point": st.dictionaries(NAMES, st.floats(allow_nan=False, allow_infinity=False), max_size=2),
    },
)


@given(SPECS)
@settings(deadline=None, max_examples=80)
def test_every_spec_is_read_back_from_what_it_writes(fields):
    spec = SearchSpec.from_dict(fields)
    assert SearchSpec.from_yaml(spec.to_yaml()) == spec
    assert SearchSpec.from_json(spec.to_json()) == spec
    assert SearchSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert SearchSpec.from_yaml(yaml.safe_dump(fields, allow_unicode=True)) == spec
    assert SearchSpec.from_yaml(spec.to_yaml()).to_yaml() == spec.to_yaml()


def test_short_and_long_forms_are_one():
    short = SearchSpec.from_dict(GOOD | {"network": "net:build", "searcher": "random", "cost_models": ["bitops"]})
    long = SearchSpec.from_dict(
        GOOD
        | {"network": {"factory": "net:build"}, "searcher": {"name": "random"}, "cost_models": [{"name": "bitops"}]}
        | {"objectives": [{"metric": "loss"}]}
    )
    assert short == long
    assert short.searcher.options == {}
    assert PluginSpec(name="nsga3", population=9).options == {"population": 9}


def test_defaults_are_not_written():
    assert SearchSpec.from_dict(GOOD | {"seed": 0, "pool": "ray"}).to_dict().keys() == {"space", "objectives"}


def test_a_spec_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        SearchSpec.from_dict(GOOD).seed = 3


BROKEN: dict[str, tuple[dict[str, object], str]] = {
    "no space": ({"space": ...}, "space: it is missing, and it is needed"),
    "no objectives": ({"objectives": ...}, "objectives: it is missing, and it is needed"),
    "empty objectives": ({"objectives": []}, "objectives: must have at least 1 entry"),
    "misspelt field": ({"serch": "x"}, "serch: there is no such field; did you mean 'searcher'? accepted: budget, "),
    "misspelt in a section": ({"budget": {"trials": 3}}, "budget.trials: there is no such field; "),
    "misspelt in a factory": ({"network": {"factory": "a:b", "option": {}}}, "network.option: there is no such field; "
                              "did you mean 'options'? accepted: factory, options"),
    "misspelt in an objective": ({"objectives": [{"metric": "loss", "dir": "minimize"}]},
                                 "objectives[0].dir: there is no such field; "),
    "name is empty": ({"name": ""}, "name: must have at least 1 character"),
    "name is too long": ({"name": "x" * 101}, "name: must have at most 100 characters"),
    "name is a number": ({"name": 3}, "name: must be text (given: 3)"),
    "seed is negative": ({"seed": -1}, "seed: must be 0 or more (given: -1)"),
    "seed is text": ({"seed": "lucky"}, "seed: must be a whole number"),
    "seed is a fraction": ({"seed": 1.5}, "seed: must be a whole number"),
    "network is no function": ({"network": "net"}, "network.factory: 'net' must be 'module:function'"),
    "network is a path": ({"network": "nets/net.py:build"}, "network.factory: 'nets/net.py:build' must be"),
    "network is a number": ({"network": 3}, "network: must hold fields"),
    "network without a factory": ({"network": {"options": {}}}, "network.factory: it is missing"),
    "options are a list": ({"data": {"factory": "a:b", "options": [1]}}, "data.options: must hold fields"),
    "space without a name": ({"space": {"choices": {}}}, "space.name: it is missing"),
    "space is a list": ({"space": ["choices"]}, "space: must hold fields"),
    "plug-in with an empty name": ({"pool": ""}, "pool.name: must have at least 1 character"),
    "cost model without a name": ({"cost_models": ["a", {"x": 1}]}, "cost_models[1].name: it is missing"),
    "cost models are a name": ({"cost_models": "bitops"}, "cost_models: must be a list"),
    "objective without a metric": ({"objectives": [{}]}, "objectives[0].metric: it is missing"),
    "objective is no name": ({"objectives": ["a  b"]}, "objectives[0].metric: 'a  b' is not the name of a metric; wr"),
    "objective stands twice": ({"objectives": ["a", "b", "a"]}, "objectives: ['a'] stand more than once"),
    "direction": ({"objectives": [{"metric": "a", "direction": "max"}]},
                  "objectives[0].direction: must be 'maximize' or 'minimize' (given: 'max')"),
    "constraint": ({"constraints": ["loss < 3"]}, "constraints[0]: 'loss < 3' is not a constraint; write 'metric <= "),
    "second constraint": ({"constraints": ["a <= 1", "b <= x"]}, "constraints[1]: 'b <= x': 'x' is not a number"),
    "constraint is endless": ({"constraints": ["a <= inf"]}, "constraints[0]: 'a <= inf': the bound must be a finite"),
    "no trials": ({"budget": {"n_trials": 0}}, "budget.n_trials: must be 1 or more"),
    "budget is a number": ({"budget": 100}, "budget: must hold fields"),
    "nothing may wait": ({"max_pending": 0}, "max_pending: must be 1 or more (given: 0)"),
    "worst is no number": ({"reference_point": {"loss": "big"}}, "reference_point.loss: must be a number"),
    "worst is not finite": ({"reference_point": {"a": float("nan")}}, "reference_point.a: must be a finite"),
    "folder is a number": ({"folder": 3}, "folder: must be text (given: 3)"),
    "a field called self": ({"self": 3}, "self: there is no such field; "),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_spec_names_the_place_and_what_is_accepted(change, message):
    fields = {key: value for key, value in (GOOD | change).items() if value is not ...}
    with pytest.raises(SpecError) as caught:
        SearchSpec.from_dict(fields)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(message)


def test_all_problems_are_reported_at_once():
    with pytest.raises(SpecError) as caught:
        SearchSpec.from_dict({"objectives": ["a  b"], "seed": -1, "sed": 0, "constraints": ["a <", "b <= 1"]})
    places = [line.partition(":")[0] for line in caught.value.problems]
    assert sorted(places) == ["constraints[0]", "objectives[0].metric", "sed", "seed", "space"]


@pytest.mark.parametrize("data", [None, [], "space", 3, {1: 2}, {True: 1, "space": "x"}])
def test_what_is_no_spec_at_all_says_what_is(data):
    with pytest.raises(
        SpecError, match=r"^spec: (expected fields such as 'objectives: \[..\]', found|the field names)"
    ):
        SearchSpec.from_dict(data)


BROKEN_YAML = {
    "syntax": ("space: [", r"spec: not valid YAML: .*line 1"),
    "field twice": ("seed: 1\nspace: a\nseed: 2\n", r"spec: not valid YAML: .*'seed' stands more than once.*line 1"),
    "field twice, deep": ("pool: {name: ray, workers: 1, workers: 2}", r"'workers' stands more than once"),
    "tab": ("space:\n\tname: a", r"spec: not valid YAML: .*line 2"),
    "a tag": ("space: !!python/object/apply:os.system ['true']", r"spec: not valid YAML: .*could not determine"),
    "impossible date": ("name: 2024-13-45", r"spec: not valid YAML: .*month"),
    "two documents": ("space: a\n---\nspace: b", r"spec: not valid YAML: .*expected a single document"),
    "key that is a list": ("? [a]\n: 1", r"spec: not valid YAML: .*unhashable key"),
    "nothing": ("", r"spec: expected fields such as .*found NoneType"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN_YAML.values(), ids=BROKEN_YAML)
def test_broken_yaml_is_one_line_that_says_where(text, message):
    with pytest.raises(SpecError, match=message) as caught:
        SearchSpec.from_yaml(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{'a': 1}"])
def test_broken_json_is_one_line_that_says_where(text):
    with pytest.raises(SpecError, match=r"spec: not valid JSON: .*line 1 column"):
        SearchSpec.from_json(text)


def test_a_field_that_stands_twice_in_json_is_an_error():
    with pytest.raises(SpecError, match="'seed' stands more than once"):
        SearchSpec.from_json('{"space": "a", "objectives": ["b"], "seed": 1, "seed": 2}')


def test_yaml_may_merge_what_it_repeats():
    text = """
        space: &base {name: choices, choices: {a: [1, 2]}}
        objectives: [loss]
        searcher: {<<: *base, name: random}
    """
    assert SearchSpec.from_yaml(text).searcher.options == {"choices": {"a": [1, 2]}}


def test_files_are_read_by_their_ending_and_know_their_folder(tmp_path: Path):
    spec = SearchSpec.from_dict(GOOD)
    for name, text in (("a.yaml", spec.to_yaml()), ("a.yml", spec.to_yaml()), ("a.json", spec.to_json())):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert SearchSpec.from_file(tmp_path / name) == spec.model_copy(update={"folder": str(tmp_path)})
        assert SearchSpec.from_file(str(tmp_path / name)).folder == str(tmp_path)


def test_the_folder_of_a_spec_is_that_of_its_file(tmp_path: Path):
    (tmp_path / "code").mkdir()
    (tmp_path / "spec.yaml").write_text(SearchSpec.from_dict(GOOD | {"folder": "code"}).to_yaml())
    assert SearchSpec.from_file(tmp_path / "spec.yaml").folder == str(tmp_path / "code")
    (tmp_path / "code").rmdir()
    with pytest.raises(SpecError, match=f"folder: {tmp_path / 'code'} is no folder"):
        SearchSpec.from_file(tmp_path / "spec.yaml")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("spec.yaml", None, "spec.yaml: cannot be read: .*No such file"),
        ("spec.yaml", b"name: \xff\xfe", "spec.yaml: cannot be read: .*utf-8"),
        ("spec.txt", b"", r"spec.txt: the name of a spec ends in .yaml, .yml, .json"),
        ("spec", b"", r"spec: the name of a spec ends in .yaml, .yml, .json"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SpecError, match=message):
        SearchSpec.from_file(tmp_path / name)
