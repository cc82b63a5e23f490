"""A record of currents with rests between, and what the voltage does at each interruption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.core.source import Source
from thiocell.physics.integration import intervals, pieces
from thiocell.physics.plateau import plateau
from thiocell.physics.slab_flux import root_time
from thiocell.techniques._findings import kind_of
from thiocell.techniques._record import usable
from thiocell.techniques._transient.holds import READS

Array = NDArray[np.float64]
Window = tuple[float, float]

KINDS = ("cycling", "interruption")
_REST = 0.02
"""assumed: share of the usual current below which a row is at rest."""
_SWITCHED_OFF = 1e-3
"""assumed: share of the largest current below which a row does not count for the usual one."""
_STEADY = 0.01
"""assumed: share by which the current before a rest may differ from the mean of its stretch."""
_EVEN = 1.2
"""assumed: by how much rows of one step may vary in their distance."""
_TAIL, _FEWEST = 4, 6
"""assumed: rows before a rest, and in its window, below which nothing is fitted."""
_FAR = 0.5
"""assumed: share of the pulse before it beyond which a rest's window is not widened: its line reaches no further."""
_LEFT = 0.05
"""assumed: share of the relaxation that may be left at a rest's end; one exponential does not know of more."""
_BINS = 120
"""assumed: means of rows in equal times that a rest's end is told from."""


class Stretch(NamedTuple):
    """Rows ``first`` to ``end`` (excluded), of mean ``current`` (A; 0 at rest), from ``begins`` to ``stops`` (s).

    ``charge`` (C) is what has passed when it begins, counted from the record's first row.
    """

    first: int
    end: int
    begins: float
    stops: float
    current: float
    charge: float

    @property
    def rows(self) -> slice:
        """Its rows in the record's columns."""
        return slice(self.first, self.end)

    @property
    def long(self) -> float:
        """Its duration in s."""
        return self.stops - self.begins


@dataclass(frozen=True, eq=False)
class Interrupted:
    """Columns in SI units, ``charge`` counted from the first row; rests and currents by turns in ``stretches``."""

    name: str
    time: Array
    voltage: Array
    current: Array
    charge: Array
    stretches: tuple[Stretch, ...]
    source: Source
    doubts: tuple[str, ...]

    @property
    def rests(self) -> list[int]:
        """The numbers of the stretches at rest that follow a current."""
        return [n for n, each in enumerate(self.stretches) if n and not each.current and self.stretches[n - 1].current]

    @property
    def switches(self) -> tuple[Array, Array]:
        """When the current changes (s), and by how much (A)."""
        currents = np.array([each.current for each in self.stretches])
        return np.array([each.begins for each in self.stretches]), np.diff(currents, prepend=0.0)

    @property
    def durations(self) -> tuple[float, float]:
        """Medians of the rests and of the currents before them, in s."""
        rests, pulses = ([self.stretches[number - k].long for number in self.rests] for k in (0, 1))
        return float(np.median(rests)), float(np.median(pulses))

    def steady(self, number: int) -> bool:
        """Was the current before the rest ``number`` that of all its stretch?"""
        driven = self.stretches[number - 1]
        last = float(np.mean(self.current[driven.rows][-_TAIL:]))
        return abs(last - driven.current) <= _STEADY * abs(driven.current)


