"""Where a spectrum lets the parameters of a circuit be searched for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thiocell.physics.circuit import Circuit
from thiocell.physics.circuit_elements import Array, Complex

_BEYOND = np.log(1e3)
"""assumed: how far beyond what the spectrum shows parameters may go."""
_EXPONENT = (0.3, 1.0)
"""assumed: where an exponent may lie: below, an element is no capacitance any more."""


@dataclass(frozen=True)
class Box:
    """Bounds ``low`` and ``high`` [spectrum, parameter], and ``first``, ``last`` between which starts lie.

    All are on the parameters' search scales: logarithms, but for exponents.
    """

    low: Array
    high: Array
    first: Array
    last: Array


def boxes(circuit: Circuit, frequency: Array, impedance: Complex, fixed: Mapping[str, float]) -> Box:
    """What each spectrum can show of each parameter."""
    size = np.abs(impedance)
    omega = 2.0 * np.pi * frequency
    small, large = np.log(size.min(axis=1)), np.log(size.max(axis=1))
    slow, quick = np.log(omega.min(axis=1)), np.log(omega.max(axis=1))
    spans = {
        "resistance": (small - np.log(10.0), large),
        "capacitance": (-quick - large, -slow - small),
        "inductance": (small - quick, large - slow),
        "time": (-quick, -slow),
        "warburg": (small + 0.5 * slow, large + 0.5 * quick),
    }
    low, high, first, last = (np.zeros((len(size), len(circuit.parts))) for _ in range(4))
    for k, (name, part) in enumerate(zip(circuit.names, circuit.parts, strict=True)):
        if name in fixed:
            held = fixed[name] if part.kind == "exponent" else np.log(fixed[name])
            low[:, k] = high[:, k] = first[:, k] = last[:, k] = held
        elif part.kind == "exponent":
            low[:, k], high[:, k] = _EXPONENT
            first[:, k], last[:, k] = 0.6, 1.0
        else:
            first[:, k], last[:, k] = spans[part.kind]
            low[:, k], high[:, k] = first[:, k] - _BEYOND, last[:, k] + _BEYOND
    return Box(low, high, first, last)
