"""The cell of a virtual test, as told and with each uncertain number moved: what it does and how sure that is."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

import numpy as np

from thiocell import __version__
from thiocell.cell.batch import Course, solve
from thiocell.cell.checks import faults
from thiocell.cell.frame import Frame
from thiocell.cell.parameters import CellParameters, CellState
from thiocell.cell.protocol import Step
from thiocell.cell.states import charged_state, discharged_state, pristine_state
from thiocell.core.drawing import Drawing
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.source import Source
from thiocell.studies import simulated
from thiocell.studies.outcome import Outcome, Run
from thiocell.studies.simulated import ALL, Simulated
from thiocell.studies.varied import Variant, sureness, uncertain, with_sigmas

Start = Literal["fresh", "charged", "discharged"]
Tests = Mapping[str, Sequence[Step]]

_POINTS = 300  # rows a step, about; assumed: no eye misses what lies between two of them


@dataclass(frozen=True)
class VirtualCell:
    """The ``variants`` of one cell, that as told first, and what was ``assumed`` of it; called ``title``."""

    title: str
    variants: tuple[Variant, ...]
    assumed: tuple[str, ...]

    @property
    def cell(self) -> Frame:
        """The cell as told."""
        return self.variants[0].cell

    @property
    def numbers(self) -> CellParameters:
        """The numbers of the cell as told."""
        return self.variants[0].numbers

    @property
    def source(self) -> Source:
        """Where all that it does comes from."""
        return Source("predicted", "", f"cell model, grains {self.cell.grains}, {self.cell.nodes} nodes")

    def begun(self, start: Start, number: int = 0) -> CellState:
        """Where variant ``number`` begins."""
        cell, numbers = self.variants[number].cell, self.variants[number].numbers
        if start == "fresh":
            return pristine_state(cell)
        return charged_state(numbers) if start == "charged" else discharged_state(numbers)

    def within(self, tests: Sequence[Sequence[Step]]) -> list[tuple[Step, ...]]:
        """The steps of every variant with its cut-offs as further ends."""
        pairs = zip(self.variants, tests, strict=True)
        return [tuple(simulated.within(variant.numbers, step) for step in steps) for variant, steps in pairs]

    def courses(self, start: Start, tests: Sequence[Tests]) -> dict[str, list[Course | None]]:
        """By name of the test the course of every variant, each through its own ``tests``; none if it cannot start."""
        jobs: dict[tuple[str, int], tuple[CellParameters, CellState, Sequence[Step]]] = {}
        for number, variant in enumerate(self.variants):
            begun = self.begun(start, number)
            for name, steps in tests[number].items():
                if not faults(variant.numbers, begun, steps):
                    jobs[name, number] = (variant.numbers, begun, steps)
        cells, starts, protocols = zip(*jobs.values(), strict=True) if jobs else ((), (), ())
        solved = dict(zip(jobs, solve(cells, starts, protocols, points=_POINTS), strict=True))
        return {name: [solved.get((name, number)) for number in range(len(self.variants))] for name in tests[0]}

    def discharged(self, start: Start, tests: Sequence[Tests]) -> tuple[dict[str, Outcome], dict[str, Course]]:
        """An outcome a discharge, in order, and the courses of the cell as told that came through."""
        outcomes, whole = {}, {}
        for name, courses in self.courses(start, tests).items():
            course, steps = courses[0], tests[0][name]
            if course is None:
                fault = named(faults(self.numbers, self.begun(start), steps)[0], "the discharge")
                outcomes[name] = Outcome(name, "predict", "failed", error=f"{name}: {fault}", bad_input=True)
            elif stop := simulated.stopped(course, steps):
                outcomes[name] = stop.outcome(name, "the charge" if steps[stop.step].value < 0.0 else "the discharge")
            else:
                whole[name] = course
                record = simulated.record(name, self.source, course, np.ones(course.charge.size))
                result = self.result(len(steps) - 1, [each[name] for each in tests], courses)
                outcomes[name] = Outcome(name, "predict", "done", result=result, records={"main": record})
        return outcomes, whole

    def stepped(
        self, names: Sequence[str], tests: Sequence[Sequence[Step]], courses: Sequence[Course | None]
    ) -> dict[str, Outcome]:
        """An outcome a step: those after one that failed are skipped."""
        stop = simulated.stopped(courses[0], tests[0]) if courses[0] else None
        last = stop.step if stop else len(names)
        found: dict[str, Outcome] = {}
        for number, name in enumerate(names):
            if number < last:
                found[name] = Outcome(name, "predict", "done", result=self.result(number, tests, courses))
            elif stop and number == last:
                found[name] = stop.outcome(f"step {name}", "it")
            else:
                found[name] = Outcome(name, "predict", "skipped", error="a step before it failed")
        return found

    def result(self, number: int, tests: Sequence[Sequence[Step]], courses: Sequence[Course | None]) -> Result:
        """The numbers of step ``number`` of the cell as told, their sigmas from how the variants' differ."""
        moved: dict[str, dict[int, Result]] = {name: {} for name in uncertain(self.cell)}
        told: dict[int, Result] = {}
        for variant, steps, course in zip(self.variants, tests, courses, strict=True):
            if course and not ((stop := simulated.stopped(course, steps)) and stop.step <= number):
                sides = moved[variant.moved] if variant.moved else told
                sides[variant.by] = simulated.result(variant.numbers, self.source, course, number, variant.li_in)
        return with_sigmas(told[0], self.cell, moved)

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
            of_all = (*worries, *_told_once(outcomes), sureness(self.cell))
            result = Result(ALL, {}, self.source, doubts=of_all, drawing=drawing)
            records = {"main": record} if record else {}
            found = {ALL: Outcome(ALL, "predict", "done", self.cell.sample, result, records), **outcomes}
        sentences = tuple(f"{sentence[0].upper()}{sentence[1:]}" for sentence in (*self.assumed, told))
        about = "\n\n".join(("Predicted by the cell model; nothing was measured.", *sentences))
        run = Run(self.title, f"Simulation of {self.title}", about, found, (), _versions())
        return Simulated(run, ended, sentences)


def _told_once(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Each doubt of the outcomes with the names of those that have it."""
    having: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        for doubt in outcome.result.doubts if outcome.result else ():
            having.setdefault(doubt, []).append(name)
    return [f"{', '.join(names)}: {doubt}" for doubt, names in having.items()]


def named(fault: str, what: str) -> str:
    """A fault of a step, the step called by ``what`` it is."""
    return re.sub(r"^step \d+", what, fault)


def _versions() -> dict[str, str]:
    """Of all that the numbers come from."""
    engines = {name: version(name) for name in ("numpy", "numba")}
    return {"thiocell": __version__, "python": platform.python_version(), **engines}
