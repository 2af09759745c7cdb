"""What can be chosen: choices, candidates and the space they span."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import LayerConfig, LayerOption, LayerPrecision, LayerProfile, NetworkProfile

Option = str | int | float | bool
"""One value of a choice: a JSON scalar."""

Candidate = tuple[int, ...]
"""One option index per choice, in the order of the choices. Hashable."""

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision. ``ordered`` says that neighbouring options are similar (bit-widths are; operations are not)."""

    name: str
    options: tuple[Option, ...]
    ordered: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        if not self.options:
            raise SpecError(f"choice {self.name!r}: it has no options; give at least one")
        if len(set(self.options)) != len(self.options):
            raise SpecError(f"choice {self.name!r}: the options {list(self.options)} repeat; each may stand once")


class SearchSpace:
    """Ordered choices. Subclasses add what a candidate's network looks like.

    Raises `SpecError` when two choices share a name or there are none.
    """

    notes: tuple[str, ...] = ()
    """What should be known of the space of a network, a sentence each, such as options that a layer goes without. They
    are logged and kept with those of the network's profile."""

    def __init__(self, choices: Iterable[Choice]) -> None:
        self.choices: tuple[Choice, ...] = tuple(choices)
        names = [choice.name for choice in self.choices]
        if not names:
            raise SpecError("space: there is nothing to choose; give at least one choice")
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise SpecError(f"space: the choice names {repeated} stand more than once; each must be unique")
        self.sizes: IntArray = np.array([len(choice.options) for choice in self.choices], dtype=np.int64)

    @property
    def size(self) -> int:
        """Number of candidates (equivalent ones counted separately)."""
        return math.prod(int(size) for size in self.sizes)

    def check(self, candidate: Sequence[int]) -> Candidate:
        """The candidate as a plain tuple; `SpecError` when it is not one of this space."""
        plain = tuple(int(index) for index in candidate)
        if len(plain) != len(self.choices):
            raise SpecError(
                f"candidate {plain}: it has {len(plain)} indices, the space has {len(self.choices)} choices"
            )
        for index, choice in zip(plain, self.choices, strict=True):
            if not 0 <= index < len(choice.options):
                last = len(choice.options) - 1
                raise SpecError(f"candidate {plain}: index {index} of choice {choice.name!r} is outside 0..{last}")
        return plain

    def canonical(self, candidate: Candidate) -> Candidate:
        """The one candidate that stands for all that give the same network. Here every candidate is its own."""
        return candidate

    def decode(self, candidate: Candidate) -> dict[str, Option]:
        """The chosen option of each choice, by name."""
        return {choice.name: choice.options[index] for choice, index in zip(self.choices, candidate, strict=True)}

    def encode(self, options: Mapping[str, Option]) -> Candidate:
        """The candidate with these options; every choice must be named. `SpecError` names what does not fit."""
        names = {choice.name for choice in self.choices}
        if set(options) != names:
            raise SpecError(
                f"options: missing {sorted(names - set(options))}, not in the space {sorted(set(options) - names)}"
            )
        indices = []
        for choice in self.choices:
            option = options[choice.name]
            if option not in choice.options:
                raise SpecError(f"{choice.name}: {option!r} is no option; accepted: {list(choice.options)}")
            indices.append(choice.options.index(option))
        return tuple(indices)

    def sample(self, rng: np.random.Generator, count: int) -> IntArray:
        """``count`` uniformly sampled candidates, shape (count, number of choices)."""
        return rng.integers(0, self.sizes, size=(count, len(self.choices)))

    def uniform(self) -> dict[str, Candidate]:
        """Named candidates that every search is compared with (the same bit-width everywhere). May be empty."""
        return {}

    # What a candidate's network looks like to a cost model: each layer that there may be has a list of options, a
    # candidate picks one index in each list, and the layers that it picks make a network.

    @property
    def layer_options(self) -> tuple[tuple[LayerOption, ...], ...]:
        """What each layer may be: a profile and a precision, or `ABSENT`. All of one layer bear its name."""
        raise UnsupportedError(f"{type(self).__name__} describes no network layers, so no cost model can price it")

    def unsupported(
        self, supported: Callable[[LayerProfile, LayerPrecision], bool]
    ) -> Mapping[str, Mapping[str, Sequence[Option]]]:
        """What of each layer's choices no combination supports: layer -> a list of the space's, such as ``weights`` or
        ``activations`` -> options.

        A space that gives any takes it as its option ``left_out`` and is then without. Here nothing is excluded.
        """
        return {}

    def layer_indices(self, candidates: npt.NDArray[Any]) -> IntArray:
        """Index into `layer_options` of every layer: (n, choices) -> (n, layers)."""
        raise UnsupportedError(f"{type(self).__name__} describes no network layers, so no cost model can price it")

    def network(self, candidate: Candidate) -> NetworkProfile:
        """The network that a candidate stands for; the same object for candidates that differ in precision alone.

        Its layers are those of `configs` that are not absent, but for their ``order``.
        """
        raise UnsupportedError(f"{type(self).__name__} describes no network layers, so no cost model can price it")

    def networks(self, candidates: npt.NDArray[Any]) -> list[tuple[NetworkProfile, IntArray]]:
        """The distinct networks of candidates (n, choices), each with the positions of its candidates."""
        groups: dict[int, tuple[NetworkProfile, list[int]]] = {}
        for position, row in enumerate(candidates.tolist()):
            network = self.network(tuple(row))
            groups.setdefault(id(network), (network, []))[1].append(position)
        return [(network, np.array(positions, dtype=np.int64)) for network, positions in groups.values()]

    def configs(self, candidate: Candidate) -> tuple[LayerOption, ...]:
        """The option of every layer under this candidate, in the order of `layer_options`."""
        indices = self.layer_indices(np.array([candidate], dtype=np.int64))[0]
        return tuple(options[int(index)] for options, index in zip(self.layer_options, indices, strict=True))

    def precisions(self, candidate: Candidate) -> tuple[LayerPrecision, ...]:
        """The precision of every layer of the candidate's `network`, in the order of its layers."""
        present = [config for config in self.configs(candidate) if isinstance(config, LayerConfig)]
        by_name = {config.profile.name: config.precision for config in present}
        return tuple(by_name[layer.name] for layer in self.network(candidate))
