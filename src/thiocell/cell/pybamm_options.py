"""What shape the PyBaMM model has: its options as PyBaMM users write them, checked, and as the model reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from thiocell.cell.parameters import CellParameters, Contact, Grains
from thiocell.cell.pybamm_names import SHAPE_TERMS
from thiocell.core.bad_input import BadInput, choices

DEFAULTS: dict[str, Any] = {
    "grains": {"molybdenum": "none", "sulfur": "spherical"},
    "shells": 14,
    "sizes": 5,
    "shape terms": 2,
    "hysteresis": ("sulfur",),
    "activation": (),
    "iodide parting": "true",
    "mixing power": 3,
    "anode kinetics": "true",
    "contacts": ("ion", "electron"),
    "calculate discharge energy": "false",
    "surface form": "differential",
}
"""Every option with its default, which is that of the parameter set 'Pan2023'.

``grains``: couples and the law of transport in their grains (none, parabolic, spherical, spread), or one law for all
grains of sulfur; ``shells``, ``sizes``, ``shape terms``: a number for all couples or a mapping; ``hysteresis`` and
``activation``: the couples that have one; ``surface form``: the potential is the state of a double layer, as EIS asks.
"""


@dataclass(frozen=True)
class CoupleShape:
    """Which equations one couple has."""

    name: str
    grains: Grains
    shells: int
    sizes: int
    terms: int
    hysteresis: bool
    activated: bool

    @property
    def divided(self) -> bool:
        """Are its grains cut into shells?"""
        return self.grains in ("spherical", "spread")


@dataclass(frozen=True)
class Shape:
    """Which equations the model has."""

    couples: tuple[CoupleShape, ...]
    parting: bool
    power: int
    anode: bool
    left: Contact
    right: Contact
    energy: bool

    def has(self, couple: str) -> bool:
        """Is there a couple of that name?"""
        return any(each.name == couple for each in self.couples)

    @property
    def cell(self) -> bool:
        """Is it a cell with an anode, not a pellet between two like contacts?"""
        return (self.left, self.right) == ("ion", "electron")


def options_of(parameters: CellParameters) -> dict[str, Any]:
    """The options that give the model the equations which ``parameters`` ask for."""
    couples = parameters.couples
    return {
        **DEFAULTS,
        "grains": {c.name: c.grains if c.grain_time > 0.0 else "none" for c in couples},
        "shells": {c.name: c.shells for c in couples},
        "sizes": {c.name: c.sizes for c in couples},
        "shape terms": {c.name: len(c.shape) for c in couples},
        "hysteresis": tuple(c.name for c in couples if c.hysteresis != 0.0),
        "activation": tuple(c.name for c in couples if c.activated and parameters.activation_start != 1.0),
        "iodide parting": "false" if parameters.parting is None else "true",
        "mixing power": parameters.ionic.power,
        "anode kinetics": "true" if np.isfinite(parameters.anode_exchange) else "false",
        "contacts": (parameters.left, parameters.right),
    }


def complete(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """``options`` with the defaults of those not given; raises BadInput for a word that is none of them."""
    given = dict(options or {})
    for word in given:
        if word not in DEFAULTS:
            raise BadInput(f"the model has no option '{word}'; it has {choices(DEFAULTS)}")
    if isinstance(given.get("grains"), str):
        given["grains"] = {**DEFAULTS["grains"], "sulfur": given["grains"]}
    if "grains" in given:
        given.setdefault("hysteresis", tuple(c for c in DEFAULTS["hysteresis"] if c in given["grains"]))
    return {**DEFAULTS, **given}


def shape_of(options: Mapping[str, Any]) -> Shape:
    """The shape that complete ``options`` describe; raises BadInput for a value that means nothing."""
    contacts = tuple(options["contacts"])
    if len(contacts) != 2 or any(contact not in get_args(Contact) for contact in contacts):
        raise BadInput(f"contacts are {contacts}; take two of {choices(get_args(Contact))}, left and right")
    if options["mixing power"] not in (1, 2, 3):
        raise BadInput(f"the mixing power is {options['mixing power']}; take 1, 2 or 3")
    if options["surface form"] != "differential":
        raise BadInput("the surface form is always 'differential': the potential is the state of a double layer")
    for option in ("hysteresis", "activation"):
        for name in options[option]:
            if name not in options["grains"]:
                raise BadInput(f"{option} names the couple '{name}'; the model has {choices(options['grains'])}")
    parting = _switch(options, "iodide parting")
    if parting and "sulfur" not in options["grains"]:
        raise BadInput("iodide parts from the couple 'sulfur', which the model lacks; set 'iodide parting' to 'false'")
    return Shape(
        tuple(_couple(name, options) for name in options["grains"]),
        parting,
        int(options["mixing power"]),
        _switch(options, "anode kinetics"),
        contacts[0],
        contacts[1],
        _switch(options, "calculate discharge energy"),
    )


def _couple(name: str, options: Mapping[str, Any]) -> CoupleShape:
    grains = options["grains"][name]
    if grains not in get_args(Grains):
        raise BadInput(f"the grains of '{name}' follow the law '{grains}'; take one of {choices(get_args(Grains))}")
    shells, sizes = _number(options, "shells", name, 2, 200), _number(options, "sizes", name, 1, 20)
    return CoupleShape(
        name,
        grains,
        shells if grains in ("spherical", "spread") else 1,
        sizes if grains == "spread" else 1,
        _number(options, "shape terms", name, 0, SHAPE_TERMS),
        name in options["hysteresis"],
        name in options["activation"],
    )


def _number(options: Mapping[str, Any], option: str, couple: str, low: int, high: int) -> int:
    """One couple's number, from the one for all or from a mapping."""
    given = options[option]
    value = given.get(couple, DEFAULTS[option]) if isinstance(given, Mapping) else given
    if not isinstance(value, int) or not low <= value <= high:
        raise BadInput(f"{option} of '{couple}' is {value}; take a whole number from {low} to {high}")
    return value


def _switch(options: Mapping[str, Any], option: str) -> bool:
    """An option that is 'true' or 'false', as PyBaMM writes them, or a Python truth value."""
    value = options[option]
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise BadInput(f"the option '{option}' is {value!r}; take 'true' or 'false'")
