"""Reader of ZPlot and ZView files (.z): impedance, each sweep a record of its own."""

from __future__ import annotations

from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers._origin import contents, origin
from thiocell.readers._spectra import spectra
from thiocell.readers._table import Table, parse
from thiocell.readers._text import decode

_FIRST = (b"ZPLOT2 ASCII", b"ZVIEW2 ASCII", b"ZPLOT ASCII")
_END = "End Comments"
_NAMES = {
    "frequency": {"freq(hz)": "Hz"},
    "z_real": {"z'(a)": "ohm", "z'": "ohm"},
    "z_imag": {"z''(b)": "ohm", "z''": "ohm"},
    "time": {"time(sec)": "s"},
}


def sniff(head: bytes) -> float:
    """1 if the first line is that of ZPlot's text files."""
    return 1.0 if head.lstrip(b'\xef\xbb\xbf "').startswith(_FIRST) else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One impedance record a sweep; raises BadInput if the file is damaged, another format, or holds no impedance."""
    data = contents(path)
    if not sniff(data[:64]):
        raise BadInput(f"{path.name} is no ZPlot text file: its first line is not '{_FIRST[0].decode()}'")
    text = decode(data, path.name)
    ends = [n for n, line in enumerate(text.head) if line.strip().strip('"') == _END]
    if not ends:
        raise BadInput(f"{path.name} has no line '{_END}' before its numbers; it was cut short")
    row = text.head[ends[0] + 1] if len(text.head) > ends[0] + 1 else ""
    delimiter = "\t" if "\t" in row else "," if "," in row else " "
    named = [name.strip() for name in text.head[ends[0] - 1].split("\t")]
    table = parse(text, ends[0] + 1, 0, delimiter)
    if "Freq(Hz)" not in named or len(named) != len(table.names):
        raise BadInput(
            f"{path.name} names {len(named)} columns in the line before '{_END}' and has {len(table.names)} in its "
            "first row; the columns are named there, from 'Freq(Hz)' on"
        )
    table = Table(table.place, tuple(named), table.columns, table.line, table.decimal, table.open_end)
    pairs = [line.partition(":") for line in text.head[1 : ends[0] - 1] if ":" in line]
    notes = {key.strip(): value.strip() for key, _, value in pairs if value.strip()}
    found = spectra(path, table, _NAMES, origin(path, data), notes)
    if not found:
        raise BadInput(f"{path.name} has no frequency above zero")
    return found
