"""Half-cycles of a cell, found from the sign of its current and its rests, with their charge, energy and voltage."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thiocell.physics.integration import Intervals, doubtful, intervals, pieces

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

_FLOOR = 1e-5
"""Of the largest current; assumed: below it a cycler tells nothing."""
_WIDEST_REST = 0.05
"""Of the largest charge between two gaps; assumed: what passes in one rest through an instrument's offset is less."""
_GAP = 3.0
"""Assumed: rests and true currents are apart by this factor at least, where they are apart."""
_LEAST_CHARGE = 1e-3
"""Of the largest half-cycle; assumed: less is noise or a pulse of the other sign, no half-cycle."""
_SAME_END = 0.01
"""V; assumed: half-cycles that end within this of each other ended at one cut-off."""


@dataclass(frozen=True, eq=False)
class HalfCycles:
    """One entry a half-cycle, in order; SI units throughout.

    ``sign`` is +1 on charge and -1 on discharge; ``first`` and ``last`` are rows; ``charge`` (C) and ``energy`` (J) are
    positive both ways; ``mean_voltage`` is energy over charge; ``duration`` (s) leaves rests inside out; ``current``
    (A) is the median of |I|, ``current_spread`` the ratio of its 90th to its 10th percentile.
    ``charge_sigma`` (C) and ``voltage_sigma`` (V, of the mean voltage) hold the error of the integration alone.
    ``complete`` is false where the record breaks off before the half-cycle has reached the end of the others;
    ``unproven`` says that the record breaks off with the last one and there is no other to compare it with.
    ``longest_gap`` is the largest share of the duration that lies between two rows.
    ``owner`` is the half-cycle of each row of the record (-1: rest) and ``passed`` (C) what has passed of it by then.
    ``threshold`` (A) parts rests from currents; ``rest_charge`` (C) is the signed charge that passed below it;
    ``dropped`` and ``dropped_charge`` (C) tell of stretches too small to count.
    """

    sign: NDArray[np.int8]
    first: Rows
    last: Rows
    charge: Array
    energy: Array
    mean_voltage: Array
    duration: Array
    start_voltage: Array
    end_voltage: Array
    current: Array
    current_spread: Array
    charge_sigma: Array
    voltage_sigma: Array
    complete: NDArray[np.bool_]
    longest_gap: Array
    unproven: bool
    owner: Rows
    passed: Array
    threshold: float
    rest_charge: float
    dropped: int
    dropped_charge: float

    def __len__(self) -> int:
        return int(self.sign.size)


def rest_threshold(time: Array, current: Array) -> float:
    """The |current| (A) below which the cell rests.

    It lies in the middle of the widest gap (in the logarithm) between the values of |current|, if what passes below
    the gap in any one stretch is small against a half-cycle: an offset or noise at rest is parted from the
    smallest true current, the tail of a constant-voltage step included. Without such a gap it is 1e-5 of the largest.
    """
    size = np.abs(current)
    floor = _FLOOR * float(size.max())
    levels = np.unique(size[size > floor])
    if not levels.size:
        return floor
    steps = np.diff(np.log(np.concatenate(([floor], levels))))
    for place in np.argsort(-steps)[:8]:
        if steps[place] < np.log(_GAP):
            break
        if place == 0:
            return float(np.sqrt(floor * levels[0]))
        middle = float(np.sqrt(levels[place - 1] * levels[place]))
        if _only_rests(time, current, middle):
            return middle
    return floor


def _only_rests(time: Array, current: Array, threshold: float) -> bool:
    """Is what passes below ``threshold`` in any one stretch small against what passes above it in one?"""
    low = np.abs(current) <= threshold
    state = np.where(low, 0, np.sign(current))
    starts = np.flatnonzero(np.concatenate(([True], np.diff(state) != 0)))
    passed = np.abs(np.add.reduceat(_weighed(time, current), starts))
    rests = low[starts]
    return bool(rests.all() or passed[rests].max(initial=0.0) < _WIDEST_REST * passed[~rests].max())


def _weighed(time: Array, current: Array) -> Array:
    """Charge a row, counting half of the intervals at its sides."""
    length = np.diff(time)
    return np.asarray(current * 0.5 * (np.concatenate(([0.0], length)) + np.concatenate((length, [0.0]))))


