"""What the couples do inside a cell, as numbers that can be asked of many trials at once: what a fit's ranges need."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.batch import Fared, solve
from thiocell.cell.frame import Frame, frame, in_si
from thiocell.cell.from_sample import parameters
from thiocell.cell.inside import Inside, inside
from thiocell.cell.parameters import CellParameters, Grains
from thiocell.cell.protocol import Step, amperes
from thiocell.cell.states import charged_state, discharged_state, pristine_state
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.term import Term

Array = NDArray[np.float64]

NODES = 8
"""Of many trials; assumed: good to 0.3 mV at 200 mA/g, far below what a fit leaves open."""
POINTS, FEWER = 400, 200
"""Rows of a course, assumed: its losses close to 1 mV; and of one of many trials, good to 1 mV and 0.3 % of a share."""
_FIRST = 100.0
"""mAh/g: the beginning of a charge that the paper speaks of."""

GIVES: Mapping[str, Term] = {
    "second_plateau": Term("V", "V_Mo", "against Li, from where on molybdenum gives most of a discharge", -2, 6),
    "molybdenum_capacity": Term("mAh/g", "Q_Mo", "molybdenum's swing in a charge at the first current", 0, 10_000),
    "molybdenum_share_of_first_100": Term(
        "%", "", "how much of that swing the first 100 mAh/g of charge hold", -1e3, 1e3
    ),
    "first_charge_plateau": Term("V", "V_1", "mean voltage against Li of the fresh cell's charge", -2, 6),
    "first_charge_capacity": Term("mAh/g", "Q_1", "of the fresh cell's charge at the first current", 0, 10_000),
}
"""What a look inside can be asked for of many trials at once, all at its first current."""


@dataclass(frozen=True)
class Looking:
    """A look inside at ``current`` as a model of many trials, which is what a fit's forecast asks."""

    grains: Grains
    current: Quantity
    nodes: int = NODES

    def expect(self, names: Sequence[str], trials: Sequence[Mapping[str, float]], sample: Sample) -> Array:
        """The values ``names``, of those of ``GIVES``, in every trial, (trials, names); NaN where there is none."""
        made = frame(sample, grains=self.grains, nodes=self.nodes)
        cells = [parameters(made, {word: in_si(word, number) for word, number in trial.items()}) for trial in trials]
        seen = [Courses(made, cell) for cell in cells]
        for begin in dict.fromkeys(_BEGINS[name] for name in names):
            for each, found in zip(seen, courses_of(made, cells, self.current, begin, FEWER), strict=True):
                each.insides[begin] = found
        return np.array([[NUMBERS[name](each) for name in names] for each in seen])


@dataclass(frozen=True)
class Courses:
    """What was seen of a cell, by where the course began; None where it did not come through."""

    made: Frame
    cell: CellParameters
    insides: dict[str, Inside | None] = field(default_factory=dict)

    @property
    def per_gram(self) -> float:
        """C/m2 of cathode in mAh/g."""
        return self.cell.area / (self.cell.mass * 3600.0)


def courses_of(
    made: Frame, cells: Sequence[CellParameters], current: Quantity, begin: str, points: int = POINTS
) -> list[Inside | None]:
    """A discharge from 'charged', or a charge from 'discharged' or 'fresh', of every cell."""
    states = {"charged": charged_state, "discharged": discharged_state, "fresh": lambda _: pristine_state(made)}
    sign = 1.0 if begin == "charged" else -1.0
    steps = [
        (Step("current", sign * amperes(current, c), lower=c.lower_cutoff if sign > 0 else None,
              upper=None if sign > 0 else c.upper_cutoff),)
        for c in cells
    ]  # fmt: skip
    courses = solve(cells, [states[begin](cell) for cell in cells], steps, points=points, states=True)
    return [
        inside(cell, course) if course.fared is Fared.DONE else None
        for cell, course in zip(cells, courses, strict=True)
    ]


def _takes_over(seen: Courses) -> float:
    discharge = seen.insides["charged"]
    if discharge is None or "molybdenum" not in discharge.couples:
        return math.nan
    share = discharge.current_shares[:, discharge.couples.index("molybdenum")]
    over = np.flatnonzero(share > 0.5)
    if not over.size or over[0] == 0:
        return math.nan
    before = slice(over[0] - 1, over[0] + 1)
    return float(np.interp(0.5, share[before], discharge.voltage[before])) + discharge.cell.anode_potential


def _swing(seen: Courses) -> tuple[Array, Array]:
    """mAh/g passed in the charge, and by molybdenum; of NaN where there is no such charge."""
    charge = seen.insides["discharged"]
    if charge is None or "molybdenum" not in charge.couples:
        return np.array([0.0, math.nan]), np.array([0.0, math.nan])
    swing = charge.charges[:, charge.couples.index("molybdenum")]
    return np.abs(charge.capacity), np.abs(swing) * seen.per_gram


def _share_of_first(seen: Courses) -> float:
    passed, swing = _swing(seen)
    if not (passed[-1] >= _FIRST and swing[-1] > 0.0):
        return math.nan
    return float(100.0 * np.interp(_FIRST, passed, swing) / swing[-1])


def _plateau(seen: Courses) -> float:
    fresh = seen.insides["fresh"]
    if fresh is None:
        return math.nan
    mean = np.trapezoid(fresh.voltage, fresh.time) / (fresh.time[-1] - fresh.time[0])
    return float(mean) + seen.cell.anode_potential


def _first_capacity(seen: Courses) -> float:
    fresh = seen.insides["fresh"]
    return math.nan if fresh is None else abs(float(fresh.capacity[-1]))


NUMBERS: Mapping[str, Callable[[Courses], float]] = {
    "second_plateau": _takes_over,
    "molybdenum_capacity": lambda seen: float(_swing(seen)[1][-1]),
    "molybdenum_share_of_first_100": _share_of_first,
    "first_charge_plateau": _plateau,
    "first_charge_capacity": _first_capacity,
}
"""How each of ``GIVES`` follows from what was seen."""
_BEGINS = {
    "second_plateau": "charged",
    "molybdenum_capacity": "discharged",
    "molybdenum_share_of_first_100": "discharged",
    "first_charge_plateau": "fresh",
    "first_charge_capacity": "fresh",
}
