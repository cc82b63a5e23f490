"""A straight line through a slowly fading quantity whose scatter remembers what it was a cycle ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MOST_MEMORY = 0.98
"""Assumed: a larger correlation of neighbours cannot be told from a trend."""


@dataclass(frozen=True)
class Trend:
    """``y = start + slope (x - origin)`` with standard uncertainties; ``memory`` is the residuals' lag-1 correlation.

    ``worth`` is the number of independent points that the scatter leaves; ``correlation`` that of start and slope.
    """

    start: float
    slope: float
    start_sigma: float
    slope_sigma: float
    correlation: float
    memory: float
    worth: float


def trend(x: Array, y: Array, origin: float, least: float = 0.0) -> Trend:
    """Least-squares line through at least three points, its sigmas widened for residuals that hang together.

    The variance grows by (1 + r)/(1 - r) for residuals of lag-1 correlation r (Bayley & Hammersley 1946, doi
    10.2307/2983560), r being freed of its bias, -(2 + 4r)/n about a fitted line (Marriott & Pope 1954, doi
    10.1093/biomet/41.3-4.390: -(1 + 4r)/n about a mean; the line's further 1/n is assumed).
    Few points widen it further by Student's t at 68.27 %. ``least`` is the smallest scatter of y that is believed.
    """
    from scipy.special import stdtrit

    middle = float(x.mean())
    spread = float(np.sum((x - middle) ** 2))
    slope = float(np.sum((x - middle) * (y - y.mean()))) / spread
    left = y - y.mean() - slope * (x - middle)
    rest = float(np.sum(left**2))
    memory = _memory(left, rest)
    growth = (1 + memory) / (1 - memory)
    worth = max(x.size / growth, 3.0)
    variance = rest / max(x.size - 2 * growth, 1.0) * growth * float(stdtrit(worth - 2.0, 0.841345)) ** 2
    variance = max(variance, least**2)
    lever = middle - origin
    start_variance = variance / x.size + variance / spread * lever**2
    slope_sigma, start_sigma = float(np.sqrt(variance / spread)), float(np.sqrt(start_variance))
    correlation = -lever * slope_sigma / start_sigma if start_sigma > 0 else 0.0
    return Trend(float(y.mean()) - slope * lever, slope, start_sigma, slope_sigma, correlation, memory, worth)


def _memory(left: Array, rest: float) -> float:
    """Lag-1 correlation of residuals, freed of its bias, never negative."""
    if rest <= 0 or left.size < 4:
        return 0.0
    raw = float(np.sum(left[1:] * left[:-1])) / rest
    return float(np.clip(raw + (2 + 4 * raw) / left.size, 0.0, _MOST_MEMORY))
