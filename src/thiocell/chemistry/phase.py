"""Pure phases: what they are and how much room they take, each number with its source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from thiocell.chemistry.formula import mass_of, parse
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source
from thiocell.physics import unit_cell

DensityKind = Literal["lattice", "bulk"]
"""'lattice' takes volumes from unit cells, 'bulk' from handbook densities."""


@dataclass(frozen=True)
class Cell:
    """A unit cell that holds ``formula_units`` of its phase: edges a, b, c and angles alpha, beta, gamma in degrees."""

    edges: tuple[Quantity, Quantity, Quantity]
    formula_units: int
    source: Source
    angles: tuple[float, float, float] = (90.0, 90.0, 90.0)

    @classmethod
    def cubic(cls, a: Quantity, formula_units: int, source: Source) -> Cell:
        """A cube of edge ``a``."""
        return cls((a, a, a), formula_units, source)

    @classmethod
    def hexagonal(cls, a: Quantity, c: Quantity, formula_units: int, source: Source) -> Cell:
        """Hexagonal axes ``a`` and ``c``."""
        return cls((a, a, c), formula_units, source, (90.0, 90.0, 120.0))

    @property
    def is_cubic(self) -> bool:
        """Are the edges one and the same, at right angles?"""
        return len(set(self.edges)) == 1 and set(self.angles) == {90.0}

    def molar_volume(self, edges: tuple[float, float, float]) -> float:
        """m3 per mole of formula units when the cell's edges are ``edges`` in m."""
        alpha, beta, gamma = (math.radians(angle) for angle in self.angles)
        return unit_cell.molar_volume(unit_cell.volume(edges, (alpha, beta, gamma)), self.formula_units)


@dataclass(frozen=True)
class Phase:
    """A substance of one ``formula``; a density or cell that is not known stays None."""

    formula: str
    name: str
    bulk_density: Fact | None = None
    cell: Cell | None = None

    def __post_init__(self) -> None:
        parse(self.formula)
        if self.bulk_density and not 0 < self.bulk_density.quantity.to("g/cm**3").value < 30:  # osmium has 22.6
            raise BadInput(f"the density of {self.formula} is {self.bulk_density.quantity}; write it in 'g/cm**3'")

    @property
    def key(self) -> str:
        """The formula as a part of a value's name: 'Mo6S8' is 'mo6s8'."""
        return key(self.formula)

    def facts(self) -> Iterator[tuple[str, Fact]]:
        """Every sourced number of the phase with a name that is its own, as inputs of a calculation."""
        if self.bulk_density:
            yield f"{self.formula}.density", self.bulk_density
        if self.cell:
            for axis, edge in zip("abc", self.cell.edges, strict=True):
                if axis == "a" or edge != self.cell.edges[0]:
                    yield f"{self.formula}.{axis}", Fact(edge, self.cell.source)

    def has(self, kind: DensityKind) -> bool:
        """Is the number known that this kind of volume needs?"""
        return (self.cell if kind == "lattice" else self.bulk_density) is not None

    def molar_volume(self, kind: DensityKind, inputs: Mapping[str, float]) -> float:
        """m3/mol from the cell or from the handbook density; from the other one where only that is known, else NaN.

        ``inputs`` holds the numbers of ``facts`` and the atomic weights (kg/mol), all in SI units.
        """
        if self.cell and (kind == "lattice" or self.bulk_density is None):
            a = inputs[f"{self.formula}.a"]
            b, c = (inputs.get(f"{self.formula}.{axis}", a) for axis in "bc")
            return self.cell.molar_volume((a, b, c))
        if self.bulk_density:
            return mass_of(self.formula, inputs) / inputs[f"{self.formula}.density"]
        return math.nan


def key(formula: str) -> str:
    """A formula as a part of a value's name: small letters, 'p' for a decimal point, no brackets."""
    return formula.lower().replace(".", "p").replace("(", "").replace(")", "")
