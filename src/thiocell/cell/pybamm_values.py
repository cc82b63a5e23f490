"""The cell's numbers as PyBaMM takes them, and the parameter set 'Pan2023'."""

from __future__ import annotations

import os

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

import numpy as np
import pybamm

from thiocell.cell import pybamm_names as names
from thiocell.cell.from_sample import cell_parameters
from thiocell.cell.parameters import CellParameters, CellState, Redox
from thiocell.cell.resting import resting_potential
from thiocell.cell.states import charged_state
from thiocell.chemistry.known_phases import PAN2023
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source

_CURRENT_DENSITY = 25.0
"""A/kg = mA/g; the slowest rate of doi 10.1002/batt.202300427, for simulations that name no current."""


def parameter_values(parameters: CellParameters, state: CellState) -> pybamm.ParameterValues:
    """Every number that the PyBaMM model of these ``parameters`` asks for, starting from the even ``state``.

    The current is 25 mA per g of cathode until told otherwise. What a cell lacks stands at no effect: no hysteresis,
    no shape, no spread. An anode without loss has no exchange current: take the model with ``options_of(parameters)``.
    Raises BadInput if the state has no resting potential.
    """
    cell = {name: getattr(parameters, field) for field, name in names.CELL_NUMBERS.items()}
    if not np.isfinite(parameters.anode_exchange):
        del cell[names.CELL_NUMBERS["anode_exchange"]]
    values: dict[str, object] = {
        **cell,
        names.INITIAL_TEMPERATURE: parameters.temperature,
        names.CAPACITY: parameters.charge * parameters.area / 3600.0,
        names.CURRENT: _CURRENT_DENSITY * parameters.mass,
        names.INITIAL_POTENTIAL: resting_potential(parameters, state),
        names.INITIAL_PARTED: state.parted,
        names.INITIAL_THROUGHPUT: state.throughput,
    }
    for term in names.IONIC_TERMS:
        values[names.ionic(term, parameters.ionic.power)] = getattr(parameters.ionic, term)
    if parameters.parting is not None:
        values |= {name: getattr(parameters.parting, field) for field, name in names.PARTING_NUMBERS.items()}
    for couple in parameters.couples:
        values |= _couple_values(couple, state)
    return pybamm.ParameterValues(values)


def _couple_values(couple: Redox, state: CellState) -> dict[str, object]:
    values: dict[str, object] = {
        names.of_couple(pattern, couple.name): getattr(couple, field) for field, pattern in names.COUPLE_NUMBERS.items()
    }
    shape = (*couple.shape, *[0.0] * names.SHAPE_TERMS)[: names.SHAPE_TERMS]
    for term, coefficient in enumerate(shape, start=1):
        values[names.of_couple(names.SHAPE, couple.name, term=term)] = coefficient
    values[names.of_couple(names.START["lithiated"], couple.name)] = state.lithiated[couple.name]
    values[names.of_couple(names.START["hysteresis"], couple.name)] = state.hysteresis.get(couple.name, 0.0)
    return values


def pan2023() -> tuple[CellParameters, CellState]:
    """A charged cell of the best cathode of Pan et al., doi 10.1002/batt.202300427, by its recipe alone.

    What the paper does not print is assumed in ``facts``; nothing is fitted.
    """
    recipe = {"x": Quantity.exact(0.20), "y": Quantity.exact(0.15)}
    printed = {"mass": "4.0 mg", "area": "0.7854 cm**2", "thickness": "30 um"}  # a die of 10 mm, about 30 um
    facts = {name: Fact(Quantity.parse(text), Source("paper", PAN2023)) for name, text in printed.items()}
    parameters = cell_parameters(Sample("Pan2023", "li2s_lii_mos2", recipe, facts))
    return parameters, charged_state(parameters)


def get_parameter_values() -> pybamm.ParameterValues:
    """The parameter set 'Pan2023': a charged Li-In | Li3PS4 | Li2S-LiI-MoS2 cell, partly assumed (see ``pan2023``)."""
    return parameter_values(*pan2023())
