"""Diffusion inside grains: what the surface of a sphere sees of the charge stored below it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shells:
    """A unit sphere cut into concentric shells, innermost first.

    ``volume`` are the shells' shares of the sphere (n). ``conductance`` (n - 1) couples neighbours:
    d(xi_m)/dt = conductance_m (xi_(m+1) - xi_m) / (tau volume_m) and so on, tau = R^2/D. ``surface`` is the extent
    that the surface lies below the last shell when a charge density q empties at J: xi_last - surface tau J/q.
    """

    volume: Array
    conductance: Array
    surface: float


@cache
def shells(count: int, fineness: float = 2.0) -> Shells:
    """``count`` shells whose edges are r = 1 - (1 - u)^fineness at even u, so that those at the surface are thinnest.

    Finite volumes of Fick's law in a sphere (Crank, The Mathematics of Diffusion, 1975, section 6.3); the flux
    between two shells is taken between their middle radii.
    """
    edges = 1.0 - (1.0 - np.linspace(0.0, 1.0, count + 1)) ** fineness
    middles = 0.5 * (edges[1:] + edges[:-1])
    inner = 3.0 * edges[1:-1] ** 2 / np.diff(middles)
    return Shells(_fixed(np.diff(edges**3)), _fixed(inner), float((1.0 - middles[-1]) / 3.0))


PARABOLIC_SURFACE = 1.0 / 15.0
"""``surface`` of a whole sphere with a parabolic profile (Wang, Srinivasan, J. Power Sources 110 (2002) 364)."""


@cache
def lognormal_sizes(count: int, spread: float) -> tuple[Array, Array]:
    """Volume shares and radii (the median of volume is 1) of ``count`` sizes of a lognormal distribution.

    ``spread`` is the standard deviation of the radius's logarithm. Gauss-Hermite: ``count`` sizes give the first
    2 count - 1 moments of the logarithm exactly (Abramowitz and Stegun, 25.4.46).
    """
    places, weights = np.polynomial.hermite_e.hermegauss(count)
    return _fixed(weights / weights.sum()), _fixed(np.exp(spread * places))


def _fixed(values: Array) -> Array:
    """The same array, which nobody can change: it is kept for the next call."""
    values.flags.writeable = False
    return values
