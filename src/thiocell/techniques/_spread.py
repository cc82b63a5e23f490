"""Numbers with the errors they are made of, so that values from one cell know what they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thiocell.core.quantity import Quantity
from thiocell.core.record import Array
from thiocell.core.result import Covariance

IntArray = NDArray[np.int64]
_NOTHING = 1e-150  # assumed: no charge, energy or mass is this small in SI units


def root_of(covariance: Array) -> Array:
    """A matrix whose product with its transpose is ``covariance``; NaN where that is unknown."""
    if not np.all(np.isfinite(covariance)):
        return np.full(covariance.shape, np.nan)
    size = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    values, turn = np.linalg.eigh(covariance / np.outer(size, size))
    return np.asarray(size[:, None] * turn * np.sqrt(np.maximum(values, 0.0)))


@dataclass(frozen=True, eq=False)
class Spread:
    """``value``, in SI units, with signed one-sigma ``parts``, each by the name of the error that it comes from.

    Value and parts are arrays of one length, or single numbers. ``own`` holds parts that belong to each entry alone,
    with the number of the half-cycle that they come from; ``at`` gives them a name. A part of NaN is unknown.
    """

    value: Array
    parts: Mapping[str, Array] = field(default_factory=dict)
    own: Mapping[str, tuple[Array, IntArray]] = field(default_factory=dict)

    @classmethod
    def of(cls, quantity: Quantity, unit: str, error: str) -> Spread:
        """A single number in ``unit`` whose one error is named ``error``; a sigma of zero leaves none."""
        here = quantity.to(unit)
        return cls(np.asarray(here.value), {} if here.sigma == 0 else {error: np.asarray(here.sigma)})

    @property
    def sigma(self) -> Array:
        """Standard uncertainty, NaN where a part is unknown."""
        total = sum((part**2 for part in self.parts.values()), start=np.zeros_like(self.value))
        total = sum((part**2 for part, _ in self.own.values()), start=total)
        return np.asarray(np.sqrt(total))

    def take(self, rows: Array, tag: str) -> Spread:
        """The entries at ``rows`` (NaN where a row is negative); ``tag`` keeps their own parts apart from others'."""
        there = np.where(rows >= 0, rows, 0).astype(np.int64)
        blank = np.where(rows >= 0, 1.0, np.nan)
        return Spread(
            self.value[there] * blank,
            {name: part[there] for name, part in self.parts.items()},
            {f"{name} {tag}": (part[there], ids[there]) for name, (part, ids) in self.own.items()},
        )

    def at(self, row: int) -> Spread:
        """One entry, its own parts named after the half-cycle that they come from."""
        parts = {name: np.asarray(part[row]) for name, part in self.parts.items()}
        for name, (part, ids) in self.own.items():
            label = f"{name.split()[0]} {int(ids[row])}"
            parts[label] = parts.get(label, np.asarray(0.0)) + part[row]
        return Spread(np.asarray(self.value[row]), parts)

    def repeated(self, count: int) -> Spread:
        """A single number as ``count`` entries that share its errors."""
        return Spread(np.full(count, self.value), {name: np.full(count, part) for name, part in self.parts.items()})

    def mean(self, rows: IntArray) -> Spread:
        """Mean of the entries at ``rows`` as a single number; an error of its own for each of them averages out."""
        parts = {name: np.asarray(part[rows].mean()) for name, part in self.parts.items()}
        for name, (part, ids) in self.own.items():
            for row in rows:
                label = f"{name.split()[0]} {int(ids[row])}"
                parts[label] = parts.get(label, np.asarray(0.0)) + part[row] / rows.size
        return Spread(np.asarray(self.value[rows].mean()), parts)

    def times(self, other: Spread) -> Spread:
        """The product."""
        return self._mixed(self.value * other.value, other.value, other, self.value)

    def over(self, other: Spread) -> Spread:
        """The quotient; NaN where ``other`` is zero, or so near that it means zero."""
        below = np.where(np.abs(other.value) < _NOTHING, np.nan, other.value)
        ratio = self.value / below
        return self._mixed(ratio, 1.0 / below, other, -ratio / below)

    def plus(self, other: Spread, factor: float = 1.0) -> Spread:
        """The sum with ``factor`` times ``other``."""
        return self._mixed(
            self.value + factor * other.value, np.ones_like(self.value), other, factor * np.ones_like(self.value)
        )

    def scaled(self, factor: float) -> Spread:
        """``factor`` (exact) times this."""
        return Spread(
            self.value * factor,
            {name: part * factor for name, part in self.parts.items()},
            {name: (part * factor, ids) for name, (part, ids) in self.own.items()},
        )

    def _mixed(self, value: Array, slope: Array, other: Spread, other_slope: Array) -> Spread:
        parts = {name: part * slope for name, part in self.parts.items()}
        for name, part in other.parts.items():
            parts[name] = parts.get(name, np.zeros_like(value)) + part * other_slope
        own = {name: (part * slope, ids) for name, (part, ids) in self.own.items()}
        for name, (part, ids) in other.own.items():
            kept = own[name][0] if name in own else np.zeros_like(value)
            own[name] = (kept + part * other_slope, ids)
        return Spread(np.asarray(value), parts, own)

    def quantity(self, si_unit: str, unit: str) -> Quantity:
        """A single number, held in ``si_unit``, as a quantity in ``unit``; raises BadInput if it is not finite."""
        return Quantity(float(self.value), si_unit, float(self.sigma)).to(unit)


def covariance(values: Mapping[str, Spread], quantities: Mapping[str, Quantity]) -> Covariance | None:
    """How single values of known sigma hang together through the errors that they share; None for fewer than two.

    ``quantities`` are the same values in the units that the covariance is wanted in.
    """
    known = [name for name, spread in values.items() if quantities[name].known]
    if len(known) < 2:
        return None
    errors = sorted({error for name in known for error in values[name].parts})
    design = np.zeros((len(known), len(errors)))
    for row, name in enumerate(known):
        sigma = float(values[name].sigma)
        scale = quantities[name].sigma / sigma if sigma > 0 else 0.0
        design[row] = [scale * float(values[name].parts.get(error, 0.0)) for error in errors]
    return Covariance(tuple(known), design @ design.T)
