"""Integrals over recorded rows that know where one step ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_INSTANT = 1e-6
"""s; assumed: rows nearer in time were written at once."""


@dataclass(frozen=True, eq=False)
class Intervals:
    """The n - 1 intervals between n rows, cut at step changes.

    Inside a step the trapezoid holds. An interval that ends in the first row of a new step is cut: ``before`` seconds
    belong to the old step at its last value, ``after`` seconds to the new one at its first value. ``loose`` says that
    the place of the cut is not known (no step time was recorded): all of the interval then counts as the new step's,
    since the last row of a step is usually written at its end.
    """

    length: Array
    change: Flags
    before: Array
    after: Array
    loose: Flags


def intervals(time: Array, change: Flags, step_time: Array | None = None) -> Intervals:
    """The intervals of ``time`` (s, never falling); ``change[k]`` says that row k + 1 belongs to a new step.

    ``step_time`` (s) is the time since each row's step began.
    """
    length = np.diff(time)
    if step_time is None:
        return Intervals(length, change, np.zeros_like(length), np.where(change, length, 0.0), change & (length > 0))
    after = np.where(change, np.clip(step_time[1:], 0.0, length), 0.0)
    return Intervals(length, change, np.where(change, length - after, 0.0), after, np.zeros_like(change))


def pieces(rows: Intervals, values: Array) -> tuple[Array, Array]:
    """Of each interval, the integral of ``values`` that belongs to its first row's step and to its last row's step."""
    whole = 0.5 * (values[1:] + values[:-1]) * rows.length
    old = np.where(rows.change, values[:-1] * rows.before, whole)
    new = np.where(rows.change, values[1:] * rows.after, 0.0)
    return old, new


def doubtful(rows: Intervals, values: Array) -> tuple[Array, Array]:
    """Of each interval, what the trapezoid is estimated to be off, signed, and the variance of what is random.

    The first is h^3 f''/12 (the trapezoid's own remainder, Abramowitz & Stegun 25.4.1). The second holds white noise,
    whose variance is two thirds of the squared distance of a row from the line through its
    neighbours, and steps hidden inside an interval; and the loose cuts, uniform over their interval.
    """
    bend = np.zeros_like(rows.length)
    inner = ~rows.change[:-1] & ~rows.change[1:]
    left, right = rows.length[:-1], rows.length[1:]
    usable = inner & (left > _INSTANT) & (right > _INSTANT)
    slope = np.divide(np.diff(values), rows.length, out=np.zeros_like(rows.length), where=rows.length > _INSTANT)
    second = np.where(usable, 2.0 * np.diff(slope) / np.where(usable, left + right, 1.0), 0.0)
    bend[:-1] += 0.5 * second
    bend[1:] += 0.5 * second
    remainder = -(rows.length**3) * bend / 12.0
    noise = np.zeros_like(rows.length)
    off_line = np.where(
        usable, 0.5 * second * left * right, 0.0
    )  # a row's distance from the line through its neighbours
    noise[:-1] = off_line**2 / 1.5 * (0.5 * (left + right)) ** 2
    cut = np.where(rows.loose, (np.diff(values) * rows.length) ** 2 / 12.0, 0.0)
    return remainder, noise + cut
