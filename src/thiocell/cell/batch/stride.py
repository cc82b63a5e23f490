"""One implicit step: Newton's iteration, its error, and the order and length of the next."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from thiocell.cell.batch.control import correct
from thiocell.cell.batch.equations import activation, rates
from thiocell.cell.batch.formula import ALPHA, ERROR, MOST_ORDER, accept, add_to_both, norm, predict, rescale, weigh
from thiocell.cell.batch.inner import called, inner
from thiocell.cell.batch.newton import answer_of_current, factor
from thiocell.cell.batch.words import CURRENT, DONE, KIND, SECONDS, TARGET, TOO_MANY, TOO_SMALL
from thiocell.cell.columns import Array

# the clock of a step: what is counted while it runs
SPENT, LENGTH, SPEED, VOLTS, AMPERES, AHEAD, WORK, CLOCK = range(8)
# s, s, of Newton's iteration, V, A/m2, A/m2 at the end of the step just taken, J/m2
ORDER, EVEN, TAKEN, WHOLE, NEXT, KEPT, GEAR = range(7)
# order of the formula, steps of even length so far, steps, iterations, number of the next row, rows kept

_HOPELESS = 1e200
"""Tolerances; assumed: a correction beyond this is no number."""
_MOST_STEPS = 100_000
_FASTEST = 1e-3
"""The fastest convergence that is believed of a later step, assumed."""
_NEWTON = 4
"""Iterations before a step is tried again at half its length."""
_STRICT, _STRICTEST = 2.0, 0.06
"""Newton's iteration ends within 2 sqrt(relative) of a step's tolerance, at most 0.06; by trial: less gains nothing."""
_LOST = 2.0
"""Tolerances; a first iteration that finds this much error is not worth a second, by trial."""
_UNEASY, _EASY = 0.4, 0.25
"""Tolerances: above the one a step is followed by a shorter one, which aims at the other; by trial. To wait for a step
that fails costs one step in three where a cell runs dry."""


class Bench(NamedTuple):
    """Everything a cell's solution needs room for."""

    d: Array
    room: Array
    small: Array
    y: Array
    ahead: Array
    psi: Array
    change: Array
    right: Array
    weight: Array
    probe: Array


def new_bench(size: int) -> Bench:
    """Room for a state of ``size`` numbers."""
    return Bench(
        np.zeros((MOST_ORDER + 3, size)), np.zeros((MOST_ORDER + 3, size)), np.zeros((3, 8, 8)),
        np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size),
    )  # fmt: skip


@inner
def has_converged(gap, speed, tolerance):
    """Is what later iterations would add, each ``speed`` times as much as the one before, within the tolerance?"""
    return gap < 0.1 * tolerance or (speed < 1.0 and speed / (1.0 - speed) * gap < tolerance)


@inner
def newton(s, v, g, b, step, order, kind, target, i, tolerance, speed, w, f):
    """(converged, iterations, i, speed) of one implicit step from the guess in ``b.ahead``.

    Leaves ``b.y`` and ``b.change``. ``speed`` is how much each iteration takes off the error: the last one seen serves
    until a new one is. A step that is lost after one iteration counts as converged: its error tells.
    """
    size, c, before = b.y.size, ALPHA[order] / step, -1.0
    y, right = b.y.reshape(s.rows, s.nodes), b.right.reshape(s.rows, s.nodes)
    for m in range(size):
        b.y[m], b.change[m] = b.ahead[m], 0.0
    for k in range(_NEWTON):
        rates(s, v, g, y, i, right, w)
        if k == 0 or k == 2:
            factor(s, v, g, y, c, activation(v, y), w, f)
            if kind != CURRENT:
                answer_of_current(s, v, w, f)
        for m in range(size):
            b.right[m] -= c * (b.psi[m] + b.change[m])
        i = correct(s, v, y, right, c, kind, target, i, w, f)
        gap = norm(size, b.right, b.weight)
        if before > 0.0:
            speed = gap / before
        if not gap < _HOPELESS or (speed >= 1.0 and k > 1):
            return False, k + 1, i, 1.0
        add_to_both(size, b.right, b.change, b.y)
        if k == 0 and ERROR[order] * gap > _LOST:
            return True, 1, i, 1.0
        if has_converged(gap, speed, tolerance):
            return True, k + 1, i, max(speed, _FASTEST)
        before = gap
    return False, _NEWTON, i, 1.0


