"""How a step is held: the current density that a control asks for, in one state and within an implicit step."""

from __future__ import annotations

import math

import numpy as np

from thiocell.cell.batch.equations import conductivity, voltage
from thiocell.cell.batch.inner import called, inner
from thiocell.cell.batch.layout import CHARGE
from thiocell.cell.batch.newton import answer_of_voltage, finish, gather, solve, sweep
from thiocell.cell.batch.words import CURRENT, POWER, VOLTAGE

_ROUNDED = 1e-14
"""V; a voltage of some volts is no better known to a computer."""


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
        if abs(move) <= 1e-12 * abs(i) + 1e-15 or (kind == VOLTAGE and abs(wrong) <= _ROUNDED):
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
