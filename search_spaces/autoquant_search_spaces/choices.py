"""A space given by its choices, for an evaluator that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autoquant.errors import SpecError, did_you_mean
from autoquant.network import NetworkProfile
from autoquant.space import Choice, SearchSpace


class Choices(SearchSpace):
    """Choices by name, each with its options.

    Args:
        network: not used.
        choices: name -> options, in the order of the search space.
        categorical: names of the choices whose options have no order.
    """

    def __init__(
        self,
        network: NetworkProfile | None = None,
        *,
        choices: Mapping[str, Sequence[str | int | float | bool]],
        categorical: Sequence[str] = (),
    ) -> None:
        for name in categorical:
            if name not in choices:
                raise SpecError(f"space.categorical: there is no choice {name!r}; {did_you_mean(name, choices)}")
        super().__init__(
            Choice(name, tuple(options), ordered=name not in categorical) for name, options in choices.items()
        )
