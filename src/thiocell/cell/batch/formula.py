"""Backward differentiation formulas of order 1 to 5 with quasi-constant steps, on a table of backward differences.

Shampine and Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18 (1997) 1; Byrne and Hindmarsh, ACM Trans. Math.
Softw. 1 (1975) 71. ``d`` is (8, size): row k holds the k-th backward difference of the solution at its latest time.
"""

from __future__ import annotations

import numpy as np

from thiocell.cell.batch.inner import called, inner, inner_sums

MOST_ORDER = 5
_KAPPA = np.array([0.0, -0.1850, -1.0 / 9.0, -0.0823, -0.0415, 0.0])  # Shampine and Reichelt 1997, table 1
GAMMA = np.concatenate(([0.0], np.cumsum(1.0 / np.arange(1, MOST_ORDER + 1))))
_alpha = (1.0 - _KAPPA) * GAMMA
_alpha[0] = 1.0
ALPHA = _alpha
ERROR = _KAPPA * GAMMA + 1.0 / np.arange(1, MOST_ORDER + 2)

_SCALE = 0.5
"""V that the potential's relative tolerance is of, assumed: its own zero is that of an electrode far away."""


@inner
def add(size, part, x, y):
    """Y += part x"""
    for m in range(size):
        y[m] += part * x[m]


@inner
def add_to_both(size, x, y, z):
    """Y += x, z += x"""
    for m in range(size):
        y[m] += x[m]
        z[m] += x[m]


@inner
def weigh(nodes, size, y, absolute, relative, weight):
    """1/tolerance of each number: 1/(absolute + relative |y|), and for the potentials, which come first, ``_SCALE``."""
    for m in range(size):
        weight[m] = 1.0 / (absolute + relative * abs(y[m]))
    inverse = 1.0 / (absolute + relative * _SCALE)
    for m in range(nodes):  # a loop that began at ``nodes`` would not be known to stay above zero: three times slower
        weight[m] = inverse


@inner_sums
def norm(size, x, weight):
    """Root mean square of x in units of its tolerance."""
    total = 0.0
    for m in range(size):
        total += (x[m] * weight[m]) ** 2
    return np.sqrt(total / size)


@called
def _change(order, factor, into):
    for j in range(order + 1):
        into[0, j] = 1.0
    for i in range(1, order + 1):
        into[i, 0] = 0.0
        for j in range(1, order + 1):
            into[i, j] = into[i - 1, j] * (i - 1 - factor * j) / i


@called
def rescale(size, d, order, factor, room, small):
    """Turn the differences into those of a step ``factor`` times as long; ``room`` is (8, size)."""
    first, second, both = small[0], small[1], small[2]
    _change(order, factor, first)
    _change(order, 1.0, second)
    for i in range(order + 1):
        for j in range(order + 1):
            total = 0.0
            for k in range(order + 1):
                total += first[i, k] * second[k, j]
            both[i, j] = total
    # row 0 stays, and is in no other: both[0, 1:] and both[1:, 0] are zero
    for i in range(1, order + 1):
        target, source, part = room[i], d[1], both[1, i]
        for m in range(size):
            target[m] = part * source[m]
        for j in range(2, order + 1):
            if both[j, i] != 0.0:
                add(size, both[j, i], d[j], target)
    for i in range(1, order + 1):
        source, target = room[i], d[i]
        for m in range(size):
            target[m] = source[m]


@inner
def predict(size, d, order, ahead, psi):
    """The differences' own guess of the next value, and the sum that the formula keeps of the past."""
    for m in range(size):
        ahead[m] = d[0, m]
        psi[m] = 0.0
    inverse = 1.0 / ALPHA[order]
    for k in range(1, order + 1):
        row, part = d[k], GAMMA[k] * inverse
        for m in range(size):
            ahead[m] += row[m]
            psi[m] += part * row[m]


@inner
def accept(size, d, order, change):
    """Move the differences on by one step that ended ``change`` away from its guess."""
    for m in range(size):
        d[order + 2, m] = change[m] - d[order + 1, m]
        d[order + 1, m] = change[m]
    for k in range(order, -1, -1):
        add(size, 1.0, d[k + 1], d[k])


@inner
def between(size, d, order, step, back, y):
    """The solution ``back`` s before the latest time, on the polynomial of the step just accepted."""
    for m in range(size):
        y[m] = d[0, m]
    part = 1.0
    for k in range(order):
        part *= (k * step - back) / (step * (k + 1))
        add(size, part, d[k + 1], y)
