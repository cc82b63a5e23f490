"""Units as they are printed: 'mAh/g/V' becomes 'mAh g⁻¹ V⁻¹'."""

from __future__ import annotations

import re

from thiocell.core.drawing import Axis

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LETTERS = {"ohm": "Ω", "Ohm": "Ω", "degC": "°C", "um": "µm", "uA": "µA", "uV": "µV", "us": "µs", "angstrom": "Å"}
_FACTOR = re.compile(r"([*/]?)\s*([^\s*/^().\d][^\s*/^()]*|1)(?:(?:\*\*|\^)(-?\d+)(?![.\d]))?\s*")


def printed(unit: str) -> str:
    """``unit`` with exponents instead of slashes; one that holds anything else (brackets, fractions) as it is."""
    found, place = [], 0
    while place < len(unit):
        match = _FACTOR.match(unit, place)
        if match is None:
            return unit
        power = int(match[3] or 1) * (-1 if match[1] == "/" else 1)
        if match[2] != "1":
            found.append(_LETTERS.get(match[2], match[2]) + ("" if power == 1 else str(power).translate(_RAISED)))
        place = match.end()
    return " ".join(found)


def label(axis: Axis) -> str:
    """'label / unit' with the unit as it is printed."""
    return f"{axis.label} / {printed(axis.unit)}" if axis.unit else axis.label
