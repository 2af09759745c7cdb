"""The baselines of a search: the float network, the uniform bit-widths, the test split."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import toy

from autoquant.errors import JobFailed
from autoquant.job import JobState
from autoquant.store import HeldJob


def test_baselines_are_the_float_network_and_every_uniform_bit_width(new_network_run: Any) -> None:
    job = new_network_run(objectives=["loss", "weight_bytes", "bitops"], budget={"n_trials": 3})
    job.run()
    baselines = job.store.baselines(job.id)
    assert [one.label for one in baselines] == ["float32", "W2A4", "W2A8", "W4A4", "W4A8", "W8A4", "W8A8"]
    assert baselines[0].candidate is None
    for one in baselines:
        assert {"loss", "size", "quality", "weight_bytes", "bitops"} == one.metrics.keys()
        assert one.test_metrics.keys() == {"loss", "size", "quality"}
        assert one.error is None
    assert baselines[0].metrics["weight_bytes"] > max(one.metrics["weight_bytes"] for one in baselines[1:])
    assert {one.label: one.candidate for one in baselines[1:]} == job.plan.space.uniform()


def test_baselines_are_measured_once_also_when_a_job_is_resumed(new_network_run: Any, calls: list[Any]) -> None:
    job = new_network_run(budget={"n_trials": 4})
    job.run()
    kept = job.store.baselines(job.id)
    calls.clear()
    job.run(n_trials=9)
    assert job.store.baselines(job.id) == kept
    assert (None, "search") not in calls
    assert not {(one.candidate, "search") for one in kept} & set(calls)


def test_law_4_front_and_baselines_are_scored_once_on_the_test_split(new_network_run: Any, calls: list[Any]) -> None:
    job = new_network_run(budget={"n_trials": 20})
    job.run()
    front = {trial.number: trial for trial in job.store.front(job.id)}
    tested = Counter(candidate for candidate, split in calls if split == "test")
    baselines = [one.candidate for one in job.store.baselines(job.id)]
    assert tested == Counter({*baselines, *(trial.candidate for trial in front.values())})
    assert all(bool(trial.test_metrics) == (trial.number in front) for trial in job.trials)
    assert all(trial.test_standard_errors == {"loss": 0.01} for trial in front.values())
    searched = {candidate for candidate, split in calls if split == "search"}
    assert all(candidate in searched for candidate in tested)


def test_a_resumed_job_scores_only_what_is_new_on_its_front(new_run: Any, calls: list[Any]) -> None:
    job = new_run(budget={"n_trials": 10})
    job.run()
    scored = {trial.candidate for trial in job.trials if trial.test_metrics}
    calls.clear()
    job.run(n_trials=24)
    again = [candidate for candidate, split in calls if split == "test"]
    assert again
    assert not scored & set(again)
    assert all(trial.test_metrics for trial in job.store.front(job.id))


def test_a_uniform_bit_width_that_costs_too_much_is_not_measured(new_network_run: Any, calls: list[Any]) -> None:
    job = new_network_run(constraints=["weight_bytes <= 3000"], budget={"n_trials": 4})
    job.run()
    expensive = [b for b in job.store.baselines(job.id) if b.violations]
    labels = {b.label for b in expensive}
    assert labels == {"W8A4", "W8A8", "W4A4", "W4A8"} & labels != set()
    measured = {candidate for candidate, _ in calls}
    for baseline in expensive:
        assert baseline.metrics.keys() == {"weight_bytes"}
        assert baseline.violations == {"weight_bytes <= 3000": baseline.metrics["weight_bytes"] - 3000}
        assert baseline.candidate not in measured
    assert job.store.baselines(job.id)[0].violations == {}, "the float network breaks no constraint"


def test_law_3_a_second_job_measures_neither_trials_nor_baselines_nor_test_scores(
    new_network_run: Any, calls: list[Any]
) -> None:
    first = new_network_run(budget={"n_trials": 12})
    first.run()
    assert len(calls) == len(set(calls)) > 12
    calls.clear()
    second = new_network_run(budget={"n_trials": 12}, store=first.store)
    second.run()
    assert calls == []
    assert second.store.baselines(second.id) == first.store.baselines(first.id)
    assert [t.test_metrics for t in second.trials] == [t.test_metrics for t in first.trials]


@pytest.mark.parametrize("split", ["search", "test"])
def test_law_1_a_baseline_that_is_stored_is_not_measured_again(
    new_network_run: Any, calls: list[Any], monkeypatch: pytest.MonkeyPatch, split: str
) -> None:
    job = new_network_run(budget={"n_trials": 4}, reuse=split == "test")
    write = "save_baselines" if split == "search" else "score"
    save = getattr(HeldJob, write)

    def kept() -> list[Any]:
        scored = [one for one in job.store.baselines(job.id) if split == "search" or one.test_metrics]
        return [one.candidate for one in scored if "loss" in one.metrics]

    def save_and_die(held: HeldJob, *what: Any) -> None:
        save(held, *what)
        if len(kept()) >= 3:
            raise RuntimeError("killed")

    monkeypatch.setattr(HeldJob, write, save_and_die)
    with pytest.raises(RuntimeError, match="killed"):
        job.run()
    monkeypatch.undo()
    stored = kept()
    calls.clear()
    assert job.run() is JobState.SUCCEEDED
    assert len(kept()) == 7
    assert not {(candidate, split) for candidate in stored} & set(calls)


def test_without_a_float_network_there_is_no_such_baseline(new_run: Any) -> None:
    job = new_run(evaluator={"name": "toy:Toy", "float_network": False})
    assert job.run() is JobState.SUCCEEDED
    assert job.store.baselines(job.id) == []


def test_drops_need_a_float_network(new_run: Any) -> None:
    job = new_run(evaluator={"name": "toy:Toy", "float_network": False}, constraints=["loss_drop <= 1"])
    with pytest.raises(JobFailed, match=r"the evaluator has no float network, so there is no drop of \['loss'\]"):
        job.run()


def test_baselines_of_a_float_network_that_lacks_an_objective_are_measured_all_the_same(new_network_run: Any) -> None:
    job = new_network_run(evaluator="toy:OwnMetric", objectives=["own", "weight_bytes"], budget={"n_trials": 5})
    assert job.run() is JobState.SUCCEEDED
    float_network, *others = job.store.baselines(job.id)
    assert "did not measure 'own'" in (float_network.error or "")
    assert len(others) == 6
    assert all("own" in one.metrics and one.error is None for one in others)
    assert len(job.trials) == 5


def test_a_drop_needs_nothing_else_of_a_float_network_that_lacks_an_objective(new_network_run: Any) -> None:
    job = new_network_run(evaluator="toy:OwnMetric", objectives=["own", "weight_bytes"], constraints=["loss_drop <= 4"])
    assert job.run() is JobState.SUCCEEDED
    assert all("loss_drop" in trial.metrics for trial in job.trials)


def test_a_drop_needs_the_metric_of_the_float_network(new_network_run: Any) -> None:
    job = new_network_run(evaluator="toy:OwnMetric", objectives=["own", "weight_bytes"], constraints=["own_drop <= 1"])
    with pytest.raises(JobFailed, match="did not measure 'own' of the float network, so there is no drop of it"):
        job.run()


def test_a_float_network_that_cannot_be_measured_fails_the_job(new_run: Any) -> None:
    job = new_run(evaluator={"name": "toy:Toy", "fail_float": True})
    with pytest.raises(JobFailed, match=r"(?s)the float network could not be measured:\n.*RuntimeError: no such luck"):
        job.run()
    assert job.store.job(job.id).state is JobState.FAILED
    assert job.trials == []


def test_a_uniform_bit_width_that_cannot_be_measured_keeps_its_error(new_network_run: Any) -> None:
    job = new_network_run(evaluator={"name": "toy:ToyNetwork", "fail": [0]}, budget={"n_trials": 12})
    assert job.run() is JobState.SUCCEEDED
    failed = {one.label: one for one in job.store.baselines(job.id) if one.error}
    assert failed.keys() == {"W2A4"}
    assert "a sum of 0 is more than I can take" in failed["W2A4"].error
    assert failed["W2A4"].metrics.keys() == {"weight_bytes"}
    assert not failed["W2A4"].test_metrics


def test_what_fails_on_the_test_split_fails_the_job_with_its_name(new_run: Any) -> None:
    """All else is scored."""
    job = new_run(evaluator="toy:SearchOnly")
    with pytest.raises(JobFailed, match=r"(?s)could not be scored on the test split:\n.*no test data today") as failure:
        job.run()
    assert job.store.job(job.id).state is JobState.FAILED
    assert job.store.job(job.id).finished == 24
    front = job.store.front(job.id)
    failed = [f"trial {trial.number}" for trial in front if sum(trial.candidate) % 2 == 0]
    assert 0 < len(failed) < len(front)
    assert str(failure.value).startswith(f"{', '.join(failed)} could not be scored")
    assert [f"trial {trial.number}" for trial in front if not trial.test_metrics] == failed


class Raising(toy.ToyNetwork):
    """Measures the float network alone."""

    def of(self, candidate: Any) -> Any:
        raise ValueError(f"no kernel for {candidate}")


def test_when_the_first_baselines_all_raise_the_job_says_so_at_once(new_network_run: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(toy, "Raising", Raising, raising=False)
    job = new_network_run(evaluator="toy:Raising", sensitivity_baseline=True)
    with pytest.raises(JobFailed, match=r"the first \d+ candidates that were measured all failed.*\n(.|\n)*no kernel"):
        job.run()
    assert any("baseline W2A4 failed: ValueError: no kernel for" in event.text for event in job.store.events(job.id))
    assert job.trials == []


class Untrained(toy.ToyNetwork):
    """A float network that guesses."""

    def score(self, prepared: Any, split: Any) -> Any:
        found = super().score(prepared, split)
        guess = {**found.metrics, "loss": self.bounds()["loss"][1]} if prepared.candidate is None else found.metrics
        return replace(found, metrics=guess)


def test_a_float_network_that_is_no_better_than_a_guess_is_said(new_network_run: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(toy, "Untrained", Untrained, raising=False)
    job, seen = new_network_run(evaluator="toy:Untrained", budget={"n_trials": 3}), list[str]()
    job.run(progress=lambda now: seen.extend(now.notes))
    (note,) = seen
    assert note.startswith("the float network is no better than a guess: loss 4, where a guess has 4; are its weights")
    assert note in [event.text for event in job.store.events(job.id)]
    assert note in job.store.baselines(job.id)[0].notes
    sound = new_network_run(budget={"n_trials": 3})
    sound.run()
    assert not any("guess" in event.text for event in sound.store.events(sound.id))
