"""From Python: what a job was given as objects, it must be given again."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import autoquant as aq
from autoquant.errors import SpecError
from autoquant.planning.plan import make_plan

SPEC = aq.SearchSpec(
    space={"name": "bit_widths", "weights": [4, 8], "activations": ["float"]},
    objectives=["accuracy", "weight_bytes"],
    pool="inline",
    sensitivity_baseline=False,
)


@pytest.fixture
def network() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).eval()


@pytest.fixture
def data() -> aq.DataSplits:
    inputs, targets = torch.randn(12, 4), torch.arange(12) % 3
    return aq.DataSplits(search=aq.Split(inputs[:6], targets[:6]), test=aq.Split(inputs[6:], targets[6:]))


def test_resume_says_how_to_give_the_objects_again(network: nn.Module, data: aq.DataSplits, tmp_path) -> None:
    store = f"sqlite:///{tmp_path}/jobs.db"
    job = aq.submit(SPEC, store, network=network, data=data)
    with pytest.raises(SpecError) as caught:
        aq.resume(job.id, store)
    sentence = "network and data: job 1 was given objects of Python; resume it there: "
    assert str(caught.value) == sentence + "autoquant.resume(1, network=network, data=data)"


def test_a_compiled_network_is_refused_with_the_reason(network: nn.Module, data: aq.DataSplits) -> None:
    with pytest.raises(SpecError, match=r"^network: it is compiled \(torch.compile\).* give the network itself"):
        make_plan(SPEC, torch.compile(network, backend="eager"), data)
