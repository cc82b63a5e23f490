"""What a sample fixes of its cell once and for all: capacities, volumes and facts, ready for many trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import get_args

from thiocell.cell.facts import COUPLES, FACTS
from thiocell.cell.parameters import Grains
from thiocell.chemistry import SYSTEMS, properties
from thiocell.chemistry.counting import Counting
from thiocell.chemistry.formula import ATOMIC_WEIGHTS
from thiocell.chemistry.phase import key
from thiocell.chemistry.system import System
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics.composition import AVOGADRO

LI3PS4 = "thiophosphate_capacity"
"""The fact that switches Li3PS4 on."""
MIXING_POWERS = (1, 2, 3)
"""The powers of the mean by which phases mix that the solvers know."""
_NEEDED = ("mass", "area", "thickness", "electronic_conductivity")


@dataclass(frozen=True)
class Part:
    """A couple of this sample: ``charge`` C/kg between its ends, its lithiated share when ``fresh`` and ``now``."""

    name: str
    charge: float
    fresh: float
    now: float


@dataclass(frozen=True)
class Room:
    """Volumes in m3 for a kg of fresh cathode.

    ``host``: all Li2S in the solution; ``guest``: all LiI dissolved in it; ``apart``: the same LiI as a phase of its
    own; ``metal``: the molybdenum phase as weighed in.
    """

    host: float = 0.0
    guest: float = 0.0
    apart: float = 0.0
    metal: float = 0.0


@dataclass(frozen=True)
class Frame:
    """All of a sample's cell that no trial changes.

    ``numbers`` are the facts as SI floats, ``facts`` the same with unit and source. ``held`` is the share of all iodide
    that all Li2S can hold; ``solid`` the volume of the solid in m3/kg, 0 if unknown; ``parted_fresh`` and ``parted``
    the shares of iodide outside the solution when fresh and in the sample's state; ``cycles`` those that it counts.
    """

    sample: Sample
    parts: tuple[Part, ...]
    facts: Mapping[str, Fact]
    numbers: Mapping[str, float]
    room: Room
    held: float
    solid: float
    parted_fresh: float
    parted: float
    cycles: float
    grains: Grains
    nodes: int

    def fresh(self, name: str) -> float:
        """The lithiated share of a couple when fresh; zero for one that is not there."""
        return next((part.fresh for part in self.parts if part.name == name), 0.0)


def frame(
    sample: Sample, *, grains: Grains = "spherical", values: Mapping[str, Quantity] | None = None, nodes: int = 20
) -> Frame:
    """What chemistry and the facts say of the cell of ``sample``; ``values`` win over its facts and the defaults.

    Raises BadInput where a fact is out of its bounds, where facts are ``lacking``, and where the layer is thinner than
    its solid.
    """
    if grains not in get_args(Grains):
        raise BadInput(f"there is no law of grains '{grains}'; there are {choices(get_args(Grains))}")
    told = sample.with_facts({name: _trial(sample, name, q) for name, q in (values or {}).items()})
    system = SYSTEMS.find(sample.system)
    if unknown := set(values or {}) - set(FACTS) - set(system.parameters):
        raise BadInput(
            f"the cell has no fact {choices(unknown)}; it has {choices(set(FACTS) | set(system.parameters))}"
        )
    counting, inputs = _counting(system, told)
    facts, counted = _facts(told, system, counting.weighed(inputs)), properties(told).values
    parts = _parts(counting, inputs, counted, facts)
    power = facts["mixing_power"].quantity.value
    if power not in MIXING_POWERS:
        raise BadInput(f"'mixing_power' of sample '{sample.name}' is {power:g}; it must be {choices(MIXING_POWERS)}")
    if missing := _missing(told, counting, inputs, facts, parts):
        raise BadInput(
            f"sample '{sample.name}' must tell {choices(missing)} to become a cell: no default is known for its recipe"
            + why_lacking(system, missing)
        )
    if not parts:
        raise BadInput(f"no couple of {system.title} is switched on and has charge; switch one on")
    if "porosity" in counted and counted["porosity"].value < 0:
        raise BadInput(
            f"'thickness' of sample '{sample.name}' is {told['thickness']}; "
            f"its solid alone needs {counted['thickness_pore_free']}"
        )
    return Frame(
        told,
        parts,
        facts,
        {name: si(name, fact.quantity) for name, fact in facts.items()},
        _room(counting, inputs),
        _held(counting, inputs),
        _solid(told, counted),
        _parted(counting, counting.fresh_lithium(inputs), inputs),
        _parted(counting, counting.lithium(inputs), inputs),
        sample.state["cycle"].value if "cycle" in sample.state else 0.0,
        grains,
        nodes,
    )


def _trial(sample: Sample, name: str, quantity: Quantity) -> Fact:
    """A value as a fact; one that the sample states alike keeps its source."""
    known = sample.facts.get(name)
    if known is not None and (known.quantity.value, known.quantity.unit) == (quantity.value, quantity.unit):
        return known
    return Fact(quantity, Source("assumed", place="a trial"))


def si(name: str, quantity: Quantity) -> float:
    """A fact of the cell as an SI float (an activation energy in J/mol); raises BadInput if it is out of bounds."""
    if name not in FACTS:
        raise BadInput(f"the cell has no fact '{name}'; it has {choices(set(FACTS))}")
    number = FACTS[name].term.check(name, quantity).si
    return number * AVOGADRO if name == "separator_activation_energy" else number


def in_si(name: str, number: float) -> float:
    """A number in the unit of a fact's term as an SI float, bounds unchecked: what a solver asks thousands of times."""
    scale, offset = _scale(name)
    return number * scale + offset


