"""What limits a discharge at each current: its losses by kind, and what would be won without each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.batch.course import Course, Fared
from thiocell.cell.batch.solve import solve
from thiocell.cell.inside import KINDS, Inside, inside
from thiocell.cell.parameters import CellParameters, CellState
from thiocell.cell.protocol import Step
from thiocell.cell.resting import resting_potential
from thiocell.cell.states import discharged_state
from thiocell.core.bad_input import BadInput, choices

Array = NDArray[np.float64]

_FAST, _FASTEST = 1e4, 1e10
"""How many times better conduction and kinetics are without their losses; assumed: a volt shrinks to 0.1 mV,
or, by the logarithm of the kinetics, to 1 mV."""
_END = 0.01
"""Share of a discharge's charge that counts as its end; assumed: a single row in a collapse tells little."""
SWITCHES = ("separator", "anode", "ions in the cathode", "electrons in the cathode", "kinetics", "grains")
"""The losses that can be switched off, each by itself."""


@dataclass(frozen=True, eq=False)
class LossBudget:
    """Discharges of one cell from one state to its lower cut-off; arrays have one entry for each of ``currents`` (A).

    ``capacity`` and ``slow`` C of the cell, ``slow`` that of an infinitely slow discharge: every couple in balance with
    the cut-off, on its discharge branch. Over each discharge: ``voltage`` V by energy over charge, ``equilibrium`` V by
    the stored energy spent, both exact, and ``mean`` V of every kind of loss, by trapezia; ``unclosed`` V is what these
    leave of the difference. ``end`` V of every kind over the last hundredth of the charge: what ends the discharge.
    ``won`` C: how much more it would give with that loss alone switched off; gains do not add up to the charge that is
    lost, since losses stand in for each other. A current that takes the voltage beyond the cut-off at once
    has no capacity and no losses to tell (NaN); one that fails otherwise has neither, with the reason in ``fared``.
    """

    cell: CellParameters
    currents: Array
    capacity: Array
    slow: float
    voltage: Array
    equilibrium: Array
    mean: dict[str, Array]
    end: dict[str, Array]
    unclosed: Array
    won: dict[str, Array]
    fared: tuple[Fared, ...]
    insides: tuple[Inside | None, ...]

    def limiting(self) -> tuple[str, ...]:
        """The switch that wins most capacity at each current; '' where none wins a thousandth of ``slow``."""
        gains = np.array([np.nan_to_num(self.won[kind]) for kind in SWITCHES])
        best = gains.argmax(axis=0)
        return tuple(SWITCHES[k] if gains[k, n] > 1e-3 * self.slow else "" for n, k in enumerate(best))


def without(cell: CellParameters, kind: str) -> CellParameters:
    """``cell`` with one loss switched off: no resistance, or 10,000 times faster; no gradients inside grains."""
    ionic, fast = cell.ionic, _FAST ** (1.0 / cell.ionic.power)
    match kind:
        case "separator":
            return replace(cell, separator_resistance=0.0)
        case "anode":
            return replace(cell, anode_exchange=np.inf)
        case "ions in the cathode":
            terms = {name: fast * getattr(ionic, name) for name in ("base", "host", "parted", "molybdenum")}
            return replace(cell, ionic=replace(ionic, **terms))
        case "electrons in the cathode":
            return replace(cell, electronic=_FAST * cell.electronic)
        case "kinetics":
            return replace(cell, couples=tuple(replace(c, exchange=_FASTEST * c.exchange) for c in cell.couples))
        case "grains":
            return replace(cell, couples=tuple(replace(c, grains="none") for c in cell.couples))
    raise BadInput(f"'{kind}' cannot be switched off; choose from {choices(SWITCHES)}")


def loss_budget(cell: CellParameters, begun: CellState, currents: Sequence[float], *, points: int = 400) -> LossBudget:
    """The losses of discharges of ``cell`` at ``currents`` (A) from the even state ``begun``, by about ``points`` rows.

    Raises BadInput for currents that are none of a discharge, and if ``begun`` holds nothing to discharge.
    """
    densities = np.array(currents, dtype=float)
    if densities.size == 0 or not (np.isfinite(densities) & (densities > 0)).all():
        raise BadInput("a loss budget needs currents of a discharge, in A and above zero; give at least one")
    slow = _slow(cell, begun)
    courses = _discharges(cell, begun, densities, points)
    insides = tuple(inside(cell, c) if c.fared is Fared.DONE else None for c in courses)
    capacity = _capacities(courses)
    voltage = np.array([c.energy[0] / c.charge[0] if c.fared is Fared.DONE else np.nan for c in courses])
    equilibrium = np.array([np.nan if x is None else (x.stored[0] - x.stored[-1]) / x.passed[-1] for x in insides])
    mean = _by_kind([None if x is None else {k: v / x.passed[-1] for k, v in x.lost().items()} for x in insides])
    end = _by_kind([None if x is None else _at_the_end(x) for x in insides])
    won = {kind: _capacities(_discharges(without(cell, kind), begun, densities, 0)) - capacity for kind in SWITCHES}
    unclosed = equilibrium - voltage - sum(mean.values())
    return LossBudget(
        cell, densities, capacity, slow, voltage, equilibrium, mean, end, unclosed, won,
        tuple(c.fared for c in courses), insides,
    )  # fmt: skip


def _slow(cell: CellParameters, begun: CellState) -> float:
    """C from rest at ``begun`` to rest at the lower cut-off, of the couples and of the double layer."""
    rested = discharged_state(cell)
    moved = sum(c.charge * (rested.lithiated[c.name] - begun.lithiated[c.name]) for c in cell.couples)
    moved += cell.double_layer * (resting_potential(cell, begun) - resting_potential(cell, rested))
    if moved <= 0.0:
        raise BadInput("the state holds nothing that could be discharged to the lower cut-off; take a charged one")
    return moved * cell.thickness * cell.area


def _discharges(cell: CellParameters, begun: CellState, currents: Array, points: int) -> tuple[Course, ...]:
    steps = [(Step("current", float(current), lower=cell.lower_cutoff),) for current in currents]
    return solve([cell] * len(steps), begun, steps, points=points, states=points > 0)


def _capacities(courses: Sequence[Course]) -> Array:
    known = {Fared.DONE: 1.0, Fared.CANNOT_START: 0.0}
    return np.array([known.get(c.fared, np.nan) * c.charge[0] for c in courses])


def _at_the_end(discharge: Inside) -> dict[str, float]:
    """Mean losses in V over the last ``_END`` of the charge."""
    start = (1.0 - _END) * discharge.passed[-1]
    steps, found = np.diff(discharge.time), {}
    for kind, power in discharge.powers.items():
        spent = np.concatenate([[0.0], np.cumsum(0.5 * steps * (power[1:] + power[:-1]))])
        before = np.interp(start, discharge.passed, spent)
        found[kind] = float(spent[-1] - before) / (_END * float(discharge.passed[-1]))
    return found


def _by_kind(found: Sequence[dict[str, float] | None]) -> dict[str, Array]:
    return {kind: np.array([np.nan if one is None else one[kind] for one in found]) for kind in KINDS}
