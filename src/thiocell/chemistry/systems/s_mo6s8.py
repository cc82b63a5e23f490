"""zS (1-z)Mo6S8, sulfur in a Chevrel-phase host that stores and conducts (Li et al. 2021, ref. 11 of Pan et al.)."""

from collections.abc import Mapping

from thiocell.chemistry.couple import Coordinate, Couple
from thiocell.chemistry.known_phases import LI2S, SULFUR
from thiocell.chemistry.phase import Cell, Phase
from thiocell.chemistry.system import System
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source
from thiocell.core.term import Term

CHEVREL = Phase(
    "Mo6S8",
    "Chevrel phase, R-3, hexagonal axes",
    cell=Cell.hexagonal(
        Quantity.parse("9.20(1) angstrom"),
        Quantity.parse("10.88(1) angstrom"),
        3,
        Source("literature", "Chevrel, Sergent & Prigent, Mater. Res. Bull. 9 (1974) 1487", "last digit as sigma"),
    ),
)
LITHIATED = Phase("Li4Mo6S8", "lithiated Chevrel phase; its volume is not known here")


def moles(z: float) -> Mapping[str, float]:
    """Moles for one formula unit; sulfur is counted in atoms."""
    return {"S": z, "Mo6S8": 1 - z}


SYSTEM = System(
    title="zS (1-z)Mo6S8",
    recipe={"z": Term("", "z", "moles of S atoms in one mole of S and Mo6S8", 0, 1)},
    moles=moles,
    example={"z": Quantity.exact(0.90)},  # assumed: the recipe of the source is not known here
    phases=(SULFUR, LI2S, CHEVREL, LITHIATED),
    couples=(
        Couple(
            "sulfur",
            "S",
            ("S + 2 Li -> Li2S",),
            Coordinate("sulfur_extent", "share of all S that has turned into Li2S since the fresh sample", 2.0),
        ),
        Couple(
            "molybdenum",
            "Mo6S8",
            ("Mo6S8 + 4 Li -> Li4Mo6S8",),
            Coordinate("lithium_in_mo6s8", "lithium that each Mo6S8 has taken up since the fresh sample", 1.0),
        ),
    ),
    source=Source("literature", "Li et al., Adv. Mater. 33 (2021) 2008723"),
    doubts=("the order in which sulfur and Mo6S8 react overlaps in a real cell; here one follows the other",),
)
