"""What casts doubt on a cycling record, in sentences with numbers."""

from __future__ import annotations

import numpy as np

from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Record
from thiocell.physics.counters import counted
from thiocell.physics.half_cycles import HalfCycles
from thiocell.physics.timeline import Timeline
from thiocell.techniques._cells.rounding import COUNTER_GAP

_LONG_GAP = 0.1  # assumed: one interval with more than this share of a half-cycle is thin sampling
_REST_SHARE = 1e-4  # assumed: share of all charge below which an offset at rest is not worth a word
_DROPPED_SHARE = 1e-6  # assumed: share of all charge below which a dropped stretch is not worth a word
_C_PER_MAH = 3.6  # by definition
_READERS_TIME = "time runs backwards"  # how the readers' sentence begins


def counter_gap(record: Record, halves: HalfCycles) -> Array | None:
    """Of each half-cycle, our charge over the instrument's less one; NaN without a count, None without counters."""
    found = np.full(len(halves), np.nan)
    for name, sign in (("charge_counter", 1), ("discharge_counter", -1)):
        values = _counter(record, name)
        mine = halves.sign == sign
        if values is None or not mine.any():
            continue
        gained, _ = counted(values, halves.first[mine], halves.last[mine])
        own = halves.charge[mine] / _C_PER_MAH
        found[mine] = np.divide(own, gained, out=np.full(own.size, np.nan), where=gained > 0) - 1.0
    return None if np.isnan(found).all() else found


def _counter(record: Record, name: str) -> Array | None:
    """A counter in mAh, or None if the record has none or one with holes."""
    if name not in record:
        return None
    column = record.columns[name]
    if not np.all(np.isfinite(column.values)):
        return None
    return column.values * Quantity(1.0, column.unit).to("mAh").value


def own_doubts(record: Record, line: Timeline) -> list[str]:
    """What the record brings, less the reader's sentence on its time where the mended time says which rows and why."""
    told = line.glitches.size or line.resets.size
    return [doubt for doubt in record.doubts if not (told and doubt.startswith(_READERS_TIME))]


def cell_doubts(line: Timeline, halves: HalfCycles, gap: Array | None) -> list[str]:
    """Everything about the record's time, current and counters that a reader of its capacities should know."""
    return [
        *_about_time(line, halves),
        *_about_current(halves),
        *_about_counters(halves, gap),
        *_about_ends(halves),
    ]


def _about_time(line: Timeline, halves: HalfCycles) -> list[str]:
    found = []
    if line.glitches.size:
        found.append(
            f"the time stumbled in {_rows(line.glitches)}; each was given the time of the row before, the end of a step"
        )
    if line.resets.size:
        found.append(
            f"the time started again in {_rows(line.resets)}; it was continued, the gap before each is unknown "
            "and no charge is counted across it"
        )
    thin = np.flatnonzero(halves.longest_gap > _LONG_GAP)
    if thin.size:
        found.append(
            f"{thin.size} of {len(halves)} half-cycles have two rows more than {_LONG_GAP:.0%} of their time apart, "
            f"the worst {halves.longest_gap[thin].max():.0%}: thin sampling or a hole in the record"
        )
    return found


def _about_current(halves: HalfCycles) -> list[str]:
    found = []
    if abs(halves.rest_charge) > _REST_SHARE * float(halves.charge.sum()):
        found.append(
            f"{halves.rest_charge / _C_PER_MAH:.3g} mAh passed at currents below {halves.threshold:.3g} A, taken for "
            "the instrument's offset at rest and not counted"
        )
    if abs(halves.dropped_charge) > _DROPPED_SHARE * float(halves.charge.sum()):
        found.append(
            f"{halves.dropped} stretches of current too small to be half-cycles were not counted "
            f"({halves.dropped_charge / _C_PER_MAH:.3g} mAh in all)"
        )
    return found


def _about_counters(halves: HalfCycles, gap: Array | None) -> list[str]:
    if gap is None:
        return []
    found = []
    off = np.flatnonzero(np.abs(gap) > COUNTER_GAP)
    if off.size:
        worst = off[np.argmax(np.abs(gap[off]))]
        found.append(
            f"in {off.size} of {len(halves)} half-cycles our charge differs from the instrument's counter by more than "
            f"{COUNTER_GAP:.1%}, most in half-cycle {worst + 1} ({gap[worst]:+.2%}); the values are our own integrals"
        )
    return found


def counter_notes(record: Record, halves: HalfCycles) -> dict[str, str]:
    """How often the instrument set its counters back, which most do at every step: a note, not a doubt."""
    resets = 0
    for name in ("charge_counter", "discharge_counter"):
        values = _counter(record, name)
        resets += 0 if values is None else counted(values, halves.first, halves.last)[1]
    return {"charge counters": f"set back {resets} times; the values are our own integrals"} if resets else {}


def _about_ends(halves: HalfCycles) -> list[str]:
    kind = "charge" if halves.sign[-1] > 0 else "discharge"
    if not halves.complete[-1]:
        return [
            f"the record breaks off in the last {kind}, at {halves.end_voltage[-1]:.4g} V, before the others' end: "
            "it is incomplete"
        ]
    if halves.unproven:
        return [f"the record ends with its last {kind} and no other shows the cut-off: it may be incomplete"]
    return []


def _rows(rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> str:
    named = ", ".join(str(row + 1) for row in rows[:5])
    if rows.size == 1:
        return f"row {named}"
    return f"{rows.size} rows ({named}{', ...' if rows.size > 5 else ''})"
