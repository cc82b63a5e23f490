"""A look inside the cell model: what each couple gives, where the voltage goes, and what limits at each current."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from thiocell.cell.batch import solve
from thiocell.cell.doubts import doubts
from thiocell.cell.drawings import charge_shares, limits, profiles, stacked_losses, voltage_curves
from thiocell.cell.frame import Frame, frame
from thiocell.cell.from_sample import parameters
from thiocell.cell.inside import Inside, inside
from thiocell.cell.loss_budget import LossBudget, loss_budget
from thiocell.cell.parameters import CellParameters, CellState, Grains
from thiocell.cell.protocol import Step, amperes
from thiocell.cell.states import charged_state, discharged_state, pristine_state
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.studies.show import Show

_POINTS = 400
"""Rows of a discharge; assumed: its losses close to 1 mV."""
_FIRST = 100.0
"""mAh/g: the beginning of a charge that the paper speaks of."""


INSIDE = "inside"
"""What the result of a look inside is called where others have a technique's name."""
_FAR = 1e300
_MEANINGS: Mapping[str, tuple[str, str, str]] = {
    "slow_capacity": ("mAh/g", "Q_0", "what an infinitely slow discharge would give"),
    "second_plateau": ("V", "U_2", "voltage against Li from which on molybdenum gives most of a discharge's current"),
    "molybdenum_capacity": ("mAh/g", "Q_Mo", "what molybdenum gives in a charge, by mass of cathode"),
    "molybdenum_share_of_first_100": ("%", "", "share of that which the first 100 mAh/g of the charge hold"),
    "first_charge_plateau": ("V", "U_ch,1", "mean voltage against Li of the fresh sample's charge"),
    "first_charge_capacity": ("mAh/g", "Q_ch,1", "capacity of the fresh sample's charge"),
}
_NUMBERED: Mapping[str, tuple[str, str, str]] = {
    "capacity": ("mAh/g", "Q_n", "capacity of the discharge at current {n}"),
    "loss": ("mV", "", "mean loss by {kind} over the discharge at current {n}"),
    "won": ("mAh/g", "", "what the discharge at current {n} would give more without loss by {kind}"),
}


def meaning(word: str) -> Term | None:
    """What a value of a look inside means; n-th currents are counted as the study lists them."""
    numbered = re.fullmatch(r"(capacity|loss|won)(?:_(.+))?_(\d+)", word)
    if word in _MEANINGS or not numbered:
        return Term(*_MEANINGS[word], -_FAR, _FAR) if word in _MEANINGS else None
    unit, symbol, said = _NUMBERED[numbered[1]]
    told = said.format(n=numbered[3], kind=(numbered[2] or "").replace("_", " "))
    return Term(unit, symbol, told, -_FAR, _FAR)


def look(
    sample: Sample, values: Mapping[str, Quantity], grains: Grains, currents: Sequence[Quantity], show: Show
) -> Result:
    """Predicted values of the cell's inside, with one drawing of it.

    Discharges at ``currents`` begin fully charged. ``loss_<kind>_n`` mV is the mean of that loss at the n-th current,
    ``won_<kind>_n`` mAh/g what it would give without it. ``molybdenum_capacity`` mAh/g is molybdenum's swing in a
    charge at the first current, ``molybdenum_share_of_first_100`` % how much of it the first 100 mAh/g hold,
    ``second_plateau`` V against Li where molybdenum takes over the discharge, ``first_charge_plateau`` V the mean of
    the fresh sample's charge.
    """
    if not currents:
        raise BadInput("a look inside needs currents, like ['25 mA/g', '200 mA/g']; give at least one")
    made = frame(sample, grains=grains, values=values)
    cell = parameters(made)
    budget = loss_budget(cell, charged_state(cell), [amperes(each, cell) for each in currents], points=_POINTS)
    lost = [str(each) for each, found in zip(currents, budget.insides, strict=True) if found is None]
    insides = [found for found in budget.insides if found is not None]
    if not insides:
        raise BadInput(
            f"the cell of sample '{sample.name}' cannot be discharged at {', '.join(lost)}; take less current"
        )
    numbers = _of_budget(budget) | _of_couples(made, cell, insides[0], amperes(currents[0], cell))
    found = {name: Quantity(value, unit) for name, (value, unit) in numbers.items() if np.isfinite(value)}
    worries = [*doubts(made), *(f"{each} cannot start or does not come through" for each in lost)]
    source = Source("predicted", "", f"cell model of sample '{sample.name}', grains {grains}")
    return Result(INSIDE, found, source, {}, tuple(worries), drawing=_DRAWN[show](insides, budget))


_DRAWN: Mapping[str, Callable[[list[Inside], LossBudget], Drawing]] = {
    "voltage": lambda insides, _: voltage_curves(insides),
    "shares": lambda insides, _: charge_shares(insides[0]),
    "profiles": lambda insides, _: profiles(insides[-1]),
    "losses": lambda insides, _: stacked_losses(insides[-1]),
    "limits": lambda _, budget: limits(budget),
}


def _of_budget(budget: LossBudget) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    per = 1.0 / (budget.cell.mass * 3600.0)  # C of the cell in mAh/g
    found["slow_capacity"] = (budget.slow * per, "mAh/g")
    for number in range(budget.currents.size):
        found[f"capacity_{number + 1}"] = (float(budget.capacity[number]) * per, "mAh/g")
        for kind, loss in budget.mean.items():
            found[f"loss_{_word(kind)}_{number + 1}"] = (1e3 * float(loss[number]), "mV")
        for kind, gain in budget.won.items():
            found[f"won_{_word(kind)}_{number + 1}"] = (float(gain[number]) * per, "mAh/g")
    return found


def _word(kind: str) -> str:
    return kind.replace(" in the cathode", "").replace(" ", "_")


def _of_couples(made: Frame, cell: CellParameters, discharge: Inside, current: float) -> dict[str, tuple[float, str]]:
    if "molybdenum" not in discharge.couples:
        return {}
    found = {"second_plateau": (_takes_over(discharge), "V")}
    charge = _charge(cell, discharged_state(cell), current)
    at = discharge.couples.index("molybdenum")
    swing = charge.charges[:, at]
    per = cell.area / (cell.mass * 3600.0)  # C/m2 of cathode in mAh/g
    found["molybdenum_capacity"] = (abs(float(swing[-1])) * per, "mAh/g")
    share = np.interp(_FIRST, np.abs(charge.capacity), np.abs(swing)) / abs(swing[-1])
    found["molybdenum_share_of_first_100"] = (100.0 * float(share), "%")
    fresh = _charge(cell, pristine_state(made), current)
    mean = np.trapezoid(fresh.voltage, fresh.time) / (fresh.time[-1] - fresh.time[0])
    found["first_charge_plateau"] = (float(mean) + cell.anode_potential, "V")
    found["first_charge_capacity"] = (abs(float(fresh.capacity[-1])), "mAh/g")
    return found


def _charge(cell: CellParameters, begun: CellState, current: float) -> Inside:
    (course,) = solve([cell], begun, (Step("current", -current, upper=cell.upper_cutoff),), points=_POINTS, states=True)
    return inside(cell, course.checked())


def _takes_over(discharge: Inside) -> float:
    """V against Li from which on molybdenum gives most of the current; NaN if it never or always does."""
    share = discharge.current_shares[:, discharge.couples.index("molybdenum")]
    over = np.flatnonzero(share > 0.5)
    if not over.size or over[0] == 0:
        return float("nan")
    return float(discharge.voltage[over[0]]) + discharge.cell.anode_potential
