"""The potential at which a cathode rests: where the currents of all its grains add up to nothing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Redox
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]

_NEAREST = 1e-12
"""How near to an end of a couple its own equilibrium is looked for; only brackets the root, assumed."""
_MOST = 350.0
"""Largest exponent, that of 18 V; squares of what it gives are no float."""
_NARROW = 1e-3
"""V; so near to the root the sum is a straight line but for 2 %."""
_NEAR_ENOUGH = 1e-13
"""V; rounding of the potential itself."""


def resting_potential(parameters: CellParameters, state: CellState) -> float:
    """Potential in V against Li at which sum J = 0 in an even ``state``: what a cell at open circuit starts from.

    Raises BadInput if a couple's lithiated share is missing or outside 0 ... 1, or if nothing balances it.
    """
    _check(parameters, state)
    share = [state.lithiated[couple.name] for couple in parameters.couples]
    potential = [_standard(couple, state) for couple in parameters.couples]
    paces, grains = _paces(parameters, state), parameters.populations
    found = balance(
        np.array([share[grain.couple] for grain in grains]),
        np.array([potential[grain.couple] for grain in grains]),
        np.array([paces[grain.couple] * grain.exchange for grain in grains]),
        np.array([grain.exchange * grain.surface for grain in grains]),
        0.5 * FARADAY / (GAS * parameters.temperature),
    )
    if math.isnan(found):
        raise BadInput(no_rest(parameters, state))
    return found


def no_rest(parameters: CellParameters, state: CellState) -> str:
    """What a user reads of a state that nothing balances."""
    names = ", ".join(f"{couple.name} {state.lithiated[couple.name]:g}" for couple in parameters.couples)
    return f"the cathode has no resting potential with the lithiated shares {names}; take shares between 0 and 1"


def balance(share: Array, standard: Array, forward: Array, buffer: Array, half: float) -> float:
    """Potential in V against Li at which sum J = 0; NaN where nothing balances. The batch solver compiles it.

    One entry a population, each grain even: its lithiated ``share``, its potential U in V without the Nernst term, its
    exchange current ``forward`` in A/m3 and the ``buffer`` of its surface; ``half`` is F/(2RT) in 1/V.
    The sum rises with phi, so the root is the only one, between the lowest and the highest equilibrium of the couples:
    it is found by halving, then by secants.
    """

    def current(phi: float) -> float:
        total, shared = 0.0, math.exp(min(max(half * phi, -_MOST), _MOST))
        for p in range(share.size):
            rate = shared / math.exp(min(max(half * standard[p], -_MOST), _MOST))
            net = share[p] * rate - (1.0 - share[p]) / rate
            total += forward[p] * net / (1.0 + buffer[p] * (rate + 1.0 / rate))
        return total

    low, high = math.inf, -math.inf
    for p in range(share.size):
        inner = min(max(share[p], _NEAREST), 1.0 - _NEAREST)
        equilibrium = standard[p] + 0.5 * math.log((1.0 - inner) / inner) / half
        low, high = min(low, equilibrium - 1e-6), max(high, equilibrium + 1e-6)
    if not (current(low) <= 0.0 <= current(high)):
        return math.nan
    while high - low > _NARROW:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if current(middle) < 0.0 else (low, middle)
    at_low, at_high = current(low), current(high)
    while abs(high - low) > _NEAR_ENOUGH and at_high != at_low:
        low, high, at_low = high, high - at_high * (high - low) / (at_high - at_low), at_high
        at_high = current(high)
    return high


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


def _paces(parameters: CellParameters, state: CellState) -> list[float]:
    """A of each couple: how far its kinetics have eased at the state's throughput."""
    eased = math.exp(-state.throughput / parameters.activation_charge)
    pace = 1.0 - (1.0 - parameters.activation_start) * eased
    return [pace if couple.activated else 1.0 for couple in parameters.couples]
