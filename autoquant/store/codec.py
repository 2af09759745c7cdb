"""Rows to objects and back. Plain JSON only: nothing in the store is ever unpickled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from autoquant.errors import StoreError
from autoquant.job import Baseline, CostTable, CurvePoint, JobDefinition, JobRecord, JobState
from autoquant.network import NetworkProfile
from autoquant.objective import Bounds, Constraint, Objective
from autoquant.space import Candidate, Choice
from autoquant.trial import Measurement, Step, Trial, TrialState

FORMAT = 2
"""Of the JSON in which a definition is stored; a migration brings older ones to it."""


def definition_to_json(definition: JobDefinition) -> dict[str, Any]:
    """A definition as JSON data."""
    return {"format": FORMAT, **asdict(definition)}


def definition_from_json(data: Mapping[str, Any]) -> JobDefinition:
    """The reverse of `definition_to_json`. `StoreError` for a format that this version does not know."""
    if data["format"] != FORMAT:
        raise StoreError(f"a job is stored in format {data['format']}, this AutoQuant reads {FORMAT}; use a newer one")
    return JobDefinition(
        choices=tuple(Choice(c["name"], tuple(c["options"]), c["ordered"]) for c in data["choices"]),
        objectives=tuple(Objective(**objective) for objective in data["objectives"]),
        constraints=tuple(Constraint(**constraint) for constraint in data["constraints"]),
        bounds=tuple(Bounds(*pair) for pair in data["bounds"]),
        profile=None if data["profile"] is None else NetworkProfile.from_dict(data["profile"]),
        costs=tuple(
            CostTable(**{**table, "layers": tuple(tuple(row) for row in table["layers"])}) for table in data["costs"]
        ),
        identity=data["identity"],
        excluded=data["excluded"],
    )


def job_from_row(row: sa.RowMapping, *, is_held: bool) -> JobRecord:
    """A row of ``jobs``, and whether a process has that job."""
    fields = {key: row[key] for key in row if key not in ("definition", "state", "requested", "fence", "writes")}
    state, definition = JobState(row["state"]), definition_from_json(row["definition"])
    abandoned = state is JobState.RUNNING and not is_held
    return JobRecord(definition=definition, state=state, abandoned=abandoned, **fields)


def measurement_to_json(measurement: Measurement | None) -> dict[str, Any] | None:
    """A measurement as JSON data, without what is empty."""
    if measurement is None:
        return None
    data: dict[str, Any] = {
        "metrics": dict(measurement.metrics),
        "standard_errors": dict(measurement.standard_errors),
        "seconds": measurement.seconds,
    }
    if measurement.artifacts:
        data["artifacts"] = dict(measurement.artifacts)
    if measurement.candidate is not None:
        data["candidate"] = list(measurement.candidate)
    if measurement.steps:
        data["steps"] = [
            [step, {n: _number_to_json(v) for n, v in metrics.items()}] for step, metrics in measurement.steps
        ]
    if measurement.notes:
        data["notes"] = list(measurement.notes)
    return data


def measurement_from_json(data: Mapping[str, Any] | None) -> Measurement | None:
    """The reverse of `measurement_to_json`."""
    if data is None:
        return None
    return Measurement(
        data["metrics"],
        data["standard_errors"],
        data.get("artifacts", {}),
        data.get("seconds", 0.0),
        candidate_from_json(data.get("candidate")),
        tuple(Step(step, {n: _number_from_json(v) for n, v in found.items()}) for step, found in data.get("steps", ())),
        tuple(data.get("notes", ())),
    )


def _number_to_json(value: float) -> float | None:
    """None where it is not finite, which JSON has no number for."""
    return value if math.isfinite(value) else None


def _number_from_json(value: float | None) -> float:
    return math.nan if value is None else float(value)


def candidate_from_json(data: Sequence[int] | None) -> Candidate | None:
    """A candidate, where there is one."""
    return None if data is None else tuple(data)


def scored_to_row(scored: Trial | Baseline) -> dict[str, Any]:
    """The columns that ``trials`` and ``baselines`` have in common."""
    return {
        "candidate": None if scored.candidate is None else list(scored.candidate),
        "costs": dict(scored.costs),
        "search": measurement_to_json(scored.search),
        "violations": dict(scored.violations),
        "error": scored.error,
        **scores_to_row(scored),
    }


def scores_to_row(scored: Trial | Baseline) -> dict[str, Any]:
    """The columns of what is measured of it after the search."""
    return {name: measurement_to_json(getattr(scored, name)) for name in SCORES}


SCORES = ("test", "polished", "polished_test")


def scored_from_row(row: sa.RowMapping) -> dict[str, Any]:
    """The fields that trials and baselines have in common."""
    return {
        "candidate": candidate_from_json(row["candidate"]),
        "costs": row["costs"],
        "search": measurement_from_json(row["search"]),
        "violations": row["violations"],
        "error": row["error"],
        **{name: measurement_from_json(row[name]) for name in SCORES},
    }


TRIAL_FIELDS = (
    "number",
    "ask",
    "told",
    "requested",
    "settings",
    "attempt",
    "worker",
    "measured_by",
    "started",
    "ended",
)


def trial_to_row(job_id: int, trial: Trial) -> dict[str, Any]:
    """A row of ``trials``."""
    row = {name: getattr(trial, name) for name in TRIAL_FIELDS}
    return row | scored_to_row(trial) | {"job_id": job_id, "state": str(trial.state)}


def trial_from_row(row: sa.RowMapping, choices: Sequence[Choice]) -> Trial:
    """A row of ``trials``; the choices give its candidate names."""
    fields = {name: row[name] for name in TRIAL_FIELDS} | scored_from_row(row)
    pairs = zip(choices, fields["candidate"], strict=bool(fields["candidate"]))
    options = {choice.name: choice.options[index] for choice, index in pairs}
    return Trial(state=TrialState(row["state"]), options=options, **fields)


def baseline_to_row(job_id: int, position: int, baseline: Baseline) -> dict[str, Any]:
    """A row of ``baselines``."""
    row = {"job_id": job_id, "position": position, "kind": baseline.kind, "label": baseline.label}
    return row | scored_to_row(baseline)


def baseline_from_row(row: sa.RowMapping) -> Baseline:
    """A row of ``baselines``."""
    return Baseline(kind=row["kind"], label=row["label"], **scored_from_row(row))


def curve_point_to_row(job_id: int, point: CurvePoint) -> dict[str, Any]:
    """A row of ``curves``."""
    return {
        "job_id": job_id,
        "curve": point.curve,
        "position": point.position,
        "proposals": point.proposals,
        "value": _number_to_json(point.value),
    }


def curve_point_from_row(row: sa.RowMapping) -> CurvePoint:
    """A row of ``curves``."""
    return CurvePoint(row["curve"], row["position"], row["proposals"], _number_from_json(row["value"]))
