"""PPO: a policy that chooses option after option, the same one for every trade-off between the objectives.

Schulman et al., "Proximal Policy Optimization Algorithms", 2017 (equations 7 and 9), with the advantages of Schulman et
al., "High-Dimensional Continuous Control Using Generalized Advantage Estimation", 2016 (equation 16). One step a choice
of the space; the reward of a step is -dLoss - lambda * dCost, what the chosen option changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from autoquant.errors import SpecError
from autoquant.interfaces import FloatArray, LearningPoint, Result, Searcher, SearchProblem
from autoquant.searchers.action_mask import ActionMask
from autoquant.searchers.ppo_environment import PPOEnvironment
from autoquant.searchers.ppo_policy import ActorCritic
from autoquant.searchers.sampling import draw, new_candidates
from autoquant.space import Candidate, IntArray

VALUE_SHARE = 0.5
"""Weight of the value loss, that of the policy being 1."""
MAX_GRADIENT = 0.5
"""Norm to which gradients are clipped."""
NOVEL = 0.5
"""Share of an update's candidates that should be new, so that workers have something to do."""
MIN_TEMPERATURE, MAX_TEMPERATURE = 1.2, 50.0
"""Sampling temperatures of the policy where too few of its candidates are new."""
TEMPERATURE_TRIES = 4
DRY_UPDATES = 2
"""Updates in a row whose every candidate is known, before something new is looked for in other ways."""

Lambda = Annotated[float, Field(ge=0, le=1e9)]
Bound = Annotated[float, Field(gt=0, le=1e9)]


