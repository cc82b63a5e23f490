"""Mixing laws: the conductivity of a mixture from those of its phases and their volume shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def power_mean(shares: Array, conductivities: Array, power: int) -> float:
    """Conductivity in S/m of phases whose volume ``shares`` add up to one: (sum v s^(1/power))^power.

    ``power`` 1 is conduction side by side (the upper Wiener bound), 3 Looyenga's law for grains of any shape
    (Physica 31 (1965) 401), 2 Birchak's; pores are a phase of conductivity zero.
    """
    return float(np.sum(shares * conductivities ** (1.0 / power)) ** power)


def wiener_bounds(shares: Array, conductivities: Array) -> tuple[float, float]:
    """The lowest (layers in series) and highest (side by side) conductivity in S/m that the shares allow.

    Wiener, Abh. Sächs. Akad. Wiss. 32 (1912) 509.
    """
    if np.any((conductivities == 0) & (shares > 0)):
        return 0.0, float(np.sum(shares * conductivities))
    held = shares > 0
    return float(1.0 / np.sum(shares[held] / conductivities[held])), float(np.sum(shares * conductivities))


def hashin_shtrikman_bounds(shares: Array, conductivities: Array) -> tuple[float, float]:
    """The lowest and highest conductivity in S/m of an isotropic mixture.

    Hashin, Shtrikman, J. Appl. Phys. 33 (1962) 3125, for any number of phases (Milton, The Theory of Composites, 2002):
    1/(s + 2 s0) is averaged with s0 the lowest, or the highest, of the conductivities.
    """

    def bound(least: float) -> float:
        if least == 0.0:
            return 0.0
        return float(1.0 / np.sum(shares / (conductivities + 2.0 * least)) - 2.0 * least)

    present = conductivities[shares > 0]
    return bound(float(present.min())), bound(float(present.max()))
