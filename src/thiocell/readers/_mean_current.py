"""The current that flowed between two rows, where a cycler wrote down the charge instead."""

from __future__ import annotations

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Array

_SAME = 1e-6
"""Largest difference between two records of one charge, over the largest charge; assumed: EC-Lab 11.32 keeps 5e-8."""
_MOST = 0.01
"""Largest share of rows in which they may differ, as where a counter restarts; assumed."""


def mean_current(time: Array, charge: Array, place: str) -> Array:
    """Mean current since the row before, in A, from ``charge`` in C that flowed since that row; ``time`` in s.

    The first row, which has no interval before it, repeats the second; a row at the same time as the one before repeats
    that one. Raises BadInput if charge flowed in no time or time runs backwards.
    """
    interval = np.diff(time)
    wrong = np.flatnonzero((interval < 0) | ((interval == 0) & (charge[1:] != 0)))
    if wrong.size:
        raise BadInput(f"{place} has no time between rows {wrong[0] + 1} and {wrong[0] + 2}: its current stays unknown")
    moved = np.flatnonzero(interval > 0) + 1
    if not moved.size:
        raise BadInput(f"{place} has no time between any two rows: its current stays unknown")
    current = charge[moved] / interval[moved - 1]
    last_moved = np.searchsorted(moved, np.arange(time.size), side="right") - 1
    return np.asarray(current[np.maximum(last_moved, 0)])


def disagreement(charge: Array, total: Array, place: str) -> tuple[str, ...]:
    """A doubt if ``total`` does not grow by ``charge`` in a few rows; raises BadInput if in many."""
    wrong = np.flatnonzero(~(np.abs(np.diff(total) - charge[1:]) <= _SAME * np.max(np.abs(charge))))
    if wrong.size > _MOST * charge.size:
        raise BadInput(
            f"{place} has charge increments that do not add up to its net charge in {wrong.size} rows: "
            "its current stays unknown"
        )
    if not wrong.size:
        return ()
    return (
        f"increments and net charge disagree in {wrong.size} rows, first in row {wrong[0] + 2}: "
        "the current rests on the increments",
    )
