"""The marks that a table of ours carries where its numbers are not a measurement: who reads it again must know."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from thiocell.core.bad_input import choices
from thiocell.core.source import KINDS, Kind, Source
from thiocell.readers._bdf_labels import CUSTOM, take_apart
from thiocell.readers._table import Table


def marks(source: Source, rows: int, *, machine: bool) -> dict[str, Any]:
    """The columns, by label, that tell of a source that is not measured: ones if it is virtual, else its kind."""
    if source.virtual:
        return {"virtual" if machine else f"{CUSTOM['virtual']} / 1": np.ones(rows, dtype=np.int64)}
    if source.kind == "measured":
        return {}
    return {"source_kind" if machine else CUSTOM["source_kind"]: [source.kind] * rows}


def marked_kind(table: Table) -> Kind | None:
    """The kind of source that the marks in ``table`` tell, None without marks; a virtual row makes all 'predicted'.

    Raises BadInput if a mark holds something else than it should.
    """
    kind = None
    for number, name in enumerate(table.names, 1):
        base, unit = take_apart(name)
        if unit:
            continue
        if base == CUSTOM["virtual"].casefold() and np.nan_to_num(table.number(number, may_be_blank=True)).any():
            return "predicted"
        if base == CUSTOM["source_kind"].casefold():
            kind = _kind(table, number)
    return kind


def _kind(table: Table, number: int) -> Kind:
    """The one word that stands in every row of a column of kinds."""
    codes, words = table.words(number)
    for row in (0, int(np.argmax(codes != codes[0]))):
        if words[codes[row]] not in KINDS or codes[row] != codes[0]:
            raise table.error(row, number, f"the same word in each row, one of {choices(KINDS)},")
    return cast("Kind", words[codes[0]])
