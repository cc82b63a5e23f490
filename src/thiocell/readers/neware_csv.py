"""Reader of Neware (BTSDA) exports of the record layer as csv."""

from __future__ import annotations

from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers._cycling import REQUIRED, cycling_record
from thiocell.readers._origin import contents, origin
from thiocell.readers._table import Table, every_name, find, parse
from thiocell.readers._text import decode, find_header

_CLOCK = "h:m:s"
_DATE = "y-m-d h:m:s"
_NAMES = {
    "time": {
        "Cumulative Time": _CLOCK,
        "Total Time": _CLOCK,
        "Test Time": _CLOCK,
        "Cumulative Time(s)": "s",
        "Total Time(s)": "s",
        "Date": _DATE,
        "Absolute Time": _DATE,
    },
    "step_time": {"Time": _CLOCK, "Relative Time": _CLOCK, "Step Time": _CLOCK, "Time(s)": "s"},
    "voltage": {"Voltage(V)": "V", "Voltage(mV)": "mV", "Vol(V)": "V", "Vol(mV)": "mV"},
    "current": {"Current(A)": "A", "Current(mA)": "mA", "Current(uA)": "uA", "Cur(A)": "A", "Cur(mA)": "mA"},
    "cycle": {"Cycle Index": "", "Cycle ID": "", "Cycle": ""},
    "step": {"Step Index": "", "Step ID": "", "Step": ""},
    "charge_counter": {"Chg. Cap.(Ah)": "Ah", "Chg. Cap.(mAh)": "mAh"},
    "discharge_counter": {"DChg. Cap.(Ah)": "Ah", "DChg. Cap.(mAh)": "mAh"},
    "temperature": {"T1(℃)": "degC", "Aux. T1(℃)": "degC", "Temperature(℃)": "degC"},
}
_TYPES = ("Step Type", "Status", "Step Name")
_ROWS = {"DataPoint", "Record ID", "Record number", "Record Index"}


def sniff(head: bytes) -> float:
    """1 if a line names a record number and a step type, a voltage and a current as BTSDA does."""
    try:
        return 1.0 if find_header(decode(head, "the file"), _fits) else 0.0
    except BadInput:
        return 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One cycling record; raises BadInput if the file is damaged or another format."""
    data = contents(path)
    text = decode(data, path.name)
    header = find_header(text, _fits)
    if header is None:
        raise BadInput(
            f"{path.name} is no Neware csv: no line names a record number ({', '.join(sorted(_ROWS))}), "
            "a step type, a voltage and a current"
        )
    table = parse(text, header[0], 1, header[1], wanted=every_name(_NAMES, *_TYPES))
    direction = next((table.names.index(name) + 1 for name in _TYPES if name in table.names), None)
    found = {word: _plain(table, *column) for word, column in find(table, _NAMES, REQUIRED).items()}
    return (cycling_record(path, table, found, origin(path, data), direction),)


def _plain(table: Table, number: int, unit: str) -> tuple[int, str]:
    """A column that may be a clock is one only if it is written so; else its numbers are seconds."""
    return (number, "s") if unit == _CLOCK and ":" not in str(table.text(number)[0]) else (number, unit)


def _fits(names: list[str]) -> bool:
    here = set(names)
    parts = (_ROWS, _TYPES, _NAMES["voltage"], _NAMES["current"])
    return all(here.intersection(part) for part in parts)
