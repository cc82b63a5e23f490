"""What the house holds: techniques, systems, facts of a cell, readers and bundled studies, in their own words."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from thiocell.cell.facts import FACTS
from thiocell.cell.frame import lacking
from thiocell.chemistry import SYSTEMS
from thiocell.chemistry.structures import STRUCTURES
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.technique import roles, uses
from thiocell.core.term import Term
from thiocell.readers import READERS
from thiocell.studies.bundle import bundled
from thiocell.studies.settings import plain, settings_of
from thiocell.techniques import TECHNIQUES

if TYPE_CHECKING:
    from rich.table import Table

_CELL = "cell"
_SHAPE = ("mass", "area", "thickness")


def catalogue() -> Table:
    """Every technique, system, structure, reader and bundled study in one line, and where the facts of a cell are."""
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=True, box=None, pad_edge=False)
    for head in ("kind", "name", "what it is"):
        table.add_column(head)
    for row in _lines():
        table.add_row(*map(Text, row))
    return table


def _lines() -> Iterable[tuple[str, str, str]]:
    for name, technique in TECHNIQUES.all().items():
        yield "technique", name, _first_line(technique)
    for name, system in SYSTEMS.all().items():
        yield "system", name, system.title
    yield "facts", _CELL, "all facts that the model of the cell takes: unit, meaning, bounds, default"
    for name, known in STRUCTURES.items():
        yield "structure", name, f"{known.symbol}; {known.source.reference or known.source.place}"
    for name, reader in READERS.all().items():
        yield "reader", name, _first_line(reader)
    for name, folder in bundled().items():
        yield "study", name, _title(folder / "study.toml")


def describe(word: str) -> Table:
    """All that is declared of a technique, system, structure or reader, or of the cell's facts; else BadInput."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(3):
        table.add_column()
    if word == _CELL:
        return _facts()
    if word in TECHNIQUES.names:
        rows = _technique(word)
    elif word in SYSTEMS.names:
        rows = _system(word)
    elif word in STRUCTURES:
        rows = _structure(word)
    elif word in READERS.names:
        rows = [("reader", word, (READERS.find(word).__doc__ or "").strip())]
    elif word in bundled():
        rows = [("study", word, _title(bundled()[word] / "study.toml")), ("run it", "", f"thiocell run {word}")]
    else:
        known = {*TECHNIQUES.names, *SYSTEMS.names, _CELL, *STRUCTURES, *READERS.names, *bundled()}
        raise BadInput(
            f"there is no technique, system, structure, reader or study '{word}'; there are {choices(known)}"
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _technique(word: str) -> list[tuple[str, str, str]]:
    kind = TECHNIQUES.find(word)
    one = kind()
    rows = [("technique", word, _first_line(kind))]
    settings = settings_of(kind).items()
    rows += [("setting", name, _setting(entry)) for name, entry in settings if not _of_prediction(entry)]
    rows += [("to predict", name, _setting(entry)) for name, entry in settings if _of_prediction(entry)]
    rows += [("needs", name, f"such as {quantity}") for name, quantity in one.needs.items()]
    rows += [("uses if told", name, f"such as {quantity}") for name, quantity in uses(one).items()]
    rows += [("reads", name, "") for name in one.reads]
    rows += [("role", name, meaning) for name, meaning in roles(one).items()]
    terms = one.terms
    rows += [("predicts from", name, _meant(term)) for name, term in one.gives.items()]
    return rows + [("gives", name, _meant(term)) for name, term in (terms or one.gives).items()]


def _meant(term: Term) -> str:
    return f"{term.meaning} [{term.unit or '1'}]"


def _of_prediction(entry: dataclasses.Field[Any]) -> bool:
    """Does the setting shape predictions alone? Its meaning then says so."""
    return "predict" in str(entry.metadata.get("meaning", ""))


def _setting(entry: dataclasses.Field[Any]) -> str:
    meaning, default = str(entry.metadata.get("meaning", "")), entry.default
    if default in (dataclasses.MISSING, None, (), ""):
        like = entry.metadata.get("like")
        return f"{meaning}, such as '{like}'" if like else meaning
    parts = default if isinstance(default, tuple) else (default,)
    shown = ", ".join(plain(each) if isinstance(each, Quantity) else str(each) for each in parts)
    return f"{meaning} (default: {shown})"


def _structure(word: str) -> list[tuple[str, str, str]]:
    known = STRUCTURES[word]
    angles = ", ".join(f"{each:g}" for each in known.angles)
    rows = [
        ("structure", word, known.symbol),
        ("source", "", "; ".join(each for each in (known.source.reference, known.source.place) if each)),
        ("edges", "a, b, c", f"{', '.join(f'{each:g}' for each in known.edges)} angstrom"),
        ("angles", "", f"{angles} deg"),
    ]
    for atom in known.atoms:
        place = ", ".join(f"{each:.4g}" for each in atom.place)
        rows.append(
            (
                "site",
                atom.label,
                f"{atom.element} at {place}; occupancy {atom.occupancy:g}, U {atom.u_iso:.4g} angstrom**2",
            )
        )
    return rows


def _system(word: str) -> list[tuple[str, str, str]]:
    system = SYSTEMS.find(word)
    rows = [("system", word, system.title)]
    rows += [("recipe", name, term.meaning) for name, term in system.recipe.items()]
    rows += [("state", name, term.meaning) for name, term in system.state.items()]
    needed = [name for name in lacking(Sample(word, word, system.example)) if name not in _SHAPE]
    own = {name: term for name, (term, _) in system.parameters.items()}
    for name, (term, default) in system.parameters.items():
        if name not in needed:
            rows.append(("fact", name, f"{term.meaning} (default: {default.quantity.value:g})"))
    rows += [("cell needs", name, _meant(own.get(name) or FACTS[name].term)) for name in needed]
    return [*rows, ("facts", _CELL, f"'thiocell list {_CELL}' shows every fact that its model cell takes")]


def _facts() -> Table:
    """Every fact of the cell: its meaning, then bounds, unit and default with how that came."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row(Text("fact"), Text("what it is"), style="bold")
    table.add_row(Text(""), Text("bounds and unit; default (where it is from)"), style="bold")
    for name, known in FACTS.items():
        term = known.term
        table.add_row(Text(name), Text(term.meaning))
        bounds = f"from {_plain(term.low)} to {_plain(term.high)} {term.unit}".rstrip()
        table.add_row(Text(""), Text(f"{bounds}; {_default(name)}", style="dim"))
    return table


def _plain(value: float) -> str:
    """'1e-6' for '1e-06', '1e9' for '1e+09'."""
    return re.sub(r"e\+?(-?)0*", r"e\1", f"{value:g}")


def _default(name: str) -> str:
    """What holds of a fact that is not told, and how it came; some defaults are of one system alone."""
    of_all = [(FACTS[name].default, FACTS[name].system)]
    of_one = [
        (c.potential, s) for s, each in SYSTEMS.all().items() for c in each.couples if f"{c.name}_potential" == name
    ]
    for fact, system in (*of_all, *of_one):
        if fact is not None:
            only = f", for {system} alone" if system else ""
            value = f"{_plain(fact.quantity.value)} {fact.quantity.unit}".rstrip()
            return f"default {value} ({fact.source.kind}{only})"
    return "no default"


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().partition("\n")[0]


def _title(file: Any) -> str:
    import tomllib

    return str(tomllib.loads(file.read_text("utf-8")).get("title", ""))
