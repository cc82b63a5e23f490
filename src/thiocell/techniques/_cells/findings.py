"""Values gathered for a result: what cannot be had is left out and said."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.result import Limit, Result
from thiocell.techniques._cells.cell import Cell
from thiocell.techniques._cells.spread import Spread, covariance


@dataclass
class Findings:
    """A page that fills up while an analysis goes on; ``result`` closes it."""

    technique: str
    cell: Cell
    spreads: dict[str, Spread] = field(default_factory=dict)
    values: dict[str, Quantity] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    parts: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, name: str, spread: Spread, si_unit: str, unit: str, why_not: str = "") -> None:
        """Keep a single number under ``name``, or, if it is not finite, say ``why_not``."""
        if np.isfinite(spread.value):
            self.spreads[name] = spread
            self.values[name] = spread.quantity(si_unit, unit)
            factor = Quantity(1.0, si_unit).to(unit).value
            self.parts[name] = {error: factor * float(part) for error, part in spread.parts.items()}
        elif why_not:
            self.doubts.append(f"there is no {name}: {why_not}")

    def note(self, doubt: str) -> None:
        """Keep a doubt once."""
        if doubt not in self.doubts:
            self.doubts.append(doubt)

    def result(self, curves: dict[str, Record]) -> Result:
        """Everything found, with the record's own doubts first."""
        return Result(
            technique=self.technique,
            values=dict(self.values),
            source=self.cell.source,
            curves=curves,
            doubts=tuple(dict.fromkeys((*self.cell.doubts, *self.doubts))),
            covariance=covariance(self.spreads, self.values),
            limits=dict(self.limits),
            parts={name: dict(parts) for name, parts in self.parts.items() if self.values[name].known},
        )