@called
def begin(s, v, g, b, i, relative, absolute, w):
    """Fill the differences for a first step and give its length in s."""
    size = b.y.size
    rates(s, v, g, b.y.reshape(s.rows, s.nodes), i, b.right.reshape(s.rows, s.nodes), w)
    weigh(s.nodes, size, b.y, absolute, relative, b.weight)
    speed = norm(size, b.right, b.weight)
    step = min(1.0, 0.5 / speed) if speed > 0.0 else 1.0
    step = max(step, 1e-9)
    for m in range(size):
        b.d[0, m] = b.y[m]
        b.d[1, m] = step * b.right[m]
        for k in range(2, MOST_ORDER + 3):
            b.d[k, m] = 0.0
    return step


@inner
def fit_in(b, step, t, k):
    """Shorten the next step to the time that is left; says whether there is any use in going on."""
    k[TAKEN] += 1
    if k[TAKEN] > _MOST_STEPS:
        return TOO_MANY
    left = step[SECONDS] - t[SPENT]
    if t[LENGTH] > left:
        stretch(b, t, k, left / t[LENGTH])
    return TOO_SMALL if t[LENGTH] < 1e-13 * t[SPENT] + 1e-18 else DONE


@inner
def stretch(b, t, k, by):
    """Make the next step ``by`` times as long."""
    rescale(b.y.size, b.d, k[ORDER], by, b.room, b.small)
    t[LENGTH] *= by
    k[EVEN] = 0


@inner
def ease(b, t, k, off, top):
    """Make the next step shorter after one whose error was ``off``, of an order less where that keeps it longer.

    ``top`` is the difference of the step's order at its end.
    """
    order = k[ORDER]
    by = (off / _EASY) ** (-1.0 / (order + 1))
    if order > 1:
        lower = (ERROR[order - 1] * norm(b.y.size, top, b.weight) / _EASY) ** (-1.0 / order)
        if lower > by:
            k[ORDER], by = order - 1, lower
    stretch(b, t, k, max(0.2, min(0.9, by)))


@inner
def attempt(s, v, g, b, step, t, k, relative, absolute, w, f):
    """(accepted, error in units of its tolerance, caution) of one step; one that is not accepted is made shorter."""
    size, order = b.y.size, k[ORDER]
    tolerance = max(10.0 * 2.2e-16 / relative, min(_STRICTEST, _STRICT * math.sqrt(relative)))
    predict(size, b.d, order, b.ahead, b.psi)
    weigh(s.nodes, size, b.ahead, absolute, relative, b.weight)
    good, used, i, t[SPEED] = newton(
        s, v, g, b, t[LENGTH], order, int(step[KIND]), step[TARGET], t[AMPERES], tolerance, t[SPEED], w, f
    )
    k[WHOLE] += used
    caution = 0.9 * (2 * _NEWTON + 1) / (2 * _NEWTON + used)
    if not good:
        stretch(b, t, k, 0.5)
        return False, 0.0, caution
    weigh(s.nodes, size, b.y, absolute, relative, b.weight)
    off = ERROR[order] * norm(size, b.change, b.weight)
    if off > 1.0:
        for m in range(size):
            b.right[m] = b.change[m] + b.d[order, m]
        ease(b, t, k, off, b.right)
        return False, off, caution
    accept(size, b.d, order, b.change)
    k[EVEN] += 1
    t[AHEAD] = i
    return True, off, caution


@inner
def choose(b, t, k, why, off, caution):
    """Set order and length of the next steps, the pair that promises the longest, once a few had the same length."""
    size, order = b.y.size, k[ORDER]
    if why != 0:
        return
    if k[EVEN] <= order:
        if off > _UNEASY:
            ease(b, t, k, off, b.d[order])
        return
    lower, higher = 0.0, 0.0
    here = max(off, 1e-10) ** (-1.0 / (order + 1))
    if order > 1:
        lower = max(ERROR[order - 1] * norm(size, b.d[order], b.weight), 1e-10) ** (-1.0 / order)
    if order < MOST_ORDER:
        higher = max(ERROR[order + 1] * norm(size, b.d[order + 2], b.weight), 1e-10) ** (-1.0 / (order + 2))
    if lower > here and lower >= higher:
        k[ORDER], here = order - 1, lower
    elif higher > here:
        k[ORDER], here = order + 1, higher
    stretch(b, t, k, min(10.0, caution * here))
