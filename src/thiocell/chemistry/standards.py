"""Structures of powders by which instruments are set up: a diffractometer's width, a detector's damping."""

from __future__ import annotations

from thiocell.chemistry.structure import Atom, Structure
from thiocell.core.source import Source

_RIGHT = (90.0, 90.0, 90.0)
_U = 0.005
"""angstrom squared; assumed where no displacement is told: that of stiff crystals at room temperature."""


def _cubic(name: str, symbol: str, edge: float, atoms: tuple[Atom, ...], reference: str) -> Structure:
    return Structure(name, symbol, (edge, edge, edge), _RIGHT, atoms, Source("literature", reference))


LAB6 = _cubic(
    "LaB6",
    "P m -3 m",
    4.156826,
    (Atom("La1", "La", (0.0, 0.0, 0.0), 1.0, 0.00858), Atom("B1", "B", (0.5, 0.5, 0.2021), 1.0, 0.0090)),
    "edge: certificate of NIST SRM 660c; places: Crystallography Open Database 1000055",
)
SI = _cubic(
    "Si",
    "F d -3 m",
    5.431144,
    (Atom("Si1", "Si", (0.0, 0.0, 0.0), 1.0, _U),),
    "diamond; edge: certificate of NIST SRM 640f",
)
CEO2 = _cubic(
    "CeO2",
    "F m -3 m",
    5.411651,
    (Atom("Ce1", "Ce", (0.0, 0.0, 0.0), 1.0, _U), Atom("O1", "O", (0.25, 0.25, 0.25), 1.0, _U)),
    "fluorite; edge: certificate of NIST SRM 674b",
)
CAF2 = _cubic(
    "CaF2",
    "F m -3 m",
    5.4626,
    (Atom("Ca1", "Ca", (0.0, 0.0, 0.0), 1.0, _U), Atom("F1", "F", (0.25, 0.25, 0.25), 1.0, 0.008)),
    "fluorite; edge: Swanson and Tatge, NBS Circular 539 I (1953) 69",
)
NI = _cubic(
    "Ni",
    "F m -3 m",
    3.5238,
    (Atom("Ni1", "Ni", (0.0, 0.0, 0.0), 1.0, _U),),
    "copper's structure; edge: Swanson and Tatge, NBS Circular 539 I (1953) 13",
)
STANDARDS = (LAB6, SI, CEO2, CAF2, NI)
"""All of them; edges are where a refinement begins, for analyses keep near them, not at them."""
