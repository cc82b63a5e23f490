"""What ends a step, whether it may begin and go on at all, and exactly when its end is met."""

from __future__ import annotations

from thiocell.cell.batch.control import observe
from thiocell.cell.batch.formula import between
from thiocell.cell.batch.inner import called, inner
from thiocell.cell.batch.words import (
    BY_CURRENT,
    BY_LOWER,
    BY_UPPER,
    CEILING,
    CURRENT,
    DONE,
    FLOOR,
    KIND,
    LEAST,
    LEFT_LIMITS,
    LOWER,
    NO_CURRENT,
    NOT_FINITE,
    TARGET,
    UPPER,
)

_AT_END = 1e-9
"""V; assumed: a step that ended at a cut-off stands this near to it."""
ABSURD = 1e9
"""V; assumed: no cell has as much."""


@inner
def beyond(step, v_cell, i):
    """What ends a step at this voltage and current density, or 0."""
    if v_cell < step[LOWER]:
        return BY_LOWER
    if v_cell > step[UPPER]:
        return BY_UPPER
    if abs(i) < step[LEAST]:
        return BY_CURRENT
    return 0


@called
def within(step, v_cell, i):
    """Does a current or a power find the voltage inside its ends, and not at them already?"""
    low, high = max(step[LOWER], step[FLOOR]), min(step[UPPER], step[CEILING])
    if (i > 0.0 and v_cell <= low + _AT_END) or (i < 0.0 and v_cell >= high - _AT_END):
        return False
    return beyond(step, v_cell, i) == 0


@called
def allowed(step, kind, v_cell):
    """DONE, or why a step cannot go on at this voltage."""
    if not abs(v_cell) < ABSURD:
        return NOT_FINITE if kind == CURRENT else NO_CURRENT
    return LEFT_LIMITS if v_cell < step[FLOOR] or v_cell > step[CEILING] else DONE


@called
def beyond_by(step, why, v_cell, i):
    """How far the end ``why`` has been passed; negative before it."""
    if why == BY_LOWER:
        return step[LOWER] - v_cell
    if why == BY_UPPER:
        return v_cell - step[UPPER]
    return step[LEAST] - abs(i)


@called
def locate(s, v, b, order, length, step, why, i, w):
    """Seconds before the latest time at which the end ``why`` is met, on the step's polynomial (Illinois method)."""
    y = b.probe.reshape(s.rows, s.nodes)
    kind = int(step[KIND])
    early, late = length, 0.0
    between(b.y.size, b.d, order, length, early, b.probe)
    v_cell, here = observe(s, v, y, kind, step[TARGET], i, w)
    at_early = beyond_by(step, why, v_cell, here)
    between(b.y.size, b.d, order, length, late, b.probe)
    v_cell, here = observe(s, v, y, kind, step[TARGET], i, w)
    at_late = beyond_by(step, why, v_cell, here)
    side = 0
    for _ in range(100):
        if at_early >= 0.0 or early - late <= 1e-14 * length:
            break
        middle = (early * at_late - late * at_early) / (at_late - at_early)
        between(b.y.size, b.d, order, length, middle, b.probe)
        v_cell, here = observe(s, v, y, kind, step[TARGET], i, w)
        passed = beyond_by(step, why, v_cell, here)
        if abs(passed) < 1e-12 or abs(passed) < 1e-10 * abs(at_late):
            return middle
        if passed > 0.0:
            late, at_late = middle, passed
            if side == 1:
                at_early *= 0.5
            side = 1
        else:
            early, at_early = middle, passed
            if side == -1:
                at_late *= 0.5
            side = -1
    return late