def read_interrupted(records: Mapping[str, Record], technique: str) -> Interrupted:
    """The record in the role 'main' as stretches; raises BadInput naming what is wrong."""
    record = usable(records, technique, KINDS, READS)
    time, voltage, current = (record[name] for name in READS)
    if time.size < _TAIL + _FEWEST:
        raise BadInput(f"record '{record.name}' has {time.size} rows; an interruption needs {_TAIL + _FEWEST} at least")
    back = np.flatnonzero(np.diff(time) < 0)
    if back.size:
        raise BadInput(f"record '{record.name}' has its time running backwards in row {back[0] + 2}; sort the rows")
    size = np.abs(current)
    driven = size > _SWITCHED_OFF * size.max()
    usual = float(np.median(size[driven])) if driven.any() else 0.0
    state = np.where(size > _REST * usual, np.sign(current), 0.0)
    clock = record["step_time"] if "step_time" in record.columns else _since_step(time, state)
    rows = intervals(time, np.diff(state) != 0, clock)
    old, new = pieces(rows, current)
    charge = np.append(0.0, np.cumsum(old + new))
    edges = [0, *(np.flatnonzero(rows.change) + 1).tolist(), time.size]
    begins = [float(time[0]), *(time[1:] - rows.after)[rows.change].tolist(), float(time[-1])]
    passed = [0.0, *(charge[:-1] + old)[rows.change].tolist(), float(charge[-1])]
    long = np.maximum(np.diff(begins), np.finfo(float).tiny)
    mean = np.where(state[edges[:-1]] != 0, np.diff(passed) / long, 0.0)
    stretches = tuple(
        Stretch(a, b, begins[n], begins[n + 1], float(mean[n]), passed[n]) for n, (a, b) in enumerate(pairwise(edges))
    )
    source = Source(kind_of(record.source), record.source.reference, record.source.place)
    found = Interrupted(record.name, time, voltage, current, charge, stretches, source, record.doubts)
    if not found.rests:
        raise BadInput(
            f"record '{record.name}' has no rest after a current; a rest is a stretch of rows below "
            f"{100 * _REST:g} % of the usual current, {usual:.3g} A here"
        )
    return found


def _since_step(time: Array, state: Array) -> Array:
    """The time since each row's step began, where no column tells it: the row before is usually written at its end.

    Not so before a current whose rows are nearer to each other than to the rest before it, and that no further than the
    rest's own: then it has begun within one of its intervals.
    """
    change = np.diff(state) != 0
    starts = (state[:-1] == 0) & (state[1:] != 0)
    since = np.zeros_like(time)
    length = np.diff(time)
    for k in np.flatnonzero(change):
        ahead = length[k + 1] if k + 1 < length.size and not change[k + 1] else length[k]
        behind = length[k - 1] if k and not change[k - 1] else 0.0
        since[k + 1] = ahead if starts[k] and 0.0 < ahead < length[k] <= _EVEN * behind else length[k]
    return since


class Fit(NamedTuple):
    """Numbers by least squares with their ``covariance``; ``reach`` is the time of the last row that was used, in s."""

    values: Array
    covariance: Array
    reach: float


def fit_rest(record: Interrupted, number: int, window: Window, diffusion_time: float) -> Fit | None:
    """The voltage at a rest's beginning without the drop, the drop (V), and what goes as sqrt(t) (V/s^0.5); or None.

    The voltage before the rest is a line; after it, it is that line, as if the current had gone on, less the drop and
    less the answer of a slab to the current that has stopped: superposition, which holds whatever was before. The line
    is straight, or a slab's own where the pulse followed a longer rest. Both signs are the current's. A window with too
    few rows reaches further; None if the rows are too few or too far apart.
    """
    rows = rest_rows(record, number, window, diffusion_time)
    found = rows and _solved(rows.design, rows.volts)
    if rows is None or found is None:
        return None
    turn = np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    return Fit(turn @ found[0], turn @ found[1] @ turn.T, rows.reach)


class Rows(NamedTuple):
    """What a fit rests on: ``volts`` are ``design`` times its numbers, the last that of sqrt(t).

    ``since`` (s) is the time since the switch, 0 before it; ``reach`` (s) that of the last row.
    """

    design: Array
    volts: Array
    since: Array
    reach: float


