"""Raman modes of the phases of lithium-sulfur cathodes, in 1/cm, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """A line at ``place`` (1/cm) that may lie ``within`` of it, of ``phase``."""

    name: str
    phase: str
    place: float
    within: float
    source: str


_2H = "Lee et al., ACS Nano 4 (2010) 2695: 383 and 408; doi:10.1002/batt.202300427 looks for 378 and 404"
_1T = (
    "Jimenez Sandoval et al., Phys. Rev. B 44 (1991) 3955: J1 156, J2 226, J3 333; doi:10.1002/batt.202300427: 150, 220"
)
_OXIDE = "Dieterle, Mestl, Phys. Chem. Chem. Phys. 4 (2002) 822"

MODES = {
    mode.name: mode
    for mode in (
        Mode("2H_E2g", "2H", 381.0, 8.0, _2H),
        Mode("2H_A1g", "2H", 406.0, 8.0, _2H),
        Mode("1T_J1", "1T", 152.0, 10.0, _1T),
        Mode("1T_J2", "1T", 223.0, 12.0, _1T),
        Mode("1T_J3", "1T", 330.0, 12.0, _1T),
        Mode("MoO3_666", "MoO3", 666.0, 8.0, _OXIDE),
        Mode("MoO3_820", "MoO3", 819.0, 8.0, _OXIDE),
        Mode("MoO3_995", "MoO3", 995.0, 8.0, _OXIDE),
        Mode("Si", "Si", 520.5, 8.0, "Parker, Feldman, Ashkin, Phys. Rev. 155 (1967) 712: 520.5"),
    )
}
"""By name, as settings write them; tolerances are assumed."""

OXIDE = tuple(name for name, mode in MODES.items() if mode.phase == "MoO3")
"""The strong lines of MoO3, which a laser makes of MoS2; its weaker ones imitate those of 1T."""
