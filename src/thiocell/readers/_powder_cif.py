"""Powder patterns in crystallographic information files (pdCIF)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.readers._pattern import Pattern
from thiocell.readers._radiation import radiation

Array = NDArray[np.float64]

_ANGLES = ("_pd_proc_2theta_corrected", "_pd_meas_2theta_scan")
_VALUES = (
    "_pd_proc_intensity_total", "_pd_meas_intensity_total", "_pd_meas_counts_total", "_pd_proc_intensity_net",
    "_pd_meas_intensity_net",
)  # fmt: skip
_RANGES = ("_pd_meas_2theta_range_", "_pd_proc_2theta_range_")
_HOLDS = re.compile("|".join(rf"{tag}\b" for tag in _VALUES).encode())
_OTHERS = {"_pd_proc_d_spacing": "distances d", "_pd_meas_time_of_flight": "times of flight"}
_WAVE, _TYPE = "_diffrn_radiation_wavelength", "_diffrn_radiation_type"
_TUBE = re.compile(r"\s*(Cu|Mo|Co|Ag|Cr|Fe)\s*K\s*\\?a(?:lpha)?(~?1~?)?\s*$", re.IGNORECASE)
_SU = re.compile(r"[-+]?\d*(?:\.(\d*))?\((\d+)\)$")


def holds_pattern(head: bytes) -> bool:
    """Do its bytes name a column of measured intensities?"""
    return _HOLDS.search(head) is not None


def powder_cif(path: Path, data: bytes) -> Pattern:
    """The first pattern of a pdCIF, at angles or at even steps of a told range; raises BadInput if there is none."""
    try:
        import gemmi
    except ImportError as error:
        raise BadInput(
            f"a CIF needs gemmi, which cannot be imported ({error}); pip install 'thiocell[structure]'"
        ) from error
    place = path.name
    try:
        blocks = list(gemmi.cif.read_string(data.decode("utf-8", "replace")))
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"{place} is no sound CIF: {str(error).splitlines()[0]}") from error
    for chosen in blocks:
        tag = next((tag for tag in _VALUES if len(chosen.find_loop(tag))), "")
        if not tag:
            continue
        values = _loop(chosen, tag)
        angle = _angles(chosen, values.size, place)
        if angle is None:
            continue
        told, doubts = _wavelength(blocks, chosen)
        notes = {"block": chosen.name} | ({"wavelength": told} if told else {})
        return Pattern(place, angle, values, _sigma(chosen, tag, values.size), notes, doubts)
    other = next((what for each in blocks for tag, what in _OTHERS.items() if len(each.find_loop(tag))), "")
    holds = f"holds {other} and no angles" if other else "holds no pattern"
    raise BadInput(
        f"{place} {holds}; intensities with _pd_meas_2theta_scan, or with _pd_meas_2theta_range_min, _max and _inc, "
        "were expected"
    )


def _loop(chosen: Any, tag: str) -> Array:
    from gemmi import cif

    return np.array([cif.as_number(value) for value in chosen.find_loop(tag)], dtype=np.float64)


def _angles(chosen: Any, count: int, place: str) -> Array | None:
    from gemmi import cif

    for tag in _ANGLES:
        if len(chosen.find_loop(tag)):
            angle = _loop(chosen, tag)
            if angle.size != count:
                raise BadInput(f"{place} has {angle.size} angles and {count} intensities in block '{chosen.name}'")
            return angle
    for start in _RANGES:
        found = [chosen.find_value(f"{start}{end}") for end in ("min", "max", "inc")]
        if all(found):
            low, high, step = (cif.as_number(value) for value in found)
            if not (step > 0.0 and abs(low + step * (count - 1) - high) < 0.6 * step):
                raise BadInput(
                    f"{place} tells a range from {low:g} to {high:g} degrees by {step:g} and holds {count} intensities "
                    f"in block '{chosen.name}'; they do not fit"
                )
            return np.asarray(low + step * np.arange(count))
    return None


def _sigma(chosen: Any, tag: str, count: int) -> Array | None:
    """Sigmas from a column of their own, from parentheses, or from least-squares weights."""
    for end in ("_su", "_esd"):
        if len(chosen.find_loop(tag + end)) == count:
            return _loop(chosen, tag + end)
    inside = [_SU.search(value) for value in chosen.find_loop(tag)]
    if all(inside):
        return np.array([int(m[2]) * 10.0 ** -len(m[1] or "") for m in inside if m is not None])
    weights = _loop(chosen, "_pd_proc_ls_weight")
    return 1.0 / np.sqrt(weights) if weights.size == count and np.all(weights > 0.0) else None


def _wavelength(blocks: list[Any], chosen: Any) -> tuple[str, tuple[str, ...]]:
    """The note 'wavelength' by this block, or by the one other that tells it."""
    from gemmi import cif

    def told(tag: str) -> list[str]:
        here = _values(chosen, tag)
        return here or next((there for each in blocks if (there := _values(each, tag))), [])

    waves = [cif.as_number(text) for text in told(_WAVE)]
    waves = sorted(value for value in waves if np.isfinite(value))
    kind = _TUBE.match(next(iter(told(_TYPE)), ""))
    if not waves:
        return (f"{kind[1].capitalize()}Ka{'1' if kind[2] else ''}", ()) if kind else ("", ())
    if len(waves) > 2:
        return "", (f"the file tells {len(waves)} wavelengths; set 'wavelength'",)
    second = waves[1] if len(waves) == 2 else 0.0 if kind is None or kind[2] else None
    note, doubts = radiation(waves[0], second)
    written = told(_WAVE)
    if len(written) == 1 and note.endswith("angstrom") and _SU.search(written[0]):
        note = f"{written[0]} angstrom"
    return note, doubts


def _values(chosen: Any, tag: str) -> list[str]:
    from gemmi import cif

    found = [chosen.find_value(tag)] if chosen.find_value(tag) else list(chosen.find_loop(tag))
    return [cif.as_string(value) for value in found if value and not cif.is_null(value)]
