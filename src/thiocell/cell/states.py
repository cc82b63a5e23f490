"""States of a cell to begin a test from: as it was made, charged, discharged."""

from __future__ import annotations

import math

from thiocell.cell.frame import Frame
from thiocell.cell.parameters import CORNER, FARADAY, GAS, CellParameters, CellState, Redox

NEAREST = 1e-6
"""How near to its ends a couple comes; assumed: at an end its potential has no bound."""
_NEARLY = math.log(1.0 / NEAREST - 1.0)


def pristine_state(cell: Frame) -> CellState:
    """The state that the sample tells, fresh if it tells none: chemistry's lithium and iodide, no hysteresis.

    Counted cycles become throughput, two times the charge of all couples each.
    """
    charge = sum(part.charge for part in cell.parts) * cell.numbers["mass"] / cell.numbers["area"]
    lithiated = {part.name: _inside(part.now) for part in cell.parts}
    return CellState(lithiated, dict.fromkeys(lithiated, 0.0), cell.parted, 2.0 * cell.cycles * charge)


def charged_state(cell: CellParameters, *, cycles: float = 0.0) -> CellState:
    """At rest at the upper cut-off, come there by oxidation, after ``cycles`` full cycles."""
    return _rested(cell, cell.upper_cutoff + cell.anode_potential, 1.0, cycles)


def discharged_state(cell: CellParameters, *, cycles: float = 0.0) -> CellState:
    """At rest at the lower cut-off, come there by reduction, after ``cycles`` full cycles; iodide in balance."""
    return _rested(cell, cell.lower_cutoff + cell.anode_potential, -1.0, cycles)


def _rested(cell: CellParameters, potential: float, hysteresis: float, cycles: float) -> CellState:
    """Every couple in balance at ``potential`` V against Li, or as near to it as one couple short of its end allows."""
    factor = FARADAY / (GAS * cell.temperature)
    swing = {couple.name: hysteresis * couple.hysteresis for couple in cell.couples}
    ends = [swing[c.name] + _potential_at(c, hysteresis * _NEARLY, factor) for c in cell.couples]
    potential = min(potential, max(ends)) if hysteresis > 0 else max(potential, min(ends))
    lithiated = {c.name: _share_at(c, potential - swing[c.name], factor) for c in cell.couples}
    hystereses = dict.fromkeys(lithiated, hysteresis)
    return CellState(lithiated, hystereses, _parted(cell, lithiated.get("sulfur", 0.0)), 2.0 * cycles * cell.charge)


def _inside(share: float) -> float:
    return min(max(share, NEAREST), 1.0 - NEAREST)


def _potential_at(couple: Redox, log_ratio: float, factor: float) -> float:
    """V against Li without hysteresis at ln((1-xi)/xi) = ``log_ratio``."""
    z = math.tanh(0.5 * log_ratio)  # 1 - 2 xi
    return couple.potential + sum(s * z**n for n, s in enumerate(couple.shape, 1)) + log_ratio / factor


def _share_at(couple: Redox, potential: float, factor: float) -> float:
    """The lithiated share at ``potential`` V against Li, without hysteresis, by halving of ln((1-xi)/xi)."""
    low, high = -300.0, 300.0  # 1e-130, nearer to an end than 8 V can bring a couple
    for _ in range(100):
        middle = 0.5 * (low + high)
        if _potential_at(couple, middle, factor) < potential:
            low = middle
        else:
            high = middle
    return 1.0 / (1.0 + math.exp(0.5 * (low + high)))


def _parted(cell: CellParameters, sulfur: float) -> float:
    """The share of iodide outside the solution once it is in balance with the sulfide that is left."""
    if cell.parting is None:
        return 0.0
    over = 1.0 - cell.parting.held * sulfur
    return min(1.0, 0.5 * (over + math.hypot(over, CORNER)))
