"""Where a current that settles is going: a constant, with an exponential on top where the numbers ask for one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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


class Plateau(NamedTuple):
    """``level`` is where the current goes, with ``sigma``; ``above`` what of it is left at the end, with its sign.

    ``time`` is the time constant, NaN where a constant does; ``settled`` says whether the level is set by the numbers,
    ``last`` is the mean of the last tenth. ``time_sigma`` is that of ``time``.
    """

    level: float
    sigma: float
    above: float
    time: float
    settled: bool
    last: float
    time_sigma: float


def plateau(time: NDArray[np.floating[Any]], current: NDArray[np.floating[Any]]) -> Plateau:
    """The plateau of ``current`` over the last half of ``time``; whatever their units.

    A constant and a constant with one exponential, of any time constant, are held against each other by AICc. The
    slowest exponential is what is left of any linear relaxation at last (for a mixed conductor that of
    ``polarisation_current``). Long before, a relaxation has no scale: it goes as sqrt(t), ln t or 1/sqrt(t), and any
    stretch of it looks like an exponential about as long as itself. The level counts as settled only if over the last
    three quarters the exponential does clearly better than these and is shorter than they look, or if nothing falls any
    more. Noise is taken from the scatter.
    Raises ValueError for fewer than eight numbers.
    """
    if time.size < 8:
        raise ValueError(f"a plateau needs eight numbers at least, not {time.size}")
    late = time >= time[0] + 0.5 * (time[-1] - time[0])
    if np.count_nonzero(late) < 8:
        late = np.arange(time.size) >= time.size - 8
    t, i = time[late] - time[late][0], current[late]
    span, count = float(t[-1]), t.size
    last = float(np.mean(i[-max(1, count // 5) :]))
    flat = float(np.mean(i))
    least = max(float(np.sum((i - flat) ** 2)), 1e-30 * count * max(flat**2, 1e-300))
    best = (np.inf, np.nan, np.zeros(2))
    for tau in np.geomspace(2 * span / count, _LONGEST * span, _TIMES):
        misfit, solved = _solved(t, i, tau)
        if misfit < best[0]:
            best = (misfit, tau, solved)
    misfit, tau, (level, size) = max(best[0], least * 1e-12), best[1], best[2]
    if np.ptp(i) <= _EVEN * abs(flat) or _aicc(misfit, count, 4) >= _aicc(least, count, 2) - _SURE:
        return Plateau(flat, float(np.sqrt(least / (count - 1) / count)), 0.0, float("nan"), True, last, float("nan"))
    end = np.exp(-span / tau)
    jac = np.column_stack([np.ones(count), np.exp(-t / tau), size * t / tau**2 * np.exp(-t / tau)])
    norm = np.linalg.norm(jac, axis=0)
    norm[norm == 0.0] = 1.0
    spread = np.linalg.pinv((jac / norm).T @ (jac / norm)) / np.outer(norm, norm) * misfit / max(count - 3, 1)
    fall = abs(float(size * (1.0 - end)))
    if fall < _NEGLIGIBLE * abs(flat):
        return Plateau(flat, fall, 0.0, float("nan"), True, last, float("nan"))
    slow = float(np.sqrt(spread[2, 2]))
    short = tau < _SHORT * float(time[-1] - time[0])
    settled = short and abs(size * end) < abs(level) and _has_scale(time, current)
    return Plateau(float(level), float(np.sqrt(spread[0, 0])), float(size * end), float(tau), bool(settled), last, slow)


def _has_scale(time: NDArray[np.floating[Any]], current: NDArray[np.floating[Any]]) -> bool:
    """Does an exponential describe the last three quarters clearly better than laws without a time of their own?"""
    t = time - time[0]
    late = t >= 0.25 * t[-1]
    t, i = t[late], current[late]
    least = 1e-24 * float(np.sum(i**2)) + 1e-300
    exponential = min(
        _solved(t - t[0], i, tau)[0] for tau in np.geomspace(2 * t[-1] / t.size, _LONGEST * t[-1], _TIMES)
    )
    free = [_line(law, i) for law in (np.sqrt(t), np.log(t), 1.0 / np.sqrt(t), 1.0 / t)]
    return _aicc(max(exponential, least), t.size, 4) < _aicc(max(min(free), least), t.size, 3) - _SURE


def _line(x: Any, i: Any) -> float:
    design = np.column_stack([np.ones(x.size), x])
    return float(np.sum((i - design @ np.linalg.lstsq(design, i, rcond=None)[0]) ** 2))


def _solved(t: Any, i: Any, tau: float) -> tuple[float, Array]:
    design = np.column_stack([np.ones(t.size), np.exp(-t / tau)])
    solved = np.linalg.lstsq(design, i, rcond=None)[0]
    return float(np.sum((i - design @ solved) ** 2)), solved


def _aicc(misfit: float, count: int, k: int) -> float:
    return float(count * np.log(misfit / count) + 2 * k + 2 * k * (k + 1) / (count - k - 1))
