"""Impedance records made of a table whose columns are known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.readers._cycling import read_column
from thiocell.readers._origin import record_name
from thiocell.readers._sweeps import split_sweeps
from thiocell.readers._table import Names, Table, find

NEEDED = ("frequency", "z_real", "z_imag")
"""Words without which there is no spectrum; their columns have a number in every row."""


def spectra(
    path: Path, table: Table, names: Names, source: Source, notes: Mapping[str, str], *, negated: bool = False
) -> tuple[Record, ...]:
    """One record a spectrum, with Im(Z) negative where the sample is capacitive; the file has -Im(Z) if ``negated``.

    A new spectrum begins with each sweep, or where the column 'cycle' changes. None if the frequency is zero in every
    row, as in exports of a test without impedance. Raises BadInput for a column that lacks or a row that is no number.
    """
    found = find(table, names, NEEDED)
    columns = {word: read_column(table, *place, may_be_blank=word not in NEEDED) for word, place in found.items()}
    if negated:
        columns["z_imag"] = Column(0.0 - columns["z_imag"].values, columns["z_imag"].unit)
    kept = columns["frequency"].values > 0
    if not kept.any():
        return ()
    lost = int(np.sum(~kept))
    doubts: tuple[str, ...] = (f"{lost} rows have no frequency and were left out of the spectra",) if lost else ()
    here = {word: column.values[kept] for word, column in columns.items()}
    markers = [np.nan_to_num(here["cycle"])] if "cycle" in here else []
    doubts += table.doubts(number for number, _ in found.values())
    return tuple(
        Record(
            record_name(path, number),
            "impedance",
            {word: Column(here[word][rows], columns[word].unit) for word in here},
            source,
            doubts,
            notes,
        )
        for number, rows in enumerate(split_sweeps(here["frequency"], *markers), 1)
    )
