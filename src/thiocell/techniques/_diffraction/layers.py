"""Humps of thin layers that lie on each other turned and shifted at random, such as lithiated MoS2 after milling."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import j1

from thiocell.chemistry.structure import Structure
from thiocell.core.bad_input import BadInput
from thiocell.core.extra import needed
from thiocell.core.x_rays import EV_ANGSTROM

Array = NDArray[np.float64]

_POINTS, _FEWEST = 2.0, 80
"""Places in q between which the pattern is interpolated, for each radian of q times width, and their least number."""
_FAR, _TILTS = 80.0, 160
"""Radians of q times radius across the normal to which discs see each other, and steps up to there: within 0.1 %."""

_GAP = 2.0
"""angstrom; assumed: free of atoms between layers, along their normal."""
_FLAT = 0.5
"""angstrom; assumed: a layer thinner than that is a plane of atoms in a crystal."""


@dataclass(frozen=True)
class Layers:
    """``count`` discs of ``structure``, ``width`` wide and ``spacing`` apart (angstrom).

    ``sway`` is the standard deviation (angstrom) of each spacing, assumed: errors add from layer to layer.
    ``told`` names what a pattern tells of them.
    """

    structure: Structure
    width: float
    spacing: float
    count: int
    sway: float = 0.3
    told: tuple[str, ...] = ("width", "spacing")


@dataclass(frozen=True)
class _Cell:
    """A cell of one of a crystal's ``layers``: elements, places (angstrom, z along the normal), two edges, area."""

    elements: tuple[str, ...]
    places: Array
    edges: Array
    area: float
    layers: int


class Scattering:
    """What layers of ``structure``, none wider than ``widest`` (angstrom), scatter at two-theta ``angle`` (degrees).

    Atoms of one disc by Debye's sum (Debye 1915, Ann. Phys. 351, 809); discs, turned at random, see each other only
    along their normal (Warren 1941, Phys. Rev. 59, 693), where spacings that are not all alike blur their lines
    (paracrystal, Hosemann 1950).
    """

    def __init__(self, angle: Array, structure: Structure, wavelength: float, widest: float) -> None:
        self._q = 4.0 * np.pi * np.sin(np.radians(angle / 2.0)) / wavelength
        self._wavelength = wavelength
        self._u = {atom.element: atom.u_iso for atom in structure.atoms}
        self._cell = _cell(structure)
        self._grid = self._spread(widest)
        self._far, self._shells = self._pairs(widest)

    def _spread(self, longest: float) -> Array:
        """Places in q that follow what a length (angstrom) makes."""
        q = self._q
        return np.linspace(q.min(), q.max(), max(_FEWEST, int(_POINTS * longest * np.ptp(q))))

    def of(self, layers: Layers) -> Array:
        """Scattering of ``layers`` (electrons squared) for one cell of their structure, at each angle, unpolarised."""
        far = np.minimum(self._far / layers.width, 1.0)
        overlap = 2.0 / np.pi * (np.arccos(far) - far * np.sqrt(1.0 - far**2))
        total = CubicSpline(self._grid, self._shells @ overlap)(self._q)
        if layers.count > 1:
            grid = self._spread(layers.spacing * layers.count)
            total = total + CubicSpline(grid, self._between(grid, layers))(self._q)
        return np.asarray(self._cell.layers * total)

    def _factors(self, q: Array) -> tuple[dict[str, NDArray[np.complex128]], dict[str, Array]]:
        """Form factors with the atoms' displacements, and squared without."""
        plain = {each: _factor(each, q, self._wavelength) for each in set(self._cell.elements)}
        blurred = {each: factor * np.exp(-0.5 * q**2 * self._u[each]) for each, factor in plain.items()}
        return blurred, {each: np.abs(factor) ** 2 for each, factor in plain.items()}

    def _pairs(self, widest: float) -> tuple[Array, Array]:
        """Distances of cells in a layer, and what pairs of cells so far apart scatter (q by distances), for one cell.

        Of two cells so far apart, a disc holds as many as it overlaps itself when it is shifted by that.
        """
        cell, q = self._cell, self._grid
        factors, plain = self._factors(q)
        most = int(widest / (cell.area / float(np.linalg.norm(cell.edges, axis=1).max()))) + 1
        steps = np.array([(i, j) for i in range(-most, most + 1) for j in range(-most, most + 1)]) @ cell.edges
        far = np.linalg.norm(steps, axis=1)
        steps, far = steps[far < widest], far[far < widest]
        shells, which = np.unique(np.round(far, 6), return_inverse=True)
        order = np.argsort(which, kind="stable")
        starts = np.searchsorted(which[order], np.arange(shells.size))
        total = np.zeros((q.size, shells.size))
        for i, one in enumerate(cell.elements):
            total[:, 0] += plain[one]
            for j, two in enumerate(cell.elements):
                apart = np.linalg.norm(steps[order] + cell.places[j] - cell.places[i], axis=1)
                wave = np.sinc(np.outer(q, apart) / np.pi)
                wave[:, apart < 1e-6] = 0.0
                pair = np.real(factors[one] * np.conj(factors[two]))
                total += pair[:, None] * np.add.reduceat(wave, starts, axis=1)
        return shells, total

    def _between(self, q: Array, layers: Layers) -> Array:
        """What discs above each other add, for one cell: along their normal a disc scatters as a whole."""
        cell, radius = self._cell, 0.5 * layers.width
        factors, _ = self._factors(q)
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


