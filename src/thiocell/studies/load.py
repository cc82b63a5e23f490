"""From the text of a study file to a Study, with every fault named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from thiocell.core.bad_input import BadInput, choices
from thiocell.readers._origin import contents
from thiocell.studies import declare
from thiocell.studies.claim import Claim, read_claim
from thiocell.studies.expression import split
from thiocell.studies.family import Family
from thiocell.studies.study import BadStudy, Step, Study
from thiocell.studies.table import Table
from thiocell.studies.workshop import Workshop

FILE = "study.toml"
VERBS = ("sample", "record", "predict", "analyse", "trend", "fit", "inside")
_HEAD = ("title", "about", "paper")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LARGEST = 4_000_000
"""Bytes of the largest study file that is read; assumed."""


def load(path: Path) -> Study:
    """The study in ``path`` (study.toml or the folder that holds it); raises BadStudy with all that is wrong."""
    file = path / FILE if path.is_dir() else path
    page = _page(file)
    faults: list[str] = []
    reading = _Reading(file, str(page.get("paper", "")), faults)
    reading.head(page)
    tables = reading.tables(page)
    steps = reading.steps(tables)
    claims = reading.claims(page.get("claim", {}), steps)
    if not (steps or claims or faults):
        faults.append(f"{file}: there is nothing to do; write a [sample.NAME], a [record.NAME] and an [analyse.NAME]")
    if faults:
        raise BadStudy(faults)
    name = file.resolve().parent.name if file.name == FILE else file.stem
    return Study(name, file, str(page.get("title", name)), str(page.get("about", "")), steps, claims)


def _page(file: Path) -> dict[str, Any]:
    data = contents(file, _LARGEST + 1)
    if len(data) > _LARGEST:
        raise BadInput(f"{file} is larger than {_LARGEST // 1_000_000} MB; a study file holds names, not data")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{file} is not TOML: {error}") from error


@dataclass(frozen=True)
class Declared:
    """A table of the file before its family is spread out; ``refers`` are the names of steps it uses."""

    name: str
    verb: str
    table: Table
    refers: tuple[str, ...]


@dataclass
class _Reading:
    file: Path
    paper: str
    faults: list[str]
    families: dict[str, Family] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)

    def head(self, page: Mapping[str, Any]) -> None:
        for key, value in page.items():
            if key in _HEAD and not isinstance(value, str):
                self.faults.append(f"{self.file} {key}: {value!r} is not a text")
            if key not in (*_HEAD, *VERBS, "claim"):
                known = choices((*_HEAD, *VERBS, "claim"))
                self.faults.append(f"{self.file} [{key}]: there is no such word here; there are {known}")

    def tables(self, page: Mapping[str, Any]) -> dict[str, Declared]:
        """All tables that declare a step, by name; a name serves once in the whole study."""
        found: dict[str, Declared] = {}
        for verb in VERBS:
            for name, entries in self._named(page, verb):
                table = Table(f"{self.file} [{verb}.{name}]", entries, self.faults)
                if name in found:
                    table.fault("", f"the name '{name}' serves [{found[name].verb}.{name}] already; choose another")
                    continue
                self.declared.add(name)
                found[name] = Declared(name, verb, table, declare.refers(verb, table))
        return found

    def _named(self, page: Mapping[str, Any], verb: str) -> list[tuple[str, dict[str, Any]]]:
        group = page.get(verb, {})
        if not isinstance(group, dict):
            self.faults.append(f"{self.file} [{verb}]: write [{verb}.NAME]")
            return []
        good = []
        for name, entries in group.items():
            if not _NAME.fullmatch(name):
                self.faults.append(f"{self.file} [{verb}.{name}]: a name has letters, digits, _ and -, a letter first")
            elif not isinstance(entries, dict):
                self.faults.append(f"{self.file} [{verb}] {name}: write [{verb}.{name}] above a table of its own")
            else:
                good.append((name, entries))
        return good

    def steps(self, tables: Mapping[str, Declared]) -> dict[str, Step]:
        """Every step, each member of a family on its own, in an order in which they can be done."""
        steps: dict[str, Step] = {}
        for name in self._order(tables):
            one = tables[name]
            try:
                made, family = declare.MAKERS[one.verb](self._workshop(one, steps))
            except BadInput as error:
                if not self._rests_on_a_fault(one):
                    self.faults.append(f"{one.table.where}: {error}")
                continue
            self.families[name] = family
            steps.update({step.name: step for step in made})
        return steps

    def _rests_on_a_fault(self, one: Declared) -> bool:
        """Does the step use one that is itself at fault? Then that fault is enough."""
        return any(ref.partition("[")[0] not in self.families for ref in one.refers)

    def _workshop(self, one: Declared, steps: Mapping[str, Step]) -> Workshop:
        return Workshop(one.name, one.table, self.file.parent, self.paper, self.families, steps)

    def _order(self, tables: Mapping[str, Declared]) -> list[str]:
        graph: dict[str, set[str]] = {}
        for name, one in tables.items():
            bases = {ref.partition("[")[0]: ref for ref in one.refers}
            for base, ref in bases.items():
                if base not in tables:
                    one.table.fault("", f"there is no step '{ref}'; there are {choices(set(tables) - {name})}")
            graph[name] = {base for base in bases if base in tables}
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            ring = " -> ".join(error.args[1])
            self.faults.append(f"{self.file}: these steps wait for each other: {ring}; break the ring")
            return []

    def claims(self, group: object, steps: Mapping[str, Step]) -> tuple[Claim, ...]:
        """The claims in the order of the file; each value they use must be of a step that exists."""
        found: list[Claim] = []
        for name, entries in self._named({"claim": group}, "claim"):
            table = Table(f"{self.file} [claim.{name}]", entries, self.faults)
            claim, uses = read_claim(name, table)
            for value in uses:
                step = split(value)[0]
                if step not in steps and not self._failed(step):
                    table.fault("says", f"there is no step '{step}' for '{value}'; there are {choices(set(steps))}")
            found.append(claim)
        return tuple(found)

    def _failed(self, step: str) -> bool:
        """Was the step declared, though faulty? Then its own fault is enough."""
        base = step.partition("[")[0]
        return base in self.declared and base not in self.families
