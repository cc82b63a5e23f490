"""One table of a study file, read with care: every fault is noted with file, table and key, and reading goes on."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from thiocell.cell.facts import FACTS as CELL
from thiocell.chemistry import SYSTEMS
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import KINDS, Source
from thiocell.core.vocabulary import FACTS

KNOWN = {**{word: known.term for word, known in CELL.items()}, **FACTS}
"""Facts that something asks for: those of any test, and those of the cell model."""
_MISSPELT = 0.75, 0.9
"""Likeness to a fact of any test, and to one of the cell model, from which on a word is taken for a slip; assumed."""


@dataclass(frozen=True)
class Table:
    """``entries`` as TOML gave them; ``where`` is 'study.toml [analyse.rate]'; ``faults`` collects what is wrong."""

    where: str
    entries: Mapping[str, Any]
    faults: list[str]

    def fault(self, key: str, says: object) -> None:
        """Note what is wrong with ``key``."""
        self.faults.append(f"{self.where} {key}: {says}")

    def only(self, *known: str) -> None:
        """Note every key that is not one of ``known``."""
        for key in self.entries:
            if key not in known:
                self.fault(key, f"there is no such key here; there are {choices(known)}")

    def rest(self, *known: str) -> dict[str, Any]:
        """The entries whose keys are not among ``known``."""
        return {key: value for key, value in self.entries.items() if key not in known}

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without ``default`` it must be there."""
        value = self.entries.get(key, default)
        if value is None:
            self.fault(key, "this key is missing; write a text")
            return ""
        if not isinstance(value, str):
            self.fault(key, f"{value!r} is not a text")
            return ""
        return value

    def whole(self, key: str) -> int | None:
        """A whole number, or None where it is absent."""
        value = self.entries.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.fault(key, f"{value!r} is not a whole number")
        return None

    def table(self, key: str) -> dict[str, Any]:
        """A table of its own, empty where it is absent."""
        value = self.entries.get(key, {})
        if not isinstance(value, dict):
            self.fault(key, f"{value!r} is not a table such as {{ a = 1 }}")
            return {}
        return value

    def facts(self, key: str, reference: str, skip: Container[str] = ()) -> dict[str, Fact]:
        """A table of facts: '4.0(1) mg', or with a source '{ is = "30 um", source = "paper", place = "p. 9" }'.

        A fact without a source is taken as measured by whoever wrote the study; ``reference`` is the paper's.
        """
        found = {}
        for word, value in self.table(key).items():
            if word in skip:
                continue
            try:
                found[word] = known_fact(word, fact(value, self.where, reference))
            except BadInput as error:
                self.fault(f"{key}.{word}", error)
        return found


def known_fact(word: str, given: Fact) -> Fact:
    """``given``, checked against the vocabulary if ``word`` is in it; raises BadInput if it nearly is."""
    if word in KNOWN:
        KNOWN[word].check(word, given.quantity)
        return given
    if word in _counted():
        return given
    for facts, cutoff in zip((FACTS, KNOWN), _MISSPELT, strict=True):
        near = get_close_matches(word, [name for name in facts if abs(len(name) - len(word)) <= 1], 1, cutoff)
        if near:
            raise BadInput(f"there is no fact '{word}' that anything asks for; did you mean '{near[0]}'?")
    return given


@cache
def _counted() -> frozenset[str]:
    """Facts that chemistry asks for by the name of a system's couple or phase."""
    return frozenset(word for system in SYSTEMS.all().values() for word in system.parameters)


def quantity(value: object) -> Quantity:
    """A TOML value as a quantity: a text such as '4.0(1) mg', or a bare number, held exact."""
    if isinstance(value, str):
        return Quantity.parse(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Quantity.exact(value)
    raise BadInput(f"{value!r} is not a quantity; write it like '4.0(1) mg'")


def fact(value: object, place: str, reference: str) -> Fact:
    """A TOML value as a fact with its source."""
    if not isinstance(value, dict):
        return Fact(quantity(value), Source("measured", place=place))
    wrong = [key for key in value if key not in ("is", "source", "reference", "place")]
    if wrong or "is" not in value:
        raise BadInput("a fact is written '4.0(1) mg' or { is = '30 um', source = 'paper', place = 'p. 9' }")
    kind = value.get("source", "measured")
    if kind not in KINDS:
        raise BadInput(f"'{kind}' is not a kind of source; choose from {', '.join(KINDS)}")
    given = str(value.get("reference", reference if kind == "paper" else ""))
    return Fact(quantity(value["is"]), Source(kind, given, str(value.get("place", place))))
