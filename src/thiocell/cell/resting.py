"""The potential at which a cathode rests: where the currents of all its grains add up to nothing."""

from __future__ import annotations

import math
from collections.abc import Callable

from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Redox
from thiocell.core.bad_input import BadInput

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

    The sum rises with phi, so the root is the only one, between the lowest and the highest equilibrium of the couples.
    Raises BadInput if a couple's lithiated share is missing or outside 0 ... 1, or if nothing balances it.
    """
    _check(parameters, state)
    factor = FARADAY / (GAS * parameters.temperature)
    share = [state.lithiated[couple.name] for couple in parameters.couples]
    potential = [_standard(couple, state) for couple in parameters.couples]
    inner = [min(max(each, _NEAREST), 1.0 - _NEAREST) for each in share]
    equilibrium = [u + math.log((1.0 - each) / each) / factor for u, each in zip(potential, inner, strict=True)]
    low, high = min(equilibrium) - 1e-6, max(equilibrium) + 1e-6

    current = _sum_of_currents(parameters, share, potential, _paces(parameters, state), 0.5 * factor)
    if current(low) > 0.0 or current(high) < 0.0:
        names = ", ".join(f"{couple.name} {state.lithiated[couple.name]:g}" for couple in parameters.couples)
        raise BadInput(
            f"the cathode has no resting potential with the lithiated shares {names}; take shares between 0 and 1"
        )
    return _root(current, low, high)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where ``rising`` is zero between ``low`` and ``high``: by halving, then by secants, with nothing to import."""
    while high - low > _NARROW:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < 0.0 else (low, middle)
    at_low, at_high = rising(low), rising(high)
    while abs(high - low) > _NEAR_ENOUGH and at_high != at_low:
        low, high, at_low = high, high - at_high * (high - low) / (at_high - at_low), at_high
        at_high = rising(high)
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


def _sum_of_currents(
    parameters: CellParameters, share: list[float], potential: list[float], paces: list[float], half: float
) -> Callable[[float], float]:
    """The sum of all J in A/m3 over phi in V, every grain even at its couple's share; ``half`` is F/(2RT) in 1/V."""
    grains = []
    for grain in parameters.populations:
        xi, forward = share[grain.couple], paces[grain.couple] * grain.exchange
        standard = math.exp(_bounded(half * potential[grain.couple]))
        grains.append((standard, forward * xi, forward * (1.0 - xi), grain.exchange * grain.surface))

    def current(phi: float) -> float:
        total, shared = 0.0, math.exp(_bounded(half * phi))
        for standard, out, back, buffer in grains:
            rate = shared / standard
            total += (out * rate - back / rate) / (1.0 + buffer * (rate + 1.0 / rate))
        return total

    return current


def _bounded(exponent: float) -> float:
    return min(max(exponent, -_MOST), _MOST)
