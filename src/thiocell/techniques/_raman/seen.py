"""A Raman spectrum as an analysis reads it: by rising shift, without rows that mislead, with the noise of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.core.source import Source
from thiocell.techniques._findings import kind_of
from thiocell.techniques._raman.fit import USUAL
from thiocell.techniques._raman.noise import noise_of
from thiocell.techniques._raman.spikes import spikes_of
from thiocell.techniques._record import usable

Array = NDArray[np.float64]

READS = ("raman_shift", "intensity")
_FEWEST = 30
"""assumed: rows below which nothing is fitted."""
_FLAT, _STEPS = 3, 3.0
"""assumed: neighbouring rows of the greatest intensity from which a detector is saturated, if a row beside them is
lower by more than so many of the intensities' least steps; the rounded top of a line has rows a step lower beside it.
"""
_TOLD = 5
"""Spikes whose places are told."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A spectrum by rising shift (1/cm); ``left_out`` are the shifts and intensities of rows that it lacks.

    ``saturated`` are the shifts of those of them at which the detector was.
    """

    shift: Array
    counts: Array
    sigma: Array
    left_out: tuple[Array, Array]
    saturated: Array
    source: Source
    doubts: tuple[str, ...]


def read_spectrum(records: Mapping[str, Record], begin: float, end: float) -> Seen:
    """The main record from ``begin`` to ``end`` (1/cm)."""
    record = usable(records, "raman", ("raman",), READS)
    if len(record) < _FEWEST:
        raise BadInput(f"record '{record.name}' has {len(record)} rows; a fit needs {_FEWEST}")
    shift, counts = 0.01 * record["raman_shift"], record["intensity"]
    order = np.argsort(shift, kind="stable")
    shift, counts = shift[order], counts[order]
    if np.any(np.diff(shift) <= 0):
        raise BadInput(f"record '{record.name}' has a raman_shift twice; give each row its own")
    inside = (shift >= begin) & (shift <= end)
    if np.count_nonzero(inside) < _FEWEST:
        raise BadInput(
            f"record '{record.name}' has {np.count_nonzero(inside)} rows from {begin:g} to {end:g} 1/cm; a fit needs "
            f"{_FEWEST}"
        )
    shift, counts = shift[inside], counts[inside]
    if not np.ptp(counts) > 0:
        raise BadInput(f"record '{record.name}' holds one intensity alone; nothing can be fitted")
    doubts, out = list(record.doubts), np.zeros(counts.size, dtype=bool)
    step = float(np.median(np.diff(shift)))
    if 3.0 * step > USUAL:
        doubts.append(f"rows are {step:.3g} 1/cm apart: a spike cannot be told from a line, and none was looked for")
    else:
        out = spikes_of(counts)
    if out.any():
        doubts.append(_told(shift[out]))
    full = np.zeros_like(out)
    full[~out] = _saturated(counts[~out])
    if full.any():
        doubts.append(
            f"the detector is saturated: {np.count_nonzero(full)} rows from {shift[full][0]:.4g} to "
            f"{shift[full][-1]:.4g} 1/cm have the greatest intensity, {counts[full][0]:.6g}; they are left out, and "
            "nothing is told of lines there"
        )
    out |= full
    left_out, saturated = (shift[out], counts[out]), shift[full]
    shift, counts = shift[~out], counts[~out]
    noise = noise_of(counts)
    if not noise.counted:
        doubts.append(_no_counts(noise.of_counts))
    source = Source(kind_of(record.source), record.source.reference, record.source.place)
    return Seen(shift, counts, noise.sigma, left_out, saturated, source, tuple(doubts))


def _saturated(counts: Array) -> NDArray[np.bool_]:
    """The rows of the greatest intensity, if several in a row have it and no line could be as flat."""
    top = counts == counts.max()
    starts, ends = (np.flatnonzero(np.diff(np.pad(top, 1).astype(int)) == sign) for sign in (1, -1))
    values = np.unique(counts)
    least = values[-1] - _STEPS * float(np.min(np.diff(values)))
    beside = np.pad(counts, 1, constant_values=np.inf)
    flat = [
        end - start >= _FLAT and min(beside[start], beside[end + 1]) < least
        for start, end in zip(starts, ends, strict=True)
    ]
    return top if any(flat) else np.zeros_like(top)


def _told(places: Array) -> str:
    listed = ", ".join(f"{place:.4g}" for place in places[:_TOLD])
    more = f" and {places.size - _TOLD} more" if places.size > _TOLD else ""
    return f"spikes of one or two rows, as cosmic rays make them, stand at {listed}{more} 1/cm: those rows are left out"


def _no_counts(ratio: float) -> str:
    why = (
        f"the noise of neighbouring rows is {ratio:.2g} times that of counts"
        if np.isfinite(ratio)
        else "some intensities lie below zero"
    )
    return f"intensities are no plain counts, as {why}: sigmas and limits are made from the noise of neighbouring rows"
