"""The curves behind a cycling result, and its figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Layer, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Result
from thiocell.physics.differential_capacity import binned, grid, peaks
from thiocell.techniques._cells.cell import Cell
from thiocell.techniques._cells.cycles import Cycles
from thiocell.techniques._cells.spread import IntArray

_MOST_POINTS = 1000  # of a half-cycle in the voltage curve, assumed: finer than any print
_MOST_BINS = 20_000  # assumed: finer than any voltmeter over a cell's range
PROMINENCE = 0.1  # of the highest point, assumed: a lower peak may be noise
_LEAST_SPAN = 4.0  # cycles, assumed: below it an axis with six ticks divides a cycle
_ASIDE = 0.012  # of the axis, assumed: half a mark's width
_MOST_ASIDE = 0.2  # cycles, assumed: a mark further off would look like another cycle's
_NAMES = {1: "charge", -1: "discharge"}


def voltage_curve(cycles: Cycles, rows: Sequence[int]) -> Record:
    """Voltage against Li over the capacity passed (mAh/g of cathode) for the cycles at ``rows``, 0 the first."""
    cell, parts = cycles.cell, []
    for row in rows:
        for half in _halves(cycles, row):
            mine = _rows(cell, half)
            mine = mine[np.unique(np.linspace(0, mine.size - 1, min(mine.size, _MOST_POINTS)).astype(np.intp))]
            flat = np.ones(mine.size)
            capacity = _per_gram(cell, cell.halves.passed[mine])
            parts.append(
                ((row + 1) * flat, cell.halves.sign[half] * flat, capacity, cell.voltage[mine] + cell.scale.value)
            )
    cycle, direction, capacity, voltage = (np.concatenate(column) for column in zip(*parts, strict=True))
    columns = {
        "cycle": Column(cycle),
        "direction": Column(direction),
        "capacity": Column(capacity, "mAh/g"),
        "voltage": Column(voltage, "V"),
    }
    notes = {**cell.notes, "direction": "1 charge, -1 discharge", "points": f"at most {_MOST_POINTS} a half-cycle"}
    return Record("voltage", "voltage_curve", columns, cell.source, (), notes)


def differential(cycles: Cycles, row: int, width: Quantity) -> Record:
    """Charge counted into voltage bins of ``width`` for the halves of a cycle: dQ/dV in mAh/g/V, positive both ways."""
    cell, bin_width = cycles.cell, width.to("V").value
    if not bin_width > 0:
        raise BadInput(f"the setting 'bin' is {width}; it must be greater than zero")
    voltage = cell.voltage + float(cell.scale.value)
    spans = [voltage[_rows(cell, half)] for half in _halves(cycles, row)]
    low, high = min(float(v.min()) for v in spans), max(float(v.max()) for v in spans)
    if (high - low) / bin_width > _MOST_BINS:
        raise BadInput(f"the setting 'bin' of {width} makes more than {_MOST_BINS} bins; take a wider one")
    edges = grid(low, high, bin_width)
    columns = {"voltage": Column(0.5 * (edges[1:] + edges[:-1]), "V")}
    for half, mine in zip(_halves(cycles, row), spans, strict=True):
        passed = np.diff(cell.halves.passed[_rows(cell, half)])
        density = _per_gram(cell, binned(mine, passed, edges)) / bin_width
        columns[f"{_NAMES[int(cell.halves.sign[half])]}_dqdv"] = Column(density, "mAh/g/V")
    notes = {**cell.notes, "bin": str(width), "cycle": str(row + 1)}
    return Record("dqdv", "differential_capacity", columns, cell.source, (), notes)


def highest_peak(curve: Record, direction: str) -> float:
    """Voltage (V against Li) of the highest peak of one direction; NaN if there is none."""
    if f"{direction}_dqdv" not in curve:
        return float("nan")
    found = peaks(curve.columns["voltage"].values, curve.columns[f"{direction}_dqdv"].values, PROMINENCE)
    return float(found[0]) if found.size else float("nan")


def _halves(cycles: Cycles, row: int) -> list[int]:
    both = sorted(int(half) for half in (cycles.charge[row], cycles.discharge[row]))
    return [half for half in both if half >= 0]


def _rows(cell: Cell, half: int) -> IntArray:
    first, last = int(cell.halves.first[half]), int(cell.halves.last[half])
    return np.flatnonzero(cell.halves.owner[first : last + 1] == half) + first


def _per_gram(cell: Cell, charge: Array) -> Array:
    return np.asarray(charge / float(cell.mass.value) * Quantity(1.0, "C/kg").to("mAh/g").value)


def draw(result: Result) -> Drawing:
    """Voltage curves, capacity and efficiency against cycle, and dQ/dV."""
    missing = [name for name in ("cycles", "voltage", "dqdv") if name not in result.curves]
    if missing:
        raise BadInput(f"a figure of cycling needs the curves cycles, voltage and dqdv; there is no {missing[0]}")
    panels = (
        _voltage_panel(result.curves["voltage"]),
        capacity_panel(result.curves["cycles"]),
        efficiency_panel(result.curves["cycles"]),
        _differential_panel(result.curves["dqdv"]),
    )
    return Drawing(panels, f"Galvanostatic cycling, cycle {result['cycle'].value:.0f} chosen", result.source.virtual)


def _voltage_panel(curve: Record) -> Panel:
    cycle, direction = curve.columns["cycle"].values, curve.columns["direction"].values
    layers: list[Layer] = []
    for tone, number in enumerate(dict.fromkeys(cycle.tolist())):
        for sign in dict.fromkeys(direction[cycle == number].tolist()):
            mine = (cycle == number) & (direction == sign)
            x, y = curve.columns["capacity"].values[mine], curve.columns["voltage"].values[mine]
            label = f"{_NAMES[int(sign)]} {number:.0f}"
            layers.append(Line(x, y, label, tone, "solid" if sign < 0 else "dashed"))
    return Panel(Axis("Capacity", "mAh/g"), Axis("Voltage vs Li", "V"), tuple(layers), "Voltage")


def cycle_axis(number: Array) -> Axis:
    """The axis of cycles 1 to the last of ``number``, from 0 and wide enough for ticks at whole cycles alone."""
    last = max(float(np.max(number)) + 1.0, _LEAST_SPAN)
    return Axis("Cycle", low=0.0, high=16.0 if 12.0 < last <= 15.0 else last)  # six ticks over 15 stand 2.5 apart


def capacity_panel(table: Record) -> Panel:
    """Capacities of charge and discharge against the cycle number, a little left and right of it so that both show."""
    number = table.columns["cycle"].values
    axis = cycle_axis(number)
    aside = min(_ASIDE * float(axis.high or 0.0), _MOST_ASIDE)
    layers = tuple(
        Points(
            number + shift,
            table.columns[f"{name}_capacity"].values,
            name,
            tone,
            None,
            table.columns[f"{name}_capacity_sigma"].values,
            "open" if name == "charge" else "filled",
        )
        for tone, (name, shift) in enumerate((("charge", -aside), ("discharge", aside)))
    )
    return Panel(axis, Axis("Capacity", "mAh/g"), layers, "Capacity")


def efficiency_panel(table: Record) -> Panel:
    """Coulombic efficiency against the cycle number; the axis names the convention."""
    number = table.columns["cycle"].values
    efficiency, sigma = (table.columns[f"coulombic_efficiency{end}"].values for end in ("", "_sigma"))
    label = f"Coulombic efficiency ({table.notes['coulombic efficiency'].split()[0]})"
    layer = Points(number, efficiency, "", 0, None, sigma)
    return Panel(cycle_axis(number), Axis(label, "%"), (layer,), "Efficiency")


def _differential_panel(curve: Record) -> Panel:
    voltage = curve.columns["voltage"].values
    layers = tuple(
        Line(voltage, sign * curve.columns[f"{name}_dqdv"].values, name, 0, "dashed" if sign > 0 else "solid")
        for sign, name in _NAMES.items()
        if f"{name}_dqdv" in curve
    )
    return Panel(Axis("Voltage vs Li", "V"), Axis("dQ/dV", "mAh/g/V"), layers, "Differential capacity")
