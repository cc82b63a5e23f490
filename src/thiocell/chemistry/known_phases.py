"""Phases that several systems share: the end members of lithium-sulfur chemistry."""

from __future__ import annotations

from thiocell.chemistry.phase import Cell, Phase
from thiocell.chemistry.solution import SolidSolution
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source

PAN2023 = "doi:10.1002/batt.202300427"
_CRC = "CRC Handbook of Chemistry and Physics, physical constants of inorganic compounds"
_ROUNDED = "no esd printed, one unit of the last digit assumed as sigma"


def handbook(density: str) -> Fact:
    """A density of the CRC Handbook; it prints no uncertainty, so none is known."""
    return Fact(Quantity.parse(f"{density} g/cm**3"), Source("literature", _CRC))


def _angstrom(text: str) -> Quantity:
    return Quantity.parse(f"{text} angstrom")


LI2S = Phase(
    "Li2S",
    "lithium sulfide, antifluorite Fm-3m",
    handbook("1.66"),
    Cell.cubic(_angstrom("5.718(1)"), 4, Source("paper", PAN2023, f"text on Fig. 1b; {_ROUNDED}")),
)
SULFUR = Phase(
    "S",
    "sulfur, orthorhombic alpha-S8, Fddd",
    handbook("2.07"),
    Cell(
        (_angstrom("10.467(1)"), _angstrom("12.870(1)"), _angstrom("24.493(1)")),
        128,
        Source("literature", "Wyckoff, Crystal Structures 1 (1963) 7-83, as in COD 9008577", _ROUNDED),
    ),
)
LII = Phase(
    "LiI",
    "lithium iodide, rock salt Fm-3m",
    Fact(
        Quantity.parse("4.076 g/cm**3"), Source("literature", "Wikipedia, Lithium iodide", "the CRC Handbook has 4.06")
    ),
    Cell.cubic(
        Quantity(6.015, "angstrom", 0.009),  # assumed: printed values run from 6.00 to 6.03, evenly spread
        4,
        Source("assumed", place="middle of the printed values, which run from 6.00 to 6.03 A"),
    ),
)
IODINE = Phase("I", "iodine, as half of I2", handbook("4.933"))
MOLYBDENUM = Phase(
    "Mo",
    "molybdenum, bcc",
    handbook("10.2"),
    Cell.cubic(_angstrom("3.147(1)"), 2, Source("literature", "CRC Handbook, crystal structures", _ROUNDED)),
)

LI2S_LII = SolidSolution(
    LI2S,
    LII,
    limit=Fact(
        Quantity.exact(0.20),
        Source("paper", PAN2023, "text on Fig. 1a-c: the series in steps of 0.05 sets it between 0.20 and 0.25"),
    ),
    edge=Fact(_angstrom("5.744(1)"), Source("paper", PAN2023, f"text on Fig. 1b; {_ROUNDED}")),
    edge_share=0.05,
)
"""Li(2-x)S(1-x)I(x): the cell edge grows in proportion to x up to the limit and stays beyond it."""
