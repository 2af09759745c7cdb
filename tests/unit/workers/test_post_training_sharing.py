"""Candidates that share layers measure exactly what each measures alone in a fresh evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from autoquant_search_spaces.bit_widths import BitWidths
from autoquant_workers.post_training import PostTraining
from measuring import measure, measure_many, measure_reference
from spaces import bit_widths
from torch import Tensor, nn

from autoquant import plugins
from autoquant.data import DataSplits, Split, SplitName
from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import LayerPrecision
from autoquant.space import Candidate
from autoquant.trial import Measurement


class Residual(nn.Module):
    """Writes into the outputs of its layers: in-place ReLU and ``+=``."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.a, self.b = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.norm_a, self.norm_b = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.last = nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.relu(self.stem(inputs))
        more = self.relu(self.norm_a(self.a(values)))
        more = self.norm_b(self.b(more))
        more += values
        return self.last(self.relu(more).mean((2, 3)))


class Winding(nn.Module):
    """Goes other ways for other batch sizes and values, writes into its inputs, and drops out (not in eval mode)."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.even, self.odd = nn.Linear(72, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.drop, self.last = nn.Dropout(0.5), nn.Linear(8, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        values = self.drop(self.first(inputs.mul_(0.5).flatten(1)).relu_())
        order = [self.even, self.odd] if len(inputs) % 2 == 0 else [self.odd, self.even]
        if float(values.mean()) > 0.2:
            order.reverse()
        for layer in order:
            values = values + torch.relu(layer(values))
        return self.last(values)


def sequential() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3, groups=4), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(16, 8), nn.ReLU6(inplace=True), nn.Linear(8, 3),
    )  # fmt: skip


NETWORKS = [sequential, Residual, Winding]


def data() -> DataSplits:
    generator = torch.Generator().manual_seed(0)
    sizes = (23, 17, 12)
    return DataSplits(
        *(
            Split(torch.randn(size, 2, 6, 6, generator=generator), torch.randint(3, (size,), generator=generator))
            for size in sizes
        )
    )


def evaluator(make: Any, **options: Any) -> PostTraining:
    torch.manual_seed(0)
    return PostTraining(make(), data(), batch_size=8, **options)


def space_of(built: PostTraining) -> BitWidths:
    return bit_widths(built.profile(), weights=[2, 4, 8], activations=[4, "float"])


def candidates_of(space: BitWidths, seed: int, count: int) -> list[Candidate]:
    """Random ones with mutants of them, so that prefixes of every length are common."""
    rng = np.random.default_rng(seed)
    rows = space.sample(rng, count)
    for row in rows[1:]:
        start = rng.integers(len(row))
        row[:start] = rows[0][:start]
    return [tuple(int(index) for index in row) for row in rows]


def scores(outcome: Measurement | Exception) -> Any:
    assert isinstance(outcome, Measurement), outcome
    return outcome.metrics, outcome.standard_errors


def alone(make: Any, space: BitWidths, candidate: Candidate, split: SplitName) -> Any:
    return scores(measure(evaluator(make, memo_mb=0), space, candidate, split))


@pytest.mark.parametrize("make", NETWORKS)
def test_batches_measure_what_each_candidate_measures_alone(make):
    shared = evaluator(make)
    space = space_of(shared)
    for seed, split in enumerate(("search", "test", "search")):
        chosen = candidates_of(space, seed, 8)
        found = [scores(outcome) for outcome in measure_many(shared, space, chosen, split)]
        assert found == [alone(make, space, candidate, split) for candidate in chosen]
        assert scores(measure(shared, space, chosen[3], split)) == found[3]
        assert scores(measure_reference(shared, split)) == scores(measure_reference(evaluator(make, memo_mb=0), split))
    assert shared._memo.hits > 50
    assert len({repr(one) for one in found}) > 1


@pytest.mark.parametrize(("make", "limit"), [(sequential, 6000), (Residual, 15000), (Winding, 1000)])
def test_a_memo_that_is_always_full_changes_nothing(make, limit):
    shared, plain = evaluator(make), evaluator(make, memo_mb=0)
    shared._memo.limit = limit
    space = space_of(shared)
    chosen = candidates_of(space, 7, 30)
    found = [scores(outcome) for outcome in measure_many(shared, space, chosen)]
    assert found == [scores(outcome) for outcome in measure_many(plain, space, chosen)]
    assert limit / 2 < shared._memo.most_held <= limit
    assert shared._memo.hits > 0
    assert plain._memo.most_held == 0


@pytest.mark.parametrize("make", NETWORKS)
def test_order_and_neighbours_do_not_matter(make):
    built = evaluator(make)
    space = space_of(built)
    chosen = candidates_of(space, 3, 10)
    forward = [scores(outcome) for outcome in measure_many(built, space, chosen)]
    backward = [scores(outcome) for outcome in measure_many(evaluator(make), space, chosen[::-1])]
    assert forward == backward[::-1]
    assert measure_many(built, space, []) == []
    twice = measure_many(built, space, [chosen[0], chosen[0]])
    assert [scores(outcome) for outcome in twice] == forward[:1] * 2


@pytest.mark.parametrize(
    ("choice", "options"),
    [
        ("weight_scale", {"weight_scales": ["mse", "min_max"]}),
        ("activation_scale", {"activation_scales": ["mse", "min_max"]}),
        ("quantizer", {"quantizers": ["symmetric", "affine"]}),
    ],
)
def test_candidates_that_differ_in_no_bits_share_their_equal_prefix(choice, options):
    """Three of four layers of the first and the last candidate are equal, and run once for each of three batches."""
    layers = [nn.Flatten(), nn.Linear(72, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.Linear(8, 3)]
    built = evaluator(lambda: nn.Sequential(*layers))
    space = bit_widths(built.profile(), weights=[4], activations=[4], **options)
    assert [c.name.rpartition(".")[2] for c in space.choices] == [choice] * 4
    measure_many(built, space, [(0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 0, 1)])
    assert (built._memo.hits, built._memo.misses) == (3 * 3, 3 * (4 + 4 + 1))


def test_inputs_are_left_as_they_are():
    built = evaluator(Winding)
    before = built._splits["search"].inputs.clone()
    measure_many(built, space_of(built), candidates_of(space_of(built), 0, 3))
    assert torch.equal(built._splits["search"].inputs, before)


def test_a_candidate_that_raises_does_not_stop_the_others(monkeypatch):
    built = evaluator(Residual)
    space = space_of(built)
    chosen = candidates_of(space, 5, 6)
    expected = [scores(outcome) for outcome in measure_many(built, space, chosen)]
    apply, crashing = built._quantized.apply, space.precisions(chosen[2])

    def unlucky(precisions: Sequence[LayerPrecision], weights: None = None) -> None:
        if precisions == crashing:
            raise UnsupportedError("not this one")
        apply(precisions, weights)

    monkeypatch.setattr(built._quantized, "apply", unlucky)
    outcomes = measure_many(built, space, [*chosen, (99,) * len(chosen[0])])
    assert [type(outcomes[2]), type(outcomes[6])] == [UnsupportedError, IndexError]
    assert [scores(outcomes[i]) for i in (0, 1, 3, 4, 5)] == [expected[i] for i in (0, 1, 3, 4, 5)]
    with pytest.raises(UnsupportedError, match="not this one"):
        measure(built, space, chosen[2])


def test_the_memory_is_an_option():
    checked = plugins.check_options(PostTraining, {"memo_mb": 3}, "evaluator")
    assert evaluator(Residual, **checked)._memo.limit == 3 * 2**20
    with pytest.raises(SpecError, match=r"evaluator.memo_mb: must be 0 or more"):
        plugins.check_options(PostTraining, {"memo_mb": -1}, "evaluator")
