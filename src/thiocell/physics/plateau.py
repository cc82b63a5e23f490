"""Where a current that settles is going: a constant, with an exponential on top where the numbers ask for one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Array = NDArray[np.float64]

_TIMES = 120
"""assumed: time constants that are tried."""
_NEGLIGIBLE, _EVEN = 5e-4, 1e-9
"""assumed: shares of the level below which a fall over the last half does not matter, and numbers are the same."""
_SURE = 10.0
"""assumed: by how much AICc must ask for the exponential; odds of e^-5."""
_SHORT = 0.45
"""assumed: share of the whole stretch that a time constant may be; laws without a scale look like 0.35 to 1.5 of it."""
_LONGEST = 5.0
"""assumed: a time constant of so many times the stretch is a straight line, which has no plateau."""


_CHANCE = 2.5
"""assumed: standard deviations, 1/sqrt(rows), within which neighbours correlate by chance."""
_FEW = 8
"""assumed: rows to each value that occurs from which on they are written in steps that exceed the noise."""
_START, _SLOW = 0.05, 0.1
"""assumed: share of the whole stretch where the look at all of it begins, and that its time constant is at least."""
_NOTICED = 4.0
"""assumed: standard deviations of a straight fall from which on AICc asks for it."""


class Plateau(NamedTuple):
    """``level`` is where the current goes, with ``sigma``; ``above`` what of it is left at the end, with its sign.

    ``time`` is the time constant, NaN where a constant does; ``settled`` says whether the level is set by the numbers,
    ``last`` is the mean of the last tenth, with ``last_sigma``. ``time_sigma`` is that of ``time``; ``hidden`` the
    fall over the last half that its noise would hide.
    """

    level: float
    sigma: float
    above: float
    time: float
    settled: bool
    last: float
    time_sigma: float
    last_sigma: float
    hidden: float


def plateau(time: NDArray[np.floating[Any]], current: NDArray[np.floating[Any]]) -> Plateau:
    """The plateau of ``current`` over the last half of ``time``; whatever their units.

    A constant and a constant with one exponential, of any time constant, are held against each other by AICc. The
    slowest exponential is what is left of any linear relaxation at last (for a mixed conductor that of
    ``polarisation_current``). Long before, a relaxation has no scale: it goes as sqrt(t), ln t or 1/sqrt(t), and any
    stretch of it looks like an exponential about as long as itself. The level counts as settled only if over the last
    three quarters the exponential does clearly better than these and is shorter than they look, or if nothing falls any
    more. Noise is taken from the scatter, and
    how far it reaches from what neighbouring rows share.
    Raises ValueError for fewer than eight numbers.
    """
    if time.size < 8:
        raise ValueError(f"a plateau needs eight numbers at least, not {time.size}")
    late = time >= time[0] + 0.5 * (time[-1] - time[0])
    if np.count_nonzero(late) < 8:
        late = np.arange(time.size) >= time.size - 8
    t, i = time[late] - time[late][0], current[late]
    span, count = float(t[-1]), t.size
    whole = float(time[-1] - time[0])
    tail = max(2, count // 5)
    flat = float(np.mean(i))
    found, left = _relaxing(t, i, 2 * span / count) if np.ptp(i) > _EVEN * abs(flat) else (None, i - flat)
    alike = np.sqrt(_alike(left))
    steps = _steps(current)
    own, noise = float(np.hypot(np.std(i) / np.sqrt(count - 1) * alike, steps)), _noise(i)
    if alike > 1.0:
        noise = max(noise, float(np.std(left)))
    last, last_sigma = float(np.mean(i[-tail:])), float(np.hypot(noise * alike / np.sqrt(tail), steps))
    hidden = float(_NOTICED * np.sqrt(12.0 / count) * noise * alike)
    if found is None:  # noise may hide in the last half what the record as a whole shows
        wide = time >= time[0] + _START * whole
        found = _relaxing(time[wide] - time[wide][0], current[wide], _SLOW * whole)[0] if own > 0.0 else None
        if found is None or abs(found.above) <= own or found.time <= 1.01 * _SLOW * whole:
            return Plateau(flat, own, 0.0, float("nan"), True, last, float("nan"), last_sigma, hidden)
    if abs(found.above) * (np.exp(span / found.time) - 1.0) < _NEGLIGIBLE * abs(flat):
        fall = abs(found.above) * float(np.exp(span / found.time) - 1.0)
        return Plateau(flat, max(fall, own), 0.0, float("nan"), True, last, float("nan"), last_sigma, hidden)
    short = found.time < _SHORT * whole
    settled = short and abs(found.above) < abs(found.level) and _has_scale(time, current)
    found = found._replace(sigma=float(np.hypot(found.sigma, steps)))
    return found._replace(settled=bool(settled), last=last, last_sigma=last_sigma, hidden=hidden)


def _relaxing(t: Any, i: Any, quickest: float) -> tuple[Plateau | None, Array]:
    """A constant with an exponential no quicker than ``quickest``, None where a constant does; and what it leaves."""
    span, count = float(t[-1]), t.size
    flat = float(np.mean(i))
    least = max(float(np.sum((i - flat) ** 2)), 1e-30 * count * max(flat**2, 1e-300))
    best = _quickest(t, i, quickest, _LONGEST * span)
    misfit, tau, (level, size) = max(best[0], least * 1e-12), best[1], best[2]
    left = np.asarray(i - level - size * np.exp(-t / tau))
    alike = _alike(left)
    if (_aicc(misfit, count, 4) - _aicc(least, count, 2)) / alike >= -_SURE:
        return None, left
    end = float(np.exp(-span / tau))
    jac = np.column_stack([np.ones(count), np.exp(-t / tau), size * t / tau**2 * np.exp(-t / tau)])
    norm = np.linalg.norm(jac, axis=0)
    norm[norm == 0.0] = 1.0
    spread = np.linalg.pinv((jac / norm).T @ (jac / norm)) / np.outer(norm, norm) * misfit / max(count - 3, 1) * alike
    own, slow = float(np.sqrt(spread[0, 0])), float(np.sqrt(spread[2, 2]))
    return Plateau(float(level), own, float(size) * end, float(tau), False, flat, slow, 0.0, 0.0), left


def _quickest(t: Any, i: Any, low: float, high: float) -> tuple[float, float, Array]:
    """The best exponential with a time constant between two: squared residuals, its time constant, level and size."""
    times = np.geomspace(low, high, _TIMES)
    misfit, tau = min((_solved(t, i, float(each))[0], float(each)) for each in times)
    ratio = (high / low) ** (1.0 / (_TIMES - 1))
    near = minimize_scalar(
        lambda log: _solved(t, i, float(np.exp(log)))[0],
        bounds=(np.log(max(tau / ratio, low)), np.log(min(tau * ratio, high))),
        method="bounded",
        options={"xatol": 1e-9},
    )
    if near.fun < misfit:
        misfit, tau = float(near.fun), float(np.exp(near.x))
    return misfit, tau, _solved(t, i, tau)[1]


def _alike(left: Array) -> float:
    """How many rows count as one: (1 + r)/(1 - r) for neighbours that correlate by r, 1 where that may be chance."""
    square = float(left @ left)
    r = float(left[1:] @ left[:-1]) / square if square > 0.0 else 0.0
    return (1.0 + r) / max(1.0 - r, 1.0 / left.size) if r > _CHANCE / np.sqrt(left.size) else 1.0


def _steps(i: Any) -> float:
    """The sigma of a level that is written in steps, which means over rows that hardly differ do not lessen."""
    there = np.unique(i)
    apart = np.diff(there)
    apart = apart[apart > _EVEN * np.abs(i).max()]
    coarse = apart.size > 0 and _FEW * there.size < i.size and _noise(i[i.size // 2 :]) < apart.min()
    return float(apart.min() / np.sqrt(12.0)) if coarse else 0.0


def _noise(i: Any) -> float:
    """One sigma of a row, from the second differences, which a smooth course leaves small."""
    return float(np.sqrt(np.mean(np.diff(i, 2) ** 2) / 6.0))


def _has_scale(time: NDArray[np.floating[Any]], current: NDArray[np.floating[Any]]) -> bool:
    """Does an exponential describe the last three quarters clearly better than laws without a time of their own?"""
    t = time - time[0]
    late = t >= 0.25 * t[-1]
    t, i = t[late], current[late]
    least = 1e-24 * float(np.sum(i**2)) + 1e-300
    exponential, best, (level, size) = _quickest(t - t[0], i, 2 * t[-1] / t.size, _LONGEST * t[-1])
    alike = _alike(i - level - size * np.exp(-(t - t[0]) / best)) if exponential > least else 1.0
    free = [_line(law, i) for law in (np.sqrt(t), np.log(t), 1.0 / np.sqrt(t), 1.0 / t)]
    better = _aicc(max(exponential, least), t.size, 4) - _aicc(max(min(free), least), t.size, 3)
    return better / alike < -_SURE


def _line(x: Any, i: Any) -> float:
    design = np.column_stack([np.ones(x.size), x])
    return float(np.sum((i - design @ np.linalg.lstsq(design, i, rcond=None)[0]) ** 2))


def _solved(t: Any, i: Any, tau: float) -> tuple[float, Array]:
    design = np.column_stack([np.ones(t.size), np.exp(-t / tau)])
    solved = np.linalg.lstsq(design, i, rcond=None)[0]
    return float(np.sum((i - design @ solved) ** 2)), solved


def _aicc(misfit: float, count: int, k: int) -> float:
    return float(count * np.log(max(misfit / count, 1e-300)) + 2 * k + 2 * k * (k + 1) / (count - k - 1))
