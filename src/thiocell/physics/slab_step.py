"""The current after a potential step into a slab that takes up ions through one face, behind a resistance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx

from thiocell.physics.composition import FARADAY
from thiocell.physics.trend_laws import GAS_CONSTANT

Array = NDArray[np.float64]

_EARLY = 0.05
"""Of t/T, below which the slab is as good as endless: the wall counts exp(-1/0.05) = 2e-9."""
_TERMS = 12
"""From there on the next term of the series is below exp(-0.05 (12 pi)^2) = 4e-31."""


class SlabStep(NamedTuple):
    """Current in A and its derivatives by the logarithms of charge, diffusion time and ``ratio``."""

    current: Array
    by_charge: Array
    by_time: Array
    by_ratio: Array


def slab_step(time: Array, charge: float, diffusion_time: float, ratio: float) -> SlabStep:
    """The current at ``time`` (s, above zero) into a slab that takes up ``charge`` (C) in all.

    ``diffusion_time`` is L^2/D (s), ``ratio`` the diffusion resistance over the series resistance (Lambda). The law is
    Crank's for surface evaporation (The Mathematics of Diffusion, 1975, eq. 4.50): i = 2 Q/T sum Lambda^2 exp(-b^2 t/T)
    / (b^2 + Lambda^2 + Lambda), b tan b = Lambda, and Q Lambda/T exp(Lambda^2 t/T) erfc(Lambda sqrt(t/T)) at first.
    """
    theta = time / diffusion_time
    unit, by_theta, by_ratio = _unit(theta, ratio)
    size = charge / diffusion_time
    return SlabStep(size * unit, size * unit, -size * (unit + theta * by_theta), size * ratio * by_ratio)


def _unit(theta: Array, ratio: float) -> tuple[Array, Array, Array]:
    """The current over Q/T at ``theta`` = t/T, and its derivatives by theta and by ``ratio``."""
    unit, by_theta, by_ratio = (np.empty_like(theta) for _ in range(3))
    first = theta < _EARLY
    if first.any():
        at = theta[first]
        root = np.sqrt(at)
        value = erfcx(ratio * root)
        slope = 2.0 * ratio * root * value - 2.0 / np.sqrt(np.pi)  # of erfcx at ratio root
        unit[first] = ratio * value
        by_theta[first] = ratio * slope * ratio / (2.0 * root)
        by_ratio[first] = value + ratio * slope * root
    if not first.all():
        at = theta[~first]
        b = slab_roots(ratio, _TERMS)
        below = b**2 + ratio**2 + ratio
        weight = 2.0 * ratio**2 / below
        falling = np.exp(-np.outer(at, b**2))
        turn = b / below  # db/d(ratio), from b tan b = ratio
        by_own = 4.0 * ratio / below - weight / below * (2.0 * ratio + 1.0 + 2.0 * b * turn)
        unit[~first] = falling @ weight
        by_theta[~first] = falling @ (-weight * b**2)
        by_ratio[~first] = falling @ by_own - at * (falling @ (weight * 2.0 * b * turn))
    return unit, by_theta, by_ratio


def slab_roots(ratio: float, count: int) -> Array:
    """The first ``count`` positive roots of b tan b = ``ratio``."""
    base = np.pi * np.arange(count)
    low, high = base.copy(), base + 0.5 * np.pi
    for _ in range(60):  # b sin b - ratio cos b rises through its root in each interval, up to sign
        b = 0.5 * (low + high)
        before = (b * np.sin(b) - ratio * np.cos(b)) * np.cos(base) < 0.0
        low, high = np.where(before, b, low), np.where(before, high, b)
    return 0.5 * (low + high)


def cottrell_diffusivity(slope: float, area: float, concentration: float, electrons: float = 1.0) -> float:
    """Diffusivity in m2/s from ``slope`` = i sqrt(t) in A s^0.5: i = n F A C sqrt(D/(pi t)).

    ``area`` in m2; ``concentration`` in mol/m3 is the change at the surface that the step brings about. Cottrell, Z.
    Phys. Chem. 42 (1903) 385.
    """
    return float(np.pi * (slope / (electrons * FARADAY * area * concentration)) ** 2)


def nernst_einstein(diffusivity: float, concentration: float, charge_number: float, temperature: float) -> float:
    """Conductivity in S/m of ``concentration`` (mol/m3) of ions that move by ``diffusivity`` (m2/s): C z^2 F^2 D/(R T).

    It is that of carriers which do not feel each other: a chemical diffusivity carries the thermodynamic factor too.
    """
    return concentration * (charge_number * FARADAY) ** 2 * diffusivity / (GAS_CONSTANT * temperature)
