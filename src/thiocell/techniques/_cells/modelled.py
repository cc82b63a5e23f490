"""A virtual cycler on the cell model: what it writes down of a cell whose recipe and facts are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.facts import FACTS
from thiocell.cell.frame import Frame, frame, in_si
from thiocell.cell.from_sample import parameters
from thiocell.cell.parameters import CellParameters, CellState, Grains
from thiocell.cell.protocol import Step
from thiocell.cell.states import discharged_state, pristine_state
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.term import Term
from thiocell.physics.galvanostat import Trace

if TYPE_CHECKING:
    from thiocell.cell.batch import Course

Array = NDArray[np.float64]
Begin = Literal["sample", "discharged"]

GRAINS: Grains = "spherical"
GRAINS_MEANING = "transport in the grains of the cell model: none, parabolic, spherical, or a spread of sizes"
NODES = 20
NODES_MEANING = "nodes of the cell model through the cathode; 8 are good to 0.3 mV at 200 mA/g and twice as fast"
BEGIN_MEANING = "where the cell model begins: in the sample's state, or discharged after its first cycles"
GRAINS_PREDICTED, NODES_PREDICTED, BEGIN_PREDICTED = (
    f"of a predicted record: {meaning}" for meaning in (GRAINS_MEANING, NODES_MEANING, BEGIN_MEANING)
)
CELL_FACTS: Mapping[str, Term] = {name: known.term for name, known in FACTS.items()}
"""Words that ``predict`` takes with the law 'cell'."""
_ROWS = 400
"""Of a half-cycle of the whole capacity; assumed: a cycler also writes a row when the voltage has moved."""

Protocol = Callable[[CellParameters], Sequence[Step]]


def checked_values(values: Mapping[str, Quantity], gives: Mapping[str, Term]) -> Mapping[str, Quantity]:
    """The values as facts of the cell; raises BadInput for one that the model itself predicts, or an unknown one."""
    for word in values:
        if word in gives and word not in CELL_FACTS:
            raise BadInput(f"'{word}' follows from the cell model; leave it out, or choose another law than 'cell'")
        if word not in CELL_FACTS:
            raise BadInput(f"the cell has no fact '{word}'; it has {choices(set(CELL_FACTS))}")
    return values


@dataclass(frozen=True)
class Modelled:
    """A sample's cell under the model, ready for a protocol: ``begin`` says in which state it starts."""

    frame: Frame
    begin: Begin

    @classmethod
    def of(cls, sample: Sample, values: Mapping[str, Quantity], grains: Grains, begin: Begin, nodes: int) -> Modelled:
        """The cell of ``sample``, ``values`` winning over its facts."""
        if nodes < 2:
            raise BadInput(f"the setting 'nodes' is {nodes}; the cell model needs 2 at least")
        return cls(_framed(sample, grains, values, nodes), begin)

    @property
    def place(self) -> str:
        """How the record came, in words."""
        return f"sample '{self.frame.sample.name}', grains {self.frame.grains}"

    def state(self, cell: CellParameters) -> CellState:
        """Where the test begins."""
        return (
            pristine_state(self.frame) if self.begin == "sample" else discharged_state(cell, cycles=self.frame.cycles)
        )

    def fading_trace(self, left: Array, protocol: Protocol, interval: float) -> Trace:
        """Rows, voltage against Li, of one cycle after another, each of a cell with the share ``left`` of its couples.

        Every cycle begins where another like it ends, so that what stays in the grains is that of steady cycling.
        """
        from thiocell.cell.batch import solve

        whole = parameters(self.frame)
        cells = [_faded(whole, float(share)) for share in left]
        steps = [[replace(s, period=_period(cell, s, interval)) for s in protocol(cell)] for cell in cells]
        before = solve(cells, [self.state(cell) for cell in cells], steps)
        ends = [course.checked(f"the cell of sample '{self.frame.sample.name}'").end for course in before]
        courses = solve(cells, ends, steps, points=_ROWS)
        parts, begun = [], 0.0
        for number, (cell, each, course) in enumerate(zip(cells, steps, courses, strict=True)):
            course.checked(f"the cell of sample '{self.frame.sample.name}' in cycle {number + 1}")
            part = _trace(course, each, cell.anode_potential)
            offset = (begun, 0.0, 0.0, 0.0, float(number * len(each)), float(number))
            parts.append([row + more for row, more in zip(vars(part).values(), offset, strict=True)])
            begun += float(course.seconds.sum())
        return Trace(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def trace(self, protocol: Protocol, interval: float) -> Trace:
        """Rows of a protocol, voltage against Li, one every ``interval`` s; raises BadInput if it cannot be."""
        from thiocell.cell.batch import solve
        from thiocell.cell.checks import check

        cell = parameters(self.frame)
        state = self.state(cell)
        steps = [replace(step, period=_period(cell, step, interval)) for step in protocol(cell)]
        check(cell, state, steps)
        (course,) = solve([cell], state, steps, points=_ROWS)
        course.checked(f"the cell of sample '{self.frame.sample.name}'")
        return _trace(course, steps, cell.anode_potential)

    def cells(self, trials: Sequence[Mapping[str, float]]) -> list[CellParameters]:
        """The cell of each trial, whose words are in their terms' units."""
        return [
            parameters(self.frame, {word: in_si(word, number) for word, number in trial.items()}) for trial in trials
        ]

    def expected(self, protocol: Protocol, trials: Sequence[Mapping[str, float]]) -> Expected:
        """What the steps of the protocol pass in every trial, whose words are in their terms' units."""
        from thiocell.cell.batch import Fared, solve

        cells = self.cells(trials)
        protocols = [[replace(step, may_end_at_once=True) for step in protocol(cell)] for cell in cells]
        courses = solve(cells, [self.state(cell) for cell in cells], protocols)
        mass = np.array([[cell.mass] for cell in cells])
        lost = np.array([course.fared is not Fared.DONE for course in courses])
        charge, energy, seconds = (np.array([getattr(c, w) for c in courses]) for w in ("charge", "energy", "seconds"))
        anode = np.array([[cell.anode_potential] for cell in cells])
        found = (charge / mass, (energy + anode * charge) / mass, seconds)
        for each in found:
            each[lost] = np.nan
        return Expected(protocols[0], *found)


@dataclass(frozen=True, eq=False)
class Expected:
    """For each trial and step: C/kg, J/kg against Li (both positive on discharge), s; a row of NaN if it failed."""

    steps: Sequence[Step]
    charge: Array
    energy: Array
    seconds: Array

    def energy_and_power(self, discharge: int) -> tuple[Array, Array]:
        """Wh/kg and mean W/kg of a discharge in every trial; no power where it passed nothing."""
        energy, seconds = self.energy[:, discharge], self.seconds[:, discharge]
        with np.errstate(invalid="ignore", divide="ignore"):
            return energy / 3600.0, np.where(seconds > 0, energy / seconds, np.nan)

    def last_of_block(self, number: int, cycles: int, current: Literal["charge", "discharge"]) -> int:
        """The step that is the last charge or discharge of block ``number``, 1 the first, of ``cycles`` cycles each."""
        sign = 1.0 if current == "discharge" else -1.0
        found = [n for n, s in enumerate(self.steps) if s.cycle == number * cycles and s.value * sign > 0]
        return found[-1]


def _framed(sample: Sample, grains: Grains, values: Mapping[str, Quantity], nodes: int) -> Frame:
    """The frame of a cell; a fit asks a thousand times for the same one, so the last is kept."""
    if _LAST and not values and _LAST[0][0] is sample and _LAST[0][1:3] == (grains, nodes):
        return _LAST[0][3]
    made = frame(sample, grains=grains, values=values, nodes=nodes)
    if not values:
        _LAST[:] = [(sample, grains, nodes, made)]
    return made


_LAST: list[tuple[Sample, Grains, int, Frame]] = []


def _trace(course: Course, steps: Sequence[Step], scale: float) -> Trace:
    """The rows of a course as a cycler counts them: charge positive, ``scale`` V added to the voltage."""
    begun = np.concatenate(([0.0], np.cumsum(course.seconds)))[course.step]
    cycle = np.array([float(step.cycle) for step in steps])[course.step]
    number = np.asarray(course.step + 1.0)
    return Trace(course.time, course.time - begun, course.voltage + scale, -course.current, number, cycle)


def _faded(cell: CellParameters, left: float) -> CellParameters:
    """The same cell with a share ``left`` of its active material: charge and reacting surface go together."""
    couples = tuple(replace(c, charge=left * c.charge, exchange=left * c.exchange) for c in cell.couples)
    return replace(cell, couples=couples)


def _period(cell: CellParameters, step: Step, interval: float) -> float:
    if step.control == "current" and step.value != 0.0:
        return min(interval, cell.charge * cell.area / abs(step.value) / _ROWS)
    return interval
