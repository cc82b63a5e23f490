"""One cell through one protocol, compiled: steps of any control, exact ends, and what is kept on the way."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from thiocell.cell.batch.equations import activation, conductivity, new_work, rates, voltage
from thiocell.cell.batch.formula import (
    ALPHA,
    ERROR,
    MOST_ORDER,
    accept,
    add_to_both,
    between,
    norm,
    predict,
    rescale,
    weigh,
)
from thiocell.cell.batch.inner import called, inner
from thiocell.cell.batch.layout import CHARGE, Array
from thiocell.cell.batch.newton import (
    answer_of_current,
    answer_of_voltage,
    factor,
    finish,
    gather,
    new_factors,
    solve,
    sweep,
)
from thiocell.cell.batch.words import (
    AT_ONCE,
    BY_CURRENT,
    BY_LOWER,
    BY_TIME,
    BY_UPPER,
    CANNOT_START,
    CEILING,
    CHARGE_PASSED,
    COUNT,
    CURRENT,
    DONE,
    ENERGY,
    FLOOR,
    I_LAST,
    ITERATIONS,
    KIND,
    LEAST,
    LEFT_LIMITS,
    LOWER,
    MAY_END_AT_ONCE,
    NO_CURRENT,
    NOT_FINITE,
    PERIOD,
    POWER,
    ROW_CHARGE,
    ROW_CURRENT,
    ROW_STEP,
    ROW_TIME,
    ROW_VOLTAGE,
    ROWS_FULL,
    SECONDS,
    T_END,
    TARGET,
    TOO_MANY,
    TOO_SMALL,
    UPPER,
    V_FIRST,
    V_LAST,
    VOLTAGE,
    WHY,
)

# the clock of a step: what is counted while it runs
SPENT, LENGTH, SPEED, VOLTS, AMPERES, AHEAD, WORK, CLOCK = range(8)
# s, s, of Newton's iteration, V, A/m2, A/m2 at the end of the step just taken, J/m2
ORDER, EVEN, TAKEN, WHOLE, NEXT, KEPT, GEAR = range(7)
# order of the formula, steps of even length so far, steps, iterations, number of the next row, rows kept

_HOPELESS = 1e200
"""Tolerances; assumed: a correction beyond this is no number."""
_AT_END = 1e-9
"""V; assumed: a step that ended at a cut-off stands this near to it."""
_ABSURD = 1e9
"""V; assumed: no cell has as much."""
_MOST_STEPS = 100_000
_FASTEST = 1e-3
"""The fastest convergence that is believed of a later step, assumed."""
_NEWTON = 4
"""Iterations before a step is tried again at half its length."""


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


@called
def held(kind, target, v_cell, slope, i):
    """(what is wrong with the control, its slope by V, its slope by i at fixed state); slope is -dV/di."""
    if kind == VOLTAGE:
        return v_cell - target, 1.0, -slope
    if kind == POWER:
        return v_cell * i - target, i, v_cell - i * slope
    return i - target, 0.0, 1.0


@inner
def look(s, v, y, kind, target, i, w):
    """(V, i) of a state under a control: Newton's method on the current density alone; V is NaN if none holds it.

    Of the two currents that give a power the smaller counts: beyond the greatest power a cell gives, there is none.
    """
    conductivity(s, v, y, w)
    if kind == CURRENT:
        return voltage(s, v, y, target, w)[0], target
    for _ in range(50):
        v_cell, slope = voltage(s, v, y, i, w)
        wrong, _by_v, by_i = held(kind, target, v_cell, slope, i)
        move = wrong / by_i
        i -= move
        if abs(move) <= 1e-12 * abs(i) + 1e-15:
            v_cell, slope = voltage(s, v, y, i, w)
            if kind == POWER and v_cell - i * slope <= 0.0:
                break
            return v_cell, i
    return np.nan, i


@called
def observe(s, v, y, kind, target, i, w):
    """The same as ``look``, for all places but those that every step passes."""
    return look(s, v, y, kind, target, i, w)


@inner
def correct(s, v, y, right, c, kind, target, i, w, f):
    """``right`` becomes the change of the state; gives the current density that the control asks for with it."""
    if kind == CURRENT:
        solve(s, v, right, c, w, f)
        return i
    gather(s, v, right, w, f)
    sweep(s.nodes, f, right[0])
    v_cell, slope = voltage(s, v, y, i, w)
    wrong, by_v, by_i = held(kind, target, v_cell, slope, i)
    answer = answer_of_voltage(s, v, w, f.column)
    move = -(wrong + by_v * answer_of_voltage(s, v, w, right[0])) / (by_i + by_v * answer)
    for j in range(s.nodes):
        right[0, j] += move * f.column[j]
    right[-1, 0] += move / v[CHARGE]
    right[-1, 1] += math.copysign(move, i * move) / v[CHARGE]
    finish(s, right, c, w, f)
    return i + move


@inner
def newton(s, v, g, b, step, order, kind, target, i, tolerance, speed, w, f):
    """(converged, iterations, i, speed) of one implicit step from the guess in ``b.ahead``.

    Leaves ``b.y`` and ``b.change``. ``speed`` is how much each iteration takes off the error: the last one seen serves
    until a new one is.
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
        if not gap < _HOPELESS:
            return False, k + 1, i, 1.0
        add_to_both(size, b.right, b.change, b.y)
        if before > 0.0:
            speed = gap / before
        if speed >= 1.0 and k > 1:
            return False, k + 1, i, 1.0
        if gap < 0.1 * tolerance or (speed < 1.0 and speed / (1.0 - speed) * gap < tolerance):
            return True, k + 1, i, max(speed, _FASTEST)
        before = gap
    return False, _NEWTON, i, 1.0


