"""Every value that counting gives, as plain SI floats, so that one rule serves values, slopes and curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from thiocell.chemistry.couple import CARRIER, Couple
from thiocell.chemistry.formula import mass_of
from thiocell.chemistry.inventory import Inventory, fresh_lithium, take
from thiocell.chemistry.phase import DensityKind, key
from thiocell.chemistry.reference_electrode import LI_IN_NAME
from thiocell.chemistry.system import System, free
from thiocell.physics import composition

SUFFIX: Mapping[DensityKind, str] = {"lattice": "", "bulk": "_bulk"}
Inputs = Mapping[str, float]


@dataclass(frozen=True)
class Counting:
    """What ``system`` implies when the couples named in ``on`` count.

    Inputs are SI floats: atomic weights (kg/mol) by element, the system's facts by their names, 'recipe.x',
    'state.x', the exchange by its name, and where known mass (kg), area (m2), thickness (m).
    """

    system: System
    on: frozenset[str]

    @property
    def known(self) -> tuple[Couple, ...]:
        """The couples whose electrons are known."""
        return tuple(couple for couple in self.system.couples if couple.steps)

    @property
    def counted(self) -> tuple[Couple, ...]:
        """The known couples that are switched on."""
        return tuple(couple for couple in self.known if couple.name in self.on)

    def weighed(self, inputs: Inputs) -> dict[str, float]:
        """Moles of each phase weighed in for one formula unit."""
        return dict(self.system.moles(**{name: inputs[f"recipe.{name}"] for name in self.system.recipe}))

    def molar_mass(self, inputs: Inputs) -> float:
        """Mass of one formula unit of cathode in kg."""
        return sum(n * mass_of(formula, inputs) for formula, n in self.weighed(inputs).items())

    def fresh_lithium(self, inputs: Inputs) -> dict[str, float]:
        """Lithium per formula unit of each known couple's phase before any charge has passed."""
        exchanged = inputs[self.system.exchange.name] if self.system.exchange else 0.0
        return fresh_lithium(self.system, self.weighed(inputs), exchanged)

    def lithium(self, inputs: Inputs) -> dict[str, float]:
        """Lithium per formula unit of each known couple's phase in the sample's state."""
        lithium = self.fresh_lithium(inputs)
        for couple in self.known:
            if couple.coordinate:
                lithium[couple.name] += couple.coordinate.lithium * inputs[f"state.{couple.coordinate.name}"]
        return lithium

    def charge(self, lithium: Mapping[str, float], inputs: Inputs) -> float:
        """C/kg of fresh cathode passed to come to ``lithium`` from the fresh sample, positive on charge."""
        fresh, weighed = self.fresh_lithium(inputs), self.weighed(inputs)
        taken = sum(weighed[c.phase] * (lithium[c.name] - fresh[c.name]) for c in self.known)
        return composition.charge_per_mass(-taken, self.molar_mass(inputs))

    def inventory(self, lithium: Mapping[str, float], inputs: Inputs) -> Inventory:
        """The phases at ``lithium``, with the sample's share of guest that stays out of solution."""
        apart = inputs[f"state.{free(self.system.solution)}"] if self.system.solution else 0.0
        return take(self.system, self.weighed(inputs), lithium, apart, inputs)

    def fresh(self, inputs: Inputs) -> Inventory:
        """The phases before any charge has passed, all guest dissolved that can be."""
        return take(self.system, self.weighed(inputs), self.fresh_lithium(inputs), 0.0, inputs)

    def values(self, inputs: Inputs) -> dict[str, float]:
        """Every value by name, in SI units; NaN where a volume that it needs is not known."""
        return {
            **self._shares(inputs),
            **self._capacities(inputs),
            **self._fresh_solid(inputs),
            **self._state(inputs),
            **self._pressed(inputs),
            "potential_li_in": inputs[LI_IN_NAME],
        }

    def _shares(self, inputs: Inputs) -> dict[str, float]:
        weighed, mass = self.weighed(inputs), self.molar_mass(inputs)
        found = {"molar_mass": mass}
        for formula, n in weighed.items():
            found[f"mass_fraction_{key(formula)}"] = n * mass_of(formula, inputs) / mass
        for kind, suffix in SUFFIX.items():
            room = {f: n * self.system.phase(f).molar_volume(kind, inputs) if n else 0.0 for f, n in weighed.items()}
            for formula, volume in room.items():
                found[f"volume_fraction{suffix}_{key(formula)}"] = volume / sum(room.values())
        return found

    def _capacities(self, inputs: Inputs) -> dict[str, float]:
        weighed, mass = self.weighed(inputs), self.molar_mass(inputs)
        found = {f"specific_capacity_{key(CARRIER)}": composition.charge_per_mass(1, mass_of(CARRIER, inputs))}
        for couple in self.known:
            electrons = couple.electrons or 0.0
            for end in dict.fromkeys((couple.phase, *couple.ends)):
                found[f"specific_capacity_{key(end)}"] = composition.charge_per_mass(electrons, mass_of(end, inputs))
            each = composition.charge_per_mass(weighed[couple.phase], mass)
            found[f"capacity_per_electron_{key(couple.phase)}"] = each
            found[f"capacity_{key(couple.phase)}"] = electrons * each
        found["capacity_total"] = sum(found[f"capacity_{key(couple.phase)}"] for couple in self.counted)
        active = dict.fromkeys(couple.phase for couple in self.counted)  # in one order: a sum rounds by its order
        found["active_fraction"] = sum(weighed[formula] * mass_of(formula, inputs) for formula in active) / mass
        return found

    def _fresh_solid(self, inputs: Inputs) -> dict[str, float]:
        stock, mass = self.fresh(inputs), self.molar_mass(inputs)
        return {f"density{suffix}": mass / sum(stock.volumes(kind).values()) for kind, suffix in SUFFIX.items()}

    def _state(self, inputs: Inputs) -> dict[str, float]:
        lithium, fresh = self.lithium(inputs), self.fresh(inputs)
        stock = self.inventory(lithium, inputs)
        mass = sum(stock.masses.values())
        found = {"state_charge": self.charge(lithium, inputs)}
        found |= {f"state_moles_{name}": n for name, n in stock.present.items()}
        found |= {f"state_mass_fraction_{name}": m / mass for name, m in stock.masses.items()}
        for kind, suffix in SUFFIX.items():
            room = stock.volumes(kind)
            solid = sum(room.values())
            found |= {f"state_volume_fraction{suffix}_{name}": v / solid for name, v in room.items()}
            found[f"state_density{suffix}"] = mass / solid
            found[f"solid_volume_ratio{suffix}"] = solid / sum(fresh.volumes(kind).values())
        if solution := self.system.solution:
            share = stock.guest_share
            found[f"guest_share_{solution.key}"] = share
            found[f"edge_{solution.key}"] = solution.edge_at(share, inputs)
        return found

    def _pressed(self, inputs: Inputs) -> dict[str, float]:
        if not {"mass", "area"} <= set(inputs):
            return {}
        mass, area = inputs["mass"], inputs["area"]
        loading = mass / area
        capacity = self._capacities(inputs)["capacity_total"]
        density = self._fresh_solid(inputs)["density"]
        found = {
            "loading": loading,
            "thickness_pore_free": loading / density,
            "areal_current_at_1A_g": loading * 1e3,  # 1 A/g is 1e3 A/kg
            "areal_capacity": loading * capacity,
        }
        if "thickness" not in inputs:
            return found
        found["apparent_density"] = loading / inputs["thickness"]
        for name, solid in self._fresh_solid(inputs).items():
            pores = composition.porosity(mass, area, inputs["thickness"], solid)
            found[name.replace("density", "porosity")] = pores
        ratio = self._state(inputs)["solid_volume_ratio"]
        found["state_porosity"] = composition.porosity_after(found["porosity"], ratio)
        return found
