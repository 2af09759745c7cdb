"""The picture of the packages is that of the code, and the code has no circle of imports."""

from __future__ import annotations

import graphlib
import re
import runpy
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawing() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "draw_architecture.py"))


def test_the_picture_shows_the_imports_of_the_code(drawing: dict[str, Any]) -> None:
    drawn = drawing["draw"](drawing["read_imports"]())
    assert drawing["PICTURE"].read_text(encoding="utf-8") == drawn, "run: python scripts/draw_architecture.py"


def test_arrows_that_follow_from_others_are_not_drawn_and_a_circle_is_refused(drawing: dict[str, Any]) -> None:
    assert drawing["arrows"]({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == [("a", "b"), ("b", "c")]
    assert drawing["rows"]({"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": {"c"}}) == [["a"], ["b", "d"], ["c"]]
    with pytest.raises(graphlib.CycleError):
        drawing["arrows"]({"a": {"b"}, "b": {"a"}})


def test_no_module_imports_another_in_a_circle(drawing: dict[str, Any]) -> None:
    graph = grimp.build_graph("autoquant", *drawing["PLUGIN_FOLDERS"])
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(list(graphlib.TopologicalSorter(imports).static_order())) > 150


def test_the_ground_floor_stays_small() -> None:
    assert len(list((ROOT / "autoquant").glob("*.py"))) <= 17


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in (ROOT / "autoquant").glob("*/__init__.py")))
def test_every_package_stands_on_the_page(folder: str) -> None:
    assert re.search(rf"`(autoquant/)?{folder}/`", PAGE)


def test_every_file_that_the_page_names_is_there() -> None:
    of_others = {"autoquant/service/", "workers.py"}  # to come, and a user's
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", PAGE)) - of_others
    folders = (
        "",
        "autoquant",
        "autoquant/running",
        "autoquant/report",
        "autoquant/store",
        "cost_models/autoquant_cost_models",
    )
    assert len(named) > 25
    assert not [name for name in named if not any((ROOT / folder / name).exists() for folder in folders)]
