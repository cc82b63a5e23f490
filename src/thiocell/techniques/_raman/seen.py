"""A Raman spectrum as an analysis reads it: by rising shift, without spikes, with the noise of its rows."""

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
_TOLD = 5
"""Spikes whose places are told."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A spectrum by rising shift (1/cm); ``spikes`` are the shifts and intensities of the rows that were left out."""

    shift: Array
    counts: Array
    sigma: Array
    spikes: tuple[Array, Array]
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
    spikes = (shift[out], counts[out])
    shift, counts = shift[~out], counts[~out]
    noise = noise_of(counts)
    if not noise.counted:
        doubts.append(_no_counts(noise.of_counts))
    source = Source(kind_of(record.source), record.source.reference, record.source.place)
    return Seen(shift, counts, noise.sigma, spikes, source, tuple(doubts))


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
