"""Laws of a property along one axis: straight line, broken line, Arrhenius with and without 1/T, maximum."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from thiocell.physics.broken_line import broken_line
from thiocell.physics.linear_fit import Array, Fit, solved

GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018 (exact)."""


def line(x: Array, y: Array, covariance: Array) -> Fit:
    """Fit y = intercept + slope x by least squares, weighted with the points' own sigmas.

    ``covariance`` of the points may hold errors that they share: these do not weight, but reach the parameters whole.
    Where it is unknown (NaN) or zero for a point, the scatter about the line sets the errors, widened by Student's t; a
    scatter that known sigmas do not allow widens them too.
    Raises ValueError for fewer than two different x.
    """
    if np.unique(x).size < 2:
        raise ValueError("a line needs points at two different places at least")
    design = np.column_stack([np.ones_like(x), x])
    parameters, spread, doubts = solved(design, y, covariance)
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
