"""Humps of thin layers that lie on each other turned and shifted at random, such as lithiated MoS2 after milling."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import j1

from thiocell.chemistry.structure import Structure

Array = NDArray[np.float64]

_EV_ANGSTROM = 12398.4198
"""CODATA 2022: h c, energy of a photon times its wavelength."""
_POINTS, _FEWEST = 2.0, 80
"""Places in q between which the pattern is interpolated, for each radian of q times width, and their least number."""
_FAR, _TILTS = 80.0, 160
"""Radians of q times radius across the normal to which discs see each other, and steps up to there: within 0.1 %."""


@dataclass(frozen=True)
class Layers:
    """``count`` discs of ``structure``, ``width`` wide and ``spacing`` apart (angstrom).

    ``sway`` is the standard deviation (angstrom) of each spacing, assumed: errors add from layer to layer.
    """

    structure: Structure
    width: float
    spacing: float
    count: int
    sway: float = 0.3


@dataclass(frozen=True)
class _Cell:
    """One cell of a layer: elements, places (angstrom, z along the normal), its two edges, its area (angstrom^2)."""

    elements: tuple[str, ...]
    places: Array
    edges: Array
    area: float


def humps(angle: Array, layers: Layers, wavelength: float) -> Array:
    """Scattering of one cell of the layers (electrons squared) at two-theta ``angle`` (degrees), unpolarised.

    Atoms of one disc by Debye's sum (Debye 1915, Ann. Phys. 351, 809); discs, turned at random, see each other only
    along their normal (Warren 1941, Phys. Rev. 59, 693), where spacings that are not all alike blur their lines
    (paracrystal, Hosemann 1950).
    """
    q = 4.0 * np.pi * np.sin(np.radians(angle / 2.0)) / wavelength
    wide = max(layers.width, layers.spacing * layers.count)
    grid = np.linspace(q.min(), q.max(), max(_FEWEST, int(_POINTS * wide * np.ptp(q))))
    cell = _cell(layers.structure)
    u = {atom.element: atom.u_iso for atom in layers.structure.atoms}
    factors = {each: _factor(each, grid, wavelength) * np.exp(-0.5 * grid**2 * u[each]) for each in set(cell.elements)}
    plain = {each: np.abs(_factor(each, grid, wavelength)) ** 2 for each in factors}
    total = _within(grid, layers.width, cell, factors, plain)
    if layers.count > 1:
        total = total + _between(grid, layers, cell, factors)
    return np.asarray(CubicSpline(grid, total)(q))


def _cell(structure: Structure) -> _Cell:
    cell = gemmi.UnitCell(*structure.edges, *structure.angles)
    atoms: list[tuple[str, Array]] = []
    for atom in structure.atoms:
        for operation in gemmi.SpaceGroup(structure.symbol).operations():
            there = np.array(operation.apply_to_xyz(list(atom.place)))
            there = there - np.array([np.floor(there[0]), np.floor(there[1]), np.round(there[2])])
            apart = [there - other for element, other in atoms if element == atom.element]
            if not any(np.all(np.abs(step - np.round(step)) < 1e-4) for step in apart):
                atoms.append((atom.element, there))
    base = np.array(cell.orth.mat.tolist())
    a, b, _ = structure.edges
    area = a * b * float(np.sin(np.radians(structure.angles[2])))
    return _Cell(tuple(e for e, _ in atoms), np.array([p for _, p in atoms]) @ base.T, base.T[:2], area)


def _factor(element: str, q: Array, wavelength: float) -> NDArray[np.complex128]:
    """Form factor with anomalous scattering (International Tables C, 6.1.1.4; Cromer and Liberman 1981)."""
    kind = gemmi.Element(element)
    real, imaginary = gemmi.cromer_liberman(z=kind.atomic_number, energy=_EV_ANGSTROM / wavelength)
    plain = np.array([kind.it92.calculate_sf((each / (4.0 * np.pi)) ** 2) for each in q])
    return np.asarray(plain + real + 1j * imaginary)


def _within(
    q: Array, width: float, cell: _Cell, factors: dict[str, NDArray[np.complex128]], plain: dict[str, Array]
) -> Array:
    """Debye's sum over a disc, for one cell: of two cells so far apart, a disc holds as many as it overlaps itself."""
    most = int(width / (cell.area / float(np.linalg.norm(cell.edges, axis=1).max()))) + 1
    steps = np.array([(i, j) for i in range(-most, most + 1) for j in range(-most, most + 1)]) @ cell.edges
    far = np.linalg.norm(steps, axis=1) / width
    steps, far = steps[far < 1.0], far[far < 1.0]
    overlap = 2.0 / np.pi * (np.arccos(far) - far * np.sqrt(1.0 - far**2))
    total = np.zeros_like(q)
    for i, one in enumerate(cell.elements):
        total += plain[one]
        for j, two in enumerate(cell.elements):
            apart = np.linalg.norm(steps + cell.places[j] - cell.places[i], axis=1)
            other = apart > 1e-6
            wave = np.sinc(np.outer(q, apart[other]) / np.pi) @ overlap[other]
            total += np.real(factors[one] * np.conj(factors[two])) * wave
    return total


def _between(q: Array, layers: Layers, cell: _Cell, factors: dict[str, NDArray[np.complex128]]) -> Array:
    """What discs above each other add, for one cell: along their normal a disc scatters as a whole."""
    radius = 0.5 * layers.width
    most = np.minimum(0.5 * np.pi, _FAR / (q * radius))[:, None]
    tilt = most * (np.arange(_TILTS) + 0.5) / _TILTS
    along, across = q[:, None] * np.cos(tilt), q[:, None] * np.sin(tilt) * radius
    shape = (2.0 * j1(across) / across) ** 2 * np.sin(tilt) * most / _TILTS
    whole = np.zeros(along.shape, dtype=complex)
    for element, place in zip(cell.elements, cell.places, strict=True):
        whole += factors[element][:, None] * np.exp(1j * along * place[2])
    order = np.zeros_like(along)
    for m in range(1, layers.count):
        loose = np.exp(-0.5 * m * (along * layers.sway) ** 2)
        order += 2.0 * (layers.count - m) / layers.count * np.cos(along * layers.spacing * m) * loose
    return np.asarray(np.pi * radius**2 / cell.area * np.sum(shape * np.abs(whole) ** 2 * order, axis=1))
