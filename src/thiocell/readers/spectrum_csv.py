"""Reader and writer of spectra as plain csv, under 'frequency / Hz', 'z_real / ohm', 'z_imag / ohm'."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.core.source import Source
from thiocell.readers._origin import contents, origin
from thiocell.readers._source_mark import marked_kind, marks
from thiocell.readers._spectra import NEEDED, spectra
from thiocell.readers._table import parse
from thiocell.readers._text import decode, fields

_UNITS = {"frequency": "Hz", "z_real": "ohm", "z_imag": "ohm", "z_real_sigma": "ohm", "z_imag_sigma": "ohm"}
_NAMES = {word: {f"{word} / {unit}": unit} for word, unit in _UNITS.items()}
_HEAD = {f"{word} / {_UNITS[word]}" for word in NEEDED}


def sniff(head: bytes) -> float:
    """1 if the first line names the three columns as ``write`` does."""
    try:
        return 1.0 if set(fields(decode(head, "the file").head[0], ",")) >= _HEAD else 0.0
    except BadInput:
        return 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One impedance record a sweep; raises BadInput if the file is damaged, another format, or holds no impedance.

    Columns 'Virtual / 1' and 'Source Kind' tell of spectra that were not measured, as in a BDF table.
    """
    data = contents(path)
    text = decode(data, path.name)
    if not set(fields(text.head[0], ",")) >= _HEAD:
        raise BadInput(f"{path.name} is no table of a spectrum: its first line lacks {', '.join(sorted(_HEAD))}")
    table = parse(text, 0, 1, ",")
    source = origin(path, data)
    kind = marked_kind(table)
    if kind is not None:
        source = Source(kind, source.reference, source.place)
    found = spectra(path, table, _NAMES, source, {})
    if not found:
        raise BadInput(f"{path.name} has no frequency above zero")
    return found


def write(record: Record, path: Path) -> None:
    """A spectrum in Hz and ohm, whole or not at all; a column tells if it was not measured.

    Raises BadInput for a record without a spectrum, or for another ending than '.csv'.
    """
    lacking = [word for word in NEEDED if word not in record]
    if lacking:
        raise BadInput(f"record '{record.name}' has no {lacking[0]}; a spectrum has {', '.join(NEEDED)}")
    if path.suffix != ".csv" or path.name.endswith(".bdf.csv"):
        raise BadInput(f"{path} has to end in .csv and not in .bdf.csv: the Battery Data Format knows no spectra")
    columns = {f"{word} / {unit}": record.columns[word].si.tolist() for word, unit in _UNITS.items() if word in record}
    table = columns | marks(record.source, len(record), machine=False)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(list(column) for column in table.values()), strict=True))
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text.getvalue(), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error})") from error
    finally:
        partial.unlink(missing_ok=True)
