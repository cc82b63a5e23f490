"""What cannot be solved, told before it is tried: one sentence a fault, with the bounds that it breaks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.columns import TERMS, Array, Columns
from thiocell.cell.losses import losses
from thiocell.cell.parameters import CellParameters, CellState, Redox
from thiocell.cell.protocol import Step
from thiocell.cell.resting import resting_potential
from thiocell.core.bad_input import BadInput, choices

Bounds = tuple[float, float, str]
"""Lowest and highest sensible value and the unit; numbers must lie between them, the bounds included."""

_CELL: dict[str, Bounds] = {
    "electronic": (1e-12, 1e8, "S/m"),
    "thickness": (1e-9, 1.0, "m"),
    "area": (1e-12, 1e4, "m2"),
    "mass": (1e-15, 1e4, "kg"),
    "separator_resistance": (0.0, 1e4, "Ohm m2"),
    "separator_energy": (0.0, 2e5, "J/mol"),
    "anode_exchange": (1e-9, math.inf, "A/m2"),
    "anode_potential": (-5.0, 5.0, "V"),
    "double_layer": (1e-3, 1e12, "F/m3"),
    "temperature": (150.0, 600.0, "K"),
    "activation_start": (1e-9, 1.0, ""),
    "activation_charge": (1e-6, 1e15, "C/m2"),
    "nodes": (2, 10_000, ""),
}
_COUPLE: dict[str, Bounds] = {
    "charge": (1.0, 1e12, "C/m3"),
    "exchange": (1e-9, 1e15, "A/m3"),
    "potential": (-5.0, 10.0, "V"),
    "hysteresis": (0.0, 5.0, "V"),
    "hysteresis_rate": (1e-3, 1e6, ""),
    "grain_time": (0.0, 1e12, "s"),
    "grain_spread": (0.0, 3.0, ""),
    "shells": (2, 1000, ""),
    "sizes": (1, 30, ""),
}
_PARTING: dict[str, Bounds] = {"held": (0.0, 1e6, ""), "out_time": (1e-3, 1e15, "s"), "in_time": (1e-3, 1e15, "s")}
_POWERS = (1, 2, 3)
_STEEPEST = 5.0
"""V; assumed: no term of a couple's shape is larger."""
_EVEN = 1.0 - 1e-9
"""A layer without pores is as thick as its solid."""
_FURTHEST = 100.0
"""V; assumed: no cut-off lies beyond it."""


def check(parameters: CellParameters, state: CellState | None = None, protocol: Sequence[Step] = ()) -> None:
    """Raises BadInput with the first of ``faults``."""
    for fault in faults(parameters, state, protocol):
        raise BadInput(fault)


def faults(
    parameters: CellParameters, state: CellState | None = None, protocol: Sequence[Step] = ()
) -> tuple[str, ...]:
    """A sentence for each number that is impossible and each step that cannot start; empty if all can be solved.

    ``state`` is that in which the protocol begins. Steps are only looked at where the cell and its state are sound.
    """
    found = impossible(parameters, state, protocol)
    if found:
        return found
    windows = (_window(parameters, step, f"step {number}") for number, step in enumerate(protocol, 1))
    return tuple(fault for each in windows for fault in each) or tuple(_start(parameters, state, protocol))


def impossible(
    parameters: CellParameters, state: CellState | None = None, protocol: Sequence[Step] = ()
) -> tuple[str, ...]:
    """Those of ``faults`` that no solver needs to be asked about: all but currents that are too large to start."""
    found = (*_numbers(parameters), *(_state(parameters, state) if state else ()))
    return found or tuple(fault for number, step in enumerate(protocol, 1) for fault in _step(step, f"step {number}"))


