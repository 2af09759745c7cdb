"""Plug-ins from installed distributions, third-party and broken ones, and from the folder of a spec."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autoquant import plugins
from autoquant.errors import PluginError, SpecError
from autoquant.interfaces import KINDS, Searcher
from autoquant.planning.plan import make_plan
from autoquant.planning.spec_schema import spec_schema
from autoquant.searchers.nsga3 import NSGA3Search

OURS = {
    "search space": {"bit_widths", "choices"},
    "cost model": {"bitops", "weight_bytes", "roofline"},
    "evaluator": {"post_training"},
    "pool": {"inline", "ray"},
    "searcher": {"random", "nsga3"},
}

SEARCHER = """
from autoquant.interfaces import Searcher

class Mine(Searcher):
    def __init__(self, problem, *, patience: int = 3):
        super().__init__(problem)

    def propose(self, count):
        return []

    def learn(self, results):
        pass
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution: a module with this text, and an entry point of a kind that names something in it."""

    def install(kind: str, target: str, text: str | None = None, name: str = "mine") -> None:
        info = tmp_path / "foreign-1.2.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.2\n")
        with (info / "entry_points.txt").open("a") as file:
            file.write(f"[{KINDS[kind].group}]\n{name} = {target}\n")
        if text is not None:
            (tmp_path / f"{target.partition(':')[0]}.py").write_text(text)
        plugins._entry_points.cache_clear()

    monkeypatch.syspath_prepend(str(tmp_path))
    yield install
    for name in [name for name in sys.modules if name.startswith("foreign_")]:
        del sys.modules[name]
    plugins._entry_points.cache_clear()


@pytest.mark.parametrize("kind", KINDS)
def test_built_in_plug_ins_are_found_whole(kind: str) -> None:
    assert OURS[kind] <= set(plugins.names(kind))
    for info in plugins.discover():
        if info.kind == kind and info.name in OURS[kind]:
            assert (info.error, info.distribution) == (None, "autoquant")


def test_two_distributions_that_give_the_same_name_are_both_named(install: Install) -> None:
    install("searcher", "foreign_same:Mine", SEARCHER, name="random")
    with pytest.raises(PluginError, match=r"searcher 'random' is given by more than one distribution: ") as refused:
        plugins.load("searcher", "random")
    assert "foreign 1.2 (foreign_same:Mine)" in str(refused.value)
    assert "(autoquant.searchers.random:Random" in str(refused.value)
    both = [info for info in plugins.discover() if (info.kind, info.name) == ("searcher", "random")]
    assert {info.distribution for info in both} == {"autoquant", "foreign"}
    assert all("uninstall all but one" in (info.error or "") for info in both)


def test_a_third_party_plug_in_is_found_in_the_same_way(install: Install) -> None:
    install("searcher", "foreign_good:Mine", SEARCHER)
    assert issubclass(plugins.load("searcher", "mine"), Searcher)
    (info,) = [info for info in plugins.discover() if info.name == "mine"]
    assert (info.kind, info.target, info.distribution, info.version) == (
        "searcher",
        "foreign_good:Mine",
        "foreign",
        "1.2",
    )
    assert info.error is None
    assert plugins.check_options(plugins.load("searcher", "mine"), {"patience": 4}, "searcher") == {"patience": 4}


BROKEN: dict[str, tuple[str, str, str | None, str]] = {
    "it needs what is not installed": (
        "searcher", "foreign_a:Mine", "import no_such_module", r"ModuleNotFoundError: No module named 'no_such_module'"
    ),
    "it raises": ("pool", "foreign_b:Mine", "raise RuntimeError('on strike')", r"RuntimeError: on strike"),
    "it is no Python": ("evaluator", "foreign_c:Mine", "class Mine(", r"SyntaxError"),
    "it leaves": ("searcher", "foreign_d:Mine", "import sys; sys.exit(3)", r"SystemExit: 3"),
    "it is not there": ("searcher", "foreign_e:Mine", None, r"No module named 'foreign_e'"),
    "it lacks the class": (
        "searcher", "foreign_f:Mnie", SEARCHER, r"foreign_f \(.*foreign_f.py\) has no 'Mnie'; did you mean 'Mine'\?"
    ),
    "it is no class": ("searcher", "foreign_g:mine", "mine = 3", r"foreign_g:mine is 3, not a subclass of Searcher"),
    "it is of another kind": ("pool", "foreign_h:Mine", SEARCHER, r"not a subclass of WorkerPool"),
    "it is not finished": (
        "searcher", "foreign_i:Mine", "from autoquant.interfaces import Searcher\nclass Mine(Searcher): pass",
        r"does not write learn, propose",
    ),
    "it says no metrics": (
        "cost model", "foreign_j:Mine", "from autoquant.interfaces import CostModel\nclass Mine(CostModel):\n"
        "    def supported(self, layer, precision): return True\n    def tables(self, network, options): return {}",
        r"has no 'metrics'",
    ),
    "its options have no types": (
        "cost model", "foreign_k:Mine", "from __future__ import annotations\n"
        "from autoquant.interfaces import CostModel\nclass Mine(CostModel):\n    metrics = {'x': 'y'}\n"
        "    def __init__(self, *, size: NoSuchType = 3): pass\n"
        "    def supported(self, layer, precision): return True\n    def tables(self, network, options): return {}",
        r"its options cannot be read: NameError: name 'NoSuchType' is not defined",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "target", "text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plug_in_is_named_and_takes_nothing_down(
    install: Install, tmp_path: Path, new_run: Any, kind: str, target: str, text: str | None, message: str
) -> None:
    install(kind, target, text)
    with pytest.raises(PluginError, match=message) as caught:
        plugins.load(kind, "mine")
    assert f"{kind} 'mine' (from the distribution foreign 1.2)" in str(caught.value)
    if text is not None and "not a subclass" not in message:
        assert str(tmp_path / target.partition(":")[0]) in str(caught.value)
    found = {(info.kind, info.name): info.error for info in plugins.discover()}
    assert found.pop((kind, "mine")) == str(caught.value)
    assert not any(found.values())
    assert spec_schema()["properties"]
    assert new_run(budget={"n_trials": 3}).plan.objectives


def test_unknown_names_have_the_nearest_one(new_run: Any) -> None:
    with pytest.raises(
        PluginError, match=r"no searcher is called 'nsga4'; did you mean 'nsga3'\? .* or 'module:Class'"
    ):
        plugins.load("searcher", "nsga4")


@pytest.mark.parametrize("target", ["", ":", "a:", ":b"])
def test_what_names_nothing_is_refused(target: str) -> None:
    with pytest.raises(PluginError, match=f"there: '{target}' must be 'module:name'"):
        plugins.load_object(target, "there")


def test_objects_may_lie_deeper() -> None:
    assert plugins.load_object("autoquant.searchers.nsga3:NSGA3Search.propose", "x") is NSGA3Search.propose


# Options.


class Optioned:
    """Takes everything."""

    def __init__(
        self, host: Any, *, count: int, rate: float = 0.5, names: tuple[str, ...] = (), on: bool = False
    ) -> None:
        """What the host gives is no option."""


def test_options_are_the_keyword_arguments_checked_and_turned() -> None:
    assert plugins.check_options(Optioned, {"count": 3}, "x") == {"count": 3}
    assert plugins.check_options(Optioned, {"count": 3, "rate": 1, "names": ["a"]}, "x") == {
        "count": 3,
        "rate": 1.0,
        "names": ("a",),
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "x.count: it is missing, and it is needed"),
        ({"count": "many"}, "x.count: must be a whole number"),
        ({"count": 1, "host": 3}, "x.host: there is no such field; "),
        (
            {"count": 1, "coutn": 3},
            "x.coutn: there is no such field; did you mean 'count'? accepted: count, names, on, rate",
        ),
        ({"count": 1, "names": "abc"}, "x.names: must be a list"),
    ],
)
def test_wrong_options_are_named_with_their_place(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        plugins.check_options(Optioned, options, "x")
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(message)


# The folder of a spec.


def folder(path: Path, **modules: str) -> str:
    """A folder with these modules."""
    for name, text in modules.items():
        file = path / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return str(path)


def test_two_folders_may_hold_modules_of_the_same_name(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", network="from parts.deep import size", parts____init__="", parts__deep="size = 1")
    two = folder(tmp_path / "two", network="from parts.deep import size", parts____init__="", parts__deep="size = 2")
    for place, size in ((one, 1), (two, 2), (one, 1), (one, 1), (two, 2)):
        plugins.use_folder(place)
        assert sys.path[0] == place
        assert plugins.load_object("network:size", "network") == size
    assert one not in sys.path


def test_a_folder_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "relative", foreign_relative="size = 3")
    monkeypatch.chdir(tmp_path)
    plugins.use_folder("relative")
    assert plugins.load_object("foreign_relative:size", "network") == 3
    plugins.leave_folder()


def test_a_folder_that_was_on_the_path_stays_there_and_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = folder(tmp_path / "one", network="size = 1"), folder(tmp_path / "two", network="size = 2")
    monkeypatch.setattr(sys, "path", [*sys.path, one])
    for place, size in ((one, 1), (two, 2), (one, 1)):
        plugins.use_folder(place)
        assert sys.path[0] == place
        assert plugins.load_object("network:size", "network") == size
        assert one in sys.path


def test_what_is_installed_below_the_folder_of_a_spec_stays_imported(tmp_path: Path) -> None:
    project = folder(tmp_path, network="import foreign_installed", venv__site__foreign_installed="state = []")
    sys.path.append(str(tmp_path / "venv" / "site"))
    plugins.use_folder(project)
    plugins.load_object("network:foreign_installed", "network")
    installed = sys.modules["foreign_installed"]
    other = folder(tmp_path / "other", network="size = 2")
    plugins.use_folder(other)
    assert plugins.load_object("network:size", "network") == 2
    assert sys.modules["foreign_installed"] is installed
    assert "autoquant" in sys.modules
    del sys.modules["foreign_installed"]


def test_autoquant_itself_is_never_dropped(tmp_path: Path) -> None:
    plugins.use_folder(str(Path(plugins.__file__).parents[1]))
    plugins.use_folder(folder(tmp_path, network="size = 1"))
    assert sys.modules["autoquant.plugins"] is plugins


def test_a_module_that_was_imported_from_elsewhere_is_not_taken_for_that_of_the_spec(tmp_path: Path) -> None:
    """Else another network than the spec's would be searched, and nobody would know."""
    sys.path.insert(0, folder(tmp_path / "script", foreign_network="size = 1"))
    import foreign_network  # type: ignore[import-not-found]

    plugins.use_folder(folder(tmp_path / "spec", foreign_network="size = 2"))
    with pytest.raises(
        PluginError, match=r"network: 'foreign_network' was imported before, from .*script/foreign_network.py"
    ):
        plugins.load_object("foreign_network:size", "network")
    assert foreign_network.size == 1
    del sys.modules["foreign_network"]


def test_a_spec_finds_the_plug_ins_of_its_folder(tmp_path: Path, new_run: Any) -> None:
    from autoquant.spec import SearchSpec

    place = folder(tmp_path, my_searcher=SEARCHER)
    fields = new_run().plan.spec.to_dict() | {"searcher": {"name": "my_searcher:Mine", "patience": 5}, "folder": place}
    assert type(make_plan(SearchSpec.from_dict(fields)).searcher()).__name__ == "Mine"
    with pytest.raises(SpecError, match=r"searcher.patience: must be a whole number"):
        make_plan(SearchSpec.from_dict(fields | {"searcher": {"name": "my_searcher:Mine", "patience": "x"}}))
