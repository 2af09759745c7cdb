"""Jobs, trials and what else is stored as JSON for programs: the same shapes for the command line and a service."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoquant.interfaces import DeviceFit
from autoquant.job import Baseline, Event, JobRecord
from autoquant.plugins import PluginInfo
from autoquant.trial import Scored, Step, Trial

if TYPE_CHECKING:
    import optuna

    from autoquant.planning.network_costs import NetworkCosts


def cost_json(costs: NetworkCosts) -> dict[str, Any]:
    """A network's estimated costs for programs."""
    return {
        "name": costs.name,
        "bits": costs.bits,
        "totals": {metric.metric: metric.total for metric in costs.metrics},
        "units": {metric.metric: metric.unit for metric in costs.metrics},
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "output_shape": list(layer.output_shape),
                "macs": layer.macs,
                "weights": layer.weights,
                "precision": str(precision),
                "costs": {metric.metric: metric.layers[i] for metric in costs.metrics},
                "limited_by": {metric.metric: metric.limited_by[i] for metric in costs.metrics if metric.limited_by[i]},
            }
            for i, (layer, precision) in enumerate(zip(costs.network, costs.precisions, strict=True))
        ],
        "provenance": {metric.metric: dict(metric.provenance) for metric in costs.metrics},
        "notes": list(costs.network.notes),
    }


def calibration_json(calibrated: DeviceFit, output: Path) -> dict[str, Any]:
    """A calibration for programs."""
    numbers = {name: {"before": before, "now": now} for name, (before, now) in calibrated.numbers.items()}
    errors = {"fit": dict(calibrated.fit), "left_out": dict(calibrated.held_out)}
    return {"device": str(output), "numbers": numbers, **errors}


def job_json(job: JobRecord) -> dict[str, Any]:
    """A job for programs."""
    return {
        "id": job.id,
        "name": job.name,
        "state": str(job.state),
        "abandoned": job.abandoned,
        "n_trials": job.n_trials,
        "finished": job.finished,
        "failed": job.failed,
        "pruned": job.pruned,
        "front_size": job.front_size,
        "hypervolume": job.hypervolume,
        "message": job.message,
        "phase": job.phase,
        "phase_done": job.phase_done,
        "phase_total": job.phase_total,
        "created": _moment(job.created),
        "ended": _moment(job.ended),
    }


def trial_json(trial: Trial, job: JobRecord) -> dict[str, Any]:
    """A trial of a job for programs."""
    return {
        "number": trial.number,
        "state": str(trial.state),
        "feasible": trial.feasible,
        "settings": None if trial.settings is None else dict(trial.settings),
        "options": dict(trial.options),
        "metrics": dict(trial.metrics),
        "standard_errors": dict(trial.standard_errors),
        "violations": dict(trial.violations),
        "test_metrics": dict(trial.test_metrics),
        "test_standard_errors": dict(trial.test_standard_errors),
        **_polished_json(trial, job),
        "artifacts": dict(trial.artifacts),
        "steps": [_step_json(step) for step in trial.search.steps] if trial.search is not None else [],
        "seconds": trial.seconds,
        "worker": trial.worker,
        "measured_by": trial.measured_by,
        "error": trial.error,
        "started": _moment(trial.started),
        "ended": _moment(trial.ended),
    }


def _step_json(step: Step) -> dict[str, Any]:
    """What is not finite, which JSON has no number for, is null."""
    finite = {name: value if math.isfinite(value) else None for name, value in step.metrics.items()}
    return {"step": step.step, "metrics": finite}


def trial_row(trial: Trial, on_front: bool) -> dict[str, Any]:
    """A trial as one flat row of a table."""
    return {
        "number": trial.number,
        "state": str(trial.state),
        "feasible": trial.feasible,
        "on_front": on_front,
        **trial.metrics,
        **{f"{metric}_se": error for metric, error in trial.standard_errors.items()},
        **{f"test_{metric}": value for metric, value in trial.test_metrics.items()},
        **{f"polished_{metric}": value for metric, value in trial.polished_metrics.items()},
        **{f"polished_test_{metric}": value for metric, value in trial.polished_test_metrics.items()},
        **{f"params_{name}": option for name, option in trial.options.items()},
        **{f"settings_{name}": value for name, value in (trial.settings or {}).items()},
        "seconds": trial.seconds,
        "worker": trial.worker,
        "measured_by": trial.measured_by,
        "error": trial.error,
        "datetime_start": trial.started,
        "datetime_complete": trial.ended,
    }


def baseline_json(baseline: Baseline, job: JobRecord) -> dict[str, Any]:
    """A baseline for programs."""
    options = None
    if baseline.candidate is not None:
        pairs = zip(job.definition.choices, baseline.candidate, strict=True)
        options = {choice.name: choice.options[index] for choice, index in pairs}
    fields = ("metrics", "standard_errors", "violations", "test_metrics", "test_standard_errors")
    return {
        "label": baseline.label,
        "kind": "sensitivity" if baseline.kind == "no_sensitivity" else baseline.kind,
        "options": options,
        **{name: getattr(baseline, name) for name in fields},
        **_polished_json(baseline, job),
        "error": baseline.error,
    }


def _polished_json(scored: Scored, job: JobRecord) -> dict[str, Any]:
    """What was measured of the polished network; empty where there is none."""
    return {
        "polished_metrics": dict(scored.polished_metrics),
        "polished_standard_errors": dict(scored.polished_standard_errors),
        "polished_violations": job.definition.polished_violations(scored),
        "polished_test_metrics": dict(scored.polished_test_metrics),
        "polished_test_standard_errors": dict(scored.polished_test_standard_errors),
        "notes": list(scored.notes),
    }


def front_json(
    record: JobRecord, front: Sequence[Trial], baselines: Sequence[Baseline], store_url: str
) -> dict[str, Any]:
    """A job, its front and its baselines for programs."""
    from autoquant.report.model.data import ReportData
    from autoquant.report.model.sensitivity import standing

    comparison = standing(ReportData(record, (), front, baselines))
    return {
        "job": job_json(record),
        "store": store_url,
        "objectives": [asdict(objective) for objective in record.definition.objectives],
        "constraints": [str(constraint) for constraint in record.definition.constraints],
        "front": [trial_json(trial, record) for trial in front],
        "baselines": [baseline_json(baseline, record) for baseline in baselines],
        "sensitivity": None if comparison is None else asdict(comparison),
    }


def study_json(study: optuna.Study, storage: str) -> dict[str, Any]:
    """An exported study as JSON."""
    from autoquant.store.engine import shown

    return {
        "study": study.study_name,
        "storage": shown(storage),
        "trials": len(study.trials),
        "best_trials": len(study.best_trials),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event for programs."""
    return {"id": event.id, "moment": _moment(event.moment), "level": event.level, "text": event.text}


def plugin_json(info: PluginInfo) -> dict[str, Any]:
    """A plug-in for programs."""
    return asdict(info)


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
