"""A line that is flat beyond a break, such as a lattice up to a limit of solubility, and what bounds the break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from thiocell.physics.linear_fit import Array, Fit, Side, solved, spread, weights_of, widened

Law = Callable[[Array], Array]

_GRID = 2000  # assumed: places at which the break is tried
_ROUNDING = 1e-9  # assumed: of the points, what arithmetic may leave of them
_ONE_SIDED, _TWO_SIDED, _ONE_SIGMA = 0.90, 0.95, 0.6826894921  # what a limit at 95 %, a range and a sigma leave inside


def broken_line(x: Array, y: Array, covariance: Array) -> Fit:
    """Fit a line that is flat beyond ``break_point``: a solubility limit.

    The break is the least-squares one between the second and the last point. It is a value only where both the plateau
    and the slope are proven at 95 %; two of its sigmas reach to the ends of the range that chi-square leaves at 95 %,
    one to those at 68 %, and it is no surer than the step at which breaks are tried. Where all points may lie on the
    slope it is only known to lie above a limit, and where all but the first may lie on the plateau, below one.
    Raises ValueError for fewer than four different x.
    """
    if np.unique(x).size < 4:
        raise ValueError("a broken line needs four different places at least")
    tried = _tried(x, y, covariance)
    line = np.column_stack([np.ones_like(x), x])
    level = tried.chi2_of(np.ones((x.size, 1))) <= tried.allowed(_TWO_SIDED, parameters=2)
    no_slope, no_plateau = (tried.chi2[end] <= tried.allowed(_TWO_SIDED) for end in (0, -1))
    if level or (no_slope and no_plateau):
        (a, b), errors, doubts = solved(line, y, covariance)
        why = "no slope is proven" if level else "neither the slope nor a plateau is proven"
        told = f"{why}: the points tell no break, and the line is one without"
        return Fit({"intercept": float(a), "slope": float(b)}, errors, lambda at: a + b * at, (told, *doubts))
    if no_slope:
        return _step(x, y, covariance, tried)
    if no_plateau:
        return _unbroken(x, y, covariance, tried)
    return _broken(x, y, covariance, tried)


@dataclass(frozen=True)
class _Tried:
    """``chi2`` of the best line that breaks at each place of ``grid``, the errors of the points, and what they doubt.

    ``scale`` is the chi-square that each of the ``free`` degrees of freedom makes; the points' sigmas may be ``known``.
    """

    grid: Array
    chi2: Array
    scale: float
    free: int
    known: bool
    whitening: Array
    y: Array
    errors: Array
    doubts: tuple[str, ...]

    @property
    def best(self) -> float:
        """The place of the least chi-square."""
        return float(self.grid[int(np.argmin(self.chi2))])

    def allowed(self, level: float, parameters: int = 1) -> float:
        """The largest chi-square that ``level`` of chance leaves beside the best."""
        from scipy.stats import chi2, f

        more = chi2.ppf(level, parameters) if self.known else parameters * f.ppf(level, parameters, self.free)
        return float(self.chi2.min() + self.scale * more)

    def ends(self, level: float) -> tuple[float, float]:
        """The first and the last place of a break that ``level`` leaves."""
        within = self.grid[self.chi2 <= self.allowed(level)]
        return float(within[0]), float(within[-1])

    def chi2_of(self, design: Array) -> float:
        """Chi-square of another law, linear in its parameters."""
        turned, height = self.whitening @ design, self.whitening @ self.y
        return float(np.sum((height - turned @ (np.linalg.pinv(turned) @ height)) ** 2))


def _tried(x: Array, y: Array, covariance: Array) -> _Tried:
    weights, known = weights_of(covariance)
    whitening, free = _whitening(covariance, weights), max(x.size - 3, 1)
    grid = np.linspace(np.unique(x)[1], x.max(), _GRID + 1)
    chi2 = _chi2_of_breaks(x, y, whitening, grid)
    rounding = _ROUNDING * float(np.max(np.abs(whitening @ y)))
    scale = max(float(chi2.min()), rounding**2) / free
    doubts: tuple[str, ...] = ()
    errors = np.diag(np.full(x.size, max(scale, np.finfo(float).tiny)))
    if known:
        errors, doubts = widened(_slopes(x, y, covariance, float(grid[int(np.argmin(chi2))]))[1], y, covariance)
        scale = max(scale, 1.0) if doubts else 1.0
    return _Tried(grid, chi2, max(scale, np.finfo(float).tiny), free, known, whitening, y, errors, doubts)


def _broken(x: Array, y: Array, covariance: Array, tried: _Tried) -> Fit:
    """The break, with a sigma that respects the range that the points leave it."""
    values, errors, level = _at(x, y, covariance, tried)
    (low, high), (lowest, highest) = tried.ends(_ONE_SIGMA), tried.ends(_TWO_SIDED)
    best = tried.best
    least = max(high - best, best - low, (highest - best) / 2, (best - lowest) / 2, tried.grid[1] - tried.grid[0])
    if not errors[2, 2] >= least**2:
        errors[2, :] = errors[:, 2] = 0.0
        errors[2, 2] = least**2
    told = f"the points allow a break between {lowest:.4g} and {highest:.4g} (95 %)"
    return Fit(values | {"break_point": best}, errors, level, (told, *tried.doubts))


def _unbroken(x: Array, y: Array, covariance: Array, tried: _Tried) -> Fit:
    """A line of which the points prove no plateau: its break lies beyond what they allow at least."""
    values, errors, level = _at(x, y, covariance, tried)
    least, _ = tried.ends(_ONE_SIDED)
    told = "no plateau is proven, the break may lie at or beyond the last point: there is a limit of it only"
    return Fit(values, errors[:2, :2], level, (told, *tried.doubts), {"break_point": (least, "above")})


def _step(x: Array, y: Array, covariance: Array, tried: _Tried) -> Fit:
    """A plateau before which one place alone lies: the slope is at least that to the next one, and a break before."""
    _, _, level = _at(x, y, covariance, tried)
    _, most = tried.ends(_ONE_SIDED)
    steep = float(_slopes(x, y, covariance, most)[0][1])
    told = "one place alone may lie before the plateau: there are limits of the break and of the slope only"
    limits: dict[str, tuple[float, Side]] = {
        "break_point": (most, "below"),
        "slope": (steep, "above" if steep > 0.0 else "below"),
    }
    return Fit({}, np.zeros((0, 0)), level, (told, *tried.doubts), limits)


def _at(x: Array, y: Array, covariance: Array, tried: _Tried) -> tuple[dict[str, float], Array, Law]:
    """Intercept and slope at the best break, the covariance of both with it, and the law."""
    best, (weights, _) = tried.best, weights_of(covariance)
    (a, b), slopes = _slopes(x, y, covariance, best)
    values = {"intercept": float(a), "slope": float(b)}
    return values, spread(slopes, weights, tried.errors), lambda at: float(a) + float(b) * np.minimum(at, best)


def _slopes(x: Array, y: Array, covariance: Array, place: float) -> tuple[Array, Array]:
    """Intercept and slope of the line that breaks at ``place``, and what y turns by with both and with the break."""
    height = np.column_stack([np.ones_like(x), np.minimum(x, place)])
    found, _, _ = solved(height, y, covariance)
    return found, np.column_stack([height, np.where(x > place, found[1], 0.0)])


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
