"""What every value means that the tests of a cell give; ``_n`` at the end of a name stands for a number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from thiocell.core.term import Term

_BASES = {
    "": ("mAh/g", "Wh/kg", "by mass of cathode"),
    "_absolute": ("mAh", "mWh", "of the whole cell"),
    "_active": ("mAh/g", "Wh/kg", "by mass of active material"),
    "_areal": ("mAh/cm**2", "mWh/cm**2", "by area of the cathode"),
    "_volumetric": ("mAh/cm**3", "mWh/cm**3", "by volume of the cathode"),
}
_OF_CYCLE = "of the chosen cycle"


def _term(unit: str, symbol: str, meaning: str) -> Term:
    return Term(unit, symbol, meaning, -math.inf, math.inf)


def _both_ways() -> Iterator[tuple[str, Term]]:
    for name, short in (("charge", "ch"), ("discharge", "dis")):
        for basis, (unit, energy_unit, by) in _BASES.items():
            yield f"{name}_capacity{basis}", _term(unit, f"Q_{short}", f"{name} capacity {_OF_CYCLE} {by}")
            yield f"{name}_energy{basis}", _term(energy_unit, f"E_{short}", f"{name} energy {_OF_CYCLE} {by}, vs Li")
        yield f"{name}_current", _term("mA/g", f"i_{short}", f"median {name} current {_OF_CYCLE} by mass of cathode")
        for end, against in (("", "Li"), ("_li_in", "Li-In")):
            meaning = f"mean {name} voltage {_OF_CYCLE} against {against}, energy over charge"
            yield f"mean_{name}_voltage{end}", _term("V", f"U_{short}", meaning)
        peak = f"voltage against Li of the highest peak of dQ/dV on {name}, between its ends"
        yield f"{name}_peak_voltage", _term("V", f"U_{short},peak", peak)
        yield (
            f"first_{name}_capacity",
            _term("mAh/g", f"Q_{short},first", f"{name} capacity of the first cycle by mass of cathode"),
        )


CYCLING: Mapping[str, Term] = {
    **dict(_both_ways()),
    "discharge_power": _term("W/kg", "P_dis", f"mean discharge power {_OF_CYCLE} by mass of cathode, against Li"),
    "coulombic_efficiency": _term("%", "CE", f"charge of a half {_OF_CYCLE} over that of the half-cycle before it"),
    "energy_efficiency": _term("%", "EE", f"discharge energy {_OF_CYCLE} over that of the charge before it"),
    "polarisation": _term("V", "dU", f"mean charge voltage less mean discharge voltage {_OF_CYCLE}"),
    "polarisation_half": _term("V", "dU_half", "charge voltage less discharge voltage where half of each has passed"),
    "retention": _term("%", "R", "discharge capacity of the chosen cycle over that of the reference cycle"),
    "first_coulombic_efficiency": _term("%", "CE_first", "coulombic efficiency of the first cycle"),
    "later_discharge_capacity": _term("mAh/g", "Q_dis,later", "mean discharge capacity of the cycles after formation"),
    "later_coulombic_efficiency": _term("%", "CE_later", "mean coulombic efficiency of the cycles after formation"),
    "cycles": _term("", "N", "number of complete cycles in the record"),
    "cycle": _term("", "n", "number of the chosen cycle"),
}
RATE: Mapping[str, Term] = {
    "discharge_capacity_n": _term("mAh/g", "Q_n", "discharge capacity of block n by mass of cathode"),
    "current_n": _term("mA/g", "i_n", "median discharge current of block n by mass of cathode"),
    "coulombic_efficiency_n": _term("%", "CE_n", "coulombic efficiency of block n"),
    "mean_discharge_voltage_n": _term("V", "U_n", "mean discharge voltage of block n against Li"),
    "retention_n": _term("%", "R_n", "discharge capacity of block n over that of the first block"),
    "recovery": _term("%", "R_back", "discharge capacity once the first current is back, over that of the first block"),
}
RAGONE: Mapping[str, Term] = {
    "energy_n": _term("Wh/kg", "E_n", "discharge energy of block n by mass of cathode, against Li"),
    "power_n": _term("W/kg", "P_n", "mean discharge power of block n by mass of cathode, against Li"),
    "greatest_power": _term("W/kg", "P_max", "greatest mean power of a block's discharge, against Li"),
    "energy_at_power": _term(
        "Wh/kg",
        "E(P)",
        "energy at the power that was asked for, read between the points; in a forecast that of the discharge itself",
    ),
}
ENDURANCE: Mapping[str, Term] = {
    "initial_capacity": _term("mAh/g", "Q_0", "discharge capacity at the reference cycle, on the fitted line"),
    "fade": _term("%", "f", "loss of capacity a cycle, in percent of the initial capacity"),
    "retention": _term("%", "R", "discharge capacity of the last complete cycle over that of the reference cycle"),
    "discharge_capacity": _term("mAh/g", "Q_dis", "discharge capacity of the last complete cycle by mass of cathode"),
    "reference_capacity": _term("mAh/g", "Q_ref", "discharge capacity of the reference cycle as measured"),
    "cycles": _term("", "N", "number of complete cycles in the record"),
    "cycles_to_80": _term("", "N_80", "cycles from the reference cycle until the capacity stays below 80 % of it"),
    "coulombic_efficiency": _term("%", "CE", "mean coulombic efficiency of the cycles of the line"),
}
