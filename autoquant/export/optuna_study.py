"""A job as a study of Optuna, for optuna-dashboard and ``optuna.visualization``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.distributions import CategoricalDistribution, distribution_to_json
from optuna.exceptions import DuplicatedStudyError, OptunaError
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial

from autoquant.errors import SpecError
from autoquant.job import JobRecord
from autoquant.objective import Constraint
from autoquant.searchers.optuna_samplers import quiet
from autoquant.store.engine import shown, without_password
from autoquant.trial import Trial, TrialState

BATCH = 1000
"""Trials that are written at a time."""

STORAGE_FORM = "a URL such as 'sqlite:///study.db' or 'postgresql+psycopg://user@host/name'"


def export_study(
    record: JobRecord,
    trials: Iterable[Trial],
    front: Collection[int],
    storage: str | BaseStorage | None = None,
    study_name: str | None = None,
) -> optuna.Study:
    """A new study with every trial of a job; without a storage it is in memory.

    Args:
        record: the job.
        trials: all of its trials, in the order of their numbers.
        front: the numbers of those on its front.
        storage: as Optuna takes it; one on a database is written in bulk.
        study_name: ``name-id`` of the job by default.

    Whole or not at all. `SpecError` when the storage cannot be opened, holds AutoQuant's jobs, or has such a study.
    """
    name = study_name or f"{record.name}-{record.id}"
    objectives = record.definition.objectives
    with quiet():
        opened = open_storage(storage) if isinstance(storage, str) else storage
        try:
            study = optuna.create_study(storage=opened, study_name=name, directions=[o.direction for o in objectives])
        except DuplicatedStudyError:
            raise SpecError(
                f"study_name: the storage has a study {name!r} already; give another name, or remove it with "
                "optuna.delete_study"
            ) from None
        try:
            study.set_metric_names([objective.metric for objective in objectives])
            for key, value in study_attributes(record).items():
                study.set_user_attr(key, value)
            frozen = (frozen_trial(record, trial, trial.number in front) for trial in trials)
            if isinstance(opened, RDBStorage):
                write_rows(opened, study._study_id, frozen)
            else:
                study.add_trials(frozen)
        except BaseException:
            optuna.delete_study(study_name=name, storage=study._storage)
            raise
    return study


def open_storage(url: str) -> RDBStorage:
    """A database for studies, its tables made where they are missing."""
    try:
        refuse_jobs(url)
        return RDBStorage(url)
    except (sa.exc.SQLAlchemyError, OptunaError, ImportError, RuntimeError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        why = without_password(str(error).splitlines()[0], url)
        raise SpecError(f"storage: {shown(url)!r} cannot be opened: {why}; give {STORAGE_FORM}") from error


def refuse_jobs(url: str) -> None:
    """`SpecError` for a database that holds AutoQuant's jobs: both have a table of trials."""
    engine = sa.create_engine(url)
    try:
        tables = sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()
    if "jobs" in tables:
        raise SpecError(f"storage: {shown(url)!r} holds AutoQuant's jobs; give a database of its own, {STORAGE_FORM}")


def study_attributes(record: JobRecord) -> dict[str, Any]:
    """What the study says of the job. Names of constraints in the order of the constraint values of its trials."""
    return {
        "autoquant_job": record.id,
        "autoquant_name": record.name,
        "autoquant_state": str(record.state),
        "autoquant_spec": dict(record.spec),
        "constraints": [str(constraint) for constraint in record.definition.constraints],
    }


def frozen_trial(record: JobRecord, trial: Trial, on_front: bool) -> FrozenTrial:
    """A trial in Optuna's form.

    Options are categorical, though most have an order: bit-widths such as 2, 4, 8, ``float`` fit no range of numbers.
    Optuna draws categories in the order of the numbers where all are numbers, else as they come. Settings that have
    derived no candidate have no options.
    """
    complete = trial.state is TrialState.COMPLETE
    started = trial.started or trial.ended or record.created
    frozen = FrozenTrial(
        number=trial.number,
        trial_id=-1,
        state=optuna.trial.TrialState[trial.state.name],
        value=None,
        values=[trial.metrics[objective.metric] for objective in record.definition.objectives] if complete else None,
        datetime_start=None if trial.state is TrialState.WAITING else local(started),
        datetime_complete=local(trial.ended or started) if trial.state.finished else None,
        params=dict(trial.options),
        distributions={
            choice.name: CategoricalDistribution(choice.options)
            for choice in record.definition.choices
            if choice.name in trial.options
        },
        user_attrs=trial_attributes(trial, on_front and complete),
        system_attrs=constraint_values(record.definition.constraints, trial),
        intermediate_values={},
    )
    frozen._validate()
    return frozen


