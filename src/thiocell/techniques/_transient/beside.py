"""What goes on beside a slab's diffusion in a record of interruptions: a relaxation with a time of its own, a drift."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.techniques._transient.interruptions import Interrupted, Rows, Window, pulse_rows, rest_rows

Array = NDArray[np.float64]

_TIMES = 16
"""assumed: time constants that are tried, from half the window's begin to thrice the last row."""
_WIDE = 4.0
"""assumed: times a window's end up to which rests are looked at for a relaxation."""
_SURELY = 4.0
"""assumed: sigmas of the relaxation's resistance from which it is there and not by chance."""
_BETTER = 0.95
"""assumed: share of the squared residuals that it leaves at most."""
_SAME = 1e-4
"""assumed: share of the diffusion's voltage within which residuals are nothing to explain."""
_FEWEST = 3
"""assumed: interruptions whose scatter tells a sigma."""
_LEFT = 0.2
"""Of L^2/D: from there on a slab's relaxation is one exponential; the next, exp(-4 pi^2 x), is below 4e-4."""


class Relaxation(NamedTuple):
    """A double layer or a film beside the slab: its ``time`` constant (s) and ``resistance`` (ohm).

    ``ratio`` is by how much sqrt(t)'s part is smaller if it is let in, ``drop`` (ohm) by how much the drop at a rest's
    beginning is larger. (NaN, 0, 1, 0) where none is seen.
    """

    time: float
    resistance: float
    ratio: float
    drop: float


NONE = Relaxation(float("nan"), 0.0, 1.0, 0.0)


def middle_of(values: Array) -> tuple[float, float]:
    """The median and its sigma, by the median absolute deviation of normal numbers."""
    middle = float(np.median(values))
    return middle, 1.86 * float(np.median(np.abs(values - middle))) / float(np.sqrt(values.size))


def relaxation(
    record: Interrupted, numbers: tuple[int, ...], window: Window, diffusion_time: float, *, pulses: bool
) -> Relaxation:
    """One exponential of one time constant beside the slab's answer, in all ``pulses`` or all rests together.

    The sigma of its resistance is the scatter among the interruptions (median and median absolute deviation).
    """
    span = (window[0], np.inf if pulses else _WIDE * window[1])
    every = pulse_rows if pulses else rest_rows
    found = [(every(record, number, span, diffusion_time), record.stretches[number - 1].current) for number in numbers]
    there = [(rows, current) for rows, current in found if rows is not None]
    if len(there) < _FEWEST:
        return NONE
    currents = np.array([current for _, current in there])
    plain = np.array([_solved(rows, None) for rows, _ in there])
    near = [(every(record, number, window, diffusion_time), record.stretches[number - 1].current) for number in numbers]
    usual = np.array([[*_solved(rows, None)[1:3], current] for rows, current in near if rows is not None])
    root, drop = (float(np.median(usual[:, n] / usual[:, 2])) for n in (0, 1))
    best: tuple[float, Relaxation] = (np.inf, NONE)
    last = float(np.median([rows.reach for rows, _ in there]))
    rise = plain[:, 1] * np.sqrt([rows.reach for rows, _ in there])
    least = float(np.sum([rows.volts.size for rows, _ in there] * (_SAME * rise) ** 2))
    most = _BETTER * (float(plain[:, 3].sum()) - least)
    for time in np.geomspace(0.5 * window[0], 3.0 * last, _TIMES):
        solved = np.array([_solved(rows, float(time)) for rows, _ in there])
        resistance, sigma = middle_of(solved[:, 0] / currents)
        left = float(solved[:, 3].sum())
        if resistance > _SURELY * sigma and left < min(best[0], most):
            ratio = float(np.median(solved[:, 1] / currents)) / root
            away = 0.0 if pulses else float(np.median(solved[:, 2] / currents)) - drop
            best = (left, Relaxation(float(time), resistance, ratio, away))
    return best[1]


def _solved(rows: Rows, time: float | None) -> tuple[float, float, float, float]:
    """The exponential's size (V), what goes as sqrt(t) (V/s^0.5), the column before it (V), squared residuals (V^2)."""
    design = rows.design
    if time is not None:
        sign = np.sign(design[-1, -1])
        design = np.column_stack([sign * (1.0 - np.exp(-rows.since / time)), design])
    level = rows.volts.mean()
    solved = np.linalg.lstsq(design, rows.volts - level, rcond=None)[0]
    left = rows.volts - level - design @ solved
    return float(solved[0]) if time is not None else 0.0, float(solved[-1]), float(solved[-2]), float(left @ left)


def drift(record: Interrupted, numbers: tuple[int, ...], diffusion_time: float) -> tuple[float, float]:
    """How the voltage drifts (V/s) in rests so long that a slab's relaxation is one exponential, and the sigma.

    The median over the rests; (0, infinity) where fewer than three are long enough.
    """
    rates = []
    for number in numbers:
        rest = record.stretches[number]
        t, v = record.time[rest.rows] - rest.begins, record.voltage[rest.rows]
        late = t >= max(_LEFT * diffusion_time, 0.3 * rest.long)
        if rest.long < 1.5 * _LEFT * diffusion_time or np.count_nonzero(late) < 8:
            continue
        t, v = t[late], v[late] - v[late].mean()
        slab = np.exp(-(np.pi**2) * (t - t[0]) / diffusion_time)
        rates.append(
            float(np.linalg.lstsq(np.column_stack([t - t.mean(), np.ones(t.size), slab]), v, rcond=None)[0][0])
        )
    return middle_of(np.array(rates)) if len(rates) >= _FEWEST else (0.0, float("inf"))
