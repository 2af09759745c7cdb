"""Scales on which a metric, to be minimised, is easier to model than as it is measured."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from autoquant.interfaces import FloatArray

SATURATED = 0.99
"""How near the greatest value seen is taken to be to the worst there can be."""


class NormalScores:
    """Values turned into the normal scores of their ranks, and back; so that outliers do not rule the model.

    Beyond the values seen, the way back goes on as steeply as among the least and the greatest tenth.
    """

    def __init__(self, values: FloatArray) -> None:
        self._values, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - counts / 2
        self._scores = ndtri(middle / len(values))
        self.scores: FloatArray = self._scores[inverse]

    def forth(self, values: FloatArray) -> FloatArray:
        """Scores of any values; those beyond the values seen have the scores of the ends."""
        found: FloatArray = np.interp(values, self._values, self._scores)
        return found

    def back(self, scores: FloatArray) -> FloatArray:
        """Values of any scores."""
        found: FloatArray = np.interp(scores, self._scores, self._values)
        tenth = min(len(self._values) - 1, max(1, len(self._values) // 10))
        for end, near in ((0, tenth), (-1, -1 - tenth)) if tenth else ():
            slope = (self._values[near] - self._values[end]) / (self._scores[near] - self._scores[end])
            beyond = scores < self._scores[0] if end == 0 else scores > self._scores[-1]
            found[beyond] = self._values[end] + (scores[beyond] - self._scores[end]) * slope
        return found


class Saturating:
    """Values taken to come ever nearer to a worst one as harm adds up, turned into that harm, and back.

    With u from 0 at the least value to 1 at the greatest, harm is -log(1 - `SATURATED` u), moved and scaled to mean 0
    and variance 1. So accuracy falls to chance when many layers are coarse; below the least value harm goes on evenly.
    """

    def __init__(self, values: FloatArray) -> None:
        self._least, self._span = float(values.min()), float(np.ptp(values)) or 1.0
        harm = self._harm(values)
        self._mean, self._deviation = float(harm.mean()), float(harm.std()) or 1.0
        self.scores: FloatArray = (harm - self._mean) / self._deviation

    def forth(self, values: FloatArray) -> FloatArray:
        """Scores of any values; those beyond the greatest seen have its score."""
        found: FloatArray = (self._harm(values) - self._mean) / self._deviation
        return found

    def back(self, scores: FloatArray) -> FloatArray:
        """Values of any scores."""
        harm = scores * self._deviation + self._mean
        found: FloatArray = self._least + self._span * np.where(harm < 0, harm, -np.expm1(-harm)) / SATURATED
        return found

    def _harm(self, values: FloatArray) -> FloatArray:
        u = SATURATED * (np.minimum(values, self._least + self._span) - self._least) / self._span
        found: FloatArray = np.where(u < 0, u, -np.log1p(-np.maximum(u, 0)))
        return found


Scale = NormalScores | Saturating