def sound(columns: Columns) -> NDArray[np.bool_]:
    """Cells of whose numbers ``faults`` has nothing to tell: what it would read one by one is compared at once."""
    cell, many = columns.cell, len(columns.cells)
    couples = _inside(columns.couple, _COUPLE) & (abs(columns.shape) <= _STEEPEST).all(axis=1)
    couples &= np.array([len(couple.shape) <= TERMS for couple in columns.couples], bool)
    found = _inside(cell, _CELL) & (np.bincount(columns.owner, ~couples, many) == 0)
    found &= np.array([_are_named(each) for each in columns.cells], bool)
    parts = np.array([each.parting is not None for each in columns.cells], bool)
    found &= ~parts | _inside(columns.parting, _PARTING)
    found &= np.isin(cell["ionic.power"], _POWERS)
    found &= cell["thickness"] >= cell["least_thickness"] * _EVEN
    terms = np.array([cell[f"ionic.{name}"] for name in ("base", "host", "parted", "molybdenum")])
    with np.errstate(invalid="ignore"):  # infinite terms may cancel; NaN is not within
        roots = np.array([(1.0, *shares) for shares in product((0.0, 1.0), repeat=3)]) @ terms
    found &= ((roots > 0.0) & (roots < math.inf)).all(axis=0)
    lower, upper = cell["lower_cutoff"], cell["upper_cutoff"]
    answer: NDArray[np.bool_] = found & (lower >= -_FURTHEST) & (lower < upper) & (upper <= _FURTHEST)
    return answer


def _inside(columns: dict[str, Array], table: dict[str, Bounds]) -> NDArray[np.bool_]:
    """Are all numbers of ``table`` within its bounds? One answer a row."""
    within = [(low <= columns[name]) & (columns[name] <= high) for name, (low, high, _) in table.items()]
    answer: NDArray[np.bool_] = np.logical_and.reduce(within)
    return answer


def _are_named(cell: CellParameters) -> bool:
    """Has the cell couples, each with a name of its own?"""
    return len({couple.name for couple in cell.couples}) == len(cell.couples) > 0


def _numbers(cell: CellParameters) -> Iterator[str]:
    yield from _outside(cell, _CELL, "of the cell")
    yield from _couples(cell)
    if cell.parting is not None:
        yield from _outside(cell.parting, _PARTING, "of the parting LiI")
    yield from _ionic(cell)
    if cell.thickness < cell.least_thickness * _EVEN:
        yield (
            f"'thickness' of the cell is {1e6 * cell.thickness:.4g} um; "
            f"its solid alone needs {1e6 * cell.least_thickness:.4g} um"
        )
    if not -_FURTHEST <= cell.lower_cutoff < cell.upper_cutoff <= _FURTHEST:
        yield (
            f"the cut-offs are crossed or too far: lower_cutoff is {cell.lower_cutoff:g} V and upper_cutoff "
            f"{cell.upper_cutoff:g} V; the lower must lie below the upper, both within {_FURTHEST:g} V"
        )


def _outside(thing: object, table: dict[str, Bounds], where: str) -> Iterator[str]:
    for name, (low, high, unit) in table.items():
        number = getattr(thing, name)
        if not low <= number <= high:  # NaN is outside too
            yield (
                f"'{name}' {where} is {number:g} {unit}".rstrip()
                + f"; it must lie between {low:g} and {high:g} {unit}".rstrip()
            )


def _couples(cell: CellParameters) -> Iterator[str]:
    if not _are_named(cell):
        names = ", ".join(couple.name for couple in cell.couples)
        yield f"a cell needs couples, each with a name of its own; it has {names or 'none'}"
    for couple in cell.couples:
        yield from _outside(couple, _COUPLE, f"of couple '{couple.name}'")
        yield from _shape(couple)


def _shape(couple: Redox) -> Iterator[str]:
    if len(couple.shape) > TERMS or not all(abs(term) <= _STEEPEST for term in couple.shape):
        yield (f"'shape' of couple '{couple.name}' is {couple.shape}; it holds at most four numbers between -5 and 5 V")


def _ionic(cell: CellParameters) -> Iterator[str]:
    ionic = cell.ionic
    if ionic.power not in _POWERS:
        yield f"'power' of the ionic conductivity is {ionic.power}; it must be 1, 2 or 3"
    for sulfur, parted, metal in product((0.0, 1.0), repeat=3):
        root = ionic.base + ionic.host * sulfur + ionic.parted * parted + ionic.molybdenum * metal
        if not 0.0 < root < math.inf:
            yield (
                f"the cathode's ionic conductivity is not positive where the lithiated share of sulfur is {sulfur:g}, "
                f"that of molybdenum {metal:g} and the share of parted LiI {parted:g}; its phases conduct too little "
                "or too much for the conductivities told of the whole"
            )
            return


