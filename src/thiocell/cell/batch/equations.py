"""The equations of docs/cell-model.md for one cell, compiled: how fast its state changes, and its voltage.

Arrays: ``y`` and ``rate`` are (rows, nodes); ``s`` is the structure, ``v`` and ``g`` hold the numbers of the
cell and of its populations (``layout``). ``w`` holds what one evaluation leaves for the next: see ``Work``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from thiocell.cell.batch.exponential import exponential
from thiocell.cell.batch.inner import called, inner, inner_sums, shown
from thiocell.cell.batch.layout import (
    ANODE_EXCHANGE,
    ANODE_POTENTIAL,
    BASE,
    CHARGE,
    DOUBLE_LAYER,
    ELECTRONIC,
    EXCHANGE,
    HALF_F,
    HELD,
    HOST,
    HYSTERESIS,
    IN_RATE,
    INVERSE_CHARGE,
    INVERSE_THROUGHPUT,
    INVERSE_TIME,
    LEFT_RESISTANCE,
    MOLYBDENUM,
    OUT_RATE,
    PACE,
    PARTED,
    POTENTIAL,
    RIGHT_RESISTANCE,
    S1,
    S2,
    S3,
    S4,
    START,
    SURFACE,
    WIDTH,
)
from thiocell.cell.columns import Array
from thiocell.cell.parameters import CORNER, STILL
from thiocell.cell.resting import balance

_MOST = 60.0
"""Largest f (phi - U)/2, assumed: 3 V from equilibrium, beyond any cell; the exponential stays finite."""


found_balance = called(balance)


class Work(NamedTuple):
    """What an evaluation leaves: numbers a node, (populations, nodes) where they belong to one."""

    current: Array
    """J, A/m3"""
    size: Array
    """|J|, rounded"""
    by_potential: Array
    """dJ/dphi"""
    by_extent: Array
    by_swing: Array
    host: Array
    """mean extent of the host couple"""
    metal: Array
    ionic: Array
    """kappa, S/m"""
    single: Array
    """K of the nodes"""
    mixed: Array
    """K of the faces, (nodes + 1); the outer two are zero"""
    flux: Array
    """i_e of the faces, A/m2"""
    parting: Array
    """-d(dlambda/dt)/dlambda, 1/s"""
    pull: Array
    """d(dlambda/dt)/d(mean extent of the host)"""


def new_work(populations: int, nodes: int) -> Work:
    """Room for one cell."""
    e, n, f = (populations, nodes), nodes, nodes + 1
    return Work(
        np.zeros(e), np.zeros(e), np.zeros(e), np.zeros(e), np.zeros(e),
        np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(f), np.zeros(f), np.zeros(n), np.zeros(n),
    )  # fmt: skip


@inner
def kinetics(phi, xi, h, g, half_f, pace, current, by_potential, by_extent, by_swing):
    """J of one population at every node, and its slopes."""
    k, e0, swing = g[EXCHANGE] * pace, g[POTENTIAL], g[HYSTERESIS]
    s1, s2, s3, s4 = g[S1], g[S2], g[S3], g[S4]
    buffer = g[EXCHANGE] * g[SURFACE]
    for j in range(phi.size):
        x = xi[j]
        z = 1.0 - 2.0 * x
        u = e0 + z * (s1 + z * (s2 + z * (s3 + z * s4))) + swing * h[j]
        slope = -2.0 * (s1 + z * (2.0 * s2 + z * (3.0 * s3 + z * 4.0 * s4)))
        up = exponential(min(max(half_f * (phi[j] - u), -_MOST), _MOST))
        down = 1.0 / up
        out, back = x * up, (1.0 - x) * down
        share = 1.0 / (1.0 + buffer * (up + down))
        net = k * (out - back) * share
        steep = half_f * (k * (out + back) - net * buffer * (up - down)) * share
        current[j] = net
        by_potential[j] = steep
        by_extent[j] = k * (up + down) * share - steep * slope
        by_swing[j] = -steep * swing


@inner
def average(s, p, share, y, mean):
    """Add to ``mean`` the shells of population ``p`` times ``share``."""
    for m in range(s.shells[p]):
        row, part = y[s.first[p] + m], share * s.volume[p, m]
        for j in range(s.nodes):
            mean[j] += part * row[j]


@inner
def means(s, y, w):
    """Mean extents of the two couples that conduct, over shells and sizes."""
    for j in range(s.nodes):
        w.host[j] = 0.0
        w.metal[j] = 0.0
    for p in range(s.shells.size):
        if s.host[p] != 0.0:
            average(s, p, s.host[p], y, w.host)
        if s.metal[p] != 0.0:
            average(s, p, s.metal[p], y, w.metal)


@inner
def conductivity(s, v, y, w):
    """Kappa of the nodes and K of the inner faces."""
    means(s, y, w)
    base, host, metal, sigma = v[BASE], v[HOST], v[MOLYBDENUM], v[ELECTRONIC]
    row, parted = (y[s.parted], v[PARTED]) if s.parted >= 0 else (y[0], 0.0)
    for j in range(s.nodes):
        w.ionic[j] = base + host * w.host[j] + metal * w.metal[j] + parted * row[j]
    if s.power == 2:
        for j in range(s.nodes):
            w.ionic[j] *= w.ionic[j]
    if s.power == 3:
        for j in range(s.nodes):
            w.ionic[j] *= w.ionic[j] * w.ionic[j]
    for j in range(s.nodes):
        w.single[j] = w.ionic[j] * sigma / (w.ionic[j] + sigma)
    for j in range(1, s.nodes):
        w.mixed[j] = 0.5 * (w.single[j - 1] + w.single[j])


@inner
def activation(v, y):
    """A, by the throughput in the ledger."""
    if v[START] == 1.0:
        return 1.0
    return 1.0 - (1.0 - v[START]) * math.exp(-y[-1, 1] * v[INVERSE_THROUGHPUT])


@called
def rest(s, v, g, y, even):
    """The potential at which the even state ``y`` rests; ``even`` is room for four numbers a population."""
    pace, share, standard, forward, buffer = activation(v, y), even[0], even[1], even[2], even[3]
    for p in range(s.shells.size):
        x = y[s.first[p], 0]
        z = 1.0 - 2.0 * x
        share[p] = x
        standard[p] = g[p, POTENTIAL] + z * (g[p, S1] + z * (g[p, S2] + z * (g[p, S3] + z * g[p, S4])))
        if s.swing[p] >= 0:
            standard[p] += g[p, HYSTERESIS] * y[s.swing[p], 0]
        forward[p] = g[p, EXCHANGE] * (pace if s.activated[p] == 1 else 1.0)
        buffer[p] = g[p, EXCHANGE] * g[p, SURFACE]
    return found_balance(share, standard, forward, buffer, v[HALF_F])


@inner
def diffuse(s, p, speed, y, rate):
    """Exchange between the shells of population ``p``; ``speed`` is A/tau."""
    first, last = s.first[p], s.first[p] + s.shells[p] - 1
    for j in range(s.nodes):
        rate[first, j] = 0.0
    for m in range(first, last):
        c = speed * s.conductance[p, m - first]
        a, b = c / s.volume[p, m - first], c / s.volume[p, m - first + 1]
        inner, outer, change, after = y[m], y[m + 1], rate[m], rate[m + 1]
        for j in range(s.nodes):
            drop = outer[j] - inner[j]
            change[j] += a * drop
            after[j] = -b * drop


@inner
def react(s, v, g, y, rate, w):
    """The rates of all grains and hystereses; their currents stay in ``w``."""
    pace, flat = activation(v, y), y[0]
    for p in range(s.shells.size):
        last = s.first[p] + s.shells[p] - 1
        own = pace if s.activated[p] == 1 else 1.0
        h = y[s.swing[p]] if s.swing[p] >= 0 else flat
        kinetics(flat, y[last], h, g[p], v[HALF_F], own, w.current[p], w.by_potential[p], w.by_extent[p], w.by_swing[p])
        diffuse(s, p, own * g[p, INVERSE_TIME], y, rate)
        drain = g[p, INVERSE_CHARGE] / s.volume[p, s.shells[p] - 1]
        change, current = rate[last], w.current[p]
        for j in range(s.nodes):
            change[j] -= drain * current[j]
        if s.swing[p] >= 0:
            turn, per, still = rate[s.swing[p]], g[p, PACE], (STILL / g[p, INVERSE_CHARGE]) ** 2
            for j in range(s.nodes):
                size = math.sqrt(current[j] * current[j] + still)
                turn[j] = per * (current[j] - size * h[j])
                w.size[p, j] = size


@inner
def part(s, v, y, rate, w):
    """The rate at which iodide drops out as LiI, and its slopes."""
    even, uneven, held = 0.5 * (v[OUT_RATE] + v[IN_RATE]), 0.5 * (v[OUT_RATE] - v[IN_RATE]), v[HELD]
    row = s.parted
    for j in range(s.nodes):
        beyond = 1.0 - held * w.host[j]
        root = math.sqrt(beyond * beyond + CORNER * CORNER)
        gap = 0.5 * (beyond + root) - y[row, j]
        reach = math.sqrt(gap * gap + CORNER * CORNER)
        slope = even + uneven * gap / reach
        rate[row, j] = even * gap + uneven * (reach - CORNER)
        w.parting[j] = slope
        w.pull[j] = -0.5 * slope * held * (1.0 + beyond / root)


@shown
def rates(s, v, g, y, i, rate, w):
    """d/dt of the whole state at the current density ``i``, A/m2, positive on discharge."""
    conductivity(s, v, y, w)
    react(s, v, g, y, rate, w)
    if s.parted >= 0:
        part(s, v, y, rate, w)
    per, drift, phi, n = 1.0 / v[WIDTH], i / v[ELECTRONIC], y[0], s.nodes
    w.flux[0], w.flux[n] = i * s.left_ion, i * s.right_ion
    for j in range(1, n):
        w.flux[j] = w.mixed[j] * ((phi[j] - phi[j - 1]) * per + drift)
    inverse = 1.0 / v[DOUBLE_LAYER]
    for j in range(n):
        rate[0, j] = (w.flux[j + 1] - w.flux[j]) * per
    for p in range(s.shells.size):
        for j in range(n):
            rate[0, j] -= w.current[p, j]
    for j in range(n):
        rate[0, j] *= inverse
        rate[-1, j] = 0.0
    rate[-1, 0] = i / v[CHARGE]
    rate[-1, 1] = abs(i) / v[CHARGE]


@inner_sums
def ohmic(s, v, y, w):
    """(V at no current, -dV/di of the cathode) of the state whose conductivities stand in ``w``."""
    n, width, sigma, phi = s.nodes, v[WIDTH], v[ELECTRONIC], y[0]
    fall, resistance = 0.0, 0.0
    for j in range(1, n):
        both = sigma + 0.5 * (w.ionic[j] + w.ionic[j - 1])
        fall += sigma * (phi[j] - phi[j - 1]) / both
        resistance += width / both
    half = 0.5 * width
    # half cells: phi_e falls where ions pass, phi_s where electrons do
    resistance += half / w.ionic[0] if s.left_ion == 1.0 else half / sigma
    resistance += half / w.ionic[n - 1] if s.right_ion == 1.0 else half / sigma
    still = -fall
    if s.right_ion == 0.0:
        still += phi[n - 1]
    if s.left_ion == 0.0:
        still -= phi[0]
    return still - v[ANODE_POTENTIAL], resistance + v[LEFT_RESISTANCE] + v[RIGHT_RESISTANCE]


@inner
def voltage(s, v, y, i, w):
    """(V, -dV/di) of the cell at current density ``i``; the conductivities in ``w`` are those of ``y``."""
    still, resistance = ohmic(s, v, y, w)
    half, exchange = v[HALF_F], v[ANODE_EXCHANGE]
    loss = math.asinh(0.5 * i / exchange) / half
    slope = 0.5 / (half * exchange * math.sqrt(1.0 + (0.5 * i / exchange) ** 2))
    return still - i * resistance - loss, resistance + slope
