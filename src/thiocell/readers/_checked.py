"""A cycling record made of a cycler's own numbers, once they have been found to make sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import to_si
from thiocell.core.record import Array, Column, Record
from thiocell.core.source import Source
from thiocell.core.vocabulary import COLUMNS

_NEEDED = ("time", "voltage", "current")


def split_counter(charge: Array, unit: str) -> dict[str, Column]:
    """Two counters from a signed one that restarts with each step: positive after charge, negative after discharge."""
    return {
        "charge_counter": Column(np.maximum(charge, 0.0), unit),
        "discharge_counter": Column(np.maximum(-charge, 0.0), unit),
    }


def cycling(
    name: str,
    columns: Mapping[str, Column],
    source: Source,
    doubts: Sequence[str] = (),
    notes: Mapping[str, str] | None = None,
) -> Record:
    """A record of kind 'cycling'; raises BadInput unless its time, voltage and current are there and make sense."""
    for needed in _NEEDED:
        if needed not in columns:
            raise BadInput(f"{source.place} records no {needed}; a cycling record needs {', '.join(_NEEDED)}")
        check(source.place, needed, columns[needed])
    falls = np.flatnonzero(np.diff(columns["time"].values) < 0)
    if falls.size:
        doubts = (*doubts, f"time runs backwards {falls.size} times, first at row {falls[0] + 2}")
    return Record(name, "cycling", columns, source, tuple(doubts), dict(notes or {}))


def check(place: str, name: str, column: Column) -> None:
    """Raises BadInput, naming the first row (counted from 1) that is not a number within the vocabulary's bounds."""
    if not column.values.size:
        raise BadInput(f"{place} holds no rows; a record has at least one")
    term = COLUMNS[name]
    here = column.values * (to_si(column.unit)[0] / to_si(term.unit)[0])
    wrong = np.flatnonzero(~((here >= term.low) & (here <= term.high)))
    if wrong.size:
        row = int(wrong[0])
        raise BadInput(
            f"{place} has {name} = {column.values[row]:g} {column.unit} in row {row + 1}; "
            f"it lies between {term.low:g} and {term.high:g} {term.unit}"
        )
