"""What a user of a cell made from a sample should not overlook: numbers that were assumed, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Iterator

from thiocell.cell.facts import FACTS, HIDDEN
from thiocell.cell.frame import Frame
from thiocell.cell.from_sample import lii_conductivity, parameters
from thiocell.cell.losses import losses
from thiocell.cell.parameters import REFERENCE_TEMPERATURE, CellParameters
from thiocell.chemistry import SYSTEMS

_BEHIND = {
    "separator": (
        "separator_resistance",
        "separator_conductivity",
        "separator_thickness",
        "separator_mass",
        "separator_density",
        "separator_porosity",
    ),
    "anode": ("anode_exchange_current",),
    "ions in the cathode": ("ionic_conductivity", "ionic_conductivity_charged", "mixing_power"),
    "electrons in the cathode": ("electronic_conductivity",),
    "kinetics": ("{}_exchange",),
    "grains": ("{}_grain_time", "{}_grain_spread"),
}
"""The facts behind each of ``losses``; those of a couple are of the one that holds most charge."""
_PRINTED = {"x": (0.2, 0.2), "y": (0.1, 0.2)}
"""The recipes for which the source prints conductivities."""
_CONDUCTION = ("conductivity", "conductivity_charged")
_SMALL = 5e-3
"""V; assumed: a loss below it matters to nobody's energy."""


def doubts(cell: Frame, current: float = 100.0) -> tuple[str, ...]:
    """Sentences on the cell's numbers that the sample does not tell, dearest first at ``current`` A/kg of cathode.

    A default that comes from the source stands for another cell, so it is named like an assumed one.
    """
    made = parameters(cell)
    return (
        *_costs(cell, made, current),
        *_assumed(cell),
        *_hidden(cell),
        *_inert(cell),
        *_recipe(cell),
        *_temperature(made),
        *_conduction(cell, made),
    )


def _taken(cell: Frame) -> set[str]:
    """The facts in use that the sample does not tell, or only guesses."""
    lost = {word for name, hidden in HIDDEN.items() if name in cell.facts for word in hidden}
    guessed = {name for name, fact in cell.facts.items() if name not in cell.sample or fact.source.kind == "assumed"}
    return guessed - lost - {"mass", "area", "thickness"}


def _costs(cell: Frame, made: CellParameters, current: float) -> Iterator[str]:
    taken, found = _taken(cell), losses(made, current * made.mass)
    most = _largest(cell)
    for loss, volts in sorted(found.items(), key=lambda item: -item[1]):
        names = [name for word in _BEHIND[loss] if (name := word.format(most)) in taken and name not in _idle(cell)]
        if names and volts > _SMALL:
            size = "more than they can give goes" if math.isinf(volts) else f"about {1e3 * volts:.0f} mV go"
            facts = ", ".join(f"{name} = {_said(cell, name)}" for name in names)
            yield f"at {current:g} mA/g {size} to the {loss}; the sample does not tell {facts}"


def _idle(cell: Frame) -> set[str]:
    """Facts without effect under the law of the grains."""
    return set() if cell.grains == "spread" else {f"{part.name}_grain_spread" for part in cell.parts}


def _largest(cell: Frame) -> str:
    """The couple that holds most charge."""
    return max(cell.parts, key=lambda part: part.charge).name


def _said(cell: Frame, name: str) -> str:
    return f"{cell.facts[name].quantity} ({cell.facts[name].source.kind})"


def _assumed(cell: Frame) -> Iterator[str]:
    couples = {part.name for part in cell.parts}
    costed = {word.format(_largest(cell)) for words in _BEHIND.values() for word in words}
    known = [name for name in FACTS if name in _taken(cell) - costed and cell.facts[name].source.kind == "assumed"]
    absent = {name for name in known if name.split("_")[0] in ("sulfur", "molybdenum", "iodide", "thiophosphate")}
    absent = {name for name in absent if name.split("_")[0] not in couples} - {"thiophosphate_capacity"}
    if shown := [name for name in known if name not in absent and not name.endswith(("_bend", "_grain_spread"))]:
        yield f"assumed, not found in a source: {', '.join(shown)}"


def _hidden(cell: Frame) -> Iterator[str]:
    for name, hidden in HIDDEN.items():
        told = [word for word in hidden if word in cell.sample]
        if name in cell.sample and told:
            yield f"'{name}' is told, so {', '.join(told)} had no effect"


def _inert(cell: Frame) -> Iterator[str]:
    system = SYSTEMS.find(cell.sample.system)
    weighed = system.moles(**{name: number.si for name, number in cell.sample.recipe.items()})
    if held := [couple.phase for couple in system.couples if not couple.steps and weighed[couple.phase] > 0]:
        yield f"{', '.join(held)} takes no part because the sample says so: its electrons are not known"


def _recipe(cell: Frame) -> Iterator[str]:
    taken = [n for n in cell.facts if n not in cell.sample and FACTS[n].system and n.endswith(_CONDUCTION)]
    outside = [n for n, (low, high) in _PRINTED.items() if taken and not low <= cell.sample.recipe[n].si <= high]
    if outside:
        yield (
            f"{', '.join(taken)} were printed for x = 0.20 and y from 0.10 to 0.20; "
            f"{', '.join(f'{n} = {cell.sample.recipe[n].si:g}' for n in outside)} lies outside"
        )


def _temperature(made: CellParameters) -> Iterator[str]:
    if abs(made.temperature - REFERENCE_TEMPERATURE) > 1.0:
        yield (
            "only the separator's conductivity follows the temperature: kinetics, grains and the cathode's "
            "conductivities are kept as at 25 degC, because no activation energy is known for them"
        )


def _conduction(cell: Frame, made: CellParameters) -> Iterator[str]:
    if made.parting is None or not cell.room.metal or "conductivity_lii" in cell.facts:
        return
    found = lii_conductivity(cell) / 100.0  # S/cm
    if found < 0.0:
        yield (
            "the conductivities told contradict each other: what the molybdenum phase alone conducts is more than that "
            "of the charged cathode, which leaves less than nothing for LiI"
        )
    elif made.ionic.parted <= 0.0:
        told = "conductivity_mos2" in cell.facts
        whose = (
            "the conductivity of MoS2" if told else "the fresh cathode's conductivity, given to the molybdenum phase,"
        )
        yield (
            f"{whose} explains that of the charged cathode with dropped out LiI of {found:.1e} S/cm, less than the "
            "solution that it leaves: these numbers neither need nor refute a path through LiI"
        )
