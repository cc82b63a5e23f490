"""Which way a current flows, where the number alone does not tell: our currents are positive on charge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

AGAINST = "the voltage falls while the current is positive and rises while it is negative: perhaps its sign is reversed"
UNKNOWN = "the current is never negative and no column tells charge from discharge: all of it is read as charge"
_SWING = 0.05  # V that a voltage must move in all before its direction tells the current's sign; assumed
_DISCHARGE = ("dis", "dchg", "dch", "d_ch", "entlad", "放電", "放电")
_CHARGE = ("chg", "cha", "cc_ch", "laden", "充電", "充电")


def signed(current: Array, charging: Rows, discharging: Rows, place: str) -> tuple[Array, tuple[str, ...]]:
    """The current positive on charge, by rows that are known to charge or discharge, with a doubt if it had to change.

    Where the file's signs agree with the rows nothing changes; unsigned or reversed ones are turned.
    """
    charge, discharge = _way(current[charging]), _way(current[discharging])
    if charge >= 0 and discharge <= 0:
        return current, ()
    if charge < 0 and discharge >= 0:
        return 0.0 - current, (f"the current is positive on discharge by '{place}': its sign was turned round",)
    turned = np.where(discharging, 0.0 - np.abs(current), np.where(charging, np.abs(current), current))
    doubts = [f"the current has no sign: '{place}' was used to tell charge from discharge"]
    if untold := int(np.sum((current != 0) & ~charging & ~discharging)):
        doubts.append(f"in {untold} rows a current flows that '{place}' calls neither charge nor discharge")
    return turned, tuple(doubts)


def _way(current: Array) -> int:
    """The sign that most of the current that flows has; 0 if none flows or it is even."""
    return int(np.sign(np.sum(np.sign(current))))


def by_words(codes: NDArray[np.int64], words: list[str]) -> tuple[Rows, Rows]:
    """The rows whose step is named a charge, and those named a discharge ('CC DChg', 'discharge CV', 'Entladen')."""
    discharge = np.array([_says(word, _DISCHARGE) for word in words], dtype=bool)
    charge = np.array([_says(word, _CHARGE) for word in words], dtype=bool) & ~discharge
    return charge[codes], discharge[codes]


def _says(word: str, signs: tuple[str, ...]) -> bool:
    return any(sign in word.casefold() for sign in signs)


def by_counters(charge: Array, discharge: Array, current: Array) -> tuple[Rows, Rows]:
    """The rows in which the counter of charge grows, and those in which that of discharge does.

    A row between two counts of a coarse counter belongs to the next count of its run of current, or else to the last.
    """
    up, down = (np.diff(np.nan_to_num(counter), prepend=counter[:1]) > 0 for counter in (charge, discharge))
    counts, rows = np.flatnonzero(up ^ down), np.arange(up.size)
    if not counts.size:
        return np.zeros(up.size, dtype=bool), np.zeros(up.size, dtype=bool)
    run = np.cumsum(np.diff(current != 0, prepend=False))
    after = counts[np.minimum(np.searchsorted(counts, rows), counts.size - 1)]
    before = counts[np.maximum(np.searchsorted(counts, rows, side="right") - 1, 0)]
    taken = np.where(run[after] == run, after, before)
    told = run[taken] == run
    return up[taken] & told, down[taken] & told


def never_negative(current: Array) -> bool:
    """Does current flow, but in one direction only, as far as its sign tells?"""
    return bool((current >= 0).all() and (current > 0).any())


def against_voltage(current: Array, voltage: Array) -> bool:
    """Does the voltage, in V, fall while the current is positive and rise while it is negative, all runs together?"""
    step = np.diff(voltage)
    same = np.sign(current[1:]) == np.sign(current[:-1])
    up = float(step[same & (current[1:] > 0)].sum())
    down = float(step[same & (current[1:] < 0)].sum())
    return up <= 0 <= down and down - up > _SWING
