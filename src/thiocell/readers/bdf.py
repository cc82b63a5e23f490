"""Reader and writer of the Battery Data Format, csv or parquet, with preferred labels or machine names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.record import Column, Record
from thiocell.core.vocabulary import COLUMNS
from thiocell.readers import _validator
from thiocell.readers._bdf_labels import BASES, CUSTOM, LABELS, NEEDED, Label, take_apart
from thiocell.readers._cycling import REQUIRED, cycling_record
from thiocell.readers._origin import contents, origin
from thiocell.readers._source_mark import marked_kind, marks
from thiocell.readers._table import Table, parse
from thiocell.readers._text import decode, fields

if TYPE_CHECKING:
    import pyarrow as pa

_MAGIC = b"PAR1"
_DELIMITERS = ",;\t"
_WRITTEN = {
    "time": "test_time_second",
    "voltage": "voltage_volt",
    "current": "current_ampere",
    "cycle": "cycle_count",
    "step": "step_id",
    "step_time": "step_time_second",
    "charge_counter": "charging_capacity_ah",
    "discharge_counter": "discharging_capacity_ah",
    "temperature": "temperature_t1_celsius",
}
_COUNTS = ("cycle", "step", "virtual")


def sniff(head: bytes) -> float:
    """1 if the first line has BDF's labels for time, voltage and current; less if one lacks, or for any parquet."""
    if head.startswith(_MAGIC):
        return 0.5
    try:
        names = _header(decode(head, "the file").head[0])[0]
    except BadInput:
        return 0.0
    there = {base for base, unit in map(take_apart, names) if unit}
    hits = sum(bool(there.intersection(bases)) for bases in NEEDED)
    return {3: 1.0, 2: 0.5}.get(hits, 0.0)


def read(path: Path) -> tuple[Record, ...]:
    """One cycling record in the file's units; what departs from BDF is read as it says it is, and doubted aloud.

    A column 'Virtual / 1' of ones, as ``write`` adds it to a prediction, makes the source 'predicted'; a column
    'Source Kind' holds the kind of another source that was not measured.
    """
    data = contents(path)
    table = _parquet(data, path.name) if data.startswith(_MAGIC) else _csv(data, path.name)
    parts = [take_apart(name) for name in table.names]
    found: dict[str, tuple[int, str]] = {}
    for word, bases in BASES.items():
        number = next((n for base in bases for n, part in enumerate(parts, 1) if part[0] == base), None)
        if number is not None:
            found[word] = (number, _unit(table, number, word, parts[number - 1][1]))
        elif word in REQUIRED:
            label = next(label for label in LABELS.values() if label.title.casefold() == bases[0])
            raise BadInput(f"{table.place} has no '{label.preferred}' or '{label.machine}'; it has {table.listed}")
    if "step" in found and _counts_points(table, found["step"][0]):
        del found["step"]
    direction = next((n for n, part in enumerate(parts, 1) if part[0] == "step type"), None)
    record = cycling_record(path, table, found, origin(path, data), direction)
    return (_as_written(record, table, parts, found),)


def write(record: Record, path: Path, label_style: Literal["preferred", "machine"] = "preferred") -> None:
    """The cycling record as BDF, csv or parquet by the ending of ``path``, in BDF's units; whole or not at all.

    A counter of charge that falls anywhere is written as a column of our own, since BDF's never reset. Times are
    written as they are: ``check`` tells if they go back. A record that is not measured gets a column that says so.
    Raises BadInput for a record without time, voltage and current, or for another ending.
    """
    from pyarrow import csv, parquet

    if label_style not in ("preferred", "machine"):
        raise BadInput(f"'{label_style}' is not a style of labels; choose from machine, preferred")
    table = _table(record, machine=label_style == "machine")
    if path.suffix not in (".csv", ".parquet", ".bdf"):
        raise BadInput(f"{path} has to end in .csv, .bdf or .parquet to be written as BDF")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            if path.suffix == ".parquet":
                parquet.write_table(table, file)
            else:
                file.write((",".join(table.column_names) + "\n").encode())
                csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))
        partial.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error})") from error
    finally:
        partial.unlink(missing_ok=True)


def check(path: Path) -> list[str]:
    """What keeps the file from being strict BDF, one sentence each; an empty list means valid.

    Raises BadInput if no table can be read at all.
    """
    data = contents(path)
    if data.startswith(_MAGIC):
        return _validator.findings(_parquet(data, path.name))
    try:
        data.decode("utf-8")
        coding: list[str] = []
    except UnicodeDecodeError as error:
        coding = [f"it is not in UTF-8 (byte {error.start})"]
    names, delimiter = _header(decode(data, path.name).head[0])
    if len(names) > 1 and delimiter != ",":
        coding.append(f"its delimiter is '{delimiter}'; a csv has a comma")
    return coding + _validator.findings(_csv(data, path.name))


