"""The current of a mixed conductor after a voltage is switched on between contacts that pass one of its carriers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TERMS = 200
"""The last of them is gone after 1e-5 of the slowest one's time."""


def polarisation_current(
    time: NDArray[np.floating[Any]], voltage: float, through: float, blocked: float, capacitance: float
) -> Array:
    """Current in A at ``time`` (s) after ``voltage`` (V) is switched on.

    ``through`` (ohm) is the resistance of the rail whose carrier the contacts pass, ``blocked`` that of the other,
    ``capacitance`` (F) what lies between the rails. At first both conduct, at last ``through`` alone; the current falls
    by exp(-t/T_n), the zeros of the impedance of Jamnik and Maier, J. Electrochem. Soc. 146 (1999) 4183:
    tan b = -(blocked/through) b, T_n = (through + blocked) C/(4 b^2). The longest lies between
    (through + blocked) C/pi^2, where ``blocked`` is large, and a quarter of it.
    """
    both = through + blocked
    b = _roots(blocked / through, _TERMS)
    times = both * capacitance / (4.0 * b**2)
    # Y = 1/Z has residues 1/Z'; with k = j b, tanh(k)/k = tan(b)/b and d/ds = (through + blocked) C/(8 k) d/dk
    unit = np.tan(b) / b
    turn = 1.0 + np.tan(b) ** 2 - unit  # k d(tanh k/k)/dk
    slope = through**2 / both * turn / (2.0 * -(b**2)) * both * capacitance / 4.0
    sizes = voltage * -times / slope
    return np.asarray(voltage / through + np.exp(-time[:, None] / times) @ sizes)


def settling_time(through: float, blocked: float, capacitance: float) -> float:
    """The time constant in s of the last exponential of ``polarisation_current``."""
    return float((through + blocked) * capacitance / (4.0 * _roots(blocked / through, 1)[0] ** 2))


def _roots(share: float, count: int) -> Array:
    """The first ``count`` positive roots of tan b = -``share`` b, one between (n - 1/2) pi and n pi."""
    low = np.pi * (np.arange(count) + 0.5)
    high = low + 0.5 * np.pi
    sign = np.cos(high)
    for _ in range(60):
        b = 0.5 * (low + high)
        before = (np.sin(b) + share * b * np.cos(b)) * sign < 0.0
        low, high = np.where(before, b, low), np.where(before, high, b)
    return np.asarray(0.5 * (low + high))
