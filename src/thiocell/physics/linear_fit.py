"""Weighted linear fits whose errors take in what the points miss the law by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Side = Literal["below", "above"]
_ROUNDING = 1e-9
"""Relative; assumed: a scatter below is one of the arithmetic."""


@dataclass(frozen=True)
class Fit:
    """``values`` of the parameters with their ``covariance`` (same order); ``curve(x)`` is the fitted law.

    A covariance of NaN is unknown. ``doubts`` says what the points cannot decide; ``limits`` gives bound and side, at
    95 %, of a parameter that they bound from one side only.
    """

    values: Mapping[str, float]
    covariance: Array
    curve: Callable[[Array], Array]
    doubts: tuple[str, ...] = ()
    limits: Mapping[str, tuple[float, Side]] = field(default_factory=dict)


def weights_of(covariance: Array) -> tuple[Array, bool]:
    """Weights of the points, and whether they are known."""
    variance = np.diag(covariance)
    known = bool(np.all(np.isfinite(covariance)) and np.all(variance > 0))
    return (1.0 / np.sqrt(variance), True) if known else (np.ones_like(variance), False)


def solved(design: Array, y: Array, covariance: Array) -> tuple[Array, Array, tuple[str, ...]]:
    """Parameters of a weighted linear fit, their covariance, and what is odd about the scatter."""
    weights, known = weights_of(covariance)
    parameters = np.linalg.pinv(design * weights[:, None]) @ (y * weights)
    if known:
        errors, doubts = widened(design, y, covariance)
        return parameters, spread(design, weights, errors), doubts
    free = y.size - design.shape[1]
    said = []
    if np.any(np.diag(covariance) == 0) and np.any(np.diag(covariance) > 0):
        said.append("a point of sigma zero cannot be weighted: the scatter about the line sets the errors")
    if free < 1:
        said.append("too few points without uncertainties leave the errors of the line unknown")
        return parameters, np.full((design.shape[1],) * 2, np.nan), tuple(said)
    chi2 = float(np.sum((y - design @ parameters) ** 2))
    noise = np.diag(np.full(y.size, chi2 / free * student(free) ** 2))
    return parameters, spread(design, weights, noise), tuple(said)


def widened(design: Array, y: Array, covariance: Array) -> tuple[Array, tuple[str, ...]]:
    """The covariance of points of known sigmas, with what they miss the law by beyond chance, and the doubt about it.

    Independent sigmas grow by the root of the reduced chi-square (Birge, Phys. Rev. 40 (1932) 207; so does the Particle
    Data Group, Phys. Rev. D 110 (2024) 030001). Errors that points share do not scatter them: less is expected there.
    """
    weights, _ = weights_of(covariance)
    whole = design * weights[:, None]
    rest = np.eye(y.size) - whole @ np.linalg.pinv(whole)
    free = y.size - design.shape[1]
    if free < 1:
        return covariance, ()
    seen = float(np.sum((rest @ (y * weights)) ** 2)) / free
    chance = max(float(np.trace(rest @ (covariance * np.outer(weights, weights)))) / free, 0.0)
    rounding = float(np.mean((_ROUNDING * y * weights) ** 2))
    if seen <= chance * (1.0 + 3.0 * np.sqrt(2.0 / free)) + rounding:
        return covariance, ()
    ratio = f"{seen / chance:.1f}" if seen < 1e6 * chance else "above a million"
    said = (
        f"the points scatter more than their sigmas allow (reduced chi-square {ratio}): the law's sigmas are widened "
        "by its root (Birge ratio)"
    )
    return covariance + (seen - chance) * np.diag(np.diag(covariance)), (said,)


def spread(design: Array, weights: Array, covariance: Array) -> Array:
    """Covariance of the parameters: the fit is linear in y, so all errors of y go through it."""
    pull = np.linalg.pinv(design * weights[:, None]) * weights
    return np.asarray(pull @ covariance @ pull.T, dtype=np.float64)


def student(free: int) -> float:
    """What widens a standard error from ``free`` residuals so that it covers 68.27 %."""
    from scipy.stats import t

    return float(t.ppf(0.5 + 0.6826894921 / 2, free))
