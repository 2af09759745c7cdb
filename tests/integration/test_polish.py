"""A job whose evaluator polishes, from its spec to what a reader sees, with a `kill -9` on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import autoquant as aq

HELPERS = Path(__file__).parents[1] / "helpers"

DIES = """
import os, signal, sys
import autoquant as aq
from autoquant.running import job_run

job_run.score_on_test = lambda context: os.kill(os.getpid(), signal.SIGKILL)
aq.search(sys.argv[1], sys.argv[2])
"""
"""A search that is killed between the polish and the test scores."""


@pytest.fixture
def killed(tmp_path: Path) -> str:
    """URL of the store in which such a search left its job."""
    spec = {
        "name": "polished",
        "folder": str(HELPERS),
        "space": {"name": "bit_widths", "weights": [2, 4, 8]},
        "evaluator": "toy:Polishing",
        "objectives": ["loss", "weight_bytes"],
        "pool": "inline",
        "budget": {"n_trials": 20},
    }
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(spec))
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    run = [sys.executable, "-c", DIES, str(tmp_path / "spec.yaml"), url]
    died = subprocess.run(run, capture_output=True, text=True, check=False, env=os.environ)
    assert died.returncode == -signal.SIGKILL, died.stderr
    return url


def polished(job: aq.Job) -> list:
    front, baselines = job.front(), [b for b in job.baselines() if b.candidate is not None]
    assert {baseline.kind for baseline in baselines} == {"uniform", "sensitivity"}
    return [*front, *baselines]


def test_a_job_killed_between_polish_and_test_scores_keeps_what_was_polished(killed, tmp_path):
    job = aq.load_job(store=killed)
    assert (job.state, job.record.abandoned) == ("RUNNING", True)
    before = [(one.polished, one.polished_test) for one in polished(job)]
    assert all(all(pair) for pair in before)
    assert not any(one.test for one in polished(job))

    heard = []
    resumed = aq.resume(store=killed, progress=lambda now: heard.append(now.phase))
    assert (resumed.state, resumed.record.phase) == ("SUCCEEDED", "test scores")
    assert set(heard) <= {"baselines", "search"}
    assert [(one.polished, one.polished_test) for one in polished(resumed)] == before
    assert all(one.test for one in polished(resumed))
    for one in polished(resumed):
        assert one.polished_metrics["loss"] == one.metrics["loss"] / 2

    html, png = resumed.report(tmp_path / "report.html")
    assert "polished, test" in html.read_text(encoding="utf-8")
    assert png.stat().st_size > 10_000
