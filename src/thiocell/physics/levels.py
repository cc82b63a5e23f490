"""Levels that a stepped quantity holds, and the stretches in which it holds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.intp]


def levels(values: Array, tolerance: float) -> Rows:
    """The level of each of the positive ``values``, 0 the lowest: neighbours in size nearer than 1 + ``tolerance``."""
    order = np.argsort(values, kind="stable")
    apart = np.diff(np.log(values[order])) > np.log1p(tolerance)
    level = np.empty(values.size, dtype=np.intp)
    level[order] = np.concatenate(([0], np.cumsum(apart))) if values.size else []
    return level


def stretches(level: Rows) -> Rows:
    """Where each stretch of one level begins, and last the number of entries."""
    if not level.size:
        return np.array([0], dtype=np.intp)
    return np.concatenate(([0], np.flatnonzero(np.diff(level)) + 1, [level.size]))
