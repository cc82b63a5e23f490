"""The potential at which a cathode rests: where the currents of all its grains add up to nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Redox
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]

_NEAREST = 1e-12
"""How near to an end of a couple its own equilibrium is looked for; only brackets the root, assumed."""

_NEAR_ENOUGH = 1e-13
"""V; rounding of the potential itself."""


def resting_potential(parameters: CellParameters, state: CellState) -> float:
    """Potential in V against Li at which sum J = 0 in an even ``state``: what a cell at open circuit starts from.

    The sum rises with phi, so the root is the only one, between the lowest and the highest equilibrium of the couples.
    Raises BadInput if a couple's lithiated share is missing or outside 0 ... 1, or if nothing balances it.
    """
    _check(parameters, state)
    factor = FARADAY / (GAS * parameters.temperature)
    share = np.array([state.lithiated[couple.name] for couple in parameters.couples])
    potential = np.array([_standard(couple, state) for couple in parameters.couples])
    inner = np.clip(share, _NEAREST, 1.0 - _NEAREST)
    equilibrium = potential + np.log((1.0 - inner) / inner) / factor
    low, high = float(equilibrium.min()) - 1e-6, float(equilibrium.max()) + 1e-6

    paces = _paces(parameters, state)

    def current(phi: float) -> float:
        return _sum_of_currents(parameters, share, potential, paces, phi)

    if current(low) > 0.0 or current(high) < 0.0:
        names = ", ".join(f"{couple.name} {state.lithiated[couple.name]:g}" for couple in parameters.couples)
        raise BadInput(
            f"the cathode has no resting potential with the lithiated shares {names}; take shares between 0 and 1"
        )
    while high - low > _NEAR_ENOUGH:  # the sum rises evenly enough for halving, and nothing has to be imported
        middle = 0.5 * (low + high)
        low, high = (middle, high) if current(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def _check(parameters: CellParameters, state: CellState) -> None:
    for couple in parameters.couples:
        if couple.name not in state.lithiated:
            raise BadInput(f"the state lacks the lithiated share of the couple '{couple.name}'; give it, from 0 to 1")
        share = state.lithiated[couple.name]
        if not 0.0 <= share <= 1.0:
            raise BadInput(f"the lithiated share of the couple '{couple.name}' is {share:g}; it runs from 0 to 1")


def _standard(couple: Redox, state: CellState) -> float:
    """U of one couple in V, without the Nernst term."""
    z = 1.0 - 2.0 * state.lithiated[couple.name]
    shape = sum(term * z**power for power, term in enumerate(couple.shape, start=1))
    return couple.potential + shape + couple.hysteresis * state.hysteresis.get(couple.name, 0.0)


def _paces(parameters: CellParameters, state: CellState) -> Array:
    """A of each couple: how far its kinetics have eased at the state's throughput."""
    eased = np.exp(-state.throughput / parameters.activation_charge)
    pace = 1.0 - (1.0 - parameters.activation_start) * eased
    return np.array([pace if couple.activated else 1.0 for couple in parameters.couples])


def _sum_of_currents(parameters: CellParameters, share: Array, potential: Array, paces: Array, phi: float) -> float:
    """Sum of all J in A/m3 at phi in V, every grain even at its couple's share."""
    factor = FARADAY / (GAS * parameters.temperature)
    total = 0.0
    for grain in parameters.populations:
        rate = float(np.exp(0.5 * factor * (phi - potential[grain.couple])))
        xi = float(share[grain.couple])
        drive = xi * rate - (1.0 - xi) / rate
        buffer = grain.exchange * grain.surface * (rate + 1.0 / rate)
        total += paces[grain.couple] * grain.exchange * drive / (1.0 + buffer)
    return total
