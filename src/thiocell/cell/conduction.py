"""Conduction through a simulated cell in plain numpy: currents, potentials and what they cost, row by row of a course.

Arrays are (rows, nodes), (rows, nodes + 1) on faces and (rows,) for the current density in A/m2, positive on discharge;
the equations are those of docs/cell-model.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import FARADAY, GAS, CellParameters

Array = NDArray[np.float64]

FRICTION = ("separator", "anode", "ions in the cathode", "electrons in the cathode")
"""What conduction and the anode's surface lose."""


def is_cell(cell: CellParameters) -> bool:
    """Has it an anode and one contact of each kind?"""
    return cell.left == "ion" and cell.right == "electron"


def anode_potential(cell: CellParameters) -> float:
    """V against Li, 0 without an anode."""
    return cell.anode_potential if is_cell(cell) else 0.0


def conductivity(cell: CellParameters, lithiated: Array, parted: Array) -> Array:
    """Kappa in S/m at the nodes, from the mean shares (rows, couples, nodes) and the parted iodide."""
    terms: Array = cell.ionic.base + cell.ionic.parted * parted
    for number, couple in enumerate(cell.couples):
        weight = {"sulfur": cell.ionic.host, "molybdenum": cell.ionic.molybdenum}.get(couple.name, 0.0)
        terms = terms + weight * lithiated[:, number]
    return np.asarray(terms**cell.ionic.power)


def ionic_current(cell: CellParameters, phi: Array, kappa: Array, current: Array) -> Array:
    """i_e on the faces, as the charge balance has it."""
    flux = np.zeros((phi.shape[0], phi.shape[1] + 1))
    mixed = kappa * cell.electronic / (kappa + cell.electronic)
    gradient = np.diff(phi, axis=1) * cell.nodes / cell.thickness
    flux[:, 1:-1] = 0.5 * (mixed[:, 1:] + mixed[:, :-1]) * (gradient + current[:, None] / cell.electronic)
    flux[:, 0], flux[:, -1] = current * (cell.left == "ion"), current * (cell.right == "ion")
    return flux


def electrolyte(cell: CellParameters, phi: Array, kappa: Array, current: Array) -> Array:
    """phi_e at the nodes, V: zero at the left contact less what is lost up to there."""
    sigma, width = cell.electronic, cell.thickness / cell.nodes
    both = sigma + 0.5 * (kappa[:, 1:] + kappa[:, :-1])
    falls = (width * current[:, None] + sigma * np.diff(phi, axis=1)) / both
    if cell.left == "ion":
        start = -current * cell.separator - anode_loss(cell, current) - 0.5 * width * current / kappa[:, 0]
    else:
        start = -0.5 * width * current / sigma - phi[:, 0]
    return np.asarray(start[:, None] - np.cumsum(np.pad(falls, ((0, 0), (1, 0))), axis=1))


def anode_loss(cell: CellParameters, current: Array) -> Array:
    """V that the anode's surface takes, with the sign of the current."""
    if not is_cell(cell):
        return np.zeros_like(current)
    thermal = GAS * cell.temperature / FARADAY
    return np.asarray(2.0 * thermal * np.arcsinh(0.5 * current / cell.anode_exchange))


def voltage(cell: CellParameters, phi: Array, electrolyte: Array, kappa: Array, current: Array) -> Array:
    """V of the cell: the right contact's potential less the left's and the anode's."""
    half = 0.5 * cell.thickness / cell.nodes
    if cell.right == "electron":
        right = electrolyte[:, -1] + phi[:, -1] - half * current / cell.electronic
    else:
        right = electrolyte[:, -1] - half * current / kappa[:, -1] - current * cell.separator
    return np.asarray(right - anode_potential(cell))


def friction(
    cell: CellParameters, phi: Array, electrolyte: Array, kappa: Array, flux: Array, current: Array
) -> dict[str, Array]:
    """W/m2 of the losses of ``FRICTION``: ions and electrons lose their current times the fall of their potential."""
    fall, inner = np.diff(electrolyte, axis=1), flux[:, 1:-1]
    ions = -(inner * fall).sum(axis=1)
    electrons = -((current[:, None] - inner) * (fall + np.diff(phi, axis=1))).sum(axis=1)
    half, layers = 0.5 * cell.thickness / cell.nodes * current**2, 0
    for contact, end in ((cell.left, kappa[:, 0]), (cell.right, kappa[:, -1])):
        if contact == "ion":
            ions, layers = ions + half / end, layers + 1
        else:
            electrons = electrons + half / cell.electronic
    values = (layers * cell.separator * current**2, anode_loss(cell, current) * current, ions, electrons)
    return dict(zip(FRICTION, values, strict=True))
