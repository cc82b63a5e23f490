"""What goes on inside a cell during a course, and what each part of it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.cell import conduction
from thiocell.cell.batch.course import Course
from thiocell.cell.batch.layout import Structure, structure
from thiocell.cell.parameters import FARADAY, GAS, CellParameters, Redox
from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]

KINDS = {
    "separator": "i^2 R of the separator and its contacts",
    "anode": "i eta of the anode's surface",
    "ions in the cathode": "i_e times the fall of phi_e",
    "electrons in the cathode": "i_s times the fall of phi_s",
    "kinetics": "J (phi - E_surface - H h): Butler-Volmer at the extent of the grains' surface",
    "grains": "J (E_surface - E_grain): the surface's extent against the grain's mean",
    "hysteresis": "J H h: how far charge and discharge lie from their middle",
    "uneven sizes": "J (E_grain - E_place): a size's mean extent against that of its couple at the same depth",
    "uneven depth": "J (E_place - E_couple): against that of its couple in the whole cathode",
}
"""The losses, in the order in which they are stacked, each with the power that it takes."""
_NEAREST = 1e-12
"""How near to an end of a couple its potential is looked up, assumed: what lies beyond carries no current."""


@dataclass(frozen=True, eq=False)
class Inside:
    """A cell's inside for a unit area of cathode, discharge positive, at rows (r), of couples (c), on nodes (n).

    ``depth`` m from the separator to the nodes' middles; ``time`` s; ``current`` A/m2; ``passed`` C/m2 since the first
    row. (r, n): ``potential`` = ``solid`` - ``electrolyte`` and these two in V, zero at the left contact behind anode
    and separator (so ``solid`` is against Li); ``conductivity`` of ions S/m; ``parted`` iodide. (r, n + 1):
    ``ionic_current`` A/m2 on the faces. (r, c, n): ``reaction`` A/m3, oxidation positive; ``lithiated`` and ``surface``
    shares, on average over the grains and at their surfaces. ``voltage`` V of the cell (r) is put together from these
    potentials, not taken from the course.

    **Losses.** With w the width of a node, the charge balance C dphi/dt + sum J = div i_e times phi gives the power
    i (V_right - V_left) = - sum w phi (C dphi/dt + sum J), less i_e times the fall of phi_e, i_s times that of phi_s.
    The potential is taken apart: phi = E_couple + (E_place - E_couple) + (E_grain - E_place) + (E_surface - E_grain)
    + H h + (phi - E_surface - H h). E(xi) = U0 + sum s_n z^n + ln((1 - xi)/xi)/f is a couple's potential in the middle
    between charge and discharge, at the mean extent of all its grains, of those at one depth, or of those of one
    size there; E_surface has z of the last shell and the Nernst term of the surface, as the kinetics have.
    Hence at every row  i V = ``open_power`` - sum of ``powers``  in W/m2, the powers by the names of ``KINDS`` and
    ``open_power`` = - sum w (J E_couple + C phi dphi/dt) - i U_anode. Friction (the first five) is never below
    zero, but for the mesh; hysteresis, grains, sizes and depth can be, where they give back what they held.
    """

    cell: CellParameters
    depth: Array
    time: Array
    current: Array
    passed: Array
    voltage: Array
    potential: Array
    electrolyte: Array
    solid: Array
    ionic_current: Array
    conductivity: Array
    parted: Array
    reaction: Array
    lithiated: Array
    surface: Array
    open_power: Array
    powers: dict[str, Array]

    @property
    def couples(self) -> tuple[str, ...]:
        """Names of the couples."""
        return tuple(couple.name for couple in self.cell.couples)

    @cached_property
    def mean(self) -> Array:
        """Lithiated share of each couple in the whole cathode (r, c)."""
        return np.asarray(self.lithiated.mean(axis=2))

    @property
    def equilibrium(self) -> Array:
        """V of the cell without losses: its stores' potentials by the current that each gives; NaN without current.

        A store is a couple at its mean extent, in the middle between charge and discharge, or the double layer at its
        own potential: what they give adds up to the fall of ``stored``, whatever the path.
        """
        return _by_current(self.open_power, self.current)

    @property
    def losses(self) -> dict[str, Array]:
        """V of each of ``KINDS``, positive where a discharge, negative where a charge, pays; NaN without current.

        ``equilibrium`` less all of them is ``voltage``.
        """
        return {kind: _by_current(power, self.current) for kind, power in self.powers.items()}

    @cached_property
    def couple_currents(self) -> Array:
        """A/m2 that each couple gives to a discharge (r, c)."""
        return np.asarray(-self.reaction.mean(axis=2) * self.cell.thickness)

    @property
    def current_shares(self) -> Array:
        """Each couple's share of the current (r, c); the rest is the double layer's. NaN without current."""
        return _by_current(self.couple_currents.T, self.current).T

    @cached_property
    def charges(self) -> Array:
        """C/m2 that each couple has given since the first row (r, c)."""
        whole = np.array([couple.charge for couple in self.cell.couples]) * self.cell.thickness
        return np.asarray((self.mean - self.mean[:1]) * whole)

    @property
    def double_layer_charge(self) -> Array:
        """C/m2 that the double layer has given since the first row; in a cell this and ``charges`` make ``passed``."""
        fallen = (self.potential[:1] - self.potential).mean(axis=1)
        return np.asarray(self.cell.double_layer * self.cell.thickness * fallen)

    @property
    def charge_shares(self) -> Array:
        """Each couple's share of the charge passed since the first row (r, c); NaN where none has."""
        return _by_current(self.charges.T, self.passed).T

    @cached_property
    def stored(self) -> Array:
        """J/m2 that the stores can still give, but for a constant: it falls at the rate ``open_power``."""
        f = FARADAY / (GAS * self.cell.temperature)
        held = -sum(
            couple.charge * self.cell.thickness * _integral(couple, self.mean[:, number], f)
            for number, couple in enumerate(self.cell.couples)
        )
        layer = 0.5 * self.cell.double_layer * self.cell.thickness * (self.potential**2).mean(axis=1)
        return np.asarray(held + layer + conduction.anode_potential(self.cell) * self.passed)

    @property
    def capacity(self) -> Array:
        """Charge in mAh per g of cathode passed since the first row."""
        return self.passed * self.cell.area / self.cell.mass / 3600.0  # C/kg in an hour: A h/kg = mAh/g

    def lost(self) -> dict[str, float]:
        """J/m2 that each of ``KINDS`` has taken from the first row to the last, by trapezia.

        Right after a change of the current the double layer moves within seconds: rows must be as dense there.
        """
        return {kind: float(np.trapezoid(power, self.time)) for kind, power in self.powers.items()}


