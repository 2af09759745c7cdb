"""Rows to objects and back. Plain JSON only: nothing in the store is ever unpickled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from autoquant.job import Baseline, CostTable, CurvePoint, JobPlan, JobRecord, JobState
from autoquant.network import NetworkProfile
from autoquant.objective import Constraint, Objective
from autoquant.space import Choice
from autoquant.trial import Measurement, Trial, TrialState

BASELINE_FIELDS = ("label", "metrics", "standard_errors", "violations", "test_metrics", "test_standard_errors", "error")


def plan_to_json(plan: JobPlan) -> dict[str, Any]:
    """A plan as JSON data."""
    return asdict(plan)


def plan_from_json(data: Mapping[str, Any]) -> JobPlan:
    """The reverse of `plan_to_json`."""
    return JobPlan(
        choices=tuple(Choice(c["name"], tuple(c["options"]), c["ordered"]) for c in data["choices"]),
        objectives=tuple(Objective(**objective) for objective in data["objectives"]),
        constraints=tuple(Constraint(**constraint) for constraint in data["constraints"]),
        best=tuple(data["best"]),
        worst=tuple(data["worst"]),
        profile=None if data["profile"] is None else NetworkProfile.from_dict(data["profile"]),
        costs=tuple(
            CostTable(**{**table, "layers": tuple(tuple(row) for row in table["layers"])}) for table in data["costs"]
        ),
        identity=data["identity"],
    )


def job_from_row(row: sa.RowMapping) -> JobRecord:
    """A row of ``jobs``."""
    fields = {key: row[key] for key in row if key not in ("plan", "state", "requested", "fence", "writes")}
    return JobRecord(plan=plan_from_json(row["plan"]), state=JobState(row["state"]), **fields)


def trial_to_row(job_id: int, trial: Trial) -> dict[str, Any]:
    """A row of ``trials``."""
    row = {name: getattr(trial, name) for name in Trial.__slots__ if name != "options"}
    for name in ("metrics", "standard_errors", "violations", "artifacts", "test_metrics", "test_standard_errors"):
        row[name] = dict(row[name])
    return row | {"job_id": job_id, "state": str(trial.state), "candidate": list(trial.candidate)}


def trial_from_row(row: sa.RowMapping, choices: Sequence[Choice]) -> Trial:
    """A row of ``trials``; the choices give its candidate names."""
    candidate = tuple(row["candidate"])
    options = {choice.name: choice.options[index] for choice, index in zip(choices, candidate, strict=True)}
    fields = {key: row[key] for key in row if key not in ("job_id", "state", "candidate")}
    return Trial(state=TrialState(row["state"]), candidate=candidate, options=options, **fields)


def measurement_to_row(key: str, source: str, found: Measurement) -> dict[str, Any]:
    """A row of ``measurements``."""
    return {
        "key": key,
        "metrics": dict(found.metrics),
        "standard_errors": dict(found.standard_errors),
        "artifacts": dict(found.artifacts),
        "seconds": found.seconds,
        "source": source,
    }


def measurement_from_row(row: sa.RowMapping) -> Measurement:
    """A row of ``measurements``."""
    return Measurement(row["metrics"], row["standard_errors"], row["artifacts"], row["seconds"])


def curve_point_to_row(job_id: int, point: CurvePoint) -> dict[str, Any]:
    """A row of ``curves``."""
    value = point.value if math.isfinite(point.value) else None
    return {
        "job_id": job_id,
        "curve": point.curve,
        "position": point.position,
        "proposals": point.proposals,
        "value": value,
    }


def curve_point_from_row(row: sa.RowMapping) -> CurvePoint:
    """A row of ``curves``."""
    value = math.nan if row["value"] is None else float(row["value"])
    return CurvePoint(row["curve"], row["position"], row["proposals"], value)


def baseline_to_row(job_id: int, position: int, baseline: Baseline) -> dict[str, Any]:
    """A row of ``baselines``."""
    row = {name: getattr(baseline, name) for name in BASELINE_FIELDS}
    candidate = None if baseline.candidate is None else list(baseline.candidate)
    return row | {"job_id": job_id, "position": position, "candidate": candidate}


def baseline_from_row(row: sa.RowMapping) -> Baseline:
    """A row of ``baselines``."""
    candidate = None if row["candidate"] is None else tuple(row["candidate"])
    return Baseline(candidate=candidate, **{name: row[name] for name in BASELINE_FIELDS})
