"""From a sample to the cell: the numbers that the solvers read, at microseconds a trial."""

from __future__ import annotations

import math
from collections.abc import Mapping

from thiocell.cell.facts import COUPLES, FACTS, HIDDEN
from thiocell.cell.frame import LI3PS4, MIXING_POWERS, Frame, Part, frame, with_thiophosphate
from thiocell.cell.parameters import CellParameters, Grains, Ionic, Parting, Redox
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample

_WORDS = ("potential", "slope", "bend", "hysteresis", "exchange", "grain_time", "grain_spread")
_KEYS = {name: tuple(f"{name}_{word}" for word in _WORDS) for name in COUPLES}
_EASED = ("sulfur", "molybdenum")
"""The couples whose kinetics ease in the first cycles; assumed: all that the fresh powder brings in large grains."""


def cell_parameters(
    sample: Sample, *, grains: Grains = "spherical", values: Mapping[str, Quantity] | None = None, nodes: int = 20
) -> CellParameters:
    """The cell of ``sample``; ``values`` win over its facts and the defaults.

    ``grains`` is the law of transport in the grains of every couple whose grain time is not zero. Raises as ``frame``.
    """
    return parameters(frame(sample, grains=grains, values=values, nodes=nodes))


def parameters(cell: Frame, trial: Mapping[str, float] | None = None) -> CellParameters:
    """The cell's numbers; ``trial`` gives facts anew, as SI floats such as ``frame.si`` makes, bounds unchecked.

    Raises BadInput for a name that is no fact of the cell, and for one without effect since another fact is told.
    """
    numbers = cell.numbers
    if trial:
        _check_trial(cell, trial)
        numbers = {**numbers, **trial}
    mass, area, thickness = numbers["mass"], numbers["area"], numbers["thickness"]
    density = mass / (area * thickness)
    iodide = Parting(cell.held, numbers["lii_parting_time"], numbers["lii_return_time"]) if cell.room.apart else None
    return CellParameters(
        couples=tuple([_redox(part, numbers, density, cell.grains) for part in _parts(cell, trial)]),
        ionic=_ionic(cell, numbers, density),
        electronic=numbers["electronic_conductivity"],
        thickness=thickness,
        area=area,
        mass=mass,
        separator_resistance=_separator(numbers, area),
        separator_energy=numbers["separator_activation_energy"],
        anode_exchange=numbers["anode_exchange_current"],
        anode_potential=numbers["anode_potential"],
        double_layer=numbers["double_layer"],
        temperature=numbers["temperature"],
        parting=iodide,
        activation_start=numbers["activation_start"],
        activation_charge=numbers["activation_charge"] * mass / area,
        lower_cutoff=numbers["lower_cutoff"],
        upper_cutoff=numbers["upper_cutoff"],
        nodes=cell.nodes,
        least_thickness=cell.solid * mass / area,
    )


def _parts(cell: Frame, trial: Mapping[str, float] | None) -> tuple[Part, ...]:
    """The couples, with the charge of Li3PS4 that a trial gives."""
    if not trial or LI3PS4 not in trial:
        return cell.parts
    others = tuple(part for part in cell.parts if part.name != "thiophosphate")
    return with_thiophosphate(others, trial[LI3PS4])


def _check_trial(cell: Frame, trial: Mapping[str, float]) -> None:
    if not trial.keys() <= FACTS.keys():
        raise BadInput(f"the cell has no fact {choices(set(trial) - set(FACTS))}; it has {choices(set(FACTS))}")
    for name, hidden in HIDDEN.items():
        if name in cell.numbers or name in trial:
            lost = [word for word in hidden if word in trial]
            if lost:
                raise BadInput(f"{choices(lost)} has no effect in a trial, because '{name}' is told; leave one out")
    there = {part.name for part in _parts(cell, trial)}
    for name in trial:
        couple = name.partition("_")[0]
        if couple in COUPLES and couple not in there and name != LI3PS4:
            raise BadInput(
                f"{name} has no effect in a trial, because the couple '{couple}' takes no part; switch it on"
            )
        if name.endswith("_grain_spread") and cell.grains != "spread":
            raise BadInput(
                f"{name} has no effect in a trial, because all grains are of one size; choose grains 'spread'"
            )
    if trial.get("mixing_power", 1) not in MIXING_POWERS:
        raise BadInput(f"'mixing_power' of a trial is {trial['mixing_power']:g}; it must be {choices(MIXING_POWERS)}")


