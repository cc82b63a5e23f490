"""Sheets of xlsx workbooks as tables."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import timedelta
from typing import Any

from thiocell.core.bad_input import BadInput
from thiocell.readers._table import Table
from thiocell.readers._text import SEARCHED

_LARGEST = 1 << 30  # bytes that a workbook may unpack to; assumed, against files made to fill the memory


def is_workbook(data: bytes) -> bool:
    """Does the file begin as xlsx files do, which are zip archives?"""
    return data.startswith(b"PK\x03\x04")


def workbook_table(data: bytes, place: str, sheet: str, skip: int | None, header: int, names: frozenset[str]) -> Table:
    """The table in the named sheet, or the first one; it begins after ``skip`` rows or where the names stand."""
    title, rows = _rows(data, place, sheet)
    where = f"{place}, sheet '{title}'"
    if skip is None:
        skip = _header(rows, names, where) if header and names else 0
    named = [_text(cell).strip() for cell in rows[skip]] if header and skip < len(rows) else []
    body = rows[skip + header :]
    while body and not any(cell is not None for cell in body[-1]):
        body.pop()
    if not body:
        raise BadInput(f"{where} holds no rows of data after row {skip + header}")
    return _table(where, named, body, skip + header)


def _table(where: str, named: list[str], body: list[tuple[Any, ...]], before: int) -> Table:
    import pyarrow as pa

    width = max(len(row) for row in (named, *body))
    padded = [(*row, *[None] * (width - len(row))) for row in body]
    columns = {
        i: pa.chunked_array([pa.array([_text(cell) for cell in column], pa.string())])
        for i, column in enumerate(zip(*padded, strict=True))
    }
    return Table(where, tuple(named + [""] * (width - len(named))), columns, lambda row: f"row {before + row + 1}")


def _rows(data: bytes, place: str, sheet: str) -> tuple[str, list[tuple[Any, ...]]]:
    """The title of the sheet and its cells; raises BadInput for a damaged workbook or a sheet that is not there."""
    import openpyxl

    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(data)) as packed:
            warnings.simplefilter("ignore")  # openpyxl warns of styles, which do not matter here
            _check_size(packed, place)
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            title = _title(book.sheetnames, place, sheet)
            page = book[title]
            page.reset_dimensions()  # instruments write wrong ones
            return title, list(page.iter_rows(values_only=True))
    except BadInput:
        raise
    except Exception as error:  # openpyxl raises a dozen kinds for a damaged file
        raise BadInput(f"{place} begins as an xlsx workbook but is damaged or cut short") from error


def _check_size(packed: zipfile.ZipFile, place: str) -> None:
    if sum(part.file_size for part in packed.infolist()) > _LARGEST:
        raise BadInput(f"{place} unpacks to more than {_LARGEST >> 20} MiB; export it as text")


def _title(titles: list[str], place: str, sheet: str) -> str:
    if sheet and sheet not in titles:
        raise BadInput(f"{place} has no sheet '{sheet}'; it has {', '.join(titles)}")
    return sheet or titles[0]


def _header(rows: list[tuple[Any, ...]], names: frozenset[str], where: str) -> int:
    for number, row in enumerate(rows[:SEARCHED]):
        if names <= {_text(cell).strip() for cell in row}:
            return number
    wanted = ", ".join(f"'{name}'" for name in sorted(names))
    first = ", ".join(f"'{_text(cell)}'" for cell in (rows[0] if rows else ()))
    raise BadInput(f"no row of {where} names the declared columns {wanted}; its first row is {first[:200] or 'empty'}")


def _text(cell: Any) -> str:
    """The cell as text that reads back as the same number; a length of time as hours:minutes:seconds."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return repr(cell)
    if isinstance(cell, timedelta):
        whole = cell.days * 86400 + cell.seconds
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}.{cell.microseconds:06d}"
    return str(cell)
