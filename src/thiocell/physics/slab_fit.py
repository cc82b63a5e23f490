"""Diffusion into a slab behind a resistance, fitted to a current; and what Cottrell's law would say in each window."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

from thiocell.physics.slab_step import slab_step

Array = NDArray[np.float64]

_BINS, _MANY = 480, 1000
"""assumed: bins of even width in the logarithm of time, and rows above which they are made."""
_STARTS = ((0.1, 10.0), (1.0, 1.0), (1.0, 30.0), (10.0, 100.0))
"""assumed: diffusion times, in lengths of the record, and ratios at which the search starts."""
_LOW, _HIGH = 1e-3, 1e5
"""assumed: ratios of diffusion to series resistance between which the law tells anything."""
HALF, NEAR, LEAST = -0.5, 0.02, 3.0
"""The exponent of Cottrell's law; how near to it, and over what ratio of times, a window counts as limited by
diffusion: assumed, for a diffusivity that is right within some 10 %."""


_AWAY = (-1.4, -0.7, 0.7, 1.4)
"""assumed: distances in the logarithm at which the sum of squares is looked at."""
_WIDER = 1.2
"""assumed: times by which the curvature's sigma is too small before another is taken."""
_UNLIKELY = 16.0
"""assumed: rise of chi-square from which a number so far off does not matter to a sigma."""
_REACH = 8.0
"""assumed: how far in the logarithm the others may move then."""
_PARTS, EXACT = 12, 3e-4
"""assumed: parts of a record whose scatter is looked at; relative error of bins, better than most instruments."""
_BLIND = 1e-6
"""assumed: ratio of the slopes' singular values below which one direction is rounding."""
STRAIGHT = 0.99
"""assumed: R2 from which a Cottrell plot is taken for a straight line, as in print."""
READ = 1.4
"""assumed: ratio of the ends of the shortest window that is read so."""


class SlabFit(NamedTuple):
    """``logs`` are the logarithms of charge (C), diffusion time (s) and ratio, with their ``covariance``.

    The covariance is infinite where the numbers do not set all three, as before the slab's end is felt.

    ``time`` and ``current`` are the bins, ``fitted`` the law there; ``scatter`` is relative, that of
    the residuals times ``weight`` (1/A).
    """

    logs: Array
    covariance: Array
    time: Array
    current: Array
    fitted: Array
    scatter: float
    weight: Array


class Windows(NamedTuple):
    """Every window from ``first`` to ``last`` (s): its exponent d ln i/d ln t, and ``slope``, the mean of i sqrt(t).

    ``halves[window, 0 or 1]`` are the exponents of its two halves: a window may have the right one on average only.
    ``line`` is the slope (A s^0.5) of the straight line through i against 1/sqrt(t) with any intercept, as a Cottrell
    plot is read, and ``r2`` how straight that plot is: it says nothing of whether diffusion limits.
    """

    first: Array
    last: Array
    exponent: Array
    halves: Array
    slope: Array
    line: Array
    r2: Array

    @property
    def straight(self) -> NDArray[np.bool_]:
        """The windows whose Cottrell plot a reader would call a straight line."""
        return np.asarray((self.r2 >= STRAIGHT) & (self.line > 0) & (self.last >= READ * self.first))

    @property
    def limited(self) -> NDArray[np.bool_]:
        """The windows in which the current falls as diffusion alone would have it, all along."""
        near = np.abs(np.column_stack([self.exponent, 0.5 * (self.halves - HALF) + HALF]) - HALF) <= NEAR
        return np.asarray(near.all(axis=1) & (self.last >= LEAST * self.first))


def binned(time: NDArray[np.floating[Any]], current: NDArray[np.floating[Any]]) -> tuple[Array, Array, Array]:
    """Time, current and number of rows in bins of even width in ln(time), of times above zero; few rows stay."""
    there = time > 0
    t, i = time[there], current[there]
    if t.size <= _MANY:
        return np.asarray(t, dtype=np.float64), np.asarray(i, dtype=np.float64), np.ones(t.size)
    edges = np.geomspace(t.min() * (1 - 1e-9), t.max() * (1 + 1e-9), _BINS + 1)
    place = np.searchsorted(edges, t) - 1
    count = np.bincount(place, minlength=_BINS)
    kept = count > 0
    logs = np.bincount(place, np.log(t), _BINS)[kept] / count[kept]
    return np.exp(logs), np.bincount(place, i, _BINS)[kept] / count[kept], count[kept].astype(np.float64)


