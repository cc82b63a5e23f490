"""Many cells through their protocols at once, on all cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.batch.compiled import solver
from thiocell.cell.batch.course import Course, Fared, Why, refused
from thiocell.cell.batch.layout import Structure, numbers, same_structure, start, structure
from thiocell.cell.batch.words import (
    CHARGE_PASSED,
    COUNT,
    ENERGY,
    FARED,
    I_LAST,
    ROW_CHARGE,
    ROW_CURRENT,
    ROW_NUMBERS,
    ROW_STEP,
    ROW_TIME,
    ROW_VOLTAGE,
    ROWS_FULL,
    SUMMARY,
    T_END,
    V_FIRST,
    V_LAST,
    WHY,
)
from thiocell.cell.checks import faults, impossible
from thiocell.cell.parameters import CellParameters, CellState
from thiocell.cell.protocol import Step
from thiocell.cell.resting import resting_potential
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]
Start = CellState | Array

RELATIVE, ABSOLUTE = 1e-5, 1e-7
"""Tolerances of a step: some 0.01 mV and 1e-5 of the capacity (docs/cell-model.md shows the convergence)."""
_CHUNKS = 8
"""Pieces of work a thread: enough that none waits long for another, assumed."""
_LONGEST = 1e12
"""s; longer than any step that has another end."""
_KINDS = {"current": 0.0, "voltage": 1.0, "power": 2.0}


def solve(
    cells: Sequence[CellParameters],
    starts: Sequence[Start] | Start,
    protocols: Sequence[Sequence[Step]] | Sequence[Step],
    *,
    points: int = 0,
    states: bool = False,
    relative: float = RELATIVE,
    absolute: float = ABSOLUTE,
    threads: int | None = None,
) -> tuple[Course, ...]:
    """The course of every cell from its start through its protocol.

    ``starts`` and ``protocols`` are one for each cell, or one for all; a start is an even state or another course's
    ``end``. Cells must share the layout of their states (couples, grains, nodes); protocols the number of steps.
    With ``points`` about that many rows of each step are kept, or one every ``period`` of the step, and with ``states``
    their states; without, the ends of each step alone. A cell that fails is flagged in ``fared``, one whose numbers,
    start or steps are impossible is not tried (BAD_INPUT), and the others come back as if alone. Raises BadInput where
    cells or protocols do not fit together.
    """
    trials = _trials(cells, starts, protocols)
    wrong = [_wrong(*trial) for trial in trials]
    sound = [trial for trial, faulty in zip(trials, wrong, strict=True) if not faulty]
    if sound:
        layout = structure(sound[0][0])
        shape = layout.rows, layout.nodes
        solved = iter(_solved(sound, layout, points, states, relative, absolute, threads or os.cpu_count() or 1))
    else:
        shape, solved = (0, 0), iter(())
    return tuple(
        refused(faulty, len(steps), shape) if faulty else next(solved)
        for (_, _, steps), faulty in zip(trials, wrong, strict=True)
    )


Trial = tuple[CellParameters, Start, Sequence[Step]]
"""A cell, its start and its protocol."""


def _solved(
    trials: Sequence[Trial],
    layout: Structure,
    points: int,
    states: bool,
    relative: float,
    absolute: float,
    threads: int,
) -> tuple[Course, ...]:
    """The courses of trials that are possible."""
    task = _task(trials, layout, points)
    rows = _room(task, points)
    while True:
        found = _carry_out(task, rows, states, relative, absolute, threads)
        if not (found.fared == ROWS_FULL).any():
            return tuple(_course(found, number, trial) for number, trial in enumerate(trials))
        rows *= 4


class _Task(NamedTuple):
    """Cells and protocols as plain arrays, one entry a cell."""

    layout: Structure
    numbers: Array
    grains: Array
    tables: Array
    orders: Array


class _Found(NamedTuple):
    """What the compiled solver has written down, one entry a cell."""

    rows: Array
    states: Array
    summaries: Array
    fared: NDArray[np.int64]
    counts: NDArray[np.int64]
    ends: Array


def _trials(
    cells: Sequence[CellParameters],
    starts: Sequence[Start] | Start,
    protocols: Sequence[Sequence[Step]] | Sequence[Step],
) -> list[Trial]:
    """Every cell with a start and a protocol."""
    begun = list(starts) if isinstance(starts, Sequence) else [starts] * len(cells)
    one = [step for step in protocols if isinstance(step, Step)]
    todo = [one] * len(cells) if one else [steps for steps in protocols if not isinstance(steps, Step)]
    for what, given in (("starts", begun), ("protocols", todo)):
        if len(given) != len(cells):
            raise BadInput(f"{len(cells)} cells have {len(given)} {what}; give one for each or one for all")
    if len({len(steps) for steps in todo}) > 1:
        raise BadInput("the protocols of one batch differ in their number of steps; solve each kind by itself")
    return list(zip(cells, begun, todo, strict=True))


def _wrong(cell: CellParameters, begun: Start, steps: Sequence[Step]) -> tuple[str, ...]:
    """What is impossible about a cell, its start and its protocol."""
    if not isinstance(begun, CellState):
        odd = () if np.isfinite(begun).all() else ("the state that it starts from holds numbers that are not finite",)
        return (*impossible(cell, None, steps), *odd)
    found = impossible(cell, begun, steps)
    if not found:
        try:
            resting_potential(cell, begun)
        except BadInput as told:
            return (str(told),)
    return found


def _task(trials: Sequence[Trial], layout: Structure, points: int) -> _Task:
    cells = [cell for cell, _, _ in trials]
    if not all(same_structure(cells[0], cell) for cell in cells[1:]):
        raise BadInput("the cells of one batch differ in couples, grains, nodes or contacts; solve each kind by itself")
    packed = [numbers(cell) for cell in cells]
    return _Task(
        layout,
        np.array([one for one, _ in packed]),
        np.array([grains for _, grains in packed]),
        np.array([_table(cell, layout, begun) for cell, begun, _ in trials]),
        np.array([[_order(cell, step, points) for step in steps] for cell, _, steps in trials]),
    )


def _table(cell: CellParameters, layout: Structure, begun: Start) -> Array:
    if isinstance(begun, CellState):
        return start(cell, layout, begun, resting_potential(cell, begun))
    if begun.shape != (layout.rows, layout.nodes):
        raise BadInput(f"a start is {begun.shape}; the state of this cell is {(layout.rows, layout.nodes)}")
    return begun


def _order(cell: CellParameters, step: Step, points: int) -> list[float]:
    """One step as the numbers that the compiled solver reads."""
    longest = step.seconds if step.seconds is not None else _LONGEST
    period = step.period or (_expected(cell, step) / points if points else np.inf)
    return [
        _KINDS[step.control],
        step.value if step.control == "voltage" else step.value / cell.area,
        longest,
        -np.inf if step.lower is None else step.lower,
        np.inf if step.upper is None else step.upper,
        0.0 if step.current is None else step.current / cell.area,
        period,
        float(step.may_end_at_once),
        *_limits(cell, step),
    ]


def _limits(cell: CellParameters, step: Step) -> tuple[float, float]:
    """V that a step must not pass: the cell's cut-offs, where a charge or a discharge names no end of its own."""
    driven = step.control != "voltage"
    floor = cell.lower_cutoff if driven and step.value > 0 and step.lower is None else -np.inf
    ceiling = cell.upper_cutoff if driven and step.value < 0 and step.upper is None else np.inf
    return floor, ceiling