@called
def begin(s, v, g, b, i, relative, absolute, w):
    """Fill the differences for a first step and give its length in s."""
    size = b.y.size
    rates(s, v, g, b.y.reshape(s.rows, s.nodes), i, b.right.reshape(s.rows, s.nodes), w)
    weigh(size, b.y, absolute, relative, b.weight)
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
    if not abs(v_cell) < _ABSURD:
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


@called
def keep(rows, states, count, time, v_cell, i, charge, number, y):
    """Write down one row; gives the new count, or one beyond the room if there is none."""
    if count >= rows.shape[0]:
        return count
    rows[count, ROW_TIME], rows[count, ROW_VOLTAGE], rows[count, ROW_CURRENT] = time, v_cell, i
    rows[count, ROW_CHARGE], rows[count, ROW_STEP] = charge, number
    if count < states.shape[0]:
        for m in range(y.size):
            states[count, m] = y[m]
    return count + 1


@called
def enter(s, v, g, b, step, t, k, relative, absolute, w):
    """How the beginning of a step from the state in ``b.y`` fared: the clock is set and the differences are filled."""
    kind, target = int(step[KIND]), step[TARGET]
    table = b.y.reshape(s.rows, s.nodes)
    v_cell, i = observe(s, v, table, kind, target, t[AMPERES] if kind == VOLTAGE else 0.0, w)
    t[VOLTS], t[AMPERES], t[SPENT], t[WORK], t[SPEED] = v_cell, i, 0.0, 0.0, 1.0
    if not abs(v_cell) < _ABSURD:
        return NOT_FINITE if kind == CURRENT else NO_CURRENT
    if kind != VOLTAGE and not within(step, v_cell, i):
        return CANNOT_START
    t[LENGTH] = begin(s, v, g, b, i, relative, absolute, w)
    k[ORDER], k[EVEN], k[TAKEN], k[WHOLE], k[NEXT] = 1, 0, 0, 0, 1
    return DONE


@inner
def fit_in(b, step, t, k):
    """Shorten the next step to the time that is left; says whether there is any use in going on."""
    k[TAKEN] += 1
    if k[TAKEN] > _MOST_STEPS:
        return TOO_MANY
    left = step[SECONDS] - t[SPENT]
    if t[LENGTH] > left:
        stretch(b, t, k, left / t[LENGTH])
    return TOO_SMALL if t[LENGTH] < 1e-13 * (t[SPENT] + 1e-3) else DONE