def rest_rows(record: Interrupted, number: int, window: Window, diffusion_time: float) -> Rows | None:
    """The rows of ``fit_rest``; None if they are too few or too far apart."""
    driven, rest = record.stretches[number - 1], record.stretches[number]
    before = record.time[driven.rows] - rest.begins
    after = record.time[rest.rows] - rest.begins
    late = np.flatnonzero(after >= window[0])
    if before.size < _TAIL or late.size < _FEWEST:
        return None
    inside = late[: max(_FEWEST, int(np.count_nonzero(after[late] <= window[1])))]
    reach = float(after[inside[-1]])
    if reach > max(window[1], _FAR * driven.long):
        return None
    tail = np.arange(before.size) >= min(before.size - _TAIL, int(np.searchsorted(before, -reach)))
    t, size = np.append(before[tail], after[inside]), np.count_nonzero(tail)
    gone = np.arange(t.size) >= size
    root = np.where(gone, root_time(t, diffusion_time), 0.0)
    volts = np.append(record.voltage[driven.rows][tail], record.voltage[rest.rows][inside])
    rested = number > 1 and record.stretches[number - 2].long >= driven.long
    line = (
        root_time(driven.long + t, diffusion_time) - root_time(np.array(driven.long), diffusion_time) if rested else t
    )
    return Rows(np.column_stack([np.ones(t.size), line, -1.0 * gone, -root]), volts, np.where(gone, t, 0.0), reach)


def fit_pulse(record: Interrupted, number: int, window: Window, diffusion_time: float) -> Fit | None:
    """What goes as sqrt(t) (V/s^0.5) while the current flows that the rest ``number`` ends; None if rows are few."""
    rows = pulse_rows(record, number, window, diffusion_time)
    found = rows and _solved(rows.design, rows.volts)
    if rows is None or found is None:
        return None
    return Fit(found[0][1:], found[1][1:, 1:], rows.reach)


def pulse_rows(record: Interrupted, number: int, window: Window, diffusion_time: float) -> Rows | None:
    """The rows of ``fit_pulse``; None if they are few."""
    driven = record.stretches[number - 1]
    t = record.time[driven.rows] - driven.begins
    inside = (t >= window[0]) & (t <= window[1])
    if np.count_nonzero(inside) < _FEWEST:
        return None
    root, volts = root_time(t[inside], diffusion_time), record.voltage[driven.rows][inside]
    return Rows(np.column_stack([np.ones(root.size), root]), volts, t[inside], float(t[inside][-1]))


def _solved(design: Array, volts: Array) -> tuple[Array, Array] | None:
    """Least squares, and the covariance with the noise that the residuals show; None if a column is another's copy."""
    q, r = np.linalg.qr(design)
    if np.min(np.abs(np.diag(r))) < 1e-12 * np.max(np.abs(np.diag(r))):
        return None
    level = float(volts.mean())
    solved = np.linalg.solve(r, q.T @ (volts - level))
    left = volts - level - design @ solved
    inverse = np.linalg.inv(r)
    solved[0] += level  # the first column is one
    return solved, inverse @ inverse.T * float(left @ left) / (volts.size - design.shape[1])


class Level(NamedTuple):
    """Where the voltage goes at rest (V), its sigma, what of it is left at the end (V), and whether it is settled."""

    voltage: float
    sigma: float
    above: float
    settled: bool


def relaxed(record: Interrupted, number: int) -> Level:
    """The relaxed voltage of a rest; the mean of its last tenth where no end can be told."""
    rest = record.stretches[number]
    t, v = record.time[rest.rows] - rest.begins, record.voltage[rest.rows]
    whole = float(v[-1] - record.voltage[max(rest.first - 1, 0)])
    place = np.minimum((t / max(t[-1], np.finfo(float).tiny) * _BINS).astype(int), _BINS - 1)
    many = np.bincount(place)
    t, v = (np.bincount(place, x)[many > 0] / many[many > 0] for x in (t, v))
    if t.size < 8:
        return Level(float(v[-1]), float(np.std(v)), 0.0, settled=False)
    end = plateau(t, v - v[-1] + whole)  # what is negligible is a share of the whole relaxation
    back = float(v[-1]) - whole
    if end.settled and abs(end.above) <= _LEFT * abs(end.level):
        return Level(back + end.level, end.sigma, end.above, settled=True)
    return Level(back + end.last, float(np.std(np.diff(v)) / np.sqrt(2)), end.last - end.level, settled=False)
