"""A virtual test of a cell without a study: a recipe and currents, or steps, in; what the cell would do, out."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

import numpy as np

from thiocell import __version__
from thiocell.cell.batch import Course, solve
from thiocell.cell.checks import check, faults
from thiocell.cell.doubts import doubts
from thiocell.cell.facts import COUPLES, FACTS
from thiocell.cell.frame import Frame, frame
from thiocell.cell.from_sample import parameters
from thiocell.cell.parameters import CellParameters, CellState, Grains
from thiocell.cell.protocol import Step, galvanostatic
from thiocell.cell.states import charged_state, discharged_state, pristine_state
from thiocell.cell.step_text import read_steps
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Drawing
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.source import Source
from thiocell.studies import simulated
from thiocell.studies.outcome import Outcome, Run
from thiocell.studies.recipe import current_of, currents_of, sample_of
from thiocell.studies.simulated import ALL, UNSURE, Simulated

Start = Literal["fresh", "charged", "discharged"]

_POINTS = 300  # rows a step, about; assumed: no eye misses what lies between two of them
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

    Either ``currents`` of a discharge each, after a charge at ``charge`` (the first of them unless told), or ``steps``
    one after the other. ``start``, unless told, is fresh, or charged where the first of the steps discharges.
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
        numbers = parameters(cell)
        check(numbers)
        model = _Model(self.recipe, cell, numbers, tuple(assumed))
        return self._discharges(model) if self.currents else self._steps(model)

    def _discharges(self, model: _Model) -> Simulated:
        currents = currents_of(self.currents, model.numbers)
        start, before = self.start or "fresh", self.charge or next(iter(currents))
        charge = current_of(before, model.numbers)
        lower, upper = model.numbers.lower_cutoff, model.numbers.upper_cutoff
        protocols = {
            name: galvanostatic(size, charge_current=charge, lower=lower, upper=upper)
            for name, size in currents.items()
        }
        told = f"{_STARTS[start]}, and is charged at {before} before each discharge"
        if start == "charged":
            protocols, told = {name: steps[1:] for name, steps in protocols.items()}, _STARTS[start]
        begun = model.state(start)
        outcomes, whole = model.discharged(begun, protocols)
        if start != "charged":
            told += next((f" ({_put_in(model.numbers, course)})" for course in whole.values()), "")
        worries = [*_worries(model.cell, max(currents.values()) / model.numbers.mass)]
        worries += _short(model.numbers, begun, whole) if start != "charged" else []
        ended = {name: simulated.ending(course, protocols[name][-1], -1) for name, course in whole.items()}
        drawing = simulated.discharges(model.numbers, whole) if whole else None
        return model.gathered(outcomes, ended, told, worries, drawing)

    def _steps(self, model: _Model) -> Simulated:
        cell = model.numbers
        one_c = cell.charge * cell.area / 3600.0  # A h
        steps = read_steps(self.steps, mass=cell.mass, area=cell.area, capacity=one_c)
        start = self.start or _natural(steps)
        begun = model.state(start)
        check(cell, begun, steps)
        course = solve([cell], begun, tuple(simulated.within(cell, step) for step in steps), points=_POINTS)[0]
        names = [f"{number} {' '.join(text.split())}" for number, text in enumerate(self.steps, 1)]
        outcomes = model.stepped(names, steps, course)
        done = [name for name in names if outcomes[name].status == "done"]
        ended = {name: simulated.ending(course, steps[number], number) for number, name in enumerate(done)}
        told = f"{_STARTS[start]}; 1 C is {1e3 * one_c:.4g} mA, the charge between the ends of all couples in an hour"
        sizes = [abs(step.value) / cell.mass for step in steps if step.control == "current"]
        worries = [*_worries(model.cell, max(sizes, default=0.0) or _ORDINARY), *simulated.beyond(cell, course)]
        if len(done) < len(names):
            return model.gathered(outcomes, ended, told, worries)
        record = simulated.record(ALL, model.source, course, np.array([float(step.cycle) for step in steps]))
        return model.gathered(outcomes, ended, told, worries, simulated.protocol(cell, course), record)


@dataclass(frozen=True)
class _Model:
    """The cell that all courses have in common, and what was ``assumed`` of it."""

    title: str
    cell: Frame
    numbers: CellParameters
    assumed: tuple[str, ...]

    @property
    def source(self) -> Source:
        return Source("predicted", "", f"cell model, grains {self.cell.grains}, {self.cell.nodes} nodes")

    def state(self, start: Start) -> CellState:
        if start == "fresh":
            return pristine_state(self.cell)
        return charged_state(self.numbers) if start == "charged" else discharged_state(self.numbers)

    def discharged(
        self, begun: CellState, protocols: Mapping[str, tuple[Step, ...]]
    ) -> tuple[dict[str, Outcome], dict[str, Course]]:
        """An outcome a discharge, in order, and the courses that came through."""
        wrong = {name: found[0] for name, steps in protocols.items() if (found := faults(self.numbers, begun, steps))}
        todo = {name: steps for name, steps in protocols.items() if name not in wrong}
        solved = solve([self.numbers] * len(todo), begun, list(todo.values()), points=_POINTS)
        courses = dict(zip(todo, solved, strict=True))
        outcomes, whole = {}, {}
        for name, steps in protocols.items():
            if name in wrong:
                outcomes[name] = Outcome(name, "predict", "failed", error=f"{name}: {wrong[name]}", bad_input=True)
            elif stop := simulated.stopped(courses[name], steps):
                outcomes[name] = stop.outcome(name, "the charge" if steps[stop.step].value < 0.0 else "the discharge")
            else:
                whole[name] = courses[name]
                outcomes[name] = self._discharge(name, courses[name])
        return outcomes, whole

    def _discharge(self, name: str, course: Course) -> Outcome:
        """The discharge that ends a course."""
        record = simulated.record(name, self.source, course, np.ones(course.charge.size))
        found = simulated.result(self.numbers, self.source, course, course.charge.size - 1)
        return Outcome(name, "predict", "done", result=found, records={"main": record})

    def stepped(self, names: Sequence[str], steps: Sequence[Step], course: Course) -> dict[str, Outcome]:
        """An outcome a step: those after one that failed are skipped."""
        stop = simulated.stopped(course, steps)
        last = stop.step if stop else len(names)
        found: dict[str, Outcome] = {}
        for number, name in enumerate(names):
            if number < last:
                result = simulated.result(self.numbers, self.source, course, number)
                found[name] = Outcome(name, "predict", "done", result=result)
            elif stop and number == last:
                found[name] = stop.outcome(f"step {name}", "it")
            else:
                found[name] = Outcome(name, "predict", "skipped", error="a step before it failed")
        return found

    def gathered(
        self,
        outcomes: Mapping[str, Outcome],
        ended: Mapping[str, str],
        told: str,
        worries: Sequence[str],
        drawing: Drawing | None = None,
        record: Record | None = None,
    ) -> Simulated:
        """All of it; if anything came through, with a first outcome that holds what is common to all."""
        found = dict(outcomes)
        if ended:
            result = Result(ALL, {}, self.source, doubts=(*worries, UNSURE), drawing=drawing)
            records = {"main": record} if record else {}
            found = {ALL: Outcome(ALL, "predict", "done", self.cell.sample, result, records), **outcomes}
        sentences = (*self.assumed, told)
        about = "\n\n".join(("Predicted by the cell model; nothing was measured.", *sentences))
        run = Run(self.title, f"Simulation of {self.title}", about, found, (), _versions())
        return Simulated(run, ended, sentences)


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


def _versions() -> dict[str, str]:
    """Of all that the numbers come from."""
    engines = {name: version(name) for name in ("numpy", "numba")}
    return {"thiocell": __version__, "python": platform.python_version(), **engines}
