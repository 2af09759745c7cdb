"""A job as a study of Optuna: nothing is lost, the front stays the front, and Optuna's plots open it."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

import autoquant as aq
from autoquant.errors import SpecError
from autoquant.export.optuna_study import export_study
from autoquant.trial import Trial, TrialState

HELPERS = str(Path(__file__).parents[1] / "helpers")


def search(folder: Path, **changes: Any) -> aq.Job:
    fields: dict[str, Any] = {
        "name": "toy",
        "folder": HELPERS,
        "space": {"name": "choices", "choices": {f"layer{i}": [2, 4, 8, "float"] for i in range(5)}},
        "evaluator": {"name": "toy:Toy", "fail": [7]},
        "objectives": ["loss", "size", "quality"],
        "searcher": "random",
        "pool": "inline",
        "budget": {"n_trials": 60},
    }
    return aq.search(aq.SearchSpec(**(fields | changes)), f"sqlite:///{folder / 'jobs.db'}")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aq.Job]:
    """Three objectives, some trials that failed."""
    made = search(tmp_path_factory.mktemp("free"))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aq.Job]:
    """Two objectives, and constraints that many measured trials break."""
    made = search(
        tmp_path_factory.mktemp("bounded"),
        space={"name": "choices", "choices": {f"layer{i}": [2, 4, 8, 16] for i in range(5)}},
        objectives=["loss", "size"],
        constraints=["quality >= 0.42", "size <= 11"],
    )
    yield made
    made.store.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'study.db'}"


def points(study: optuna.Study) -> set[tuple[float, ...]]:
    return {tuple(trial.values) for trial in study.best_trials}


def front(job: aq.Job) -> set[tuple[float, ...]]:
    return {tuple(trial.metrics[o.metric] for o in job.record.definition.objectives) for trial in job.front()}


@pytest.mark.parametrize("which", ["job", "bounded"])
@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_best_trials_are_the_front(which: str, storage: str, url: str, request: pytest.FixtureRequest) -> None:
    exported: aq.Job = request.getfixturevalue(which)
    study = exported.to_optuna(url if storage == "sqlite" else None)
    assert points(study) == front(exported)
    assert len(front(exported)) > 1
    on_front = {trial.number for trial in study.trials if trial.user_attrs["on_front"]}
    assert on_front == {trial.number for trial in exported.front()}
    assert on_front <= {trial.number for trial in study.best_trials}


def test_constraints_are_what_keeps_trials_off_the_front(bounded: aq.Job) -> None:
    study = bounded.to_optuna()
    ours = {trial.number: trial for trial in bounded.trials()}
    assert sum(bool(trial.violations) for trial in ours.values()) > 5
    for trial in study.trials:
        broken = [value > 0 for value in trial.constraints.values()]
        known = ours[trial.number]
        assert any(broken) == bool(known.violations)
        assert trial.user_attrs.get("violations", {}) == known.violations
    assert study.user_attrs["constraints"] == ["quality >= 0.42", "size <= 11"]


def test_every_trial_is_there_with_all_that_is_known(job: aq.Job) -> None:
    study = job.to_optuna()
    assert (study.study_name, study.metric_names) == ("toy-1", ["loss", "size", "quality"])
    assert [direction.name for direction in study.directions] == ["MINIMIZE", "MINIMIZE", "MAXIMIZE"]
    assert study.user_attrs["autoquant_job"] == job.id
    assert study.user_attrs["autoquant_spec"]["name"] == "toy"
    trials = study.trials
    assert len(trials) == 60
    assert {trial.state.name for trial in trials} == {"COMPLETE", "FAIL"}
    for ours, theirs in zip(job.trials(), trials, strict=True):
        assert (theirs.number, theirs.state.name, theirs.params) == (ours.number, ours.state.name, dict(ours.options))
        assert theirs.datetime_start is not None
        assert ours.started is not None
        assert theirs.datetime_start.astimezone(UTC) == ours.started
        attributes = theirs.user_attrs
        assert {name: attributes[name] for name in ours.metrics} == ours.metrics
        assert attributes.get("loss_se") == ours.standard_errors.get("loss")
        assert attributes.get("test_loss") == ours.test_metrics.get("loss")
        assert attributes.get("error") == ours.error
        assert attributes.get("worker") == ours.worker


def test_settings_are_exported_with_what_they_derived_if_anything(tmp_path: Path, url: str) -> None:
    job = search(
        tmp_path,
        space={"name": "bit_widths", "weights": [2, 4, 8]},
        evaluator={"name": "toy:Deriving", "nothing": 0.05},
        objectives=["loss", "weight_bytes"],
        searcher="toy:TradeOffs",
        budget={"n_trials": 8},
    )
    for study in (job.to_optuna(), job.to_optuna(url)):
        for ours, theirs in zip(job.trials(), study.trials, strict=True):
            assert theirs.params == dict(ours.options)
            assert theirs.user_attrs["settings_trade_off"] == ours.settings["trade_off"]
    assert {trial.state for trial in job.trials()} == {TrialState.COMPLETE, TrialState.FAIL}
    assert list(job.trials_dataframe()["settings_trade_off"]) == [t.settings["trade_off"] for t in job.trials()]
    job.store.close()


def test_polished_scores_and_notes_are_exported(tmp_path: Path) -> None:
    job = search(tmp_path, evaluator="toy:Polishing", objectives=["loss", "size"], budget={"n_trials": 8})
    on_front = {trial.number for trial in job.front()}
    for ours, theirs in zip(job.trials(), job.to_optuna().trials, strict=True):
        found = theirs.user_attrs
        assert ("polished_loss" in found) is ("notes" in found) is (ours.number in on_front)
        if ours.number in on_front:
            assert (found["polished_loss"], found["polished_loss_se"]) == (ours.polished_metrics["loss"], 0.01)
            assert found["polished_test_loss"] == ours.polished_test_metrics["loss"]
            assert found["notes"] == ["5 choices were polished"]
    frame = job.trials_dataframe()
    assert frame[frame.on_front].polished_loss.notna().all()
    assert frame[~frame.on_front].polished_test_loss.isna().all()
    job.store.close()


def test_options_are_categories_of_their_own_values(job: aq.Job) -> None:
    found = job.to_optuna().trials[0].distributions
    assert found == {f"layer{i}": CategoricalDistribution((2, 4, 8, "float")) for i in range(5)}


def states(job: aq.Job) -> list[Trial]:
    """A trial in each state, as a job that runs has them."""
    first = next(job.trials(state=TrialState.COMPLETE))
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    bare = dataclasses.replace(first, costs={}, search=None, test=None, started=None, ended=None)
    return [
        dataclasses.replace(first, number=0),
        dataclasses.replace(
            bare,
            number=1,
            state=TrialState.PRUNED,
            costs={"size": 14.0},
            violations={"size <= 11": 3.0},
            ended=moment,
        ),
        dataclasses.replace(bare, number=2, state=TrialState.FAIL, error="Traceback: no", started=moment, ended=moment),
        dataclasses.replace(bare, number=3, state=TrialState.RUNNING, started=moment),
        dataclasses.replace(bare, number=4, state=TrialState.RUNNING),
        dataclasses.replace(bare, number=5, state=TrialState.WAITING),
    ]


def test_a_job_that_runs_has_trials_in_every_state(bounded: aq.Job, url: str) -> None:
    study = export_study(bounded.record, states(bounded), {0}, url)
    names = [trial.state.name for trial in study.trials]
    assert names == ["COMPLETE", "PRUNED", "FAIL", "RUNNING", "RUNNING", "WAITING"]
    pruned, failed, running, _, waiting = study.trials[1:]
    assert pruned.constraints == {"0": 0.0, "1": 3.0}
    assert pruned.user_attrs["size"] == 14.0
    assert (failed.user_attrs["error"], failed.constraints) == ("Traceback: no", {})
    assert running.datetime_start is not None
    assert running.datetime_complete is None
    assert waiting.datetime_start is None
    assert waiting.params == dict(states(bounded)[5].options)


def test_in_bulk_the_same_rows_are_written_as_by_add_trials(bounded: aq.Job, tmp_path: Path) -> None:
    trials = [*list(bounded.trials())[:20]]
    trials += [dataclasses.replace(one, number=20 + one.number) for one in states(bounded)]
    memory = export_study(bounded.record, trials, {1, 2})
    ours, theirs = (tmp_path / name for name in ("ours.db", "theirs.db"))
    bulk = export_study(bounded.record, trials, {1, 2}, f"sqlite:///{ours}")
    plain = optuna.create_study(storage=f"sqlite:///{theirs}", directions=bulk.directions)
    plain.add_trials(memory.trials)
    for table in ("trials", "trial_values", "trial_params", "trial_user_attributes", "trial_system_attributes"):
        assert rows(ours, table) == rows(theirs, table), table
    keys = ("number", "state", "values", "params", "distributions", "user_attrs", "system_attrs", "datetime_start")
    for one, other in zip(bulk.trials, memory.trials, strict=True):
        assert [getattr(one, key) for key in keys] == [getattr(other, key) for key in keys]


def rows(file: Path, table: str) -> list[tuple[Any, ...]]:
    """Rows of a table without their own key."""
    connection = sqlite3.connect(file)
    try:
        found = connection.execute(f"SELECT * FROM {table}").fetchall()
    finally:
        connection.close()
    kept = found if table == "trials" else [row[1:] for row in found]
    return sorted(kept, key=str)


def test_several_studies_share_a_storage(job: aq.Job, bounded: aq.Job, url: str) -> None:
    first, second = job.to_optuna(url), bounded.to_optuna(url, "bounded")
    assert points(first) == front(job)
    assert points(second) == front(bounded)
    assert sorted(optuna.get_all_study_names(url)) == ["bounded", "toy-1"]


def test_a_study_of_that_name_is_not_touched(job: aq.Job, url: str) -> None:
    job.to_optuna(url)
    with pytest.raises(SpecError, match=r"^study_name: the storage has a study 'toy-1' already; give another name"):
        job.to_optuna(url)
    assert len(optuna.load_study(study_name="toy-1", storage=url).trials) == 60


def test_storages_of_optuna_are_taken(job: aq.Job, url: str, tmp_path: Path) -> None:
    database = RDBStorage(url)
    journal = JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))
    for storage in (database, journal, optuna.storages.InMemoryStorage()):
        job.to_optuna(storage, "mine")
        assert points(optuna.load_study(study_name="mine", storage=storage)) == front(job)
    database.remove_session()
    database.engine.dispose()


@pytest.mark.parametrize(
    ("storage", "text"),
    [
        ("study.db", "cannot be opened"),
        ("", "cannot be opened"),
        ("sqlite:////no/such/folder/study.db", "unable to open database file"),
        ("oracle+none://user:secret@host/name", "cannot be opened"),
        ("mysql://root:secret@localhost/none", "cannot be opened"),
        ("redis://localhost", "cannot be opened"),
    ],
)
def test_a_storage_that_cannot_be_opened_is_named(job: aq.Job, storage: str, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        job.to_optuna(storage)
    (line,) = caught.value.problems
    assert line.startswith("storage: ")
    assert text in line
    assert "give a URL such as 'sqlite:///study.db'" in line
    assert "secret" not in line
    assert "\n" not in line


def test_a_file_that_is_no_database_is_named(job: aq.Job, tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("milk, bread, butter " * 100)
    with pytest.raises(SpecError, match=r"notes.db' cannot be opened: .*file is not a database"):
        job.to_optuna(f"sqlite:///{file}")
    assert file.read_text().startswith("milk")


def test_autoquants_own_store_is_refused(job: aq.Job) -> None:
    with pytest.raises(SpecError, match="holds AutoQuant's jobs; give a database of its own"):
        job.to_optuna(job.store.url)
    assert sum(1 for _ in job.trials()) == 60


def test_what_breaks_off_leaves_nothing_behind(bounded: aq.Job, url: str) -> None:
    def broken() -> Iterator[Trial]:
        yield from list(bounded.trials())[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_study(bounded.record, broken(), set(), url)
    assert optuna.get_all_study_names(url) == []
    assert len(bounded.to_optuna(url).trials) == 60


def test_optuna_says_nothing(job: aq.Job, url: str, capfd: pytest.CaptureFixture[str]) -> None:
    job.to_optuna(url)
    assert capfd.readouterr() == ("", "")


def test_a_search_can_go_on_in_optuna(job: aq.Job, url: str) -> None:
    study = job.to_optuna(url)
    trial = study.ask(study.trials[0].distributions)
    study.tell(trial, [0.0, 0.0, 1.0])
    assert len(study.trials) == 61


@pytest.mark.parametrize("which", ["job", "bounded"])
def test_optunas_pictures_open_it(which: str, request: pytest.FixtureRequest, url: str) -> None:
    exported: aq.Job = request.getfixturevalue(which)
    study = exported.to_optuna(url)
    names = [objective.metric for objective in exported.record.definition.objectives]
    one = {"target": lambda trial: trial.values[0], "target_name": names[0]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", message="PedAnovaImportanceEvaluator computes the importances")
        pareto = optuna.visualization.plot_pareto_front(study)
        history = optuna.visualization.plot_optimization_history(study, **one)
        together = optuna.visualization.plot_parallel_coordinate(study, **one)
        weights = optuna.visualization.plot_param_importances(study, **one)
    best = pareto.data[-1]
    plotted = {json.loads(text.replace("<br>", " "))["number"] for text in best.text}
    assert plotted == {trial.number for trial in study.best_trials}
    axes = pareto.layout.scene if len(names) == 3 else pareto.layout
    assert [axes.xaxis.title.text, axes.yaxis.title.text] == names[:2]
    feasible = [t for t in study.trials if t.state.name == "COMPLETE" and max(t.constraints.values(), default=0) <= 0]
    assert len(history.data[0].x) == len(feasible)
    assert list(together.layout.xaxis.ticktext) == [names[0], *(f"layer{i}" for i in range(5))]
    scales = [note.text for note in together.layout.annotations]
    if which == "bounded":
        assert scales[-4:] == ["2", "4", "8", "16"]
    assert set(weights.data[0].y) == {f"layer{i}" for i in range(5)}
