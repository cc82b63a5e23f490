"""The same cell with one number moved by its standard uncertainty, up and down: where a prediction's sigma is from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from thiocell.cell.checks import faults
from thiocell.cell.frame import Frame, frame
from thiocell.cell.from_sample import parameters
from thiocell.cell.parameters import CellParameters
from thiocell.chemistry.reference_electrode import LI_IN, LI_IN_NAME
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.result import Result
from thiocell.core.sample import Sample

_RESOLVED = 1e-5
"""Share of a value below which two courses do not differ: the solver's own tolerance."""
_LOPSIDED = 2.0
"""assumed: ratio of the answers up and down above which one sigma misleads."""
_WEIGHTY = 0.3
"""assumed: share of a value's sigma below which nobody minds how an origin bends."""


@dataclass(frozen=True)
class Variant:
    """A cell with a fact, or a number of the recipe, ``moved`` by ``by`` of its sigmas; '' and 0: the cell as told."""

    moved: str
    by: int
    cell: Frame
    numbers: CellParameters

    @property
    def li_in(self) -> float:
        """V of In-InLi against Li: the anode itself, unless the sample tells of another."""
        return LI_IN.quantity.si if "anode_potential" in self.cell.sample else self.numbers.anode_potential


def variants(cell: Frame) -> tuple[Variant, ...]:
    """The cell as told, then up and down each number that carries a sigma; those that cannot be are left out."""
    found = [Variant("", 0, cell, parameters(cell))]
    for name, moved in _moved(cell):
        for by, sample in moved.items():
            try:
                made = frame(sample, grains=cell.grains, nodes=cell.nodes)
                numbers = parameters(made)
            except BadInput:  # one sigma further is no cell
                continue
            if not faults(numbers):
                found.append(Variant(name, by, replace(made, sample=cell.sample), numbers))
    return tuple(found)


def uncertain(cell: Frame) -> tuple[str, ...]:
    """The facts in use and numbers of the recipe that carry a sigma greater than zero."""
    return tuple(name for name, _ in _moved(cell))


def sureness(cell: Frame) -> str:
    """A sentence on what the sigmas of the cell's predictions hold, and what they do not."""
    names = [
        name if name in {**cell.sample.facts, **cell.sample.recipe} else f"{name} (default)" for name in uncertain(cell)
    ]
    if not names:
        return "no number has an uncertainty: no fact that is told or assumed has one, and the model's own is not known"
    bare = [n for n, fact in cell.sample.facts.items() if fact.source.kind != "assumed" and not fact.quantity.known]
    besides = f" ({', '.join(bare)} too, told without a sigma)" if bare else ""
    return (
        f"each ± is one standard uncertainty from {', '.join(names)} alone, taken as independent; currents by mass, "
        f"area or C go with the cell that is moved; all else is held exact{besides}, and the model's own error is not "
        "in it"
    )


def _moved(cell: Frame) -> Iterator[tuple[str, dict[int, Sample]]]:
    sample = cell.sample
    for name, fact in {**cell.facts, **sample.facts}.items():
        if fact.quantity.sigma > 0:  # not for an unknown one
            yield name, {by: sample.with_facts({name: Fact(_by(fact.quantity, by), fact.source)}) for by in (1, -1)}
    for name, number in sample.recipe.items():
        if number.sigma > 0:
            yield name, {by: replace(sample, recipe={**sample.recipe, name: _by(number, by)}) for by in (1, -1)}


def _by(quantity: Quantity, by: int) -> Quantity:
    return replace(quantity, value=quantity.value + by * quantity.sigma)


def with_sigmas(result: Result, cell: Frame, moved: Mapping[str, Mapping[int, Result]]) -> Result:
    """``result`` with the sigma and parts that ``moved`` make: by name what the cell moved up (1) and down (-1) gave.

    A part is half of what lies between the two sides, or the step to the one that there is; one that has neither leaves
    sigma unknown. Without anything moved the result stays as it is.
    """
    if not moved:
        return result
    steps = {w: {name: _steps(w, q.value, sides) for name, sides in moved.items()} for w, q in result.values.items()}
    parts = {w: {_origin(cell, name): _part(*step) for name, step in found.items()} for w, found in steps.items()}
    sigma = {w: math.hypot(*found.values()) for w, found in parts.items()}
    values = {w: replace(quantity, sigma=sigma[w]) for w, quantity in result.values.items()}
    known = {w: found for w, found in parts.items() if not math.isnan(sigma[w])}
    rough = [n for n in moved if any(_rough(*steps[w][n], sigma[w]) for w in steps)]
    return replace(result, values=values, parts=known, doubts=(*result.doubts, *map(_said_rough, rough)))


def _said_rough(name: str) -> str:
    return (
        f"one sigma of {name} up does not move each value as far as one down, or cannot be: its part of the ± is rough"
    )


def _rough(up: float, down: float, sigma: float) -> bool:
    """Do the two sides differ by so much that it matters to ``sigma``? NaN: there is no such side."""
    if math.isnan(up) or math.isnan(down):
        return True
    small, large = sorted((up, down), key=abs)
    return abs(large) > _WEIGHTY * sigma and _LOPSIDED * small * math.copysign(1.0, large) < abs(large)


def _steps(word: str, value: float, sides: Mapping[int, Result]) -> tuple[float, float]:
    """How much a value rises to the upper side, and from the lower side; NaN for a side that is not there."""
    found = {by: each.values[word].value for by, each in sides.items() if word in each.values}
    up, down = found.get(1, math.nan) - value, value - found.get(-1, math.nan)
    still = _RESOLVED * abs(value)
    return (0.0 if abs(up) < still else up), (0.0 if abs(down) < still else down)


def _part(up: float, down: float) -> float:
    if math.isnan(up) or math.isnan(down):
        return down if math.isnan(up) else up
    return 0.5 * (up + down)


def _origin(cell: Frame, name: str) -> str:
    """The name of an origin as ``Result.parts`` has it."""
    if name in cell.sample.recipe:
        return f"recipe.{name}"
    if name in cell.sample:
        return name
    return f"constant {LI_IN_NAME if name == 'anode_potential' else name}"
