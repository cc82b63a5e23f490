"""Reader of Novocontrol's text exports (WinDETA): impedance, each spectrum a record of its own."""

from __future__ import annotations

import re
from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers._origin import contents, origin
from thiocell.readers._spectra import spectra
from thiocell.readers._table import Table, parse
from thiocell.readers._text import decode, western

_FIXED = "Fixed value(s)"
_NAMES = {
    "frequency": {"freq. [hz]": "Hz", "freq.[hz]": "Hz"},
    "z_real": {"zs' [ohms]": "ohm", "zs'[ohm]": "ohm", "zs' [ohm]": "ohm", "zs'[ohms]": "ohm"},
    "z_imag": {"zs'' [ohms]": "ohm", "zs''[ohm]": "ohm", "zs'' [ohm]": "ohm", "zs''[ohms]": "ohm"},
    "temperature": {"temp. [°c]": "degC", "temp.[°c]": "degC", "temp. [k]": "K", "temp.[k]": "K"},
}
_PAIR = re.compile(r"([^=]+?)\s*=\s*([^=\s]+)")


def sniff(head: bytes) -> float:
    """1 if the second line tells the fixed values of a list of frequencies."""
    lines = head.splitlines()[:3]
    named = len(lines) > 2 and lines[2].replace(b" ", b"").lower().startswith(b"freq.[hz]")
    return 1.0 if named and lines[1].startswith(_FIXED.encode()) else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One impedance record a spectrum, with Im(Z) negative where the sample is capacitive.

    Raises BadInput if the file is damaged, another format, or lacks the series impedance Zs' and Zs''.
    """
    data = contents(path)
    if not sniff(data[:65536]):
        raise BadInput(f"{path.name} is no Novocontrol text export: its second line does not begin with '{_FIXED}'")
    text = decode(data, path.name, western(data))
    table = parse(text, 2, 1, "\t")
    table = Table(
        table.place, tuple(name.strip() for name in table.names), table.columns, table.line, ".", table.open_end
    )
    notes = {"title": text.head[0].strip()} | {
        key.strip(): value for key, value in _PAIR.findall(text.head[1].partition(":")[2])
    }
    found = spectra(path, table, _NAMES, origin(path, data), notes)
    if not found:
        raise BadInput(f"{path.name} has no frequency above zero")
    return found
