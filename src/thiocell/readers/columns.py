"""Reader of any delimited text or xlsx whose columns a study declares, as Hokuto Denko HZ and ModuLab exports need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.core.vocabulary import COLUMNS
from thiocell.readers._checked import cycling
from thiocell.readers._column_map import ColumnMap, Declared, Layout
from thiocell.readers._cycling import REQUIRED, read_column, sign_doubts
from thiocell.readers._origin import contents, origin, record_name
from thiocell.readers._source_mark import marked_kind
from thiocell.readers._table import Table, parse
from thiocell.readers._text import DELIMITERS, Text, decode, fields, find_header
from thiocell.readers._workbook import is_workbook, workbook_table

_NUMBER = r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?"


def sniff(head: bytes) -> float:  # noqa: ARG001 - every reader is asked; this one never claims a file
    """0: a table becomes a record only by a declaration."""
    return 0.0


def read(
    path: Path,
    columns: ColumnMap | Mapping[str, Any] | None = None,
    layout: Mapping[str, Any] | None = None,
) -> tuple[Record, ...]:
    """The records that the declared columns make, one for each stretch of ``split_by`` where that is declared.

    ``columns`` and ``layout`` are the tables of those names of a study's record; see ``ColumnMap.from_table``.
    A mark that ``bdf.write`` left wins over what is declared: a table that calls itself virtual is never 'measured'.
    Raises BadInput without a declaration, or naming the file, line and column that does not fit it.
    """
    if columns is None:
        raise BadInput(
            f'{path} can be read only with its columns declared; add \'columns = {{ time = {{ column = "...", '
            'unit = "s" }, ... }\' to its record in a study'
        )
    there = columns if isinstance(columns, ColumnMap) else ColumnMap.from_table(columns, str(path), layout)
    data = contents(path)
    table = _table(data, path, there)
    _check_header(table, there, path)
    source = origin(path, data, marked_kind(table) or "measured")
    whole = {word: _column(table, word, declared) for word, declared in there.columns.items()}
    doubts = table.doubts(table.index(declared.column) + 1 for declared in there.columns.values())
    return tuple(
        _record(Record(record_name(path, number), there.layout.kind, whole, source, doubts), rows)
        for number, rows in enumerate(_stretches(table, there.layout.split_by), 1)
    )


def _check_header(table: Table, there: ColumnMap, path: Path) -> None:
    """Raises BadInput if the line that should name the declared columns holds numbers: it is a row, not a header."""
    names = [table.names[table.index(declared.column)] for declared in there.columns.values()]
    if there.layout.header and names and all(re.fullmatch(_NUMBER, name.strip()) for name in names):
        raise BadInput(
            f"{path} has numbers ({', '.join(names)}) where the columns should be named; "
            "write header = 0 in the layout if no line names them"
        )


def _record(whole: Record, rows: slice) -> Record:
    """The record of some of the rows; one of cycling is checked as such."""
    columns = {word: Column(column.values[rows], column.unit) for word, column in whole.columns.items()}
    if whole.kind == "cycling":
        return cycling(whole.name, columns, whole.source, (*whole.doubts, *sign_doubts(columns)))
    return replace(whole, columns=columns)


def _table(data: bytes, path: Path, there: ColumnMap) -> Table:
    layout, names = there.layout, there.names
    if is_workbook(data):
        return workbook_table(data, path.name, layout.sheet, layout.skip, layout.header, names)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput(f"{path.name} is a workbook of the old kind (.xls); save it as .xlsx or as text")
    text = decode(data, path.name, layout.encoding)
    skip, delimiter = _begin(text, layout, names)
    return parse(text, skip, layout.header, delimiter, layout.decimal)


def _begin(text: Text, layout: Layout, names: frozenset[str]) -> tuple[int, str]:
    """Lines before the table, and its delimiter, each as declared or as found by the names of the columns."""
    delimiters = DELIMITERS[layout.delimiter] if layout.delimiter else "\t;|,"
    if layout.skip is None and layout.header and names:
        found = find_header(text, names.issubset, delimiters) or (
            None if layout.delimiter else find_header(text, names.issubset, " ")
        )
        if found is None:
            wanted = ", ".join(f"'{name}'" for name in sorted(names))
            raise BadInput(f"no line of {text.place} names the declared columns {wanted}; {_seen(text)}")
        return found
    skip = layout.skip or 0
    line = text.head[skip] if skip < len(text.head) else ""
    best = max(delimiters, key=lambda delimiter: len(fields(line, delimiter)))
    return skip, best if len(fields(line, best)) > 1 else " "


def _seen(text: Text) -> str:
    """The line that looks most like names of columns, for an error sentence."""
    lines = [line for line in text.head[:100] if line.strip()]
    widest = max(lines, key=lambda line: sum(line.count(mark) for mark in "\t;|,"), default="")
    return f"its widest line is '{widest[:200]}'; mind the encoding and the delimiter"


def _column(table: Table, word: str, declared: Declared) -> Column:
    """The declared column in its unit and with our sign."""
    number = table.index(declared.column) + 1
    column = read_column(table, number, declared.unit, may_be_blank=word in COLUMNS and word not in REQUIRED)
    if declared.direction is not None:
        return Column(_directed(table, column.values, declared), column.unit)
    if declared.sign in ("discharge positive", "negated"):
        return Column(0.0 - column.values, column.unit)
    return column


def _directed(table: Table, current: NDArray[np.float64], declared: Declared) -> NDArray[np.float64]:
    """The current made positive where the direction's word is one of charge, negative where it is one of discharge."""
    place = table.index(declared.direction or "") + 1
    codes, words = table.words(place)
    way = np.array([(word in declared.charge) - (word in declared.discharge) for word in words], dtype=np.float64)[
        codes
    ]
    untold = np.flatnonzero((way == 0) & (current != 0))
    if untold.size:
        row = int(untold[0])
        known = ", ".join(f"'{word}'" for word in (*declared.charge, *declared.discharge))
        raise table.error(row, place, f"a current flows there, so one of the declared words {known}")
    return np.abs(current) * way + 0.0


def _stretches(table: Table, split_by: str | int | None) -> list[slice]:
    """The rows of each record: a new one begins where the text of the column ``split_by`` changes."""
    if split_by is None:
        return [slice(0, len(table))]
    turns = (np.flatnonzero(np.diff(table.words(split_by)[0])) + 1).tolist()
    return [slice(a, b) for a, b in pairwise([0, *turns, len(table)])]
