"""Galvanostatic cycling: capacities, energies, voltages and efficiencies from time, voltage and current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import CellParameters, Grains
from thiocell.cell.protocol import Step, galvanostatic
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.galvanostat import Stretch
from thiocell.techniques._cells import curves
from thiocell.techniques._cells.cell import (
    CURRENT_ERROR,
    NEEDS,
    READS,
    REFERENCE_MEANING,
    VOLTAGE_ERROR,
    VOLTAGE_ORIGINS,
    ReferenceElectrode,
    read_cell,
)
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
from thiocell.techniques._cells.plausible import partial_first
from thiocell.techniques._cells.terms import CYCLING
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

_GIVES = {
    "charge_capacity": Term("mAh/g", "Q_ch", "charge capacity of the chosen cycle by mass of cathode", 1, 5000),
    "discharge_capacity": Term("mAh/g", "Q_dis", "discharge capacity of the chosen cycle by mass of cathode", 1, 5000),
    "mean_charge_voltage": Term("V", "U_ch", "mean charge voltage against Li, energy over charge", 0, 6),
    "mean_discharge_voltage": Term("V", "U_dis", "mean discharge voltage against Li, energy over charge", 0, 6),
    "first_charge_capacity": Term("mAh/g", "Q_ch,1", "charge capacity of the first cycle", 1, 5000),
    "first_discharge_capacity": Term("mAh/g", "Q_dis,1", "discharge capacity of the first cycle", 1, 5000),
}
_TOO_GOOD = 120.0  # %, assumed: more tells of the first discharge, not of the cell
_STANDS_IN = {
    "charge_capacity": "discharge_capacity",
    "first_charge_capacity": "charge_capacity",
    "first_discharge_capacity": "discharge_capacity",
}


@dataclass(frozen=True)
class Cycling:
    """Charge and discharge at constant current, cycle by cycle.

    A cycle begins in the direction in which the record begins. Values are of the chosen cycle and the first; later
    cycles are those after ``formation``. Energies are against Li metal. In ``predict``, a capacity that is not given
    is that of the other cycles or of the discharge, a mean charge voltage lies ``polarisation`` above the discharge's.
    """

    cycle: int | None = setting(None, "cycle that the values are of, 1 the first; none: the last complete one")
    reference_cycle: int = setting(1, "cycle that the retention counts from")
    formation: int = setting(1, "number of cycles at the beginning that are not counted among the later ones")
    efficiency: Efficiency = setting("discharge/charge", EFFICIENCY_MEANING)
    reference: ReferenceElectrode = setting("unstated", REFERENCE_MEANING)
    current_error: Quantity = setting(CURRENT_ERROR, "relative error of the current's gain, one for each direction")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    bin: Quantity = setting(Quantity.exact(10.0, "mV"), "width of the voltage bins of dQ/dV")
    current: Quantity = setting(Quantity.exact(25.0, "mA/g"), "current of the predicted test by mass of cathode")
    cycles: int = setting(3, "number of predicted cycles")
    interval: Quantity = setting(Quantity.exact(60.0, "s"), "time between rows of the predicted record")
    rest: Quantity = setting(Quantity.exact(600.0, "s"), "rest after each predicted half-cycle")
    polarisation: Quantity = setting(POLARISATION, POLARISATION_MEANING)
    law: Law = setting("two_plateaus", LAW_MEANING)
    grains: Grains = setting(GRAINS, GRAINS_MEANING)
    nodes: int = setting(NODES, NODES_MEANING)
    begin: Begin = setting("sample", BEGIN_MEANING)

    gives = _GIVES
    terms = CYCLING
    reads = READS
    needs = NEEDS

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """An ideal cell, charged first, at ``current``; with ``rng`` as a cycler with the stated errors shows it.

        With the law 'cell' the cell model predicts all of it, and ``values`` are facts of the cell.
        """
        if self.cycles < 1:
            raise BadInput(f"the setting 'cycles' is {self.cycles}; one at least is needed")
        errors = (self.current_error, self.voltage_error)
        if self.law == "cell":
            model = Modelled.of(sample, checked_values(values, _GIVES), self.grains, self.begin, self.nodes)
            trace = model.trace(self._protocol, positive("interval", self.interval, "s"))
            return {"main": written_down("cycling", trace, self.reference, errors, rng, model.place, MODEL)}
        mass = sample.positive("mass", "mg").to("kg").value
        found = {name: self._given(name, values) for name in _GIVES}
        specific = positive("current", self.current, "mA/g")
        per_gram = Quantity(specific, "mA/g").to("A/kg").value * mass
        stretches = []
        for number in range(1, self.cycles + 1):
            for sign, name in ((1, "charge"), (-1, "discharge")):
                capacity = found[f"first_{name}_capacity" if number == 1 < self.cycles else f"{name}_capacity"]
                seconds = Quantity(capacity / specific, "hour").to("s").value
                stretches.append(Stretch(sign, per_gram, seconds, found[f"mean_{name}_voltage"], number))
        return {"main": cycler("cycling", stretches, self.law, self.interval, self.rest, self.reference, errors, rng)}

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` accepts: facts of the cell under the law 'cell'."""
        return CELL_FACTS if self.law == "cell" else _GIVES

    def _protocol(self, cell: CellParameters) -> Sequence[Step]:
        current = positive("current", self.current.to("A/kg"), "A/kg") * cell.mass
        return galvanostatic(
            current,
            lower=cell.lower_cutoff,
            upper=cell.upper_cutoff,
            cycles=self.cycles,
            rest=self.rest.to("s").value,
        )

    def expect(
        self, names: Sequence[str], trials: Sequence[Mapping[str, float]], sample: Sample
    ) -> NDArray[np.float64]:
        """The values ``names`` that the cell model predicts in each trial, (trials, names); NaN where it fails."""
        if self.law != "cell":
            raise BadInput(f"the law '{self.law}' predicts nothing by itself; choose the law 'cell'")
        found = Modelled.of(sample, {}, self.grains, self.begin, self.nodes).expected(self._protocol, trials)
        return np.column_stack([self._expected(name, found) for name in names])

    def _expected(self, name: str, found: Expected) -> NDArray[np.float64]:
        if name not in _GIVES:
            raise BadInput(f"the cell model gives no '{name}'; it gives {choices(set(_GIVES))}")
        cycle = 1 if name.startswith("first_") else (self.cycle or self.cycles)
        half = "discharge" if "discharge" in name else "charge"
        step = found.last_of_block(cycle, 1, "discharge" if half == "discharge" else "charge")
        passed = found.charge[:, step]
        if name.startswith("mean_"):
            return np.where(passed != 0, found.energy[:, step] / np.where(passed != 0, passed, 1.0), np.nan)
        return np.abs(passed) / Quantity(1.0, "mAh/g").to("C/kg").value

    def _given(self, name: str, values: Mapping[str, Quantity]) -> float:
        if name == "mean_charge_voltage" and name not in values:
            return self._given("mean_discharge_voltage", values) + positive(
                "polarisation", self.polarisation, "V", zero=True
            )
        while name not in values and name in _STANDS_IN:
            name = _STANDS_IN[name]
        return given(name, values, _GIVES)

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """Capacities, energies, voltages and efficiencies of the chosen cycle, the first and the later ones."""
        cell = read_cell(records, sample, "cycling", self.reference, self.current_error, self.voltage_error)
        cycles = Cycles(cell, self.efficiency)
        row = self._row(cycles)
        found = Findings("cycling", cell)
        if not cycles.complete[row]:
            found.note(f"cycle {row + 1}, which the values are of, is not complete")
        dqdv = curves.differential(cycles, row, self.bin)
        self._chosen(found, cycles, row)
        self._peaks(found, cycles, dqdv)
        self._first(found, cycles)
        self._later(found, cycles)
        found.add("cycles", Spread(np.asarray(float(cycles.complete.sum()))), "", "")
        found.add("cycle", Spread(np.asarray(float(row + 1))), "", "")
        shown = sorted({0, row})
        return found.result(
            {"cycles": cycles.table(self.formation), "voltage": curves.voltage_curve(cycles, shown), "dqdv": dqdv}
        )

    def _row(self, cycles: Cycles) -> int:
        if self.cycle is None:
            return cycles.last_complete
        if not 1 <= self.cycle <= len(cycles):
            raise BadInput(f"the setting 'cycle' is {self.cycle}; the record has cycles 1 to {len(cycles)}")
        return self.cycle - 1

    def _chosen(self, found: Findings, cycles: Cycles, row: int) -> None:
        for name, (spread, si_unit, unit) in cycles.quantities().items():
            found.add(name, spread.at(row), si_unit, unit)
        if "coulombic_efficiency" not in found.values and row > 0:
            found.note(f"cycle {row + 1} has no coulombic efficiency as {self.efficiency}: no half-cycle comes before")
        start = self.reference_cycle - 1
        if not 0 <= start < len(cycles):
            found.note(f"there is no retention: the record has no cycle {self.reference_cycle} to count from")
            return
        charge = cycles.of("discharge", cycles.cell.charge)
        found.add("retention", charge.at(row).over(charge.at(start)), "", "%", "a cycle without discharge")

    def _peaks(self, found: Findings, cycles: Cycles, dqdv: Record) -> None:
        width = self.bin.to("V").value
        offset = dict(cycles.cell.mean_li.at(0).parts)
        shared = {name: part for name, part in offset.items() if name in VOLTAGE_ORIGINS}
        shown = cycles.cell.voltage + cycles.cell.scale.value
        low, high = shown.min(), shown.max()
        for name in ("charge", "discharge"):
            parts = {**shared, f"{name} peak": np.asarray(width / np.sqrt(12.0))}
            peak = np.clip(curves.highest_peak(dqdv, name), low, high)  # a bin's middle may lie beyond its end
            found.add(f"{name}_peak_voltage", Spread(np.asarray(peak), parts), "V", "V")

    def _first(self, found: Findings, cycles: Cycles) -> None:
        found.add("first_charge_capacity", cycles.capacity("charge").at(0), "C/kg", "mAh/g")
        found.add("first_discharge_capacity", cycles.capacity("discharge").at(0), "C/kg", "mAh/g")
        why = f"as {self.efficiency} it needs a half-cycle before"
        found.add("first_coulombic_efficiency", cycles.coulombic_efficiency.at(0), "", "%", why)
        share = partial_first(cycles.cell.halves)
        names = ("retention", "first_coulombic_efficiency")
        high = [name for name in names if name in found.values and found.values[name].value > _TOO_GOOD]
        if high and np.isfinite(share):
            found.note(
                f"the first discharge is partial ({share:.0%} of the later ones): {' and '.join(high)} against it "
                f"{'say' if len(high) > 1 else 'says'} little"
            )

    def _later(self, found: Findings, cycles: Cycles) -> None:
        rows = np.flatnonzero((cycles.stage(self.formation) == 3) & (cycles.complete == 1))
        if not rows.size:
            return
        for name, spread, si_unit, unit in (
            ("later_discharge_capacity", cycles.capacity("discharge"), "C/kg", "mAh/g"),
            ("later_coulombic_efficiency", cycles.coulombic_efficiency, "", "%"),
        ):
            there = rows[np.isfinite(spread.value[rows])]
            if there.size:
                found.add(name, spread.mean(there), si_unit, unit)

    def draw(self, result: Result) -> Drawing:
        """Voltage curves, capacity and efficiency against cycle, and dQ/dV."""
        return curves.draw(result)
