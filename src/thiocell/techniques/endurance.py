"""Endurance test: how a cell's discharge capacity fades over many cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thiocell.cell.parameters import CellParameters, Grains
from thiocell.cell.protocol import Step, galvanostatic
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.fade import Trend, trend
from thiocell.physics.galvanostat import Stretch
from thiocell.techniques._cells.cell import (
    CHARGE_DRIFT,
    CURRENT_ERROR,
    NEEDS,
    READS,
    REFERENCE_MEANING,
    VOLTAGE_ERROR,
    ReferenceElectrode,
    read_cell,
)
from thiocell.techniques._cells.curves import broken_off, cycle_axis, efficiency_panel, filled, with_incomplete
from thiocell.techniques._cells.cycles import EFFICIENCY_MEANING, Cycles, Efficiency
from thiocell.techniques._cells.modelled import (
    CELL_FACTS,
    GRAINS,
    GRAINS_MEANING,
    NODES,
    NODES_MEANING,
    Modelled,
    checked_values,
)
from thiocell.techniques._cells.terms import ENDURANCE
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
from thiocell.techniques._findings import MODEL, ONE_SIDED, Findings
from thiocell.techniques._spread import IntArray, Spread

_GIVES = {
    "initial_capacity": Term("mAh/g", "Q_0", "discharge capacity at the reference cycle, on the fitted line", 1, 5000),
    "fade": Term("%", "f", "loss of capacity a cycle, in percent of the initial capacity", -1, 1.2),
}
_LEAST_CYCLES = 3  # a line and its scatter need three points
_FEW_CYCLES = 10  # assumed: below it the scatter's memory cannot be told
_END_OF_LIFE = 0.8  # of the reference capacity, the usual convention, assumed
_SAME_CURRENT = 1.1  # assumed: a larger ratio of discharge currents is a change of rate, not of health
_VOLTAGE = 1.8  # V, assumed: mean discharge voltage of the predicted record
_MEMORY = 0.5  # assumed: correlation of the scatter of neighbouring predicted cycles (room temperature wanders)


@dataclass(frozen=True)
class Endurance:
    """Discharge capacity against cycle number after the formation: retention, fade with an honest sigma, life.

    The fade is the slope of a straight line; its sigma is widened for scatter that remembers the cycle before.
    """

    formation: int = setting(3, "number of cycles at the beginning that are left out of the line")
    reference_cycle: int | None = setting(None, "cycle that retention counts from; none: the first after formation")
    efficiency: Efficiency = setting("discharge/charge", EFFICIENCY_MEANING)
    reference: ReferenceElectrode = setting("unstated", REFERENCE_MEANING)
    current_error: Quantity = setting(CURRENT_ERROR, "relative error of the current's gain, one for each direction")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    current: Quantity = setting(Quantity.exact(100.0, "mA/g"), "current of the predicted test by mass of cathode")
    cycles: int = setting(60, "number of predicted cycles")
    scatter: Quantity = setting(Quantity.exact(0.1, "%"), "scatter of the predicted capacity from cycle to cycle")
    interval: Quantity = setting(Quantity.exact(300.0, "s"), "longest time between rows of the predicted record")
    rest: Quantity = setting(Quantity.exact(0.0, "s"), "rest after each predicted half-cycle")
    polarisation: Quantity = setting(POLARISATION, POLARISATION_MEANING)
    law: Law = setting("two_plateaus", LAW_MEANING)
    grains: Grains = setting(GRAINS, GRAINS_MEANING)
    nodes: int = setting(NODES, NODES_MEANING)

    gives = _GIVES
    terms = ENDURANCE
    reads = READS
    needs = NEEDS

    @property
    def _start(self) -> int:
        return self.formation + 1 if self.reference_cycle is None else self.reference_cycle

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """A cell that fades evenly from the first cycle on, charged as far as discharged; ``rng`` adds scatter.

        With the law 'cell' the fade takes from the active couples of the cell model, which predicts the capacities;
        ``values`` are the fade and facts of the cell.
        """
        if self.cycles < 1:
            raise BadInput(f"the setting 'cycles' is {self.cycles}; one at least is needed")
        start = 0.0 if self.law == "cell" else given("initial_capacity", values, _GIVES)
        loss = given("fade", values, _GIVES) / 100.0
        number = np.arange(1, self.cycles + 1)
        left = 1.0 - loss * (number - self._start)
        if rng is not None:
            left = left * (1.0 + self.scatter.to("").value * _wandering(number.size, rng))
        if left.min() <= 0:
            raise BadInput(f"a fade of {100 * loss:g} % a cycle leaves nothing after {self.cycles} cycles; take fewer")
        errors = (self.current_error, self.voltage_error)
        if self.law == "cell":
            facts = {word: value for word, value in values.items() if word != "fade"}
            model = Modelled.of(sample, checked_values(facts, _GIVES), self.grains, "discharged", self.nodes)
            trace = model.fading_trace(
                np.asarray(left, dtype=np.float64), self._protocol, positive("interval", self.interval, "s")
            )
            return {"main": written_down("endurance", trace, self.reference, errors, rng, model.place, MODEL)}
        mass = sample.positive("mass", "mg").to("kg").value
        capacity = left * Quantity(start, "mAh/g").to("C/kg").value
        current = Quantity(positive("current", self.current, "mA/g"), "mA/g").to("A/kg").value
        up = _VOLTAGE + positive("polarisation", self.polarisation, "V", zero=True)
        stretches = [
            Stretch(sign, current * mass, float(each) / current, mean, int(n))
            for n, each in zip(number, capacity, strict=True)
            for sign, mean in ((1, up), (-1, _VOLTAGE))
        ]
        return {"main": cycler("endurance", stretches, self.law, self.interval, self.rest, self.reference, errors, rng)}

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` accepts: the fade and facts of the cell under the law 'cell'."""
        return {"fade": _GIVES["fade"], **CELL_FACTS} if self.law == "cell" else _GIVES

    def _protocol(self, cell: CellParameters) -> Sequence[Step]:
        current = positive("current", self.current.to("A/kg"), "A/kg") * cell.mass
        rest = self.rest.to("s").value
        return galvanostatic(current, lower=cell.lower_cutoff, upper=cell.upper_cutoff, rest=rest)

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """Retention, initial capacity, fade a cycle and cycles to 80 %, as values or as one-sided limits."""
        cell = read_cell(records, sample, "endurance", self.reference, self.current_error, self.voltage_error)
        cycles = Cycles(cell, self.efficiency)
        rows = self._rows(cycles)
        charge = cycles.of("discharge", cell.charge)
        found = Findings("endurance", cell)
        least = CHARGE_DRIFT * float(charge.value[rows].mean())
        line = trend(np.asarray(rows + 1, dtype=np.float64), charge.value[rows], float(self._start), least)
        self._line(found, cycles, line)
        reference, last = self._start - 1, int(rows[-1])
        retention = charge.at(last).over(charge.at(reference))
        found.add("retention", retention, "", "%")
        found.add("discharge_capacity", cycles.capacity("discharge").at(last), "C/kg", "mAh/g")
        found.add("reference_capacity", cycles.capacity("discharge").at(reference), "C/kg", "mAh/g")
        found.add("cycles", Spread(np.asarray(float(cycles.complete.sum()))), "", "")
        self._life(found, charge, rows, retention, line)
        self._efficiency(found, cycles, rows)
        self._doubts(found, cycles, rows, line)
        return found.result(
            {"cycles": cycles.table(self.formation), "line": _line_curve(cycles, rows, line, self._start)}
        )

    def _rows(self, cycles: Cycles) -> IntArray:
        """The complete cycles after formation; raises BadInput if they are too few or the reference is none of them."""
        if self.formation < 0:
            raise BadInput(f"the setting 'formation' is {self.formation}; it is a number of cycles, zero or more")
        there = np.flatnonzero((cycles.complete == 1) & (np.arange(len(cycles)) >= self.formation))
        if there.size < _LEAST_CYCLES:
            raise BadInput(
                f"record '{cycles.cell.record.name}' has {there.size} complete cycles after {self.formation} of "
                f"formation; endurance needs {_LEAST_CYCLES} at least, so give a longer record or a shorter 'formation'"
            )
        if not (1 <= self._start <= len(cycles) and cycles.discharge[self._start - 1] >= 0):
            raise BadInput(f"the setting 'reference_cycle' is {self._start}; the record has cycles 1 to {len(cycles)}")
        return there

    def _line(self, found: Findings, cycles: Cycles, line: Trend) -> None:
        gain = cycles.cell.charge.parts.get("gain on discharge")
        share = float(np.max(gain / cycles.cell.charge.value)) if gain is not None else 0.0
        tied = line.correlation * line.start_sigma
        free = float(np.sqrt(max(line.start_sigma**2 - tied**2, 0.0)))
        start = Spread(np.asarray(line.start), {"line slope": np.asarray(tied), "line start": np.asarray(free)})
        slope = Spread(np.asarray(line.slope), {"line slope": np.asarray(line.slope_sigma)})
        fade = slope.over(start).scaled(-1.0)
        whole = Spread(start.value, {**start.parts, "gain on discharge": np.asarray(share * line.start)})
        found.add("initial_capacity", whole.over(cycles.cell.mass), "C/kg", "mAh/g")
        found.add("fade", fade, "", "%")
        if "fade" in found.values and abs(found.values["fade"].value) < 1.96 * found.values["fade"].sigma:
            fade_found = found.values["fade"]
            bound = Quantity.exact(fade_found.value + ONE_SIDED * fade_found.sigma, "%")
            found.limits["fade"] = Limit(bound, "below", 0.95)

    def _life(self, found: Findings, charge: Spread, rows: IntArray, retention: Spread, line: Trend) -> None:
        """Cycles from the reference to 80 %: a value if the record shows it, else a limit."""
        after = rows[rows >= self._start - 1]
        low = charge.value[after] < _END_OF_LIFE * charge.value[self._start - 1]
        stays = np.flatnonzero(low & np.append(low[1:], True))
        if stays.size:
            reached = float(after[stays[0]] + 1 - self._start)
            left = charge.value[rows] - line.start - line.slope * (rows + 1.0 - self._start)
            wide = float(np.std(left)) / abs(line.slope) if line.slope < 0 else 0.0
            part = {"crossing": np.asarray(np.hypot(1.0 / np.sqrt(12.0), wide))}
            found.add("cycles_to_80", Spread(np.asarray(reached), part), "", "")
        elif float(retention.value) - ONE_SIDED * float(retention.sigma) > _END_OF_LIFE:
            passed = Quantity.exact(float(rows[-1] + 1 - self._start))
            found.limits["cycles_to_80"] = Limit(passed, "above", 0.95)
        else:
            found.note("cycles_to_80 is left out: the last capacity is too near 80 % to tell on which side it lies")

    def _efficiency(self, found: Findings, cycles: Cycles, rows: IntArray) -> None:
        efficiency = cycles.coulombic_efficiency
        there = rows[np.isfinite(efficiency.value[rows])]
        if there.size:
            found.add("coulombic_efficiency", efficiency.mean(there), "", "%")

    def _doubts(self, found: Findings, cycles: Cycles, rows: IntArray, line: Trend) -> None:
        current = cycles.cell.halves.current[cycles.discharge[rows].astype(np.intp)]
        if current.max() > _SAME_CURRENT * current.min():
            found.note(
                f"the discharge current changes {current.max() / current.min():.3g}-fold over the cycles of the line, "
                "so the fade also holds the effect of the rate"
            )
        if rows.size < _FEW_CYCLES:
            found.note(f"the line has {rows.size} cycles; below {_FEW_CYCLES} the fade's sigma may be too small")
        if line.worth <= 3.0:
            found.note("the scatter about the line is one slow wave: a straight line does not describe this fade")

    def draw(self, result: Result) -> Drawing:
        """Discharge capacity with the fitted line, and efficiency, against cycle."""
        if not {"cycles", "line"} <= set(result.curves):
            raise BadInput("a figure of an endurance test needs the curves cycles and line")
        table, line = result.curves["cycles"], result.curves["line"]
        number, capacity = table.columns["cycle"].values, table.columns["discharge_capacity"].values
        broken = broken_off(table, "discharge") & np.isfinite(capacity)
        whole, formed = ~broken & np.isfinite(capacity), number <= self.formation
        shown = (
            (whole & formed, Points([], [], "formation", 0, mark="open")),
            (whole & ~formed, Points([], [], "discharge", 0)),
        )
        layers = [replace(like, x=number[rows], y=capacity[rows]) for rows, like in shown if rows.any()]
        left = [Points(number[broken], capacity[broken], "incomplete", -1, mark="open")] if broken.any() else []
        fit = Line(line.columns["cycle"].values, line.columns["discharge_capacity"].values, "straight line", 1)
        axis = Axis("Discharge capacity", "mAh/g")
        panel = with_incomplete(cycle_axis(number), axis, [*layers, fit], left, "Capacity")
        return Drawing(filled(panel, efficiency_panel(table)), "Endurance test", result.source.virtual)


def _line_curve(cycles: Cycles, rows: IntArray, line: Trend, origin: int) -> Record:
    """The fitted line over its cycles."""
    number = np.arange(rows[0] + 1.0, rows[-1] + 2.0)
    per_gram = Quantity(1.0, "C/kg").to("mAh/g").value / float(cycles.cell.mass.value)
    fitted = (line.start + line.slope * (number - origin)) * per_gram
    columns = {"cycle": Column(number), "discharge_capacity": Column(fitted, "mAh/g")}
    notes = {"memory": f"{line.memory:.2f}", "independent points": f"{line.worth:.1f}"}
    return Record("line", "fade_line", columns, cycles.cell.source, (), notes)


def _wandering(count: int, rng: np.random.Generator) -> Array:
    """Scatter of unit variance whose neighbours are correlated by ``_MEMORY``."""
    steps = rng.normal(size=count)
    wandering = np.empty(count)
    wandering[0] = steps[0]
    for k in range(1, count):
        wandering[k] = _MEMORY * wandering[k - 1] + np.sqrt(1.0 - _MEMORY**2) * steps[k]
    return wandering