@inner
def stretch(b, t, k, by):
    """Make the next step ``by`` times as long."""
    rescale(b.y.size, b.d, k[ORDER], by, b.room, b.small)
    t[LENGTH] *= by
    k[EVEN] = 0


@inner
def attempt(s, v, g, b, step, t, k, relative, absolute, w, f):
    """(accepted, error in units of its tolerance, caution) of one step; one that is not accepted is made shorter."""
    size, order = b.y.size, k[ORDER]
    tolerance = max(10.0 * 2.2e-16 / relative, min(0.03, math.sqrt(relative)))
    predict(size, b.d, order, b.ahead, b.psi)
    weigh(size, b.ahead, absolute, relative, b.weight)
    good, used, i, t[SPEED] = newton(
        s, v, g, b, t[LENGTH], order, int(step[KIND]), step[TARGET], t[AMPERES], tolerance, t[SPEED], w, f
    )
    k[WHOLE] += used
    caution = 0.9 * (2 * _NEWTON + 1) / (2 * _NEWTON + used)
    if not good:
        stretch(b, t, k, 0.5)
        return False, 0.0, caution
    weigh(size, b.y, absolute, relative, b.weight)
    off = ERROR[order] * norm(size, b.change, b.weight)
    if off > 1.0:
        stretch(b, t, k, max(0.2, caution * off ** (-1.0 / (order + 1))))
        return False, off, caution
    accept(size, b.d, order, b.change)
    k[EVEN] += 1
    t[AHEAD] = i
    return True, off, caution


@called
def write_rows(s, v, b, step, number, t, k, end, since, rows, states, w):
    """Keep the rows that are due within the first ``end`` s of the step just accepted; False if there is no room."""
    probe = b.probe.reshape(s.rows, s.nodes)
    while rows.shape[0] > 0 and k[NEXT] * step[PERIOD] < t[SPENT] + end - 1e-9 * step[PERIOD]:
        due = k[NEXT] * step[PERIOD]
        between(b.y.size, b.d, k[ORDER], t[LENGTH], t[SPENT] + t[LENGTH] - due, b.probe)
        v_row, i_row = observe(s, v, probe, int(step[KIND]), step[TARGET], t[AHEAD], w)
        k[KEPT] = keep(rows, states, k[KEPT], since + due, v_row, i_row, probe[-1, 0] * v[CHARGE], number, b.probe)
        if k[KEPT] >= rows.shape[0]:
            return False
        k[NEXT] += 1
    return True


@inner
def move_on(s, v, b, step, t, k, why, back, v_end, w):
    """Take the energy by Simpson's rule, set the clock on, and where a step ends put its last state into ``b.y``."""
    size, end, kind, i_end = b.y.size, t[LENGTH] - back, int(step[KIND]), t[AHEAD]
    probe = b.probe.reshape(s.rows, s.nodes)
    between(size, b.d, k[ORDER], t[LENGTH], back + 0.5 * end, b.probe)
    v_half, i_half = look(s, v, probe, kind, step[TARGET], t[AHEAD], w)
    if why != 0:
        between(size, b.d, k[ORDER], t[LENGTH], back, b.y)
        v_end, i_end = observe(s, v, b.y.reshape(s.rows, s.nodes), kind, step[TARGET], t[AHEAD], w)
    t[WORK] += end / 6.0 * (t[VOLTS] * t[AMPERES] + 4.0 * v_half * i_half + v_end * i_end)
    t[SPENT] += end
    t[VOLTS], t[AMPERES] = v_end, i_end


