"""Counting laws: charge, mass and volume shares, and pores, from moles and molar masses."""

ELEMENTARY_CHARGE = 1.602176634e-19  # C, exact: SI 2019, CODATA 2018
AVOGADRO = 6.02214076e23  # 1/mol, exact: SI 2019, CODATA 2018
FARADAY = ELEMENTARY_CHARGE * AVOGADRO  # C/mol, exact: 96485.33212...


def charge_per_mass(electrons: float, molar_mass: float) -> float:
    """Charge in C/kg when each formula unit of ``molar_mass`` (kg/mol) gives ``electrons``: nF/M (Faraday's law)."""
    return electrons * FARADAY / molar_mass


def porosity(mass: float, area: float, thickness: float, density: float) -> float:
    """Share of a layer's volume that is not solid: 1 - m/(A L rho), all in SI units.

    Negative when the layer holds more mass than solid of ``density`` (kg/m3) would fit in its volume.
    """
    return 1.0 - mass / (area * thickness * density)


def porosity_after(before: float, solid_volume_ratio: float) -> float:
    """Porosity of a layer of fixed outer size once its solid fills ``solid_volume_ratio`` times what it did."""
    return 1.0 - (1.0 - before) * solid_volume_ratio
