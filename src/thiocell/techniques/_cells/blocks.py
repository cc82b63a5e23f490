"""Blocks of discharges at one current, as rate tests and Ragone plots are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from thiocell.cell.parameters import CellParameters
from thiocell.cell.protocol import Step, rate_test
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.physics.galvanostat import Stretch
from thiocell.physics.levels import levels, stretches
from thiocell.techniques._cells.cycles import Cycles
from thiocell.techniques._spread import IntArray, Spread

Take = Literal["last", "mean"]
TAKE_MEANING = "what stands for a block: its last complete discharge or the mean of them"
TOLERANCE_MEANING = "discharge currents nearer than this share belong to one level"
CURRENTS = tuple(Quantity.exact(value, "mA/g") for value in (25.0, 50.0, 100.0, 200.0))
_UNEVEN = 1.2  # assumed: a larger ratio of the current's 90th to its 10th percentile is no constant current


@dataclass(frozen=True, eq=False)
class Block:
    """``rows`` of the cycles whose discharges follow each other at one ``level`` of current; ``number`` 1 the first."""

    number: int
    level: int
    rows: IntArray


def find_blocks(cycles: Cycles, tolerance: float) -> tuple[Block, ...]:
    """The blocks of complete discharges, in order; raises BadInput if there is no complete discharge."""
    if not tolerance > 0:
        raise BadInput(f"the setting 'tolerance' is {tolerance}; it must be greater than zero, like 0.1")
    halves = cycles.cell.halves
    rows = np.flatnonzero(cycles.discharge >= 0)
    there = cycles.discharge[rows].astype(np.intp)
    rows, there = rows[halves.complete[there]], there[halves.complete[there]]
    if not rows.size:
        raise BadInput(f"record '{cycles.cell.record.name}' has no complete discharge; one at each current is needed")
    level = levels(halves.current[there], tolerance)
    edges = stretches(level)
    return tuple(Block(number, int(level[a]), rows[a:b]) for number, (a, b) in enumerate(pairwise(edges), start=1))


def block_doubts(cycles: Cycles, blocks: Sequence[Block]) -> list[str]:
    """Discharges that are at no constant current, and blocks of a single discharge."""
    used = np.concatenate([block.rows for block in blocks])
    uneven = np.count_nonzero(cycles.cell.halves.current_spread[cycles.discharge[used].astype(np.intp)] > _UNEVEN)
    found = []
    if uneven:
        found.append(f"{uneven} of {used.size} discharges change their current on the way; their median was taken")
    single = [str(block.number) for block in blocks if block.rows.size == 1]
    if single:
        found.append(f"blocks with a single discharge, so with no scatter of their own: {', '.join(single)}")
    return found


def block_value(what: Spread, block: Block, take: Take) -> Spread:
    """What stands for a block: its last finite entry or the mean, then with the scatter of the mean; may be NaN."""
    there = block.rows[np.isfinite(what.value[block.rows])]
    if not there.size:
        return Spread(np.asarray(np.nan))
    if take == "last" or there.size == 1:
        return what.at(int(there[-1]))
    mean = what.mean(there)
    scatter = np.asarray(np.std(what.value[there], ddof=1) / np.sqrt(there.size))
    return Spread(mean.value, {**mean.parts, f"scatter {block.number}": scatter})


def block_table(cycles: Cycles, blocks: Sequence[Block], take: Take) -> Record:
    """One row a block: its cycles, current, capacity with sigma and scatter, efficiency, energy and power."""
    columns = {
        "block": Column([block.number for block in blocks]),
        "first_cycle": Column([block.rows[0] + 1 for block in blocks]),
        "last_cycle": Column([block.rows[-1] + 1 for block in blocks]),
        "discharges": Column([block.rows.size for block in blocks]),
    }
    for name, (spread, si_unit, unit) in cycles.quantities().items():
        if "charge_" in name and "discharge_" not in name and not name.startswith("mean_discharge"):
            continue
        factor = Quantity(1.0, si_unit).to(unit).value
        chosen = [block_value(spread, block, take) for block in blocks]
        columns[name] = Column([float(value.value) * factor for value in chosen], unit)
        columns[f"{name}_sigma"] = Column([float(value.sigma) * factor for value in chosen], unit)
    factor = Quantity(1.0, "C/kg").to("mAh/g").value
    columns["scatter"] = Column(factor * _scatter(cycles, blocks), "mAh/g")
    notes = {**cycles.cell.notes, "block": f"{take} complete discharge of each", "scatter": "of the block's discharges"}
    return Record("blocks", "block_table", columns, cycles.cell.source, (), notes)


def _scatter(cycles: Cycles, blocks: Sequence[Block]) -> Array:
    capacity = cycles.capacity("discharge").value
    return np.array([np.std(capacity[b.rows], ddof=1) if b.rows.size > 1 else np.nan for b in blocks])


def specific_currents(currents: Sequence[Quantity]) -> list[float]:
    """The setting ``currents`` in A/kg; raises BadInput if one is not greater than zero or there are none."""
    found = [current.to("A/kg").value for current in currents]
    if not found or not all(value > 0 for value in found):
        raise BadInput("the setting 'currents' needs one current or more, each greater than zero, like '25 mA/g'")
    return found


def block_stretches(
    currents: Sequence[float], halves: Sequence[tuple[float, float, float, float]], cycles: int, mass: float
) -> list[Stretch]:
    """Half-cycles of a test with ``cycles`` cycles at each of ``currents`` (A/kg), charges at the first of them.

    ``halves`` gives for each current the charge and discharge capacity (C/kg) and their mean voltages (V vs Li).
    """
    if cycles < 1:
        raise BadInput(f"the setting 'cycles' is {cycles}; one at least is needed at each current")
    made: list[Stretch] = []
    for current, (charged, discharged, up, down) in zip(currents, halves, strict=True):
        for _ in range(cycles):
            number = len(made) // 2 + 1
            made.append(Stretch(1, currents[0] * mass, charged / currents[0], up, number))
            made.append(Stretch(-1, current * mass, discharged / current, down, number))
    return made


def block_protocol(
    cell: CellParameters, currents: Sequence[Quantity], cycles: int, rest: Quantity, *, returns: bool
) -> Sequence[Step]:
    """The same test as steps of the cell model, between the cell's cut-offs."""
    amperes = [current * cell.mass for current in specific_currents(currents)]
    if cycles < 1:
        raise BadInput(f"the setting 'cycles' is {cycles}; one at least is needed at each current")
    return rate_test(
        amperes,
        cycles=cycles,
        returns=returns,
        lower=cell.lower_cutoff,
        upper=cell.upper_cutoff,
        rest=rest.to("s").value,
    )
