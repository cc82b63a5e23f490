"""What is done to a cell, step by step: the tests of the field by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import CellParameters, Contact
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity, same_dimension

Control = Literal["current", "voltage", "power"]
CONTROLS = get_args(Control)
First = Literal["charge", "discharge"]


@dataclass(frozen=True)
class Step:
    """Hold ``control`` at ``value`` (A, V or W of the cell; discharge positive) until the first of the ends is met.

    Ends: ``seconds``; the cell's voltage falling to ``lower`` or rising to ``upper`` V; the current's magnitude falling
    to ``current`` A. A step needs at least one. ``cycle`` numbers the cycle that it belongs to; ``period`` is the
    longest time in s between the rows that are wanted of it, None leaves that to the solver. A current that takes the
    voltage beyond an end at once is an error, unless the step ``may_end_at_once``: it then lasts no time.
    """

    control: Control
    value: float
    seconds: float | None = None
    lower: float | None = None
    upper: float | None = None
    current: float | None = None
    cycle: int = 1
    period: float | None = None
    may_end_at_once: bool = False

    def __post_init__(self) -> None:
        if self.control not in CONTROLS:
            raise BadInput(f"a step holds {', '.join(CONTROLS)}, not {self.control!r}")


def amperes(current: Quantity, cell: CellParameters) -> float:
    """A of the cell for a current told as such, by mass ('100 mA/g') or by area ('0.5 mA/cm2') of the cathode."""
    scales = {"A": 1.0, "A/kg": cell.mass, "A/m**2": cell.area}
    for unit, scale in scales.items():
        if same_dimension(current.unit, unit):
            return current.si * scale
    raise BadInput(f"{current} is no current; write it like '100 mA/g', '0.5 mA/cm2' or '0.4 mA'")


def galvanostatic(
    current: float,
    *,
    charge_current: float | None = None,
    lower: float = 0.0,
    upper: float = 3.0,
    cycles: int = 1,
    first: First = "charge",
    rest: float = 0.0,
    hold: float | None = None,
) -> tuple[Step, ...]:
    """``cycles`` of charge and discharge at constant current between ``lower`` and ``upper`` V of the cell.

    ``current`` A of the discharge and, unless ``charge_current`` tells another, of the charge; ``rest`` s after each;
    ``hold`` A: a charge goes on at ``upper`` until its current has fallen to this. The cut-offs are those of Pan et al.
    2023 (against Li-In); a charge first, since they begin with Li2S.
    """
    _positive("current", current)
    charge = _positive("charge_current", current if charge_current is None else charge_current)
    if not lower < upper:
        raise BadInput(f"the cut-offs are crossed: lower is {lower:g} V, upper {upper:g} V")
    _counted(cycles)
    steps: list[Step] = []
    for cycle in range(1, cycles + 1):
        up, down = (
            [Step("current", -charge, upper=upper, cycle=cycle)],
            [Step("current", current, lower=lower, cycle=cycle)],
        )
        if hold is not None:
            up.append(Step("voltage", upper, current=_positive("hold", hold), cycle=cycle))
        pause = [Step("current", 0.0, seconds=rest, cycle=cycle)] if rest > 0 else []
        steps += up + pause + down + pause if first == "charge" else down + pause + up + pause
    return tuple(steps)


def rate_test(
    currents: Sequence[float],
    *,
    cycles: int = 3,
    charge_current: float | None = None,
    returns: bool = True,
    lower: float = 0.0,
    upper: float = 3.0,
    first: First = "charge",
    rest: float = 0.0,
) -> tuple[Step, ...]:
    """Blocks of ``cycles`` at each of the discharge ``currents`` (A); with ``returns`` the first comes back at the end.

    Charged at ``charge_current``, the first of the currents unless told: sources seldom print it.
    """
    if not currents:
        raise BadInput("a rate test needs currents, in A; give at least one")
    charge = currents[0] if charge_current is None else charge_current
    blocks = (*currents, currents[0]) if returns and len(currents) > 1 else tuple(currents)
    steps: list[Step] = []
    for number, current in enumerate(blocks):
        block = galvanostatic(
            current, charge_current=charge, lower=lower, upper=upper, cycles=cycles, first=first, rest=rest
        )
        steps += [replace(step, cycle=step.cycle + number * cycles) for step in block]
    return tuple(steps)


def endurance(
    current: float,
    *,
    cycles: int = 500,
    formation: int = 0,
    formation_current: float | None = None,
    lower: float = 0.0,
    upper: float = 3.0,
    first: First = "charge",
    rest: float = 0.0,
) -> tuple[Step, ...]:
    """``cycles`` at ``current`` A after ``formation`` cycles at ``formation_current``, all in one count."""
    _counted(cycles)
    slow = current if formation_current is None else formation_current
    common = {"lower": lower, "upper": upper, "rest": rest}
    before = galvanostatic(slow, cycles=formation, first=first, **common) if formation else ()
    after = galvanostatic(current, cycles=cycles, first=first, **common)
    return (*before, *(replace(step, cycle=step.cycle + formation) for step in after))


def potential_step(volts: float = 3.0, *, seconds: float = 3600.0, rest: float = 600.0) -> tuple[Step, ...]:
    """``rest`` s at open circuit, then ``volts`` of the cell for ``seconds``; Pan et al. 2023 hold 3.0 V."""
    _positive("seconds", seconds)
    before = (Step("current", 0.0, seconds=rest),) if rest > 0 else ()
    return (*before, Step("voltage", volts, seconds=seconds))


def symmetric(
    cell: CellParameters,
    contacts: Contact,
    *,
    thickness: float | None = None,
    layer_resistance: float | None = None,
) -> CellParameters:
    """The cathode as a pellet between two equal contacts: 'electron' steel|s|steel, 'ion' LPS|s|LPS.

    ``thickness`` m of the pellet, whose mass follows at equal density; ``layer_resistance`` Ohm m2 of each Li3PS4
    layer, the separator's unless told. Neither anode nor cut-offs: voltages are differences between the contacts.
    """
    if contacts not in ("electron", "ion"):
        raise BadInput(f"'{contacts}' contacts pass nothing; choose 'electron' (steel) or 'ion' (Li3PS4)")
    length = cell.thickness if thickness is None else _positive("thickness", thickness)
    resistance = cell.separator_resistance if layer_resistance is None else layer_resistance
    return replace(
        cell,
        left=contacts,
        right=contacts,
        thickness=length,
        mass=cell.mass * length / cell.thickness,
        separator_resistance=resistance if contacts == "ion" else 0.0,
        anode_exchange=np.inf,
        anode_potential=0.0,
        lower_cutoff=-_UNLIMITED,
        upper_cutoff=_UNLIMITED,
    )


_UNLIMITED = 100.0
"""V; assumed: no test of a pellet comes near."""


def frequencies(highest: float = 1e6, lowest: float = 0.1, *, per_decade: int = 10) -> NDArray[np.float64]:
    """Hz of an impedance sweep, falling, even on a logarithmic scale; the source sweeps from 1 MHz to 0.1 Hz."""
    if not 0 < lowest < highest or per_decade < 1:
        raise BadInput(
            f"a sweep from {highest:g} to {lowest:g} Hz with {per_decade} a decade is none; "
            "give a highest above a lowest above zero"
        )
    count = max(2, 1 + round(np.log10(highest / lowest) * per_decade))
    return np.geomspace(highest, lowest, count)


def _positive(name: str, number: float) -> float:
    if not 0 < number < np.inf:
        raise BadInput(f"'{name}' is {number:g}; it must be greater than zero")
    return number


def _counted(cycles: int) -> None:
    if cycles < 1:
        raise BadInput(f"'cycles' is {cycles}; it must be at least 1")
