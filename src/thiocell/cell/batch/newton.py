"""The linear system of an implicit step, solved by taking the grains out node by node: one tridiagonal system is left.

With c = 1/(step length times the formula's factor) the system is (c - df/dy) change = right. Grains, hystereses and
parted iodide speak to their own node alone, through the node's current; so each population gives its current's change
as alpha + beta times the change of the potential, and the potentials of neighbours remain.
The conductivity is held as it is: it changes slowly, and Newton's iteration sees to the rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thiocell.cell.batch.inner import called, inner, inner_sums, shown
from thiocell.cell.batch.layout import (
    DOUBLE_LAYER,
    ELECTRONIC,
    INVERSE_CHARGE,
    INVERSE_TIME,
    PACE,
    WIDTH,
)
from thiocell.cell.columns import Array


class Factors(NamedTuple):
    """What one factorisation leaves for the solves that use it."""

    below: Array
    """multipliers of the shells' elimination, (populations, most shells)"""
    pivot: Array
    """inverse pivots of the shells"""
    above: Array
    """how far the next shell pulls each one"""
    answer: Array
    """change of the last shell's extent by the current's, (populations)"""
    turn: Array
    """change of the hysteresis by the current's, (populations, nodes)"""
    hold: Array
    """change of the hysteresis by its own right side"""
    beta: Array
    """change of the current by the potential's"""
    stiff: Array
    """1/(1 - what the grain answers)"""
    couple: Array
    """K/(h^2 C) of the faces, (nodes + 1)"""
    lower: Array
    """multipliers of the potentials' elimination"""
    inverse: Array
    """inverse pivots of the potentials"""
    column: Array
    """change of the potentials for one unit of current density"""


def new_factors(populations: int, most: int, nodes: int) -> Factors:
    """Room for one cell."""
    m, p, e, n = (populations, most), populations, (populations, nodes), nodes
    return Factors(
        np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(p), np.zeros(e), np.zeros(e), np.zeros(e), np.zeros(e),
        np.zeros(n + 1), np.zeros(n), np.zeros(n), np.zeros(n),
    )  # fmt: skip


@inner
def factor_shells(s, p, speed, c, f):
    """Eliminate the shells of population ``p`` from the middle outwards; the same at every node."""
    n = s.shells[p]
    for m in range(n):
        inner = speed * s.conductance[p, m - 1] if m > 0 else 0.0
        outer = speed * s.conductance[p, m] if m < n - 1 else 0.0
        share = 1.0 / s.volume[p, m]
        diagonal = c + (inner + outer) * share
        f.above[p, m] = outer * share
        f.below[p, m] = 0.0
        if m > 0:
            f.below[p, m] = inner * share * f.pivot[p, m - 1]
            diagonal -= f.below[p, m] * f.above[p, m - 1]
        f.pivot[p, m] = 1.0 / diagonal


@inner
def factor_grains(s, g, y, c, pace, w, f):
    """How each population's current answers the potential."""
    for p in range(s.shells.size):
        speed = g[p, INVERSE_TIME] * (pace if s.activated[p] == 1 else 1.0)
        factor_shells(s, p, speed, c, f)
        last, swing = s.shells[p] - 1, s.swing[p]
        answer = -g[p, INVERSE_CHARGE] / s.volume[p, last] * f.pivot[p, last]
        f.answer[p] = answer
        if swing >= 0:
            per = g[p, PACE]
            for j in range(s.nodes):
                hold = 1.0 / (c + per * w.size[p, j])
                f.hold[p, j] = hold
                f.turn[p, j] = per * (1.0 - w.current[p, j] / w.size[p, j] * y[swing, j]) * hold
        for j in range(s.nodes):
            f.stiff[p, j] = 1.0 / (1.0 - w.by_extent[p, j] * answer - w.by_swing[p, j] * f.turn[p, j])
            f.beta[p, j] = w.by_potential[p, j] * f.stiff[p, j]


@inner
def factor_potentials(s, v, c, w, f):
    """The tridiagonal system of the potentials."""
    n, per, inverse = s.nodes, 1.0 / v[WIDTH], 1.0 / v[DOUBLE_LAYER]
    scale = per * per * inverse
    for j in range(n + 1):
        f.couple[j] = w.mixed[j] * scale
    for j in range(n):
        f.inverse[j] = c + f.couple[j] + f.couple[j + 1]
    for p in range(s.shells.size):
        for j in range(n):
            f.inverse[j] += f.beta[p, j] * inverse
    f.inverse[0] = 1.0 / f.inverse[0]
    for j in range(1, n):
        f.lower[j] = f.couple[j] * f.inverse[j - 1]
        f.inverse[j] = 1.0 / (f.inverse[j] - f.lower[j] * f.couple[j])


