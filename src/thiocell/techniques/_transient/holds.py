"""A record of voltage and current as stretches of one voltage each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.vocabulary import FACTS
from thiocell.techniques._findings import kind_of
from thiocell.techniques._record import usable
from thiocell.techniques._spread import Spread

Array = NDArray[np.floating[Any]]

READS = ("time", "voltage", "current")
KINDS = ("cycling", "dc_polarisation", "potential_step")
NEEDS = {"thickness": Quantity(800.0, "um", 8.0), "area": Quantity(0.785, "cm**2", 0.008)}
"""What is asked of a pellet, with typical values."""
CURRENT_ERROR = Quantity.exact(0.1, "%")
"""Relative error of all currents together, assumed: a typical potentiostat."""
VOLTAGE_ERROR = Quantity.exact(1.0, "mV")
"""Offset of the voltage, assumed: a typical potentiostat."""
NOISE = 1e-3
"""Of the current, one sigma a row of a predicted record, assumed."""
_SPIKE = 8.0
"""assumed: robust standard deviations from its neighbours at which a row is a switch of the current's range."""
_STEP = 0.002
"""V; assumed: a voltage that moves by less, or by a hundredth of the largest, is held."""
_OPEN = 0.01
"""assumed: share of a current that is none beside it: the circuit is open."""
_FEWEST = 8
"""assumed: rows of a hold below which nothing is fitted to it."""


@dataclass(frozen=True, eq=False)
class Hold:
    """One stretch at ``voltage`` (V): ``time`` in s since it began, ``current`` in A."""

    time: Array
    current: Array
    voltage: float
    begins: float


@dataclass(frozen=True, eq=False)
class Held:
    """The holds of a record that ``begins`` at a time in s, in their order."""

    name: str
    begins: float
    holds: tuple[Hold, ...]
    source: Source
    doubts: tuple[str, ...]


def read_holds(records: Mapping[str, Record], technique: str) -> Held:
    """The holds in the role 'main'; raises BadInput naming what is wrong."""
    record = usable(records, technique, KINDS, READS)
    time, voltage, current = (record[name] for name in READS)
    if time.size < _FEWEST:
        raise BadInput(f"record '{record.name}' has {time.size} rows; a hold needs {_FEWEST} at least")
    back = np.flatnonzero(np.diff(time) < 0)
    if back.size:
        raise BadInput(f"record '{record.name}' has its time running backwards in row {back[0] + 2}; sort the rows")
    near = max(_STEP, 0.01 * float(np.max(np.abs(voltage))))
    moved = (np.abs(np.diff(voltage)) > near) | _cut_off(current)
    edges = [0, *(np.flatnonzero(moved) + 1).tolist(), time.size]
    holds = tuple(
        Hold(time[a:b] - time[max(a - 1, 0)], current[a:b], float(np.median(voltage[a:b])), float(time[max(a - 1, 0)]))
        for a, b in pairwise(edges)
        if b - a >= _FEWEST and np.ptp(voltage[a:b]) <= 2.0 * near and np.unique(time[a:b]).size >= _FEWEST
    )
    if not holds:
        raise BadInput(f"record '{record.name}' holds its voltage nowhere for {_FEWEST} rows of different times")
    source = Source(kind_of(record.source), record.source.reference, record.source.place)
    return Held(record.name, float(time[0]), holds, source, record.doubts)


def _cut_off(current: Array) -> NDArray[np.bool_]:
    """Between which rows the current all but stops, or starts again: the circuit was opened, or closed."""
    rows = np.abs(current)
    found = np.zeros(max(rows.size - 1, 0), dtype=bool)
    if rows.size >= 2 * _FEWEST:
        level = np.median(np.lib.stride_tricks.sliding_window_view(rows, _FEWEST), axis=1)
        before, after = level[:-_FEWEST], level[_FEWEST:]
        stops = (after <= _OPEN * before) & (rows[_FEWEST : 1 - _FEWEST] <= _OPEN * rows[_FEWEST - 1 : -_FEWEST])
        starts = (before <= _OPEN * after) & (rows[_FEWEST - 1 : -_FEWEST] <= _OPEN * rows[_FEWEST : 1 - _FEWEST])
        found[_FEWEST - 1 : rows.size - _FEWEST] = (stops | starts) & (before != after)
    return found


def driven(held: Held) -> tuple[Hold, float | None]:
    """The hold through which most charge passed (an offset at rest passes little), and the voltage before it."""
    charges = [abs(float(np.trapezoid(hold.current, hold.time))) for hold in held.holds]
    n = int(np.argmax(charges))
    if charges[n] == 0.0:
        raise BadInput(f"record '{held.name}' has no current other than zero; nothing was driven")
    return held.holds[n], held.holds[n - 1].voltage if n else None


def spikes(current: Array) -> NDArray[np.bool_]:
    """Single rows far from the mean of their neighbours."""
    if current.size < 5:
        return np.zeros(current.size, dtype=bool)
    away = np.zeros(current.size)
    away[1:-1] = current[1:-1] - 0.5 * (current[2:] + current[:-2])
    width = min(21, current.size)
    usual = np.convolve(np.abs(away), np.ones(width) / width, "same")
    beyond = np.zeros(current.size, dtype=bool)  # a row between its neighbours is a bend, not a spike
    beyond[1:-1] = (current[1:-1] - current[2:]) * (current[1:-1] - current[:-2]) > 0.0
    lone = beyond & (np.abs(away) > _SPIKE * 1.48 * (np.median(np.abs(away)) + 1e-300))
    peak = np.abs(away) >= np.maximum(np.roll(np.abs(away), 1), np.roll(np.abs(away), -1))
    jump = np.abs(away) > 0.05 * np.abs(current)
    return np.asarray(lone & peak & jump & (np.abs(away) > 3 * usual))


def shape_of(sample: Sample, *names: str) -> tuple[list[Spread], list[str]]:
    """The facts ``names`` of 'thickness' (m) and 'area' (m2) with their errors, and what is to be doubted of them."""
    units = {"thickness": "m", "area": "m**2"}
    spreads = [
        Spread.of(FACTS[name].check(name, sample.positive(name, FACTS[name].unit)), units[name], name) for name in names
    ]
    doubts = [
        f"the sigma of '{name}' of sample '{sample.name}' is unknown, so that of each value made with it is too"
        for name in names
        if not sample[name].known
    ]
    return spreads, doubts


def written_down(
    kind: str,
    time: Array,
    voltage: Array,
    current: Array,
    errors: tuple[Quantity, Quantity],
    rng: np.random.Generator | None,
    place: str,
    model: str = "",
) -> Record:
    """What a potentiostat writes: exact, or with ``rng`` off by the gain and offset in ``errors`` and by noise.

    ``model`` names what predicted it, if it was not given what comes back.
    """
    if rng is not None:
        current = current * (1.0 + errors[0].to("").value * rng.normal())
        current = current + NOISE * np.abs(current) * rng.normal(size=current.size)
        voltage = voltage + errors[1].to("V").value * rng.normal()
    columns = {"time": Column(time, "s"), "voltage": Column(voltage, "V"), "current": Column(current, "A")}
    return Record(kind, kind, columns, Source("predicted", model, place))
