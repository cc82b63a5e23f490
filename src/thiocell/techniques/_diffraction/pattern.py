"""A powder pattern as an analysis reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.core.source import Source
from thiocell.techniques._findings import kind_of
from thiocell.techniques._record import usable

Array = NDArray[np.float64]

KINDS = ("diffraction",)
READS = ("two_theta", "intensity")
_FEWEST = 100
"""assumed: points below which no structure is refined."""
_COUNTS = 10.0
"""assumed: largest intensity below which a pattern without sigmas is no pattern of counts."""
_FLAT = 5.0
"""assumed: times the points' noise that the highest must stand above the middle one, or nothing diffracted."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """Angles in degrees that rise, intensities and their sigmas in the unit of the file."""

    name: str
    angle: Array
    intensity: Array
    sigma: Array
    source: Source
    doubts: tuple[str, ...]


def read_pattern(records: Mapping[str, Record], technique: str, begin: float, end: float) -> Pattern:
    """The record in the role 'main' between two angles (degrees); raises BadInput naming what is wrong."""
    record = usable(records, technique, KINDS, READS)
    angle, intensity = np.degrees(record["two_theta"]), record["intensity"]
    doubts = list(record.doubts)
    if len(record) < _FEWEST:
        raise BadInput(f"record '{record.name}' has {len(record)} rows; a refinement needs {_FEWEST}")
    used = angle[((angle >= begin) | (begin <= 0.0)) & ((angle <= end) | (end >= 180.0))]
    if used.size and (used.min() <= 0.0 or used.max() >= 180.0):
        raise BadInput(
            f"record '{record.name}' has angles from {used.min():.4g} to {used.max():.4g} degrees; two-theta lies "
            "between 0 and 180: set 'begin' and 'end' to what is a pattern (or is the column d or q?)"
        )
    order = np.argsort(angle, kind="stable")
    if np.any(np.diff(angle) <= 0):
        if np.all(np.diff(angle[::-1]) > 0):
            doubts.append("the angles fall: is the column d, not two-theta? They are taken as they are, turned round")
        else:
            raise BadInput(f"record '{record.name}' has angles that do not rise from row to row; sort the rows")
    sigma = _sigmas(record, doubts)
    inside = order[(angle[order] >= begin) & (angle[order] <= end)]
    if inside.size < _FEWEST:
        raise BadInput(
            f"record '{record.name}' has {inside.size} points between {begin:.4g} and {end:.4g} degrees; a refinement "
            f"needs {_FEWEST}"
        )
    angle, intensity, sigma = angle[inside], intensity[inside], sigma[inside]
    if intensity.max() - np.median(intensity) < _FLAT * np.median(sigma):
        if "intensity_sigma" not in record and intensity.max() < _COUNTS:
            raise BadInput(
                f"record '{record.name}' has intensities up to {intensity.max():.3g} and no sigmas: they are no "
                "counts; give counts, or a column 'intensity_sigma'"
            )
        raise BadInput(f"record '{record.name}' has no line above its noise; nothing can be refined")
    source = Source(kind_of(record.source), record.source.reference, record.source.place)
    return Pattern(record.name, angle, intensity, sigma, source, tuple(doubts))


def _sigmas(record: Record, doubts: list[str]) -> Array:
    """The file's sigmas where they are above zero, else those of counts; what is done is said."""
    intensity = record["intensity"]
    counted = np.sqrt(np.maximum(np.abs(intensity), 1.0))
    if "intensity_sigma" not in record:
        if np.any(intensity < 0):
            raise BadInput(
                f"record '{record.name}' has intensities below zero and no sigmas; give counts, or a column "
                "'intensity_sigma'"
            )
        doubts.append("the file tells no sigmas: intensities are taken for counts, with the square root as sigma")
        return np.asarray(counted)
    sigma = record["intensity_sigma"]
    wrong = np.flatnonzero(~(sigma > 0))
    if wrong.size:
        doubts.append(
            f"{wrong.size} sigmas of the file are not above zero, the first {sigma[wrong[0]]:.4g} in row "
            f"{wrong[0] + 1}: those of counts stand in their place"
        )
    return np.asarray(np.where(sigma > 0, sigma, counted))
