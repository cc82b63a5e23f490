"""How one cell's numbers lie in plain arrays: the one place that knows their order.

The state is a table of rows, one number a node in each: the potential, the shells of each population (innermost
first), a hysteresis for each population that has one, the parted iodide, and a ledger whose first two numbers are the
charge and the throughput, in units of the cell's whole charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.columns import TERMS, Array, Columns
from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Grains, Redox
from thiocell.physics.grains import shells

Whole = NDArray[np.int64]

# numbers of a cell
(
    DOUBLE_LAYER,  # F/m3
    WIDTH,  # m of a node
    ELECTRONIC,  # S/m
    HALF_F,  # F/(2RT), 1/V
    BASE,  # terms of the ionic conductivity, (S/m)^(1/power)
    HOST,
    PARTED,
    MOLYBDENUM,
    LEFT_RESISTANCE,  # Ohm m2
    RIGHT_RESISTANCE,
    ANODE_EXCHANGE,  # A/m2
    ANODE_POTENTIAL,  # V
    HELD,
    OUT_RATE,  # 1/s
    IN_RATE,
    START,  # activation
    INVERSE_THROUGHPUT,  # whole charges of the cell in one activation charge
    CHARGE,  # C/m2, the unit of the ledger
    AREA,  # m2
    NUMBERS,
) = range(20)

# numbers of a population
EXCHANGE, POTENTIAL, S1, S2, S3, S4, HYSTERESIS, SURFACE, INVERSE_CHARGE, INVERSE_TIME, PACE, GRAIN_NUMBERS = range(12)


_OF_GRAINS = ("charge", "exchange", "potential", "hysteresis", "hysteresis_rate", "grain_time")


class Structure(NamedTuple):
    """What cells of one batch share: the rows of their state and the shape of their grains."""

    nodes: int
    rows: int
    shells: Whole
    """of each population"""
    first: Whole
    """row of each population's innermost shell"""
    swing: Whole
    """row of each population's hysteresis, or -1"""
    activated: Whole
    """0 or 1 for each population"""
    host: Array
    """each population's share of the couple 'sulfur', 0 outside it"""
    metal: Array
    """each population's share of the couple 'molybdenum'"""
    volume: Array
    """shares of the shells' volume, (populations, most shells)"""
    conductance: Array
    parted: int
    """row of the parted iodide, or -1"""
    power: int
    left_ion: float
    """1 where the left contact passes ions, 0 where electrons"""
    right_ion: float


def structure(cell: CellParameters) -> Structure:
    """The layout of ``cell``'s state, made once for all cells of its kind."""
    kind = _kind(cell)
    if kind not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[kind] = _structure(cell)
    return _KNOWN[kind]


_MOST_KNOWN = 64
_KNOWN: dict[tuple[object, ...], Structure] = {}


def _structure(cell: CellParameters) -> Structure:
    populations = cell.populations
    most = max(p.shells for p in populations)
    volume, conductance = np.ones((len(populations), most)), np.zeros((len(populations), most))
    first, swing, row = [], [], 1
    for number, population in enumerate(populations):
        first.append(row)
        row += population.shells
        if population.shells > 1:
            cut = shells(population.shells)
            volume[number, : population.shells], conductance[number, : population.shells - 1] = (
                cut.volume,
                cut.conductance,
            )
    for population in populations:
        has = cell.couples[population.couple].hysteresis != 0.0
        swing.append(row if has else -1)
        row += has
    parted = row if cell.parting else -1
    row += cell.parting is not None
    return Structure(
        cell.nodes,
        row + 1,
        np.array([p.shells for p in populations]),
        np.array(first),
        np.array(swing),
        np.array([int(cell.couples[p.couple].activated) for p in populations]),
        _shares(cell, "sulfur"),
        _shares(cell, "molybdenum"),
        volume,
        conductance,
        parted,
        cell.ionic.power,
        float(cell.left == "ion"),
        float(cell.right == "ion"),
    )


def share_layout(cells: Sequence[CellParameters]) -> bool:
    """Can these cells be solved in one batch?"""
    first = _kind(cells[0])
    return len(cells) == 1 or all(_kind(cell) == first or _are_alike(cells[0], cell) for cell in cells)


def _are_alike(one: CellParameters, other: CellParameters) -> bool:
    if len(one.couples) != len(other.couples):
        return False
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(structure(one), structure(other), strict=True)]
    return all(a.shape == b.shape and np.allclose(a, b, atol=1e-12) for a, b in pairs)


def _kind(cell: CellParameters) -> tuple[object, ...]:
    """All that decides the layout, at a glance; some that differ in it have the same layout."""
    couples = [
        (c.name, c.grains, c.grain_time > 0.0, c.shells, c.sizes, c.grain_spread, c.hysteresis != 0.0, c.activated)
        for c in cell.couples
    ]
    return cell.nodes, cell.parting is None, cell.ionic.power, cell.left, cell.right, *couples