@called
def carry_out(s, v, g, b, step, number, since, t, k, relative, absolute, rows, states, summary, w, f):
    """How one step fared that begins at ``since`` s with the state in ``b.y``, which becomes that of its end."""
    table = b.y.reshape(s.rows, s.nodes)
    kind, target = int(step[KIND]), step[TARGET]
    charge = table[-1, 0]
    fared = enter(s, v, g, b, step, t, k, relative, absolute, w)
    summary[V_FIRST] = t[VOLTS]
    if fared == CANNOT_START and step[MAY_END_AT_ONCE] == 1.0:
        summary[V_LAST], summary[I_LAST], summary[WHY] = t[VOLTS], t[AMPERES], AT_ONCE
        return DONE
    if fared != DONE:
        return fared
    k[KEPT] = keep(rows, states, k[KEPT], since, t[VOLTS], t[AMPERES], charge * v[CHARGE], number, b.y)
    why = 0
    while why == 0:
        fared = fit_in(b, step, t, k)
        if fared != DONE:
            return fared
        good, off, caution = attempt(s, v, g, b, step, t, k, relative, absolute, w, f)
        if not good:
            continue
        v_new, t[AHEAD] = look(s, v, table, kind, target, t[AHEAD], w)
        fared = allowed(step, kind, v_new)
        if fared != DONE:
            return fared
        why, back = beyond(step, v_new, t[AHEAD]), 0.0
        if why != 0:
            back = locate(s, v, b, k[ORDER], t[LENGTH], step, why, t[AHEAD], w)
        elif t[SPENT] + t[LENGTH] >= step[SECONDS] * (1.0 - 1e-14):
            why = BY_TIME
        if not write_rows(s, v, b, step, number, t, k, t[LENGTH] - back, since, rows, states, w):
            return ROWS_FULL
        move_on(s, v, b, step, t, k, why, back, v_new, w)
        choose(b, t, k, why, off, caution)
    k[KEPT] = keep(rows, states, k[KEPT], since + t[SPENT], t[VOLTS], t[AMPERES], table[-1, 0] * v[CHARGE], number, b.y)
    summary[T_END], summary[CHARGE_PASSED], summary[ENERGY] = t[SPENT], (table[-1, 0] - charge) * v[CHARGE], t[WORK]
    summary[V_LAST], summary[I_LAST], summary[WHY] = t[VOLTS], t[AMPERES], why
    summary[COUNT], summary[ITERATIONS] = k[TAKEN], k[WHOLE]
    return DONE


@inner
def choose(b, t, k, why, off, caution):
    """Set order and length of the next steps, the pair that promises the longest, once a few had the same length."""
    size, order = b.y.size, k[ORDER]
    if why != 0 or k[EVEN] <= order:
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


@called
def carry_out_all(s, v, g, table, protocol, relative, absolute, rows, states, summaries, b, t, k, w, f):
    """(how it fared, rows kept): a whole protocol from the state in ``table``, which becomes that of its end."""
    flat = table.reshape(b.y.size)
    for m in range(b.y.size):
        b.y[m] = flat[m]
    k[KEPT] = 0
    since, fared = 0.0, DONE
    for number in range(protocol.shape[0]):
        fared = carry_out(
            s, v, g, b, protocol[number], number, since, t, k, relative, absolute, rows, states, summaries[number], w, f
        )
        if fared != DONE:
            summaries[number, WHY] = -fared
            break
        since += summaries[number, T_END]
    for m in range(b.y.size):
        flat[m] = b.y[m]
    return fared, k[KEPT]


def carry_out_cells(s, v, g, tables, protocols, relative, absolute, rows, states, summaries, fared, kept, todo):
    """Every cell of ``todo``, one after the other: compiled as a whole, this is what a thread runs."""
    b = bench_here(s.rows * s.nodes)
    w = work_here(s.shells.size, s.nodes)
    f = factors_here(s.shells.size, s.volume.shape[1], s.nodes)
    t, k = np.zeros(CLOCK), np.zeros(GEAR, np.int64)
    for n in todo:
        fared[n], kept[n] = carry_out_all(
            s, v[n], g[n], tables[n], protocols[n], relative, absolute, rows[n], states[n], summaries[n], b, t, k, w, f
        )


bench_here, work_here, factors_here = njit(new_bench), njit(new_work), njit(new_factors)
