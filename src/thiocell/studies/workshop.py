"""What a maker of steps works with: its table of the study, and what stands already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.core.technique import Technique
from thiocell.studies import family as families_
from thiocell.studies.expression import Expression, parse, split
from thiocell.studies.family import Family
from thiocell.studies.settings import build
from thiocell.studies.study import Step, Work
from thiocell.studies.table import Table
from thiocell.techniques import TECHNIQUES


def used(text: object) -> tuple[str, ...]:
    """Names of values in a text that is an expression rather than a quantity."""
    if not isinstance(text, str):
        return ()
    try:
        return parse(text).names
    except BadInput:
        return ()


def used_in(values: object) -> tuple[str, ...]:
    """Names of values in the expressions of a table of texts, or of tables { is = 'an expression' }."""
    entries = values.values() if isinstance(values, dict) else ()
    return tuple(name for e in entries for name in used(e.get("is") if isinstance(e, dict) else e))


@dataclass(frozen=True)
class Workshop:
    """What a maker works with: its own table and the families and steps that stand already."""

    name: str
    table: Table
    folder: Path
    paper: str
    families: Mapping[str, Family]
    steps: Mapping[str, Step]

    def family_of(self, ref: str) -> Family:
        """The family that a reference means: a lone one if it names a member."""
        if ref in self.steps:
            return Family()
        if ref not in self.families:
            raise BadInput(f"there is no sound step '{ref}'; there are {choices(set(self.families))}")
        return self.families[ref]

    def member(self, ref: str, end: str) -> str:
        """The step's name that ``ref`` means for the member ``end``."""
        return ref if ref in self.steps else ref + end

    def each(
        self, refs: tuple[str, ...], make: Callable[[str, Mapping[str, Quantity]], Work]
    ) -> tuple[list[Step], Family]:
        """One step for each member of the family that the ``refs`` have in common."""
        family = families_.common({ref: self.family_of(ref) for ref in refs if ref})
        verb = self.table.where.rpartition("[")[2].partition(".")[0]
        steps = []
        for end, coordinates in family.members.items():
            needs = tuple(dict.fromkeys(self.member(ref, end) for ref in refs if ref))
            steps.append(Step(self.name + end, verb, self.table.where, make(end, coordinates), needs))
        return steps, family

    def technique(self, *reserved: str) -> tuple[str, Technique]:
        """The table's technique with its settings: all keys that are not ``reserved``."""
        name = self.table.text("technique")
        if not name:
            raise BadInput(f"the technique is missing; there are {choices(TECHNIQUES.names)}")
        return name, build(name, TECHNIQUES.find(name), self.table.rest("technique", *reserved))

    def step(self, ref: str) -> Step | None:
        """The step that a reference means, the first member of a family; None if none stands."""
        return self.steps.get(ref) or next((s for n, s in self.steps.items() if n.startswith(f"{ref}[")), None)

    def kind_of(self, ref: str, *kinds: type[Work]) -> None:
        """Raise BadInput unless ``ref`` is a step of one of these kinds."""
        step = self.step(ref)
        if step is not None and not isinstance(step.work, kinds):
            raise BadInput(f"'{ref}' is a {step.verb} step, which has nothing of the sort wanted here")


def for_member(shop: Workshop, value: Quantity | Expression, end: str) -> Quantity | Expression:
    """The value with references to a family turned to the member ``end`` of it."""
    if isinstance(value, Quantity):
        return value
    text = value.text
    for name in value.names:
        step, item = split(name)
        text = text.replace(name, f"{shop.member(step, end)}.{item}")
    return parse(text)


def steps_of(values: Iterable[Quantity | Expression]) -> tuple[str, ...]:
    """The steps that the expressions among ``values`` name."""
    return tuple(split(n)[0] for value in values if isinstance(value, Expression) for n in value.names)
