"""Ragone plot: energy against mean power of the discharges at each current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import CellParameters, Grains
from thiocell.cell.protocol import Step
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Axis, Drawing, Layer, Panel, Points
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.techniques._cells.at_power import energy_at_power
from thiocell.techniques._cells.blocks import (
    CURRENTS,
    TAKE_MEANING,
    TOLERANCE_MEANING,
    Take,
    block_doubts,
    block_protocol,
    block_stretches,
    block_table,
    block_value,
    find_blocks,
    specific_currents,
)
from thiocell.techniques._cells.cell import (
    CURRENT_ERROR,
    NEEDS,
    READS,
    REFERENCE_MEANING,
    VOLTAGE_ERROR,
    ReferenceElectrode,
    read_cell,
)
from thiocell.techniques._cells.cycles import Cycles
from thiocell.techniques._cells.modelled import (
    BEGIN_MEANING,
    CELL_FACTS,
    GRAINS,
    GRAINS_MEANING,
    NODES,
    NODES_MEANING,
    Begin,
    Expected,
    Modelled,
    checked_values,
)
from thiocell.techniques._cells.terms import RAGONE
from thiocell.techniques._cells.virtual import (
    LAW_MEANING,
    POLARISATION,
    POLARISATION_MEANING,
    Law,
    cycler,
    given,
    positive,
    written_down,
)
from thiocell.techniques._findings import MODEL, Findings
from thiocell.techniques._spread import Spread

_OTHER = "points of "  # a curve of this name holds points of others


@dataclass(frozen=True)
class Ragone:
    """Energy by mass of cathode and against Li metal, over energy divided by the time of discharge.

    Values are numbered by block of one current, 1 the first. ``power`` asks for the energy there, which is read between
    the points (straight against the logarithm of the power) and never beyond them.
    """

    power: Quantity | None = setting(
        None, "power at which the energy is read between the points; none: nowhere", "100 W/kg"
    )
    take: Take = setting("last", TAKE_MEANING)
    tolerance: float = setting(0.1, TOLERANCE_MEANING)
    reference: ReferenceElectrode = setting("unstated", REFERENCE_MEANING)
    current_error: Quantity = setting(CURRENT_ERROR, "relative error of the current's gain, one for each direction")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    currents: tuple[Quantity, ...] = setting(CURRENTS, "discharge currents of the predicted test")
    cycles: int = setting(2, "predicted cycles at each current")
    interval: Quantity = setting(Quantity.exact(60.0, "s"), "longest time between rows of the predicted record")
    rest: Quantity = setting(Quantity.exact(600.0, "s"), "rest after each predicted half-cycle")
    polarisation: Quantity = setting(POLARISATION, POLARISATION_MEANING)
    law: Law = setting("two_plateaus", LAW_MEANING)
    grains: Grains = setting(GRAINS, GRAINS_MEANING)
    nodes: int = setting(NODES, NODES_MEANING)
    begin: Begin = setting("discharged", BEGIN_MEANING)

    terms = RAGONE
    reads = READS
    needs = NEEDS

    @property
    def gives(self) -> Mapping[str, Term]:
        """The properties that go in and come back: energy and power at each current."""
        found = {}
        for number, current in enumerate(self.currents, start=1):
            at = f"at {current.value:g} {current.unit}"
            found[f"energy_{number}"] = Term("Wh/kg", f"E_{number}", f"discharge energy against Li {at}", 1, 10_000)
            found[f"power_{number}"] = Term("W/kg", f"P_{number}", f"mean discharge power against Li {at}", 1, 100_000)
        return found

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """An ideal cell whose discharges at ``currents`` have the mean voltage and the time that are asked for.

        With the law 'cell' the cell model predicts them, and ``values`` are facts of the cell.
        """
        errors = (self.current_error, self.voltage_error)
        if self.law == "cell":
            model = Modelled.of(sample, checked_values(values, self.gives), self.grains, self.begin, self.nodes)
            trace = model.trace(self._protocol, positive("interval", self.interval, "s"))
            return {"main": written_down("ragone", trace, self.reference, errors, rng, model.place, MODEL)}
        mass = sample.positive("mass", "mg").to("kg").value
        currents, terms, halves = specific_currents(self.currents), self.gives, []
        above = positive("polarisation", self.polarisation, "V", zero=True)
        for number, current in enumerate(currents, start=1):
            energy = Quantity(given(f"energy_{number}", values, terms), "Wh/kg").to("J/kg").value
            voltage = given(f"power_{number}", values, terms) / current
            halves.append((energy / voltage, energy / voltage, voltage + above, voltage))
        stretches = block_stretches(currents, halves, self.cycles, mass)
        return {"main": cycler("ragone", stretches, self.law, self.interval, self.rest, self.reference, errors, rng)}

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` accepts: facts of the cell under the law 'cell'."""
        return CELL_FACTS if self.law == "cell" else self.gives

    def _protocol(self, cell: CellParameters) -> Sequence[Step]:
        return block_protocol(cell, self.currents, self.cycles, self.rest, returns=False)

    def expect(
        self, names: Sequence[str], trials: Sequence[Mapping[str, float]], sample: Sample
    ) -> NDArray[np.float64]:
        """The values ``names`` that the cell model predicts in each trial, (trials, names); NaN where it fails.

        ``energy_at_power`` is that of the discharge at just this power, whose current is searched, NaN where none has
        it; an analysis reads it between points. ``greatest_power`` tells how far the discharges at ``currents`` reach.
        """
        if self.law != "cell":
            raise BadInput(f"the law '{self.law}' predicts nothing by itself; choose the law 'cell'")
        model = Modelled.of(sample, {}, self.grains, self.begin, self.nodes)
        known = {"energy_at_power": self._at_power(model, trials)} if "energy_at_power" in names else {}
        if set(names) - set(known):
            known |= self._points(model.expected(self._protocol, trials))
        if unknown := [name for name in names if name not in known]:
            raise BadInput(f"the cell model gives no '{unknown[0]}'; it gives {choices(set(known))}")
        return np.column_stack([known[name] for name in names])

    def _at_power(self, model: Modelled, trials: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        if self.power is None:
            raise BadInput("the setting 'power' is missing: 'energy_at_power' needs one, like '600 W/kg'")
        charge, rest = specific_currents(self.currents)[0], self.rest.to("s").value
        return energy_at_power(model, trials, positive("power", self.power, "W/kg"), charge, self.cycles, rest)

    def _points(self, found: Expected) -> dict[str, NDArray[np.float64]]:
        blocks = [found.last_of_block(n, self.cycles, "discharge") for n in range(1, len(self.currents) + 1)]
        points = [found.energy_and_power(block) for block in blocks]
        known = {f"energy_{n}": energy for n, (energy, _) in enumerate(points, start=1)}
        known |= {f"power_{n}": power for n, (_, power) in enumerate(points, start=1)}
        return known | {"greatest_power": np.fmax.reduce([power for _, power in points])}

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """Energy and power of each block, and the energy at ``power`` where the points enclose it.

        Every role besides 'main' holds points of others, columns ``power`` and ``energy``, drawn under the role's name.
        """
        others = {f"{_OTHER}{role}": _sourced(role, record) for role, record in records.items() if role != "main"}
        cell = read_cell(records, sample, "ragone", self.reference, self.current_error, self.voltage_error)
        cycles = Cycles(cell, "discharge/charge")
        blocks = find_blocks(cycles, self.tolerance)
        found = Findings("ragone", cell)
        for doubt in block_doubts(cycles, blocks):
            found.note(doubt)
        energy, power = cycles.energy("discharge"), cycles.power()
        points = []
        for block in blocks:
            point = tuple(block_value(what, block, self.take) for what in (energy, power))
            points.append((point[0], point[1]))
            found.add(f"energy_{block.number}", point[0], "J/kg", "Wh/kg")
            found.add(f"power_{block.number}", point[1], "W/kg", "W/kg")
        found.add("greatest_power", max((p for _, p in points), key=_size), "W/kg", "W/kg")
        self._between(found, points)
        return found.result({"cycles": cycles.table(1), "blocks": block_table(cycles, blocks, self.take), **others})

    def _between(self, found: Findings, points: list[tuple[Spread, Spread]]) -> None:
        if self.power is None:
            return
        wanted = self.power.to("W/kg").value
        usable = sorted((p for p in points if p[1].value > 0), key=lambda point: float(point[1].value))
        reached = [float(power.value) for _, power in usable]
        if len(usable) < 2 or not reached[0] <= wanted <= reached[-1]:
            span = f"{reached[0]:.4g} to {reached[-1]:.4g} W/kg" if reached else "no power"
            found.note(f"there is no energy at {self.power}: the discharges reach {span}, and nothing is read beyond")
            return
        place = int(np.clip(np.searchsorted(reached, wanted), 1, len(reached) - 1))
        found.add("energy_at_power", _interpolated(usable[place - 1], usable[place], wanted), "J/kg", "Wh/kg")

    def draw(self, result: Result) -> Drawing:
        """Energy against power, both by mass of cathode and logarithmic."""
        if "blocks" not in result.curves:
            raise BadInput("a Ragone plot needs the curve blocks")
        table = result.curves["blocks"]
        columns = ("discharge_power", "discharge_energy", "discharge_power_sigma", "discharge_energy_sigma")
        x, y, sigma_x, sigma_y = (table.columns[name].values for name in columns)
        layers: list[Layer] = [Points(x, y, f"{self.take} of each block", 0, sigma_x, sigma_y)]
        if self.power is not None and "energy_at_power" in result.values:
            read = result.values["energy_at_power"]
            layers.append(
                Points([self.power.to("W/kg").value], [read.value], "read between", 1, None, [read.sigma], "open")
            )
        for tone, (name, other) in enumerate(result.curves.items()):
            if name.startswith(_OTHER):
                label = f"{name.removeprefix(_OTHER)} ({other.source.kind})"
                layers.append(Points(other["power"], other["energy"] / 3600.0, label, 1 + tone, mark="open"))
        axes = (Axis("Mean power (cathode, vs Li)", "W/kg", "log"), Axis("Energy (cathode, vs Li)", "Wh/kg", "log"))
        return Drawing((Panel(*axes, tuple(layers), "Ragone plot"),), "Ragone plot", result.source.virtual)


def _size(value: Spread) -> float:
    return float(np.nan_to_num(value.value))


def _sourced(role: str, record: Record) -> Record:
    """Points of others; raises BadInput if they lack a column or nobody can look them up."""
    for name, unit in (("power", "W/kg"), ("energy", "Wh/kg")):
        if name not in record or not same_dimension(record.columns[name].unit, unit):
            raise BadInput(
                f"the points '{role}' have no column '{name}' in '{unit}'; a Ragone point has power and energy"
            )
    if not (record.source.reference and record.source.place):
        raise BadInput(
            f"the points '{role}' have no source; state the paper's DOI and the place in it, or leave them out"
        )
    return record


def _interpolated(low: tuple[Spread, Spread], high: tuple[Spread, Spread], wanted: float) -> Spread:
    """Energy at ``wanted`` power on the straight line against ln power; how far it may be off is a part of its own.

    That part is the difference from the line against the power itself, an equally plausible reading.
    """
    (energy_a, power_a), (energy_b, power_b) = low, high
    span = float(np.log(power_b.value / power_a.value))
    share = float(np.log(wanted / power_a.value)) / span if span > 0 else 0.0
    slope = float(energy_b.value - energy_a.value) / span if span > 0 else 0.0
    at = energy_a.scaled(1.0 - share).plus(energy_b.scaled(share))
    at = at.plus(power_a.scaled(1.0 / float(power_a.value)), -slope * (1.0 - share))
    at = at.plus(power_b.scaled(1.0 / float(power_b.value)), -slope * share)
    width = float(power_b.value - power_a.value)
    straight = (wanted - float(power_a.value)) / width if width > 0 else 0.0
    value = float(energy_a.value) + share * float(energy_b.value - energy_a.value)
    off = (straight - share) * float(energy_b.value - energy_a.value)
    return Spread(np.asarray(value), {**at.parts, "reading between points": np.asarray(off)})
