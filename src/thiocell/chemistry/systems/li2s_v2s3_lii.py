"""(1-y)[(1-x)Li2S xLiI] yV2S3, the vanadium cousin of the molybdenum cathode (Shigedomi et al. 2022)."""

from collections.abc import Mapping

from thiocell.chemistry.couple import Coordinate, Couple
from thiocell.chemistry.known_phases import IODINE, LI2S, LI2S_LII, LII, SULFUR, handbook
from thiocell.chemistry.phase import Phase
from thiocell.chemistry.system import System
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source
from thiocell.core.term import Term


def moles(x: float, y: float) -> Mapping[str, float]:
    """Moles for one formula unit."""
    return {"Li2S": (1 - y) * (1 - x), "LiI": (1 - y) * x, "V2S3": y}


SYSTEM = System(
    title="(1-y)[(1-x)Li2S xLiI] yV2S3",
    recipe={
        "x": Term("", "x", "moles of LiI in one mole of Li2S and LiI", 0, 1),
        "y": Term("", "y", "moles of V2S3 in one mole of all", 0, 1),
    },
    moles=moles,
    example={"x": Quantity.exact(0.10), "y": Quantity.exact(0.20)},  # assumed: the source's recipe is not known here
    phases=(LI2S, SULFUR, LII, IODINE, Phase("V2S3", "vanadium(III) sulfide", handbook("4.7"))),
    couples=(
        Couple("vanadium", "V2S3", ()),
        Couple(
            "sulfur",
            "Li2S",
            ("S + 2 Li -> Li2S",),
            Coordinate("sulfur_extent", "share of all Li2S that has turned into S since the fresh sample", -2.0),
            fresh=2.0,
        ),
        Couple(
            "iodide",
            "LiI",
            ("I + Li -> LiI",),
            Coordinate("iodide_extent", "share of all iodide that has been oxidised since the fresh sample", -1.0),
            fresh=1.0,
            switched_on=False,
        ),
    ),
    source=Source("literature", "Shigedomi et al., Chem. Mater. 34 (2022) 9745"),
    solution=LI2S_LII,
    doubts=("the solid solution of LiI in Li2S is taken from the molybdenum cathode",),
)
