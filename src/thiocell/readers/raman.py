"""Reader of Raman spectra as text: HORIBA LabSpec, Renishaw WiRE, JASCO, Thermo."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.readers._origin import contents, origin, record_name

_ROWS, _BARE = 20, 0.3
"""assumed: rows that are looked at, and how sure bare columns of shifts and counts are a Raman spectrum."""
_STEP = (0.05, 10.0)
"""1/cm; assumed: distances of rows in a spectrometer's file."""


def sniff(head: bytes) -> float:
    """1 for the marks of LabSpec, WiRE and JASCO; 0.3 for bare columns that begin like a shift."""
    lower = head[:8192].lower()
    if b"#acq. time" in lower or b"#wave" in lower or (b"xydata" in lower and b"raman" in lower):
        return 1.0
    rows = _numbers(head.decode("utf-8", "replace").splitlines()[: 3 * _ROWS])[:_ROWS]
    if len(rows) < _ROWS or any(len(row) != 2 for row in rows):
        return 0.0
    shift, counts = np.array(rows).T
    steps = np.abs(np.diff(shift))
    alike = bool(np.all(np.diff(shift) > 0) or np.all(np.diff(shift) < 0))
    inside = bool(shift.min() > -500.0 and shift.max() < 5000.0 and steps.min() > _STEP[0] and steps.max() < _STEP[1])
    high = bool(shift.max() >= 180.0)  # below, two columns may be a powder pattern
    return _BARE if alike and inside and high and bool(np.all(np.isfinite(counts))) else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One spectrum of two columns, shift (1/cm) and intensity; the lines of the head are notes.

    Raises BadInput if there are other columns (a map), text among the numbers, or too few rows.
    """
    data = contents(path)
    text = data.decode("utf-8", "replace")
    lines = text.splitlines()
    begin = next((n for n, line in enumerate(lines) if _row(line) is not None), None)
    if begin is None:
        raise BadInput(f"{path.name} holds no row of numbers; shift and intensity were expected")
    rows: list[list[float]] = []
    for number, line in enumerate(lines[begin:], start=begin + 1):
        row = _row(line)
        if row is None:
            if not line.strip() or line.startswith("##"):
                break
            raise BadInput(f"{path.name}, line {number} holds '{line.strip()[:40]}'; shift and intensity were expected")
        if len(row) != 2:
            raise BadInput(f"{path.name}, line {number} has {len(row)} columns; one spectrum has shift and intensity")
        rows.append(row)
    if len(rows) < _ROWS:
        raise BadInput(f"{path.name} has {len(rows)} rows; a spectrum has {_ROWS} at least")
    shift, counts = np.array(rows).T
    if not (np.all(np.isfinite(shift)) and np.all(np.isfinite(counts))):
        raise BadInput(f"{path.name} holds a number that is not finite")
    order = np.argsort(shift, kind="stable")
    columns = {"raman_shift": Column(shift[order], "1/cm"), "intensity": Column(counts[order])}
    notes = {}
    for line in lines[:begin]:
        key, sign, value = line.lstrip("#").partition("=" if "=" in line else "\t")
        if sign and key.strip() and value.strip():
            notes[key.strip()] = value.strip()
    return (Record(record_name(path), "raman", columns, origin(path, data), notes=notes),)


def _row(line: str) -> list[float] | None:
    words = line.replace(",", " ").replace(";", " ").split()
    try:
        return [float(word) for word in words] or None
    except ValueError:
        return None


def _numbers(lines: list[str]) -> list[list[float]]:
    found = [_row(line) for line in lines]
    return [row for row in found if row is not None]
