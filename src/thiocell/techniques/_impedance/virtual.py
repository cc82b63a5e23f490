"""A virtual impedance analyser: what it writes down of a circuit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.physics.circuit import Circuit
from thiocell.techniques._impedance.spectrum import FEWEST

Array = NDArray[np.float64]

GAIN = Quantity.exact(0.1, "%")
"""Relative error of all impedances of a record together, assumed: a typical analyser."""
NOISE = Quantity.exact(0.2, "%")
"""Of |Z| at one frequency, one sigma of each part, assumed: a typical analyser."""


def virtual_spectrum(
    circuit: Circuit,
    values: Array,
    span: Sequence[Quantity],
    points: int,
    errors: tuple[Quantity, Quantity],
    rng: np.random.Generator | None,
    gain: float | None = None,
) -> Record:
    """What an analyser writes down of a circuit between the frequencies ``span``.

    With ``rng`` it is off by the gain and noise in ``errors``, both shares of |Z|, or by the ``gain`` that is drawn
    already, for several records of one analyser.
    """
    if len(span) != 2 or points < FEWEST:
        raise BadInput(
            f"a predicted spectrum needs a span of two frequencies and {FEWEST} points, not {len(span)} and {points}"
        )
    low, high = sorted(each.to("Hz").value for each in span)
    if low <= 0 or low == high:
        raise BadInput(f"the setting 'span' goes from {low:g} to {high:g} Hz; both lie above zero and differ")
    frequency = np.geomspace(high, low, points)
    z = circuit.impedance(values, frequency)[0]
    if rng is not None:
        z = z * (1.0 + (errors[0].to("").value * rng.normal() if gain is None else gain))
        size = errors[1].to("").value * np.abs(z)
        z = z + size * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    columns = {"frequency": Column(frequency, "Hz"), "z_real": Column(z.real, "ohm"), "z_imag": Column(z.imag, "ohm")}
    return Record("impedance", "impedance", columns, Source("predicted", place=f"circuit {circuit.text}"))
