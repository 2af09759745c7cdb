"""The networks of a front that a reader looks for first.

They are picked by their scores on the search split: the test split judges what was picked, so it must not pick.
"""

from __future__ import annotations

import math

from autoquant.report.model.data import ReportData
from autoquant.trial import Trial


def most_accurate(data: ReportData) -> Trial | None:
    """The best of the front in the quality objective; the cheapest of equals."""
    scored = [(data.score(t, data.quality.metric, "search"), t) for t in data.ranked]
    known = [(data.quality.minimized(score.value), trial) for score, trial in scored if score]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def as_good_as_float(data: ReportData) -> Trial | None:
    """The cheapest network of the front within one standard error of the float network; None where there is none."""
    metric = data.quality.metric
    if data.float_network is None or not data.measured or not data.costs:
        return None
    reference = data.score(data.float_network, metric, "search")
    for trial in data.ranked:
        score = data.score(trial, metric, "search")
        if score and reference:
            loss = data.quality.minimized(score.value) - data.quality.minimized(reference.value)
            if loss <= math.hypot(score.error, reference.error):
                return trial
    return None


def trade_off(data: ReportData) -> Trial | None:
    """The network to look at first: as good as float, or else within one standard error of the best of the front."""
    best, equal = most_accurate(data), as_good_as_float(data)
    if equal is not None or best is None:
        return equal
    top = data.score(best, data.quality.metric, "search")
    for trial in data.ranked:
        score = data.score(trial, data.quality.metric, "search")
        if score and top:
            loss = data.quality.minimized(score.value) - data.quality.minimized(top.value)
            if loss <= math.hypot(score.error, top.error):
                return trial
    return best
