"""Reader of Gamry files (.DTA): each impedance table and each table of voltage and current is a record of its own."""

from __future__ import annotations

import re
from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.core.source import Source
from thiocell.readers._cycling import REQUIRED, cycling_record
from thiocell.readers._origin import contents, origin
from thiocell.readers._spectra import spectra
from thiocell.readers._table import Table, find, parse
from thiocell.readers._text import Text, decode, western

_FIRST = b"EXPLAIN"
_TABLE = re.compile(rb"(?m)^([A-Z]*CURVE\d*)\tTABLE\b[^\r\n]*\r?\n")
_SPECTRUM = {
    "frequency": {"freq": "Hz"},
    "z_real": {"zreal": "ohm"},
    "z_imag": {"zimag": "ohm"},
    "time": {"time": "s", "t": "s"},
}
_COURSE = {"time": {"t": "s"}, "voltage": {"vf": "V"}, "current": {"im": "A"}}
_RESTING = b"OCVCURVE"


def sniff(head: bytes) -> float:
    """1 if the first line is EXPLAIN and the second a tag, as in Gamry's files."""
    lines = head.splitlines()[:2]
    return 1.0 if len(lines) == 2 and lines[0].strip() == _FIRST and lines[1].startswith(b"TAG\t") else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """Impedance records, and for other tests records of kind 'cycling'; the rest before a test is left out.

    The current is as written, positive where the working electrode is oxidised. Raises BadInput if the file is damaged,
    another format, or holds neither.
    """
    data = contents(path)
    if not sniff(data[:200]):
        raise BadInput(f"{path.name} is no Gamry file: its first line is not '{_FIRST.decode()}'")
    text = decode(data, path.name, western(data))
    source, notes = origin(path, data), _notes(text)
    records: list[Record] = []
    for title, table in _tables(text):
        if title != _RESTING:
            records += _records(path, table, source, notes, number=len(records) + 1)
    if not records:
        raise BadInput(f"{path.name} holds no table ZCURVE or CURVE; it records neither a spectrum nor a current")
    return tuple(records)


def _records(path: Path, table: Table, source: Source, notes: dict[str, str], number: int) -> list[Record]:
    here = {name.casefold() for name in table.names}
    if "freq" in here:
        return list(spectra(path, table, _SPECTRUM, source, notes))
    if {"t", "vf", "im"} <= here:
        one = cycling_record(path, table, find(table, _COURSE, REQUIRED), source, notes=notes)
        return [
            Record(f"{one.name}_{number}" if number > 1 else one.name, one.kind, one.columns, source, one.doubts, notes)
        ]
    return []


def _tables(text: Text) -> list[tuple[bytes, Table]]:
    """Each table with its title; its two lines of names and units are followed by rows that begin with a tab."""
    found = []
    for start in _TABLE.finditer(text.data):
        rest = text.data[start.end() :]
        stop = re.search(rb"(?m)^(?!\t)", rest)
        body = rest[: stop.start()] if stop and stop.start() else rest if stop is None else b""
        before = text.data[: start.end()].count(b"\n")
        lines = body.splitlines(keepends=True)
        if len(lines) < 3:
            raise BadInput(f"{text.place} has no rows in its table {start[1].decode()}; it was cut short")
        # the lines before are kept as blanks, so that errors name the line in the file
        part = Text(text.place, b"\n" * before + body)
        names = tuple(name.strip() for name in lines[0].decode().rstrip("\r\n").split("\t"))
        row = lines[2].decode()
        table = parse(part, before + 2, 0, "\t", "," if "," in row and "." not in row else ".")
        if len(table.names) != len(names):
            raise BadInput(
                f"{text.place}, line {before + 3} has {len(table.names)} values where line {before + 1} names "
                f"{len(names)} columns"
            )
        found.append((start[1], Table(table.place, names, table.columns, table.line, table.decimal, table.open_end)))
    return found


def _notes(text: Text) -> dict[str, str]:
    """What the head states, by Gamry's own keys."""
    rows = [line.split("\t") for line in text.head if "\t" in line and not line.startswith("\t")]
    return {row[0]: row[2].strip() for row in rows if len(row) > 2 and row[1] != "TABLE" and row[2].strip()}
