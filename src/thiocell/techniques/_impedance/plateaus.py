"""Two plateaus read off a spectrum without any circuit: where its phase is nearest to that of a resistor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thiocell.techniques._impedance.spectrum import Spectrum
from thiocell.techniques._spread import Spread

_DEEP = np.deg2rad(1.0)
"""assumed: by how much the phase must rise between two plateaus to part them; 1 degree."""


class Plateaus(NamedTuple):
    """The resistances (ohm) of the plateaus at high and at low frequency, and those frequencies (Hz)."""

    high: Spread
    low: Spread
    at_high: float
    at_low: float


def plateaus(spectrum: Spectrum) -> Plateaus | None:
    """The real parts where the phase is least on either side of its most outstanding maximum; None without one.

    The sigma of each is by how much the real part changes over a third of a decade there.
    """
    phase = -np.angle(spectrum.impedance)
    smooth = np.array([np.median(phase[max(k - 1, 0) : k + 2]) for k in range(phase.size)])
    before, after = np.minimum.accumulate(smooth), np.minimum.accumulate(smooth[::-1])[::-1]
    stands_out = smooth - np.maximum(before, after)
    top = int(np.argmax(stands_out))
    if stands_out[top] < _DEEP:
        return None
    high, low = int(np.argmin(smooth[:top])), top + int(np.argmin(smooth[top:]))
    return Plateaus(
        _read(spectrum, high, "plateau at high frequency"),
        _read(spectrum, low, "plateau at low frequency"),
        float(spectrum.frequency[high]),
        float(spectrum.frequency[low]),
    )


def _read(spectrum: Spectrum, k: int, name: str) -> Spread:
    near = np.abs(np.log10(spectrum.frequency / spectrum.frequency[k])) <= 1.0 / 6.0 + 1e-9
    around = spectrum.impedance.real[near] if near.sum() > 1 else spectrum.impedance.real[max(k - 1, 0) : k + 2]
    return Spread(np.asarray(spectrum.impedance.real[k]), {name: np.asarray(float(np.ptp(around)))})