@dataclass(frozen=True, slots=True)
class PPOOptions:
    """What a spec may set."""

    episodes: Annotated[int, Field(ge=2, le=10_000)] = 16
    """Episodes of an update. Fewer learn more of the same number of trials; a multiple of the trials that run at a time
    leaves no worker idle, as an update waits for all of its results."""
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 4
    """Passes over the steps of an update."""
    minibatches: Annotated[int, Field(ge=1, le=10_000)] = 4
    """Parts into which each pass is cut, a gradient step each."""
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    """Of Adam."""
    gae: Annotated[float, Field(ge=0, le=1)] = 0.95
    """Lambda of the advantages: 0 trusts the values, 1 the returns."""
    clip: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """How far from 1 the ratio of new to old probability may go."""
    clip_values: bool = False
    """Whether values are clipped around the old ones as the ratio is."""
    entropy: Annotated[float, Field(ge=0)] = 0.003
    """Weight of the entropy bonus."""
    hidden: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Width of the hidden layers."""
    lambda_range: tuple[Bound, Bound] = (0.01, 100.0)
    """Least and greatest lambda; both ends are in every update, the others are sampled log-uniformly."""
    lambdas: tuple[Lambda, ...] | None = None
    """One lambda for each objective but the first measured one, in place of sampled ones."""


@dataclass(frozen=True, slots=True)
class Episodes:
    """The episodes of one update, all of the same policy: one a row, with one step a choice."""

    candidates: IntArray
    """(episodes, steps): what was chosen."""
    weights: FloatArray
    """(episodes, objectives): the trade-off of each, summing to 1."""
    tables: FloatArray
    """(objectives, steps, options): what each option adds to each objective, as far as was known."""
    states: FloatArray
    options: FloatArray
    allowed: npt.NDArray[np.bool_]
    actions: IntArray
    logprobs: FloatArray
    """Of the actions when they were taken."""
    values: FloatArray

    @property
    def chosen(self) -> list[Candidate]:
        """What was chosen, one candidate an episode."""
        return [tuple(map(int, candidate)) for candidate in self.candidates]


class PPOSearch(Searcher):
    """A policy for all trade-offs, learned from episodes of which only new ones are measured.

    An episode draws a lambda for every objective but the first measured one, and chooses options one after the other.
    Its return is -(loss + sum of lambda * cost) / (1 + sum of lambda), each objective scaled to [0, 1]; an episode that
    breaks a constraint on a measured metric counts as worse than all that break none (Deb, 2000). Options that would
    leave no known way to hold the constraints on costs are masked. All episodes of an update come from one policy and
    are proposed together; candidates known before take their result from memory.

    What a step does to a measured objective is only known at the end. Each step is given what an additive model of the
    results says, and the last one the rest, so that the return is what was measured (Arjona-Medina et al., "RUDDER:
    Return Decomposition for Delayed Rewards", 2019). The more layers, the more of the front it finds so, compared with
    the whole reward at the last step.

    Args:
        problem: space, objectives, constraints, prices and seed.
        options: all that can be set.
    """

    def __init__(self, problem: SearchProblem, *, options: PPOOptions = PPOOptions()) -> None:
        super().__init__(problem)
        self._options = options
        self._rng = np.random.default_rng(problem.seed)
        self._environment = PPOEnvironment(problem, self._rng)
        self._others = [i for i in range(len(problem.objectives)) if i != self._environment.anchor]
        self._check_lambdas()
        self._seen: set[Candidate] = set()
        """All that was proposed or waits in the queue."""
        self._queue: list[Candidate] = []
        self._untold: set[Candidate] = set()
        self._played: Episodes | None = None
        """The episodes that wait for results."""
        self._temperature = MIN_TEMPERATURE
        self._exhausted = False
        self.played = 0
        """Number of episodes played, those with known candidates too."""
        self._curves: dict[str, list[LearningPoint]] = {}

    def _check_lambdas(self) -> None:
        lambdas, least_most = self._options.lambdas, self._options.lambda_range
        names = [self.problem.objectives[i].metric for i in self._others]
        if lambdas is not None and len(lambdas) != len(names):
            raise SpecError(
                f"searcher.lambdas: {len(lambdas)} given; there must be {len(names)}, one for each of {names}"
            )
        if least_most[0] > least_most[1]:
            raise SpecError(f"searcher.lambda_range: {list(least_most)} is upside down; give the least lambda first")

    @property
    def exhausted(self) -> bool:
        """True once neither the policy nor drawing found anything new."""
        return self._exhausted

    @property
    def curves(self) -> Mapping[str, Sequence[LearningPoint]]:
        """Mean return of the episodes, entropy, approximate KL, clip fraction and value loss of each update."""
        return self._curves

    def propose(self, count: int) -> list[Candidate]:
        """The first candidates, then the new ones of an update's episodes; nothing while results are awaited."""
        if not self._seen:
            self._start()
        elif not self._untold:
            self._collect()
        piece, self._queue = self._queue[:count], self._queue[count:]
        return piece

    def learn(self, results: list[Result]) -> None:
        """Take in results; the last one of an update makes the policy learn."""
        for proposal, metrics in results:
            self._environment.add(proposal.candidate, metrics)
            self._untold.discard(proposal.candidate)
        if not self._untold and self._played is not None:
            self._update(self._played)

    def _start(self) -> None:
        """Uniform bit-widths first: they span the objectives, by which returns are scaled. Then a policy is made."""
        problem = self.problem
        feasible = draw(problem, self._rng, set(), 1)
        self._feasible = np.array(feasible, dtype=np.int64)
        self._mask = ActionMask(problem, self._environment.marginals)
        equal = [np.round(share * (problem.space.sizes - 1)) for share in (0, 0.5, 1)]
        uniform = np.array(list(problem.space.uniform().values()) or equal, dtype=np.int64)
        self._enqueue(new_candidates(problem, uniform, set()) or feasible)
        weights = self._draw_weights()[:1]
        state, option = self._environment.describe(0, self._feasible, weights, self._environment.tables())
        generator = torch.Generator().manual_seed(problem.seed)
        own = (*self._environment.valid.shape, weights.shape[1])
        self._policy = ActorCritic(state.shape[1], option.shape[2], own, self._options.hidden, generator)
        self._optimizer = torch.optim.Adam(self._policy.parameters(), lr=self._options.learning_rate, eps=1e-5)

    def _enqueue(self, candidates: list[Candidate]) -> None:
        """Queue those that give a network that was not proposed before, in canonical form."""
        for candidate in map(self.problem.space.canonical, candidates):
            if candidate not in self._seen:
                self._seen.add(candidate)
                self._queue.append(candidate)
                self._untold.add(candidate)

    def _collect(self) -> None:
        """Play until there is something new to measure; updates whose every candidate is known happen at once."""
        for _ in range(0 if self._exhausted else DRY_UPDATES):
            self._played = self._play()
            self._enqueue(self._played.chosen)
            if self._queue:
                break
            self._update(self._played)
        if not self._exhausted:
            self._explore()
            self._exhausted = not self._queue

    def _explore(self) -> None:
        """Where the policy finds little that is new: a higher sampling temperature, else random candidates.

        The policy does not learn from them, as they are not its own; they are in its memory when it comes there.
        """
        wanted = round(NOVEL * self._options.episodes)
        for _ in range(TEMPERATURE_TRIES):
            had = len(self._queue)
            if had >= wanted:
                return
            self._enqueue(self._play(self._temperature).chosen)
            self._temperature *= float(np.exp(NOVEL - (len(self._queue) - had) / self._options.episodes))
            self._temperature = min(max(self._temperature, MIN_TEMPERATURE), MAX_TEMPERATURE)
        if len(self._queue) < wanted:
            self._enqueue(draw(self.problem, self._rng, self._seen, wanted - len(self._queue)))

    def _draw_weights(self) -> FloatArray:
        """Trade-offs: (episodes, objectives), the shares 1 and lambda of their sum."""
        episodes, lambdas = self._options.episodes, self._options.lambdas
        weights = np.ones((episodes, len(self.problem.objectives)))
        if lambdas is not None:
            weights[:, self._others] = lambdas
        low, high = np.log(self._options.lambda_range)
        for objective in self._others if lambdas is None else []:
            strata = self._rng.permutation(episodes)
            shares = (strata + self._rng.random(episodes)) / episodes
            shares = np.where(strata == 0, 0.0, np.where(strata == episodes - 1, 1.0, shares))
            weights[:, objective] = np.exp(low + shares * (high - low))
        normalised: FloatArray = weights / weights.sum(axis=1, keepdims=True)
        return normalised

    @torch.no_grad()
    def _play(self, temperature: float = 1.0) -> Episodes:
        """One episode for each trade-off; all of them take a step together."""
        episodes = self._options.episodes
        self.played += episodes
        weights, tables = self._draw_weights(), self._environment.tables()
        rows = np.arange(episodes)
        completions = np.repeat(self._feasible, episodes, axis=0)
        steps = []
        for step in range(completions.shape[1]):
            state, option = self._environment.describe(step, completions, weights, tables)
            allowed = np.zeros((episodes, option.shape[1]), dtype=bool)
            options = self._mask.options(step, completions)
            allowed[:, : options.allowed.shape[1]] = options.allowed
            logits, values = self._policy(*map(torch.from_numpy, (state, option, weights, allowed)))
            logprobs = torch.log_softmax(logits / temperature, dim=1).numpy()
            actions = self._sample(logprobs, allowed)
            completions = options.completions[rows, actions]
            steps.append((state, option, allowed, actions, logprobs[rows, actions], values.numpy()))
        return Episodes(completions, weights, tables, *(np.stack(part, axis=1) for part in zip(*steps, strict=True)))

    def _sample(self, logprobs: FloatArray, allowed: npt.NDArray[np.bool_]) -> IntArray:
        """An allowed option of each row. Probabilities are rounded, so that their last digits choose nothing."""
        probabilities = np.where(allowed, np.maximum(np.round(np.exp(logprobs), 6), 1e-6), 0.0)
        edges = probabilities.cumsum(axis=1)
        sampled = self._rng.random(len(edges)) * edges[:, -1]
        actions: IntArray = (edges <= sampled[:, None]).sum(axis=1)
        return actions

    def _update(self, played: Episodes) -> None:
        """Raise the clipped objective on the steps of these episodes, whose results are known."""
        self._played = None
        rewards = self._rewards(played)
        advantages = self._advantages(rewards, played.values)
        targets = advantages + played.values
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        weights = np.repeat(played.weights[:, None], rewards.shape[1], axis=1)
        parts = (played.states, played.options, weights, played.allowed, played.actions, played.logprobs)
        steps = [_flat(part) for part in (*parts, played.values, advantages, targets)]
        statistics = []
        for _ in range(self._options.epochs):
            order = self._rng.permutation(rewards.size)
            for rows in np.array_split(order, min(self._options.minibatches, rewards.size)):
                minibatch = [part[torch.from_numpy(rows)] for part in steps]
                statistics.append(self._descend(*minibatch))
        means = torch.stack(statistics).mean(dim=0).tolist()
        names = ("entropy", "approximate KL", "clip fraction", "value loss")
        for name, value in [("mean return", float(rewards.sum(axis=1).mean())), *zip(names, means, strict=True)]:
            self._curves.setdefault(name, []).append(LearningPoint(self.asked, value))

    def _rewards(self, played: Episodes) -> FloatArray:
        """(episodes, steps), summing to the return of each episode."""
        objectives, excess = self._environment.scaled(played.candidates)
        returns = np.where(excess > 0, -1.0 - excess, -(played.weights * objectives).sum(axis=1))
        chosen = played.tables[:, np.arange(played.candidates.shape[1]), played.candidates]
        rewards: FloatArray = -np.einsum("nj,jns->ns", played.weights, chosen)
        rewards[:, -1] += returns - rewards.sum(axis=1)
        return rewards

    def _advantages(self, rewards: FloatArray, values: FloatArray) -> FloatArray:
        """Generalized advantage estimates, without discount: an episode is as long as the space has choices."""
        errors = rewards + np.pad(values[:, 1:], ((0, 0), (0, 1))) - values
        advantages = errors.copy()
        for step in reversed(range(errors.shape[1] - 1)):
            advantages[:, step] += self._options.gae * advantages[:, step + 1]
        return advantages

    def _descend(
        self,
        state: Tensor,
        option: Tensor,
        weights: Tensor,
        allowed: Tensor,
        actions: Tensor,
        before: Tensor,
        old_values: Tensor,
        advantages: Tensor,
        targets: Tensor,
    ) -> Tensor:
        """One gradient step on a minibatch; its entropy, approximate KL, clip fraction and value loss."""
        logprobs, values = self._policy(state, option, weights, allowed)
        change = logprobs.gather(1, actions[:, None])[:, 0] - before
        ratio = change.exp()
        clipped = ratio.clamp(1 - self._options.clip, 1 + self._options.clip)
        policy_loss = -torch.minimum(ratio * advantages, clipped * advantages).mean()
        value_loss = (values - targets).square()
        if self._options.clip_values:
            near = old_values + (values - old_values).clamp(-self._options.clip, self._options.clip)
            value_loss = torch.maximum(value_loss, (near - targets).square())
        entropy = -(logprobs.exp() * logprobs).sum(dim=1).mean()
        loss = policy_loss - self._options.entropy * entropy + VALUE_SHARE * 0.5 * value_loss.mean()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._policy.parameters(), MAX_GRADIENT)
        self._optimizer.step()
        kl = (ratio - 1 - change).mean()  # Schulman, "Approximating KL Divergence", 2020: k3
        outside = ((ratio - 1).abs() > self._options.clip).double().mean()
        return torch.stack([entropy, kl, outside, 0.5 * value_loss.mean()]).detach()


def _flat(part: npt.NDArray[np.generic]) -> Tensor:
    """(episodes, steps, ...) as a tensor of (episodes * steps, ...)."""
    return torch.from_numpy(part.reshape(-1, *part.shape[2:]))
