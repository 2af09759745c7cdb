"""The specs of the documentation are good ones: every objective decides something."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

import autoquant as aq
from autoquant.planning.plan import make_plan

ROOT = Path(__file__).parents[2]


def documented(file: str) -> dict[str, Any]:
    """The first spec of a page."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / file).read_text(encoding="utf-8"), re.DOTALL)
    return next(spec for spec in map(yaml.safe_load, blocks) if "objectives" in spec)


@pytest.mark.parametrize("file", ["README.md", "docs/spec.md"])
def test_every_objective_varies_over_the_space(file: str) -> None:
    layers = [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)]
    inputs, targets = torch.randn(12, 1, 8, 8), torch.arange(12) % 3
    parts = {name: aq.Split(inputs[i::3], targets[i::3]) for i, name in enumerate(("search", "test", "calibration"))}
    spec = documented(file) | {"network": None, "data": None, "pool": "inline", "constraints": []}
    made = make_plan(aq.SearchSpec.from_dict(spec), nn.Sequential(*layers).eval(), aq.DataSplits(**parts))
    assert made.definition.profile is not None
    assert not [note for note in made.definition.profile.notes if "hardly varies" in note]
    assert len(made.pricer.metrics) >= 2
