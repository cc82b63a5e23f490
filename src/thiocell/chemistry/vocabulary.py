"""The words of what counting gives: a value's name is one of these, or one followed by '_' and a phase's key."""

from __future__ import annotations

from thiocell.core.term import Term

_BIG = 1e6

VALUES = {
    "molar_mass": Term("g/mol", "M", "mass of one formula unit of the cathode as the recipe writes it", 0, _BIG),
    "mass_fraction": Term("", "w", "mass share of a phase as weighed in", 0, 1),
    "volume_fraction": Term("", "phi", "volume share of a phase as weighed in, by unit cells", 0, 1),
    "volume_fraction_bulk": Term("", "phi", "volume share of a phase as weighed in, by handbook densities", 0, 1),
    "specific_capacity": Term("mAh/g", "Q_0", "theoretical capacity of the pure phase, by its own mass", 0, _BIG),
    "capacity": Term("mAh/g", "Q", "theoretical capacity that a phase brings, by mass of fresh cathode", 0, _BIG),
    "capacity_per_electron": Term("mAh/g", "Q_1", "capacity of one electron a formula unit of the phase", 0, _BIG),
    "capacity_total": Term("mAh/g", "Q", "theoretical capacity of all couples that are switched on", 0, _BIG),
    "active_fraction": Term("", "w_active", "mass share of the phases whose couples are switched on", 0, 1),
    "density": Term("g/cm**3", "rho", "pore-free density of the fresh cathode, by unit cells", 0, 30),
    "density_bulk": Term("g/cm**3", "rho", "pore-free density of the fresh cathode, by handbook densities", 0, 30),
    "edge": Term("angstrom", "a", "cell edge of the solid solution", 0, 100),
    "guest_share": Term("", "x", "share of the guest in the solid solution", 0, 1),
    "potential_li_in": Term("V", "E", "potential of the lithium-indium anode against lithium", 0, 1),
    "loading": Term("mg/cm**2", "m/A", "mass of fresh cathode an area", 0, _BIG),
    "thickness_pore_free": Term("um", "L_0", "thickness of the loading without pores, by unit cells", 0, _BIG),
    "areal_current_at_1A_g": Term("mA/cm**2", "i", "current density at 1 A for each gram of cathode", 0, _BIG),
    "areal_capacity": Term("mAh/cm**2", "Q/A", "capacity_total an area", 0, _BIG),
    "apparent_density": Term("g/cm**3", "rho", "mass by outer volume of the pressed cathode", 0, 30),
    "porosity": Term("", "eps", "share of the fresh cathode's volume that is pores, by unit cells", -1, 1),
    "porosity_bulk": Term("", "eps", "share of the fresh cathode's volume that is pores, by handbook densities", -1, 1),
    "porosity_low": Term("", "eps", "the lower porosity of both densities, less one sigma", -2, 1),
    "porosity_high": Term("", "eps", "the higher porosity of both densities, plus one sigma", -1, 2),
    "state_charge": Term("mAh/g", "q", "charge passed since the sample was fresh, positive on charge", -_BIG, _BIG),
    "state_moles": Term("", "n", "moles of a phase for one formula unit of cathode", 0, _BIG),
    "state_mass_fraction": Term("", "w", "mass share of a phase that is there now", 0, 1),
    "state_volume_fraction": Term("", "phi", "share of the solid's volume of a phase now, by unit cells", 0, 1),
    "state_volume_fraction_bulk": Term("", "phi", "share of the solid's volume of a phase now, by handbook", 0, 1),
    "state_density": Term("g/cm**3", "rho", "pore-free density now, by unit cells", 0, 30),
    "state_density_bulk": Term("g/cm**3", "rho", "pore-free density now, by handbook densities", 0, 30),
    "solid_volume_ratio": Term("", "V/V0", "volume of solid now over that of the fresh sample, by unit cells", 0, 10),
    "solid_volume_ratio_bulk": Term("", "V/V0", "the same by handbook densities", 0, 10),
    "state_porosity": Term("", "eps", "porosity now if the layer's outer size has not changed, by unit cells", -10, 1),
}
"""Each word with its unit, symbol and meaning."""

SI_UNITS = {
    "g/mol": "kg/mol",
    "mAh/g": "C/kg",
    "g/cm**3": "kg/m**3",
    "angstrom": "m",
    "um": "m",
    "V": "V",
    "mg/cm**2": "kg/m**2",
    "mA/cm**2": "A/m**2",
    "mAh/cm**2": "C/m**2",
    "": "",
}
"""The SI unit in which a value is counted, by the unit in which it is given."""


def term(name: str) -> Term:
    """The term of a value: its name's longest beginning that is a word."""
    parts = name.split("_")
    for end in range(len(parts), 0, -1):
        if (word := "_".join(parts[:end])) in VALUES:
            return VALUES[word]
    return Term("", name, "a value of this system alone", -_BIG, _BIG)
