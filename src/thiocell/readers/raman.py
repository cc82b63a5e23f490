"""Reader of Raman spectra as text: HORIBA LabSpec, Renishaw WiRE, JASCO, Thermo OMNIC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.readers._abscissa import abscissa
from thiocell.readers._block import MARKS, Block, bare, block
from thiocell.readers._origin import contents, origin, record_name
from thiocell.readers._shift import laser_of, shifts
from thiocell.readers._text import decode

BARE = ("raman_shift", "intensity")
_ROWS, _BARE, _NAMED = 20, 0.3, 0.9
"""assumed: the fewest rows of a spectrum; how sure bare columns, and columns named a shift, are a Raman spectrum."""
_STEP = (0.05, 10.0)
"""1/cm; assumed: distances of rows in a spectrometer's file."""
_ANGLES = 180.0
"""Columns that end below may be a powder pattern."""
_LATE = 60.0
"""degrees; assumed: no powder pattern begins later."""
_CUT = 1 << 16
"""Bytes from which the head of a file may end inside a line."""
_WANTED = "shift and intensity"
_SHIFT = re.compile(r"raman|shift|wave\s*-?number|\(?cm\^?[-−{]|cm-?1|1\s*/\s*cm|cm⁻¹", re.IGNORECASE)
_INFRARED = re.compile(r"infrared|absorb|transm|%\s*t\b|reflect", re.IGNORECASE)
_WAVELENGTH = re.compile(r"wave\s*-?length|nanomet|\bnm\b", re.IGNORECASE)


def sniff(head: bytes) -> float:
    """1 for the marks of LabSpec, WiRE and JASCO; 0.9 for a named shift; 0.3 for bare columns that may be shifts."""
    try:
        text = decode(head, "the file").data.decode("utf-8", "replace")
        lower = text[:8192].lower()
        if "#acq. time" in lower or "#wave" in lower or "#axisunit[1]" in lower:
            return 1.0
        if re.search(r"^(?:##)?xydata", lower, re.MULTILINE) and _is_raman(lower):
            return 1.0
        lines = text.splitlines()[: -1 if len(head) >= _CUT else None]
        found = block(lines, "the file", _WANTED)
    except BadInput:
        return 0.0
    if found.width != 2 or len(found.rows) < _ROWS or not np.all(np.isfinite(found.rows)):
        return 0.0
    if (labels := found.labels) and _SHIFT.search(labels[0]):
        return 0.0 if _INFRARED.search(labels[1]) else _NAMED
    axis = abscissa(found)
    words = [line for line in found.head if line.strip() and line.lstrip()[0] not in MARKS]
    if axis is not None or (labels and words and re.search("[;,\t]", words[-1].strip("; ,\t"))):
        return 0.0
    return _BARE if _may_be_shifts(found) else 0.0


def _is_raman(lower: str) -> bool:
    return "raman" in lower or (re.search(r"xunits\W+1/cm", lower) is not None and not _INFRARED.search(lower))


def _may_be_shifts(found: Block) -> bool:
    """Do the first column's steps fit a spectrometer, and its range and steps none, or not only, a diffractometer?"""
    shift = found.rows[:, 0]
    step = np.diff(shift)
    if not (np.all(step > 0.0) or np.all(step < 0.0)):
        return False
    size = np.abs(step)
    if not (shift.min() > -500.0 and shift.max() < 5000.0 and size.min() > _STEP[0] and size.max() < _STEP[1]):
        return False
    if shift.max() >= _ANGLES or shift.min() < 0.0 or shift.min() >= _LATE:
        return True
    return bool(size.max() - size.min() > 0.02 * size.mean())  # a diffractometer steps evenly


def read(path: Path) -> tuple[Record, ...]:
    """One spectrum of two columns, shift (1/cm) and intensity; the lines of the head are notes.

    Wavelengths, and wavenumbers of the light, become shifts by the laser's line that the head tells. Raises BadInput if
    it tells none, and for other columns (a map), text among the numbers, or too few rows.
    """
    data = contents(path)
    lines = decode(data, path.name).data.decode("utf-8", "replace").splitlines()
    if any(re.match(r"##XYDATA\s*=\s*\(X\+\+", line, re.IGNORECASE) for line in lines):
        raise BadInput(f"{path.name} is packed JCAMP-DX; export it as two columns, {_WANTED}")
    begin, end = _between(lines)
    found = block(lines[begin:end], path.name, _WANTED, before=begin)
    if found.width != 2:
        raise BadInput(
            f"{path.name}, {found.line(0)} has {found.width} columns; one spectrum has {_WANTED}, and a map is "
            "exported spectrum by spectrum"
        )
    if len(found.rows) < _ROWS:
        raise BadInput(f"{path.name} has {len(found.rows)} rows; a spectrum has {_ROWS} at least")
    wrong = ~np.isfinite(found.rows).all(axis=1)
    if wrong.any():
        raise BadInput(f"{path.name}, {found.line(int(np.argmax(wrong)))} holds a number that is not finite")
    head = [*lines[:begin], *found.head]
    notes = _notes(head, found.labels) | _notes(lines[end:], ())
    unit = _unit(notes, found.labels, path.name)
    shift, doubts = shifts(found.rows[:, 0], unit, laser_of(notes), path.name)
    step = np.diff(shift)
    if not (np.all(step >= 0.0) or np.all(step <= 0.0)):
        row = int(np.argmax(np.sign(step) != np.sign(step[0]))) + 1
        doubts = (*doubts, f"the shifts of {path.name} turn back in {found.line(row)}: the rows are sorted")
    order = np.argsort(shift, kind="stable")
    columns = {"raman_shift": Column(shift[order], "1/cm"), "intensity": Column(found.rows[order, 1])}
    return (Record(record_name(path), "raman", columns, origin(path, data), doubts, notes),)


def _between(lines: Sequence[str]) -> tuple[int, int]:
    """Where JASCO's rows begin and end; all lines for a file of another program."""
    begin = next((n + 1 for n, line in enumerate(lines) if re.match(r"(?:##)?XYDATA\b", line)), 0)
    if not begin:
        return 0, len(lines)
    end = next((n for n in range(begin, len(lines)) if not lines[n].strip() or lines[n].startswith("##")), len(lines))
    return begin, end


def _notes(lines: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    """What the lines say as 'key = value' or 'key, tab, value'; the line that names the columns is no note."""
    notes = {}
    for line in lines:
        key, sign, value = bare(line).partition("=" if "=" in line else "\t")
        key, value = key.strip(), value.strip().strip('"')
        if sign and key and value and (key, bare(value)) != tuple(bare(label) for label in labels):
            notes[key] = value
    return notes


def _unit(notes: dict[str, str], labels: Sequence[str], place: str) -> str:
    """The unit of the first column, '1/cm' where nothing is said; raises BadInput for spectra that are not Raman."""
    kind = " ".join((notes.get("DATA TYPE", ""), notes.get("YUNITS", ""), *labels[1:]))
    if _INFRARED.search(kind):
        raise BadInput(f"{place} holds no Raman spectrum but '{kind.strip()}'; {_WANTED} were expected")
    told = notes.get("AxisUnit[1]") or notes.get("XUNITS") or (labels[0] if labels else "")
    if _SHIFT.search(told):
        return "1/cm"
    if _WAVELENGTH.search(told):
        return "nm"
    return notes.get("AxisUnit[1]") or "1/cm"
