"""A virtual impedance analyser: what it writes down of a circuit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.techniques._impedance.spectrum import FEWEST

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

GAIN = Quantity.exact(0.1, "%")
"""Relative error of all impedances of a record together, assumed: a typical analyser."""
NOISE = Quantity.exact(0.2, "%")
"""Of |Z| at one frequency, one sigma of each part, assumed: a typical analyser."""


def sweep(span: Sequence[Quantity], points: int) -> Array:
    """Frequencies (Hz) between both of ``span``, falling; raises BadInput if it is none."""
    if len(span) != 2 or points < FEWEST:
        raise BadInput(
            f"a predicted spectrum needs a span of two frequencies and {FEWEST} points, not {len(span)} and {points}"
        )
    low, high = sorted(each.to("Hz").value for each in span)
    if low <= 0 or low == high:
        raise BadInput(f"the setting 'span' goes from {low:g} to {high:g} Hz; both lie above zero and differ")
    return np.geomspace(high, low, points)


def recorded(
    frequency: Array, z: Complex, noise: Quantity, rng: np.random.Generator | None, place: str, model: str = ""
) -> Record:
    """What an analyser writes down of ``z`` (ohm), with ``rng`` off by its ``noise``, a share of |Z|.

    ``model`` names what predicted it, if it was not given what comes back.
    """
    if rng is not None:
        size = noise.to("").value * np.abs(z)
        z = z + size * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    columns = {"frequency": Column(frequency, "Hz"), "z_real": Column(z.real, "ohm"), "z_imag": Column(z.imag, "ohm")}
    return Record("impedance", "impedance", columns, Source("predicted", model, place))
