"""The wavelength that a file tells, as the text that a record's note has: a length, or a tube's lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from thiocell.core.x_rays import LEAST, LINES, MOST

_NEAR = 0.001
"""angstrom; assumed: as far apart as what programs write for the same line."""

_NUMBER = r"(\d*\.?\d+(?:\(\d+\))?(?:[eE][-+]?\d+)?)"
_UNIT = r"(angstroms?|ang|Å|\u212b|A|nm|pm|m)"
_WORD = r"(?:wave[\s_-]?length|lambda)(?:[\s_]*(?:k?[\s_-]*alpha[\s_-]*)?1(?=\s*[=:]))?"
_AFTER = re.compile(rf"{_WORD}[^\w.-]*[=:\s][^\w.-]*{_NUMBER}\s*{_UNIT}?(?![\w^])", re.IGNORECASE)
_BEFORE = re.compile(rf"{_WORD}\s*[\[(/]\s*{_UNIT}\s*[\])]?[^\w.-]*{_NUMBER}", re.IGNORECASE)
_ANGSTROMS = {"nm": 10.0, "pm": 0.01, "m": 1e10}


def in_head(lines: Iterable[str]) -> float | None:
    """The wavelength in angstrom in the first line that tells one with a unit, or of a size that needs none."""
    for line in lines:
        if found := _BEFORE.search(line):
            unit, number = found.groups()
        elif found := _AFTER.search(line):
            number, unit = found.groups()
        else:
            continue
        value = float(re.sub(r"\(\d+\)", "", number))
        if unit is None:  # metres, as pyFAI has them, or angstrom; what may be nanometres is left alone
            unit = "m" if value < 1e-6 else "A" if value > 0.31 else None
        if unit is None:
            continue
        angstrom = value * _ANGSTROMS.get(unit.lower(), 1.0)
        if LEAST <= angstrom <= MOST:
            return angstrom
    return None


def radiation(first: float | None, second: float | None = None) -> tuple[str, tuple[str, ...]]:
    """The note 'wavelength' of the told wavelengths in angstrom, and what is doubtful in it; none told make no note.

    ``second`` is that of K alpha 2: None where the file does not tell, 0 where it says that there is none.
    """
    if not first:
        return "", ()
    if not LEAST <= first <= MOST:
        return "", (
            f"the file tells a wavelength of {first:.7g} angstrom, which no diffractometer has; it is not used",
        )
    length = f"{first:.7g} angstrom"
    if second and abs(second - first) > 1e-6:
        for tube, (one, two) in LINES.items():
            if abs(first - one) < _NEAR and abs(second - two) < _NEAR:
                return tube, ()
        return "", (
            f"the file tells two wavelengths, {first:.7g} and {second:.7g} angstrom, which are those of no tube known "
            "here; set 'wavelength'",
        )
    for tube, (one, two) in LINES.items():
        if abs(first - (2.0 * one + two) / 3.0) < 0.5 * _NEAR:  # what programs write for both lines in one number
            return tube, ()
        if second is None and abs(first - one) < _NEAR:
            return length, (
                f"the file tells one wavelength, {length}, the first line of a tube: set wavelength = '{tube}' if the "
                "second reaches the sample too",
            )
    return length, ()
