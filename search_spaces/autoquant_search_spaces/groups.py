"""Names of layers: which ones a pattern means, and which layers share a choice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from autoquant.errors import SpecError, did_you_mean
from autoquant.network import NetworkProfile

Tie = Literal["residual", "shared_input"]


def matched(pattern: str, names: Sequence[str]) -> list[str]:
    """The layer of this name; else ``first`` or ``last`` of the names, which are in order of execution; else those
    that the pattern matches (``*`` and ``?``). Empty where there are none."""
    ends = {"first": names[:1], "last": names[-1:]}
    exact = [name for name in names if name == pattern]
    return list(exact or ends.get(pattern) or [name for name in names if fnmatchcase(name, pattern)])


def named_groups(groups: Mapping[str, Sequence[str]], names: Sequence[str]) -> dict[str, list[str]]:
    """Group -> its layers. `SpecError` for a pattern without a layer, and a layer in two groups."""
    members: dict[str, list[str]] = {}
    owner: dict[str, str] = {}
    for group, patterns in groups.items():
        if group in names:
            raise SpecError(f"space.groups.{group}: a layer has this name; give the group another")
        for pattern in patterns:
            layers = matched(pattern, names)
            if not layers:
                raise SpecError(f"space.groups.{group}: no layer matches {pattern!r}; {did_you_mean(pattern, names)}")
            for layer in layers:
                if owner.setdefault(layer, group) != group:
                    raise SpecError(f"space.groups.{group}: layer {layer!r} is in the group {owner[layer]!r} too")
        members[group] = [name for name in names if owner.get(name) == group]
        if len(members[group]) < 2:
            raise SpecError(f"space.groups.{group}: it has {len(members[group])} layers; a group has two or more")
    return members


def tied(kinds: Sequence[Tie], network: NetworkProfile) -> list[Sequence[str]]:
    """Groups of layers of the network that are tied so. `SpecError` where its graph is not known."""
    if kinds and not network.operations:
        raise SpecError("space.tie: the graph of this network is not known, so nobody can tell which layers meet")
    groups = {"residual": network.joined, "shared_input": network.shared_input}
    return [group for kind in kinds for group in groups[kind]]


def partition(names: Sequence[str], groups: Iterable[Collection[str]]) -> list[tuple[str, ...]]:
    """The names in parts, each in the given order; names that stand in one group are in one part."""
    parts = [{name} for name in names]
    for group in groups:
        touched = [part for part in parts if part & set(group)]
        if touched:
            parts = [part for part in parts if not part & set(group)] + [set().union(*touched)]
    ordered = [tuple(name for name in names if name in part) for part in parts]
    return sorted(ordered, key=lambda part: names.index(part[0]))
