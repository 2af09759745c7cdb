"""Draw docs/images/architecture.svg: the packages, and who imports whom, as the code has it.

Every box stands above all that it imports. An arrow that follows from others (a -> c, where a -> b -> c) is not drawn.
A test keeps picture and code together; after a change of imports run: python scripts/draw_architecture.py
"""

from __future__ import annotations

import graphlib
import importlib
from collections.abc import Mapping
from html import escape
from pathlib import Path

import grimp

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "architecture.svg"
PLUGIN_FOLDERS = {
    "autoquant_search_spaces": "search_spaces/",
    "autoquant_cost_models": "cost_models/",
    "autoquant_workers": "workers/",
}
VOCABULARY = ("data", "errors", "job", "network", "objective", "pareto", "settings", "space", "spec", "texts", "trial")
"""Modules of `autoquant` that are one box: the nouns, without torch, Ray or SQLAlchemy."""
CONTRACTS = ("interfaces", "plugins")
WIDTH, ROW, BOX = 1180, 124, 72
INK, PAPER, CORE, OUTSIDE, ARROW = "#1f2933", "#ffffff", "#e8eef6", "#f6ecdd", "#8a97a6"

Graph = dict[str, set[str]]
"""Box -> the boxes that it imports."""


def box_of(module: str) -> str | None:
    """The box in which a module is drawn; None for `autoquant` itself, which only names what others have."""
    package, _, rest = module.partition(".")
    if package in PLUGIN_FOLDERS:
        return PLUGIN_FOLDERS[package]
    name = rest.partition(".")[0]
    if not name:
        return None
    if name in VOCABULARY:
        return "vocabulary"
    if name in CONTRACTS:
        return "contracts"
    folder = (Path(__file__).parents[1] / "autoquant" / name).is_dir()
    return f"{name}/" if folder else f"{name}.py"


def read_imports() -> Graph:
    """What the code imports, box by box."""
    graph = grimp.build_graph("autoquant", *PLUGIN_FOLDERS)
    boxes: Graph = {}
    for module in sorted(graph.modules):
        if (box := box_of(module)) is None:
            continue
        wanted = {box_of(imported) for imported in graph.find_modules_directly_imported_by(module)}
        boxes.setdefault(box, set()).update(name for name in wanted if name not in (None, box))
    return boxes


def below(graph: Graph) -> Graph:
    """Box -> all boxes that it imports, directly or through others. `graphlib.CycleError` for a circle."""
    reached: Graph = {}
    for box in graphlib.TopologicalSorter(graph).static_order():
        reached[box] = graph[box].union(*(reached[other] for other in graph[box]))
    return reached


def arrows(graph: Graph) -> list[tuple[str, str]]:
    """The imports that do not follow from others."""
    reached = below(graph)
    return [
        (box, other)
        for box in sorted(graph)
        for other in sorted(graph[box])
        if not any(other in reached[between] for between in graph[box] - {other})
    ]


def rows(graph: Graph) -> list[list[str]]:
    """Boxes by their longest way down, the top row first."""
    height: dict[str, int] = {}
    for box in graphlib.TopologicalSorter(graph).static_order():
        height[box] = 1 + max((height[other] for other in graph[box]), default=-1)
    return [sorted(box for box in graph if height[box] == level) for level in range(max(height.values()), -1, -1)]


def first_sentence(box: str) -> str:
    """What the package says of itself."""
    packages = {folder: package for package, folder in PLUGIN_FOLDERS.items()}
    module = importlib.import_module(packages.get(box, f"autoquant.{box.removesuffix('/').removesuffix('.py')}"))
    return (module.__doc__ or "").strip().partition("\n")[0].partition(". ")[0].rstrip(".")


def text_of(box: str) -> str:
    """What stands in a box under its name."""
    if box == "vocabulary":
        return ", ".join(VOCABULARY)
    return ", ".join(CONTRACTS) + ": what a plug-in is" if box == "contracts" else first_sentence(box)


def wrapped(text: str, length: int) -> list[str]:
    """The text in lines of at most so many characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= length and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def draw(graph: Graph) -> str:
    """The picture as SVG."""
    levels = rows(graph)
    places: dict[str, tuple[float, float, float]] = {}
    for level, unordered in enumerate(levels):
        boxes = sorted(unordered, key=lambda box: (_under(box, graph, places), box))
        width = min(360.0, (WIDTH - 30 * (len(boxes) + 1)) / len(boxes))
        gap = (WIDTH - width * len(boxes)) / (len(boxes) + 1)
        for i, box in enumerate(boxes):
            places[box] = (gap + i * (width + gap), 16 + level * ROW, width)
    height = 16 + len(levels) * ROW - (ROW - BOX) + 16
    parts = [_lines(places, arrows(graph)), *(_box(box, places[box]) for box in sorted(places))]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{ARROW}"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _under(box: str, graph: Graph, places: Mapping[str, tuple[float, float, float]]) -> float:
    """Where a box hangs best: the middle of those above that import it; the right edge where none does."""
    middles = [x + width / 2 for above, (x, _, width) in places.items() if box in graph[above]]
    return sum(middles) / len(middles) if middles else WIDTH


def _lines(places: Mapping[str, tuple[float, float, float]], pairs: list[tuple[str, str]]) -> str:
    """From the lower edge of who imports to the upper edge of what is imported, spread along both edges."""
    out = {box: sorted((p for p in pairs if p[0] == box), key=lambda p: places[p[1]][0]) for box in places}
    into = {box: sorted((p for p in pairs if p[1] == box), key=lambda p: places[p[0]][0]) for box in places}
    drawn = []
    for pair in pairs:
        (x1, y1, w1), (x2, y2, w2) = places[pair[0]], places[pair[1]]
        start = x1 + w1 * (out[pair[0]].index(pair) + 1) / (len(out[pair[0]]) + 1)
        end = x2 + w2 * (into[pair[1]].index(pair) + 1) / (len(into[pair[1]]) + 1)
        top, bottom = y1 + BOX, y2 - 2
        bend = (ROW - BOX) * 0.8
        drawn.append(
            f'<path d="M{start:.0f} {top:.0f}C{start:.0f} {top + bend:.0f} {end:.0f} {bottom - bend:.0f} '
            f'{end:.0f} {bottom:.0f}" fill="none" stroke="{ARROW}" stroke-width="1.6" marker-end="url(#head)"/>'
        )
    return "\n".join(drawn)


def _box(box: str, place: tuple[float, float, float]) -> str:
    x, y, width = place
    fill = OUTSIDE if box in PLUGIN_FOLDERS.values() else CORE
    lines = wrapped(text_of(box), int(width / 6.2))
    words = "".join(
        f'<text x="{x + width / 2:.0f}" y="{y + 33 + 14 * i:.0f}" font-size="11" text-anchor="middle" fill="{INK}">'
        f"{escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{BOX}" rx="6" fill="{fill}" stroke="{INK}"/>'
        f'<text x="{x + width / 2:.0f}" y="{y + 18:.0f}" font-size="14" font-weight="bold" text-anchor="middle" '
        f'fill="{INK}">{escape(box)}</text>{words}'
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(read_imports()), encoding="utf-8")
    print(PICTURE)
