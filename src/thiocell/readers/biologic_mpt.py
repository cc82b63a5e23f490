"""Reader of BioLogic EC-Lab text exports (.mpt): cycling, or impedance with each spectrum as a record of its own."""

from __future__ import annotations

import re
from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers._cycling import REQUIRED, cycling_record
from thiocell.readers._origin import contents, origin
from thiocell.readers._spectra import spectra
from thiocell.readers._table import every_name, find, parse
from thiocell.readers._text import Text, decode, western

_FIRST = "EC-Lab ASCII FILE"
_COUNT = re.compile(r"Nb header lines\s*:\s*(\d{1,5})\s*$")
_DATES = {"MM/DD/YYYY": "m/d/y h:m:s", "DD/MM/YYYY": "d/m/y h:m:s", "YYYY/MM/DD": "y-m-d h:m:s"}
_CYCLING = {
    "time": {"time/s": "s"},
    "voltage": {"Ewe/V": "V", "<Ewe>/V": "V", "Ecell/V": "V", "<Ecell>/V": "V", "Ewe-Ece/V": "V", "Ewe/mV": "mV"},
    "current": {"I/mA": "mA", "<I>/mA": "mA", "I/A": "A", "<I>/A": "A", "I/uA": "uA"},
    "cycle": {"cycle number": ""},
    "step": {"Ns": ""},
    "charge_counter": {"Q charge/mA.h": "mAh"},
    "discharge_counter": {"Q discharge/mA.h": "mAh"},
    "temperature": {"Temperature/°C": "degC"},
}
_SPECTRUM = {
    "frequency": {"freq/Hz": "Hz"},
    "z_real": {"Re(Z)/Ohm": "ohm", "Re(Zwe)/Ohm": "ohm"},
    "z_imag": {"-Im(Z)/Ohm": "ohm", "-Im(Zwe)/Ohm": "ohm"},
    "time": {"time/s": "s"},
    "cycle": {"cycle number": ""},
}


def sniff(head: bytes) -> float:
    """1 if the file begins as EC-Lab's text exports do."""
    return 1.0 if head.lstrip(b"\xef\xbb\xbf").startswith((_FIRST.encode(), b"BT-Lab ASCII FILE")) else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """A cycling record, or one impedance record a spectrum, with Im(Z) negative where the sample is capacitive.

    Raises BadInput if the file is damaged or another format.
    """
    data = contents(path)
    if not sniff(data[:64]):
        raise BadInput(f"{path.name} is no EC-Lab text export: its first line is not '{_FIRST}'")
    text = decode(data, path.name, western(data))
    head = text.head
    count = _header_lines(head, path.name)
    table = parse(text, count - 1, 1, "\t", _decimal(text, count), every_name({**_CYCLING, **_SPECTRUM}))
    notes = dict(_notes(head[: count - 1]))
    source = origin(path, data)
    if "freq/Hz" in table.names:
        found_spectra = spectra(path, table, _SPECTRUM, source, notes, negated=True)
        if found_spectra:
            return found_spectra
    found = find(table, _CYCLING, REQUIRED)
    found["time"] = (found["time"][0], _time_unit(head[:count]))
    return (cycling_record(path, table, found, source, notes=notes),)


def _header_lines(head: list[str], place: str) -> int:
    found = _COUNT.match(head[1]) if len(head) > 1 else None
    count = int(found[1]) if found else 0
    # a count of 3 is the shortest head: the two fixed lines and the one that names the columns
    if not 3 <= count <= len(head):
        raise BadInput(f"{place} does not say 'Nb header lines : N' in its second line, or ends before its line N")
    return count


def _decimal(text: Text, count: int) -> str:
    """A comma stands in the numbers of exports made under many European settings; a point never does then."""
    row = text.head[count] if len(text.head) > count else ""
    return "," if "," in row and "." not in row else "."


def _notes(head: list[str]) -> list[tuple[str, str]]:
    """What the head states as 'key : value', and the technique, which stands alone in its fourth line."""
    pairs = [tuple(part.strip() for part in line.split(" : ", 1)) for line in head[2:] if " : " in line]
    technique = [("technique", head[3].strip())] if len(head) > 3 and head[3].strip() else []
    return technique + [(pair[0], pair[1]) for pair in pairs if pair[1]]


def _time_unit(head: list[str]) -> str:
    """Seconds, or the order of day and month that the head says of absolute times."""
    line = next((line for line in head if "Time format" in line and "Absolute" in line), None)
    return "s" if line is None else next((form for mark, form in _DATES.items() if mark in line), _DATES["MM/DD/YYYY"])