def noise_floor(time: Array, current: Array) -> float:
    """The current (A) at which noise that stays the same outweighs noise that goes with the current; 0 without the one.

    The scatter of rows about the line through their neighbours, in parts of the record, is a^2 i^2 + b^2; b/a comes
    back, with a no less than the error that bins make.
    """
    if current.size < _PARTS * 6:
        return 0.0
    left, right = time[1:-1] - time[:-2], time[2:] - time[1:-1]
    share = left / np.maximum(left + right, 1e-300)
    line = current[:-2] + share * (current[2:] - current[:-2])
    away = np.abs(current[1:-1] - line) / np.sqrt(1.0 + share**2 + (1.0 - share) ** 2)
    level, scatter = (
        np.array([np.median(part) for part in np.array_split(x, _PARTS)]) for x in (current[1:-1] ** 2, away)
    )
    y = (1.4826 * scatter) ** 2
    own = np.where(y > 0, y, np.max(y) + 1e-300)
    (relative, constant), _ = nnls(np.column_stack([level / own, 1.0 / own]), y / own)
    return float(np.sqrt(constant / max(relative, EXACT**2)))


def fit_slab(time: Array, current: Array, count: Array, near: Array | None = None, floor: float = 0.0) -> SlabFit:
    """Least squares of the residuals of ``slab_step`` to a ``current`` (A) at ``time`` (s), each over hypot(i, floor).

    A number that is the mean of ``count`` rows weighs as many. ``near`` are logarithms at which the search starts, if
    they are known from a like record; ``floor`` (A) is that of ``noise_floor``, without one the current must lie above
    zero. Raises ValueError for fewer than eight numbers, or a current that does not.
    """
    if time.size < 8 or (np.any(current <= 0) and not floor) or not np.mean(current) > 0:
        raise ValueError("the current must keep one sign, and be told at eight times at least")
    passed = float(np.trapezoid(current, time)) + current[0] * time[0]
    span = float(time[-1])
    low, high = np.log([passed * 1e-3, span * 1e-5, _LOW]), np.log([passed * 1e6, span * 1e6, _HIGH])
    starts = [np.log([passed * max(1.0, np.sqrt(share)), share * span, ratio]) for share, ratio in _STARTS]
    tried = [np.clip(near, low + 1e-6, high - 1e-6)] if near is not None else starts
    size, smooth = np.hypot(current, floor), current
    logs = tried[0]
    for turn in range(2 if floor else 1):  # where noise counts, the weights are those of the law and not of the noise
        weight = np.sqrt(count / count.mean()) / size
        begun = [logs] if turn else tried
        best = min((_solved(time, current, weight, start, low, high) for start in begun), key=lambda found: found[1])
        logs, cost = best
        law = slab_step(time, *np.exp(logs))
        size, smooth = np.hypot(law.current, floor), law.current
    scatter = float(np.sqrt(2.0 * cost / (time.size - 3)))
    jac = weight[:, None] * np.stack([law.by_charge, law.by_time, law.by_ratio], axis=1)
    return SlabFit(logs, _covariance(jac, scatter), time, current, smooth, scatter, weight)


def _covariance(jac: Array, scatter: float) -> Array:
    """Of the logarithms; infinite where some direction is not seen at all."""
    norm = np.linalg.norm(jac, axis=0)
    _, sizes, turn = np.linalg.svd(jac / np.where(norm > 0, norm, 1.0), full_matrices=False)
    if np.any(norm == 0) or sizes[-1] <= _BLIND * sizes[0]:
        return np.full((3, 3), np.inf)
    root = turn.T / sizes / norm[:, None]
    covariance = root @ root.T * scatter**2
    if covariance[2, 2] > 1.0:  # a ratio that is not set, nearly endless: charge and time do without it
        covariance[2, :2] = covariance[:2, 2] = 0.0
        root = np.linalg.inv(np.linalg.qr(jac[:, :2])[1])
        covariance[:2, :2] = root @ root.T * scatter**2
    return np.asarray(covariance)


