"""A look inside the cell model: what each couple gives, where the voltage goes, and what limits at each current."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from thiocell.cell.doubts import doubts
from thiocell.cell.drawings import charge_shares, limits, profiles, stacked_losses, voltage_curves
from thiocell.cell.frame import frame
from thiocell.cell.from_sample import parameters
from thiocell.cell.inside import Inside
from thiocell.cell.loss_budget import LossBudget, loss_budget
from thiocell.cell.parameters import Grains
from thiocell.cell.protocol import amperes
from thiocell.cell.states import charged_state
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.studies.insight import GIVES, NUMBERS, POINTS, Courses, courses_of
from thiocell.studies.show import Show

INSIDE = "inside"
"""What the result of a look inside is called where others have a technique's name."""
_FAR = 1e300
_SLOW = Term("mAh/g", "Q_0", "what an infinitely slow discharge would give", -_FAR, _FAR)
_NUMBERED: Mapping[str, tuple[str, str, str]] = {
    "capacity": ("mAh/g", "Q_n", "capacity of the discharge at current {n}"),
    "loss": ("mV", "", "mean loss by {kind} over the discharge at current {n}"),
    "won": ("mAh/g", "", "what the discharge at current {n} would give more without loss by {kind}"),
}


def meaning(word: str) -> Term | None:
    """What a value of a look inside means; n-th currents are counted as the study lists them."""
    numbered = re.fullmatch(r"(capacity|loss|won)(?:_(.+))?_(\d+)", word)
    if not numbered:
        return _SLOW if word == "slow_capacity" else GIVES.get(word)
    unit, symbol, said = _NUMBERED[numbered[1]]
    told = said.format(n=numbered[3], kind=(numbered[2] or "").replace("_", " "))
    return Term(unit, symbol, told, -_FAR, _FAR)


def look(
    sample: Sample, values: Mapping[str, Quantity], grains: Grains, currents: Sequence[Quantity], show: Show
) -> Result:
    """Predicted values of the cell's inside, with one drawing of it.

    Discharges at ``currents`` begin fully charged. ``loss_<kind>_n`` mV is the mean of that loss at the n-th current,
    ``won_<kind>_n`` mAh/g what it would give without it; ``GIVES`` tells of the others.
    """
    if not currents:
        raise BadInput("a look inside needs currents, like ['25 mA/g', '200 mA/g']; give at least one")
    made = frame(sample, grains=grains, values=values)
    cell = parameters(made)
    budget = loss_budget(cell, charged_state(cell), [amperes(each, cell) for each in currents], points=POINTS)
    lost = [str(each) for each, found in zip(currents, budget.insides, strict=True) if found is None]
    insides = [found for found in budget.insides if found is not None]
    if not insides:
        raise BadInput(
            f"the cell of sample '{sample.name}' cannot be discharged at {', '.join(lost)}; take less current"
        )
    seen = Courses(made, cell, {"charged": insides[0]})
    for begin in ("discharged", "fresh"):
        (seen.insides[begin],) = courses_of(made, [cell], currents[0], begin)
    numbers = _of_budget(budget) | {name: (NUMBERS[name](seen), term.unit) for name, term in GIVES.items()}
    found = {name: Quantity(value, unit) for name, (value, unit) in numbers.items() if np.isfinite(value)}
    worries = [*doubts(made), *(f"{each} cannot start or does not come through" for each in lost)]
    place = (
        f"cell model of sample '{sample.name}', grains {grains}; each discharge begins in balance at the upper cut-off"
    )
    source = Source("predicted", "", place)
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
