"""What a virtual test of a cell gave: its numbers, its records and its figure, all marked as predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thiocell.cell.batch import Course, Fared, Why
from thiocell.cell.parameters import CellParameters
from thiocell.cell.protocol import Step
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Result
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.studies.outcome import Outcome, Run

ALL = "simulation"
"""The outcome that holds the figure and the doubts of all; also the technique's name in results."""
_HOUR = 3600.0
_MARGIN = 1.25  # about the points of a figure, assumed: none lies on a frame
_BEYOND = 1e-3  # V past a cut-off that is told aloud, assumed: cyclers resolve no less


def _terms(way: str, short: str) -> dict[str, Term]:
    of = f"of the {way}"
    return {
        f"{way}_capacity": Term("mAh/g", f"Q_{short}", f"capacity {of}, by mass of cathode", 0, 1e5),
        f"mean_{way}_voltage": Term("V", f"U_{short}", f"mean voltage {of} against Li, energy over charge", -100, 100),
        f"mean_{way}_voltage_li_in": Term("V", f"U_{short}", f"mean voltage {of} against Li-In", -100, 100),
        f"{way}_energy": Term("Wh/kg", f"E_{short}", f"energy {of} by mass of cathode, against Li", -1e6, 1e6),
        f"{way}_power": Term("W/kg", f"P_{short}", f"energy {of} over its time, against Li", -1e8, 1e8),
    }


TERMS: Mapping[str, Term] = {
    **_terms("charge", "ch"),
    **_terms("discharge", "dis"),
    "duration": Term("hour", "t", "how long the discharge or the step takes", 0, 1e9),
    "end_voltage": Term("V", "V_end", "voltage at the end, against Li", -100, 100),
}
"""What each value means."""


@dataclass(frozen=True)
class Simulated:
    """``run`` has an outcome for each current or step, and one of all; ``ended`` tells by name at what each ended.

    ``told`` are sentences on what was assumed of the cell and of the test.
    """

    run: Run
    ended: Mapping[str, str]
    told: tuple[str, ...]

    @property
    def shown(self) -> dict[str, Outcome]:
        """The outcomes of the currents or steps alone."""
        return {name: outcome for name, outcome in self.run.outcomes.items() if name != ALL}

    @property
    def summary(self) -> Result | None:
        """The figure and the doubts of all; none if nothing came through."""
        return self.run.outcomes[ALL].result if ALL in self.run.outcomes else None

    @property
    def records(self) -> dict[str, Record]:
        """By name what a cycler would have written down of each test that came through."""
        return {name: record for name, o in self.run.outcomes.items() for record in o.records.values()}

    def to_json(self) -> dict[str, Any]:
        """The public form: values by current or step as in the JSON of a run, at what each ended, and errors."""
        told = self.run.to_json()["results"]
        results: dict[str, Any] = {}
        for name, outcome in self.shown.items():
            page = {"values": told[name]["values"], "ended_at": self.ended[name]} if outcome.result else {}
            page |= {"parts": outcome.result.parts} if outcome.result else {}
            results[name] = page or {"values": {}, "error": outcome.error or outcome.status}
        doubts = list(self.summary.doubts) if self.summary else []
        return {
            "simulation": self.run.name,
            "kind": "predicted",
            "results": results,
            "assumed": list(self.told),
            "doubts": doubts,
        }


@dataclass(frozen=True)
class Stop:
    """The step, from 0, in which a course broke off, and why; ``bad_input`` if other words would mend it."""

    step: int
    why: str
    bad_input: bool

    def outcome(self, name: str, what: str) -> Outcome:
        """The outcome of ``name``, whose part ``what`` broke off."""
        return Outcome(name, "predict", "failed", error=f"{name}: {what} failed: {self.why}", bad_input=self.bad_input)


# ------------------------------------------------------------------------------------------- numbers


def result(cell: CellParameters, source: Source, course: Course, number: int, li_in: float) -> Result:
    """The numbers of one step of a course, ``number`` from 0; of one without charge its time and end alone.

    ``li_in`` V is the potential of In-InLi against Li.
    """
    charge, seconds = float(course.charge[number]), float(course.seconds[number])
    scale = cell.anode_potential
    values = {"duration": (seconds / _HOUR, "hour"), "end_voltage": (float(course.last[number]) + scale, "V")}
    if charge != 0.0:
        way, size = ("discharge", charge) if charge > 0.0 else ("charge", -charge)
        mean = float(course.energy[number]) / charge + scale
        specific = size * mean / cell.mass
        values |= {
            f"{way}_capacity": (size / cell.mass / _HOUR, "mAh/g"),  # 1 A h/kg is 1 mAh/g
            f"mean_{way}_voltage": (mean, "V"),
            f"mean_{way}_voltage_li_in": (mean - li_in, "V"),
            f"{way}_energy": (specific / _HOUR, "Wh/kg"),
            f"{way}_power": (specific / seconds, "W/kg"),
        }
    return Result(ALL, {name: Quantity(value, unit) for name, (value, unit) in values.items()}, source)


