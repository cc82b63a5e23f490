"""Which phases a pattern is fitted by, and the words for what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from thiocell.chemistry.structure import KIND, Structure
from thiocell.chemistry.structures import LI2S, STRUCTURES, iodide_in_sulfide, structure
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.record import Record
from thiocell.core.term import Term, word_of

SOLID_SOLUTION = "Li2S_I"
"""Li(2-x)S(1-x)I(x), whose share of iodide is refined."""
_START = 0.1
"""assumed: share of iodide from which a refinement begins."""
_WORDS = {
    "a": ("angstrom", "edge a of the cell"),
    "b": ("angstrom", "edge b of the cell"),
    "c": ("angstrom", "edge c of the cell"),
    "weight": ("%", "share of the crystalline mass"),
    "volume": ("%", "share of the crystalline volume"),
    "size": ("nm", "size of the crystallites along the beam's bisector (Scherrer, volume-weighted)"),
    "strain": ("%", "microstrain, upper value: width over 4 tan(theta)"),
    "iodine": ("", "share x of iodide on the sulfide site, with x/2 lithium missing"),
    "iodine_full": ("", "the same if no lithium were missing: a wrong balance of charge, beside the right one"),
}


def meaning(word: str) -> Term | None:
    """What a value of any phase means: 'a_li2s', 'iodine_full_li2s_i'."""
    for begin in sorted(_WORDS, key=len, reverse=True):
        if word.startswith(f"{begin}_"):
            unit, says = _WORDS[begin]
            return Term(unit, begin, f"{says}, of {word.removeprefix(f'{begin}_')}", 0, 1e9)
    return None


def chosen(names: Sequence[str], records: Mapping[str, Record]) -> list[Structure]:
    """The structures of the phases named, from records in roles of that name or from those known here."""
    found = []
    for name in names:
        if name in records:
            found.append(replace(Structure.from_record(records[name]), name=name))
        elif name == SOLID_SOLUTION:
            found.append(iodide_in_sulfide(_START, LI2S.edges[0]))
        elif name in STRUCTURES:
            found.append(structure(name))
        else:
            given = sorted(role for role, record in records.items() if record.kind == KIND)
            known = choices({SOLID_SOLUTION, *STRUCTURES, *given})
            raise BadInput(
                f"the setting 'phases' names '{name}'; known here are {known}; give others as --role NAME=FILE.cif"
            )
    if not found:
        raise BadInput("the setting 'phases' is empty; name the phases, such as 'Li2S_I, LiI'")
    if len({word_of(each.name) for each in found}) < len(found):
        raise BadInput("the setting 'phases' names a phase twice; name each once")
    return found