@cache
def _scale(name: str) -> tuple[float, float]:
    """Every fact of the cell is a straight line in SI, most without an offset."""
    term = FACTS[name].term
    low, high = si(name, Quantity.exact(term.low, term.unit)), si(name, Quantity.exact(term.high, term.unit))
    slope = (high - low) / (term.high - term.low)
    return slope, low - slope * term.low


def lacking(sample: Sample) -> tuple[str, ...]:
    """The facts that ``sample`` must still tell to become a cell."""
    system = SYSTEMS.find(sample.system)
    counting, inputs = _counting(system, sample)
    facts = _facts(sample, system, counting.weighed(inputs))
    return _missing(sample, counting, inputs, facts, _parts(counting, inputs, properties(sample).values, facts))


def why_lacking(system: System, missing: Sequence[str]) -> str:
    """Goes on with a sentence on ``missing`` facts: what else would do, and what is not known to anyone."""
    told = ""
    if idle := [c.switch for c in system.couples if c.steps and f"{c.name}_potential" in missing]:
        told += f"; {choices(idle)} = 0 instead leaves that couple out"
    if phases := [c.phase for c in system.couples if c.switch in missing]:
        told += (
            f"; the electrons of {choices(phases)} are not known and no number of a sample tells them: "
            f"{choices([c.switch for c in system.couples if c.phase in phases])} = 0 lets it take no part, anything "
            "else needs its reaction in the system's file"
        )
    return told


def _missing(
    sample: Sample, counting: Counting, inputs: Mapping[str, float], facts: Mapping[str, Fact], parts: tuple[Part, ...]
) -> tuple[str, ...]:
    """What neither the sample nor a default tells: a couple of unknown electrons must be said to take no part."""
    words = [*_NEEDED, *(f"{part.name}_{word}" for part in parts for word in ("potential", "slope"))]
    found = [word for word in words if word not in facts]
    if not {"ionic_conductivity", "conductivity_mos2"} & set(facts):
        found.append("ionic_conductivity")
    there = counting.weighed(inputs)
    unknown = [c.switch for c in counting.system.couples if not c.steps and there[c.phase] > 0]
    return tuple(sorted((*found, *(switch for switch in unknown if switch not in sample))))


def _facts(sample: Sample, system: System, weighed: Mapping[str, float]) -> dict[str, Fact]:
    """Each fact of the cell that the sample tells or that has a default for its system.

    Defaults of a system are those of its molybdenum cathode: they do not hold where no molybdenum phase is weighed in.
    """
    own = [c.phase for c in system.couples if c.name == "molybdenum" and weighed[c.phase] > 0]
    found: dict[str, Fact] = {}
    for couple in system.couples:
        if couple.potential is not None and couple.name in COUPLES:
            found[f"{couple.name}_potential"] = couple.potential
    for name, known in FACTS.items():
        if name in sample:
            found[name] = sample.facts[name]
        elif known.default is not None and (known.system == "" or (known.system == sample.system and own)):
            found[name] = known.default
    return found


