"""Reader of pair distribution functions: .gr files of PDFgetX3, PDFgetX2, PDFgetN and xPDFsuite."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.readers._origin import contents, origin, record_name

BARE = ("r", "g")
_LABELS = re.compile(rb"^#L\s+r\S*\s+G", re.MULTILINE)
_NUMBERS = re.compile(
    r"(?<![\w.])(qmax|qmin|qdamp|qbroad|wavelength|rpoly)\s*[=:]\s*([-+]?[\d.]+(?:e[-+]?\d+)?)", re.IGNORECASE
)
_UNITS = {"wavelength": "angstrom", "rpoly": "angstrom"} | dict.fromkeys(
    ("qmax", "qmin", "qdamp", "qbroad"), "1/angstrom"
)
"""Of the numbers in a head whose columns are in angstrom, as these programs mean them."""
_TEXTS = re.compile(r"^[#\s]*(composition)\s*[=:]\s*(.+?)\s*$", re.MULTILINE | re.IGNORECASE)


def sniff(head: bytes) -> float:
    """1 if a line names the columns r and G."""
    return 1.0 if _LABELS.search(head) else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One record of ``r`` and ``g``, with ``g_sigma`` where a fourth column tells it; what the head says is in notes.

    Raises BadInput if the file is damaged or names no columns r and G.
    """
    data = contents(path)
    label = _LABELS.search(data)
    if label is None:
        raise BadInput(
            f"{path.name} is no pair distribution function: no line '#L r G(r)' names its columns; write one "
            "above the numbers, with (nm) after r where they are no angstrom"
        )
    head = data[: label.start()].decode("utf-8", "replace")
    lines = data[label.start() :].decode("utf-8", "replace").splitlines()
    rows = _rows(lines[1:], len(head.splitlines()) + 2, path.name)
    length, height, doubts = _scales(lines[0], path.name)
    columns = {
        "r": Column([row[0] * length for row in rows], "angstrom"),
        "g": Column([row[1] * height for row in rows], "1/angstrom**2"),
    }
    if all(len(row) > 3 for row in rows) and all(row[3] > 0.0 for row in rows):
        columns["g_sigma"] = Column([row[3] * height for row in rows], "1/angstrom**2")
    units = {} if doubts else _UNITS
    notes = {key.lower(): f"{value} {units.get(key.lower(), '')}".strip() for key, value in _NUMBERS.findall(head)}
    notes |= {key.lower(): value for key, value in _TEXTS.findall(head)}
    return (Record(record_name(path), "pair_distribution", columns, origin(path, data), doubts, notes),)


def _rows(lines: list[str], first: int, place: str) -> list[list[float]]:
    """The rows of numbers beyond r = 0, where r rises; ``first`` is the line in the file of the first of ``lines``."""
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=first):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            row = [float(word) for word in line.split()]
        except ValueError as error:
            raise BadInput(
                f"{place}, line {number} holds '{line.strip()[:40]}'; numbers r and G were expected"
            ) from error
        if len(row) < 2:
            raise BadInput(f"{place}, line {number} holds one number; r and G were expected")
        if row[0] > 0.0:  # G is not defined at zero, where some programs write it
            rows.append(row)
    if not rows:
        raise BadInput(f"{place} has no row of r and G")
    broken = next((row for row in rows if not all(math.isfinite(x) for x in row[:2])), None)
    if broken is not None:
        raise BadInput(f"{place} has no finite G at r = {broken[0]:g}")
    back = next((b for a, b in pairwise(rows) if not b[0] > a[0]), None)
    if back is not None:
        raise BadInput(f"{place} has r = {back[0]:g} after one that is not smaller; r must rise from row to row")
    return rows


def _scales(label: str, place: str) -> tuple[float, float, tuple[str, ...]]:
    """What turns r into angstrom and G into 1/angstrom**2, by the line that names them, and what was done."""
    distance, _, other = label.partition("G")
    scales = (10.0 if "nm" in distance else 1.0, 0.01 if "nm" in other else 1.0)
    turned = (f"{place} has nm in the names of its columns: r and G were turned into those by angstrom",)
    return *scales, turned if scales != (1.0, 1.0) else ()
