"""PPO over the choices of a space, one policy for every trade-off."""

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
from autoquant.interfaces import FloatArray, Result, Searcher, SearchProblem
from autoquant.searchers.completions import Completions
from autoquant.searchers.ppo_policy import ActorCritic
from autoquant.searchers.ppo_task import Task
from autoquant.searchers.sampling import draw, new_candidates
from autoquant.space import Candidate, IntArray

DRY = 8


@dataclass(frozen=True, slots=True)
class Episodes:
    """One episode a row, all of the same policy."""

    candidates: IntArray
    weights: FloatArray
    tables: FloatArray
    states: FloatArray
    options: FloatArray
    allowed: npt.NDArray[np.bool_]
    actions: IntArray
    logprobs: FloatArray
    values: FloatArray


class PPOSearch(Searcher):
    def __init__(
        self,
        problem: SearchProblem,
        *,
        episodes: Annotated[int, Field(ge=2)] = 16,
        epochs: Annotated[int, Field(ge=1)] = 4,
        minibatches: Annotated[int, Field(ge=1)] = 4,
        learning_rate: Annotated[float, Field(gt=0)] = 3e-3,
        gae: Annotated[float, Field(ge=0, le=1)] = 0.95,
        clip: Annotated[float, Field(gt=0, lt=1)] = 0.2,
        clip_values: bool = False,
        entropy: Annotated[float, Field(ge=0)] = 0.003,
        hidden: Annotated[int, Field(ge=1)] = 64,
        lambdas: tuple[Annotated[float, Field(ge=0)], ...] | None = None,
        lambda_range: tuple[float, float] = (0.01, 100.0),
        gaps: float = 0.5,
        novelty: float = 0.5,
    ) -> None:
        super().__init__(problem)
        self._gaps, self._novelty = gaps, novelty
        self._rng = np.random.default_rng(problem.seed)
        self._episodes, self._epochs, self._minibatches = episodes, epochs, minibatches
        self._gae, self._clip, self._clip_values, self._entropy = gae, clip, clip_values, entropy
        self._lambdas, self._range = lambdas, lambda_range
        self._task = Task(problem, self._rng)
        self._completions = Completions(problem, self._task.marginals)
        self._anchor = self._task.measured[0] if self._task.measured else 0
        self._seen: set[Candidate] = set()
        self._queue: list[Candidate] = []
        self._waiting: set[Candidate] = set()
        self._rollout: Episodes | None = None
        self._started = self._exhausted = False
        self._temperature = 1.0
        self.counted = 0
        self._curves: dict[str, list[tuple[int, float]]] = {}
        self._hidden, self._learning_rate = hidden, learning_rate

    # setup
    def _start(self):
        self._started = True
        problem = self.problem
        first = draw(problem, self._rng, set(), 1)
        self._witness = np.array(first, dtype=np.int64)
        uniform = list(problem.space.uniform().values()) or [
            tuple(int(i) for i in np.round(share * (self._task.sizes - 1))) for share in (0, 0.5, 1)
        ]
        starts = new_candidates(problem, np.array(uniform, dtype=np.int64), set()) or first
        generator = torch.Generator().manual_seed(problem.seed)
        J = len(problem.objectives)
        weights = np.full((2, J), 1.0 / J)
        state, option = self._describe(0, np.repeat(self._witness, 2, 0), weights, self._task.tables())
        L, K = self._task.valid.shape
        self._policy = ActorCritic(state.shape[1], option.shape[2], L, K, J, self._hidden, generator)
        self._optimizer = torch.optim.Adam(self._policy.parameters(), lr=self._learning_rate, eps=1e-5)
        self._propose_new(starts)

    def _propose_new(self, candidates):
        for c in candidates:
            canonical = self.problem.space.canonical(c)
            if canonical not in self._seen:
                self._seen.add(canonical)
                self._queue.append(c)
                self._waiting.add(c)

    def propose(self, count):
        if not self._started:
            self._start()
        if not self._queue and not self._waiting:
            self._roll()
        piece, self._queue = self._queue[:count], self._queue[count:]
        return piece

    def _roll(self):
        for _ in range(DRY):
            if self._exhausted:
                return
            self._rollout = self._play()
            self.counted += self._episodes
            self._propose_new([tuple(map(int, r)) for r in self._rollout.candidates])
            share = len(self._queue) / self._episodes
            self._temperature = min(5.0, max(1.0, self._temperature * (1.1 if share < self._novelty else 1 / 1.1)))
            if self._queue:
                return
            self._update()
        fresh = draw(self.problem, self._rng, self._seen, self._episodes)
        self._exhausted = not fresh
        self._propose_new(fresh)

    def learn(self, results):
        for proposal, metrics in results:
            self._task.add(proposal.candidate, metrics)
            self._waiting.discard(proposal.candidate)
            if metrics is not None:
                self.__dict__.setdefault("_points", []).append(proposal.candidate)
        if not self._waiting and not self._queue and self._rollout is not None:
            self._update()

    @property
    def exhausted(self):
        return self._exhausted

    # λ
    def _draw_weights(self):
        n, J = self._episodes, len(self.problem.objectives)
        weights = np.ones((n, J))
        others = [i for i in range(J) if i != self._anchor]
        if self._lambdas is not None:
            weights[:, others] = self._lambdas
        else:
            low, high = np.log(self._range)
            for i in others:
                share = (self._rng.permutation(n) + self._rng.random(n)) / n
                share[share < 1 / n], share[share >= 1 - 1 / n] = 0.0, 1.0
                weights[:, i] = np.exp(low + share * (high - low))
            if J == 2 and self._gaps and len(self.__dict__.get("_points", [])) > 4:
                from autoquant.pareto import non_dominated
                obj, _ = self._task.scaled(np.array(self._points))
                front = obj[non_dominated(obj)]
                front = np.unique(front, axis=0)
                front = front[np.argsort(front[:, 0])]
                d = np.abs(np.diff(front, axis=0))
                d = d[(d > 0).all(1)]
                if len(d):
                    k = int(self._gaps * n)
                    area = d[:, 0] * d[:, 1]
                    pick = self._rng.choice(len(d), size=k, p=area / area.sum())
                    a, o = self._anchor, others[0]
                    rows = self._rng.permutation(n)[:k]
                    weights[rows, o] = d[pick, a] / d[pick, o]
        return weights / weights.sum(1, keepdims=True)

    def _describe(self, step, candidates, weights, tables):
        n, L = candidates.shape
        J = weights.shape[1]
        K = tables.shape[2]
        chosen = np.where(np.arange(L) < step, candidates, 0)
        done = np.arange(L) < step
        position = np.where(done, (candidates + 1) / self._task.sizes, 0.0)
        used = np.stack([np.where(done, tables[j][np.arange(L), chosen], 0).sum(1) for j in range(J)], axis=1)
        weighted = np.einsum("nj,jlk->nlk", weights, tables[:, step:])
        valid = self._task.valid[step:]
        least = np.where(valid, weighted, np.inf).min(2).sum(1)
        where = np.zeros((n, L)); where[:, step] = 1
        others = [i for i in range(J) if i != self._anchor]
        lam = np.log10(np.clip(weights[:, others] / np.maximum(weights[:, [self._anchor]], 1e-9), 1e-4, 1e4)) / 2
        slack = []
        for c in self.problem.constraints:
            if c.metric in self._task.marginals:
                t = self._task.marginals[c.metric]
                span = t.max(1).sum() or 1.0
                slack.append(np.where(done, t[np.arange(L), chosen], 0).sum(1) / span)
        state = np.column_stack([where, position, np.full(n, step / L), weights, lam, used, (weights * used).sum(1), least, *slack])
        here = tables[:, step]  # J,K
        raw = np.broadcast_to(here.T, (n, K, J)) * L
        each = raw * weights[:, None]
        total = each.sum(2, keepdims=True)
        pos = np.broadcast_to(((np.arange(K) + 1) / self._task.sizes[step])[None, :, None], (n, K, 1))
        option = np.concatenate([raw, each, total, pos], axis=2)
        return state, option

    def _play(self):
        weights = self._draw_weights()
        n = self._episodes
        L, K = self._task.valid.shape
        tables = self._task.tables()
        witnesses = np.repeat(self._witness, n, axis=0)
        kept = []
        for step in range(L):
            state, option = self._describe(step, witnesses, weights, tables)
            ok, completed = self._completions.options(step, witnesses)
            allowed = np.zeros((n, K), dtype=bool)
            allowed[:, : ok.shape[1]] = ok
            with torch.no_grad():
                logp, value = self._policy(*(torch.from_numpy(a) for a in (state, option, weights, allowed)))
                logp = torch.log_softmax(logp / self._temperature, 1).numpy()
            p = np.round(np.exp(logp), 6)
            p /= p.sum(1, keepdims=True)
            u = self._rng.random(n)
            action = np.minimum((p.cumsum(1) <= u[:, None]).sum(1), K - 1)
            bad = ~allowed[np.arange(n), action]
            action[bad] = p[bad].argmax(1)
            witnesses = completed[np.arange(n), action]
            kept.append((state, option, allowed, action, logp[np.arange(n), action], value.numpy()))
        cols = [np.stack(c, axis=1) for c in zip(*kept)]
        return Episodes(witnesses, weights, tables, *cols)

    def _update(self):
        ep = self._rollout
        self._rollout = None
        n, L = ep.candidates.shape
        objectives, excess = self._task.scaled(ep.candidates)
        returns = -(ep.weights * objectives).sum(1) - 2 * excess
        per = ep.tables[:, np.arange(L), ep.candidates]  # J,n,L
        rewards = -np.einsum("nj,jnl->nl", ep.weights, per)
        rewards[:, -1] += returns - rewards.sum(1)
        values = np.concatenate([ep.values, np.zeros((n, 1))], axis=1)
        deltas = rewards + values[:, 1:] - values[:, :-1]
        adv = np.zeros_like(deltas)
        last = np.zeros(n)
        for t in reversed(range(L)):
            last = deltas[:, t] + self._gae * last
            adv[:, t] = last
        target = adv + ep.values
        flat = lambda a: torch.from_numpy(np.ascontiguousarray(a.reshape(n * L, *a.shape[2:])))
        S, O, M, A, LP, V = map(flat, (ep.states, ep.options, ep.allowed, ep.actions, ep.logprobs, ep.values))
        W = torch.from_numpy(np.repeat(ep.weights, L, axis=0))
        ADV, T = flat(adv), flat(target)
        for _ in range(self._epochs):
            for idx in np.array_split(self._rng.permutation(n * L), self._minibatches):
                i = torch.from_numpy(idx)
                logp, value = self._policy(S[i], O[i], W[i], M[i])
                new = logp.gather(1, A[i, None])[:, 0]
                ratio = (new - LP[i]).exp()
                a = ADV[i]
                a = (a - a.mean()) / (a.std() + 1e-8)
                pg = torch.max(-a * ratio, -a * ratio.clamp(1 - self._clip, 1 + self._clip)).mean()
                vl = 0.5 * (value - T[i]).square().mean()
                ent = -(logp.exp() * logp.clamp(min=-50)).sum(1).mean()
                loss = pg - self._entropy * ent + 0.5 * vl * getattr(self, "vscale", 1.0)
                self._optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self._policy.parameters(), 0.5)
                self._optimizer.step()
        self.last = dict(ret=returns.mean(), ent=float(ent), vl=float(vl), temp=self._temperature)
