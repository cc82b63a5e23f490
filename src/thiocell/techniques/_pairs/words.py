"""The words of values that depend on the models, and which structures a model holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thiocell.chemistry.structure import Structure
from thiocell.chemistry.structures import STRUCTURES
from thiocell.core.term import Term, word_of

_WORDS = {
    "rw": ("%", "residual Rw of the model"),
    "a": ("angstrom", "edge a of the cell, in the first model that has"),
    "b": ("angstrom", "edge b of the cell, in the first model that has"),
    "c": ("angstrom", "edge c of the cell, in the first model that has"),
    "size": ("nm", "diameter of coherent spheres, in the first model that has"),
    "share": ("%", "share of the atoms in the mixture that fits best"),
}
_INSTRUMENT = {
    "damping": Term("1/angstrom", "Qdamp", "the instrument's damping, in the model that fits best", 0, 1),
    "broadening": Term("1/angstrom", "Qbroad", "the instrument's broadening, in the model that fits best", 0, 1),
}


def names_of(model: str) -> list[str]:
    """The structures of a model: one, or several joined by '+'."""
    return [name.strip() for name in model.split("+")]


def letters_of(structure: Structure) -> tuple[str, ...]:
    """What each of the three edges is called: edges that are one number have the letter of the first."""
    return tuple("abc"[structure.edges.index(edge)] for edge in structure.edges)


def edges_of(structure: Structure) -> dict[str, float]:
    """The edges that are numbers of their own (angstrom), by their letter."""
    return dict(zip(letters_of(structure), structure.edges, strict=True))


def meaning(word: str) -> Term | None:
    """What a value means: 'a_mos2_1t', 'share_mos2_2h', 'rw_mos2_1t_mos2_2h'."""
    begin, _, rest = word.partition("_")
    if begin not in _WORDS or not rest:
        return None
    unit, says = _WORDS[begin]
    return Term(unit, begin, f"{says}: {rest}", 0, 1e9)


def words_of(models: Sequence[str], *, finite: bool, calibrate: bool) -> Mapping[str, Term]:
    """All values that these models may give; those of structures from files are told by ``meaning``."""
    words = [f"rw_{word_of(model)}" for model in models]
    for model in models:
        names = names_of(model)
        if len(names) > 1:
            words += [f"share_{word_of(name)}" for name in names]
        for name in names:
            if name in STRUCTURES:
                words += [f"{letter}_{word_of(name)}" for letter in edges_of(STRUCTURES[name])]
                words += [f"size_{word_of(name)}"] if finite else []
    return {word: term for word in words if (term := meaning(word)) is not None} | (_INSTRUMENT if calibrate else {})
