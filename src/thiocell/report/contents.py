"""What a file holds, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from thiocell.core.record import Column, Record

if TYPE_CHECKING:
    from rich.console import Group


def contents(file: str, records: tuple[Record, ...]) -> Group:
    """A table for each record in a file: columns, units, ranges; then its source, notes and doubts."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    parts: list[Table | Text] = []
    for record in records:
        label = "virtual " if record.source.virtual else ""
        parts.append(Text(f"{file}: {label}{record.kind} record '{record.name}', {len(record)} rows", style="bold"))
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for head in ("column", "unit", "from", "to"):
            table.add_column(head, justify="right" if head in ("from", "to") else "left")
        for name, column in record.columns.items():
            low, high = _range(column)
            table.add_row(name, column.unit, _shown(low), _shown(high))
        parts += [table, Text(f"source: {record.source}")]
        parts += [Text(f"{word}: {text}") for word, text in record.notes.items()]
        parts += [Text(f"doubt: {doubt}", style="yellow") for doubt in record.doubts]
    return Group(*parts)


def contents_json(found: Mapping[str, tuple[Record, ...]]) -> dict[str, Any]:
    """The same as plain data: {'files': {file: {'records': [...]}}}; numbers are numbers or None."""
    return {"files": {file: {"records": [_record(record) for record in records]} for file, records in found.items()}}


def _record(record: Record) -> dict[str, Any]:
    columns = {}
    for name, column in record.columns.items():
        low, high = _range(column)
        columns[name] = {"unit": column.unit, "low": low, "high": high}
    return {
        "name": record.name,
        "kind": record.kind,
        "rows": len(record),
        "columns": columns,
        "source": record.source.to_json(),
        "notes": dict(record.notes),
        "doubts": list(record.doubts),
    }


def _range(column: Column) -> tuple[float | None, float | None]:
    there = column.values[np.isfinite(column.values)]
    return (float(there.min()), float(there.max())) if there.size else (None, None)


def _shown(number: float | None) -> str:
    return "none" if number is None else f"{number:.6g}"
