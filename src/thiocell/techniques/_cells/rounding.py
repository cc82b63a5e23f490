"""How coarsely a record's current is written, and what that leaves open in its charge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Record
from thiocell.physics.half_cycles import HalfCycles

COUNTER_GAP = 0.005  # assumed: a larger difference from the instrument's own counter is worth a look
_COARSE = 1e-3  # assumed: a sigma of the current beyond this share of it matters
_HALF_DIGIT = 2e-3  # assumed: half a digit that nobody has checked matters beyond this share of the current
_MOST_DIGITS = 12  # decimals tried; assumed: no instrument writes more
_FEW_READINGS = 3  # assumed: two neighbouring readings may be two set currents, three that come and go are not
_WHOLE = 1e-3  # of a step, assumed: nearer to a whole number of steps is rounding of doubles


@dataclass(frozen=True)
class Rounding:
    """``half`` (A) is open on either side of every current; 0 where nothing shows that the instrument rounded.

    ``checked`` says that the instrument's counters agree with our charge in every half-cycle; ``doubt`` is a sentence
    for whoever reads the capacities, or empty.
    """

    half: float
    checked: bool
    doubt: str

    def left_open(self, halves: HalfCycles) -> Array:
        """Standard uncertainty of each half-cycle's charge (C); counters that agree bound it."""
        found = self.half / np.sqrt(3.0) * halves.duration
        if self.checked:
            found = np.minimum(found, COUNTER_GAP / np.sqrt(3.0) * halves.charge)
        return np.asarray(found)


def find_rounding(
    record: Record, halves: HalfCycles, current: Array, step: Array | None, gap: Array | None
) -> Rounding:
    """What the written ``current`` (A) leaves open.

    A decimal end alone proves nothing: 0.0005 A may be the set current or anything that rounds to it. Rounding is
    shown by counters that contradict the charge by less than a digit can explain (``gap``, our charge over theirs less
    one), or by readings that come and go between neighbouring values. Else a coarse digit is a doubt, not a sigma.
    ``step`` changes where the instrument went on to a new step.
    """
    checked = gap is not None and bool(np.all(np.abs(gap) <= COUNTER_GAP))  # false for NaN
    if record.source.virtual:
        return Rounding(0.0, checked, "")
    digit, smallest = written_digit(record), float(halves.current.min())
    half, width = _counters_miss(halves, digit, gap), digit
    if half == 0.0:
        width = _flickers_by(halves, current, step)
        half = 0.5 * width
    if half > 0.0:
        share = half / np.sqrt(3.0) / smallest
        told = (
            f"the current is written in steps of {width:.3g} A, which leaves {share:.1%} of the smallest current open"
        )
        return Rounding(half, checked, told if share > _COARSE else "")
    share = 0.5 * digit / smallest
    return Rounding(0.0, checked, _unproven(halves, current, digit) if share > _HALF_DIGIT and not checked else "")


def written_digit(record: Record, name: str = "current", unit: str = "A") -> float:
    """The last decimal digit that any value of a column of the record needs (``unit``); 0 where no end is seen."""
    column = record.columns[name]
    for digits in range(_MOST_DIGITS + 1):
        scaled = column.values * 10.0**digits
        whole = np.round(scaled)
        if np.any(whole) and np.all(np.abs(scaled - whole) <= 1e-9 * np.maximum(1.0, np.abs(scaled))):
            return float(10.0**-digits * Quantity(1.0, column.unit).to(unit).value)
    return 0.0


def _counters_miss(halves: HalfCycles, digit: float, gap: Array | None) -> float:
    """What counters that contradict the charge show to be open (A); 0 if a lost digit is not what they contradict."""
    if gap is None or digit == 0.0:
        return 0.0
    sure = np.maximum(COUNTER_GAP, 3.0 * halves.charge_sigma / halves.charge)
    missed = halves.charge * np.abs(1.0 - 1.0 / (1.0 + gap)) / halves.duration
    told = missed[(np.abs(gap) > sure) & (missed <= digit)]  # NaN is neither
    if not told.size:
        return 0.0
    worst = float(told.max())
    most = digit if worst > 0.5 * digit else 0.5 * digit  # a digit that was cut off, not rounded, hides up to a whole
    return min(most, 2.0 * worst)  # assumed: what is really open is not more than twice what the counters show


def _flickers_by(halves: HalfCycles, current: Array, step: Array | None) -> float:
    """The width (A) of the steps between which readings come and go inside half-cycles; 0 if they do not.

    A current that is set anew now and then does not come back within a half-cycle; where the instrument tells its
    steps, one that moves inside a step (a hold at constant voltage) was not set either.
    """
    size = np.abs(current)
    owned = size[halves.owner >= 0]
    readings = np.unique(np.round(owned / owned.max(), _MOST_DIGITS)) * owned.max()
    if readings.size < _FEW_READINGS:
        return 0.0
    width = float(np.diff(readings).min())
    if np.any(np.abs(readings / width - np.round(readings / width)) > _WHOLE):
        return 0.0
    level = np.round(size / width)
    together = (halves.owner[1:] == halves.owner[:-1]) & (halves.owner[1:] >= 0)
    if step is not None:
        together &= np.diff(step) == 0
    rise = np.where(together, np.diff(level), 0.0)
    moved = np.flatnonzero(np.abs(rise) == 1.0)
    neighbours = np.unique(np.concatenate((level[moved], level[moved + 1])))
    back = np.intersect1d(halves.owner[moved[rise[moved] > 0]], halves.owner[moved[rise[moved] < 0]]).size > 0
    steps_told = step is not None and bool(np.any(np.diff(step)))
    return width if neighbours.size >= _FEW_READINGS and (back or steps_told) else 0.0


def _unproven(halves: HalfCycles, current: Array, digit: float) -> str:
    readings = np.unique(np.round(np.abs(current[halves.owner >= 0]) / digit)) * digit
    share = 0.5 * digit / float(halves.current.min())
    if readings.size == 1:
        written, of = f"as {readings[0]:.6g} A throughout", ""
    else:
        written, of = f"in whole steps of {digit:.3g} A", " of the smallest"
    return (
        f"the current is written {written}; if the instrument rounded it, up to {100 * share:.2g} %{of} is open, "
        "which sigma does not hold"
    )
