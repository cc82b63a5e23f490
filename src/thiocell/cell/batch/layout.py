"""How one cell's numbers lie in plain arrays: the one place that knows their order.

The state is a table of rows, one number a node in each: the potential, the shells of each population (innermost
first), a hysteresis for each population that has one, the parted iodide, and a ledger whose first two numbers are the
charge and the throughput, in units of the cell's whole charge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Population, Redox
from thiocell.physics.grains import shells

Array = NDArray[np.float64]
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
    """The layout of ``cell``'s state."""
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


def same_structure(one: CellParameters, other: CellParameters) -> bool:
    """Can these two cells be solved in one batch?"""
    if _kind(one) == _kind(other):
        return True
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(structure(one), structure(other), strict=True)]
    return all(a.shape == b.shape and np.allclose(a, b, atol=1e-12) for a, b in pairs)


def _kind(cell: CellParameters) -> tuple[object, ...]:
    """All that decides the layout, at a glance; some that differ in it have the same layout."""
    couples = [
        (c.name, c.grains, c.grain_time > 0.0, c.shells, c.sizes, c.grain_spread, c.hysteresis != 0.0, c.activated)
        for c in cell.couples
    ]
    return cell.nodes, cell.parting is None, cell.ionic.power, cell.left, cell.right, *couples


def numbers(cell: CellParameters) -> tuple[Array, Array]:
    """The numbers of ``cell`` and those of its populations, (populations, GRAIN_NUMBERS)."""
    found, charge = np.zeros(NUMBERS), cell.charge
    is_cell = cell.left == "ion" and cell.right == "electron"
    found[DOUBLE_LAYER], found[WIDTH], found[ELECTRONIC] = (
        cell.double_layer,
        cell.thickness / cell.nodes,
        cell.electronic,
    )
    found[HALF_F] = 0.5 * FARADAY / (GAS * cell.temperature)
    ionic = cell.ionic
    found[[BASE, HOST, PARTED, MOLYBDENUM]] = ionic.base, ionic.host, ionic.parted, ionic.molybdenum
    found[LEFT_RESISTANCE] = cell.separator if cell.left == "ion" else 0.0
    found[RIGHT_RESISTANCE] = cell.separator if cell.right == "ion" else 0.0
    found[ANODE_EXCHANGE] = cell.anode_exchange if is_cell else np.inf
    found[ANODE_POTENTIAL] = cell.anode_potential if is_cell else 0.0
    if cell.parting:
        found[[HELD, OUT_RATE, IN_RATE]] = cell.parting.held, 1 / cell.parting.out_time, 1 / cell.parting.in_time
    found[START], found[INVERSE_THROUGHPUT] = cell.activation_start, charge / cell.activation_charge
    found[CHARGE], found[AREA] = charge, cell.area
    return found, np.array([_grain_numbers(cell.couples[p.couple], p) for p in cell.populations])


def start(cell: CellParameters, layout: Structure, state: CellState, potential: float) -> Array:
    """The even state as a table of rows, (rows, nodes), at ``potential`` V of the cathode against Li."""
    table = np.zeros((layout.rows, layout.nodes))
    table[0] = potential
    for number, population in enumerate(cell.populations):
        name = cell.couples[population.couple].name
        table[layout.first[number] : layout.first[number] + population.shells] = state.lithiated[name]
        if layout.swing[number] >= 0:
            table[layout.swing[number]] = state.hysteresis.get(name, 0.0)
    if layout.parted >= 0:
        table[layout.parted] = state.parted
    table[-1, 1] = state.throughput / cell.charge
    return table


def _shares(cell: CellParameters, name: str) -> Array:
    return np.array(
        [
            p.charge / cell.couples[p.couple].charge if cell.couples[p.couple].name == name else 0.0
            for p in cell.populations
        ]
    )


def _grain_numbers(couple: Redox, grains: Population) -> Array:
    found = np.zeros(GRAIN_NUMBERS)
    found[EXCHANGE], found[POTENTIAL], found[HYSTERESIS] = grains.exchange, couple.potential, couple.hysteresis
    found[S1 : S1 + len(couple.shape)] = couple.shape
    found[SURFACE], found[INVERSE_CHARGE] = grains.surface, 1.0 / grains.charge
    found[INVERSE_TIME] = 1.0 / grains.time if grains.shells > 1 else 0.0
    found[PACE] = couple.hysteresis_rate / grains.charge
    return found
