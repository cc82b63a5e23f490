"""How far values may go: intervals with the kinds of their ends, kept as a curve of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Limit, Result
from thiocell.core.source import Source

CURVE = "intervals"
LEVEL = 0.95
"""The level by which claims are judged and limits told; two standard deviations hold as much."""
_WHY = {
    "bound": "where a bound of the fit comes first",
    "failed": "where the model fails",
    "unfinished": "where the search gave up",
}
_NONE, _UNSURE, _UNFIT, _UNFIT_OF = "no ", "unsure ", "unfit", "unfit are"


@dataclass(frozen=True)
class Reach:
    """From ``low`` to ``high``, in ``unit``, at confidence ``level``; an end is 'found', or says why it is none."""

    level: float
    low: float
    high: float
    low_end: str
    high_end: str
    unit: str

    @property
    def closed(self) -> bool:
        """Do the numbers that were fitted set both ends?"""
        return self.low_end == self.high_end == "found"

    def to(self, unit: str) -> Reach:
        """The same in another unit."""
        low, high = (Quantity(end, self.unit).to(unit).value for end in (self.low, self.high))
        return Reach(self.level, low, high, self.low_end, self.high_end, unit)

    def __str__(self) -> str:
        ends = [
            f"{end:.4g}" + ("" if kind == "found" else f" ({_WHY[kind]})")
            for end, kind in ((self.low, self.low_end), (self.high, self.high_end))
        ]
        return f"{ends[0]} to {ends[1]} {self.unit}".strip()


@dataclass(frozen=True)
class Absent:
    """Why a result lacks a value that it was asked for; ``sure`` if nothing that was tried and fits has it."""

    sentence: str
    sure: bool


def table(
    reaches: Mapping[str, Sequence[Reach]],
    source: Source,
    absent: Mapping[str, Absent],
    unfit: str = "",
    of: Sequence[str] = (),
) -> Record:
    """One row a level; for each value its two ends. Notes tell of ends that were not found, and of absent values.

    ``unfit`` tells why no claim is to be judged by any value, or by those named in ``of``.
    """
    levels = [reach.level for reach in next(iter(reaches.values()), ())]
    columns, notes = {"level": Column(levels)}, dict[str, str]()
    for word, rows in reaches.items():
        for end in ("low", "high"):
            columns[f"{word}_{end}"] = Column([getattr(reach, end) for reach in rows], rows[0].unit)
            kinds = {reach.level: getattr(reach, f"{end}_end") for reach in rows}
            notes |= {_end(word, end, level): kind for level, kind in kinds.items() if kind != "found"}
    notes |= {_UNFIT: unfit} if unfit else {}
    notes |= {_UNFIT_OF: " ".join(of)} if unfit and of else {}
    notes |= {f"{_NONE if it.sure else _UNSURE}{word}": it.sentence for word, it in absent.items()}
    return Record(CURVE, CURVE, columns, source, notes=notes)


def _end(word: str, end: str, level: float) -> str:
    return f"{word} {end} {level:.4g}"


def reaches_of(result: Result, word: str) -> list[Reach]:
    """The intervals of a value that a result keeps, by rising level; none if it keeps none."""
    curve = result.curves.get(CURVE)
    if curve is None or f"{word}_low" not in curve:
        return []
    low, high = (curve.columns[f"{word}_{end}"] for end in ("low", "high"))
    rows = zip(curve.columns["level"].values, low.values, high.values, strict=True)
    return [
        Reach(
            float(level),
            float(bottom),
            float(top),
            curve.notes.get(_end(word, "low", level), "found"),
            curve.notes.get(_end(word, "high", level), "found"),
            low.unit,
        )
        for level, bottom, top in rows
    ]


def all_of(result: Result) -> list[tuple[str, Reach]]:
    """Every interval that a result keeps, with the name of its value."""
    curve = result.curves.get(CURVE)
    words = [name.removesuffix("_low") for name in curve.columns if name.endswith("_low")] if curve is not None else []
    return [(word, reach) for word in words for reach in reaches_of(result, word)]


def reach_of(result: Result, word: str) -> Reach | None:
    """The interval of a value by which it is judged."""
    return next((reach for reach in reaches_of(result, word) if abs(reach.level - LEVEL) < 1e-9), None)


def absent_of(result: Result, word: str) -> Absent | None:
    """Why a result lacks a value that it was asked for, if it says so."""
    notes = result.curves[CURVE].notes if CURVE in result.curves else {}
    for start, sure in ((_NONE, True), (_UNSURE, False)):
        if f"{start}{word}" in notes:
            return Absent(notes[f"{start}{word}"], sure)
    return None


def unfit_of(result: Result, word: str) -> str:
    """Why no claim is to be judged by a value of a result; '' if it is fit for it."""
    notes = result.curves[CURVE].notes if CURVE in result.curves else {}
    return "" if _UNFIT_OF in notes and word not in notes[_UNFIT_OF].split() else notes.get(_UNFIT, "")


def limits(reaches: Mapping[str, Sequence[Reach]]) -> dict[str, Limit]:
    """The one-sided limit of each value of which the numbers set one end alone."""
    found: dict[str, Limit] = {}
    for word, rows in reaches.items():
        for reach in rows:
            if abs(reach.level - LEVEL) < 1e-9 and (reach.low_end == "found") != (reach.high_end == "found"):
                side: Literal["below", "above"] = "above" if reach.low_end == "found" else "below"
                bound = reach.low if side == "above" else reach.high
                found[word] = Limit(Quantity.exact(bound, reach.unit), side, reach.level)
    return found
