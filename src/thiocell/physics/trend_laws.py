"""Laws of a property along one axis: straight line, broken line, Arrhenius, maximum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018 (exact)."""


@dataclass(frozen=True)
class Fit:
    """``values`` and their standard errors in the units of y and x as given; ``curve(x)`` is the fitted law.

    ``doubts`` says what the points cannot decide.
    """

    values: Mapping[str, float]
    sigmas: Mapping[str, float]
    curve: Callable[[Array], Array]
    doubts: tuple[str, ...] = field(default=())


def line(x: Array, y: Array, sigma: Array) -> Fit:
    """Fit y = intercept + slope x by weighted least squares.

    Known ``sigma`` (all finite and positive) are taken as they are; otherwise the scatter about the line sets the
    errors, which needs three points. Raises ValueError for fewer than two different x.
    """
    if np.unique(x).size < 2:
        raise ValueError("a line needs points at two different places at least")
    weights, known = _weights(y, sigma)
    design = np.column_stack([np.ones_like(x), x])
    parameters, covariance, chi2 = _least_squares(design, y, weights)
    free = x.size - 2
    doubts: tuple[str, ...] = ()
    if not known:
        covariance = covariance * (chi2 / free if free > 0 else np.nan)
        doubts = () if free > 0 else ("two points without uncertainties leave the errors of the line unknown",)
    elif free > 0 and chi2 / free > 1 + 3 * np.sqrt(2 / free):
        doubts = (
            f"the points scatter more about the line than their sigmas allow (reduced chi-square {chi2 / free:.1f})",
        )
    spread = np.sqrt(np.diag(covariance))
    a, b = float(parameters[0]), float(parameters[1])
    return Fit(
        {"intercept": a, "slope": b},
        {"intercept": float(spread[0]), "slope": float(spread[1])},
        lambda at: a + b * at,
        doubts,
    )


def arrhenius(x: Array, y: Array, sigma: Array) -> Fit:
    """Fit y = prefactor exp(-activation_energy / (R T)) with x the temperature in K; activation energy in J/mol."""
    if np.any(x <= 0) or np.any(y <= 0):
        raise ValueError("Arrhenius needs temperatures above 0 K and positive values")
    fit = line(1.0 / x, np.log(y), sigma / y)
    energy, start = -fit.values["slope"] * GAS_CONSTANT, float(np.exp(fit.values["intercept"]))
    sigmas = {
        "activation_energy": fit.sigmas["slope"] * GAS_CONSTANT,
        "prefactor": start * fit.sigmas["intercept"],
    }
    values = {"activation_energy": energy, "prefactor": start}
    return Fit(values, sigmas, lambda at: start * np.exp(-energy / (GAS_CONSTANT * at)), fit.doubts)


def broken_line(x: Array, y: Array, sigma: Array) -> Fit:
    """A line that is flat beyond ``break_point``: a solubility limit.

    The break is the least-squares one; its sigma is half the interval of breaks whose chi-square lies within one of the
    best, and where few points bracket it that interval spans to the neighbouring points.
    Raises ValueError for fewer than four points.
    """
    if np.unique(x).size < 4:
        raise ValueError("a broken line needs four different places at least")
    weights, known = _weights(y, sigma)
    grid = np.linspace(np.sort(x)[1], np.sort(x)[-1], 2001)
    fits = [_least_squares(np.column_stack([np.ones_like(x), np.minimum(x, at)]), y, weights) for at in grid]
    chi2 = np.array([fit[2] for fit in fits])
    best = int(np.argmin(chi2))
    free = max(x.size - 3, 1)
    scale = 1.0 if known else max(float(chi2[best]) / free, np.finfo(float).tiny)
    within = grid[chi2 <= chi2[best] + scale]
    parameters, covariance, _ = fits[best]
    spread = np.sqrt(np.diag(covariance) * (1.0 if known else scale))
    a, b, at_break = float(parameters[0]), float(parameters[1]), float(grid[best])
    doubts: tuple[str, ...] = (f"the points allow a break between {within[0]:.4g} and {within[-1]:.4g}",)
    if within[-1] >= grid[-1]:
        doubts = (*doubts, "the break may lie at or beyond the last point: no plateau is proven")
    return Fit(
        {"break_point": at_break, "slope": b, "intercept": a},
        {"break_point": float(within[-1] - within[0]) / 2, "slope": float(spread[1]), "intercept": float(spread[0])},
        lambda at: a + b * np.minimum(at, at_break),
        doubts,
    )


def maximum(x: Array, y: Array, sigma: Array) -> Fit:
    """The highest point, and the interval between its neighbours, within which the true maximum lies.

    ``best`` is the x of the highest point with half the distance between its neighbours as sigma; ``height`` its y.
    Raises ValueError for fewer than three points.
    """
    if x.size < 3:
        raise ValueError("a maximum needs three points at least")
    order = np.argsort(x)
    xs, ys, spread = x[order], y[order], sigma[order]
    top = int(np.argmax(ys))
    low, high = xs[max(top - 1, 0)], xs[min(top + 1, xs.size - 1)]
    doubts: tuple[str, ...] = ()
    if top in (0, xs.size - 1):
        doubts = ("the highest point is the last of the series: the maximum may lie beyond it",)
    rivals = [i for i in range(xs.size) if i != top and ys[top] - ys[i] < 2 * np.hypot(spread[top], spread[i])]
    if rivals:
        doubts = (
            *doubts,
            f"{len(rivals)} other point(s) lie within two sigma of the highest: the order is not decided",
        )
    best, height = float(xs[top]), float(ys[top])
    return Fit(
        {"best": best, "height": height},
        {"best": float(high - low) / 2, "height": float(spread[top])},
        lambda at: np.interp(at, xs, ys),
        doubts,
    )


LAWS: Mapping[str, Callable[[Array, Array, Array], Fit]] = {
    "line": line,
    "arrhenius": arrhenius,
    "broken_line": broken_line,
    "maximum": maximum,
}


def _weights(y: Array, sigma: Array) -> tuple[Array, bool]:
    known = bool(np.all(np.isfinite(sigma)) and np.all(sigma > 0))
    return (1.0 / sigma, True) if known else (np.ones_like(y), False)


def _least_squares(design: Array, y: Array, weights: Array) -> tuple[Array, Array, float]:
    """Parameters, covariance for unit weights and chi-square of a weighted linear fit."""
    scaled = design * weights[:, None]
    parameters, *_ = np.linalg.lstsq(scaled, y * weights, rcond=None)
    covariance = np.linalg.pinv(scaled.T @ scaled)
    residuals = (y - design @ parameters) * weights
    return np.asarray(parameters, np.float64), np.asarray(covariance, np.float64), float(residuals @ residuals)
