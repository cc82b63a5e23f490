"""Which phases are there, and how much room they take, at a given place on every couple's ladder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from thiocell.chemistry.formula import mass_of, parse
from thiocell.chemistry.phase import DensityKind
from thiocell.chemistry.system import System

NOTHING = 1e-12
"""Moles below this are rounding; assumed."""


@dataclass(frozen=True)
class Inventory:
    """``moles`` of each formula for one formula unit of cathode; ``dissolved`` of the guest's are in solution.

    ``inputs`` are the atomic weights (kg/mol) and the system's facts, in SI units.
    """

    system: System
    moles: Mapping[str, float]
    dissolved: float
    inputs: Mapping[str, float]

    @property
    def present(self) -> dict[str, float]:
        """Moles by key: a solution's key is its host, 'lii' the guest that stands apart, 'lii_dissolved' the rest."""
        found = dict(self._amount(phase.formula) for phase in self.system.phases)
        if solution := self.system.solution:
            found[f"{solution.guest.key}_dissolved"] = self.dissolved
        return found

    @property
    def masses(self) -> dict[str, float]:
        """Kilograms by key; a solution's holds host and dissolved guest."""
        weighed = {}
        for phase in self.system.phases:
            name, moles = self._amount(phase.formula)
            weighed[name] = moles * mass_of(phase.formula, self.inputs)
        if solution := self.system.solution:
            weighed[solution.key] += self.dissolved * mass_of(solution.guest.formula, self.inputs)
        return weighed

    def volumes(self, kind: DensityKind) -> dict[str, float]:
        """Cubic metres by key; NaN where a phase is there whose volume is not known."""
        room = {}
        for phase in self.system.phases:
            name, moles = self._amount(phase.formula)
            room[name] = moles * phase.molar_volume(kind, self.inputs) if abs(moles) > NOTHING else 0.0
        if solution := self.system.solution:
            host = self.moles.get(solution.host.formula, 0.0)
            room[solution.key] = solution.volume(host, self.dissolved, kind, self.inputs)
        return room

    @property
    def guest_share(self) -> float:
        """The guest's share of host and guest in solution, x of Li(2-x)S(1-x)I(x); NaN if there is no host."""
        solution = self.system.solution
        host = self.moles.get(solution.host.formula, 0.0) if solution else 0.0
        return self.dissolved / (host + self.dissolved) if host > NOTHING else math.nan

    @property
    def atoms(self) -> dict[str, float]:
        """Moles of each element."""
        total: dict[str, float] = {}
        for formula, moles in self.moles.items():
            for element, count in parse(formula).items():
                total[element] = total.get(element, 0.0) + count * moles
        return total

    def _amount(self, formula: str) -> tuple[str, float]:
        phase, solution = self.system.phase(formula), self.system.solution
        moles = self.moles.get(formula, 0.0)
        if solution and formula == solution.host.formula:
            return solution.key, moles
        if solution and formula == solution.guest.formula:
            return phase.key, moles - self.dissolved
        return phase.key, moles


def fresh_lithium(system: System, weighed: Mapping[str, float], exchanged: float) -> dict[str, float]:
    """Lithium per formula unit of each couple's phase when fresh, ``exchanged`` having moved in the making."""
    lithium = {couple.name: couple.fresh for couple in system.couples if couple.steps}
    if system.exchange and exchanged:
        giver, taker = system.couple(system.exchange.giver), system.couple(system.exchange.taker)
        if weighed[taker.phase] > 0 and weighed[giver.phase] > 0:
            lithium[taker.name] += exchanged
            lithium[giver.name] -= exchanged * weighed[taker.phase] / weighed[giver.phase]
    return lithium


def take(
    system: System,
    weighed: Mapping[str, float],
    lithium: Mapping[str, float],
    apart: float,
    inputs: Mapping[str, float],
) -> Inventory:
    """The phases when ``weighed`` moles hold ``lithium`` a formula unit, and a share ``apart`` of guest stays outside.

    ``lithium`` names every couple of known steps; places beyond a ladder's end are extrapolated, for slopes.
    """
    moles = {formula: amount for formula, amount in weighed.items() if not _active(system, formula)}
    for couple in system.couples:
        for formula, part in couple.phases_at(lithium.get(couple.name, 0.0)).items():
            moles[formula] = moles.get(formula, 0.0) + weighed[couple.phase] * part
    dissolved = 0.0
    if system.solution:
        host, guest = (moles.get(p.formula, 0.0) for p in (system.solution.host, system.solution.guest))
        dissolved = system.solution.dissolved(host, guest, apart, inputs)
    return Inventory(system, moles, dissolved, inputs)


def _active(system: System, formula: str) -> bool:
    return any(couple.phase == formula for couple in system.couples)
