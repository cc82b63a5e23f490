"""Reader of Landt (LANHE) exports as csv: lines about the cell, then one table."""

from __future__ import annotations

from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers._cycling import REQUIRED, cycling_record
from thiocell.readers._origin import contents, origin
from thiocell.readers._table import every_name, find, parse
from thiocell.readers._text import decode, find_header

_NAMES = {
    "time": {"test_time_s": "s"},
    "step_time": {"step_time_s": "s"},
    "voltage": {"voltage_V": "V", "voltage_mV": "mV"},
    "current": {"current_A": "A", "current_mA": "mA", "current_uA": "uA"},
    "cycle": {"cycle_index": ""},
    "step": {"step_index": ""},
    "charge_counter": {"charge_capacity_Ah": "Ah", "charge_capacity_mAh": "mAh"},
    "discharge_counter": {"discharge_capacity_Ah": "Ah", "discharge_capacity_mAh": "mAh"},
    "temperature": {"temperature_1_C": "degC"},
}
_SIGNS = {"channel_index", "cycle_index", "step_index", "test_time_s"}


def sniff(head: bytes) -> float:
    """1 if a line names the columns that only this export has."""
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
        raise BadInput(f"{path.name} is no Landt csv: no line names {', '.join(sorted(_SIGNS))}")
    table = parse(text, header[0], 1, header[1], wanted=every_name(_NAMES, "step_name"))
    direction = table.names.index("step_name") + 1 if "step_name" in table.names else None
    return (cycling_record(path, table, find(table, _NAMES, REQUIRED), origin(path, data), direction),)


def _fits(names: list[str]) -> bool:
    return set(names) >= _SIGNS
