"""Bringing a graph into the form in which an engine executes it, before its costs are estimated.

An engine that runs a network as it is written executes branches that lead nowhere; a compiler leaves them out. A fit
that does not know which of the two it looks at explains the difference by whatever else it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

Edge = tuple[int, int]
"""From node to node, the lower number first."""

Removes = Literal["nothing", "unread", "dead"]
REMOVES: tuple[Removes, ...] = ("nothing", "unread", "dead")
"""What an engine removes: nothing; operations that no output depends on; also those that no input reaches."""


def executed(edges: Sequence[Edge], kept: Iterable[int], source: int, sink: int, removes: Removes) -> list[int]:
    """Positions of the edges that an engine executes, among those in ``kept`` (the others hold no operation).

    An edge is dead that lies on no path from ``source`` to ``sink``.
    """
    present = list(kept)
    if removes == "nothing":
        return present
    read = _reachable([edges[i][::-1] for i in present], sink)
    alive = [i for i in present if edges[i][1] in read]
    if removes == "unread":
        return alive
    reached = _reachable([edges[i] for i in present], source)
    return [i for i in alive if edges[i][0] in reached]


def _reachable(edges: Sequence[Edge], start: int) -> set[int]:
    reached, fresh = {start}, {start}
    while fresh:
        fresh = {end for begin, end in edges if begin in fresh} - reached
        reached |= fresh
    return reached
