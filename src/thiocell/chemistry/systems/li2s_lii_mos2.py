"""(1-y)[(1-x)Li2S xLiI] yMoS2, milled into one powder that stores and conducts (Pan et al. 2023)."""

from collections.abc import Mapping

from thiocell.chemistry.couple import Coordinate, Couple
from thiocell.chemistry.known_phases import IODINE, LI2S, LI2S_LII, LII, MOLYBDENUM, PAN2023, SULFUR, handbook
from thiocell.chemistry.phase import Cell, Phase
from thiocell.chemistry.system import Exchange, System
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source
from thiocell.core.term import Term

_LITHIATED = "doi:10.1103/PhysRevB.65.092105"

MOS2 = Phase(
    "MoS2",
    "molybdenum disulfide; the cell is that of 1T, P-3m1",
    handbook("5.06"),
    Cell.hexagonal(
        Quantity.parse("3.190(3) angstrom"),
        Quantity.parse("5.945(6) angstrom"),
        1,
        Source("literature", "Fang et al., Structure re-determination of bulk 1T MoS2, arXiv 2017", "abstract"),
    ),
)
LIMOS2 = Phase(
    "LiMoS2",
    "lithiated molybdenum disulfide, P-1",
    cell=Cell(
        (Quantity(6.963, "angstrom"), Quantity(6.386, "angstrom"), Quantity(6.250, "angstrom")),
        4,
        Source("literature", _LITHIATED, "cell refined from the PDF; esds not carried over"),
        (88.60, 89.07, 120.06),  # deg, same source
    ),
)


def moles(x: float, y: float) -> Mapping[str, float]:
    """Moles for one formula unit."""
    return {"Li2S": (1 - y) * (1 - x), "LiI": (1 - y) * x, "MoS2": y}


SYSTEM = System(
    title="(1-y)[(1-x)Li2S xLiI] yMoS2",
    recipe={
        "x": Term("", "x", "moles of LiI in one mole of Li2S and LiI", 0, 1),
        "y": Term("", "y", "moles of MoS2 in one mole of all", 0, 1),
    },
    moles=moles,
    example={"x": Quantity.exact(0.20), "y": Quantity.exact(0.15)},
    phases=(LI2S, SULFUR, LII, IODINE, MOS2, LIMOS2, MOLYBDENUM),
    couples=(
        Couple(
            "molybdenum",
            "MoS2",
            ("MoS2 + Li -> LiMoS2", "LiMoS2 + 3 Li -> Mo + 2 Li2S"),
            Coordinate("lithium_in_mos2", "lithium that each MoS2 has taken up since the fresh sample", 1.0),
            doubt=(
                "more than one Li a MoS2 is counted as conversion to Mo and Li2S by the lever rule: the theoretical "
                "limit; the source saw reversible Mo redox and names no metal"
            ),
        ),
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
            potential=Fact(
                Quantity(2.8, "V"), Source("assumed", place="about 2.8 V against Li, from LiI's free energy")
            ),
        ),
    ),
    source=Source("paper", PAN2023),
    solution=LI2S_LII,
    exchange=Exchange(
        "milled_lithium",
        Term("", "x_Li", "lithium that milling has moved from Li2S into each MoS2, leaving S", 0, 4),
        Fact(
            Quantity.exact(0.0), Source("assumed", place="not printed; 1 would part off 2 % LiI, which XRD did not see")
        ),
        giver="sulfur",
        taker="molybdenum",
    ),
    doubts=(
        "densities are those of crystals: the milled powder is partly glassy, holds polysulfide, and its MoS2 is 1T "
        "in part only",
        "LiI dissolves in Li2S up to x = 0.20 exactly: the source's series only puts the limit between 0.20 and 0.25",
    ),
)