def numbers(columns: Columns) -> tuple[Array, Array]:
    """The numbers of cells of one layout and those of their populations, (cells, populations, GRAIN_NUMBERS)."""
    cell, parting, cells = columns.cell, columns.parting, columns.cells
    found = np.zeros((len(cells), NUMBERS))
    left, right, charge = cells[0].left, cells[0].right, columns.charge
    is_cell = left == "ion" and right == "electron"
    found[:, DOUBLE_LAYER], found[:, ELECTRONIC] = cell["double_layer"], cell["electronic"]
    found[:, WIDTH] = cell["thickness"] / cell["nodes"]
    found[:, HALF_F] = 0.5 * FARADAY / (GAS * cell["temperature"])
    found[:, BASE], found[:, HOST] = cell["ionic.base"], cell["ionic.host"]
    found[:, PARTED], found[:, MOLYBDENUM] = cell["ionic.parted"], cell["ionic.molybdenum"]
    separator = columns.separator
    found[:, LEFT_RESISTANCE] = separator if left == "ion" else 0.0
    found[:, RIGHT_RESISTANCE] = separator if right == "ion" else 0.0
    found[:, ANODE_EXCHANGE] = cell["anode_exchange"] if is_cell else np.inf
    found[:, ANODE_POTENTIAL] = cell["anode_potential"] if is_cell else 0.0
    found[:, HELD] = parting["held"]
    found[:, OUT_RATE], found[:, IN_RATE] = 1.0 / parting["out_time"], 1.0 / parting["in_time"]
    found[:, START], found[:, INVERSE_THROUGHPUT] = cell["activation_start"], charge / cell["activation_charge"]
    found[:, CHARGE], found[:, AREA] = charge, cell["area"]
    return found, _grain_numbers(columns)


def _grain_numbers(columns: Columns) -> Array:
    """The numbers of the grains of every cell, (cells, populations, GRAIN_NUMBERS)."""
    many, count = len(columns.cells), len(columns.cells[0].couples)
    each = [_units(columns.couples[number::count]) for number in range(count)]
    of = np.repeat(np.arange(count), [unit.shape[1] for unit in each])  # the couple of each population
    most = max(len(unit) for unit in each)
    units = np.concatenate([np.broadcast_to(unit, (most, *unit.shape[1:])) for unit in each], axis=1)
    found = np.zeros((many, of.size, GRAIN_NUMBERS))
    couple = {name: columns.couple[name].reshape(many, count)[:, of] for name in _OF_GRAINS}
    charge, has_time = couple["charge"] * units[..., 0], units[..., 2] > 0.0
    found[..., EXCHANGE] = couple["exchange"] * units[..., 1]
    found[..., POTENTIAL], found[..., HYSTERESIS] = couple["potential"], couple["hysteresis"]
    found[..., S1 : S1 + TERMS] = columns.shape.reshape(many, count, TERMS)[:, of]
    found[..., SURFACE] = units[..., 3] * np.where(has_time, couple["grain_time"], 1.0) / couple["charge"]
    found[..., INVERSE_CHARGE], found[..., PACE] = 1.0 / charge, couple["hysteresis_rate"] / charge
    in_shells = units[..., 4] > 1.0
    found[..., INVERSE_TIME] = 1.0 / np.where(in_shells, couple["grain_time"] * units[..., 2], np.inf)
    return found


def _units(couples: Sequence[Redox]) -> Array:
    """Charge, exchange, time, surface and shells of the grains of each couple, were its own numbers 1."""
    kinds = [(c.grains, c.grain_time > 0.0, c.shells, c.sizes, c.grain_spread) for c in couples]
    if kinds.count(kinds[0]) == len(kinds):
        kinds = kinds[:1]
    return _unit(*kinds[0])[None] if len(kinds) == 1 else np.array([_unit(*kind) for kind in kinds])


@lru_cache
def _unit(grains: Grains, has_time: bool, shells: int, sizes: int, spread: float) -> Array:
    couple = Redox(
        "", 1.0, 1.0, 0.0, grains=grains, grain_time=float(has_time), grain_spread=spread, shells=shells, sizes=sizes
    )
    return np.array([(p.charge, p.exchange, p.time, p.surface, float(p.shells)) for p in couple.populations(0)])


def starts(columns: Columns, layout: Structure, states: Sequence[CellState]) -> Array:
    """Even states as tables of rows, (cells, rows, nodes), whose potentials, NaN here, the solver finds."""
    cells = columns.cells
    of = [population.couple for population in cells[0].populations]
    share = np.array([[s.lithiated[c.name] for c in cell.couples] for cell, s in zip(cells, states, strict=True)])
    swing = np.array(
        [[s.hysteresis.get(c.name, 0.0) for c in cell.couples] for cell, s in zip(cells, states, strict=True)]
    )
    tables = np.zeros((len(cells), layout.rows, layout.nodes))
    tables[:, 0] = np.nan
    for number, (couple, first) in enumerate(zip(of, layout.first, strict=True)):
        tables[:, first : first + layout.shells[number]] = share[:, couple, None, None]
        if layout.swing[number] >= 0:
            tables[:, layout.swing[number]] = swing[:, couple, None]
    if layout.parted >= 0:
        tables[:, layout.parted] = np.array([[state.parted] for state in states])
    tables[:, -1, 1] = np.array([state.throughput for state in states]) / columns.charge
    return tables


def _shares(cell: CellParameters, name: str) -> Array:
    return np.array(
        [
            p.charge / cell.couples[p.couple].charge if cell.couples[p.couple].name == name else 0.0
            for p in cell.populations
        ]
    )
