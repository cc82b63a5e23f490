"""Rate test: discharge capacity at one current after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import CellParameters, Grains
from thiocell.cell.protocol import Step
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Axis, Drawing, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.voltage_law import LAWS
from thiocell.techniques._cells.blocks import (
    CURRENTS,
    TAKE_MEANING,
    TOLERANCE_MEANING,
    Block,
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
from thiocell.techniques._cells.curves import capacity_panel, efficiency_panel, filled
from thiocell.techniques._cells.cycles import EFFICIENCY_MEANING, Cycles, Efficiency
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
from thiocell.techniques._cells.terms import RATE
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


@dataclass(frozen=True)
class Rate:
    """Discharges in blocks of one current each, found from the currents themselves.

    Values are numbered by block, 1 the first. In ``predict`` every block has ``cycles`` cycles, all charged at the
    first current, and with ``returns`` the first current comes back at the end.
    """

    take: Take = setting("last", TAKE_MEANING)
    tolerance: float = setting(0.1, TOLERANCE_MEANING)
    formation: int = setting(1, "number of cycles at the beginning that are not counted among the later ones")
    efficiency: Efficiency = setting("discharge/charge", EFFICIENCY_MEANING)
    reference: ReferenceElectrode = setting("unstated", REFERENCE_MEANING)
    current_error: Quantity = setting(CURRENT_ERROR, "relative error of the current's gain, one for each direction")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    currents: tuple[Quantity, ...] = setting(CURRENTS, "discharge currents of the predicted test")
    cycles: int = setting(3, "predicted cycles at each current")
    returns: bool = setting(True, "does the first current come back at the end of the predicted test?")
    interval: Quantity = setting(Quantity.exact(60.0, "s"), "longest time between rows of the predicted record")
    rest: Quantity = setting(Quantity.exact(600.0, "s"), "rest after each predicted half-cycle")
    polarisation: Quantity = setting(POLARISATION, POLARISATION_MEANING)
    law: Law = setting("two_plateaus", LAW_MEANING)
    grains: Grains = setting(GRAINS, GRAINS_MEANING)
    nodes: int = setting(NODES, NODES_MEANING)
    begin: Begin = setting("discharged", BEGIN_MEANING)

    terms = RATE
    reads = READS
    needs = NEEDS

    @property
    def gives(self) -> Mapping[str, Term]:
        """The properties that go in and come back: capacity, mean voltage and efficiency at each current."""
        found = {}
        for number, current in enumerate(self.currents, start=1):
            at = f"at {current.value:g} {current.unit}"
            found[f"discharge_capacity_{number}"] = Term("mAh/g", f"Q_{number}", f"discharge capacity {at}", 1, 5000)
            found[f"mean_discharge_voltage_{number}"] = Term(
                "V", f"U_{number}", f"mean discharge voltage against Li {at}", 0, 6
            )
            found[f"coulombic_efficiency_{number}"] = Term(
                "%", f"CE_{number}", f"discharge over charge before {at}", 10, 190
            )
        return found

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """An ideal cell at each of ``currents``; efficiency 100 % and the law's own voltage where none is given.

        With the law 'cell' the cell model predicts all of it, and ``values`` are facts of the cell.
        """
        errors = (self.current_error, self.voltage_error)
        if self.law == "cell":
            model = Modelled.of(sample, checked_values(values, self.gives), self.grains, self.begin, self.nodes)
            trace = model.trace(self._protocol, positive("interval", self.interval, "s"))
            return {"main": written_down("rate", trace, self.reference, errors, rng, model.place, MODEL)}
        mass = sample.positive("mass", "mg").to("kg").value
        currents, terms = specific_currents(self.currents), self.gives
        halves, above = [], positive("polarisation", self.polarisation, "V", zero=True)
        for number in range(1, len(currents) + 1):
            capacity = given(f"discharge_capacity_{number}", values, terms) * Quantity(1.0, "mAh/g").to("C/kg").value
            voltage = given(f"mean_discharge_voltage_{number}", values, terms, LAWS[self.law][1])
            share = given(f"coulombic_efficiency_{number}", values, terms, 100.0) / 100.0
            before = capacity / share if self.efficiency == "discharge/charge" else capacity * share
            halves.append((before, capacity, voltage + above, voltage))
        if self.returns:
            currents, halves = [*currents, currents[0]], [*halves, halves[0]]
        stretches = block_stretches(currents, halves, self.cycles, mass)
        return {"main": cycler("rate", stretches, self.law, self.interval, self.rest, self.reference, errors, rng)}

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` accepts: facts of the cell under the law 'cell'."""
        return CELL_FACTS if self.law == "cell" else self.gives

    def _protocol(self, cell: CellParameters) -> Sequence[Step]:
        return block_protocol(cell, self.currents, self.cycles, self.rest, returns=self.returns)

    def expect(
        self, names: Sequence[str], trials: Sequence[Mapping[str, float]], sample: Sample
    ) -> NDArray[np.float64]:
        """The values ``names`` that the cell model predicts in each trial, (trials, names); NaN where it fails."""
        if self.law != "cell":
            raise BadInput(f"the law '{self.law}' predicts nothing by itself; choose the law 'cell'")
        model = Modelled.of(sample, {}, self.grains, self.begin, self.nodes)
        found = model.expected(self._protocol, trials)
        return np.column_stack([self._expected(name, found) for name in names])

    def _expected(self, name: str, found: Expected) -> NDArray[np.float64]:
        word, _, number = name.rpartition("_")
        known = ("discharge_capacity", "mean_discharge_voltage", "coulombic_efficiency")
        if word not in known or not number.isdecimal() or not 1 <= int(number) <= len(self.currents):
            raise BadInput(f"the cell model gives no '{name}'; it gives {choices(set(self.gives))}")
        discharge = found.last_of_block(int(number), self.cycles, "discharge")
        charge = found.last_of_block(int(number), self.cycles, "charge")
        passed = found.charge[:, discharge]
        if word == "discharge_capacity":
            return passed / Quantity(1.0, "mAh/g").to("C/kg").value
        if word == "mean_discharge_voltage":
            return np.where(passed > 0, found.energy[:, discharge] / np.where(passed > 0, passed, 1.0), np.nan)
        ratio = -passed / found.charge[:, charge]
        return 100.0 * (ratio if self.efficiency == "discharge/charge" else 1.0 / ratio)

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """Capacity, current, retention, efficiency and mean voltage of each block, and the recovery."""
        cell = read_cell(records, sample, "rate", self.reference, self.current_error, self.voltage_error)
        cycles = Cycles(cell, self.efficiency)
        blocks = find_blocks(cycles, self.tolerance)
        found = Findings("rate", cell)
        for doubt in block_doubts(cycles, blocks):
            found.note(doubt)
        for block in blocks:
            self._block(found, cycles, block, blocks[0])
        self._recovery(found, cycles, blocks)
        return found.result({"cycles": cycles.table(self.formation), "blocks": block_table(cycles, blocks, self.take)})

    def _block(self, found: Findings, cycles: Cycles, block: Block, first: Block) -> None:
        number = block.number
        for name, spread, si_unit, unit in (
            ("discharge_capacity", cycles.capacity("discharge"), "C/kg", "mAh/g"),
            ("current", cycles.specific_current(), "A/kg", "mA/g"),
            ("coulombic_efficiency", cycles.coulombic_efficiency, "", "%"),
            ("mean_discharge_voltage", cycles.of("discharge", cycles.cell.mean_li), "V", "V"),
        ):
            value = block_value(spread, block, self.take)
            found.add(f"{name}_{number}", value, si_unit, unit, "no half-cycle comes before")
        charge = cycles.of("discharge", cycles.cell.charge)
        here, there = (block_value(charge, each, self.take) for each in (block, first))
        found.add(f"retention_{number}", here.over(there), "", "%")

    def _recovery(self, found: Findings, cycles: Cycles, blocks: tuple[Block, ...]) -> None:
        back = [block for block in blocks[1:] if block.level == blocks[0].level]
        if back:
            charge = cycles.of("discharge", cycles.cell.charge)
            last, first = (block_value(charge, block, self.take) for block in (back[-1], blocks[0]))
            found.add("recovery", last.over(first), "", "%")

    def draw(self, result: Result) -> Drawing:
        """Capacity and efficiency against cycle, and capacity against current."""
        if not {"cycles", "blocks"} <= set(result.curves):
            raise BadInput("a figure of a rate test needs the curves cycles and blocks")
        table, blocks = result.curves["cycles"], result.curves["blocks"]
        columns = ("discharge_current", "discharge_capacity", "discharge_current_sigma", "discharge_capacity_sigma")
        x, y, sigma_x, sigma_y = (blocks.columns[name].values for name in columns)
        against = Panel(
            Axis("Discharge current", "mA/g", "log"),
            Axis("Discharge capacity", "mAh/g"),
            (Points(x, y, f"{self.take} of each block", 0, sigma_x, sigma_y),),
            "Capacity against current",
        )
        panels = filled(capacity_panel(table), against, efficiency_panel(table))
        return Drawing(panels, f"Rate test, {len(blocks)} blocks", result.source.virtual)