@called
def answer_of_current(s, v, w, f):
    """Leave in ``f.column`` how the potentials answer one unit of current density."""
    n, per, inverse, sigma = s.nodes, 1.0 / v[WIDTH], 1.0 / v[DOUBLE_LAYER], 1.0 / v[ELECTRONIC]
    for j in range(n):
        before = w.mixed[j] * sigma if j > 0 else s.left_ion
        after = w.mixed[j + 1] * sigma if j < n - 1 else s.right_ion
        f.column[j] = (after - before) * per * inverse
    sweep(n, f, f.column)


@inner
def sweep(n, f, right):
    """Solve for the potentials, in place."""
    for j in range(1, n):
        right[j] += f.lower[j] * right[j - 1]
    right[n - 1] *= f.inverse[n - 1]
    for k in range(1, n):
        j = n - 1 - k
        right[j] = (right[j] + f.couple[j + 1] * right[j + 1]) * f.inverse[j]


@inner
def gather(s, v, right, w, f):
    """Take grains and hystereses out of the right side; alpha, the current's change at rest, stays in ``w.current``."""
    inverse = 1.0 / v[DOUBLE_LAYER]
    for p in range(s.shells.size):
        first, last, swing = s.first[p], s.first[p] + s.shells[p] - 1, s.swing[p]
        for m in range(first + 1, last + 1):
            part = f.below[p, m - first]
            for j in range(s.nodes):
                right[m, j] += part * right[m - 1, j]
        pivot = f.pivot[p, last - first]
        if swing >= 0:
            for j in range(s.nodes):
                pushed = w.by_extent[p, j] * right[last, j] * pivot + w.by_swing[p, j] * right[swing, j] * f.hold[p, j]
                w.current[p, j] = pushed * f.stiff[p, j]
                right[0, j] -= w.current[p, j] * inverse
        else:
            for j in range(s.nodes):
                w.current[p, j] = w.by_extent[p, j] * right[last, j] * pivot * f.stiff[p, j]
                right[0, j] -= w.current[p, j] * inverse


@inner
def scatter(s, right, w, f):
    """The changes of grains and hystereses, once those of the potentials stand in row 0."""
    for p in range(s.shells.size):
        first, last, swing = s.first[p], s.first[p] + s.shells[p] - 1, s.swing[p]
        answer, pivot = f.answer[p], f.pivot[p, last - first]
        for j in range(s.nodes):
            w.current[p, j] += f.beta[p, j] * right[0, j]
            right[last, j] = right[last, j] * pivot + answer * w.current[p, j]
        if swing >= 0:
            for j in range(s.nodes):
                right[swing, j] = right[swing, j] * f.hold[p, j] + f.turn[p, j] * w.current[p, j]
        for k in range(1, last - first + 1):
            m = last - k
            part, pull = f.pivot[p, m - first], f.above[p, m - first]
            for j in range(s.nodes):
                right[m, j] = (right[m, j] + pull * right[m + 1, j]) * part


@inner
def settle(s, right, c, w):
    """The change of the parted iodide, by its own law and by the change of the host."""
    moved, parted = w.metal, s.parted  # the metal's mean is not needed any more
    for j in range(s.nodes):
        moved[j] = 0.0
    for p in range(s.shells.size):
        if s.host[p] != 0.0:
            for m in range(s.shells[p]):
                part = s.host[p] * s.volume[p, m]
                for j in range(s.nodes):
                    moved[j] += part * right[s.first[p] + m, j]
    for j in range(s.nodes):
        right[parted, j] = (right[parted, j] + w.pull[j] * moved[j]) / (c + w.parting[j])


@shown
def factor(s, v, g, y, c, pace, w, f):
    """Factorise at the state ``y`` whose slopes stand in ``w``."""
    factor_grains(s, g, y, c, pace, w, f)
    factor_potentials(s, v, c, w, f)


@shown
def solve(s, v, right, c, w, f):
    """``right`` becomes the change of the state at a held current density; ``w.current`` is used up."""
    gather(s, v, right, w, f)
    sweep(s.nodes, f, right[0])
    finish(s, right, c, w, f)


@inner
def finish(s, right, c, w, f):
    """All other rows, once the potentials stand in row 0."""
    scatter(s, right, w, f)
    if s.parted >= 0:
        settle(s, right, c, w)
    right[-1, 0] /= c
    right[-1, 1] /= c


@inner_sums
def answer_of_voltage(s, v, w, change):
    """DV for a change of the potentials."""
    n, sigma, moved = s.nodes, v[ELECTRONIC], 0.0
    for j in range(1, n):
        both = sigma + 0.5 * (w.ionic[j] + w.ionic[j - 1])
        moved -= sigma * (change[j] - change[j - 1]) / both
    if s.right_ion == 0.0:
        moved += change[n - 1]
    if s.left_ion == 0.0:
        moved -= change[0]
    return moved
