"""The final front and its baselines on the test split, each scored once."""

from __future__ import annotations

from dataclasses import replace

from autoquant.errors import JobFailed
from autoquant.job import Baseline, Progress
from autoquant.running.context import RunContext
from autoquant.running.measuring import CHECKPOINT, Request
from autoquant.running.results import outcome_error, shareable
from autoquant.trial import Trial


def score_on_test(context: RunContext) -> bool:
    """Score what has no test score yet; False when told to stop before the end.

    `JobFailed`, once all others are scored, for what cannot be.
    """
    held = context.held
    baselines = [baseline for baseline in held.store.baselines(held.id) if baseline.measured]
    scored: dict[str, Trial | Baseline] = {f"baseline {b.label}": b for b in baselines if b.test is None}
    scored |= {f"trial {trial.number}": trial for trial in held.store.front(held.id) if trial.test is None}
    requests = [_request(context, subject, network) for subject, network in scored.items()]
    done, failed = 0, dict[str, str | None]()
    for outcomes in context.measurer.run(requests, context.stop):
        for outcome in outcomes:
            subject, error = outcome.request.subject, outcome_error(context.plan, outcome)
            done += 1
            if outcome.measurement is None or error is not None:
                failed[subject] = error
            else:
                held.score(replace(scored[subject], test=outcome.measurement), shareable(context.plan, [outcome]))
        held.note_progress(Progress("test scores", done, len(requests), len(failed)))
    if names := [subject for subject in scored if subject in failed]:
        raise JobFailed(f"{', '.join(names)} could not be scored on the test split:\n{failed[names[0]]}")
    return done == len(requests)


def _request(context: RunContext, subject: str, network: Trial | Baseline) -> Request:
    """What was trained for the search split is scored, not trained again."""
    checkpoint = network.search.artifacts.get(CHECKPOINT) if network.search is not None else None
    settings = network.settings if isinstance(network, Trial) else None
    return context.measurer.request(subject, network.candidate, settings=settings, split="test", checkpoint=checkpoint)
