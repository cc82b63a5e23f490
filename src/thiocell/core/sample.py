"""What lies on the bench: a composition pressed into a shape, at some state of charge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity


@dataclass(frozen=True)
class Sample:
    """``recipe`` and ``state`` are coordinates that the system names; ``facts`` are what is known of this one piece.

    ``state`` counts from the pristine sample: sulfur extent, lithium in the molybdenum phase, free LiI, cycle.
    A coordinate that is absent is zero.
    """

    name: str
    system: str = ""
    recipe: Mapping[str, Quantity] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    state: Mapping[str, Quantity] = field(default_factory=dict)

    def __getitem__(self, fact: str) -> Quantity:
        if fact not in self.facts:
            raise BadInput(f"sample '{self.name}' has no '{fact}'; it has {choices(set(self.facts))}")
        return self.facts[fact].quantity

    def __contains__(self, fact: str) -> bool:
        return fact in self.facts

    def positive(self, fact: str, unit: str) -> Quantity:
        """The fact in ``unit``; raises BadInput if it is absent, of another dimension, zero or negative."""
        try:
            here = self[fact].to(unit)
        except BadInput as error:
            if fact not in self.facts:
                raise
            raise BadInput(f"'{fact}' of sample '{self.name}' is {self[fact]}; write it in '{unit}'") from error
        if here.value <= 0:
            raise BadInput(f"'{fact}' of sample '{self.name}' is {here}; it must be greater than zero")
        return here

    def with_facts(self, facts: Mapping[str, Fact]) -> Sample:
        """The same sample that also has ``facts``; they win over facts of the same name."""
        return replace(self, facts={**self.facts, **facts})

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "system": self.system,
            "recipe": {k: q.to_json() for k, q in self.recipe.items()},
            "facts": {k: f.to_json() for k, f in self.facts.items()},
            "state": {k: q.to_json() for k, q in self.state.items()},
        }

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Sample:
        """Undo ``to_json``."""
        return cls(
            page["name"],
            page["system"],
            {k: Quantity.from_json(q) for k, q in page["recipe"].items()},
            {k: Fact.from_json(f) for k, f in page["facts"].items()},
            {k: Quantity.from_json(q) for k, q in page["state"].items()},
        )
