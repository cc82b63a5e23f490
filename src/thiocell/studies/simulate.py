"""A virtual test of a cell without a study: a recipe and currents, or steps, in; what the cell would do, out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from thiocell.cell.batch import Course
from thiocell.cell.checks import check, faults
from thiocell.cell.doubts import doubts
from thiocell.cell.facts import COUPLES, FACTS
from thiocell.cell.frame import Frame, frame
from thiocell.cell.from_sample import parameters
from thiocell.cell.parameters import CellParameters, CellState, Grains
from thiocell.cell.protocol import Step, galvanostatic
from thiocell.cell.states import charged_state
from thiocell.cell.step_text import read_steps
from thiocell.core.bad_input import BadInput
from thiocell.studies import simulated
from thiocell.studies.recipe import current_of, currents_of, sample_of
from thiocell.studies.simulated import ALL, Simulated
from thiocell.studies.varied import variants
from thiocell.studies.virtual_cell import Start, VirtualCell, named

_ORDINARY = 100.0  # A/kg at which doubts are weighed where no step tells a current, assumed
_SHORT = 0.9  # share of a slow charge below which the charge before a discharge is doubted, assumed
_STARTS = {
    "fresh": "the cell starts fresh, as made",
    "charged": "the cell starts at rest, charged to its upper cut-off",
    "discharged": "the cell starts at rest, discharged to its lower cut-off",
}


@dataclass(frozen=True)
class Simulation:
    """What the command line said. ``recipe`` is 'system' or 'system: x=0.20, y=0.15'; ``facts`` are 'name=value'.

    Either ``currents`` of a discharge each, after a charge at ``charge`` (the smallest of them unless told), or
    ``steps`` one after the other. ``start``, unless told, is fresh, or charged where the first of the steps discharges.
    """

    recipe: str
    currents: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    grains: Grains = "spherical"
    start: Start | None = None
    charge: str | None = None

    def carried_out(self) -> Simulated:
        """Everything found; raises BadInput for words that mean nothing and for a cell that cannot be.

        A current or step that fails is an outcome that failed, and the others still come back.
        """
        if bool(self.currents) == bool(self.steps):
            raise BadInput("tell either currents, like --current '100 mA/g', or steps, like --step 'Rest for 1 hour'")
        if self.charge and (self.steps or self.start == "charged"):
            raise BadInput("the current of the charge has no charge to go with; leave it out")
        sample, assumed = sample_of(self.recipe, self.facts)
        cell = frame(sample, grains=self.grains)
        check(parameters(cell))
        model = VirtualCell(self.recipe, variants(cell), tuple(assumed))
        return self._discharges(model) if self.currents else self._steps(model)

    def _discharges(self, model: VirtualCell) -> Simulated:
        start, numbers = self.start or "fresh", model.numbers
        currents = currents_of(self.currents, numbers)
        before = self.charge or min(currents, key=lambda name: currents[name])
        tests = [self._protocols(variant.numbers, before) for variant in model.variants]
        begun, told = model.begun(start), _STARTS[start]
        if start != "charged":
            told += f", and is charged at {before}{self._why} before each discharge"
            if fault := next(iter(faults(numbers, begun, next(iter(tests[0].values()))[:1])), ""):
                raise BadInput(named(fault, f"the charge at {before}"))
        outcomes, whole = model.discharged(start, tests)
        if start != "charged":
            told += next((f" ({_put_in(numbers, course)})" for course in whole.values()), "")
        worries = [*_worries(model.cell, max(currents.values()) / numbers.mass)]
        worries += _short(numbers, begun, whole) if start != "charged" else []
        ended = {name: simulated.ending(course, tests[0][name][-1], -1) for name, course in whole.items()}
        found = {name: result for name in whole if (result := outcomes[name].result)}
        drawing = simulated.discharges(numbers, whole, found) if whole else None
        return model.gathered(outcomes, ended, f"{told}; {_one_c(numbers)}", worries, drawing)

    def _protocols(self, cell: CellParameters, before: str) -> dict[str, tuple[Step, ...]]:
        """A charge at ``before``, unless the cell starts charged, and a discharge, by the current that tells it."""
        cycles = {
            name: galvanostatic(
                size, charge_current=current_of(before, cell), lower=cell.lower_cutoff, upper=cell.upper_cutoff
            )
            for name, size in currents_of(self.currents, cell).items()
        }
        return {name: steps[1:] for name, steps in cycles.items()} if self.start == "charged" else cycles

    @property
    def _why(self) -> str:
        return ", the smallest of the currents," if not self.charge and len(self.currents) > 1 else ""

    def _steps(self, model: VirtualCell) -> Simulated:
        cell = model.numbers
        tests = [self._read(variant.numbers) for variant in model.variants]
        steps, start = tests[0], self.start or _natural(tests[0])
        check(cell, model.begun(start), steps)
        courses = model.courses(start, [{ALL: each} for each in model.within(tests)])[ALL]
        if (course := courses[0]) is None:
            raise BadInput(f"the cell cannot start with '{self.steps[0]}'")
        names = [f"{number} {' '.join(text.split())}" for number, text in enumerate(self.steps, 1)]
        outcomes = model.stepped(names, tests, courses)
        done = [name for name in names if outcomes[name].status == "done"]
        ended = {name: simulated.ending(course, steps[number], number) for number, name in enumerate(done)}
        told = f"{_STARTS[start]}; {_one_c(cell)}"
        sizes = [abs(step.value) / cell.mass for step in steps if step.control == "current"]
        worries = [*_worries(model.cell, max(sizes, default=0.0) or _ORDINARY), *simulated.beyond(cell, course)]
        if len(done) < len(names):
            return model.gathered(outcomes, ended, told, worries)
        record = simulated.record(ALL, model.source, course, np.array([float(step.cycle) for step in steps]))
        return model.gathered(outcomes, ended, told, worries, simulated.protocol(cell, course), record)

    def _read(self, cell: CellParameters) -> tuple[Step, ...]:
        return read_steps(self.steps, mass=cell.mass, area=cell.area, capacity=_ampere_hours(cell))


def _ampere_hours(cell: CellParameters) -> float:
    """A h between the ends of all couples."""
    return cell.charge * cell.area / 3600.0


def _one_c(cell: CellParameters) -> str:
    return f"1 C is {1e3 * _ampere_hours(cell):.4g} mA, the charge between the ends of all couples in an hour"


def _natural(steps: Sequence[Step]) -> Start:
    """Where steps begin that do not say so: a cell is made discharged, so one that discharges first was charged."""
    first = next((step.value for step in steps if step.control != "voltage" and step.value), 0.0)
    return "charged" if first > 0.0 else "fresh"


def _worries(cell: Frame, specific: float) -> Iterator[str]:
    """What is doubtful of the cell at a current of ``specific`` A/kg."""
    yield from doubts(cell, specific)
    there = {part.name for part in cell.parts}
    idle = [name for name in cell.sample.facts if (couple := name.split("_")[0]) in COUPLES and couple not in there]
    if lost := [name for name in idle if name in FACTS and name != "thiophosphate_capacity"]:
        yield f"{', '.join(lost)} had no effect: that couple does not count in this cell"


def _put_in(cell: CellParameters, course: Course) -> str:
    return f"{-course.charge[0] / cell.mass / 3600.0:.4g} mAh/g in {course.seconds[0] / 3600.0:.4g} h"


def _short(cell: CellParameters, begun: CellState, courses: Mapping[str, Course]) -> Iterator[str]:
    """Tells where the charge before the discharges stops well before what a slow one puts in."""
    if not courses:
        return
    full = charged_state(cell).lithiated
    stored = sum(c.charge * (begun.lithiated[c.name] - full[c.name]) for c in cell.couples) * cell.thickness * cell.area
    share = -float(next(iter(courses.values())).charge[0]) / stored if stored > 0.0 else math.nan
    if share < _SHORT:
        yield (
            f"the charge before the discharges puts in {100 * share:.0f} % of what a slow one would, so they begin "
            "from a cell that is not full; a smaller current of the charge changes that"
        )
