"""What a report shows, read from a store."""

from __future__ import annotations

from collections.abc import Mapping

from autoquant.job import HypervolumePoint, JobReader
from autoquant.planning.plan import stored_space
from autoquant.planning.pricing import layer_costs
from autoquant.report.model.data import ReportData


def read(store: JobReader, job_id: int) -> ReportData:
    """All that a report of this job shows. `JobNotFound` when it is not there."""
    record, front, baselines = store.job(job_id), store.front(job_id), store.baselines(job_id)
    candidates = [trial.candidate for trial in front]
    candidates += [baseline.candidate for baseline in baselines if baseline.candidate is not None]
    profile = record.definition.profile
    costs: list[Mapping[str, list[float]]] = [{} for _ in candidates]
    if profile is not None:
        costs = layer_costs(record.definition.costs, stored_space(record), candidates)
    now = HypervolumePoint(record.finished, record.hypervolume)
    return ReportData(
        job=record,
        trials=list(store.trials(job_id)),
        front=front,
        baselines=baselines,
        hypervolume=[*store.hypervolume_history(job_id), now],
        curves=store.curves(job_id),
        layer_names=[layer.name for layer in profile] if profile is not None else [],
        layer_costs=dict(zip(candidates, costs, strict=True)),
    )
