"""What a batch is to do, as plain arrays: the trials that are possible, and what is impossible about the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.batch.layout import Structure, numbers, starts, structure
from thiocell.cell.batch.words import (
    CEILING,
    CURRENT,
    FLOOR,
    KIND,
    LEAST,
    LONGEST,
    LOWER,
    PERIOD,
    POWER,
    SECONDS,
    STEP_NUMBERS,
    TARGET,
    UPPER,
    VOLTAGE,
)
from thiocell.cell.checks import impossible, sound
from thiocell.cell.columns import Columns
from thiocell.cell.parameters import CellParameters, CellState
from thiocell.cell.protocol import Step
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]
Start = CellState | Array
Trial = tuple[CellParameters, Start, Sequence[Step]]
"""A cell, its start and its protocol."""

_HOUR = 3600.0
_MANY = 8
"""Cells that are quicker looked at all at once than one by one, by trial."""
_KINDS = {"current": CURRENT, "voltage": VOLTAGE, "power": POWER}


class Task(NamedTuple):
    """Cells and protocols as plain arrays, one entry a cell."""

    layout: Structure
    numbers: Array
    grains: Array
    tables: Array
    orders: Array
    """(cells, steps, STEP_NUMBERS)"""
    areas: Array
    """m2"""


def trials(
    cells: Sequence[CellParameters],
    begun: Sequence[Start] | Start,
    protocols: Sequence[Sequence[Step]] | Sequence[Step],
) -> list[Trial]:
    """Every cell with a start and a protocol."""
    each = list(begun) if isinstance(begun, Sequence) else [begun] * len(cells)
    one = [step for step in protocols if isinstance(step, Step)]
    todo = (
        [one] * len(cells)
        if one or not len(protocols)
        else [steps for steps in protocols if not isinstance(steps, Step)]
    )
    for what, given in (("starts", each), ("protocols", todo)):
        if len(given) != len(cells):
            raise BadInput(f"{len(cells)} cells have {len(given)} {what}; give one for each or one for all")
    if cells and not all(todo):
        raise BadInput("a protocol needs one step at least")
    if len({len(steps) for steps in todo}) > 1:
        raise BadInput("the protocols of one batch differ in their number of steps; solve each kind by itself")
    return list(zip(cells, each, todo, strict=True))


def wrong(asked: Sequence[Trial], columns: Columns) -> list[tuple[str, ...]]:
    """What is impossible about each trial's cell, start and protocol, but for a start that nothing balances."""
    if len(asked) < _MANY:
        return [_told(trial) for trial in asked]
    good = sound(columns)
    seen: dict[tuple[int, int, tuple[str, ...]], bool] = {}  # many cells share a start and a protocol

    def is_possible(trial: Trial) -> bool:
        cell, begun, steps = trial
        key = id(begun), id(steps), tuple([couple.name for couple in cell.couples])
        if key not in seen:
            seen[key] = not _told(trial)
        return seen[key]

    return [
        () if fine and is_possible(trial) else _told(trial) for trial, fine in zip(asked, good.tolist(), strict=True)
    ]


def _told(trial: Trial) -> tuple[str, ...]:
    cell, begun, steps = trial
    if isinstance(begun, CellState):
        return impossible(cell, begun, steps)
    odd = () if np.isfinite(begun).all() else ("the state that it starts from holds numbers that are not finite",)
    return (*impossible(cell, None, steps), *odd)


def task(asked: Sequence[Trial], columns: Columns, points: int) -> Task:
    """The task of trials that are possible, whose cells share a layout."""
    layout = structure(columns.cells[0])
    tables, orders = _tables(asked, columns, layout), _orders(asked, columns, points)
    return Task(layout, *numbers(columns), tables, orders, columns.cell["area"])


def _tables(asked: Sequence[Trial], columns: Columns, layout: Structure) -> Array:
    even = {number: start for number, (_, start, _) in enumerate(asked) if isinstance(start, CellState)}
    some, found = list(even), np.zeros((len(asked), layout.rows, layout.nodes))
    if some:
        alike = columns if len(some) == len(asked) else Columns.of([columns.cells[number] for number in some])
        found[some] = starts(alike, layout, list(even.values()))
    for number, (_, start, _) in enumerate(asked):
        if not isinstance(start, CellState):
            if start.shape != found.shape[1:]:
                raise BadInput(f"a start is {start.shape}; the state of this cell is {found.shape[1:]}")
            found[number] = start
    return found


def _orders(asked: Sequence[Trial], columns: Columns, points: int) -> Array:
    """The steps of every trial as the numbers that the compiled solver reads, (cells, steps, STEP_NUMBERS)."""
    known = {id(steps): steps for _, _, steps in asked}
    told = {key: [_told_of(step) for step in steps] for key, steps in known.items()}
    table = np.array([told[id(steps)] for _, _, steps in asked]).reshape(len(asked), -1, STEP_NUMBERS)
    area = columns.cell["area"][:, None]
    kind, value = table[..., KIND], table[..., TARGET].copy()
    driven = kind != VOLTAGE
    table[..., TARGET] = np.where(driven, value / area, value)
    table[..., LEAST] /= area
    often = _expected(table, value, columns.charge[:, None] * area) / points if points else np.inf
    table[..., PERIOD] = np.where(np.isnan(table[..., PERIOD]), often, table[..., PERIOD])
    # a charge or a discharge that names no end of its own must not pass the cell's cut-offs
    falls = driven & (value > 0.0) & (table[..., LOWER] == -np.inf)
    rises = driven & (value < 0.0) & (table[..., UPPER] == np.inf)
    if falls.any():
        table[..., FLOOR] = np.where(falls, columns.cell["lower_cutoff"][:, None], -np.inf)
    if rises.any():
        table[..., CEILING] = np.where(rises, columns.cell["upper_cutoff"][:, None], np.inf)
    return table


def _told_of(step: Step) -> list[float]:
    """The numbers of a step as they are told, whatever the cell; in the order of ``words``."""
    return [
        _KINDS[step.control],
        step.value,
        LONGEST if step.seconds is None else step.seconds,
        -np.inf if step.lower is None else step.lower,
        np.inf if step.upper is None else step.upper,
        0.0 if step.current is None else step.current,
        np.nan if step.period is None else step.period,
        float(step.may_end_at_once),
        -np.inf,
        np.inf,
    ]


def _expected(table: Array, value: Array, charge: Array) -> Array:
    """About how many seconds each step lasts: as long as it is told, or until half of the cell's ``charge`` (C) went.

    A power is taken to be at 2 V.
    """
    volts = np.where(table[..., KIND] == POWER, 2.0, 1.0)
    current = np.where(table[..., KIND] == VOLTAGE, 0.0, abs(value) / volts)
    seconds = table[..., SECONDS]
    with np.errstate(divide="ignore"):
        driven = np.minimum(0.5 * charge / current, seconds)
    still = np.where(seconds == LONGEST, _HOUR, seconds)
    return np.where(current > 0.0, driven, still)
