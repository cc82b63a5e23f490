"""What became of one cell: its steps, the rows kept of it, and whether it came through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.batch import words
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]


class Fared(Enum):
    """How a cell came through its protocol; the value is the sentence that a user reads."""

    DONE = words.FARED[words.DONE]
    TOO_SMALL = words.FARED[words.TOO_SMALL]
    TOO_MANY = words.FARED[words.TOO_MANY]
    NOT_FINITE = words.FARED[words.NOT_FINITE]
    CANNOT_START = words.FARED[words.CANNOT_START]
    NO_CURRENT = words.FARED[words.NO_CURRENT]
    LEFT_LIMITS = words.FARED[words.LEFT_LIMITS]
    NO_END = words.FARED[words.NO_END]
    BAD_INPUT = words.FARED[words.BAD_INPUT]


class Why(Enum):
    """What ended a step."""

    NOT_ENDED = 0
    TIME = words.BY_TIME
    LOWER_VOLTAGE = words.BY_LOWER
    UPPER_VOLTAGE = words.BY_UPPER
    SMALL_CURRENT = words.BY_CURRENT
    AT_ONCE = words.AT_ONCE


@dataclass(frozen=True, eq=False)
class Course:
    """One cell through one protocol; SI units, discharge positive, the cell's own voltage.

    Arrays a step: ``seconds``, ``charge`` C, ``energy`` J, ``first`` and ``last`` V, ``last_current`` A, ``why``.
    Arrays a row: ``time`` s, ``voltage`` V, ``current`` A, ``passed`` C since the beginning, ``step`` from 0.
    ``states`` (rows, rows of the state, nodes) are there if they were asked for; ``end`` is the last state.
    ``faults`` are the sentences of ``cell.checks`` about a cell that is BAD_INPUT, all of whose numbers are NaN, and
    about one that CANNOT_START where they tell why.
    """

    fared: Fared
    failed_step: int
    seconds: Array
    charge: Array
    energy: Array
    first: Array
    last: Array
    last_current: Array
    why: tuple[Why, ...]
    solver_steps: NDArray[np.int64]
    time: Array
    voltage: Array
    current: Array
    passed: Array
    step: NDArray[np.int64]
    states: Array
    end: Array
    faults: tuple[str, ...] = ()

    def checked(self, name: str = "the cell") -> Course:
        """The course itself; raises BadInput with the step and the reason if it did not come through."""
        if self.fared is Fared.BAD_INPUT:
            raise BadInput(f"{name} cannot be solved: {'; '.join(self.faults)}")
        if self.fared is not Fared.DONE:
            why = "; ".join((self.fared.value, *self.faults))
            raise BadInput(f"{name} failed in step {self.failed_step + 1} of its protocol: {why}")
        return self


def refused(faults: tuple[str, ...], steps: int, shape: tuple[int, ...]) -> Course:
    """The course of a cell that was not tried, through a protocol of so many steps; ``shape`` is that of its state."""
    none, nothing, whole = np.full((6, steps), np.nan), np.zeros(0), np.zeros(0, np.int64)
    return Course(
        Fared.BAD_INPUT, 0, none[0], none[1], none[2], none[3], none[4], none[5], (Why.NOT_ENDED,) * steps,
        np.zeros(steps, np.int64), nothing, nothing, nothing, nothing, whole, np.zeros((0, *shape)),
        np.full(shape, np.nan), faults,
    )  # fmt: skip
