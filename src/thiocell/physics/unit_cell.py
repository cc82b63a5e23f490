"""Volumes from crystallographic unit cells."""

import math

from thiocell.physics.composition import AVOGADRO


def volume(edges: tuple[float, float, float], angles: tuple[float, float, float]) -> float:
    """Volume of a unit cell in m3, from its ``edges`` a, b, c in m and ``angles`` alpha, beta, gamma in rad.

    V = abc sqrt(1 - cos2(alpha) - cos2(beta) - cos2(gamma) + 2 cos(alpha) cos(beta) cos(gamma))
    (International Tables for Crystallography A, the determinant of the metric tensor).
    """
    a, b, c = edges
    one, two, three = (math.cos(angle) for angle in angles)
    return a * b * c * math.sqrt(1 - one**2 - two**2 - three**2 + 2 * one * two * three)


def molar_volume(cell_volume: float, formula_units: float) -> float:
    """Volume of one mole of formula units in m3/mol, when a cell of ``cell_volume`` (m3) holds ``formula_units``."""
    return cell_volume * AVOGADRO / formula_units
