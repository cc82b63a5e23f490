"""A cycling record made of a table whose columns are known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from thiocell.core.quantity import to_si
from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.core.vocabulary import COLUMNS
from thiocell.readers._checked import cycling
from thiocell.readers._clock import FORMS, clock_seconds
from thiocell.readers._direction import AGAINST, UNKNOWN, against_voltage, by_counters, by_words, never_negative, signed
from thiocell.readers._origin import record_name
from thiocell.readers._table import Table

REQUIRED = ("time", "voltage", "current")
"""Words without which there is no cycling record; their columns have a number in every row."""

_COUNTERS = ("charge_counter", "discharge_counter")
_NO_SENSOR = "the temperature is exactly 0 degC in every row: perhaps no sensor was connected"


def read_column(table: Table, number: int, unit: str, *, may_be_blank: bool) -> Column:
    """The column of that number (from 1) in ``unit``, or in seconds if the unit is a form of clock or date."""
    if unit in FORMS:
        return Column(clock_seconds(table, number, unit), "s")
    return Column(table.number(number, may_be_blank=may_be_blank), unit)


def cycling_record(
    path: Path,
    table: Table,
    found: Mapping[str, tuple[int, str]],
    source: Source,
    direction: int | None = None,
    notes: Mapping[str, str] | None = None,
) -> Record:
    """The record of the columns ``found`` by word, as number (from 1) and unit; the sign of the current is made ours.

    ``direction`` is the column whose words tell charge from discharge; without one the instrument's counters tell.
    """
    columns = {
        word: read_column(table, *found[word], may_be_blank=word not in REQUIRED) for word in COLUMNS if word in found
    }
    heat = columns.get("temperature")
    doubts = (_NO_SENSOR,) if heat is not None and heat.unit == "degC" and not heat.values.any() else ()
    columns["current"], turned = _signed(columns, table, direction)
    cut = table.doubts(number for number, _ in found.values())
    return cycling(record_name(path), columns, source, (*doubts, *cut, *turned, *sign_doubts(columns)), notes)


def sign_doubts(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The doubt that the current's sign is reversed, if the voltage of the cycling columns moves against it."""
    voltage = columns["voltage"]
    volts = voltage.values * (to_si(voltage.unit)[0] / to_si("V")[0])
    return (AGAINST,) if against_voltage(columns["current"].values, volts) else ()


def _signed(columns: Mapping[str, Column], table: Table, direction: int | None) -> tuple[Column, tuple[str, ...]]:
    """The current positive on charge as far as the file can tell, and a doubt where it had to change."""
    current = columns["current"]
    if direction is not None:
        ways, place = by_words(*table.words(direction)), table.names[direction - 1]
    elif all(counter in columns for counter in _COUNTERS):
        ways, place = by_counters(*(columns[c].values for c in (*_COUNTERS, "current"))), "the counters of charge"
    else:
        return current, (UNKNOWN,) if never_negative(current.values) else ()
    values, doubts = signed(current.values, *ways, place)
    return Column(values, current.unit), doubts