def local(moment: datetime) -> datetime:
    """Optuna's moments: local time that does not say so."""
    return moment.astimezone().replace(tzinfo=None)


def trial_attributes(trial: Trial, on_front: bool) -> dict[str, Any]:
    """All that Optuna has no field for, under the names of `Job.trials_dataframe`; what does not exist is omitted."""
    attributes = {
        **trial.metrics,
        **{f"{metric}_se": error for metric, error in trial.standard_errors.items()},
        **{f"test_{metric}": value for metric, value in trial.test_metrics.items()},
        **{f"test_{metric}_se": error for metric, error in trial.test_standard_errors.items()},
        **{f"polished_{metric}": value for metric, value in trial.polished_metrics.items()},
        **{f"polished_{metric}_se": error for metric, error in trial.polished_standard_errors.items()},
        **{f"polished_test_{metric}": value for metric, value in trial.polished_test_metrics.items()},
        **{f"polished_test_{metric}_se": error for metric, error in trial.polished_test_standard_errors.items()},
        **{f"settings_{name}": value for name, value in (trial.settings or {}).items()},
        "on_front": on_front,
        "violations": dict(trial.violations) or None,
        "seconds": trial.seconds,
        "worker": trial.worker,
        "measured_by": trial.measured_by,
        "notes": list(trial.notes) or None,
        "error": trial.error,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def constraint_values(constraints: Sequence[Constraint], trial: Trial) -> dict[str, Any]:
    """By how much each constraint is broken (above 0) or held, in the list that optuna-dashboard reads, too.

    Optuna 5 also knows constraints by name, the dashboard does not yet. What was not measured counts as just held.
    """
    if not constraints or trial.state not in (TrialState.COMPLETE, TrialState.PRUNED):
        return {}
    return {"constraints": [c.excess(trial.metrics.get(c.metric, c.bound)) for c in constraints]}


def write_rows(storage: RDBStorage, study_id: int, trials: Iterator[FrozenTrial]) -> None:
    """Write trials to the tables of Optuna, in one transaction and a few statements.

    ``Study.add_trials`` gives the same rows with some hundred statements and a commit for each trial.
    """
    with storage.engine.begin() as connection:
        while batch := list(islice(trials, BATCH)):
            connection.execute(sa.insert(models.TrialModel.__table__), [trial_row(study_id, trial) for trial in batch])
            table = models.TrialModel.__table__.c
            between = table.number.between(batch[0].number, batch[-1].number)
            wanted = sa.select(table.number, table.trial_id).where(table.study_id == study_id, between)
            ids = {row.number: row.trial_id for row in connection.execute(wanted)}
            for model, rows_of in ROWS.items():
                rows = [{"trial_id": ids[trial.number], **row} for trial in batch for row in rows_of(trial)]
                if rows:
                    connection.execute(sa.insert(model.__table__), rows)


def trial_row(study_id: int, trial: FrozenTrial) -> dict[str, Any]:
    """The row of a trial; its moments are kept in UTC."""
    moments = models.TrialModel()
    moments.datetime_start, moments.datetime_complete = trial.datetime_start, trial.datetime_complete
    return {
        "study_id": study_id,
        "number": trial.number,
        "state": trial.state,
        "datetime_start": moments._datetime_start_utc,
        "datetime_complete": moments._datetime_complete_utc,
    }


def value_rows(trial: FrozenTrial) -> Iterator[dict[str, Any]]:
    for objective, value in enumerate(trial.values or ()):
        stored, kind = models.TrialValueModel.value_to_stored_repr(value)
        yield {"objective": objective, "value": stored, "value_type": kind}


def param_rows(trial: FrozenTrial) -> Iterator[dict[str, Any]]:
    for name, value in trial.params.items():
        chosen = trial.distributions[name]
        stored = {"param_value": chosen.to_internal_repr(value), "distribution_json": distribution_to_json(chosen)}
        yield {"param_name": name, **stored}


def attribute_rows(attributes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in attributes.items():
        yield {"key": key, "value_json": json.dumps(value)}


ROWS: dict[Any, Any] = {
    models.TrialValueModel: value_rows,
    models.TrialParamModel: param_rows,
    models.TrialUserAttributeModel: lambda trial: attribute_rows(trial.user_attrs),
    models.TrialSystemAttributeModel: lambda trial: attribute_rows(trial.system_attrs),
}
"""Table of Optuna -> the rows of a trial in it, without the trial's id."""