def half_cycles(
    time: Array,
    voltage: Array,
    current: Array,
    step: Array | None = None,
    step_time: Array | None = None,
) -> HalfCycles:
    """The half-cycles of a record: stretches of one sign, also where rests part them (pulses, pauses before a hold).

    SI arrays of one length, ``time`` never falling, ``current`` positive on charge and not zero throughout. There are
    no half-cycles if no charge passes.
    ``step`` changes where the instrument went on to a new step, ``step_time`` is the time since then.
    """
    threshold = rest_threshold(time, current)
    runs = _runs(time, current, threshold, step, step_time)
    owner = runs.row_owner
    whole, energy = runs.integral(current), runs.integral(voltage * current)
    charge = np.abs(whole)
    mean = np.divide(energy, whole, out=np.zeros_like(charge), where=charge > 0)
    shape = _shapes(owner, runs.cut.length, np.abs(current), charge.size)
    about_mean = current * (voltage - np.append(mean, 0.0)[owner])
    complete, unproven = _complete(runs.signs, shape.last, voltage, time.size)
    return HalfCycles(
        sign=runs.signs,
        first=shape.first,
        last=shape.last,
        charge=charge,
        energy=np.abs(energy),
        mean_voltage=mean,
        duration=runs.integral(np.ones_like(time)),
        start_voltage=voltage[shape.first],
        end_voltage=voltage[shape.last],
        current=shape.median,
        current_spread=shape.spread,
        charge_sigma=_unsure(runs.cut, current, owner, charge.size),
        voltage_sigma=_unsure(runs.cut, about_mean, owner, charge.size) / np.where(charge > 0, charge, 1.0),
        complete=complete,
        longest_gap=shape.gap,
        unproven=unproven,
        owner=owner,
        passed=_passed(runs.cut, current, owner, shape.first),
        threshold=threshold,
        rest_charge=float(runs.passed[runs.state == 0].sum()),
        dropped=int(runs.dropped.sum()),
        dropped_charge=float(runs.passed[runs.dropped].sum()),
    )


@dataclass(frozen=True, eq=False)
class _Runs:
    """Stretches of rows of one state (1 charge, 0 rest, -1 discharge), with the charge ``passed`` (C) in each.

    ``number`` is the run of each row; ``owner`` the half-cycle of each run, -1 for rests and for those ``dropped``.
    """

    cut: Intervals
    number: Rows
    state: Array
    passed: Array
    owner: Rows
    dropped: NDArray[np.bool_]

    @property
    def row_owner(self) -> Rows:
        """The half-cycle of each row, -1 for none."""
        return np.asarray(self.owner[self.number])

    @property
    def signs(self) -> NDArray[np.int8]:
        """The sign of each half-cycle."""
        _, first = np.unique(self.owner[self.owner >= 0], return_index=True)
        return self.state[self.owner >= 0][first].astype(np.int8)

    def integral(self, values: Array) -> Array:
        """Integral over time of ``values``, one a row, over each half-cycle."""
        kept = self.owner >= 0
        return np.asarray(
            np.bincount(self.owner[kept], weights=_by_run(self.cut, values, self.number)[kept]), dtype=np.float64
        )


def _runs(time: Array, current: Array, threshold: float, step: Array | None, step_time: Array | None) -> _Runs:
    state = np.where(np.abs(current) > threshold, np.sign(current), 0.0)
    turned = np.diff(state) != 0
    change = turned if step is None else turned | (np.diff(step) != 0)
    cut = intervals(time, change, step_time)
    number = np.concatenate(([0], np.cumsum(turned)))
    run_state = state[np.concatenate(([True], turned))]
    passed = _by_run(cut, current, number)
    owner, dropped = _owners(run_state, passed)
    return _Runs(cut, number, run_state, passed, owner, dropped)


def _by_run(cut: Intervals, values: Array, run: Rows) -> Array:
    """Integral of ``values`` over each run of rows."""
    old, new = pieces(cut, values)
    size = int(run[-1]) + 1
    first, last = (np.bincount(r, weights=w, minlength=size) for r, w in ((run[:-1], old), (run[1:], new)))
    return np.asarray(first + last, dtype=np.float64)


def _owners(state: Array, passed: Array) -> tuple[Rows, NDArray[np.bool_]]:
    """Of each run, the half-cycle it belongs to (-1: a rest, or too small to count), and which were too small."""
    owner = np.full(state.size, -1, dtype=np.intp)
    moving = np.flatnonzero(state != 0)
    group = np.concatenate(([0], np.cumsum(np.diff(state[moving]) != 0)))
    sizes = np.abs(np.bincount(group, weights=passed[moving]))
    counted = sizes[group] > _LEAST_CHARGE * sizes.max()
    small = np.zeros(state.size, dtype=bool)
    small[moving[~counted]] = True
    kept = moving[counted]
    if kept.size:
        owner[kept] = np.concatenate(([0], np.cumsum(np.diff(state[kept]) != 0)))
    return owner, small