class _Grain(NamedTuple):
    """One population: its couple's number and (rows, nodes) of what its losses need."""

    couple: int
    share: float
    current: Array
    mean: Array
    surface: Array
    kinetic: Array
    at_surface: Array
    swing: Array


def inside(cell: CellParameters, course: Course, step: int | None = None) -> Inside:
    """The inside of ``cell`` at every row of ``course``, or at those of one of its steps (from 0).

    Raises BadInput if the course has kept no states, is none of this cell's, or has no rows of the step.
    """
    layout, rows = structure(cell), _rows(course, step)
    states = course.states[rows]
    if states.shape[1:] != (layout.rows, layout.nodes):
        raise BadInput(f"the course has states of {states.shape[1:]}; this cell has {(layout.rows, layout.nodes)}")
    current, phi = course.current[rows] / cell.area, states[:, 0]
    grains = list(_grains(cell, layout, states))
    lithiated, surface, reaction = (np.zeros((len(states), len(cell.couples), layout.nodes)) for _ in range(3))
    for grain in grains:
        lithiated[:, grain.couple] += grain.share * grain.mean
        surface[:, grain.couple] += grain.share * grain.surface
        reaction[:, grain.couple] += grain.current
    parted = states[:, layout.parted] if layout.parted >= 0 else np.zeros_like(phi)
    kappa = conduction.conductivity(cell, lithiated, parted)
    flux = conduction.ionic_current(cell, phi, kappa, current)
    electrolyte = conduction.electrolyte(cell, phi, kappa, current)
    powers = conduction.friction(cell, phi, electrolyte, kappa, flux, current)
    powers |= _by_grains(cell, grains, lithiated)
    volts = conduction.voltage(cell, phi, electrolyte, kappa, current)
    passed = course.passed[rows] - course.passed[rows][0]
    depth = (np.arange(layout.nodes) + 0.5) * cell.thickness / layout.nodes
    open_power = _open_power(cell, phi, flux, reaction, lithiated, current)
    return Inside(
        cell, depth, course.time[rows], current, passed / cell.area, volts, phi, electrolyte, phi + electrolyte, flux,
        kappa, parted, reaction, lithiated, surface, open_power, powers,
    )  # fmt: skip


def _rows(course: Course, step: int | None) -> NDArray[np.bool_]:
    if len(course.states) != len(course.time) or not len(course.time):
        raise BadInput("the course has kept no states; solve it with points and states=True")
    rows = np.ones(len(course.time), dtype=bool) if step is None else course.step == step
    if not rows.any():
        raise BadInput(f"the course has no rows of step {step}; its steps run from 0 to {course.step.max()}")
    return rows