def _header(line: str) -> tuple[list[str], str]:
    """The names in the first line, and the delimiter that gives most of them."""
    best = max(_DELIMITERS, key=lambda delimiter: len(fields(line, delimiter)))
    return fields(line, best), best


def _csv(data: bytes, place: str) -> Table:
    text = decode(data, place)
    delimiter = _header(text.head[0])[1]
    row = text.head[1] if len(text.head) > 1 else ""
    decimal = "," if delimiter != "," and "," in row and "." not in row else "."
    return parse(text, 0, 1, delimiter, decimal)


def _parquet(data: bytes, place: str) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.BufferReader(data))
        table.validate(full=True)
    except (pa.ArrowException, OSError, MemoryError, ValueError, KeyError) as error:
        raise BadInput(f"{place} begins as a parquet file but is damaged or cut short") from error
    if not len(table):
        raise BadInput(f"{place} holds no rows of data")
    names = tuple(str(name) for name in table.column_names)
    return Table(place, names, dict(enumerate(table.columns)), lambda row: f"row {row + 1}")


def _unit(table: Table, number: int, word: str, unit: str) -> str:
    """The unit that the header gives, checked to be one of the word's kind."""
    try:
        fits = same_dimension(unit, COLUMNS[word].unit)
    except BadInput:
        fits = False
    if not fits:
        raise BadInput(
            f"{table.place} gives '{table.names[number - 1]}', whose unit is not one of {word}; "
            f"'{LABELS[_WRITTEN[word]].preferred}' would be right"
        )
    return unit


def _counts_points(table: Table, number: int) -> bool:
    """Is the column a count of the points in a step, as BDF's Step Index is by its definition, and no step number?"""
    if take_apart(table.names[number - 1])[0] != "step index":
        return False
    values = table.number(number, may_be_blank=True)
    return values.size > 1 and float(np.mean(np.diff(values) == 1)) > 0.5  # a step has more than two points; assumed


def _as_written(
    record: Record, table: Table, parts: Sequence[tuple[str, str]], found: dict[str, tuple[int, str]]
) -> Record:
    """``record`` with a doubt for each unit that is not BDF's, its time from zero, and its kind of source."""
    doubts = [
        f"'{table.names[number - 1]}' is in {unit} where BDF has {LABELS[_WRITTEN[word]].unit}; it was read in {unit}"
        for word, (number, unit) in found.items()
        if unit != LABELS[_WRITTEN[word]].unit.strip("1")
    ]
    columns = dict(record.columns)
    if parts[found["time"][0] - 1][0] == "unix time":
        columns["time"] = Column(columns["time"].values - columns["time"].values[0], columns["time"].unit)
    source = replace(record.source, kind=marked_kind(table) or record.source.kind)
    return replace(record, columns=columns, source=source, doubts=(*record.doubts, *doubts))


def _table(record: Record, *, machine: bool) -> pa.Table:
    """The record as a pyarrow table with BDF's labels and units."""
    import pyarrow as pa

    lacking = [word for word in REQUIRED if word not in record]
    if lacking:
        raise BadInput(f"record '{record.name}' has no {', '.join(lacking)}; BDF holds time, voltage and current")
    columns: dict[str, Any] = {}
    for word in [*(w for w in _WRITTEN if w in record), *(w for w in record.columns if w not in _WRITTEN)]:
        title, values = _written(record, word, machine=machine)
        whole = word in _COUNTS and bool((values == np.round(values)).all())
        columns[title] = pa.array(values.astype(np.int64) if whole else values, from_pandas=True)
    columns |= {label: pa.array(mark) for label, mark in marks(record.source, len(record), machine=machine).items()}
    return pa.table(columns)


def _namesake(word: str, unit: str) -> Label | None:
    """The column of BDF that has the name of one of ours, if it is of the same kind."""
    found = (label for label in LABELS.values() if label.title.casefold() == word.replace("_", " "))
    return next((label for label in found if label.unit and same_dimension(unit, label.unit.strip("1"))), None)


def _written(record: Record, word: str, *, machine: bool) -> tuple[str, Any]:
    """The label and the numbers of one column."""
    column = record.columns[word]
    if word in REQUIRED and not np.isfinite(column.values).all():
        raise BadInput(f"'{word}' of record '{record.name}' has values that are no numbers; BDF needs one in each row")
    label = LABELS[_WRITTEN[word]] if word in _WRITTEN else _namesake(word, column.unit)
    if label is None:
        return f"{word} / {column.unit or 1}".replace(",", " "), column.values
    unit = label.unit.strip("1")
    values = column.values
    if column.unit != unit:
        zero, one = (Quantity(number, column.unit).to(unit).value for number in (0.0, 1.0))
        values = values * (one - zero) + zero
    if word in CUSTOM and bool((np.diff(values) < 0).any()):
        return f"{word}_ah" if machine else f"{CUSTOM[word]} / Ah", values
    return label.machine if machine else label.preferred, values
