"""What a current costs, loss by loss, from the numbers of the cell alone: for checks, doubts and first looks."""

from __future__ import annotations

import math

from thiocell.cell.parameters import FARADAY, GAS, CellParameters
from thiocell.physics.grains import PARABOLIC_SURFACE


def losses(cell: CellParameters, current: float) -> dict[str, float]:
    """Volts that ``current`` (A of the cell, either sign) costs halfway through the sulfur, all of it by sulfur.

    An even reaction through the depth: each carrier costs i L/(3 sigma) in a cathode of thickness L, the ions with the
    fresh conductivity; the grains' surface lies tau J/(15 q) off the mean. Infinite where grains cannot give the
    current for long. Estimates of size, no substitute for a simulation.
    """
    density = abs(current) / cell.area
    thermal = GAS * cell.temperature / FARADAY
    found = dict.fromkeys(("separator", "anode"), 0.0)
    if cell.left == "ion":
        found["separator"] = density * cell.separator
        found["anode"] = 2.0 * thermal * math.asinh(density / (2.0 * cell.anode_exchange))
    ionic = cell.ionic
    kappa = (ionic.base + ionic.host) ** ionic.power
    found["ions in the cathode"] = density * cell.thickness / (3.0 * kappa)
    found["electrons in the cathode"] = density * cell.thickness / (3.0 * cell.electronic)
    couple = max(cell.couples, key=lambda c: c.charge)
    reaction = density / cell.thickness
    found["kinetics"] = 2.0 * thermal * math.asinh(reaction / couple.exchange)
    found["grains"] = 0.0
    if couple.grains != "none":
        below = PARABOLIC_SURFACE * couple.grain_time * reaction / couple.charge
        found["grains"] = thermal * math.log((0.5 + below) / (0.5 - below)) if below < 0.5 else math.inf
    return found
