"""Differential capacity by counting charge into voltage bins: no derivative is taken and no charge is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STANDS = 2e-3
"""V; assumed: a cycler that holds a voltage keeps it within this."""
_FALLEN = 0.9
"""Assumed: the current of a hold falls below this share of what it was when the hold began."""
_THINNEST = 1e-3
"""Of a bin; assumed: an interval without a change of voltage spreads its charge over this."""


def binned(voltage: Array, passed: Array, edges: Array) -> Array:
    """Charge in each bin between rising ``edges`` (V): interval k's ``passed`` lies evenly between its two voltages.

    ``voltage`` has one entry more than ``passed``. The bins hold all charge if the edges enclose all voltages.
    """
    if not passed.size:
        return np.zeros(edges.size - 1)
    thin = _THINNEST * float(np.min(np.diff(edges)))
    low = np.minimum(voltage[:-1], voltage[1:])
    high = np.maximum(voltage[:-1], voltage[1:])
    flat = high - low < thin
    low, high = np.where(flat, 0.5 * (low + high - thin), low), np.where(flat, 0.5 * (low + high + thin), high)
    density = passed / (high - low)
    turns = np.concatenate((low, high))
    order = np.argsort(turns, kind="stable")
    turns = turns[order]
    slope = np.cumsum(np.concatenate((density, -density))[order])
    below = np.concatenate(([0.0], np.cumsum(slope[:-1] * np.diff(turns))))
    return np.diff(np.interp(edges, turns, below))


def before_hold(voltage: Array, size: Array) -> int:
    """How many rows of a half-cycle precede a hold at its end, its first row included; all of them without a hold.

    In a hold the voltage (V) stands while ``size``, the current's absolute value (A), falls: its charge divided by a
    width in voltage says nothing of the cell.
    """
    moved = np.flatnonzero(np.abs(voltage - voltage[-1]) > _STANDS)
    first = int(moved[-1]) + 1 if moved.size else 0
    if voltage.size - first < 3 or size[-1] >= _FALLEN * size[first : first + 3].max():
        return voltage.size
    return first + 1


def grid(lowest: float, highest: float, width: float) -> Array:
    """Edges of bins ``width`` (V) wide that enclose both voltages with a bin to spare; whole multiples of the width."""
    first, last = np.floor(lowest / width) - 1, np.ceil(highest / width) + 1
    return np.asarray(width * np.arange(first, last + 1))


def peaks(voltage: Array, density: Array, prominence: float) -> Array:
    """Voltages of the peaks that stand out by ``prominence`` of the highest point, the highest first.

    A peak stands out by its height above the higher of the two lowest points that part it from higher ground.
    """
    height = np.concatenate(([0.0], density, [0.0]))
    rising, falling = height[1:-1] > height[:-2], height[1:-1] >= height[2:]
    places = np.flatnonzero(rising & falling) + 1
    least = prominence * float(height.max(initial=0.0))
    kept = [place for place in places if height[place] > 0 and _stands_out(height, int(place)) >= least]
    return np.asarray(voltage[[place - 1 for place in sorted(kept, key=lambda place: -height[place])]])


def _stands_out(height: Array, place: int) -> float:
    higher = np.flatnonzero(height > height[place])
    left = higher[higher < place][-1:]
    right = higher[higher > place][:1]
    before = height[int(left[0]) if left.size else 0 : place].min()
    after = height[place : (int(right[0]) if right.size else height.size - 1) + 1].min()
    return float(height[place] - max(before, after))
