"""Holds of a voltage on the cell model: as a cell, or as a pellet between contacts that block ions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thiocell.cell.from_sample import parameters
from thiocell.cell.parameters import CellParameters
from thiocell.cell.protocol import Step
from thiocell.core.record import Array
from thiocell.techniques._cells.modelled import Modelled

_DECADES = 6
"""assumed: rows lie closer by a tenth in each of so many decades of time before the end."""
_ROWS = 90
"""In each decade; assumed."""


class Trace(NamedTuple):
    """Rows: s, V between the terminals, A positive on charge."""

    time: Array
    voltage: Array
    current: Array


def held_trace(
    model: Modelled, volts: float, seconds: float, rest: float, turned: Callable[[CellParameters], CellParameters]
) -> Trace:
    """``rest`` s at open circuit and ``volts`` for ``seconds``, on the cell of ``model`` as ``turned`` makes it.

    Raises BadInput if it cannot be.
    """
    from thiocell.cell.batch import solve
    from thiocell.cell.checks import check

    whole = parameters(model.frame)
    cell, state = turned(whole), model.state(whole)
    ends = seconds * np.append(10.0 ** -np.arange(_DECADES, 0, -1.0), 1.0)
    pieces = np.diff(np.append(0.0, ends))
    steps = [Step("current", 0.0, seconds=rest, period=rest / 12.0)] if rest > 0 else []
    steps += [Step("voltage", volts, seconds=float(long), period=float(long) / _ROWS) for long in pieces]
    check(cell, state, steps)
    (course,) = solve([cell], state, steps, points=_ROWS)
    course.checked(f"the cell of sample '{model.frame.sample.name}'")
    fresh = np.append(True, np.diff(course.time) > 0)
    return Trace(course.time[fresh], course.voltage[fresh], -course.current[fresh])
