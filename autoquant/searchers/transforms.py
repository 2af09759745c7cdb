"""Transforms of a metric, to be minimised, after which it is easier to model than as it is measured."""

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

    def forward(self, values: FloatArray) -> FloatArray:
        """Scores of any values; those beyond the values seen have the scores of the ends."""
        scores: FloatArray = np.interp(values, self._values, self._scores)
        return scores

    def inverse(self, scores: FloatArray) -> FloatArray:
        """Values of any scores."""
        values: FloatArray = np.interp(scores, self._scores, self._values)
        for end, slope in self._slopes():
            beyond = scores < self._scores[0] if end == 0 else scores > self._scores[-1]
            values[beyond] = self._values[end] + (scores[beyond] - self._scores[end]) * slope
        return values

    def _slopes(self) -> list[tuple[int, float]]:
        """Of values over scores beyond the least and the greatest; none where there is one value."""
        tenth = min(len(self._values) - 1, max(1, len(self._values) // 10))
        pairs = ((0, tenth), (-1, -1 - tenth)) if tenth else ()
        return [
            (end, (self._values[near] - self._values[end]) / (self._scores[near] - self._scores[end]))
            for end, near in pairs
        ]

    def threshold(self, bound: float) -> float:
        """The score that parts values up to ``bound`` from greater ones: midway where there are both, else beyond
        all."""
        above = int(np.searchsorted(self._values, bound, side="right"))
        if 0 < above < len(self._values):
            return float(self._scores[above - 1 : above + 1].mean())
        end = 0 if above == 0 else -1
        slope = dict(self._slopes()).get(end, 0.0)
        return float(self._scores[end] + ((bound - self._values[end]) / slope if slope else 0.0))


class Saturating:
    """Values taken to come ever nearer to a worst one as degradation adds up, turned into that degradation, and back.

    With u from 0 at the least value to 1 at the greatest, degradation is -log(1 - `SATURATED` u), moved and scaled to
    mean 0 and variance 1. So accuracy falls to chance when many layers are coarse; below the least value degradation
    goes on evenly.
    """

    def __init__(self, values: FloatArray) -> None:
        self._least, self._span = float(values.min()), float(np.ptp(values)) or 1.0
        degradation = self._degradation(values)
        self._mean, self._deviation = float(degradation.mean()), float(degradation.std()) or 1.0
        self.scores: FloatArray = (degradation - self._mean) / self._deviation

    def forward(self, values: FloatArray) -> FloatArray:
        """Scores of any values; those beyond the greatest seen have its score."""
        scores: FloatArray = (self._degradation(values) - self._mean) / self._deviation
        return scores

    def inverse(self, scores: FloatArray) -> FloatArray:
        """Values of any scores."""
        degradation = scores * self._deviation + self._mean
        u: FloatArray = np.where(degradation < 0, degradation, -np.expm1(-degradation))
        values: FloatArray = self._least + self._span * u / SATURATED
        return values

    def threshold(self, bound: float) -> float:
        """The score that parts values up to ``bound`` from greater ones."""
        return float(self.forward(np.array([bound]))[0])

    def _degradation(self, values: FloatArray) -> FloatArray:
        u = SATURATED * (np.minimum(values, self._least + self._span) - self._least) / self._span
        degradation: FloatArray = np.where(u < 0, u, -np.log1p(-np.maximum(u, 0)))
        return degradation


Transform = NormalScores | Saturating
