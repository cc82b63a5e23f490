"""The time that an instrument wrote, made usable: it never runs backwards, and what was mended is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

_LONGEST_GLITCH = 3
"""Rows; assumed: an instrument that stumbles finds its time again within three rows."""
_SMALL_START = 0.05
"""Assumed: a clock that starts again reads less than this share of what it had reached."""
_MOST_FALLS = 0.1
"""Share of the rows; assumed: beyond it the rows are out of order, not stumbled over."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """``time`` in s, never falling; rows (0 is the first) that were mended, and where the clock started again.

    ``glitches`` are single stumbles, set to the time of the row before. ``resets`` are the first rows of a clock that
    starts again: it goes on from the last time, the gap between is unknown, and no time passes across it.
    ``disordered`` holds the rows that step back for neither reason; where there are any, the time is of no use.
    """

    time: Array
    glitches: Rows
    resets: Rows
    disordered: Rows


def mend(time: Array) -> Timeline:
    """A recorded ``time`` (s, finite) made to run forwards; see ``Timeline`` for what is mended and how."""
    falls = np.flatnonzero(np.diff(time) < 0) + 1
    none = np.array([], dtype=np.intp)
    if falls.size > max(_LONGEST_GLITCH, _MOST_FALLS * time.size):
        return Timeline(time, none, none, falls)
    mended, glitches = _without_glitches(np.array(time, dtype=np.float64), falls)
    backward = np.flatnonzero(np.diff(mended) < 0) + 1
    restarts = _starts_again(mended, backward)
    resets, disordered = backward[restarts], backward[~restarts]
    if not disordered.size:
        jumps = np.zeros_like(mended)
        jumps[resets] = mended[resets - 1] - mended[resets]
        mended = np.maximum.accumulate(mended + np.cumsum(jumps))  # rounding of doubles must not make it fall
    return Timeline(mended, glitches, resets, disordered)


def _without_glitches(time: Array, falls: Rows) -> tuple[Array, Rows]:
    """``time`` with isolated stumbles set to the time of the row before, and the rows that were."""
    mended: list[int] = []
    for row in falls:
        before = time[row - 1]
        if time[row] >= before:  # mended since
            continue
        if row > 1 and time[row] > time[row - 2] and not _resumes(time, int(row), before):
            time[row - 1] = time[row - 2]  # the row before had leapt ahead
            mended.append(int(row) - 1)
            continue
        if (back := _resumes(time, int(row), before)) > 0:
            time[row : row + back] = before
            mended.extend(range(int(row), int(row) + back))
    return time, np.array(mended, dtype=np.intp)


def _resumes(time: Array, row: int, before: float) -> int:
    """After how many rows from ``row`` the time is back at ``before`` or later; 0 if not soon."""
    ahead = np.flatnonzero(time[row + 1 : row + 1 + _LONGEST_GLITCH] >= before)
    return int(ahead[0]) + 1 if ahead.size else 0


def _starts_again(time: Array, rows: Rows) -> NDArray[np.bool_]:
    """Does the clock start again from a small value at each of these ``rows``?"""
    steps = np.diff(time)
    forward = steps[steps > 0]
    usual = float(np.median(forward)) if forward.size else 0.0
    start = float(time.min())
    reached = time[rows - 1] - start
    begun: NDArray[np.bool_] = time[rows] - start <= np.maximum(_SMALL_START * reached, 2 * usual)
    return begun
