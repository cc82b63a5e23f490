"""The curves behind a cycling result, and its figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Layer, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Result
from thiocell.physics.differential_capacity import before_hold, binned, grid, peaks
from thiocell.techniques._cells.cell import Cell, column
from thiocell.techniques._cells.cycles import Cycles
from thiocell.techniques._spread import IntArray

_MOST_POINTS = 1000  # of a half-cycle in the voltage curve, assumed: finer than any print
_MOST_BINS = 20_000  # assumed: finer than any voltmeter over a cell's range
PROMINENCE = 0.1  # of the highest point, assumed: a lower peak may be noise
_FEW_BINS = 3  # assumed: charge in no more of them is one plateau, and no end
_LEAST_SPAN = 4.0  # cycles, assumed: below it an axis with six ticks divides a cycle
_MARGIN = 0.04  # of the range, assumed: room at either end
_INCOMPLETE = Points([], [], "incomplete", -1, mark="open")
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
    held = {}
    for half, mine in zip(_halves(cycles, row), spans, strict=True):
        rows, name = _rows(cell, half), _NAMES[int(cell.halves.sign[half])]
        passed = cell.halves.passed[rows]
        free = before_hold(mine, np.abs(column(cell.record, "current", "A")[rows]))
        density = _per_gram(cell, binned(mine[:free], np.diff(passed[:free]), edges)) / bin_width
        columns[f"{name}_dqdv"] = Column(density, "mAh/g/V")
        if free < mine.size:
            left = float(_per_gram(cell, passed[-1:] - passed[free - 1])[0])
            held[f"{name} hold"] = f"{left:.4g} mAh/g passed while the voltage was held at the end: left out here"
    notes = {**cell.notes, "bin": str(width), "cycle": str(row + 1), **held}
    return Record("dqdv", "differential_capacity", columns, cell.source, (), notes)


def highest_peak(curve: Record, direction: str) -> float:
    """Voltage (V against Li) of the highest peak between the ends of one direction; NaN if there is none."""
    if f"{direction}_dqdv" not in curve:
        return float("nan")
    voltage, density = curve.columns["voltage"].values, curve.columns[f"{direction}_dqdv"].values
    found = peaks(voltage, density, PROMINENCE)
    filled = np.flatnonzero(density > 0)
    if filled.size > _FEW_BINS:  # the bins at both ends are part full, and a peak there has one flank only
        found = found[(found > voltage[filled[0]]) & (found < voltage[filled[-1]])]
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
    panels = filled(
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
    """Capacities against the cycle number: discharges filled, charges as open marks around them."""
    number = table.columns["cycle"].values
    layers: list[Layer] = []
    left: list[Layer] = []
    for tone, name in ((1, "discharge"), (0, "charge")):
        capacity, sigma = (table.columns[f"{name}_capacity{end}"].values for end in ("", "_sigma"))
        mark: Literal["open", "filled"] = "open" if name == "charge" else "filled"
        broken = broken_off(table, name)
        whole = ~broken & np.isfinite(capacity)
        layers += _points(number, capacity, sigma, whole, Points([], [], name, tone, mark=mark))
        left += _points(number, capacity, sigma, broken, _INCOMPLETE)
    return with_incomplete(cycle_axis(number), Axis("Capacity", "mAh/g"), layers, left, "Capacity")


def efficiency_panel(table: Record) -> Panel:
    """Coulombic efficiency against the cycle number; the axis names the convention. Without any it has no layers."""
    number = table.columns["cycle"].values
    efficiency, sigma = (table.columns[f"coulombic_efficiency{end}"].values for end in ("", "_sigma"))
    convention = table.notes["coulombic efficiency"].split()[0]
    broken = broken_off(table, convention.partition("/")[0])
    layers = _points(number, efficiency, sigma, ~broken & np.isfinite(efficiency), Points([], []))
    left = _points(number, efficiency, sigma, broken & np.isfinite(efficiency), _INCOMPLETE)
    axis = Axis(f"Coulombic efficiency ({convention})", "%")
    return with_incomplete(cycle_axis(number), axis, layers, left, "Efficiency")


def broken_off(table: Record, direction: str) -> NDArray[np.bool_]:
    """Which cycles have a half in that direction that did not run to its end."""
    name = f"{direction}_complete"
    if name not in table:
        return np.zeros(len(table), dtype=bool)
    return np.asarray(table.columns[name].values == 0)


def with_incomplete(x: Axis, y: Axis, layers: Sequence[Layer], left: Sequence[Layer], title: str) -> Panel:
    """A panel whose range is that of ``layers``; of ``left``, points of incomplete half-cycles, what lies in it."""
    heights = [end for layer in layers if isinstance(layer, Points | Line) for end in _ends(layer)]
    known = np.concatenate(heights) if heights else np.empty(0)
    if not left or not known.size:
        return Panel(x, y, (*layers, *left), title)
    room = _MARGIN * float(np.ptp(known)) or _MARGIN * abs(float(known[0]))
    y = replace(y, low=float(known.min()) - room, high=float(known.max()) + room)
    kept = [p for p in left if isinstance(p, Points) and np.all((np.asarray(p.y) > y.low) & (np.asarray(p.y) < y.high))]
    told = title if len(kept) == len(left) else f"{title} (incomplete half-cycle off the scale)"
    return Panel(x, y, (*layers, *kept), told)


def _ends(layer: Points | Line) -> tuple[Array, Array]:
    value = np.asarray(layer.y, dtype=np.float64)
    sigma = layer.sigma_y if isinstance(layer, Points) else None
    bar = np.zeros_like(value) if sigma is None else np.nan_to_num(np.asarray(sigma, dtype=np.float64))
    return value - bar, value + bar


def _points(number: Array, value: Array, sigma: Array, there: NDArray[np.bool_], like: Points) -> list[Layer]:
    """The points at ``there`` that look like ``like``; none where there are none."""
    if not there.any():
        return []
    return [replace(like, x=number[there], y=value[there], sigma_y=sigma[there])]


def filled(*panels: Panel) -> tuple[Panel, ...]:
    """The panels that show something."""
    return tuple(panel for panel in panels if panel.layers)


def _differential_panel(curve: Record) -> Panel:
    voltage = curve.columns["voltage"].values
    layers = tuple(
        Line(voltage, sign * curve.columns[f"{name}_dqdv"].values, name, 0, "dashed" if sign > 0 else "solid")
        for sign, name in _NAMES.items()
        if f"{name}_dqdv" in curve
    )
    return Panel(Axis("Voltage vs Li", "V"), Axis("dQ/dV", "mAh/g/V"), layers, "Differential capacity")
