"""How PyBaMM users call the numbers of the cell model: names that carry their units, in one place."""

from __future__ import annotations

COUPLE_NUMBERS = {
    "charge": "{Couple} volumetric charge [C.m-3]",
    "exchange": "{Couple} volumetric exchange current [A.m-3]",
    "potential": "{Couple} standard potential [V]",
    "hysteresis": "{Couple} hysteresis [V]",
    "hysteresis_rate": "{Couple} hysteresis rate",
    "grain_time": "{Couple} grain diffusion time [s]",
    "grain_spread": "{Couple} grain size spread",
}
"""Fields of ``Redox``; '{Couple}' is the couple's name with a capital, '{couple}' without."""

SHAPE = "{Couple} potential shape coefficient {term} [V]"
SHAPE_TERMS = 4
"""Most terms that a potential's shape may have, as in ``Redox``."""

START = {"lithiated": "Initial {couple} lithiation", "hysteresis": "Initial {couple} hysteresis"}
"""Fields of ``CellState``."""

CELL_NUMBERS = {
    "electronic": "Cathode electronic conductivity [S.m-1]",
    "thickness": "Cathode thickness [m]",
    "area": "Cell area [m2]",
    "mass": "Cathode mass [kg]",
    "separator_resistance": "Separator area resistance [Ohm.m2]",
    "separator_energy": "Separator activation energy [J.mol-1]",
    "anode_exchange": "Anode exchange current density [A.m-2]",
    "anode_potential": "Anode potential [V]",
    "double_layer": "Double-layer capacitance [F.m-3]",
    "temperature": "Ambient temperature [K]",
    "activation_start": "Activation start share",
    "activation_charge": "Activation charge [C.m-2]",
    "lower_cutoff": "Lower voltage cut-off [V]",
    "upper_cutoff": "Upper voltage cut-off [V]",
}
"""Fields of ``CellParameters``."""

PARTING_NUMBERS = {
    "held": "Share of iodide that lithium sulfide holds",
    "out_time": "Iodide parting time [s]",
    "in_time": "Iodide return time [s]",
}
"""Fields of ``Parting``."""

IONIC_TERMS = ("base", "host", "parted", "molybdenum")
"""Fields of ``Ionic``."""

CURRENT = "Current function [A]"
CAPACITY = "Nominal cell capacity [A.h]"
INITIAL_POTENTIAL = "Initial potential [V]"
INITIAL_PARTED = "Initial parted iodide"
INITIAL_THROUGHPUT = "Initial throughput [C.m-2]"
INITIAL_TEMPERATURE = "Initial temperature [K]"


def of_couple(pattern: str, couple: str, **more: object) -> str:
    """The name that ``pattern`` gives a couple: 'Sulfur hysteresis [V]', 'Initial sulfur lithiation'."""
    return pattern.format(couple=couple, Couple=capital(couple), **more)


def capital(name: str) -> str:
    """The name with its first letter large, the others as they are."""
    return name[:1].upper() + name[1:]


def ionic(term: str, power: int) -> str:
    """The name of one term of the ionic conductivity; its unit, (S/m)^(1/power), keeps powers from being mixed up."""
    unit = "S.m-1" if power == 1 else f"(S.m-1)1/{power}"
    return f"Ionic conductivity coefficient of {term} [{unit}]"
