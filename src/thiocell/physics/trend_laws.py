"""Laws of a property along one axis: straight line, broken line, Arrhenius with and without 1/T, maximum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018 (exact)."""
_GRID = 2000  # assumed: places at which the break of a broken line is tried


@dataclass(frozen=True)
class Fit:
    """``values`` of the parameters with their ``covariance`` (same order); ``curve(x)`` is the fitted law.

    A covariance of NaN is unknown. ``doubts`` says what the points cannot decide.
    """

    values: Mapping[str, float]
    covariance: Array
    curve: Callable[[Array], Array]
    doubts: tuple[str, ...] = ()


def line(x: Array, y: Array, covariance: Array) -> Fit:
    """Fit y = intercept + slope x by least squares, weighted with the points' own sigmas.

    ``covariance`` of the points may hold errors that they share: these do not weight, but reach the parameters whole.
    Where it is unknown (NaN) or zero for a point, the scatter about the line sets the errors, widened by Student's t.
    Raises ValueError for fewer than two different x.
    """
    if np.unique(x).size < 2:
        raise ValueError("a line needs points at two different places at least")
    design = np.column_stack([np.ones_like(x), x])
    parameters, spread, doubts = _solved(design, y, covariance)
    a, b = float(parameters[0]), float(parameters[1])
    return Fit({"intercept": a, "slope": b}, spread, lambda at: a + b * at, doubts)


def arrhenius(x: Array, y: Array, covariance: Array) -> Fit:
    """Fit y = prefactor exp(-activation_energy / (R T)) with x the temperature in K; activation energy in J/mol."""
    if np.any(x <= 0) or np.any(y <= 0):
        raise ValueError("Arrhenius needs temperatures above 0 K and positive values")
    fit = line(1.0 / x, np.log(y), covariance / np.outer(y, y))
    energy, start = -fit.values["slope"] * GAS_CONSTANT, float(np.exp(fit.values["intercept"]))
    turn = np.array([[0.0, -GAS_CONSTANT], [start, 0.0]])
    values = {"activation_energy": energy, "prefactor": start}
    return Fit(
        values, turn @ fit.covariance @ turn.T, lambda at: start * np.exp(-energy / (GAS_CONSTANT * at)), fit.doubts
    )


def ionic_arrhenius(x: Array, y: Array, covariance: Array) -> Fit:
    """Fit y x = prefactor exp(-activation_energy / (R T)), x the temperature in K: a conductivity by hopping ions.

    The jump's entropy and attempt rate leave 1/T before the exponential (Kudo, Fueki, Solid State Ionics, 1990).
    """
    found = arrhenius(x, y * x, covariance * np.outer(x, x))
    return Fit(found.values, found.covariance, lambda at: found.curve(at) / at, found.doubts)


def broken_line(x: Array, y: Array, covariance: Array) -> Fit:
    """Fit a line that is flat beyond ``break_point``: a solubility limit.

    The break is the least-squares one between the second and the last point; the covariance is that of all three
    parameters together, and no break is surer than the step at which breaks are tried. ``doubts`` gives the interval in
    which chi-square lies within one of its best. Raises ValueError for fewer than four different x.
    """
    if np.unique(x).size < 4:
        raise ValueError("a broken line needs four different places at least")
    weights, known = _weights(covariance)
    grid = np.linspace(np.sort(x)[1], np.sort(x)[-1], _GRID + 1)
    chi2 = _chi2_of_breaks(x, y, _whitening(covariance, weights), grid)
    best = int(np.argmin(chi2))
    scale = 1.0 if known else max(float(chi2[best]) / max(x.size - 3, 1), np.finfo(float).tiny)
    within = grid[chi2 <= chi2[best] + scale]
    doubts: tuple[str, ...] = (f"the points allow a break between {within[0]:.4g} and {within[-1]:.4g}",)
    if within[-1] >= grid[-1]:
        doubts = (*doubts, "the break may lie at or beyond the last point: no plateau is proven")
    at_break = float(grid[best])
    (a, b), _, _ = _solved(np.column_stack([np.ones_like(x), np.minimum(x, at_break)]), y, covariance)
    slopes = np.column_stack([np.ones_like(x), np.minimum(x, at_break), np.where(x > at_break, b, 0.0)])
    spread = _spread(slopes, weights, covariance if known else np.diag(np.full(x.size, scale)))
    least = max((within[-1] - within[0]) / 2, grid[1] - grid[0])
    if not spread[2, 2] >= least**2:
        spread[2, :] = spread[:, 2] = 0.0
        spread[2, 2] = least**2
    values = {"intercept": float(a), "slope": float(b), "break_point": at_break}
    return Fit(values, spread, lambda at: float(a) + float(b) * np.minimum(at, at_break), doubts)


