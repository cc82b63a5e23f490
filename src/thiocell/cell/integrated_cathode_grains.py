"""One redox couple of the PyBaMM model: its grains, the charge in them, their hysteresis and their current."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pybamm

from thiocell.cell import pybamm_names as names
from thiocell.cell.parameters import QUICKEST, STILL
from thiocell.cell.pybamm_options import CoupleShape
from thiocell.physics.grains import PARABOLIC_SURFACE, Shells, lognormal_sizes, shells

if TYPE_CHECKING:
    from thiocell.cell.integrated_cathode import IntegratedCathode

_TINY = 1e-300
"""(A)^2; keeps 0/0 from a share of no current, assumed."""
_NEAREST = 1e-12
"""How near to an end the surface's extent is read for its equilibrium potential; for variables only, assumed."""


@dataclass(frozen=True)
class Size:
    """Grains of one size: their numbers and the symbols that follow from them."""

    share: float
    charge: pybamm.Symbol
    exchange: pybamm.Symbol
    time: pybamm.Symbol
    surface: pybamm.Symbol
    suffix: str


class Couple:
    """One couple's states, added to ``model``; ``current`` is J in A/m3, oxidation positive."""

    def __init__(
        self,
        model: IntegratedCathode,
        shape: CoupleShape,
        phi: pybamm.Symbol,
        factor: pybamm.Symbol,
        pace: pybamm.Symbol,
    ) -> None:
        self.shape, self._model, self._phi, self._factor = shape, model, phi, factor
        self._pace = pace if shape.activated else pybamm.Scalar(1)
        self.title = names.capital(shape.name)
        self._cut = shells(shape.shells) if shape.divided else None
        grown = [self._grow(size) for size in self._sizes()]
        shares = [size.share for size in self._sizes()]
        self.current = _total([part.current for part in grown])
        self.lithiation = _total([w * part.mean for w, part in zip(shares, grown, strict=True)])
        self.hysteresis = _total([w * part.swing for w, part in zip(shares, grown, strict=True)])
        self._surface = _total([w * part.surface for w, part in zip(shares, grown, strict=True)])
        self._kinetic = _total([w * part.kinetic for w, part in zip(shares, grown, strict=True)])
        self._parts = {f"{self.title} lithiation{part.name}": part.mean for part in grown if len(grown) > 1}

    def _number(self, field: str) -> pybamm.Parameter:
        return pybamm.Parameter(names.of_couple(names.COUPLE_NUMBERS[field], self.shape.name))

    def _sizes(self) -> list[Size]:
        """Grains by size, as ``Redox.populations`` has them."""
        charge, exchange, count = self._number("charge"), self._number("exchange"), self.shape.sizes
        if self.shape.grains == "none":
            return [Size(1.0, charge, exchange, pybamm.Scalar(1), QUICKEST / charge, "")]
        time = self._number("grain_time")
        if self.shape.grains == "parabolic":
            return [Size(1.0, charge, exchange, time, PARABOLIC_SURFACE * time / charge, "")]
        depth = shells(self.shape.shells).surface
        if self.shape.grains == "spherical":
            return [Size(1.0, charge, exchange, time, depth * time / charge, "")]
        shares, logarithms = lognormal_sizes(count, 1.0)
        sizes = []
        for place, (share, radius) in enumerate(zip(shares, np.log(logarithms), strict=True), start=1):
            grown = pybamm.exp(self._number("grain_spread") * float(radius))
            own, held = time * grown**2, charge * float(share)
            drive = exchange * float(share) / grown
            sizes.append(Size(float(share), held, drive, own, depth * own / held, f", size {place}"))
        return sizes

    def _grow(self, size: Size) -> _Part:
        """The states of one size of grains, and what they drive."""
        extents = self._variables(size)
        last = extents[-1]
        swing = pybamm.Variable(f"{self.title} hysteresis{size.suffix}", domain=self._model.x.domain)
        gap = self._number("hysteresis") * swing if self.shape.hysteresis else pybamm.Scalar(0)
        equilibrium = self._potential(last) + gap
        rate = pybamm.exp(self._factor / 2 * (self._phi - equilibrium))
        drive = last * rate - (1 - last) / rate
        buffer = size.exchange * size.surface
        current = self._pace * size.exchange * drive / (1 + buffer * (rate + 1 / rate))
        self._store(extents, size, current)
        if self.shape.hysteresis:
            magnitude = pybamm.sqrt(current**2 + (STILL * size.charge) ** 2)
            turn = self._number("hysteresis_rate") * (current - magnitude * swing) / size.charge
            self._state(swing, turn, "hysteresis")
        surface = last - size.surface * current / self._pace
        mean = last
        if self._cut is not None:
            mean = _total([float(v) * xi for v, xi in zip(self._cut.volume, extents, strict=True)])
        kinetic = self._phi - equilibrium - self._nernst(surface)
        return _Part(size.suffix, current, mean, swing if self.shape.hysteresis else pybamm.Scalar(0), surface, kinetic)

    def _variables(self, size: Size) -> list[pybamm.Variable]:
        """The extents of one size, innermost shell first."""
        title, domain = f"{self.title} lithiation{size.suffix}", self._model.x.domain
        if self._cut is None:
            return [pybamm.Variable(title, domain=domain)]
        return [pybamm.Variable(f"{title}, shell {m + 1}", domain=domain) for m in range(self.shape.shells)]

    def _store(self, extents: list[pybamm.Variable], size: Size, current: pybamm.Symbol) -> None:
        """Fick's law between the shells; the current leaves from the last."""
        if self._cut is None:
            self._state(extents[0], -current / size.charge, "lithiated")
            return
        rates = _diffusion(self._cut, extents, self._pace / size.time)
        rates[-1] = rates[-1] - current / (size.charge * float(self._cut.volume[-1]))
        for extent, rate in zip(extents, rates, strict=True):
            self._state(extent, rate, "lithiated")

    def _state(self, variable: pybamm.Variable, rate: pybamm.Symbol, field: str) -> None:
        start = pybamm.Parameter(names.of_couple(names.START[field], self.shape.name))
        self._model.rhs[variable] = rate
        self._model.initial_conditions[variable] = pybamm.PrimaryBroadcast(start, self._model.x.domain)

    def _potential(self, extent: pybamm.Symbol) -> pybamm.Symbol:
        """U in V against Li, without the Nernst term and the hysteresis."""
        z, total = 1 - 2 * extent, self._number("potential")
        for term in range(1, self.shape.terms + 1):
            coefficient = pybamm.Parameter(names.of_couple(names.SHAPE, self.shape.name, term=term))
            total = total + coefficient * (z if term == 1 else z**term)
        return total

    def _nernst(self, extent: pybamm.Symbol) -> pybamm.Symbol:
        inner = pybamm.minimum(pybamm.maximum(extent, _NEAREST), 1 - _NEAREST)
        return pybamm.log((1 - inner) / inner) / self._factor

    def variables(
        self, average: Callable[[pybamm.Symbol], pybamm.Symbol], volume: pybamm.Symbol, reacted: pybamm.Symbol
    ) -> dict[str, pybamm.Symbol]:
        """What the couple shows by name; its current as that of the cell, discharge positive."""
        name, title = self.shape.name, self.title
        # two depths of the same grain: the surface that reacts, and the mean of what it holds
        uneven = self._nernst(self._surface) - self._nernst(self.lithiation) if self.shape.grains != "none" else None
        own, all_of_them = -average(self.current) * volume, -average(reacted) * volume
        shown = {
            f"{title} lithiation": self.lithiation,
            f"X-averaged {name} lithiation": average(self.lithiation),
            f"{title} surface lithiation": self._surface,
            f"X-averaged {name} surface lithiation": average(self._surface),
            f"{title} volumetric current [A.m-3]": self.current,
            f"{title} current [A]": own,
            f"{title} share of current": own * all_of_them / (all_of_them**2 + _TINY),
            f"{title} reaction overpotential [V]": self._kinetic,
            f"X-averaged {name} reaction overpotential [V]": average(self._kinetic),
            **self._parts,
        }
        if uneven is not None:
            shown[f"{title} concentration overpotential [V]"] = uneven
            shown[f"X-averaged {name} concentration overpotential [V]"] = average(uneven)
        if self.shape.hysteresis:
            shown[f"{title} hysteresis"] = self.hysteresis
            shown[f"X-averaged {name} hysteresis"] = average(self.hysteresis)
        return shown


@dataclass(frozen=True)
class _Part:
    """What one size of grains gives."""

    name: str
    current: pybamm.Symbol
    mean: pybamm.Symbol
    swing: pybamm.Symbol
    surface: pybamm.Symbol
    kinetic: pybamm.Symbol


def _diffusion(cut: Shells, extents: list[pybamm.Variable], speed: pybamm.Symbol) -> list[pybamm.Symbol]:
    """d(xi)/dt of every shell in 1/s by what crosses between neighbours; ``speed`` is A/tau in 1/s."""
    crossing = [float(g) * (b - a) for g, a, b in zip(cut.conductance, extents[:-1], extents[1:], strict=True)]
    rates = []
    for place, volume in enumerate(cut.volume):
        gain = crossing[place] if place < len(crossing) else pybamm.Scalar(0)
        loss = crossing[place - 1] if place > 0 else pybamm.Scalar(0)
        rates.append(speed * ((gain - loss) / float(volume)))
    return rates


def _total(parts: list[pybamm.Symbol]) -> pybamm.Symbol:
    """The sum of symbols, without a zero in front."""
    return sum(parts[1:], parts[0])
