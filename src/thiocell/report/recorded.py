"""Records that no step analyses: a figure and a table of each, of a family all members together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thiocell.chemistry.structure import KIND
from thiocell.core.drawing import Axis, Drawing, Layer, Line, Panel, Points
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.record import Array, Column, Record
from thiocell.core.vocabulary import COLUMNS, DIFFRACTION, PAIRS, RAMAN, SERIES, SPECTRA
from thiocell.studies.outcome import Run

_MOST_PANELS = 4  # assumed: columns beyond that are in the table
_MOST_MEMBERS = 40  # assumed: lines of a panel that are told apart by their colours' order
_MOST_NAMES = 8  # assumed: names of a legend that does not take the panel
_FEW = 30  # assumed: rows that are shown as marks
_MANY = 1200  # assumed: rows whose line is drawn thin
_DECADES = 1e3  # assumed: a first column that spans so much is logarithmic
_LONG = 300  # assumed: a longer note is a file of its own, not a word about the record
_TERMS = {**COLUMNS, **SPECTRA, **DIFFRACTION, **PAIRS, **RAMAN, **SERIES}


@dataclass(frozen=True)
class Recorded:
    """``members``, records of one role by the ending of their step's name, which is '' for a lone one."""

    step: str
    verb: str
    role: str
    members: Mapping[str, Record]

    @property
    def name(self) -> str:
        """The step's name, and the role where it is not the main one."""
        return self.step if self.role == "main" else f"{self.step} {self.role}"

    @property
    def first(self) -> Record:
        """One for all."""
        return next(iter(self.members.values()))

    @property
    def virtual(self) -> bool:
        """Has an instrument measured none of it?"""
        return any(record.source.virtual for record in self.members.values())


def not_analysed(run: Run) -> list[Recorded]:
    """The records of steps without a result that no analysis takes, members of a family together."""
    taken = {need for outcome in run.outcomes.values() if outcome.verb == "analyse" for need in outcome.needs}
    found: dict[tuple[str, str], tuple[str, dict[str, Record]]] = {}
    for outcome in run.outcomes.values():
        if outcome.result is not None or outcome.name in taken:
            continue
        step, bracket, rest = outcome.name.partition("[")
        for role, record in outcome.records.items():
            if record.kind != KIND and len(record) and len(record.columns) > 1:
                members = found.setdefault((step, role), (outcome.verb, {}))[1]
                members[bracket + rest] = _as(next(iter(members.values()), record), record)
    return [Recorded(step, verb, role, members) for (step, role), (verb, members) in found.items()]


def _as(first: Record, record: Record) -> Record:
    """``record`` with its columns in the units of ``first``; a column of another dimension is left out."""
    columns = {}
    for word, column in record.columns.items():
        unit = first.columns[word].unit if word in first else column.unit
        if unit == column.unit:
            columns[word] = column
        elif same_dimension(unit, column.unit):
            zero, one = (Quantity(at, column.unit).to(unit).value for at in (0.0, 1.0))
            columns[word] = Column(zero + (one - zero) * column.values, unit)
    return replace(record, columns=columns)


def notes_of(record: Record) -> dict[str, str]:
    """The notes of a record that are words about it, such as its wavelength, and no file of their own."""
    return {word: text for word, text in record.notes.items() if text and "\n" not in text and len(text) <= _LONG}


def drawing_of(given: Recorded) -> Drawing:
    """The first column against each of the others, but for sigmas; members of a family in one panel."""
    across, *others = given.first.columns
    shown = [word for word in others if not word.endswith("_sigma")][:_MOST_PANELS] or others[:1]
    picked = _even(list(given.members), _MOST_MEMBERS)
    members = {end: given.members[end] for end in picked}
    x = _axis(across, given.first.columns[across], decades=True)
    panels = tuple(
        Panel(x, _axis(word, given.first.columns[word]), _layers(members, across, word), wide=len(shown) == 1)
        for word in shown
    )
    said = f"; {len(picked)} of {len(given.members)} members" if len(picked) < len(given.members) else ""
    return Drawing(panels, f"{given.name}, as {_made(given)}{said}", given.virtual)


def _made(given: Recorded) -> str:
    return {"predict": "predicted", "record": "recorded"}.get(given.verb, "it is")


def _even(names: Sequence[str], most: int) -> list[str]:
    """At most so many of ``names``, the first and last among them."""
    if len(names) <= most:
        return list(names)
    return [names[int(n)] for n in np.linspace(0, len(names) - 1, most)]


def _axis(word: str, column: Column, *, decades: bool = False) -> Axis:
    term, values = _TERMS.get(word), column.values[np.isfinite(column.values)]
    says = term.meaning.partition(",")[0] if term is not None else word.replace("_", " ")
    log = decades and values.size > 1 and values.min() > 0.0 and values.max() / values.min() > _DECADES
    return Axis(says[0].upper() + says[1:], column.unit, "log" if log else "linear")


def _layers(members: Mapping[str, Record], across: str, word: str) -> tuple[Layer, ...]:
    named = _even(list(members), _MOST_NAMES)
    layers = []
    for tone, (end, record) in enumerate(members.items()):
        if across in record and word in record:
            label = end.strip("[]") if end in named else ""
            layers.append(_layer(record.columns[across].values, record.columns[word].values, label, tone))
    return tuple(layers)


def _layer(x: Array, y: Array, label: str, tone: int) -> Layer:
    steps = np.diff(x[np.isfinite(x)])
    if x.size <= _FEW or not (np.all(steps >= 0.0) or np.all(steps <= 0.0)):
        return Points(x, y, label, tone)
    return Line(x, y, label, tone, weight="thin" if x.size > _MANY else "usual")
