"""Structures of the phases of lithium-sulfur cathodes, and where they come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from thiocell.chemistry.standards import STANDARDS
from thiocell.chemistry.structure import Atom, Structure
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.source import Source

Balance = Literal["vacancies", "full"]
"""How the charge of iodide on a sulfide site is balanced: one lithium site in two is left empty, or none (a trap)."""

_RIGHT = (90.0, 90.0, 90.0)
_HEXAGONAL = (90.0, 90.0, 120.0)


def _literature(text: str, note: str = "") -> Source:
    return Source("literature", text, note)


def _u(b: float) -> float:
    """U from B = 8 pi^2 U, both in angstrom squared."""
    return b / 78.95683520871486


LI2S = Structure(
    "Li2S",
    "F m -3 m",
    (5.718, 5.718, 5.718),
    _RIGHT,
    (Atom("S1", "S", (0.0, 0.0, 0.0), 1.0, _u(1.2)), Atom("Li1", "Li", (0.25, 0.25, 0.25), 1.0, _u(2.0))),
    _literature(
        "antifluorite, Zintl, Harder, Dauth, Z. Elektrochem. 40 (1934) 588", "edge of doi:10.1002/batt.202300427"
    ),
)
LII = Structure(
    "LiI",
    "F m -3 m",
    (6.015, 6.015, 6.015),
    _RIGHT,
    (Atom("I1", "I", (0.0, 0.0, 0.0), 1.0, _u(1.5)), Atom("Li1", "Li", (0.5, 0.5, 0.5), 1.0, _u(3.0))),
    _literature("rock salt, Wyckoff, Crystal Structures 1 (1963) 85-237", "edge: middle of printed 6.00 to 6.03"),
)
MOS2_2H = Structure(
    "MoS2_2H",
    "P 63/m m c",
    (3.160, 3.160, 12.294),
    _HEXAGONAL,
    (Atom("Mo1", "Mo", (1 / 3, 2 / 3, 0.25), 1.0, _u(0.5)), Atom("S1", "S", (1 / 3, 2 / 3, 0.621), 1.0, _u(0.6))),
    _literature("Bronsema, de Boer, Jellinek, Z. Anorg. Allg. Chem. 540 (1986) 15"),
)
MOS2_1T = Structure(
    "MoS2_1T",
    "P -3 m 1",
    (3.190, 3.190, 5.945),
    _HEXAGONAL,
    (Atom("Mo1", "Mo", (0.0, 0.0, 0.0), 1.0, _u(0.6)), Atom("S1", "S", (1 / 3, 2 / 3, 0.262), 1.0, _u(0.8))),
    _literature("Fang et al., Angew. Chem. Int. Ed. 57 (2018) 1232"),
)
MOS2_1TP = Structure(
    "MoS2_1Tp",
    "P 1 21/m 1",
    (5.728, 3.177, 5.945),
    _RIGHT,
    (
        Atom("Mo1", "Mo", (0.1976, 0.25, 0.9867), 1.0, _u(0.6)),
        Atom("S1", "S", (0.9177, 0.25, 0.2921), 1.0, _u(0.8)),
        Atom("S2", "S", (0.5783, 0.25, 0.7771), 1.0, _u(0.8)),
    ),
    _literature(
        "1T', a layer by density functional theory: github.com/quanshengwu/wannier_tools, examples/MoS2-1Tp",
        "Mo-Mo 2.77 and 3.81 angstrom, measured 2.8 and 3.8 (Joensen et al., J. Phys. C 20 (1987) 4043); layers on "
        "each other as in 1T: c and beta assumed",
    ),
)


def structure(name: str) -> Structure:
    """The structure of that name; raises BadInput for one that is not known here."""
    if name not in STRUCTURES:
        raise BadInput(f"there is no structure '{name}' here; there are {choices(STRUCTURES)}, or give a .cif file")
    return STRUCTURES[name]


def iodide_in_sulfide(share: float, edge: float, balance: Balance = "vacancies") -> Structure:
    """Li(2-x)S(1-x)I(x) with x = ``share``: iodide on the site of sulfide in a cell of ``edge`` in angstrom.

    'vacancies' leaves half a lithium site in x empty, so that charges balance; 'full' does not.
    """
    sulfide, lithium = LI2S.atoms
    filled = 1.0 - 0.5 * share if balance == "vacancies" else 1.0
    atoms = (
        Atom("S1", "S", sulfide.place, 1.0 - share, sulfide.u_iso),
        Atom("I1", "I", sulfide.place, share, sulfide.u_iso),
        Atom("Li1", "Li", lithium.place, filled, lithium.u_iso),
    )
    source = Source("derived", place="Li(2-x)S(1-x)I(x) on the sites of Li2S")
    return Structure("Li2S_I", LI2S.symbol, (edge, edge, edge), _RIGHT, atoms, source)


LI2S_I20 = replace(iodide_in_sulfide(0.2, 5.822), name="Li2S_I20", source=Source("derived", place="Li1.8S0.8I0.2"))
STRUCTURES = {each.name: each for each in (LI2S, LII, MOS2_2H, MOS2_1T, MOS2_1TP, LI2S_I20, *STANDARDS)}
"""By name, as settings write them."""
