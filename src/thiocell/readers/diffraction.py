"""Reader of powder patterns: columns of text, pdCIF, and the files of diffractometers (those by rietx)."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers._abscissa import abscissa
from thiocell.readers._block import MARKS, Block, block, without_comments
from thiocell.readers._origin import contents
from thiocell.readers._pattern import WANTED, Pattern
from thiocell.readers._pattern_columns import columns
from thiocell.readers._pattern_sections import asc, has_sections, is_asc, sections
from thiocell.readers._powder_cif import holds_pattern, powder_cif
from thiocell.readers._radiation import in_head, radiation
from thiocell.readers._text import decode

BARE = ("two_theta", "intensity")
_BINARY = (b"RAW4.00", b"RAW1.01", b"RAW2", b"V3RD", b"V5RD")
_TEXTS = (b"*RAS_DATA_START", b"<xrdMeasurements", b"XYDATA")
_BARE, _NAMED, _ROWS = 0.3, 0.9, 20
"""assumed: how sure bare columns, and columns of which one is called an angle, are a pattern, from these rows on."""
_SKIPPED = 30
"""assumed: lines of words, not marked as comments, that may stand before bare columns."""
_FINE = 0.2
"""degrees; assumed: steps of a pattern that begins at zero, where times begin too."""
_CUT = 1 << 16
"""Bytes from which the head of a file may end inside a line."""


def sniff(head: bytes) -> float:
    """1 for the marks of diffractometers, 0.9 for a column called an angle, 0.3 for bare columns that may be one."""
    if _by_rietx(head) or holds_pattern(head):
        return 1.0
    try:
        text = decode(head, "the file").data.decode("utf-8", "replace")
        lines = text.splitlines()[: -1 if len(head) >= _CUT else None]
        if is_asc(lines) or has_sections(lines):
            return 1.0
        found = block(without_comments(lines), "the file", WANTED)
    except BadInput:
        return 0.0
    if len(found.rows) < _ROWS:
        return 0.0
    axis = abscissa(found)
    if axis is not None:
        return _NAMED if axis.kind != "other" and found.width > 1 else 0.0
    return _BARE if _may_be_pattern(found) else 0.0


def _by_rietx(head: bytes) -> bool:
    """Does the file bear the mark of a program whose files rietx reads?"""
    begin = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if begin.startswith((*_BINARY, *_TEXTS)) or b"<xrdMeasurements" in head[:4096] or b"DataAngleRange" in head[:4096]:
        return True
    if head[:2] == b"PK" and (b"Profile" in head or b"RawData" in head):
        return True
    first = next((line for line in head.splitlines() if line.strip() and not line.lstrip().startswith(b";")), b"")
    return first.lstrip().startswith(b"_FILEVERSION") or re.search(rb"^BANK ", head, re.MULTILINE) is not None


def _may_be_pattern(found: Block) -> bool:
    """Are there two or three columns, angles that rise evenly and intensities, below lines that name nothing else?"""
    words = [line for line in found.head if line.strip() and line.lstrip()[0] not in MARKS]
    named = [sign for sign in ";,\t" if words and sign in words[-1].strip(f" {sign}")]
    if found.width not in (2, 3) or len(words) > _SKIPPED or (named and found.labels):
        return False
    angle, intensity = found.rows[:, :2].T
    if angle[0] > angle[1]:  # the count of the rows, as FIT2D writes it
        angle, intensity = angle[1:], intensity[1:]
    steps = np.diff(angle)
    sure = found.width == 3 and bool(np.all(found.rows[:, 2] > 0.0))
    begins = angle[0] > 0.0 or (angle[0] == 0.0 and steps.max() < _FINE)
    return bool(begins and angle[-1] < 180.0 and np.all(steps > 0) and steps.max() < 1.5 * steps.min()) and (
        sure or bool(np.all(intensity[~np.isnan(intensity)] >= 0))
    )


def read(path: Path) -> tuple[Record, ...]:
    """One pattern: angles two-theta in degrees, intensities, and their sigmas where the file or counting tells them.

    The note 'wavelength' is that which the file tells, as the setting of that name has it.
    Raises BadInput if the file is damaged, of another kind, or holds several patterns.
    """
    data = contents(path)
    return (_pattern(path, data).checked().record(path, data),)


def _pattern(path: Path, data: bytes) -> Pattern:
    if _by_rietx(data[:_CUT]):
        return _rietx(path, data)
    if holds_pattern(data):
        return powder_cif(path, data)
    lines = decode(data, path.name).data.decode("utf-8", "replace").splitlines()
    if is_asc(lines):
        return asc(lines, path.name)
    return sections(lines, path.name) if has_sections(lines) else columns(lines, path.name)


def _rietx(path: Path, data: bytes) -> Pattern:
    try:
        import rietx
    except ImportError as error:
        raise BadInput(
            f"files of this diffractometer need rietx, which cannot be imported ({error}); pip install "
            "'thiocell[structure]'"
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
    notes = {str(key): str(value) for key, value in found.metadata.items()}
    doubts = tuple(str(each.message) for each in told if _worth_saying(each))  # type: ignore[attr-defined]
    note, doubtful = _told_wavelength(notes, data)
    notes.pop("wavelength", None)
    notes |= {"wavelength": note} if note else {}
    sigma = None if found.sigma is None else np.asarray(found.sigma, dtype=np.float64)
    angle, intensity = (np.asarray(each, dtype=np.float64) for each in (found.two_theta, found.intensity))
    return Pattern(path.name, angle, intensity, sigma, notes, (*doubts, *doubtful))


def _worth_saying(told: object) -> bool:
    code = getattr(told, "code", "")
    return code == "PATTERN_DUPLICATE_POINTS" or (
        getattr(told, "level", "") != "info" and code != "PATTERN_SIGMA_CONSTANT"
    )


def _told_wavelength(notes: dict[str, str], data: bytes) -> tuple[str, tuple[str, ...]]:
    """The note 'wavelength' by what rietx found, else by the first lines of a text."""
    first, second = (_number(notes.get(key, "")) for key in ("wavelength", "wavelength_alpha2"))
    if first is None:
        return radiation(in_head(data[:4096].decode("utf-8", "replace").splitlines()))
    alone = re.search(rb"intended\s*=\s*[\"']K-Alpha\s*1[\"']", data) is not None
    return radiation(first, 0.0 if alone else second)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