@dataclass(frozen=True, eq=False)
class _Shapes:
    first: Rows
    last: Rows
    median: Array
    spread: Array
    gap: Array


def _shapes(row_owner: Rows, length: Array, size: Array, count: int) -> _Shapes:
    """First and last rows, median and spread of |current| and the longest interval of each half-cycle."""
    rows = np.flatnonzero(row_owner >= 0)
    borders = np.searchsorted(row_owner[rows], np.arange(count + 1))
    first, last = rows[borders[:-1]], rows[borders[1:] - 1]
    levels = np.array([np.percentile(size[rows[a:b]], (10, 50, 90)) for a, b in pairwise(borders)]).reshape(-1, 3)
    inside = np.where(row_owner[1:] == row_owner[:-1], length, 0.0)
    gaps = np.array([inside[a : b + 1].max() if b > a else 0.0 for a, b in zip(first, last, strict=True)])
    total = np.bincount(row_owner[rows], weights=np.concatenate((inside, [0.0]))[rows], minlength=count)
    share = np.divide(gaps, total, out=np.zeros(count), where=total > 0)
    return _Shapes(first, last, levels[:, 1], levels[:, 2] / levels[:, 0], share)


def _unsure(cut: Intervals, values: Array, row_owner: Rows, count: int) -> Array:
    """Standard uncertainty of the integral of ``values`` over each half-cycle."""
    remainder, variance = doubtful(cut, values)
    bias = np.zeros(count)
    spread = np.zeros(count)
    old, new = row_owner[:-1], row_owner[1:]
    for side in (old, np.where(new == old, -1, new)):
        mine = side >= 0
        bias += np.bincount(side[mine], weights=remainder[mine], minlength=count)
        spread += np.bincount(side[mine], weights=variance[mine], minlength=count)
    return np.asarray(np.sqrt(bias**2 + spread))


def _complete(signs: NDArray[np.int8], last: Rows, voltage: Array, rows: int) -> tuple[NDArray[np.bool_], bool]:
    """Did each half-cycle reach its end, and is that unproven for the last?"""
    complete = np.ones(signs.size, dtype=bool)
    if not signs.size or last[-1] < rows - 1:
        return complete, False
    others = voltage[last[:-1]][signs[:-1] == signs[-1]]
    if not others.size:
        return complete, True
    tail = voltage[last[-1] - 1 : last[-1] + 1]
    room = max(_SAME_END, 1.5 * abs(float(np.diff(tail)[0]))) if tail.size == 2 else _SAME_END
    complete[-1] = signs[-1] * (voltage[last[-1]] - float(np.median(others))) >= -room
    return complete, False


def _passed(cut: Intervals, current: Array, row_owner: Rows, first: Rows) -> Array:
    """Charge (C, positive) that has passed of its half-cycle at each row; 0 at rest."""
    old, new = (np.abs(piece) for piece in pieces(cut, current))
    old, new = np.where(row_owner[:-1] >= 0, old, 0.0), np.where(row_owner[1:] >= 0, new, 0.0)
    total = np.concatenate(([0.0], np.cumsum(old + new)))
    base = total[first] - np.where(first > 0, new[np.maximum(first - 1, 0)], 0.0)
    return np.where(row_owner >= 0, total - np.append(base, 0.0)[row_owner], 0.0)


def voltage_at(halves: HalfCycles, voltage: Array, share: float) -> tuple[Array, Array]:
    """Voltage (V) of each half-cycle where ``share`` of its charge has passed, and half the step between rows there."""
    found = np.empty(len(halves))
    room = np.empty(len(halves))
    for k, (first, last) in enumerate(zip(halves.first, halves.last, strict=True)):
        mine = np.flatnonzero(halves.owner[first : last + 1] == k) + first
        place = int(np.searchsorted(halves.passed[mine], share * halves.charge[k]))
        pair = mine[max(place - 1, 0) : place + 1]
        found[k] = np.interp(share * halves.charge[k], halves.passed[pair], voltage[pair])
        room[k] = 0.5 * float(np.ptp(voltage[pair]))
    return found, room