def profiled(fit: SlabFit) -> SlabFit:
    """The fit with its covariance widened to what the sum of squares says further off, of diffusion time and ratio.

    Before the slab's end is felt, or where the resistance hardly counts, the linear covariance is too narrow: there the
    sum of squares rises by less than a parabola. Held at each of ``_AWAY``, the others are fitted anew.
    """
    if not np.isfinite(fit.covariance).all() or fit.scatter <= 0.0:
        return fit
    least = float(np.sum((fit.weight * (fit.fitted - fit.current)) ** 2))
    wider = np.ones(3)
    for k in (1, 2):
        own = float(np.sqrt(fit.covariance[k, k]))
        for away in _AWAY:
            start = fit.logs + np.where(np.arange(3) == k, away, 0.0)
            low, high = start - _REACH, start + _REACH
            _, cost = _solved(fit.time, fit.current, fit.weight, start, low, high, held=k)
            rise = max(2.0 * cost - least, 0.0) / fit.scatter**2
            much = abs(away) / np.sqrt(max(rise, 1e-12)) / own
            if rise < _UNLIKELY and much > _WIDER:
                wider[k] = max(wider[k], much)
    wider[0] = wider[1]  # before its end is felt, a slab's charge goes as the root of its time
    return fit._replace(covariance=fit.covariance * np.outer(wider, wider))


def _solved(
    time: Array, current: Array, weight: Array, start: Array, low: Array, high: Array, held: int | None = None
) -> tuple[Array, float]:
    """The logarithms of least squares, all but the one that is ``held``, and half the sum of squares."""
    free = [k for k in range(3) if k != held]

    def whole(p: Array) -> Array:
        logs = start.copy()
        logs[free] = p
        return logs

    def residuals(p: Array) -> Array:
        return np.asarray(weight * (slab_step(time, *np.exp(whole(p))).current - current))

    def slopes(p: Array) -> Array:
        found = slab_step(time, *np.exp(whole(p)))
        parts = (found.by_charge, found.by_time, found.by_ratio)
        return np.asarray(np.stack([weight * parts[k] for k in free], axis=1))

    found = least_squares(
        residuals, start[free], slopes, bounds=(low[free], high[free]), xtol=1e-10, ftol=1e-10, gtol=1e-10
    )
    return whole(found.x), float(found.cost)


def cottrell_windows(time: Array, current: Array, count: int = 24) -> Windows:
    """Exponents and mean i sqrt(t) of every window between ``count`` times, even in their logarithm."""
    ends = np.flatnonzero(current <= 0)  # noise about zero has no logarithm
    time, current = (x[: ends[0] if ends.size else x.size] for x in (time, current))
    if time.size < 9:
        none = np.zeros(0)
        return Windows(none, none, none, np.zeros((0, 2)), none, none, none)
    marks = np.unique(np.searchsorted(time, np.geomspace(time[0], time[-1], count)).clip(0, time.size - 1))
    x, y = np.log(time), np.log(current)
    rows = []
    for a, b in itertools.combinations(marks.tolist(), 2):
        if b - a < 8:
            continue
        middle = int(np.searchsorted(x, 0.5 * (x[a] + x[b])))
        parts = [slice(a, b + 1), slice(a, middle + 1), slice(middle, b + 1)]
        if min(part.stop - part.start for part in parts) < 4:
            continue
        exponents = [float(np.polyfit(x[part], y[part], 1)[0]) for part in parts]
        root, i = 1.0 / np.sqrt(time[a : b + 1]), current[a : b + 1]
        line = float(np.polyfit(root, i, 1)[0])
        r2 = float(np.corrcoef(root, i)[0, 1] ** 2) if np.ptp(i) > 0 else 0.0
        rows.append((time[a], time[b], *exponents, float(np.mean(i / root)), line, r2))
    table = np.array(rows).reshape(-1, 8)
    return Windows(table[:, 0], table[:, 1], table[:, 2], table[:, 3:5], *table[:, 5:].T)
