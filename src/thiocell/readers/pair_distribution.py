"""Reader of pair distribution functions: .gr files of PDFgetX3, PDFgetX2, PDFgetN and xPDFsuite."""

from __future__ import annotations

import math
import re
from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.readers._origin import contents, origin, record_name

_LABELS = re.compile(rb"^#L\s+r\S*\s+G", re.MULTILINE)
_NOTES = re.compile(
    r"^#?\s*(qmax|qmin|qdamp|qbroad|composition|wavelength|rpoly)\s*[=:]\s*(.+?)\s*$", re.MULTILINE | re.I
)


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
        raise BadInput(f"{path.name} is no pair distribution function: no line '#L r G(r)' names its columns")
    text = data.decode("utf-8", "replace")
    head, _, body = text.partition(label.group().decode("utf-8", "replace"))
    rows: list[list[float]] = []
    first = head.count("\n") + 2
    for number, line in enumerate(body.splitlines()[1:], start=first):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            row = [float(word) for word in line.split()]
        except ValueError as error:
            raise BadInput(
                f"{path.name}, line {number} holds '{line.strip()[:40]}'; numbers r and G were expected"
            ) from error
        if len(row) < 2:
            raise BadInput(f"{path.name}, line {number} holds one number; r and G were expected")
        if row[0] > 0.0:  # G is not defined at zero, where some programs write it
            rows.append(row)
    if not rows:
        raise BadInput(f"{path.name} has no row of r and G")
    broken = next((row for row in rows if not all(math.isfinite(x) for x in row[:2])), None)
    if broken is not None:
        raise BadInput(f"{path.name} has no finite G at r = {broken[0]:g}")
    columns = {
        "r": Column([row[0] for row in rows], "angstrom"),
        "g": Column([row[1] for row in rows], "1/angstrom**2"),
    }
    if all(len(row) > 3 for row in rows) and all(row[3] > 0.0 for row in rows):
        columns["g_sigma"] = Column([row[3] for row in rows], "1/angstrom**2")
    notes = {key.lower(): value for key, value in _NOTES.findall(head)}
    return (Record(record_name(path), "pair_distribution", columns, origin(path, data), notes=notes),)