def stopped(course: Course, steps: Sequence[Step]) -> Stop | None:
    """Where a course did not do what its ``steps`` tell; none if it did.

    ``steps`` may lack an end that ``within`` has given them for safety: one that ends there has stopped early.
    """
    for number, step in enumerate(steps):
        if course.fared is not Fared.DONE and number >= course.failed_step:
            return Stop(number, course.fared.value, course.fared is Fared.CANNOT_START)
        hours = f"after {float(course.seconds[number]) / _HOUR:.4g} h"
        if course.why[number] is Why.TIME and step.seconds is None:
            return Stop(number, f"{hours} it had not come to its end; take a larger current", True)
        if course.why[number] is Why.LOWER_VOLTAGE and step.lower is None:
            return Stop(number, f"{hours} it came to the cell's lower cut-off; add 'or until' a voltage", True)
        if course.why[number] is Why.UPPER_VOLTAGE and step.upper is None:
            return Stop(number, f"{hours} it came to the cell's upper cut-off; add 'or until' a voltage", True)
    return None


def within(cell: CellParameters, step: Step) -> Step:
    """The step with the cell's cut-off as a further end where it runs towards one and tells no voltage itself."""
    if step.control == "voltage" or step.value == 0.0:
        return step
    if step.value > 0.0:
        return step if step.lower is not None else replace(step, lower=cell.lower_cutoff)
    return step if step.upper is not None else replace(step, upper=cell.upper_cutoff)


def ending(course: Course, step: Step, number: int) -> str:
    """At which voltage of the cell, current or time a step ended."""
    if course.why[number] is Why.LOWER_VOLTAGE:
        return f"{step.lower:g} V"
    if course.why[number] is Why.UPPER_VOLTAGE:
        return f"{step.upper:g} V"
    if course.why[number] is Why.SMALL_CURRENT:
        return f"{1e3 * (step.current or 0.0):.3g} mA"
    return f"{float(course.seconds[number]) / _HOUR:.4g} h"


def beyond(cell: CellParameters, course: Course) -> Iterator[str]:
    """Sentences on steps that took the cell past its cut-offs, where the model's numbers mean little."""
    for number in np.unique(course.step):
        voltage = course.voltage[course.step == number]
        low, high = float(voltage.min()), float(voltage.max())
        if low < cell.lower_cutoff - _BEYOND or high > cell.upper_cutoff + _BEYOND:
            yield (
                f"step {number + 1} runs from {low:.3g} to {high:.3g} V, past the cut-offs of the cell "
                f"({cell.lower_cutoff:g} and {cell.upper_cutoff:g} V): give it an end 'until' a voltage"
            )


# ------------------------------------------------------------------------------------------- records and figures


def record(name: str, source: Source, course: Course, cycles: Array) -> Record:
    """What a cycler would write down, against the cell's own anode; ``cycles`` are numbers of the cycle by step."""
    columns = {
        "time": Column(course.time, "s"),
        "voltage": Column(course.voltage, "V"),
        "current": Column(-course.current + 0.0, "A"),  # + 0.0: a rest is no negative zero
        "step": Column(course.step + 1),
        "cycle": Column(cycles[course.step]),
    }
    return Record(name, "cycling", columns, source)


def discharges(cell: CellParameters, courses: Mapping[str, Course], results: Mapping[str, Result]) -> Drawing:
    """Voltage against capacity, a line a current; with several, their energy against their power beside it."""
    lines = []
    for tone, (name, course) in enumerate(courses.items()):
        rows = course.step == course.charge.size - 1
        passed = course.passed[rows]
        capacity = (passed - passed[0]) / cell.mass / _HOUR
        lines.append(Line(capacity, course.voltage[rows] + cell.anode_potential, name, tone))
    panels = [Panel(Axis("Capacity", "mAh/g"), Axis("Voltage vs Li", "V"), tuple(lines), "Discharge")]
    if len(courses) > 1:
        panels.append(_ragone(results))
    return Drawing(tuple(panels), "Discharge of the model cell", virtual=True)


def _ragone(results: Mapping[str, Result]) -> Panel:
    points = []
    powers = [found["discharge_power"] for found in results.values()]
    energies = [found["discharge_energy"] for found in results.values()]
    for tone, (name, power, energy) in enumerate(zip(results, powers, energies, strict=True)):
        across, up = ([each.sigma] if each.known else None for each in (power, energy))
        points.append(Points([power.value], [energy.value], name, tone, across, up))
    low, high = min(q.value for q in powers) / _MARGIN, max(q.value for q in powers) * _MARGIN
    x = Axis("Mean power (cathode, vs Li)", "W/kg", "log", low, high)
    y = Axis("Energy (cathode, vs Li)", "Wh/kg", low=0.0, high=max(q.value for q in energies) * _MARGIN)
    return Panel(x, y, tuple(points), "Energy and power")


def protocol(cell: CellParameters, course: Course) -> Drawing:
    """Voltage and current of a whole protocol against time."""
    hours = course.time / _HOUR
    voltage = Line(hours, course.voltage + cell.anode_potential)
    current = Line(hours, -course.current / cell.mass)  # 1 A/kg is 1 mA/g
    time = Axis("Time", "h")
    panels = (
        Panel(time, Axis("Voltage vs Li", "V"), (voltage,), "Voltage"),
        Panel(time, Axis("Current, positive on charge", "mA/g"), (current,), "Current"),
    )
    return Drawing(panels, "Protocol of the model cell", virtual=True)
