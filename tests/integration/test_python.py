"""Searching from Python: objects in place of factories, the job's own methods, resuming, a searcher alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import autoquant as aq


class HereNet(nn.Module):
    """A class of a test module, which no worker can import by name."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)
        self.hidden = nn.Conv2d(6, 8, 3)
        self.classifier = nn.Linear(8, 4)

    def forward(self, x):
        return self.classifier(torch.relu(self.hidden(torch.relu(self.conv(x)))).mean((2, 3)))


def make_network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return HereNet().eval()


def make_data(seed: int = 1) -> aq.DataSplits:
    """Labelled by the network itself, so that its loss is less than that of a guess."""
    torch.manual_seed(seed)
    inputs = torch.randn(3, 40, 1, 8, 8)
    network = make_network()
    with torch.no_grad():
        splits = [aq.Split(part, network(part).argmax(1)) for part in inputs]
    return aq.DataSplits(search=splits[0], test=splits[1], calibration=splits[2])


def make_spec(**changes) -> aq.SearchSpec:
    fields = {
        "name": "objects",
        "space": {"name": "bit_widths", "weights": [2, 4, 8]},
        "objectives": ["loss", "weight_bytes"],
        "pool": "inline",
        "budget": {"n_trials": 15},
    }
    return aq.SearchSpec(**fields | changes)


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path}/jobs.db"


def told(job):
    return [(trial.number, trial.candidate, dict(trial.metrics)) for trial in job.trials()]


def test_objects_on_ray_and_inline_come_to_the_same(store):
    inline = aq.search(make_spec(), store, network=make_network(), data=make_data())
    on_ray = aq.search(make_spec(pool={"name": "ray", "workers": 2}), store, network=make_network(), data=make_data())
    assert (inline.id, on_ray.id) == (1, 2)
    assert told(inline) == told(on_ray)
    assert [t.test_metrics for t in inline.front()] == [t.test_metrics for t in on_ray.front()]


def test_what_a_job_gives(store, tmp_path):
    seen, begun = [], []
    job = aq.search(
        make_spec(constraints=["weight_bytes <= 700"]),
        store,
        network=make_network(),
        data=make_data(),
        progress=seen.append,
        started=begun.append,
    )
    assert [one.id for one in begun] == [job.id]
    assert (seen[-1].finished, seen[-1].front_size) == (15, len(job.front()))
    assert repr(job) == "<Job 1 'objects' SUCCEEDED 15/15 trials>"
    assert job.state == "SUCCEEDED"

    front = job.front()
    metrics = np.array([[trial.metrics["loss"], trial.metrics["weight_bytes"]] for trial in front])
    assert all(trial.feasible for trial in front)
    assert (np.diff(metrics[:, 1]) > 0).all()
    assert (np.diff(metrics[:, 0]) < 0).all()

    frame = job.trials_dataframe()
    assert list(frame.number) == list(range(15))
    assert set(frame[frame.on_front].number) == {trial.number for trial in front}
    for column in (
        "state",
        "feasible",
        "loss",
        "loss_se",
        "accuracy",
        "weight_bytes",
        "params_conv.weight",
        "test_loss",
    ):
        assert column in frame
    assert frame[frame.on_front].test_loss.notna().all()
    assert frame[~frame.on_front].test_loss.isna().all()

    history = job.hypervolume_history()
    assert [value for _, value in history] == sorted(value for _, value in history)
    assert history[-1][1] == job.hypervolume()
    assert 0 < job.hypervolume() < 1
    assert [one.label for one in job.baselines() if one.kind != "sensitivity"] == ["float32", "W2", "W4", "W8"]
    points = [one for one in job.baselines() if one.kind == "sensitivity"]
    assert points
    assert all("loss" in one.test_metrics for one in points)

    html, png = job.report(tmp_path / "report.html")
    assert html.stat().st_size > 1000
    assert png.stat().st_size > 1000
    assert [record.id for record in aq.list_jobs(store)] == [1]
    assert told(aq.load_job(store=store)) == told(job)


