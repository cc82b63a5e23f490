"""A folder in which every file is one thing of a kind: a technique, a reader, a system."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import Generic, TypeVar

from thiocell.core.bad_input import BadInput, choices

Thing = TypeVar("Thing")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shelf(Generic[Thing]):
    """The things in ``package``, found by a scan: a file's name is its name; ``take`` gets the thing from its module.

    Outsiders add to it by an entry point of the group named like the package; one that fails to load is left out.
    """

    noun: str
    package: str
    path: tuple[str, ...]
    take: Callable[[str, object], Thing]

    @cached_property
    def _ours(self) -> frozenset[str]:
        return frozenset(m.name for m in iter_modules(self.path) if not m.name.startswith("_"))

    @cached_property
    def _theirs(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.package) if point.name not in self._ours}

    @property
    def names(self) -> tuple[str, ...]:
        """What is on the shelf, sorted; nothing is imported to tell."""
        return tuple(sorted(self._ours | set(self._theirs)))

    def find(self, name: str) -> Thing:
        """The thing of that name; raises BadInput, naming what there is, if there is none or it fails to load."""
        if name in self._ours:
            return self.take(name, import_module(f"{self.package}.{name}"))
        if name in self._theirs:
            try:
                return self.take(name, self._theirs[name].load())
            except Exception as error:  # someone else's code: any failure must not take the rest down
                raise BadInput(
                    f"the {self.noun} '{name}' from {self._theirs[name].value} fails to load: {error}"
                ) from error
        raise BadInput(f"there is no {self.noun} '{name}'; there are {choices(self.names)}")

    def module(self, name: str) -> str:
        """The name of the module that holds a thing, ours or an outsider's; raises BadInput if there is none."""
        if name in self._theirs:
            return self._theirs[name].module
        if name not in self._ours:
            self.find(name)
        return f"{self.package}.{name}"

    def all(self) -> dict[str, Thing]:
        """Every thing that loads, by name; an outsider's that fails is logged and left out."""
        found: dict[str, Thing] = {}
        for name in self.names:
            try:
                found[name] = self.find(name)
            except BadInput as error:
                _LOG.warning("%s", error)
        return found
