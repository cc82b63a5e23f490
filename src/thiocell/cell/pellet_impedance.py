"""Impedance of the cathode between two like contacts: the linear answer of the cell model's equations, in closed form.

At an even state no current flows, so neither the friction of ions nor the parting of iodide answers in first order;
what is left is a two-rail line (Jamnik, Maier, J. Electrochem. Soc. 146 (1999) 4183) with the admittance of the couples
and the double layer between its rails.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.conduction import conductivity
from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Population, Redox
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


def pellet_impedance(cell: CellParameters, state: CellState, frequency: Array) -> Complex:
    """Impedance in ohm at ``frequency`` (Hz) of a cell between like contacts (``protocol.symmetric``), at ``state``.

    Raises BadInput for contacts that differ.
    """
    if cell.left != cell.right:
        raise BadInput("the impedance of a pellet is that between two like contacts; use 'symmetric'")
    lithiated = np.array([[[state.lithiated[couple.name]] for couple in cell.couples]])
    kappa = float(conductivity(cell, lithiated, np.array([[state.parted]]))[0, 0])
    ions, electrons = (cell.thickness / (each * cell.area) for each in (kappa, cell.electronic))
    through, both = ions if cell.left == "ion" else electrons, ions + electrons
    s = np.asarray(2j * np.pi * frequency, dtype=np.complex128)
    k = 0.5 * np.sqrt(both * cell.area * cell.thickness * local_admittance(cell, state, s))
    ends = 2.0 * cell.separator / cell.area if cell.left == "ion" else 0.0
    return np.asarray(ends + ions * electrons / both + through**2 / both * np.tanh(k) / k)


def local_admittance(cell: CellParameters, state: CellState, s: Complex) -> Complex:
    """S/m3 between the rails at s = j omega (1/s): the double layer and, beside it, each couple's grains."""
    whole = s * cell.double_layer
    for population in cell.populations:
        couple = cell.couples[population.couple]
        whole = whole + 1.0 / _couple(couple, population, cell, state, s)
    return np.asarray(whole)


def _couple(couple: Redox, population: Population, cell: CellParameters, state: CellState, s: Complex) -> Complex:
    """Ohm m3 of one population: transfer, transport in the grain, what the extent and the hysteresis do to U."""
    thermal = GAS * cell.temperature / FARADAY
    xi, pace = state.lithiated[couple.name], _active(couple, cell, state)
    transfer = thermal / (population.exchange * pace * np.sqrt(xi * (1.0 - xi)))
    z = 1.0 - 2.0 * xi
    shaped = 2.0 * sum(n * shape * z ** (n - 1) for n, shape in enumerate(couple.shape, start=1))  # -dU/dxi
    nernst = thermal / (xi * (1.0 - xi))
    surface, outer = population.surface / pace, 1.0 / (s * population.charge)  # of the last shell, for each A/m3
    if population.shells > 1:  # Crank, The Mathematics of Diffusion, chapter 6
        root = np.sqrt(s * population.time / pace)
        # r coth(r) - 1 cancels where r is small: there the grain is even
        inner = np.where(np.abs(root) < 1e-3, root**2 / 3.0, root / np.tanh(root) - 1.0)
        surface, outer = 0.0, np.asarray(population.time / pace / (3.0 * population.charge) / inner)
    swing = couple.hysteresis * couple.hysteresis_rate / (s * population.charge)
    return np.asarray(transfer + shaped * outer + nernst * (outer + surface) + swing)


def _active(couple: Redox, cell: CellParameters, state: CellState) -> float:
    """Share of the final exchange and diffusion that the couple has after the throughput so far."""
    if not couple.activated:
        return 1.0
    left = (1.0 - cell.activation_start) * np.exp(-state.throughput / cell.activation_charge)
    return float(1.0 - left)