def _by_current(power: Array, current: Array) -> Array:
    """``power`` over ``current``, NaN where there is none."""
    return np.asarray(np.divide(power, current, out=np.full(np.shape(power), np.nan), where=current != 0.0))


# ---- grains ------------------------------------------------------------------------------------------------------


def _shape(couple: Redox, xi: Array) -> Array:
    z = 1.0 - 2.0 * xi
    return np.asarray(couple.potential + sum(s * z**n for n, s in enumerate(couple.shape, start=1)))


def _potential(couple: Redox, xi: Array, f: float) -> Array:
    """E in V at the extent ``xi``, in the middle between charge and discharge."""
    xi = np.clip(xi, _NEAREST, 1.0 - _NEAREST)
    return _shape(couple, xi) + np.log((1.0 - xi) / xi) / f


def _integral(couple: Redox, xi: Array, f: float) -> Array:
    """Integral of E over the extent, V."""
    xi, z = np.clip(xi, _NEAREST, 1.0 - _NEAREST), 1.0 - 2.0 * xi
    shape = sum(s * z ** (n + 1) / (n + 1) for n, s in enumerate(couple.shape, start=1))
    mixing = xi * np.log(xi) + (1.0 - xi) * np.log1p(-xi)
    return np.asarray(couple.potential * xi - 0.5 * shape - mixing / f)


def _grains(cell: CellParameters, layout: Structure, states: Array) -> Iterator[_Grain]:
    """Every population by the kinetics of docs/cell-model.md, written as sinh of the overpotential at the surface."""
    f, phi = FARADAY / (GAS * cell.temperature), states[:, 0]
    throughput = states[:, -1, 1:2] * cell.charge
    eased = 1.0 - (1.0 - cell.activation_start) * np.exp(-throughput / cell.activation_charge)
    for number, population in enumerate(cell.populations):
        couple = cell.couples[population.couple]
        first, count, row = layout.first[number], layout.shells[number], layout.swing[number]
        extents = states[:, first : first + count]
        mean, last = np.einsum("m,rmn->rn", layout.volume[number, :count], extents), extents[:, -1]
        swing = couple.hysteresis * states[:, row] if row >= 0 else np.zeros_like(phi)
        standard = _shape(couple, last)
        e = np.exp(0.5 * f * (phi - standard - swing))
        buffer = population.exchange * population.surface
        drained = 1.0 + buffer * (e + 1.0 / e)
        out, back = (last + buffer / e) / drained, (1.0 - last + buffer * e) / drained  # surface's xi and 1 - xi
        pace = population.exchange * (eased if couple.activated else 1.0)
        current = pace * (last * e - (1.0 - last) / e) / drained
        inner = np.sqrt(np.clip(out, _NEAREST, None) * np.clip(back, _NEAREST, None))
        kinetic = 2.0 / f * np.arcsinh(0.5 * current / (pace * inner))
        share = population.charge / couple.charge
        yield _Grain(population.couple, share, current, mean, out, kinetic, phi - swing - kinetic, swing)


def _by_grains(cell: CellParameters, grains: list[_Grain], lithiated: Array) -> dict[str, Array]:
    """W/m2 of the losses that are told grain by grain."""
    f, width = FARADAY / (GAS * cell.temperature), cell.thickness / cell.nodes
    volts = np.zeros((len(KINDS) - len(conduction.FRICTION), len(lithiated)))
    for grain in grains:
        couple = cell.couples[grain.couple]
        of_grain = _potential(couple, grain.mean, f)
        of_place = _potential(couple, lithiated[:, grain.couple], f)
        of_couple = _potential(couple, lithiated[:, grain.couple].mean(axis=1, keepdims=True), f)
        parts = (
            grain.kinetic, grain.at_surface - of_grain, grain.swing, of_grain - of_place, of_place - of_couple,
        )  # fmt: skip
        volts += [(grain.current * part).sum(axis=1) for part in parts]
    return dict(zip(list(KINDS)[len(conduction.FRICTION) :], width * volts, strict=True))


def _open_power(
    cell: CellParameters, phi: Array, flux: Array, reaction: Array, lithiated: Array, current: Array
) -> Array:
    """W/m2 that couples and double layer give, each at its own potential."""
    f, width = FARADAY / (GAS * cell.temperature), cell.thickness / cell.nodes
    charging = np.diff(flux, axis=1) - width * reaction.sum(axis=1)
    power = -(charging * phi).sum(axis=1)
    for number, couple in enumerate(cell.couples):
        level = _potential(couple, lithiated[:, number].mean(axis=1), f)
        power = power - width * reaction[:, number].sum(axis=1) * level
    return np.asarray(power - current * conduction.anode_potential(cell))
