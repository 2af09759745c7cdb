"""Room for labels next to points."""

from __future__ import annotations

from collections.abc import Sequence

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


def place_labels(
    spots: Sequence[tuple[float, float]], obstacles: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]]
) -> list[tuple[int, int]]:
    """Where to put the label of each spot, as (-1, 0 or 1 across, -1, 0 or 1 up), so that few overlap.

    All in shares of the panel's width and height. Greedy: each label takes the first of eight places that is free.
    """
    places = [(1, -1), (1, 1), (1, 0), (-1, -1), (0, -1), (-1, 1), (0, 1), (-1, 0)]
    taken: list[Box] = []
    dots = [*obstacles, *spots]
    chosen = []
    for (x, y), (width, height) in zip(spots, sizes, strict=True):
        best = min(places, key=lambda place: _crowding(_box(x, y, width, height, place), taken, dots))
        chosen.append(best)
        taken.append(_box(x, y, width, height, best))
    return chosen


def _box(x: float, y: float, width: float, height: float, place: tuple[int, int]) -> Box:
    across, up = place
    gap = 0.012
    left = x + gap if across > 0 else x - gap - width if across < 0 else x - width / 2
    bottom = y + gap if up > 0 else y - gap - height if up < 0 else y - height / 2
    return left, bottom, left + width, bottom + height


def _crowding(
    box: Box,
    taken: Sequence[Box],
    dots: Sequence[tuple[float, float]],
) -> float:
    left, bottom, right, top = box
    over = sum(left < label[2] and label[0] < right and bottom < label[3] and label[1] < top for label in taken)
    hit = sum(left <= x <= right and bottom <= y <= top for x, y in dots)
    outside = left < 0 or right > 1 or bottom < 0 or top > 1
    return 5.0 * over + hit + 8.0 * outside