def test_resume_with_objects(store):
    longer = aq.search(make_spec(), store, network=make_network(), data=make_data())
    job = aq.search(make_spec(budget={"n_trials": 6}), store, network=make_network(), data=make_data())
    there = r"network and data: job 2 was given objects of Python; resume it there: autoquant\.resume\(2, "
    with pytest.raises(aq.SpecError, match=there):
        aq.resume(job.id, store, n_trials=15)
    with pytest.raises(aq.SpecError, match=r"network: job 2 began with .*, this is .*; start a new search for it"):
        aq.resume(job.id, store, n_trials=15, network=make_network(seed=5), data=make_data())
    with pytest.raises(aq.SpecError, match=r"data: job 2 began with .*, this is .*; start a new search for it"):
        aq.resume(job.id, store, n_trials=15, network=make_network(), data=make_data(seed=6))
    assert job.record.finished == 6
    assert job.state == "SUCCEEDED"
    resumed = aq.resume(job.id, store, n_trials=15, network=make_network(), data=make_data())
    assert told(resumed) == told(longer)


def test_the_spec_goes_to_yaml_and_json_and_back():
    spec = make_spec(constraints=["weight_bytes<=700", "loss_drop <= 1e-1"], reference_point={"loss": 3.0})
    assert aq.SearchSpec.from_yaml(spec.to_yaml()) == spec
    assert aq.SearchSpec.from_json(spec.to_json()) == spec
    assert aq.SearchSpec.from_dict(spec.to_dict()) == spec
    assert spec.to_dict()["constraints"] == ["weight_bytes <= 700", "loss_drop <= 0.1"]
    with pytest.raises(aq.SpecError, match="objectves: there is no such field; did you mean 'objectives'") as refused:
        aq.SearchSpec(space="x", objectves=["loss"])
    assert refused.value.problems


def test_a_wrong_object_is_refused(store, tmp_path):
    with pytest.raises(aq.SpecError, match=r"network: expected a torch.nn.Module, got int"):
        aq.search(make_spec(), store, network=3, data=make_data())
    with pytest.raises(aq.SpecError, match=r"data: expected a autoquant.data.DataSplits, got list"):
        aq.search(make_spec(), store, network=make_network(), data=[])
    with pytest.raises(aq.SpecError, match="the name of a spec ends in"):
        aq.search(tmp_path / "spec", store)
    assert not (tmp_path / "jobs.db").exists()


@pytest.mark.parametrize("name", ["random", "nsga3"])
def test_a_searcher_alone(name):
    space = aq.make_space("choices", choices={"a": [0, 1, 2, 3, 4, 5], "b": [0, 1, 2, 3, 4, 5], "c": ["x", "y"]})

    def run():
        searcher = aq.make_searcher(name, space, ["accuracy", aq.Objective("effort", "minimize")], seed=7)
        log = []
        for _ in range(20):
            for proposal in searcher.ask(3):
                options = space.decode(proposal.candidate)
                found = {"accuracy": options["a"] / 5, "effort": options["a"] + options["b"] + (options["c"] == "x")}
                log.append(options | found)
                searcher.tell([(proposal, found)])
        return log

    first = run()
    assert first == run()
    assert 50 <= len(first) <= 60
    assert len({(one["a"], one["b"], one["c"]) for one in first}) == len(first)
    with pytest.raises(aq.SpecError, match=r"searcher.nothing: there is no such field"):
        aq.make_searcher(name, space, ["accuracy"], nothing=1)
    with pytest.raises(aq.SearcherError, match="was never asked"):
        aq.make_searcher(name, space, ["accuracy"]).tell([(aq.Proposal(3, (0, 0, 0)), {"accuracy": 1.0})])


def test_a_searcher_holds_what_it_can_price():
    space = aq.make_space("choices", choices={name: [0, 1, 2, 3] for name in "abcdef"})
    searcher = aq.make_searcher(
        "nsga3", space, ["accuracy"], constraints=["size_bytes <= 4"], price=lambda c: {"size_bytes": c.sum(axis=1)}
    )
    for _ in range(10):
        for proposal in searcher.ask(8):
            assert sum(proposal.candidate) <= 4
            searcher.tell([(proposal, {"accuracy": float(proposal.candidate[0])})])
