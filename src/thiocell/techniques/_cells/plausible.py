"""What cannot be, or hardly: capacities beyond lithium metal's, rows that stand alone, hours without rows."""

from __future__ import annotations

import numpy as np

from thiocell.core.record import Array
from thiocell.physics.half_cycles import HalfCycles, Rows
from thiocell.techniques._spread import Spread

_C_PER_G_TO_MAH_PER_G = 1 / 3.6  # by definition
_LITHIUM = 96485.33212 / 6.94 * _C_PER_G_TO_MAH_PER_G  # mAh/g, F (CODATA 2018) over the molar mass of Li (IUPAC 2021)
_ALONE = 20.0  # assumed: no real current of one row is so many times its neighbours and the usual one
_AWAY = 1.0  # V, assumed: no cell leaps so far for one row
_AGREE = 0.1  # V, assumed: neighbours nearer than this show that nothing happened between them
_MANY_STEPS = 20.0  # median steps, assumed: a longer interval is not the instrument's own rhythm
_LONG = 600.0  # s, assumed: a shorter interval hides little
_PARTIAL = 0.7  # of the later ones, assumed: less is not a first half-cycle from the same end


def plausible_doubts(halves: HalfCycles, mass: Spread, time: Array, voltage: Array, current: Array) -> list[str]:
    """Sentences on what is wrong with the mass, a unit or single rows, at SI values of a record."""
    return [
        *_beyond_lithium(halves, mass),
        *_lone_currents(halves, current),
        *_lone_voltages(voltage),
        *_holes(halves, time),
    ]


def partial_first(halves: HalfCycles) -> float:
    """The share of the later discharges' median charge that the first discharge has, if it begins the record.

    NaN where the record begins with a charge or nothing follows that is complete, or the share is not small: a first
    charge smaller than later ones is what a cathode that is made discharged in part shows.
    """
    mine = np.flatnonzero((halves.sign < 0) & halves.complete)
    if halves.sign[0] > 0 or mine.size < 2 or mine[0] != 0:
        return float("nan")
    share = float(halves.charge[0] / np.median(halves.charge[mine[1:]]))
    return share if share < _PARTIAL else float("nan")


def _beyond_lithium(halves: HalfCycles, mass: Spread) -> list[str]:
    held = halves.charge / float(mass.value) * 1e-3 * _C_PER_G_TO_MAH_PER_G
    if held.max() <= _LITHIUM:
        return []
    return [
        f"half-cycle {int(np.argmax(held)) + 1} has {held.max():.4g} mAh per g of cathode, above what lithium metal "
        f"itself holds ({_LITHIUM:.0f}): check the mass and the unit of the current"
    ]


def _lone_currents(halves: HalfCycles, current: Array) -> list[str]:
    size = np.abs(current)
    moving = size[size > halves.threshold]
    usual = float(np.median(moving)) if moving.size else 0.0
    beside = np.maximum(np.maximum(size[:-2], size[2:]), usual)
    alone = np.flatnonzero(size[1:-1] > _ALONE * beside) + 1
    return [f"{_named(alone)} at {current[alone[0]]:.4g} A, far from both neighbours"] if alone.size else []


def _lone_voltages(voltage: Array) -> list[str]:
    left, here, right = voltage[:-2], voltage[1:-1], voltage[2:]
    away = np.minimum(np.abs(here - left), np.abs(here - right)) > _AWAY
    alone = np.flatnonzero(away & (np.abs(left - right) < _AGREE)) + 1
    return [f"{_named(alone)} at {voltage[alone[0]]:.4g} V, far from both neighbours"] if alone.size else []


def _named(rows: Rows) -> str:
    others = f" (and {rows.size - 1} more)" if rows.size > 1 else ""
    return f"row {rows[0] + 1}{others} stands alone"


def _holes(halves: HalfCycles, time: Array) -> list[str]:
    length = np.diff(time)
    flowed = (halves.owner[:-1] >= 0) & (halves.owner[1:] >= 0)
    usual = length[flowed & (length > 0)]
    if not usual.size:
        return []
    found = np.flatnonzero(flowed & (length > _LONG) & (length > _MANY_STEPS * float(np.median(usual))))
    if not found.size:
        return []
    worst = found[np.argmax(length[found])]
    others = f" ({found.size} such gaps in all)" if found.size > 1 else ""
    return [
        f"no rows for {length[worst] / 3600:.3g} h after row {worst + 1} while current flowed{others}: what flowed "
        "there is a guess"
    ]
