"""Reaction equations: what they turn into what, and whether they keep every atom and charge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from thiocell.chemistry.formula import parse
from thiocell.core.bad_input import BadInput

CHARGE = "charge"
"""The word under which ``imbalance`` counts charge."""
_ARROW = re.compile(r"\s*(?:->|→|=)\s*")
_TERM = re.compile(
    r"(?P<times>\d+(?:\.\d+)?|\.\d+)?\s*"
    r"(?:(?P<electron>e)|(?P<formula>[A-Z(][A-Za-z0-9.()]*?))"
    r"(?:(?P<single>[+-])|\^(?P<many>\d*)(?P<sign>[+-]))?"
)
_LEAST = 1e-9  # assumed: counts are written with few digits, what is left below this is rounding


@dataclass(frozen=True)
class Reaction:
    """``left`` becomes ``right``: moles of each species, as written (an ion keeps its charge: 'Li+', 'S^2-', 'e-')."""

    text: str
    left: Mapping[str, float]
    right: Mapping[str, float]

    @classmethod
    def parse(cls, text: str) -> Reaction:
        """Read 'MoS2 + 4 Li -> Mo + 2 Li2S'; terms are parted by ' + ', the sides by '->', '→' or '='."""
        sides = _ARROW.split(text.strip())
        if len(sides) != 2 or len(text) > 300:  # assumed: an equation fits two lines
            raise BadInput(f"'{text[:300]}' is not a reaction; write it like 'S + 2 Li -> Li2S'")
        return cls(text, _side(sides[0], text), _side(sides[1], text))

    def imbalance(self) -> dict[str, float]:
        """Right minus left of each element, and of 'charge', where they differ; empty if the reaction balances."""
        total: dict[str, float] = {}
        for side, sign in ((self.left, -1.0), (self.right, 1.0)):
            for species, moles in side.items():
                for element, count in _contents(species).items():
                    total[element] = total.get(element, 0.0) + sign * moles * count
        return {element: count for element, count in total.items() if abs(count) > _LEAST}


def imbalance(text: str) -> dict[str, float]:
    """What a reaction makes from nothing (positive) or loses (negative), by element and 'charge'; empty if it balances.

    Raises BadInput if ``text`` is no reaction.
    """
    return Reaction.parse(text).imbalance()


def _side(text: str, whole: str) -> dict[str, float]:
    side: dict[str, float] = {}
    for part in re.split(r"\s+\+\s+", text.strip()):
        term = _TERM.fullmatch(part.strip())
        if term is None:
            raise BadInput(f"'{part}' in '{whole}' is not a species; write it like '4 Li+', 'e-', 'S^2-' or '2 Li2S'")
        species = part.strip()[len(term["times"] or "") :].strip()
        side[species] = side.get(species, 0.0) + float(term["times"] or 1)
        _contents(species)
    return side


def _contents(species: str) -> dict[str, float]:
    term = _TERM.fullmatch(species)
    if term is None or (term["single"] and term["formula"] and term["formula"][-1].isdigit()):
        raise BadInput(f"'{species}' is not a species; write charges like 'Li+' or 'S^2-'")
    contents = {} if term["electron"] else parse(term["formula"])
    if term["sign"] or term["single"]:
        size = float(term["many"] or 1) * (1 if (term["sign"] or term["single"]) == "+" else -1)
        contents[CHARGE] = size
    return contents