def _redox(part: Part, numbers: Mapping[str, float], density: float, grains: Grains) -> Redox:
    potential, slope, bend, hysteresis, exchange, time, spread = [numbers[word] for word in _KEYS[part.name]]
    return Redox(
        name=part.name,
        charge=part.charge * density,
        exchange=exchange * density,
        potential=potential,
        shape=(slope, bend),
        hysteresis=hysteresis,
        hysteresis_rate=numbers["hysteresis_rate"],
        grains=grains if time else "none",
        grain_time=time,
        grain_spread=spread,
        activated=part.name in _EASED,
    )


def _separator(numbers: Mapping[str, float], area: float) -> float:
    """Ohm m2 of the separator at 25 degC: as told, else thickness over conductivity, the thickness from the mass."""
    if "separator_resistance" in numbers:
        return numbers["separator_resistance"]
    if "separator_thickness" in numbers:
        return numbers["separator_thickness"] / numbers["separator_conductivity"]
    solid = numbers["separator_mass"] / (area * numbers["separator_density"])
    return solid / (1.0 - numbers["separator_porosity"]) / numbers["separator_conductivity"]


def lii_conductivity(cell: Frame) -> float:
    """S/m of the LiI that has dropped out, as told or as the other conductivities leave it; below zero is no LiI."""
    numbers = cell.numbers
    density = numbers["mass"] / (numbers["area"] * numbers["thickness"])
    made, share = _ionic(cell, numbers, density), cell.room.apart * density
    guest = cell.room.guest * density * numbers["conductivity_solution"] ** (1.0 / made.power)
    root = (made.parted + guest) / share if share else math.nan
    return math.copysign(abs(root) ** made.power, root)


def _ionic(cell: Frame, numbers: Mapping[str, float], density: float) -> Ionic:
    """The power mean whose fresh and charged states have the conductivities that the cathode was found to have.

    A phase's part is its share of the layer's volume times its conductivity to 1/p; solution and told phases come
    from their own conductivities. Unless told, the molybdenum phase takes what the others leave of the fresh cathode,
    and dropped out LiI what the molybdenum phase leaves of the charged one (no sulfide, no lithium in molybdenum).
    """
    power, room = round(numbers["mixing_power"]), cell.room
    root = 1.0 / power
    solved, metal = numbers["conductivity_solution"] ** root, room.metal * density
    host, guest = room.host * density * solved, room.guest * density * solved
    lithiated = _part(metal, "conductivity_lixmos2", numbers, root)
    bare = _part(metal, "conductivity_mos2", numbers, root)
    outside = _part(room.apart * density, "conductivity_lii", numbers, root) if room.apart else 0.0
    charged = numbers.get("ionic_conductivity_charged")
    if bare is None:
        rest, share = numbers["ionic_conductivity"] ** root - host * cell.fresh("sulfur"), 1.0
        rest -= guest * (1.0 - cell.parted_fresh)
        if lithiated is not None:
            rest, share = rest - lithiated * cell.fresh("molybdenum"), 1.0 - cell.fresh("molybdenum")
        if outside is not None:
            rest -= outside * cell.parted_fresh
        elif charged is not None:
            rest, share = rest - charged**root * cell.parted_fresh, share - cell.parted_fresh
        if share <= 0.0:
            raise BadInput(
                f"the fresh cathode of sample '{cell.sample.name}' does not tell what its molybdenum phase conducts "
                "without lithium, for there is no Li2S to charge or no such phase; tell conductivity_mos2"
            )
        bare = rest / share
    if outside is None:
        outside = charged**root - bare if charged is not None else guest
    slope = 0.0 if lithiated is None else lithiated - bare
    return Ionic(power, bare + guest, host, outside - guest, slope)


def _part(share: float, fact: str, numbers: Mapping[str, float], root: float) -> float | None:
    return share * numbers[fact] ** root if fact in numbers else None