def _state(cell: CellParameters, state: CellState) -> Iterator[str]:
    names = {couple.name for couple in cell.couples}
    if set(state.lithiated) != names:
        yield f"the state tells of {choices(set(state.lithiated))}; it must tell of {choices(names)}"
    shares = [(f"lithiated share of '{name}'", share, 0.0) for name, share in state.lithiated.items()]
    swings = [(f"hysteresis of '{name}'", swing, -1.0) for name, swing in state.hysteresis.items()]
    for what, number, low in (*shares, *swings, ("share of parted LiI", state.parted, 0.0)):
        if not low <= number <= 1.0:
            yield f"the {what} is {number:g}; it must lie between {low:g} and 1"
    if not 0.0 <= state.throughput < math.inf:
        yield f"the throughput of the state is {state.throughput:g} C/m2; it must be zero or more, and finite"


def _step(step: Step, where: str) -> Iterator[str]:
    ends = {"seconds": step.seconds, "lower": step.lower, "upper": step.upper, "current": step.current}
    told = {name: end for name, end in ends.items() if end is not None}
    if not told:
        yield f"{where} has no end; give it seconds, a lower or an upper voltage, or a current"
    if step.period is not None:
        told["period"] = step.period
    if not all(math.isfinite(number) for number in (step.value, *told.values())):
        yield f"{where} has a number that is not finite"
        return
    for name in ("seconds", "current", "period"):
        if name in told and told[name] <= 0.0:
            yield f"'{name}' of {where} is {told[name]:g}; it must be greater than zero"
    if step.lower is not None and step.upper is not None and step.lower >= step.upper:
        yield f"the cut-offs of {where} are crossed: lower is {step.lower:g} V, upper {step.upper:g} V"


def _limits(cell: CellParameters, step: Step) -> tuple[float, float]:
    """The voltages between which a step runs; where it tells none, the cell's cut-offs hold."""
    lower = cell.lower_cutoff if step.lower is None else step.lower
    return lower, cell.upper_cutoff if step.upper is None else step.upper


def _window(cell: CellParameters, step: Step, where: str) -> Iterator[str]:
    """A current whose loss in the separator alone is wider than all voltages between the cut-offs."""
    if step.control != "current":
        return
    lower, upper = _limits(cell, step)
    if step.value and lower >= upper:
        ends = "below its upper cut-off" if step.lower is not None else "above its lower cut-off"
        yield (
            f"{where} cannot run between {lower:g} V, where it ends on discharge, and {upper:g} V on charge; "
            f"its end must lie {ends}"
        )
        return
    drop = abs(step.value) / cell.area * cell.separator if cell.left == "ion" else 0.0
    if step.value and drop >= upper - lower:
        yield (
            f"{where} cannot start: {abs(step.value):.4g} A costs {drop:.3g} V in the separator of "
            f"{cell.separator / cell.area:.4g} Ohm, and its cut-offs are {upper - lower:.3g} V apart"
        )


def _start(cell: CellParameters, state: CellState | None, protocol: Sequence[Step]) -> Iterator[str]:
    """Can the first step begin from the resting voltage of ``state``?"""
    if state is None or not protocol or (cell.left, cell.right) != ("ion", "electron"):
        return
    step = protocol[0]
    if step.control != "current" or not step.value:
        return
    rest = resting_potential(cell, state) - cell.anode_potential
    lost = losses(cell, step.value)
    drop = lost["separator"] + lost["anode"]
    lower, upper = _limits(cell, step)
    if step.value > 0.0 and rest - drop <= lower:
        yield _refusal("discharge", rest, drop, f"down to {lower:g} V")
    if step.value < 0.0 and rest + drop >= upper:
        yield _refusal("charge", rest, drop, f"up to {upper:g} V")


def _refusal(way: str, rest: float, drop: float, end: str) -> str:
    return (
        f"step 1 cannot start: the cell rests at {round(rest, 3) + 0.0:.3f} V, separator and anode cost {drop:.3f} V, "
        f"and the {way} runs {end}"
    )