def _counting(system: System, sample: Sample) -> tuple[Counting, dict[str, float]]:
    """The counting of chemistry with its inputs as SI floats."""
    told = system.checked_parameters(sample)
    on = frozenset(c.name for c in system.couples if c.steps and told[c.switch].quantity.value)
    inputs = {element: ATOMIC_WEIGHTS[element].si for element in system.elements}
    inputs |= {name: fact.quantity.si for name, fact in system.facts()}
    inputs |= {f"recipe.{name}": q.value for name, q in system.checked_recipe(sample).items()}
    inputs |= {f"state.{name}": q.value for name, q in system.checked_state(sample).items()}
    if system.exchange:
        inputs[system.exchange.name] = told[system.exchange.name].quantity.value
    return Counting(system, on), inputs


def _parts(
    counting: Counting, inputs: Mapping[str, float], counted: Mapping[str, Quantity], facts: Mapping[str, Fact]
) -> tuple[Part, ...]:
    """The couples that are switched on and have charge, in chemistry's order, then Li3PS4 where it counts."""
    fresh, now = counting.fresh_lithium(inputs), counting.lithium(inputs)
    found = []
    for couple in counting.counted:
        charge = counted[f"capacity_{key(couple.phase)}"].si
        if charge > 0:
            top = couple.knots[-1]
            found.append(Part(couple.name, charge, fresh[couple.name] / top, now[couple.name] / top))
    return with_thiophosphate(tuple(found), facts[LI3PS4].quantity.si)


def with_thiophosphate(parts: tuple[Part, ...], charge: float) -> tuple[Part, ...]:
    """``parts`` and Li3PS4 where its ``charge`` (C/kg) counts."""
    return (*parts, Part("thiophosphate", charge, 1.0, 1.0)) if charge > 0 else parts


def _room(counting: Counting, inputs: Mapping[str, float]) -> Room:
    """Volumes by unit cells; the solution keeps the volume for each mole that it has when fresh (it moves by 2 %)."""
    system, weighed, mass = counting.system, counting.weighed(inputs), counting.molar_mass(inputs)
    metals = [c.phase for c in system.couples if c.name == "molybdenum" and weighed[c.phase] > 0]
    metal = sum(weighed[phase] * system.phase(phase).molar_volume("lattice", inputs) for phase in metals) / mass
    solution = system.solution
    if solution is None:
        return Room(metal=metal)
    hosts, guests = weighed[solution.host.formula], weighed[solution.guest.formula]
    dissolved = solution.dissolved(hosts, guests, 0.0, inputs)
    each = solution.volume(hosts, dissolved, "lattice", inputs) / (hosts + dissolved) if hosts else 0.0
    apart = solution.guest.molar_volume("lattice", inputs)
    return Room(hosts * each / mass, guests * each / mass, guests * apart / mass, metal)


def _held(counting: Counting, inputs: Mapping[str, float]) -> float:
    solution, weighed = counting.system.solution, counting.weighed(inputs)
    if solution is None or not weighed[solution.guest.formula]:
        return 0.0
    limit = inputs[f"{solution.key}.limit"]
    return limit / (1.0 - limit) * weighed[solution.host.formula] / weighed[solution.guest.formula]


def _solid(sample: Sample, counted: Mapping[str, Quantity]) -> float:
    if "thickness_pore_free" not in counted:
        return 0.0
    return counted["thickness_pore_free"].si * sample["area"].si / sample["mass"].si


def _parted(counting: Counting, lithium: Mapping[str, float], inputs: Mapping[str, float]) -> float:
    """The share of all iodide that stands outside the solution when the couples hold ``lithium``."""
    solution = counting.system.solution
    guests = counting.weighed(inputs)[solution.guest.formula] if solution else 0.0
    return max(0.0, 1.0 - counting.inventory(lithium, inputs).dissolved / guests) if guests else 0.0