def _gemmi() -> Any:
    return needed("gemmi", "scattering of layers")


def _cell(structure: Structure) -> _Cell:
    """The first layer of a crystal; raises BadInput where no gap along c parts its cell into layers that are alike."""
    gemmi = _gemmi()
    cell = gemmi.UnitCell(*structure.edges, *structure.angles)
    atoms: list[tuple[str, Array]] = []
    for atom in structure.atoms:
        for operation in gemmi.SpaceGroup(structure.symbol).operations():
            there = np.array(operation.apply_to_xyz(list(atom.place)))
            there = there - np.floor(there)
            apart = [there - other for element, other in atoms if element == atom.element]
            if not any(np.all(np.abs(step - np.round(step)) < 1e-4) for step in apart):
                atoms.append((atom.element, there))
    base = np.array(cell.orth.mat.tolist())
    a, b, _ = structure.edges
    area = a * b * float(np.sin(np.radians(structure.angles[2])))
    atoms.sort(key=lambda atom: float(atom[1][2]))
    heights = np.array([place[2] for _, place in atoms])
    gaps = np.diff(heights, append=heights[0] + 1.0) * cell.volume / area
    ends = np.flatnonzero(gaps > _GAP) + 1
    if not ends.size or gaps.max() > 1.0 / ends.size * cell.volume / area - _FLAT:
        raise BadInput(f"{structure.name} has no layers with {_GAP:g} angstrom free of atoms between them along c")
    whole = [*atoms[ends[0] :], *((element, place + np.array([0.0, 0.0, 1.0])) for element, place in atoms[: ends[0]])]
    parts = [whole[a:b] for a, b in pairwise([*(ends - ends[0]), len(whole)])]
    if len({tuple(sorted(element for element, _ in part)) for part in parts}) > 1:
        raise BadInput(f"{structure.name} has layers of several kinds; one kind is wanted")
    elements, places = zip(*parts[0], strict=True)
    return _Cell(elements, np.array(places) @ base.T, base.T[:2], area, len(parts))


def _factor(element: str, q: Array, wavelength: float) -> NDArray[np.complex128]:
    """Form factor with anomalous scattering (International Tables C, 6.1.1.4; Cromer and Liberman 1981)."""
    gemmi = _gemmi()
    kind = gemmi.Element(element)
    real, imaginary = gemmi.cromer_liberman(z=kind.atomic_number, energy=EV_ANGSTROM / wavelength)
    plain = np.array([kind.it92.calculate_sf((each / (4.0 * np.pi)) ** 2) for each in q])
    return np.asarray(plain + real + 1j * imaginary)
