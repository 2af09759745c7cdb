"""The shapes of `--json`: what is empty is there."""

from __future__ import annotations

import json
from typing import Any

from autoquant.json_views import front_json, trial_json

POLISHED = ("polished_metrics", "polished_standard_errors", "polished_test_metrics", "polished_test_standard_errors")


def shown(job: Any) -> dict[str, Any]:
    store = job.store
    found = front_json(store.job(job.id), store.front(job.id), store.baselines(job.id), store.url)
    return json.loads(json.dumps(found))


def test_polished_scores_and_notes_are_always_there_and_empty_where_there_are_none(new_network_run: Any) -> None:
    job = new_network_run(budget={"n_trials": 3})
    job.run()
    plain = shown(job)
    for one in [*plain["front"], *plain["baselines"], trial_json(job.trials[-1], job.store.job(job.id))]:
        assert [one[name] for name in (*POLISHED, "polished_violations", "notes")] == [{}] * 5 + [[]]


def test_polished_scores_stand_beside_those_of_the_search(new_network_run: Any) -> None:
    evaluator = {"name": "toy:Polishing", "heavy": 3.0}
    job = new_network_run(evaluator=evaluator, constraints=["size <= 12"], budget={"n_trials": 9})
    job.run()
    found = shown(job)
    for one in [*found["front"], *found["baselines"][1:]]:
        assert one["polished_metrics"]["loss"] == one["metrics"]["loss"] / 2
        assert one["polished_test_metrics"]["loss"] == one["test_metrics"]["loss"] / 2
        assert one["polished_standard_errors"] == one["polished_test_standard_errors"] == {"loss": 0.01}
        excess = one["polished_metrics"]["size"] - 12
        assert one["polished_violations"] == ({"size <= 12": excess} if excess > 0 else {})
        assert one["violations"] == {}
        assert one["notes"] == ["8 choices were polished"]
    assert any(one["polished_violations"] for one in [*found["front"], *found["baselines"]])
    assert found["baselines"][0]["polished_metrics"] == {}, "the float network has nothing to polish"
