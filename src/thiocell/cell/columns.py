"""The numbers of many cells side by side, a column each: what is asked of a thousand cells is asked once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.parameters import GAS, REFERENCE_TEMPERATURE, CellParameters, Redox

Array = NDArray[np.float64]

_CELL = (
    "electronic", "thickness", "area", "mass", "separator_resistance", "separator_energy", "anode_exchange",
    "anode_potential", "double_layer", "temperature", "activation_start", "activation_charge", "nodes", "lower_cutoff",
    "upper_cutoff", "least_thickness", "ionic.power", "ionic.base", "ionic.host", "ionic.parted", "ionic.molybdenum",
)  # fmt: skip
_COUPLE = (
    "charge", "exchange", "potential", "hysteresis", "hysteresis_rate", "grain_time", "grain_spread", "shells", "sizes",
)  # fmt: skip
_PARTING = ("held", "out_time", "in_time")
_of_cell, _of_couple = attrgetter(*_CELL), attrgetter(*_COUPLE)
TERMS = 4
"""Coefficients that a couple's shape has at most."""
_NO_SHAPE = (0.0,) * TERMS


@dataclass(frozen=True, eq=False)
class Columns:
    """One entry a cell in ``cell`` and ``parting``, by name; one a couple of each cell, in order, in ``couple``.

    ``shape`` is (couples of all cells, TERMS), with the terms that a couple lacks zero; ``owner`` is the cell of each
    couple. Cells without ``parting`` never part: what theirs holds is zero and its times are infinite.
    """

    cells: Sequence[CellParameters]
    couples: Sequence[Redox]
    owner: NDArray[np.int64]
    cell: dict[str, Array]
    couple: dict[str, Array]
    parting: dict[str, Array]
    shape: Array

    @classmethod
    def of(cls, cells: Sequence[CellParameters]) -> Columns:
        """The columns of ``cells``."""
        couples = [couple for cell in cells for couple in cell.couples]
        owner = np.repeat(np.arange(len(cells)), [len(cell.couples) for cell in cells])
        parts = ((p.held, p.out_time, p.in_time) if (p := c.parting) else (0.0, np.inf, np.inf) for c in cells)
        shapes = ((*couple.shape, *_NO_SHAPE)[:TERMS] for couple in couples)
        return cls(
            cells,
            couples,
            owner,
            _columns(_CELL, map(_of_cell, cells)),
            _columns(_COUPLE, map(_of_couple, couples)),
            _columns(_PARTING, parts),
            np.array(list(shapes)).reshape(-1, TERMS),
        )

    @cached_property
    def charge(self) -> Array:
        """C/m2 of cathode area between the two ends of all couples of each cell."""
        return self.cell["thickness"] * np.bincount(self.owner, self.couple["charge"], len(self.cells))

    @property
    def separator(self) -> Array:
        """Ohm m2 of each separator at its temperature."""
        inverse = 1.0 / self.cell["temperature"] - 1.0 / REFERENCE_TEMPERATURE
        return self.cell["separator_resistance"] * np.exp(self.cell["separator_energy"] / GAS * inverse)


def _columns(names: tuple[str, ...], rows: Iterable[tuple[float, ...]]) -> dict[str, Array]:
    table = np.fromiter(chain.from_iterable(rows), float).reshape(-1, len(names))
    return dict(zip(names, np.ascontiguousarray(table.T), strict=True))
