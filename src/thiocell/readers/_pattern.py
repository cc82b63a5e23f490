"""A powder pattern as a file holds it, and the check that its angles are angles and rise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.readers._origin import origin, record_name

Array = NDArray[np.float64]

WANTED = "angle, intensity and perhaps sigma"


def _row(number: int) -> str:
    return f"row {number + 1}"


@dataclass(frozen=True)
class Pattern:
    """Angles in degrees, intensities, sigmas where they are told; ``where`` tells the place of a row in the file."""

    place: str
    angle: Array
    intensity: Array
    sigma: Array | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    where: Callable[[int], str] = _row

    def record(self, path: Path, data: bytes) -> Record:
        """The record of the pattern, once it is ``checked``."""
        columns = {"two_theta": Column(self.angle, "deg"), "intensity": Column(self.intensity)}
        if self.sigma is not None:
            columns["intensity_sigma"] = Column(self.sigma)
        return Record(record_name(path), "diffraction", columns, origin(path, data), self.doubts, self.notes)

    def checked(self) -> Pattern:
        """The pattern with finite angles that rise; raises BadInput where that cannot be had without a guess."""
        found = self._finite()._rising()._once()._beyond_zero()
        angle = found.angle
        if angle[-1] > 180.0:
            hint = "; are they hundredths of a degree?" if angle[0] > 1.0 and angle[-1] <= 18000.0 else ""
            raise BadInput(
                f"{self.place} has angles from {angle[0]:.6g} to {angle[-1]:.6g}, but two-theta ends at 180 degrees"
                f"{hint}"
            )
        return found._with_sigma()

    def _finite(self) -> Pattern:
        wrong = ~np.isfinite(self.angle) | np.isinf(self.intensity)
        if wrong.any():
            raise BadInput(f"{self.place}, {self.where(int(np.argmax(wrong)))} holds no finite angle and intensity")
        empty = np.isnan(self.intensity)
        if empty.all():
            raise BadInput(f"{self.place} holds no row of a finite intensity; {WANTED} were expected")
        if not empty.any():
            return self
        said = (
            f"{self.place} has no intensity in {int(empty.sum())} of {empty.size} rows, first in "
            f"{self.where(int(np.argmax(empty)))}: they are left out"
        )
        return replace(self._only(~empty), doubts=(*self.doubts, said))

    def _rising(self) -> Pattern:
        step = np.diff(self.angle)
        if np.all(step >= 0.0):
            return self
        if np.all(step <= 0.0):
            said = f"the angles of {self.place} fall from row to row, as distances d would: the rows are turned round"
            return replace(self._only(np.arange(self.angle.size)[::-1]), doubts=(*self.doubts, said))
        row = int(np.argmax(step < 0.0)) + 1
        raise BadInput(
            f"{self.place}, {self.where(row)} has the angle {self.angle[row]:.6g} after {self.angle[row - 1]:.6g}; "
            "they must rise from row to row, and a file holds one pattern"
        )

    def _once(self) -> Pattern:
        again = np.flatnonzero(np.diff(self.angle) == 0.0) + 1
        if not again.size:
            return self
        other = again[self.intensity[again] != self.intensity[again - 1]]
        if other.size:
            row = int(other[0])
            raise BadInput(
                f"{self.place}, {self.where(row)} has the angle {self.angle[row]:.6g} again, with another intensity; "
                "leave one of them in the file"
            )
        said = (
            f"{self.place} holds {again.size} rows twice, first in {self.where(int(again[0]))}: they are used once"
            if again.size > 1
            else f"{self.place} holds a row twice, in {self.where(int(again[0]))}: it is used once"
        )
        kept = np.ones(self.angle.size, dtype=bool)
        kept[again] = False
        return replace(self._only(kept), doubts=(*self.doubts, said))

    def _beyond_zero(self) -> Pattern:
        """The pattern without the row at zero, in the beam itself, where no line can be."""
        if self.angle[0] != 0.0 or self.angle.size < 2:
            return self
        said = f"{self.place} has a row at two-theta 0, in the beam itself: it is left out"
        return replace(self._only(self.angle > 0.0), doubts=(*self.doubts, said))

    def _with_sigma(self) -> Pattern:
        if self.sigma is None:
            return self
        if not np.any(self.sigma > 0.0):
            said = f"no sigma in {self.place} exceeds zero: they are left out"
            return replace(self, sigma=None, doubts=(*self.doubts, said))
        if self.sigma.size > 1 and np.all(self.sigma == self.sigma[0]):
            said = f"every sigma in {self.place} is {self.sigma[0]:.6g}; is that column sigma?"
            return replace(self, doubts=(*self.doubts, said))
        return self

    def _only(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Pattern:
        places = np.arange(self.angle.size)[rows]
        where = self.where
        return replace(
            self,
            angle=self.angle[rows],
            intensity=self.intensity[rows],
            sigma=None if self.sigma is None else self.sigma[rows],
            where=lambda row: where(int(places[row])),
        )
