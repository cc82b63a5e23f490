"""Raman shifts from wavelengths or wavenumbers and the laser's line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]

_ABSOLUTE = 6000.0
"""1/cm; assumed: no Raman shift is greater, and no laser's line smaller."""
_LINES = (200.0, 1100.0)
"""nm; assumed: lasers of Raman spectrometers lie between."""
_CASUAL = 0.05
"""nm; how far a laser's line may be from what its name says, as 532 nm is told for 531.9 to 532.3; assumed."""
_NUMBER = re.compile(r"\d{3,4}(?:[.,]\d+)?")


def laser_of(notes: Mapping[str, str]) -> float:
    """The laser's line in nm that the notes of a file tell, else NaN."""
    for key, value in notes.items():
        if re.search(r"laser|excit", key, re.IGNORECASE) and not re.search(r"power|%|filter", key, re.IGNORECASE):
            found = _NUMBER.search(value)
            line = float(found.group().replace(",", ".")) if found else math.nan
            if _LINES[0] < line < _LINES[1]:
                return line
    return math.nan


def shifts(x: Array, unit: str, laser: float, place: str) -> tuple[Array, tuple[str, ...]]:
    """Shifts in 1/cm of values in ``unit``, '1/cm' or 'nm', and what was done; raises BadInput where no line is told.

    Wavenumbers that are no shifts, as they begin beyond any, are those of the light itself.
    """
    if unit not in ("1/cm", "nm"):
        raise BadInput(f"{place} has an axis in '{unit}'; Raman shifts in 1/cm were expected")
    if unit == "1/cm" and not x.min() > _ABSOLUTE:
        return x, ()
    what = "wavelengths in nm" if unit == "nm" else "wavenumbers of the light in 1/cm"
    if not math.isfinite(laser):
        raise BadInput(f"{place} has an axis of {what} and tells no laser line; Raman shifts in 1/cm were expected")
    if not x.min() > 0.0:
        raise BadInput(f"{place} has an axis of {what} that reaches {x.min():g}; it must exceed zero")
    light = 1e7 / x if unit == "nm" else x
    off = _CASUAL * 1e7 / laser**2
    return 1e7 / laser - light, (
        f"the axis of {what} was turned into shifts by the told laser line of {laser:g} nm: {_CASUAL:g} nm beside it "
        f"would move them all by {off:.2g} 1/cm",
    )