def _expected(cell: CellParameters, step: Step) -> float:
    """About how many seconds a step lasts: as long as it is told, or until half of the cell's charge has passed."""
    current = {"current": abs(step.value), "power": abs(step.value) / 2.0}.get(step.control, 0.0)
    guess = 0.5 * cell.charge * cell.area / current if current > 0 else 3600.0
    return guess if step.seconds is None else min(guess, step.seconds) if current > 0 else step.seconds


def _room(task: _Task, points: int) -> int:
    return 0 if not points else int(task.orders.shape[1] * (3 * points + 3))


def _carry_out(task: _Task, rows: int, states: bool, relative: float, absolute: float, threads: int) -> _Found:
    many, size = len(task.numbers), task.layout.rows * task.layout.nodes
    found = _Found(
        np.zeros((many, rows, ROW_NUMBERS)),
        np.zeros((many, rows if states else 0, size)),
        np.zeros((many, task.orders.shape[1], SUMMARY)),
        np.zeros(many, np.int64),
        np.zeros(many, np.int64),
        task.tables.copy(),
    )
    run = solver()

    def work(todo: NDArray[np.int64]) -> None:
        run(
            task.layout, task.numbers, task.grains, found.ends, task.orders, relative, absolute,
            found.rows, found.states, found.summaries, found.fared, found.counts, todo,
        )  # fmt: skip

    pieces = np.array_split(np.arange(many), min(many, threads * _CHUNKS))
    if threads == 1 or many == 1:
        work(np.arange(many))
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, pieces))
    return found


def _course(found: _Found, number: int, trial: Trial) -> Course:
    cell, begun, steps = trial
    fared, summary, count = Fared(FARED[int(found.fared[number])]), found.summaries[number], int(found.counts[number])
    bad = int(np.argmax(summary[:, WHY] < 0)) if fared is not Fared.DONE else -1
    first = begun if isinstance(begun, CellState) else None
    rows = found.rows[number, :count]
    shape = (-1, *found.ends.shape[1:])
    return Course(
        fared,
        bad,
        summary[:, T_END],
        summary[:, CHARGE_PASSED] * cell.area,
        summary[:, ENERGY] * cell.area,
        summary[:, V_FIRST],
        summary[:, V_LAST],
        summary[:, I_LAST] * cell.area,
        tuple(Why(max(int(why), 0)) for why in summary[:, WHY]),
        summary[:, COUNT].astype(np.int64),
        rows[:, ROW_TIME],
        rows[:, ROW_VOLTAGE],
        rows[:, ROW_CURRENT] * cell.area,
        rows[:, ROW_CHARGE] * cell.area,
        rows[:, ROW_STEP].astype(np.int64),
        found.states[number, :count].reshape(shape) if found.states.size else np.zeros((0, *found.ends.shape[1:])),
        found.ends[number],
        faults(cell, first, steps[: bad + 1]) if fared is Fared.CANNOT_START else (),
    )
