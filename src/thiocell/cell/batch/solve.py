"""Many cells through their protocols at once, on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.batch.compiled import solver
from thiocell.cell.batch.course import Course, Fared, Why, refused
from thiocell.cell.batch.layout import share_layout
from thiocell.cell.batch.task import Start, Task, Trial, task, trials, wrong
from thiocell.cell.batch.words import (
    CHARGE_PASSED,
    COUNT,
    DONE,
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
from thiocell.cell.checks import faults
from thiocell.cell.columns import Columns
from thiocell.cell.parameters import CellParameters, CellState
from thiocell.cell.protocol import Step
from thiocell.cell.resting import no_rest
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]

RELATIVE, ABSOLUTE = 1e-5, 1e-7
"""Tolerances of a step: some 0.01 mV and 1e-5 of the capacity (docs/cell-model.md shows the convergence)."""
_ROUGHEST = 0.01
"""assumed: a tolerance beyond which steps say nothing."""
_CHUNKS = 8
"""Pieces of work a thread: enough that none waits long for another, assumed."""
_WHY = {why.value: why for why in Why}
_FARED = {number: Fared(sentence) for number, sentence in FARED.items() if number != ROWS_FULL}
_NONE, _NO_STEP = np.zeros(0), np.zeros(0, np.int64)


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
    ``end``. Protocols must share the number of steps; cells of another layout (couples, grains, nodes) are a batch of
    their own.
    With ``points`` about that many rows of each step are kept, or one every ``period`` of the step, and with ``states``
    their states; without, the ends of each step alone. A cell that fails is flagged in ``fared``, one whose numbers,
    start or steps are impossible is not tried (BAD_INPUT), and the others come back as if alone. Raises BadInput where
    cells or protocols do not fit together.
    """
    asked = trials(cells, starts, protocols)
    if not asked:
        return ()
    if not (0.0 < relative <= _ROUGHEST and 0.0 < absolute <= _ROUGHEST and points >= 0):
        raise BadInput(
            f"relative = {relative:g}, absolute = {absolute:g} and points = {points:g}; tolerances lie above 0 and up "
            f"to {_ROUGHEST:g}, and points are not negative"
        )
    columns = Columns.of([cell for cell, _, _ in asked])
    told = wrong(asked, columns)
    found: dict[int, Course] = {}
    for chosen in _alike([number for number, odd in enumerate(told) if not odd], cells):
        own = columns if len(chosen) == len(asked) else Columns.of([cells[number] for number in chosen])
        trying = [asked[number] for number in chosen]
        how = relative, absolute, threads or os.cpu_count() or 1
        found |= zip(chosen, _solved(trying, task(trying, own, points), points, states, *how), strict=True)
    shape = next((course.end.shape for course in found.values()), (0, 0))
    return tuple(
        found[number] if number in found else refused(told[number], len(steps), shape)
        for number, (_, _, steps) in enumerate(asked)
    )


def _alike(numbers: list[int], cells: Sequence[CellParameters]) -> Iterator[list[int]]:
    """The numbers of cells that share a layout, together."""
    if not numbers or share_layout([cells[number] for number in numbers]):
        yield from ([numbers] if numbers else [])
        return
    left = numbers
    while left:
        here = [number for number in left if share_layout([cells[left[0]], cells[number]])]
        yield here
        left = [number for number in left if number not in set(here)]


def _solved(
    trying: Sequence[Trial], what: Task, points: int, states: bool, relative: float, absolute: float, threads: int
) -> list[Course]:
    """The courses of trials that are possible."""
    rows = what.orders.shape[1] * (3 * points + 3) if points else 0
    while True:
        found = _carry_out(what, rows, states, relative, absolute, threads)
        if not (found.fared == ROWS_FULL).any():
            return _courses(found, what, trying)
        rows *= 4


class _Found(NamedTuple):
    """What the compiled solver has written down, one entry a cell."""

    rows: Array
    states: Array
    summaries: Array
    fared: NDArray[np.int64]
    counts: NDArray[np.int64]
    ends: Array


def _carry_out(what: Task, rows: int, states: bool, relative: float, absolute: float, threads: int) -> _Found:
    many, size = len(what.numbers), what.layout.rows * what.layout.nodes
    found = _Found(
        np.zeros((many, rows, ROW_NUMBERS)),
        np.zeros((many, rows if states else 0, size)),
        np.zeros((many, what.orders.shape[1], SUMMARY)),
        np.zeros(many, np.int64),
        np.zeros(many, np.int64),
        what.tables.copy(),
    )
    run = solver()

    def work(todo: NDArray[np.int64]) -> None:
        run(
            what.layout, what.numbers, what.grains, found.ends, what.orders, relative, absolute,
            found.rows, found.states, found.summaries, found.fared, found.counts, todo,
        )  # fmt: skip

    pieces = np.array_split(np.arange(many), min(many, threads * _CHUNKS))
    if threads == 1 or many == 1:
        work(np.arange(many))
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, pieces))
    return found


def _courses(found: _Found, what: Task, trying: Sequence[Trial]) -> list[Course]:
    area, summary, shape = what.areas[:, None], found.summaries, found.ends.shape[1:]
    charge, energy = summary[..., CHARGE_PASSED] * area, summary[..., ENERGY] * area
    current, steps = summary[..., I_LAST] * area, summary[..., COUNT].astype(np.int64)
    why = [tuple([_WHY[max(each, 0)] for each in ends]) for ends in summary[..., WHY].astype(int).tolist()]
    courses = []
    for number, fared in enumerate(found.fared.tolist()):
        own, count = summary[number], found.counts[number]
        course = Course(
            _FARED[fared],
            -1 if fared == DONE else int(np.argmax(own[:, WHY] < 0)),
            own[:, T_END],
            charge[number],
            energy[number],
            own[:, V_FIRST],
            own[:, V_LAST],
            current[number],
            why[number],
            steps[number],
            *_rows(found.rows[number, :count], what.areas[number]),
            found.states[number, :count].reshape(-1, *shape),
            found.ends[number],
        )
        courses.append(course if fared == DONE else _explained(course, trying[number]))
    return courses


def _rows(kept: Array, area: float) -> tuple[Array, Array, Array, Array, NDArray[np.int64]]:
    """Time, voltage, current, charge passed and step of the rows."""
    if not kept.size:
        return _NONE, _NONE, _NONE, _NONE, _NO_STEP
    current, passed = kept[:, ROW_CURRENT] * area, kept[:, ROW_CHARGE] * area
    return kept[:, ROW_TIME], kept[:, ROW_VOLTAGE], current, passed, kept[:, ROW_STEP].astype(np.int64)


def _explained(course: Course, trial: Trial) -> Course:
    """A course that failed, with the sentences that tell why where there are any."""
    cell, begun, steps = trial
    state = begun if isinstance(begun, CellState) else None
    if course.fared is Fared.BAD_INPUT and state:
        return refused((no_rest(cell, state),), len(steps), course.end.shape)
    if course.fared is Fared.CANNOT_START:
        return replace(course, faults=faults(cell, state, steps[: course.failed_step + 1]))
    return course
