"""One cell through one protocol, compiled: its steps one after the other, and what is kept on the way."""

from __future__ import annotations

import numpy as np
from numba import njit

from thiocell.cell.batch.control import look, observe
from thiocell.cell.batch.ends import ABSURD, allowed, beyond, locate, within
from thiocell.cell.batch.equations import new_work, rest
from thiocell.cell.batch.formula import between
from thiocell.cell.batch.inner import called, inner
from thiocell.cell.batch.layout import CHARGE
from thiocell.cell.batch.newton import new_factors
from thiocell.cell.batch.stride import (
    AHEAD,
    AMPERES,
    CLOCK,
    EVEN,
    GEAR,
    KEPT,
    LENGTH,
    NEXT,
    ORDER,
    SPEED,
    SPENT,
    TAKEN,
    VOLTS,
    WHOLE,
    WORK,
    attempt,
    begin,
    choose,
    fit_in,
    new_bench,
)
from thiocell.cell.batch.words import (
    AT_ONCE,
    BAD_INPUT,
    BY_TIME,
    CANNOT_START,
    CHARGE_PASSED,
    COUNT,
    CURRENT,
    DONE,
    ENERGY,
    I_LAST,
    ITERATIONS,
    KIND,
    LONGEST,
    MAY_END_AT_ONCE,
    NO_CURRENT,
    NO_END,
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
    V_FIRST,
    V_LAST,
    VOLTAGE,
    WHY,
)


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
    if not abs(v_cell) < ABSURD:
        return NOT_FINITE if kind == CURRENT else NO_CURRENT
    if kind != VOLTAGE and not within(step, v_cell, i):
        return CANNOT_START
    t[LENGTH] = begin(s, v, g, b, i, relative, absolute, w)
    k[ORDER], k[EVEN], k[TAKEN], k[WHOLE], k[NEXT] = 1, 0, 0, 0, 1
    return DONE


@called
def write_rows(s, v, b, step, number, t, k, end, since, rows, states, w):
    """Keep the rows that are due within the first ``end`` s of the step just accepted: DONE, or why they cannot be."""
    probe = b.probe.reshape(s.rows, s.nodes)
    while rows.shape[0] > 0 and k[NEXT] * step[PERIOD] < t[SPENT] + end - 1e-9 * step[PERIOD]:
        due = k[NEXT] * step[PERIOD]
        between(b.y.size, b.d, k[ORDER], t[LENGTH], t[SPENT] + t[LENGTH] - due, b.probe)
        v_row, i_row = observe(s, v, probe, int(step[KIND]), step[TARGET], t[AHEAD], w)
        if not abs(v_row) < ABSURD:
            return NOT_FINITE if int(step[KIND]) == CURRENT else NO_CURRENT
        k[KEPT] = keep(rows, states, k[KEPT], since + due, v_row, i_row, probe[-1, 0] * v[CHARGE], number, b.probe)
        if k[KEPT] >= rows.shape[0]:
            return ROWS_FULL
        k[NEXT] += 1
    return DONE


@inner
def move_on(s, v, b, step, t, k, why, back, v_end, w):
    """Take the energy by Simpson's rule, set the clock on, and where a step ends put its last state into ``b.y``.

    Says whether all voltages on the way were found.
    """
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
    return abs(v_half) < ABSURD and abs(v_end) < ABSURD


@inner
def take(s, v, b, step, number, since, t, k, rows, states, w):
    """(how it fared, what ends the step or 0): write down a step of the solver, and see if it is the last one."""
    kind, back = int(step[KIND]), 0.0
    v_new, t[AHEAD] = look(s, v, b.y.reshape(s.rows, s.nodes), kind, step[TARGET], t[AHEAD], w)
    fared = allowed(step, kind, v_new)
    if fared != DONE:
        return fared, 0
    why = beyond(step, v_new, t[AHEAD])
    if why != 0:
        back = locate(s, v, b, k[ORDER], t[LENGTH], step, why, t[AHEAD], w)
    elif t[SPENT] + t[LENGTH] >= step[SECONDS] * (1.0 - 1e-14):
        if step[SECONDS] == LONGEST:
            return NO_END, 0
        why = BY_TIME
    fared = write_rows(s, v, b, step, number, t, k, t[LENGTH] - back, since, rows, states, w)
    if fared == DONE and not move_on(s, v, b, step, t, k, why, back, v_new, w):
        fared = NOT_FINITE if kind == CURRENT else NO_CURRENT
    return fared, why


@called
def carry_out(s, v, g, b, step, number, since, t, k, relative, absolute, rows, states, summary, w, f):
    """How one step fared that begins at ``since`` s with the state in ``b.y``, which becomes that of its end."""
    table = b.y.reshape(s.rows, s.nodes)
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
        fared, why = take(s, v, b, step, number, since, t, k, rows, states, w)
        if fared != DONE:
            return fared
        choose(b, t, k, why, off, caution)
    k[KEPT] = keep(rows, states, k[KEPT], since + t[SPENT], t[VOLTS], t[AMPERES], table[-1, 0] * v[CHARGE], number, b.y)
    summary[T_END], summary[CHARGE_PASSED], summary[ENERGY] = t[SPENT], (table[-1, 0] - charge) * v[CHARGE], t[WORK]
    if step[KIND] == VOLTAGE:
        summary[ENERGY] = step[TARGET] * summary[CHARGE_PASSED]
    if step[KIND] == POWER:
        summary[ENERGY] = step[TARGET] * summary[T_END]
    summary[V_LAST], summary[I_LAST], summary[WHY] = t[VOLTS], t[AMPERES], why
    summary[COUNT], summary[ITERATIONS] = k[TAKEN], k[WHOLE]
    return DONE


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
    even = np.zeros((4, s.shells.size))
    for n in todo:
        t[:] = 0.0  # nothing of the cell before: a voltage is searched from no current
        k[:] = 0
        if np.isnan(tables[n, 0, 0]):
            tables[n, 0] = rest(s, v[n], g[n], tables[n], even)
            if np.isnan(tables[n, 0, 0]):
                fared[n] = BAD_INPUT
                continue
        fared[n], kept[n] = carry_out_all(
            s, v[n], g[n], tables[n], protocols[n], relative, absolute, rows[n], states[n], summaries[n], b, t, k, w, f
        )


bench_here, work_here, factors_here = njit(new_bench), njit(new_work), njit(new_factors)
