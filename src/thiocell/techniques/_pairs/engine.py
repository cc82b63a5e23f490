"""PDFfit2 behind one thin adapter: a phase's G(r) at its edges, displacements and size; nothing is fitted in it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.chemistry.structure import Structure
from thiocell.core.extra import needed

Array = NDArray[np.float64]


def _engine() -> tuple[Any, Any]:
    what = "a fit of pair distributions"
    pdffit2, structure = needed("diffpy.pdffit2", what), needed("diffpy.structure", what)
    pdffit2.redirect_stdout(io.StringIO())
    return pdffit2.PdfFit, structure.Structure


def _nearest(crystal: Any) -> float:
    """The least distance of two atoms in angstrom."""
    places = np.array([atom.xyz for atom in crystal])
    shifts = np.array(np.meshgrid(*([-1, 0, 1],) * 3)).reshape(3, -1).T
    apart = (places[:, None] - places)[:, :, None] + shifts
    distances = np.linalg.norm(apart @ np.array(crystal.lattice.base), axis=-1)
    return float(distances[distances > 1e-6].min())


class Pairs:
    """G(r) of one phase on an even grid ``begin`` to ``end`` (angstrom) of ``points``, for X-rays up to ``qmax``."""

    def __init__(self, structure: Structure, begin: float, end: float, points: int, qmax: float) -> None:
        fit, crystal = _engine()
        self.structure = structure
        inside = crystal()
        inside.readStr(structure.to_cif(), "cif")
        self.elements = [str(atom.element) for atom in inside]
        self.occupancies = [float(atom.occupancy) for atom in inside]
        self.cell = [float(inside.lattice.a), float(inside.lattice.b), float(inside.lattice.c)]
        self.nearest = _nearest(inside)
        self.engine = fit()
        self.engine.add_structure(inside)
        self.engine.alloc("X", qmax, 0.0, begin, end, points)
        back = np.linalg.inv(np.array(inside.lattice.base)).T
        back /= np.linalg.norm(back, axis=1, keepdims=True)
        self.tilt = back @ back.T
        """Cosines of the reciprocal axes: what a sphere is in these axes (U12 of a hexagonal cell is half of U11)."""

    def at(
        self, stretch: Sequence[float], moves: dict[str, float], delta: float, size: float, damp: float, broad: float
    ) -> Array:
        """G(r) in 1/angstrom^2, scale 1.

        ``stretch`` are factors of the edges, ``moves`` U (angstrom^2) by element, ``delta`` (angstrom^2) the sharpening
        of near pairs by correlated motion, ``size`` (angstrom) the diameter of spheres, 0 for endless; ``damp`` and
        ``broad`` (1/angstrom) the instrument's.
        """
        engine = self.engine
        for n, (edge, factor) in enumerate(zip(self.cell, stretch, strict=True), start=1):
            engine.setvar(f"lat({n})", edge * factor)
        for n, element in enumerate(self.elements, start=1):
            for i, j in ((1, 1), (2, 2), (3, 3), (1, 2), (1, 3), (2, 3)):
                engine.setvar(f"u{i}{j}({n})", moves[element] * float(self.tilt[i - 1, j - 1]))
        for name, value in (
            ("delta2", delta),
            ("spdiameter", size),
            ("qdamp", damp),
            ("qbroad", broad),
            ("pscale", 1.0),
        ):
            engine.setvar(name, value)
        engine.calc()
        return np.asarray(engine.getpdf_fit(), dtype=np.float64)

    @property
    def scattering(self) -> float:
        """Electrons of a mean atom, by occupancy."""
        gemmi = needed("gemmi", "a fit of pair distributions")
        numbers = [gemmi.Element(element).atomic_number for element in self.elements]
        return float(np.average(numbers, weights=self.occupancies))
