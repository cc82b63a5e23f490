"""Reader of powder patterns by rietx: GSAS .fxye, .xye, .xy, pdCIF, Rigaku .ras, Bruker and PANalytical files."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.readers._origin import contents, origin, record_name

_MARKS = (b"*RAS_DATA_START", b"RAW4.00", b"RAW1.01", b"V3RD", b"V5RD", b"_FILEVERSION", b"<xrdMeasurements")
_BARE, _ROWS = 0.3, 20
"""assumed: how sure bare columns of numbers are a pattern, and how many are looked at."""


def sniff(head: bytes) -> float:
    """1 for the marks of diffractometers, 0.3 for bare columns of rising angles and intensities."""
    begin = head.lstrip(b"\xef\xbb\xbf \r\n\t;")
    if begin.startswith(_MARKS) or any(mark in head[:4096] for mark in (b"<xrdMeasurements", b"DataAngleRange")):
        return 1.0
    if b"_pd_meas" in head or b"_pd_proc" in head:
        return 1.0
    if any(line.startswith(b"BANK ") for line in head[:65536].splitlines()):
        return 1.0
    if head[:2] == b"PK" and (b"Profile" in head or b"RawData" in head):
        return 1.0
    return _BARE if _bare(head) else 0.0


def _bare(head: bytes) -> bool:
    rows: list[list[float]] = []
    for line in head.splitlines()[:-1]:
        if line.lstrip()[:1] in (b"#", b"!", b";", b"") or len(rows) >= _ROWS:
            continue
        try:
            rows.append([float(word) for word in line.replace(b",", b" ").split()])
        except ValueError:
            return False
    if len(rows) < _ROWS or len({len(row) for row in rows}) != 1 or len(rows[0]) not in (2, 3):
        return False
    angle, intensity = np.array(rows)[:, :2].T
    steps = np.diff(angle)
    return bool(
        0.0 < angle[0] < 180.0 and np.all(steps > 0) and steps.max() < 1.5 * steps.min() and np.all(intensity >= 0)
    )


def read(path: Path) -> tuple[Record, ...]:
    """One pattern: angles two-theta in degrees, intensities, and their sigmas where the file or counting tells them.

    Raises BadInput if the file is damaged, of another kind, or holds several patterns.
    """
    data = contents(path)
    try:
        import rietx
    except ImportError as error:
        raise BadInput(
            f"powder patterns need rietx, which cannot be imported ({error}); pip install 'thiocell[structure]'"
        ) from error
    told: list[object] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = rietx.read_pattern(path, diagnostics=told)
    except Exception as error:
        said = " ".join(str(error).split())
        raise BadInput(f"{path.name} is no powder pattern that can be read: {said}") from error
    if found.two_theta is None:
        raise BadInput(f"{path.name} counts times of flight; a pattern against two-theta is wanted")
    columns = {"two_theta": Column(found.two_theta, "deg"), "intensity": Column(found.intensity)}
    if found.sigma is not None:
        columns["intensity_sigma"] = Column(found.sigma)
    notes = {str(key): str(value) for key, value in found.metadata.items()}
    doubts = tuple(str(each.message) for each in told if getattr(each, "level", "") != "info")  # type: ignore[attr-defined]
    return (Record(record_name(path), "diffraction", columns, origin(path, data), doubts, notes),)
