"""The surface of a slab that takes up ions through one face at a given current, and what its voltage tells of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

Array = NDArray[np.float64]

_EARLY, _LATE = 0.1, 3.0
"""Of t/T: below the first one reflection at the wall does (the next counts e^-40), above the second the series is 0."""
_TERMS = 5
"""The next term of the series counts exp(-0.1 (6 pi)^2) = 4e-16."""


def surface_rise(theta: Array) -> Array:
    """How far the surface has risen at ``theta`` = t/T, T = L^2/D, over the rise of the mean in T; 0 before the start.

    A constant current enters one face of a slab of thickness L, the other is closed: Crank, The Mathematics of
    Diffusion (1975), eq. 4.55, and its form for early times, eq. 4.56: 2 sqrt(theta/pi) at first, theta + 1/3 at last.
    """
    after = np.maximum(np.asarray(theta), 0.0)
    rise = np.asarray(after + 1.0 / 3.0)
    early, middle = after < _EARLY, (after >= _EARLY) & (after < _LATE)
    root = np.sqrt(after[early])
    inverse = 1.0 / np.maximum(root, 1e-150)
    rise[early] = 2.0 * root * (1.0 / np.sqrt(np.pi) + 2.0 * _ierfc(inverse))
    orders = np.arange(1, _TERMS + 1) ** 2
    rise[middle] -= np.exp(-np.multiply.outer(after[middle], np.pi**2 * orders)) @ (2.0 / np.pi**2 / orders)
    return rise


def _ierfc(x: Array) -> Array:
    near: Array = np.minimum(x, 30.0)  # beyond, it is below e^-900
    return np.asarray(np.exp(-(near**2)) / np.sqrt(np.pi) - near * erfc(near))


def charge_at_surface(at: Array, switched: Array, steps: Array, diffusion_time: float) -> Array:
    """The charge (C) that the surface shows at the times ``at`` (s), by superposition.

    At each time in ``switched`` (s) the current changes by one of ``steps`` (A). In a slab whose open-circuit voltage
    is straight, the voltage without resistances is that of this charge; at rest it becomes the charge that has passed.
    """
    theta = np.subtract.outer(at, switched) / diffusion_time
    return np.asarray(diffusion_time * (surface_rise(theta) @ steps))


def root_time(time: Array, diffusion_time: float) -> Array:
    """What stands in a slab for the square root of ``time`` (s) in an endless body; the same while t << L^2/D.

    At t/T = 0.2 it differs by 0.1 %, and its slope by 1.3 %.
    """
    return np.asarray(0.5 * np.sqrt(np.pi * diffusion_time) * surface_rise(time / diffusion_time))


def diffusion_time(coefficient: Array, slope: Array) -> Array:
    """L^2/D in s from a voltage that goes as ``coefficient`` (ohm/s^0.5) times the square root of time.

    ``slope`` (V/C) is that of the open-circuit voltage against the charge. A current I moves the surface by 2 slope I
    sqrt(T t/pi), so T = pi/4 (coefficient/slope)^2. With D = L^2/T this is Weppner and Huggins's D = 4/(pi tau) (L
    dE_s/dE_t)^2, J. Electrochem. Soc. 124 (1977) 1569, and the law of interruptions, Chien et al., Nat. Commun. 14
    (2023) 2289.
    """
    return 0.25 * np.pi * (coefficient / slope) ** 2
