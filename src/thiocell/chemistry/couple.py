"""Redox couples: which phases take up lithium, in which steps, and where a fresh sample stands on that ladder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from thiocell.chemistry.reaction import Reaction
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact

CARRIER = "Li"
"""What is taken up: one electron comes with each."""


@dataclass(frozen=True)
class Coordinate:
    """How a sample's state tells how far a couple has gone since the fresh sample.

    ``lithium`` is what one unit of the coordinate adds to a formula unit of the couple's phase: -2 when the coordinate
    is the share of Li2S that charging has turned into S.
    """

    name: str
    meaning: str
    lithium: float


@dataclass(frozen=True)
class Couple:
    """What ``phase``, as it is weighed in, can take up and give away.

    ``steps`` are lithium uptakes from the most oxidised end on ('S + 2 Li -> Li2S'), each for one formula unit of
    ``phase``; none given means that its electrons are not known. ``fresh`` is the lithium that the weighed-in phase
    already holds on this ladder. ``switched_on`` says whether the couple counts unless the sample says otherwise;
    ``doubt`` is told where lithium goes beyond the first step. An unknown ``potential`` stays None.
    """

    name: str
    phase: str
    steps: tuple[str, ...]
    coordinate: Coordinate | None = None
    fresh: float = 0.0
    switched_on: bool = True
    potential: Fact | None = None
    doubt: str = ""

    def __post_init__(self) -> None:
        for step in self.reactions:
            if CARRIER not in step.left or step.imbalance():
                raise BadInput(f"'{step.text}' of couple '{self.name}' takes up no {CARRIER} or is out of balance")
        for one, following in zip(self.reactions, self.reactions[1:], strict=False):
            if dict(one.right) != _hosts(following):
                raise BadInput(f"'{following.text}' of couple '{self.name}' does not start where '{one.text}' ends")
        if bool(self.steps) != (self.coordinate is not None):
            raise BadInput(f"couple '{self.name}' needs both steps and a coordinate, or neither")
        if self.steps and self.phase not in self.formulas:
            raise BadInput(f"couple '{self.name}' never passes through its phase {self.phase}")

    @cached_property
    def reactions(self) -> tuple[Reaction, ...]:
        """The steps, read."""
        return tuple(Reaction.parse(step) for step in self.steps)

    @property
    def switch(self) -> str:
        """The fact of a sample that switches the couple on (1) or off (0)."""
        return f"{self.name}_redox"

    @property
    def electrons(self) -> float | None:
        """Electrons that a formula unit exchanges from one end of the ladder to the other; None if not known."""
        return sum(step.left[CARRIER] for step in self.reactions) if self.steps else None

    @property
    def formulas(self) -> tuple[str, ...]:
        """Every phase on the ladder, oxidised end first; the weighed-in phase alone if the steps are not known."""
        if not self.steps:
            return (self.phase,)
        met = dict.fromkeys(_hosts(self.reactions[0]))
        for step in self.reactions:
            met |= dict.fromkeys(step.right)
        return tuple(met)

    @property
    def ends(self) -> tuple[str, ...]:
        """The pure phases at the two ends of the ladder: an end that is a mixture is left out."""
        if not self.steps:
            return ()
        sides = (_hosts(self.reactions[0]), dict(self.reactions[-1].right))
        return tuple(next(iter(side)) for side in sides if len(side) == 1)

    @property
    def knots(self) -> tuple[float, ...]:
        """Lithium per formula unit at which a step ends and the next begins, both ends included."""
        found = [0.0]
        for step in self.reactions:
            found.append(found[-1] + step.left[CARRIER])
        return tuple(found)

    def phases_at(self, lithium: float) -> dict[str, float]:
        """Moles of each phase for one mole weighed in, at ``lithium`` per formula unit (lever rule within a step)."""
        if not self.steps:
            return {self.phase: 1.0}
        starts = self.knots[:-1]
        at = max((i for i, start in enumerate(starts) if start <= lithium), default=0)
        done = (lithium - starts[at]) / self.reactions[at].left[CARRIER]
        mixture = {formula: (1 - done) * moles for formula, moles in _hosts(self.reactions[at]).items()}
        for formula, moles in self.reactions[at].right.items():
            mixture[formula] = mixture.get(formula, 0.0) + done * moles
        return mixture


def _hosts(step: Reaction) -> Mapping[str, float]:
    return {formula: moles for formula, moles in step.left.items() if formula != CARRIER}
