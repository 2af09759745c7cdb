"""Top of the HTML report: the job, its headline figures, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from autoquant.job import JobState
from autoquant.report.model.data import ReportData
from autoquant.report.model.metric_format import MetricFormat, metric_formats
from autoquant.report.model.picks import as_good_as_float, most_accurate, trade_off
from autoquant.report.model.verdict import tone, verdict
from autoquant.spec import SearchSpec
from autoquant.trial import Trial

_BAD = (JobState.FAILED, JobState.CANCELLED)


def header(data: ReportData) -> str:
    """Name, state and how the search was made."""
    job = data.job
    style = "bad" if job.state in _BAD else "" if job.state is JobState.SUCCEEDED else "open"
    seed, searcher = _asked(job.spec)
    facts = [f"job {job.id}", f"searcher {searcher}", f"seed {seed}", f"{job.n_trials:,} trials"]
    facts.append(f"submitted {_moment(job.created)}")
    if job.ended is not None:
        facts.append(f"ended after {_duration((job.ended - job.created).total_seconds())}")
    message = f'<p class="muted">{escape(job.message)}</p>' if job.message else ""
    return (
        f'<header><div class="title"><h1>{escape(job.name)}</h1>'
        f'<span class="state {style}">{job.state.value}</span></div>'
        f'<p class="muted">{escape(" · ".join(facts))}</p>{message}</header>'
    )


def _asked(spec: Mapping[str, object]) -> tuple[object, object]:
    """Seed and searcher of a stored spec, which omits what has its default."""
    fields = SearchSpec.model_fields
    searcher = spec.get("searcher", fields["searcher"].default.name)
    return spec.get("seed", fields["seed"].default), searcher["name"] if isinstance(searcher, Mapping) else searcher


def _moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M %Z").strip()


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def cards(data: ReportData) -> str:
    """The figures that a reader wants first."""
    job, formats = data.job, metric_formats(data)
    ended = f"{job.failed} failed, {job.pruned} pruned for their cost" if job.failed or job.pruned else "none failed"
    boxes = [_card("Front", f"{len(data.front)} <small>{_plural(len(data.front), 'network')}</small>", _spans(data))]
    trade = _trade_off(data, formats)
    if trade:
        boxes.append(trade)
    boxes += [_score_card(data, formats)] if data.measured else []
    boxes.append(_card("Trials ended", f"{job.finished:,} <small>of {job.n_trials:,}</small>", ended))
    grown = "1 would be every best value in one network"
    boxes.append(_card("Hypervolume", f"{job.hypervolume:.4f}", grown))
    return f'<div class="cards">{"".join(boxes)}</div>'


def _card(name: str, value: str, more: str) -> str:
    return (
        f'<div class="card"><div class="name">{escape(name)}</div><div class="value">{value}</div>'
        f'<div class="more">{escape(more)}</div></div>'
    )


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _spans(data: ReportData) -> str:
    """From the cheapest to the costliest network of the front."""
    if not data.front:
        return "no trial is feasible"
    first = (data.costs or data.job.definition.objectives)[0]
    fmt = metric_formats(data)[first.metric]
    low, high = (data.ranked[i].metrics[first.metric] for i in (0, -1))
    if low == high:
        return f"{fmt.name} {fmt.text(low)}"
    return f"{fmt.name} {fmt.number(low)} to {fmt.text(high)}"


def _trade_off(data: ReportData, formats: Mapping[str, MetricFormat]) -> str:
    trial = trade_off(data)
    if trial is None or not data.costs or not data.measured:
        return ""
    first = data.costs[0].metric
    good = as_good_as_float(data) is not None
    why = "cheapest within one standard error of float" if good else "cheapest within one standard error of the best"
    score = data.score(trial, data.quality.metric)
    scored = f"{formats[data.quality.metric].text(*score)}, " if score else ""
    more = f"#{trial.number}: {scored}{why}{_saved(data, trial, first)}"
    return _card("Best trade-off", _value(formats[first], trial.metrics[first], 0.0), more)


def _saved(data: ReportData, trial: Trial, metric: str) -> str:
    """How many times cheaper than float, where the cost of float is known."""
    reference = data.float_network.metrics.get(metric) if data.float_network else None
    cost = trial.metrics[metric]
    return f", {reference / cost:.1f}× cheaper" if reference and cost > 0 and reference > cost else ""


def _score_card(data: ReportData, formats: Mapping[str, MetricFormat]) -> str:
    """The float network compared with the best of the front."""
    metric, where = data.quality.metric, f"on the {data.split} split"
    fmt = formats[metric]
    best = most_accurate(data)
    top = data.score(best, metric) if best else None
    reference = data.score(data.float_network, metric) if data.float_network else None
    named = f"best of the front: #{best.number}" if best else ""
    if reference is not None:
        compared = f"; {named}, {fmt.text(*top)}" if top else ""
        return _card(f"Float {fmt.name}", _value(fmt, *reference), where + compared)
    return _card(f"Best {fmt.name}", _value(fmt, *top), f"{named}, {where}") if top else ""


def _value(fmt: MetricFormat, value: float, error: float) -> str:
    spread = f" <small>± {fmt.number(error)}</small>" if error else ""
    return f"{fmt.number(value)}{spread} <small>{escape(fmt.unit)}</small>"


def verdict_box(data: ReportData) -> str:
    """Whether the search beats its baselines, in plain words."""
    text = escape(verdict(data))
    if data.front:
        return f'<div class="verdict {tone(data)}"><p>{text}</p></div>'
    job = data.job
    counts = f"{job.finished:,} of {job.n_trials:,} trials have ended: {job.pruned:,} broke a constraint by their costs"
    counts += f" before they were measured, {job.failed:,} failed."
    advice = "Loosen a constraint, or allow fewer bits." if job.pruned or data.trials else ""
    return f'<div class="verdict warning"><p>{text} {counts} {advice}</p></div>'
