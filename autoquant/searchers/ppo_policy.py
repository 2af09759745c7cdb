"""The networks of PPO: one scores the options of a choice, the other values a state."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def layer(inputs: int, outputs: int, gain: float, generator: torch.Generator) -> nn.Linear:
    """A linear layer in float64, orthogonal weights of this gain from this generator."""
    # Not torch's own first weights: they come from the global generator.
    made: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs, dtype=torch.float64)  # type: ignore[no-untyped-call]
    nn.init.orthogonal_(made.weight, gain, generator=generator)
    nn.init.zeros_(made.bias)
    return made


class ActorCritic(nn.Module):
    """Scores options from what they cost and do, so that what is learned of one layer serves the others.

    Args:
        state: number of features of a state; the first ones say which choice is next, one feature each.
        option: number of features of an option.
        own: number of choices, most options of one, number of objectives.
        hidden: width of the hidden layers.
        generator: where the first weights come from.
    """

    def __init__(
        self, state: int, option: int, own: tuple[int, int, int], hidden: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        wide = math.sqrt(2)
        self._choices = own[0]
        self._from_state = layer(state, hidden, wide, generator)
        self._from_option = layer(option, hidden, wide, generator)
        self._score = nn.Sequential(nn.Tanh(), layer(hidden, hidden, wide, generator), nn.Tanh())
        self._score.append(layer(hidden, 1, 0.01, generator))
        self._direct = layer(option, 1, 0.01, generator)
        self._own = nn.Parameter(torch.zeros(own, dtype=torch.float64))
        """What is learned of one option alone, for each weight of an objective."""
        self._value = nn.Sequential(layer(state, hidden, wide, generator), nn.Tanh())
        self._value.extend([layer(hidden, hidden, wide, generator), nn.Tanh(), layer(hidden, 1, 1.0, generator)])

    def forward(self, state: Tensor, option: Tensor, weights: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities of the options (n, options), of which only the ``allowed`` ones count, and values (n,).

        ``state`` (n, features), ``option`` (n, options, features), ``weights`` of the objectives (n, objectives).
        """
        mixed = self._from_state(state)[:, None] + self._from_option(option)
        own = torch.einsum("nc,cow,nw->no", state[:, : self._choices], self._own, weights)
        logits = self._score(mixed)[..., 0] + self._direct(option)[..., 0] + own
        logits = logits.masked_fill(~allowed, -1e9)
        return torch.log_softmax(logits, dim=1), self._value(state)[:, 0]
