"""All numbers of the cell model, in SI units: what both solvers read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.physics.grains import PARABOLIC_SURFACE, lognormal_sizes, shells

Grains = Literal["none", "parabolic", "spherical", "spread"]
Contact = Literal["ion", "electron"]

GAS = 8.314462618
"""J/(mol K), exact in the SI of 2019 (10 digits)."""
FARADAY = 96485.33212
"""C/mol, exact in the SI of 2019 (10 digits)."""
REFERENCE_TEMPERATURE = 298.15
"""K at which every parameter of an Arrhenius law is given."""


@dataclass(frozen=True)
class Population:
    """Grains of one couple and one size, as the solvers see them.

    ``charge`` C/m3 and ``exchange`` A/m3 of cathode belong to them, ``time`` = R^2/D in s, ``shells`` is their number;
    ``surface`` m3/A: the extent at their surface is that of the last shell less ``surface`` times the current.
    """

    couple: int
    charge: float
    exchange: float
    time: float
    shells: int
    surface: float


@dataclass(frozen=True)
class Redox:
    """One redox couple of the cathode.

    J = k [xi e^(f(phi-U)/2) - (1-xi) e^(-f(phi-U)/2)] with xi the lithiated share at the grain's surface, J > 0 for
    oxidation in A/m3, f = F/(RT): Butler-Volmer kinetics whose Nernst term comes by itself.
    U = ``potential`` + sum shape_n z^n (n from 1, z = 1 - 2 xi) + ``hysteresis`` h; h runs towards +1 on oxidation and
    -1 on reduction: dh/dt = ``hysteresis_rate`` (J - |J| h)/q (one-state hysteresis, Axen et al., J. Energy Storage
    48 (2022) 103985).
    """

    name: str
    charge: float
    """C/m3 of cathode from one end of the couple to the other."""
    exchange: float
    """k, A/m3 of cathode."""
    potential: float
    """V against Li, without the Nernst term."""
    shape: tuple[float, ...] = ()
    """V; up to four coefficients."""
    hysteresis: float = 0.0
    """V, half of the gap between oxidation and reduction."""
    hysteresis_rate: float = 30.0
    """How many times the gap is crossed while all of the couple is; assumed."""
    grains: Grains = "none"
    grain_time: float = 0.0
    """R^2/D in s, of the median grain by volume."""
    grain_spread: float = 0.0
    """Standard deviation of ln R."""
    shells: int = 14
    sizes: int = 5
    activated: bool = False
    """Do its exchange current and its diffusion ease in the first cycles?"""

    def populations(self, index: int) -> tuple[Population, ...]:
        """The grains of this couple, the ``index``-th of the cell: one size, or several of a spread."""
        if self.grains == "none" or self.grain_time == 0.0:
            return (Population(index, self.charge, self.exchange, 0.0, 1, QUICKEST / self.charge),)
        if self.grains == "parabolic":
            surface = PARABOLIC_SURFACE * self.grain_time / self.charge
            return (Population(index, self.charge, self.exchange, self.grain_time, 1, surface),)
        surface = shells(self.shells).surface
        if self.grains == "spherical":
            shares, radii = np.ones(1), np.ones(1)
        else:
            shares, radii = lognormal_sizes(self.sizes, self.grain_spread)
        return tuple(
            Population(
                index,
                self.charge * float(share),
                self.exchange * float(share / radius),  # surface a volume goes as 1/R
                self.grain_time * float(radius) ** 2,
                self.shells,
                surface * self.grain_time * float(radius) ** 2 / (self.charge * float(share)),
            )
            for share, radius in zip(shares, radii, strict=True)
        )


@dataclass(frozen=True)
class Ionic:
    """Ionic conductivity of the cathode: (base + host xi_S + parted lambda + molybdenum xi_Mo)^power in S/m.

    A power mean (``physics.mixing.power_mean``) of phases whose volume shares are linear in the state: each coefficient
    is a volume share times its phase's conductivity to 1/power. xi_S and xi_Mo are the lithiated shares of the couples
    'sulfur' and 'molybdenum', lambda the share of iodide that has dropped out as LiI.
    """

    power: int
    base: float
    host: float = 0.0
    parted: float = 0.0
    molybdenum: float = 0.0


@dataclass(frozen=True)
class Parting:
    """How iodide drops out of the Li2S-LiI solution when Li2S is used up, and goes back.

    d lambda/dt = g(e - lambda), e = softmax(0, 1 - ``held`` xi_S): ``held`` is the share of all iodide that all Li2S
    can hold; g(u) = u/``out_time`` for u > 0 and u/``in_time`` for u < 0, both corners rounded over ``CORNER``.
    """

    held: float
    out_time: float
    in_time: float


QUICKEST = 1e-2
"""s in which a couple without grains could empty at most; assumed: without it a couple that has run dry, whose rate
goes as exp(f (phi - U)/2), breaks every solver; at a full charge in an hour it shifts the extent by 3e-6."""
STILL = 1.0 / 3.6e7
"""1/s: below one charge of a couple in 10,000 h a current counts as none for the hysteresis, whose |J| is
sqrt(J^2 + (``STILL`` q)^2); assumed: solvers need a smooth law, and at rest h then fades by 1/e in two weeks."""
CORNER = 0.01
"""Width, in shares of the iodide, over which the corners of the parting law are rounded; assumed: solvers like it."""


@dataclass(frozen=True)
class CellParameters:
    """Anode | separator | cathode | collector; lengths in m, against Li unless said otherwise."""

    couples: tuple[Redox, ...]
    ionic: Ionic
    electronic: float
    """S/m of the cathode."""
    thickness: float
    area: float
    """m2"""
    mass: float
    """kg of cathode"""
    separator_resistance: float
    """Ohm m2 at the reference temperature, contacts included."""
    separator_energy: float = 0.0
    """J/mol, Arrhenius of the separator's conductivity."""
    anode_exchange: float = np.inf
    """A/m2; infinite: no loss at the anode."""
    anode_potential: float = 0.0
    """V against Li; the cell's voltage is the cathode's potential less this."""
    double_layer: float = 1e6
    """F/m3 of cathode; assumed: some 0.1 F/m2 on 1e7 m2/m3."""
    temperature: float = REFERENCE_TEMPERATURE
    parting: Parting | None = None
    activation_start: float = 1.0
    """Share of the final exchange current and diffusion that a fresh cell has, for couples that are ``activated``."""
    activation_charge: float = 1.0
    """C/m2 of throughput over which the rest comes to a share 1 - 1/e."""
    left: Contact = "ion"
    """What the contact at the separator's side passes; 'electron' for a steel plunger."""
    right: Contact = "electron"
    lower_cutoff: float = 0.0
    """V of the cell."""
    upper_cutoff: float = 3.0
    nodes: int = 20
    least_thickness: float = 0.0
    """m; what the cathode's solid alone needs, 0 where that is not known."""

    @property
    def populations(self) -> tuple[Population, ...]:
        """The grains of all couples, in the couples' order."""
        return tuple(p for index, couple in enumerate(self.couples) for p in couple.populations(index))

    @property
    def charge(self) -> float:
        """C/m2 of cathode area between the two ends of all couples."""
        return self.thickness * sum(couple.charge for couple in self.couples)

    @property
    def separator(self) -> float:
        """Ohm m2 of the separator at ``temperature``."""
        inverse = 1.0 / self.temperature - 1.0 / REFERENCE_TEMPERATURE
        return self.separator_resistance * float(np.exp(self.separator_energy / GAS * inverse))

    def couple(self, name: str) -> Redox:
        """The couple of that name."""
        for couple in self.couples:
            if couple.name == name:
                return couple
        raise BadInput(f"the cell has no couple '{name}'; it has {', '.join(c.name for c in self.couples)}")

    def with_grains(self, grains: Grains, couple: str = "sulfur") -> CellParameters:
        """The same cell with another law of transport in the grains of ``couple``."""
        return replace(self, couples=tuple(replace(c, grains=grains) if c.name == couple else c for c in self.couples))


@dataclass(frozen=True)
class CellState:
    """An even state of the cathode: shares lithiated and hysteresis by couple, parted iodide, throughput in C/m2."""

    lithiated: dict[str, float]
    hysteresis: dict[str, float] = field(default_factory=dict)
    parted: float = 0.0
    throughput: float = 0.0
