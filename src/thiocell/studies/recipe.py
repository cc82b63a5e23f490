"""A sample from the words of the command line: a recipe, facts, and what is assumed where they do not tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from thiocell.cell.facts import FACTS
from thiocell.cell.parameters import CellParameters
from thiocell.cell.protocol import amperes
from thiocell.chemistry import SYSTEMS
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.studies.bench import _once

_TOLD = Source("measured", place="the command line")
_USUAL = {"mass": Quantity(4.0, "mg"), "area": Quantity(0.7854, "cm**2"), "thickness": Quantity(30.0, "um")}
"""The cell that is assumed where the user tells of none: 10 mm across, 1.7 g/cm3."""


def sample_of(recipe: str, facts: Sequence[str]) -> tuple[Sample, list[str]]:
    """The sample of 'system' or 'system: x=0.20, y=0.15', and sentences on what is assumed of its recipe and shape.

    ``facts`` are 'name=value'. Raises BadInput for words that mean nothing and numbers that are missing or impossible.
    """
    name, colon, numbers = (part.strip() for part in recipe.partition(":"))
    system = SYSTEMS.find(name)
    assumed: list[str] = []
    told: dict[str, Quantity]
    if colon:
        words = [word for word in numbers.split(",") if word.strip()]
        told = {word: _number(f"{word} of the recipe", text) for word, text in _once(words, "recipe number", "x=0.20")}
    else:
        told = dict(system.example)
        shown = ", ".join(f"{word} = {number.value:g}" for word, number in told.items())
        assumed.append(f"recipe assumed, the system's example: {shown}")
    sample = Sample(name, name, told, {word: Fact(q, _TOLD) for word, q in _facts(facts, name).items()})
    system.checked_recipe(sample)
    return _pressed(sample, assumed)


def _number(what: str, text: str) -> Quantity:
    try:
        return replace(Quantity.parse(text, ""), sigma=0.0)
    except BadInput as error:
        raise BadInput(f"{what} is '{text}'; write it like 'x=0.20'") from error


def _facts(words: Sequence[str], name: str) -> dict[str, Quantity]:
    terms = {word: known.term for word, known in FACTS.items()}
    terms |= {word: term for word, (term, _) in SYSTEMS.find(name).parameters.items()}
    found = {}
    for word, text in _once(words, "fact", "mass=4.0 mg"):
        if word not in terms:
            raise BadInput(f"the cell has no fact '{word}'; it has {choices(set(terms))}")
        try:
            found[word] = Quantity.parse(text)
        except BadInput as error:
            raise BadInput(f"{word} '{text}': {error}") from error
        terms[word].check(word, found[word])
    return found


def _pressed(sample: Sample, assumed: list[str]) -> tuple[Sample, list[str]]:
    """The sample with a shape: what it does not tell is that of the usual cell, as dense as that."""
    found = {name: fact.quantity for name, fact in sample.facts.items() if name in _USUAL}
    missing = [name for name in _USUAL if name not in found]
    shape = {**_USUAL, **found}
    if "thickness" in missing and len(missing) < len(_USUAL):
        load = shape["mass"].si / shape["area"].si * _USUAL["area"].si / _USUAL["mass"].si
        shape["thickness"] = Quantity(_USUAL["thickness"].value * load, "um")
    if missing:
        shown = ", ".join(f"{name} = {shape[name].value:.4g} {shape[name].unit}".replace("**", "") for name in missing)
        assumed.append(f"shape of the cathode assumed, as in a usual pressed cell: {shown}")
    source = Source("assumed", place="the usual pressed cell")
    return sample.with_facts({name: Fact(shape[name], source) for name in missing}), assumed


def currents_of(words: Sequence[str], cell: CellParameters) -> dict[str, float]:
    """A of the cell by the texts that tell them; raises BadInput as ``current_of``, and for one that comes twice."""
    found: dict[str, float] = {}
    for word in words:
        if (name := " ".join(word.split())) in found:
            raise BadInput(f"the current '{name}' is given twice; give it once")
        found[name] = current_of(name, cell)
    return found


def current_of(text: str, cell: CellParameters) -> float:
    """A of the cell; raises BadInput for what is no current greater than zero."""
    try:
        size = amperes(Quantity.parse(text), cell)
    except BadInput as error:
        raise BadInput(f"'{text}' is no current; write it like '100 mA/g', '0.5 mA/cm2' or '0.4 mA'") from error
    if size <= 0.0:
        raise BadInput(f"the current '{text}' must be greater than zero; a discharge needs no sign")
    return size
