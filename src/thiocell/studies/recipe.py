"""A sample from the words of the command line: a recipe, facts, and what is assumed where they do not tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from thiocell.cell.facts import FACTS
from thiocell.cell.frame import lacking, why_lacking
from thiocell.cell.parameters import STILL, CellParameters
from thiocell.cell.protocol import amperes
from thiocell.cell.step_text import c_rate
from thiocell.chemistry import SYSTEMS
from thiocell.chemistry.system import System
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.studies.bench import once, told_facts

TOLD = Source("measured", place="the command line")
_USUAL = {"mass": Quantity(4.0, "mg"), "area": Quantity(0.7854, "cm**2"), "thickness": Quantity(30.0, "um")}
"""The cell that is assumed where the user tells of none: 10 mm across, 1.7 g/cm3."""


def sample_of(recipe: str, facts: Sequence[str]) -> tuple[Sample, list[str]]:
    """The sample of 'system' or 'system: x=0.20, y=0.15', and sentences on what is assumed of its recipe and shape.

    ``facts`` are 'name=value'. Raises BadInput for words that mean nothing and numbers that are missing or impossible.
    """
    name, colon, numbers = (part.strip() for part in recipe.partition(":"))
    if "=" in name:
        raise BadInput(f"'{recipe}' is no recipe; write it like 'li2s_lii_mos2: x=0.20, y=0.15', with the colon")
    system = SYSTEMS.find(name)
    assumed: list[str] = []
    told = dict(system.example)
    if colon:
        words = [word for word in numbers.split(",") if word.strip()]
        told = {word: _number(f"{word} of the recipe", text) for word, text in once(words, "recipe number", "x=0.20")}
    else:
        shown = ", ".join(f"{word} = {number.value:g}" for word, number in told.items())
        assumed.append(f"recipe assumed, the system's example: {shown}")
    sample = Sample(name, name, told, {word: Fact(q, TOLD) for word, q in _facts(facts, system).items()})
    sample, assumed = _pressed(replace(sample, recipe=system.checked_recipe(sample)), assumed)
    if missing := lacking(sample):
        raise BadInput(_lacking(name, system, missing))
    return sample, assumed


def _number(what: str, text: str) -> Quantity:
    """A number of the recipe; held exact where it tells no sigma."""
    try:
        found = Quantity.parse(text, "")
    except BadInput as error:
        raise BadInput(f"{what} is '{text}'; write it like 'x=0.20', with commas between several") from error
    return found if found.known else Quantity.exact(found.value, found.unit)


def _facts(words: Sequence[str], system: System) -> dict[str, Quantity]:
    terms: dict[str, Term | None] = {word: known.term for word, known in FACTS.items()}
    terms |= {word: term for word, (term, _) in system.parameters.items()}

    def unknown(name: str) -> str:
        near = get_close_matches(name, terms, n=3)
        meant = f", perhaps you mean {' or '.join(near)}" if near else ""
        return f"the cell has no fact '{name}'{meant}; 'thiocell list cell' shows all that it has"

    return told_facts(words, terms, unknown)


def _lacking(name: str, system: System, missing: Sequence[str]) -> str:
    """One sentence on all facts that must still be told, with words that can be pasted."""
    pasted = " ".join(f'--fact "{word}={_example(word)}"' for word in missing)
    return (
        f"the cell of {name} has no default for {choices(missing)}; tell each of them, with your numbers in place of "
        f"those of another system here: {pasted}{why_lacking(system, missing)}"
    )


def _example(word: str) -> str:
    """A value of a fact that has no default here: that of another system, or 0 for a couple that takes no part."""
    known = FACTS[word].default if word in FACTS else Fact(Quantity(0.0), TOLD)
    elsewhere = [c.potential for s in SYSTEMS.all().values() for c in s.couples if f"{c.name}_potential" == word]
    found = next((fact.quantity for fact in (known, *elsewhere) if fact), None)
    return f"{found.value:g} {found.unit}".strip() if found else f"? {FACTS[word].term.unit}".strip()


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
    """A of the cell; raises BadInput for what is no current greater than zero, and for one that is next to none."""
    charge = cell.charge * cell.area  # C
    try:
        rate = c_rate(text)
        size = amperes(Quantity.parse(text), cell) if rate is None else rate * charge / 3600.0
    except BadInput as error:
        likes = "write it like '100 mA/g', '0.5 mA/cm2', '0.4 mA' or 'C/20'"
        sign = ", without a sign" if text.startswith("-") else ""
        raise BadInput(f"'{text}' is no current; {likes}{sign}") from error
    if size <= 0.0:
        raise BadInput(f"the current '{text}' must be greater than zero; a discharge needs no sign")
    if size < STILL * charge:
        raise BadInput(
            f"the current '{text}' would take {charge / size / 3600.0:.2g} hours for the charge of the cell, and the "
            f"model takes more than 10,000 for none; take at least {1e3 * STILL * charge:.2g} mA"
        )
    return size