def maximum(x: Array, y: Array, covariance: Array) -> Fit:
    """The highest point, and the interval between its neighbours, within which the true maximum lies.

    ``best`` is the x of the highest point with half the distance between its neighbours as sigma; ``height`` its y.
    Raises ValueError for fewer than three points.
    """
    if x.size < 3:
        raise ValueError("a maximum needs three points at least")
    order = np.argsort(x)
    xs, ys, errors = x[order], y[order], covariance[np.ix_(order, order)]
    top = int(np.argmax(ys))
    low, high = xs[max(top - 1, 0)], xs[min(top + 1, xs.size - 1)]
    doubts: tuple[str, ...] = ()
    if top in (0, xs.size - 1):
        doubts = ("the highest point is the last of the series: the maximum may lie beyond it",)
    rivals = [i for i in range(xs.size) if i != top and ys[top] - ys[i] < 2 * _difference(errors, top, i)]
    if rivals:
        doubts = (
            *doubts,
            f"{len(rivals)} other point(s) lie within two sigma of the highest: the order is not decided",
        )
    spread = np.diag([((high - low) / 2) ** 2, errors[top, top]])
    return Fit({"best": float(xs[top]), "height": float(ys[top])}, spread, lambda at: np.interp(at, xs, ys), doubts)


LAWS: Mapping[str, Callable[[Array, Array, Array], Fit]] = {
    "line": line,
    "arrhenius": arrhenius,
    "ionic_arrhenius": ionic_arrhenius,
    "broken_line": broken_line,
    "maximum": maximum,
}


def _difference(errors: Array, one: int, other: int) -> float:
    return float(np.sqrt(max(errors[one, one] + errors[other, other] - 2 * errors[one, other], 0.0)))


def _weights(covariance: Array) -> tuple[Array, bool]:
    """Weights of the points, and whether they are known."""
    variance = np.diag(covariance)
    known = bool(np.all(np.isfinite(covariance)) and np.all(variance > 0))
    return (1.0 / np.sqrt(variance), True) if known else (np.ones_like(variance), False)


def _solved(design: Array, y: Array, covariance: Array) -> tuple[Array, Array, tuple[str, ...]]:
    """Parameters of a weighted linear fit, their covariance, and what is odd about the scatter."""
    weights, known = _weights(covariance)
    parameters = np.linalg.pinv(design * weights[:, None]) @ (y * weights)
    free = y.size - design.shape[1]
    chi2 = float(np.sum(((y - design @ parameters) * weights) ** 2))
    if known:
        wild = free > 0 and chi2 / free > 1 + 3 * np.sqrt(2 / free)
        said = f"the points scatter more than their sigmas allow (reduced chi-square {chi2 / max(free, 1):.1f})"
        return parameters, _spread(design, weights, covariance), (said,) if wild else ()
    doubts = []
    if np.any(np.diag(covariance) == 0) and np.any(np.diag(covariance) > 0):
        doubts.append("a point of sigma zero cannot be weighted: the scatter about the line sets the errors")
    if free < 1:
        doubts.append("too few points without uncertainties leave the errors of the line unknown")
        return parameters, np.full((design.shape[1],) * 2, np.nan), tuple(doubts)
    noise = np.diag(np.full(y.size, chi2 / free * _student(free) ** 2))
    return parameters, _spread(design, weights, noise), tuple(doubts)


def _spread(design: Array, weights: Array, covariance: Array) -> Array:
    """Covariance of the parameters: the fit is linear in y, so all errors of y go through it."""
    pull = np.linalg.pinv(design * weights[:, None]) * weights
    return np.asarray(pull @ covariance @ pull.T, dtype=np.float64)


def _student(free: int) -> float:
    """What widens a standard error from ``free`` residuals so that it covers 68.27 %."""
    from scipy.stats import t

    return float(t.ppf(0.5 + 0.6826894921 / 2, free))


def _whitening(covariance: Array, weights: Array) -> Array:
    """The matrix that makes the points' errors independent and of size one; shared errors do not widen a break."""
    if not np.all(np.isfinite(covariance)):
        return np.diag(weights)
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))
    except np.linalg.LinAlgError:
        return np.diag(weights)


def _chi2_of_breaks(x: Array, y: Array, whitening: Array, grid: Array) -> Array:
    """Chi-square of the best line that is flat beyond each place of ``grid``, by normal equations."""
    one, height = whitening @ np.ones_like(x), whitening @ y
    m = np.minimum(x, grid[:, None]) @ whitening.T
    total, first, second = float(one @ one), m @ one, np.sum(m**2, axis=1)
    level, product = float(one @ height), m @ height
    slope = (total * product - first * level) / (total * second - first**2)
    start = (level - slope * first) / total
    return np.asarray(np.sum((height - start[:, None] * one - slope[:, None] * m) ** 2, axis=1))
