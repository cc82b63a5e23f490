"""The elements of equivalent circuits: impedance and its exact slopes, for many sets of parameters at once.

Every law takes ``p[parameter]``, each of shape (sets, 1), and ``s`` = j omega, (1 or sets, frequencies), and gives the
impedance in ohm with its derivative by each parameter, all (sets, frequencies).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Sloped = tuple[NDArray[Any], list[NDArray[Any]]]
"""Impedance, and its derivative by each parameter."""
Law = Callable[[Sequence[Array], Complex], Sloped]


class Part(NamedTuple):
    """A parameter of an element; ``kind`` says between which bounds it is searched for, and on which scale."""

    name: str
    unit: str
    meaning: str
    kind: Literal["resistance", "capacitance", "inductance", "time", "warburg", "exponent"]


class Element(NamedTuple):
    """What its letters stand for."""

    meaning: str
    parts: tuple[Part, ...]
    law: Law


def _resistor(p: Sequence[Array], s: Complex) -> Sloped:
    one = np.ones_like(s)
    return p[0] * one, [one + 0.0 * p[0]]


def _capacitor(p: Sequence[Array], s: Complex) -> Sloped:
    z = 1.0 / (p[0] * s)
    return z, [-z / p[0]]


def _inductor(p: Sequence[Array], s: Complex) -> Sloped:
    return p[0] * s, [s + 0.0 * p[0]]


def _constant_phase(p: Sequence[Array], s: Complex) -> Sloped:
    """1/(Q s^n): Brug et al., J. Electroanal. Chem. 176 (1984) 275."""
    log = np.log(s)
    z = np.exp(-p[1] * log) / p[0]
    return z, [-z / p[0], -z * log]


def _warburg(p: Sequence[Array], s: Complex) -> Sloped:
    """A (1 - j)/sqrt(omega), semi-infinite diffusion."""
    unit = np.sqrt(2.0 / s)
    return p[0] * unit, [unit + 0.0 * p[0]]


def _open_warburg(p: Sequence[Array], s: Complex) -> Sloped:
    """R coth(k)/k with k = sqrt(s tau): diffusion up to a wall that lets nothing through."""
    k = np.sqrt(s * p[1])
    coth = 1.0 / np.tanh(k)
    unit = coth / k
    return p[0] * unit, [unit, p[0] * (1.0 - coth**2 - unit) / (2.0 * p[1])]


def _short_warburg(p: Sequence[Array], s: Complex) -> Sloped:
    """R tanh(k)/k with k = sqrt(s tau): diffusion up to a place that holds the concentration."""
    k = np.sqrt(s * p[1])
    tanh = np.tanh(k)
    unit = tanh / k
    return p[0] * unit, [unit, p[0] * (1.0 - tanh**2 - unit) / (2.0 * p[1])]


def _line(p: Sequence[Array], s: Complex) -> Sloped:
    """R tanh(k)/k with k = (s tau)^(n/2): what rises along a two-rail line between like contacts."""
    log = np.log(s * p[1])
    k = np.exp(0.5 * p[2] * log)
    tanh = np.tanh(k)
    unit = tanh / k
    turn = p[0] * (1.0 - tanh**2 - unit)  # k dZ/dk
    return p[0] * unit, [unit, 0.5 * p[2] * turn / p[1], 0.5 * log * turn]


def _gerischer(p: Sequence[Array], s: Complex) -> Sloped:
    """R/sqrt(1 + s tau): diffusion with a reaction on the way."""
    inner = 1.0 + s * p[1]
    unit = 1.0 / np.sqrt(inner)
    return p[0] * unit, [unit, -0.5 * p[0] * unit * s / inner]


def _like_contacts(through: Array, blocked: Array, q: Array, n: Array, s: Complex) -> Sloped:
    """Both contacts pass the carrier of the rail ``through`` and block that of ``blocked``; slopes in this order."""
    log = np.log(s)
    both = through + blocked
    k = 0.5 * np.sqrt(both * q * np.exp(n * log))
    tanh = np.tanh(k)
    part = tanh / k
    turn = 1.0 - tanh**2 - part  # k d(part)/dk
    weight = through**2 / both
    half = 0.5 * weight * turn
    by_through = (blocked**2 + (both**2 - blocked**2) * part) / both**2 + half / both
    by_blocked = through**2 * (1.0 - part) / both**2 + half / both
    return through * blocked / both + weight * part, [by_through, by_blocked, half / q, half * log]


def _electron_contacts(p: Sequence[Array], s: Complex) -> Sloped:
    return _like_contacts(p[0], p[1], p[2], p[3], s)


def _ion_contacts(p: Sequence[Array], s: Complex) -> Sloped:
    z, (by_ion, by_electron, *rest) = _like_contacts(p[1], p[0], p[2], p[3], s)
    return z, [by_electron, by_ion, *rest]


def _unlike_contacts(p: Sequence[Array], s: Complex) -> Sloped:
    """One contact passes ions, the other electrons: Bisquert et al., J. Phys. Chem. B 104 (2000) 2287, eq. 22."""
    electron, ion, q, n = p
    log = np.log(s)
    both = electron + ion
    k = np.sqrt(both * q * np.exp(n * log))
    small = np.exp(-k)
    csch = 2.0 * small / (1.0 - small**2)
    coth = 1.0 / np.tanh(k)
    open_, wall = csch / k, coth / k
    rails, ends = electron * ion / both, (electron**2 + ion**2) / both
    half = 0.5 * (-2.0 * rails * (open_ + coth * csch) + ends * (1.0 - coth**2 - wall))  # (k/2) dZ/dk
    slopes = [
        (other**2 * (1.0 + 2.0 * open_) + (2.0 * own * both - electron**2 - ion**2) * wall) / both**2 + half / both
        for own, other in ((electron, ion), (ion, electron))
    ]
    return rails * (1.0 + 2.0 * open_) + ends * wall, [*slopes, half / q, half * log]


_R = Part("R", "ohm", "resistance", "resistance")
_Q = Part("Q", "S", "admittance at 1 rad/s: the number of Q in S s^n", "capacitance")
_N = Part("n", "", "exponent", "exponent")
_TAU = Part("tau", "s", "time constant", "time")
_RAILS = (
    Part("Re", "ohm", "resistance of the electrons' rail", "resistance"),
    Part("Ri", "ohm", "resistance of the ions' rail", "resistance"),
    Part("Q", "S", "admittance at 1 rad/s between the rails; their capacitance in F if n is 1", "capacitance"),
    _N,
)

ELEMENTS: Mapping[str, Element] = {
    "R": Element("resistor", (_R._replace(name=""),), _resistor),
    "C": Element("capacitor", (Part("", "F", "capacitance", "capacitance"),), _capacitor),
    "L": Element("inductor", (Part("", "H", "inductance", "inductance"),), _inductor),
    "CPE": Element("constant-phase element", (_Q, _N), _constant_phase),
    "W": Element(
        "semi-infinite Warburg impedance", (Part("", "ohm/s**0.5", "Warburg coefficient", "warburg"),), _warburg
    ),
    "Wo": Element("finite Warburg impedance, blocked at its end", (_R, _TAU), _open_warburg),
    "Ws": Element("finite Warburg impedance, open at its end", (_R, _TAU), _short_warburg),
    "Wl": Element("finite Warburg impedance, open at its end, with an exponent", (_R, _TAU, _N), _line),
    "G": Element("Gerischer impedance", (_R, _TAU), _gerischer),
    "Tee": Element("mixed conductor between two contacts that pass electrons only", _RAILS, _electron_contacts),
    "Tii": Element("mixed conductor between two contacts that pass ions only", _RAILS, _ion_contacts),
    "Tie": Element("mixed conductor between a contact for ions and one for electrons", _RAILS, _unlike_contacts),
}
"""Two-rail lines: a rail of resistance Re for electrons, one of Ri for ions, and Q (j omega)^n between them all along.

Jamnik, Maier, J. Electrochem. Soc. 146 (1999) 4183; contacts that block are taken as perfect.
"""
